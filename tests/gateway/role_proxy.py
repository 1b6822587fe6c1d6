"""DynamoDB as a function sees it: calls that its role does not allow are rejected, as IAM does."""
import http.client
import json
import re
import urllib.parse

from programs import LoopbackServer
from template import matches, references

# The IAM actions of the parts of a transaction (Service Authorization Reference, Amazon DynamoDB).
PARTS = {"Put": "PutItem", "Delete": "DeleteItem", "Update": "UpdateItem", "ConditionCheck": "ConditionCheckItem",
         "Get": "GetItem"}
OF_THE_CONNECTION = ("connection", "content-length", "transfer-encoding")


def accesses(operation, body):
    """Returns [(action, table, partition or None)] of a call."""
    if operation in ("TransactWriteItems", "TransactGetItems"):
        return [(PARTS[kind], part["TableName"], (part.get("Key") or part.get("Item"))["PK"]["S"])
                for item in body["TransactItems"] for kind, part in item.items()]
    if operation == "BatchGetItem":
        return [("BatchGetItem", table, key["PK"]["S"])
                for table, reads in body["RequestItems"].items() for key in reads["Keys"]]
    if operation == "Query":
        name = re.match(r"PK = (:\w+)", body["KeyConditionExpression"])[1]
        return [("Query", body["TableName"], body["ExpressionAttributeValues"][name]["S"])]
    return [(operation, body["TableName"], body["Key"]["PK"]["S"] if "Key" in body else None)]


def travelling(headers):
    """Returns the end-to-end headers."""
    return [(name, value) for name, value in headers.items() if name.lower() not in OF_THE_CONNECTION]


class RoleProxy:
    def __init__(self, template, function, engine):
        self.tables = {properties["TableName"]: name for name, properties in template.of_type("DynamoDB::Table").items()}
        self.statements = [statement for statement in template.statements_of(function)
                           if any(action.startswith("dynamodb:") for action in statement["Action"])]
        self.denied = []
        engine = urllib.parse.urlsplit(engine).netloc
        proxy = self

        class Handler(LoopbackServer.Handler):
            def setup(self):
                super().setup()
                self.engine = http.client.HTTPConnection(engine, timeout=60)

            def do_POST(self):
                body = self.body()
                operation = self.headers["X-Amz-Target"].split(".")[1]
                rejected = [access for access in accesses(operation, json.loads(body)) if not proxy.allows(*access)]
                proxy.denied += rejected
                if rejected:
                    return self.response(400, body=b'{"__type": "com.amazon.coral.service#AccessDeniedException"}')
                self.engine.request("POST", "/", body, dict(travelling(self.headers)))
                reply = self.engine.getresponse()
                self.response(reply.status, travelling(reply.headers), reply.read())

            def finish(self):
                self.engine.close()
                super().finish()

        self.server = LoopbackServer(Handler)
        self.url = self.server.url

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
        self.server.close()
