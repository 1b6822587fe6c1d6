"""Event buses for tests: moto's EventBridge with a log group behind it, and one that fails on demand."""
import json
import pathlib
import sys

import boto3

from programs import LoopbackServer, responding

BUS = "user-management-audit-events"
LOG_GROUP = "/aws/events/user-management/audit"
REGION = "eu-central-1"
KEYS = {"aws_access_key_id": "AKIDPACKAGES", "aws_secret_access_key": "secret-of-a-test"}
MAX_ENTRIES, MAX_BYTES = 10, 256 * 1024


class MotoBus:
    """A bus whose rule delivers every event to a log group, as in the stack of deployments/."""

    def __init__(self, url):
        self.url = url
        self.logs = boto3.client("logs", endpoint_url=url, region_name=REGION, **KEYS)
        events = boto3.client("events", endpoint_url=url, region_name=REGION, **KEYS)
        self.logs.create_log_group(logGroupName=LOG_GROUP)
        group = self.logs.describe_log_groups(logGroupNamePrefix=LOG_GROUP)["logGroups"][0]
        arn = group["arn"].removesuffix(":*")
        events.create_event_bus(Name=BUS)
        pattern = {"source": ["user-management.users"], "detail-type": ["UserAuditEvent"]}
        events.put_rule(Name="audit", EventBusName=BUS, EventPattern=json.dumps(pattern))
        failed = events.put_targets(Rule="audit", EventBusName=BUS, Targets=[{"Id": "log", "Arn": arn}])
        assert failed["FailedEntryCount"] == 0

    def delivered(self):
        return delivered(self.logs)


def delivered(logs):
    """The complete events in the log group, in order of arrival."""
    streams = logs.describe_log_streams(logGroupName=LOG_GROUP)["logStreams"]
    lines = [line for stream in streams for line in logs.get_log_events(
        logGroupName=LOG_GROUP, logStreamName=stream["logStreamName"])["events"]]
    return [json.loads(line["message"]) for line in lines]


def moto_server():
    """Starts moto's simulation of AWS. Yields its URL."""
    return responding([str(pathlib.Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", "{port}"])


class FakeEventBridge:
    """PutEvents with EventBridge's limits. `fails(detail)` returns the error of an entry, or None to accept it.
    Calls beyond the limits, and all calls while `is_down`, are rejected."""

    def __init__(self):
        self.taken, self.calls, self.beyond_limits = [], 0, 0
        self.is_down = False
        self.fails = lambda detail: None
        bus = self

        class Handler(LoopbackServer.Handler):
            def do_POST(self):
                body = json.loads(self.body())
                assert self.headers["X-Amz-Target"] == "AWSEvents.PutEvents"
                status, response = bus.put(body["Entries"])
                self.response(status, body=json.dumps(response).encode())

        self.server = LoopbackServer(Handler)
        self.url = self.server.url

    def put(self, entries):
        self.calls += 1
        if self.is_down:
            return 500, {"__type": "InternalFailure"}
        size = sum(14 + sum(len(entry[part].encode()) for part in ("Source", "DetailType", "Detail"))
                   for entry in entries)
        if len(entries) > MAX_ENTRIES or size >= MAX_BYTES:
            self.beyond_limits += 1
            return 400, {"__type": "ValidationException"}
        results = []
        for entry in entries:
            detail = json.loads(entry["Detail"])
            error = self.fails(detail)
            results.append({"ErrorCode": error, "ErrorMessage": "?"} if error else {"EventId": "id"})
            if not error:
                self.taken.append(detail)
        return 200, {"FailedEntryCount": sum("ErrorCode" in r for r in results), "Entries": results}

    def versions_of(self, user_id):
        return [detail["version"] for detail in self.taken if detail["userId"] == user_id]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.close()
