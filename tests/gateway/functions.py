"""The real functions: each package's program, with its environment from the template, on an engine. Only the calls that
its role allows reach the engine."""
import queue
import subprocess
import zipfile

from role_proxy import RoleProxy
from runtime_api import RuntimeApi
from template import references

LONGEST_CALL = 60  # seconds
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDGATEWAY", "AWS_SECRET_ACCESS_KEY": "secret-of-a-test",
               "AWS_REGION": "us-east-1"}


class FunctionFailed(Exception):
    """The error that Lambda reports to the invoker of a function."""


class Function:
    """One function's process and its runtime API. Not thread-safe."""

    def __init__(self, folder, package, environment):
        with zipfile.ZipFile(package) as packed:
            packed.extractall(folder)
        program = folder / "bootstrap"
        program.chmod(0o755)
        self.events = queue.Queue()
        self.runtime = RuntimeApi(iter(self.events.get, None))
        self.log = open(folder / "log", "w+")
        self.process = subprocess.Popen(
            [str(program)], env={**environment, "AWS_LAMBDA_RUNTIME_API": self.runtime.address},
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def invoke(self, event):
        self.events.put(event)
        kind, body = self.runtime.reports.get(timeout=LONGEST_CALL)
        if kind != "response":
            raise FunctionFailed(body)
        return body

    def written(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read()

    def close(self):
        self.events.put(None)
        self.process.wait(LONGEST_CALL)
        self.runtime.close()
        self.log.close()


class Functions:
    """All functions of a template, each started by its first call."""

    def __init__(self, template, packages, folder, engine, **more):
        """`engine` is the URL of DynamoDB; `more` is added to every environment."""
        self.template, self.packages, self.folder, self.engine, self.more = template, packages, folder, engine, more
        self.operations = template.operations()
        self.running, self.proxies = {}, {}

    def invoke(self, function, event):
        """`function` is a logical id."""
        if function not in self.running:
            self.running[function] = self._start(function)
        return self.running[function].invoke(event)

    def _start(self, function):
        operation = self.operations[function]
        proxy = self.proxies[function] = RoleProxy(self.template, function, self.engine)
        environment = {name: self._value(value) for name, value in
                       self.template.resources[function]["Properties"]["Environment"]["Variables"].items()}
        folder = self.folder / operation
        folder.mkdir()
        return Function(folder, self.packages / (operation + ".zip"),
                        {**CREDENTIALS, "AWS_ENDPOINT_URL_DYNAMODB": proxy.url, **self.more, **environment})

    def _value(self, value):
        """The value from the template, with references to tables and buses replaced by their names."""
        if isinstance(value, str):
            return value
        (resource,) = references(value)
        properties = self.template.resources[resource]["Properties"]
        return properties.get("TableName") or properties["Name"]

    def denied(self):
        """{operation: calls that its role does not allow}, for operations with such calls."""
        return {self.operations[function]: proxy.denied for function, proxy in self.proxies.items() if proxy.denied}

    def written(self):
        return "".join(function.written() for function in self.running.values())

    def close(self):
        for function in self.running.values():
            function.close()
        for proxy in self.proxies.values():
            proxy.close()
