"""Saved queries of CloudWatch Logs Insights, for those who operate the service and for auditors."""
from collections.abc import Sequence

from aws_cdk import aws_logs as logs
from constructs import Construct

from .api_construct import ApiConstruct
from .environment import Environment
from .eventbridge_construct import EventBridgeConstruct
from .lambda_constructs import LambdaConstructs

# Fields of `detail` are those of an event (src/audit/entry_json.cpp). Lines of the functions have the fields of
# src/api/access_log.cpp, and lines of the API those of ACCESS_LOG.
CHANGES_BY_PRINCIPAL = """\
filter ispresent(detail.action)
| stats count(*) as changes, count_distinct(detail.userId) as users, max(detail.timestamp) as latest
    by detail.actor, detail.action
| sort changes desc"""

# The time range of the console must also reach back 30 days.
ROLE_ASSIGNMENTS = """\
filter detail.action = "ROLE_ASSIGNED" and toMillis(@timestamp) >= 1000 * (now() - 30 * 86400)
| fields detail.timestamp, detail.role, detail.userId, detail.actor, detail.reason, detail.correlationId
| sort detail.timestamp desc
| limit 10000"""

# API Gateway's own rejections have its request id as their correlation id.
ONE_CORRELATION_ID = """\
filter correlationId = "CORRELATION-ID" or detail.correlationId = "CORRELATION-ID" or requestId = "CORRELATION-ID"
| fields @timestamp, @log, coalesce(operation, detail.action, resource) as step, status,
    coalesce(principal, detail.actor) as caller, coalesce(userId, detail.userId) as user, detail.version, code
| sort @timestamp asc
| limit 10000"""

# The access log has every request, including those that API Gateway rejected itself. Its values are texts.
REJECTIONS_BY_CALLER = """\
filter status like /^4/
| stats count(*) as rejections, min(@timestamp) as first, max(@timestamp) as latest
    by principal, sourceIp, method, resource, status, errorType
| sort rejections desc"""


class QueriesConstruct(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment, events: EventBridgeConstruct,
                 functions: LambdaConstructs, api: ApiConstruct) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        audit_events, access = events.log_group, api.access_log
        operations = [function.log_group for function in functions.operations.values()]
        self._save("changes-by-principal", CHANGES_BY_PRINCIPAL, [audit_events])
        self._save("role-assignments", ROLE_ASSIGNMENTS, [audit_events])
        self._save("one-correlation-id", ONE_CORRELATION_ID, [*operations, audit_events, access])
        self._save("rejections-by-caller", REJECTIONS_BY_CALLER, [access])

    def _save(self, name: str, query: str, groups: Sequence[logs.ILogGroup]) -> None:
        logs.CfnQueryDefinition(
            self, "".join(word.capitalize() for word in name.split("-")),
            name=f"users-{self._environment.name}/{name}",  # the console shows the part before `/` as a folder
            query_string=query,
            log_group_names=[group.log_group_name for group in groups])
