"""Validates bodies with the template's models, in a node process, which interprets patterns as API Gateway does."""
import json
import pathlib
import subprocess

EVALUATOR = pathlib.Path(__file__).with_name("evaluate.js")


class Models:
    def __init__(self, template, node_modules):
        schemas = {properties["Name"]: properties["Schema"]
                   for properties in template.of_type("ApiGateway::Model").values()}
        self.names = {logical: properties["Name"]
                      for logical, properties in template.of_type("ApiGateway::Model").items()}
        self.process = subprocess.Popen(["node", str(EVALUATOR)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "NODE_PATH": str(node_modules)})
        self._say(schemas)

    def accepts(self, logical_id, body):
        """Returns whether a text is JSON that the model accepts."""
        try:
            value = json.loads(body)
        except ValueError:
            return False
        self._say({"model": self.names[logical_id], "body": value})
        return json.loads(self.process.stdout.readline())

    def _say(self, value):
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)
