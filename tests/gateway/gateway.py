"""A small stand-in for API Gateway: the REST API that a synthesised template describes, in front of the real functions.
behaviour.md lists the behaviour of API Gateway that it assumes, with sources."""
import base64
import threading
import urllib.parse
import uuid

from callers import Rejected
from functions import FunctionFailed
from programs import LoopbackServer
from template import references

# Statuses of gateway responses that name none (API Gateway, "Gateway response types").
STATUS = {"DEFAULT_4XX": 400, "DEFAULT_5XX": 500, "ACCESS_DENIED": 403, "BAD_REQUEST_BODY": 400,
          "INVALID_SIGNATURE": 403, "MISSING_AUTHENTICATION_TOKEN": 403, "INTEGRATION_FAILURE": 504}


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.path, _, self.query = target.partition("?")

    def header(self, name):
        values = [value for other, value in self.headers if other.lower() == name.lower()]
        return ", ".join(values) if values else None

    def signed_header(self, name):
        """The value as Signature Version 4 signs it: repeated headers are joined by commas, and the bytes are UTF-8."""
        joined = ",".join(value for other, value in self.headers if other.lower() == name.lower())
        return joined.encode("latin-1").decode(errors="replace")

    def query_pairs(self):
        """Names and values as decoded bytes. A plus sign stays a plus sign."""
        return [tuple(urllib.parse.unquote_to_bytes(part) for part in pair.partition("=")[::2])
                for pair in self.query.split("&") if pair]


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


class Gateway:
    """Responds to requests. `handle` is thread-safe."""

    def __init__(self, template, callers, models, functions):
        self.callers, self.models, self.functions = callers, models, functions
        self.methods = template.methods()
        self.validators = template.of_type("ApiGateway::RequestValidator")
        self.responses = {response["ResponseType"]: response
                          for response in template.of_type("ApiGateway::GatewayResponse").values()}
        self.stage = template.only("ApiGateway::Stage")["StageName"]
        self.lock = threading.Lock()  # a function handles one event at a time

    def handle(self, request):
        request_id = str(uuid.uuid4())
        try:
            method, parameters = self._route(request)
            principal, key_id = self.callers.identify(request)
            self.callers.authorise(principal, request.method, urllib.parse.unquote(request.path))
            self._validate(method, request)
            event = self._event(method, parameters, request, principal, key_id, request_id)
            (function,) = [name for name in references(method["Integration"]["Uri"])
                           if name in self.functions.operations]
            with self.lock:
                return self._reply(self.functions.invoke(function, event))
        except Rejected as rejected:
            return self._reject(str(rejected), request_id)
        except (FunctionFailed, KeyError, TypeError):  # the function failed, or its response is malformed
            return self._reject("INTEGRATION_FAILURE", request_id)

    def _route(self, request):
        segments = request.path.split("/")[1:]
        for name, path, method in self.methods:
            if name != request.method or len(path) != len(segments):
                continue
            pairs = list(zip(path, segments))
            if all(part.startswith("{") and segment or part == segment for part, segment in pairs):
                return method, {part.strip("{}"): urllib.parse.unquote(segment) for part, segment in pairs
                                if part.startswith("{")}
        raise Rejected("MISSING_AUTHENTICATION_TOKEN")

    def _validate(self, method, request):
        assert method["AuthorizationType"] == "AWS_IAM"
        models = method.get("RequestModels", {})
        if not models or not self.validators[method["RequestValidatorId"]["Ref"]]["ValidateRequestBody"]:
            return
        media_type = (request.header("Content-Type") or "application/json").split(";")[0].strip()
        model = models.get(media_type) or models["$default"]
        if not self.models.accepts(model["Ref"], request.body.decode(errors="replace")):
            raise Rejected("BAD_REQUEST_BODY")

    def _event(self, method, parameters, request, principal, key_id, request_id):
        several, single = {}, {}
        for name, value in request.headers:
            several.setdefault(name, []).append(value)
            single[name] = value
        query = {}
        for name, value in request.query_pairs():
            query.setdefault(name.decode(errors="replace"), []).append(value.decode(errors="replace"))
        return {
            "resource": "/".join([""] + next(path for _, path, other in self.methods if other is method)),
            "path": request.path, "httpMethod": request.method, "headers": single, "multiValueHeaders": several,
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": parameters or None, "stageVariables": None,
            "body": request.body.decode(errors="replace") or None, "isBase64Encoded": False,
            "requestContext": {
                "requestId": request_id, "stage": self.stage, "path": request.path, "httpMethod": request.method,
                "identity": {"userArn": principal["arn"], "caller": key_id, "accessKey": key_id,
                             "sourceIp": "127.0.0.1", "userAgent": request.header("User-Agent")}}}

    @staticmethod
    def _reply(response):
        body = response["body"].encode()
        return Reply(response["statusCode"], dict(response["headers"]),
                     base64.b64decode(body) if response["isBase64Encoded"] else body)

    def _reject(self, kind, request_id):
        """Returns the gateway response of that kind, or else of its class."""
        response = self.responses.get(kind, {})
        status = int(response.get("StatusCode") or STATUS[kind])
        default = self.responses["DEFAULT_4XX" if status < 500 else "DEFAULT_5XX"]
        parameters = {**default["ResponseParameters"], **response.get("ResponseParameters", {})}
        headers = {name.removeprefix("gatewayresponse.header."):
                   request_id if value == "context.requestId" else value.strip("'")
                   for name, value in parameters.items()}
        ((media_type, body),) = (response or default)["ResponseTemplates"].items()
        return Reply(status, {"Content-Type": media_type, **headers}, body.encode())


def serve(gateway, reset):
    """Returns two servers, (API, control). A POST to the control server calls `reset`."""
    class Api(LoopbackServer.Handler):
        def handle_one_request(self):
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            reply = gateway.handle(Request(self.command, self.path, self.headers.items(), self.body()))
            self.response(reply.status, reply.headers.items(), reply.body)

    class Control(LoopbackServer.Handler):
        def do_POST(self):
            reset()
            self.response(200)

    return LoopbackServer(Api), LoopbackServer(Control)
