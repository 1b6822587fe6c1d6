"""DynamoDB as a function sees it: what its role does not allow is refused, as IAM would."""
import http.client
import http.server
import json
import re
import threading
import urllib.parse

from template import matches, references

# The actions that the calls take, by the parts of a transaction (Service Authorization Reference, Amazon DynamoDB).
PARTS = {"Put": "PutItem", "Delete": "DeleteItem", "Update": "UpdateItem", "ConditionCheck": "ConditionCheckItem",
         "Get": "GetItem"}
ENDS_WITH_CONNECTION = ("connection", "content-length", "transfer-encoding")


def accesses(operation, body):
    """[(action, table, partition or None)] of a call."""
    if operation in ("TransactWriteItems", "TransactGetItems"):
        return [(PARTS[kind], part["TableName"], (part.get("Key") or part.get("Item"))["PK"]["S"])
                for item in body["TransactItems"] for kind, part in item.items()]
    if operation == "Query":
        name = re.match(r"PK = (:\w+)", body["KeyConditionExpression"])[1]
        return [("Query", body["TableName"], body["ExpressionAttributeValues"][name]["S"])]
    return [(operation, body["TableName"], body["Key"]["PK"]["S"] if "Key" in body else None)]


class RoleProxy:
    def __init__(self, template, function, engine):
        self.tables = {properties["TableName"]: name for name, properties in template.of_type("DynamoDB::Table").items()}
        self.statements = [statement for statement in template.statements_of(function)
                           if any(action.startswith("dynamodb:") for action in statement["Action"])]
        self.denied = []
        engine = urllib.parse.urlsplit(engine).netloc
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                self.engine = http.client.HTTPConnection(engine, timeout=60)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                operation = self.headers["X-Amz-Target"].split(".")[1]
                refused = [access for access in accesses(operation, json.loads(body)) if not proxy.allows(*access)]
                proxy.denied += refused
                if refused:
                    answer = json.dumps({"__type": "com.amazon.coral.service#AccessDeniedException"}).encode()
                    return self.answer(400, {}, answer)
                self.engine.request("POST", "/", body, {name: value for name, value in self.headers.items()
                                                        if name.lower() not in ENDS_WITH_CONNECTION})
                reply = self.engine.getresponse()
                self.answer(reply.status, reply.headers, reply.read())

            def answer(self, status, headers, body):
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in ENDS_WITH_CONNECTION:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def finish(self):
                self.engine.close()
                super().finish()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def allows(self, action, table, partition):
        return any("dynamodb:" + action in statement["Action"]
                   and self.tables.get(table) in references(statement["Resource"])
                   and self._holds(statement.get("Condition", {}), partition)
                   for statement in self.statements)

    @staticmethod
    def _holds(condition, partition):
        patterns = condition.get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys")
        return patterns is None or partition is None or any(matches(pattern, partition) for pattern in patterns)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
