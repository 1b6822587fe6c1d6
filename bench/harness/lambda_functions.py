"""Measures the functions for AWS Lambda: start, first and warm calls, memory, size."""
import json
import statistics
import subprocess
import sys
import time

from .functions import HELD_SHARE, Function, Held, cpu_seconds, preferred
from .machine import PROGRAMS, ROOT, WORK, Disturbance, Failed, Tally, say
from .results import Row
from .servers import Engine, TlsProxy, make_certificate, running

BUILT = ROOT / "build/lambda"
BOTO3_FUNCTION = ROOT / "bench/lambda/boto3_function.py"
STARTS = 25          # times the rounds
FIRST_CALLS = 7      # times the rounds
BATCHES = 7          # of warm calls, times the rounds
BATCH = 100
OPERATOR = "arn:aws:iam::123456789012:user/operator"
ENVIRONMENT = {"USERS_TABLE_NAME": "users", "IDEMPOTENCY_TABLE_NAME": "idempotency", "AWS_REGION": "us-east-1",
               "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDBENCH",
               "AWS_SECRET_ACCESS_KEY": "secret-of-a-measurement", "AWS_SESSION_TOKEN": "token-of-a-measurement"}


def functions(sizes):
    """Functions for AWS Lambda: exec to the first request for an event, a first get, warm calls, memory, size."""
    subprocess.run([ROOT / "scripts/package"], check=True)
    subprocess.run([ROOT / "scripts/install-engines"], check=True)
    python = subprocess.run([ROOT / "scripts/python-environment"], check=True, capture_output=True, text=True)
    with preferred(), Disturbance("functions"), running(Engine()) as engine:
        engine.create_tables(users=("PK", "SK"), idempotency=("PK",))
        certificate, key = make_certificate()
        with running(TlsProxy(engine.port, certificate, key)) as proxy:
            environment = {**ENVIRONMENT, "AWS_ENDPOINT_URL": "https://localhost:%d" % proxy.port,
                           "AWS_CA_BUNDLE": str(authorities(certificate))}
            rows = measure(sizes, environment, python.stdout.strip())
    sizes_of_packages = [package.stat().st_size / 1e6 for package in BUILT.glob("*.zip")]
    rows.append(Row("function: the largest of %d packages" % len(sizes_of_packages), max(sizes_of_packages), "MB",
                    target=4, digits=2))
    return rows


def authorities(certificate):
    """A bundle of AWS's certificate authorities and the run's own, so that as many are loaded as on AWS."""
    bundle = WORK / "authorities.pem"
    bundle.write_text((ROOT / "src/aws/roots.pem").read_text() + certificate.read_text())
    return bundle


def measure(sizes, environment, python):
    def ours(name):
        return Function([BUILT / "lambda" / name / "bootstrap"], **environment)

    def get():
        return ours("users_profile_get")

    with ours("users_register_create") as function:
        registration, ids = warm("registration", function, registration_call, BATCHES * sizes.rounds)
    next_wall, next_cpu = starts(STARTS * sizes.rounds, ours=get,
                                 bare=lambda: Function([PROGRAMS / "bench_bare_function"]))
    first_get = first_calls(FIRST_CALLS * sizes.rounds, ids, ours=get,
                            boto3=lambda: Function([python, BOTO3_FUNCTION], **environment))
    with get() as function:
        peak = peak_of_a_first_get(function, ids[0])
    with get() as function:
        warm_get, _ = warm("get", function, lambda number: get_call(ids[number % len(ids)]), BATCHES * sizes.rounds)
    return [
        Row("function: exec to the first request for an event", next_wall["ours"], "ms", next_wall["bare"], digits=2),
        Row("function: the same, less that of an empty program", next_wall["ours"] - next_wall["bare"], "ms",
            target=4, digits=2),
        Row("function: own CPU until then", next_cpu["ours"], "ms", next_cpu["bare"], digits=2),
        Row("function: exec to a first get, %.0f %% of a CPU, and boto3" % (HELD_SHARE * 100), first_get["ours"],
            "ms", first_get["boto3"]),
        Row("function: peak memory with a first get", peak, "MB", target=12),
        Row("function: a warm get: own CPU", warm_get, "us", target=150),
        Row("function: a warm registration: own CPU", registration, "us", target=400),
    ]


def proxy_event(method, path, body=None, **path_parameters):
    """The event that API Gateway makes of a request, with everything that it always adds."""
    identity = {"userArn": OPERATOR, "accessKey": "AKIDBENCH", "sourceIp": "192.0.2.1", "userAgent": "bench",
                "accountId": "123456789012", "caller": "AIDABENCH", "user": "AIDABENCH"}
    headers = {"Accept": "*/*", "Content-Type": "application/json", "Host": "api.example.com",
               "User-Agent": "bench", "X-Amz-Date": "20260101T000000Z", "X-Forwarded-For": "192.0.2.1",
               "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https",
               "X-Amzn-Trace-Id": "Root=1-00000000-000000000000000000000000"}
    return json.dumps({
        "resource": path, "path": path, "httpMethod": method, "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()}, "queryStringParameters": None,
        "multiValueQueryStringParameters": None, "pathParameters": path_parameters or None, "stageVariables": None,
        "requestContext": {"resourceId": "abcdef", "resourcePath": path, "httpMethod": method, "path": "/v1" + path,
                           "accountId": "123456789012", "protocol": "HTTP/1.1", "stage": "v1", "identity": identity,
                           "requestId": "00000000-0000-0000-0000-000000000000", "apiId": "abcdefghij"},
        "body": body, "isBase64Encoded": False}).encode()


class Call:
    """An event, and what its response must contain."""

    def __init__(self, event, status, text):
        self.event, self.status, self.text = event, status, text

    def made_of(self, function):
        """Makes the call. Returns the body of the response; a wrong response makes the run invalid."""
        response = json.loads(function.handle(self.event))
        if response["statusCode"] != self.status or self.text not in response["body"]:
            raise Failed("a wrong response: " + json.dumps(response)[:500])
        return json.loads(response["body"])


def get_call(user_id):
    return Call(proxy_event("GET", "/users/" + user_id, userId=user_id), 200, user_id)


def registration_call(number):
    email = "user-%06d@example.com" % number
    body = json.dumps({"idempotencyKey": "register-%d" % number, "email": email, "name": "User %d" % number,
                       "metadata": {"team": "engines"}})
    return Call(proxy_event("POST", "/users", body), 201, email)


def warm(name, function, call, batches):
    """Makes calls one after the other. Returns the function's own CPU time per call in microseconds (the median of the
    batches, without a first one that does not count) and the users of the responses."""
    microseconds, ids = [], []
    function.wait_for_next()
    for batch in range(batches + 1):
        begin = function.cpu_seconds()
        for number in range(BATCH):
            ids.append(call(batch * BATCH + number).made_of(function)["userId"])
            function.accept_response()
            function.wait_for_next()
        microseconds.append((function.cpu_seconds() - begin) / BATCH * 1e6)
    del microseconds[0]
    median = keep("a warm %s: own CPU" % name, "us", ours=microseconds)["ours"]
    return median, ids


def peak_of_a_first_get(function, user_id):
    function.wait_for_next()
    get_call(user_id).made_of(function)
    return function.peak_megabytes()


def starts(count, **kinds):
    """Starts each kind in turn. Returns two medians by kind, in milliseconds: from exec to the first request for an
    event, and own CPU until then."""
    wall, cpu = ({kind: [] for kind in kinds} for _ in range(2))
    for _ in range(count):
        for kind, start in kinds.items():
            with start() as function:
                wall[kind].append(function.wait_for_next() * 1000)
                cpu[kind].append(function.cpu_seconds() * 1000)
    return keep("exec to the first request for an event", "ms", **wall), keep("own CPU until then", "ms", **cpu)


def first_calls(count, ids, **kinds):
    """Milliseconds from exec to the response of a first get; limits the CPU from the first request for an event on."""
    check_hold()
    times = {kind: [] for kind in kinds}
    for number in range(count):
        call = get_call(ids[number])
        for kind, start in kinds.items():
            with start() as function:
                function.wait_for_next()
                with Held(function.pid):
                    call.made_of(function)
                    times[kind].append((time.monotonic() - function.began) * 1000)
    return keep("exec to a first get", "ms", **times)


def check_hold():
    """Checks that a process that could use a whole processor gets only its share."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            with Held(busy.pid):
                begin, used = time.monotonic(), cpu_seconds(busy.pid)
                time.sleep(1)
                share = (cpu_seconds(busy.pid) - used) / (time.monotonic() - begin)
        finally:
            busy.kill()
    say("  a busy process with limited CPU got %.1f %% of a processor" % (share * 100))
    if not 0.67 * HELD_SHARE <= share <= 1.33 * HELD_SHARE:
        raise Failed("processes cannot be limited to %g of a processor here: %g" % (HELD_SHARE, share))


def keep(what, unit, **values_by_kind):
    """Prints a summary and keeps every value. Returns the medians by kind."""
    for kind, values in values_by_kind.items():
        say("  %-34s %-6s median %8.2f %s, from %.2f to %.2f, of %d" % (
            what, kind, statistics.median(values), unit, min(values), max(values), len(values)))
        Tally.runs.append({"name": "%s, %s" % (what, kind), "unit": unit, "values": values})
    return {kind: statistics.median(values) for kind, values in values_by_kind.items()}
