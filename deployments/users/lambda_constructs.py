"""The functions: one for each operation of the API, and the relay from the users table's stream to the event bus.

Each function has a role of its own. The role allows only the calls that the function's code makes, on the partitions
that the code names. The calls are in register.cpp, change_user.cpp and read_path.cpp of src/service. The partitions are
in partitions.py.
"""
import dataclasses
import json
from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from .environment import KEEP, LOG_RETENTION, Environment
from .eventbridge_construct import EventBridgeConstruct
from .packages import Packages
from .partitions import AUDIT, HANDLES, IDEMPOTENCY, LIST, PROFILE, ROLE_LIST, STATUS_LIST
from .table_construct import TableConstruct

MEMORY_MEGABYTES = 256
LIST_SHARDS = 8  # may be raised at any time, never lowered
# A request may take 10 seconds; the rest is for a cold start. API Gateway waits for 29 seconds.
OPERATION_TIMEOUT = cdk.Duration.seconds(15)
RELAY_TIMEOUT = cdk.Duration.seconds(60)
FAILED_BATCH_DAYS = 35


@dataclasses.dataclass(frozen=True)
class Access:
    """The actions that a function's calls need, and the partitions that each action may name. A transaction needs the
    action of each of its parts. A conditional put needs no other action, even if it returns the item on failure."""
    users: Mapping[str, Sequence[str]]
    idempotency: Sequence[str] = ()
    has_list_shards: bool = False


ENTRY_AND_LISTS = (PROFILE, AUDIT, LIST, STATUS_LIST)
# A change also puts the role items of a user that an earlier version wrote without them.
CHANGED = (*ENTRY_AND_LISTS, ROLE_LIST)
OPERATIONS = {
    "users_register_create": Access(
        {"PutItem": (*ENTRY_AND_LISTS, *HANDLES)}, idempotency=("PutItem",), has_list_shards=True),
    "users_profile_get": Access({"GetItem": (PROFILE,)}),
    "users_profile_update": Access(
        {"GetItem": (PROFILE,), "PutItem": (*CHANGED, *HANDLES), "DeleteItem": HANDLES},
        idempotency=("GetItem", "PutItem")),
    "users_status_update": Access(
        {"GetItem": (PROFILE,), "PutItem": CHANGED, "DeleteItem": (*HANDLES, LIST, STATUS_LIST, ROLE_LIST)},
        idempotency=("GetItem", "PutItem")),
    "users_role_assign": Access(
        {"GetItem": (PROFILE,), "PutItem": CHANGED}, idempotency=("GetItem", "PutItem")),
    "users_role_remove": Access(
        {"GetItem": (PROFILE,), "PutItem": CHANGED, "DeleteItem": (ROLE_LIST,)}, idempotency=("GetItem", "PutItem")),
    "users_list_query": Access(
        {"GetItem": (*HANDLES, LIST), "BatchGetItem": (LIST,), "Query": (LIST, STATUS_LIST, ROLE_LIST)},
        has_list_shards=True),
    "users_audit_query": Access({"Query": (AUDIT,)}),
}
RELAY = "users_audit_publish"
RELAY_ACCESS = Access({"Query": (AUDIT,)})  # to publish one user's entries again


class LambdaConstructs(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment, packages: Packages,
                 tables: TableConstruct, events: EventBridgeConstruct) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self._packages = packages
        self._tables = tables
        self.operations = {operation: self._function(operation, access, OPERATION_TIMEOUT)
                           for operation, access in OPERATIONS.items()}
        self.relay = self._function(RELAY, RELAY_ACCESS, RELAY_TIMEOUT)
        self.relay.add_environment("EVENT_BUS_NAME", events.bus.event_bus_name)
        _allow(self.relay, ["events:PutEvents"], [events.bus.event_bus_arn])
        events.let_only_publish(self.relay.role)
        self.failed_batches = self._failed_batches()
        self.mapping = self._stream_to_relay()

    @property
    def all(self) -> dict[str, lambda_.Function]:
        return {**self.operations, RELAY: self.relay}

    def _function(self, operation: str, access: Access, timeout: cdk.Duration) -> lambda_.Function:
        scope = Construct(self, "".join(word.capitalize() for word in operation.split("_")))
        name = self._environment.physical_name(operation.replace("_", "-"))
        log_group = logs.LogGroup(scope, "Log", log_group_name=f"/aws/lambda/{name}", retention=LOG_RETENTION,
                                  removal_policy=KEEP)
        function = lambda_.Function(
            scope, "Function",
            function_name=name,
            runtime=lambda_.Runtime.PROVIDED_AL2023,
            architecture=lambda_.Architecture.X86_64,
            handler="bootstrap",
            code=self._packages.code_of(operation),
            memory_size=MEMORY_MEGABYTES,
            timeout=timeout,
            tracing=lambda_.Tracing.ACTIVE,
            log_group=log_group,
            # The role that the construct would create may write to every log group.
            role=iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")))
        _allow(function, ["logs:CreateLogStream", "logs:PutLogEvents"], [log_group.log_group_arn])  # ends in :*
        self._give_tables(function, access)
        return function

    def _give_tables(self, function: lambda_.Function, access: Access) -> None:
        function.add_environment("USERS_TABLE_NAME", self._tables.users.table_name)
        for action, partitions in access.users.items():
            _allow_partitions(function, self._tables.users, [action], partitions)
        if access.idempotency:
            function.add_environment("IDEMPOTENCY_TABLE_NAME", self._tables.idempotency.table_name)
            _allow_partitions(function, self._tables.idempotency, access.idempotency, [IDEMPOTENCY])
        if access.has_list_shards:
            function.add_environment("USER_LIST_SHARDS", str(LIST_SHARDS))

    def _failed_batches(self) -> s3.Bucket:
        return s3.Bucket(
            self, "FailedBatches",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=cdk.Duration.days(FAILED_BATCH_DAYS))],
            removal_policy=KEEP)

    def _stream_to_relay(self) -> lambda_.CfnEventSourceMapping:
        table = self._tables.users
        # Lambda makes these calls with the relay's role.
        _allow(self.relay, ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
               [table.table_stream_arn])
        _allow(self.relay, ["dynamodb:ListStreams"], [f"{table.table_arn}/stream/*"])
        _allow(self.relay, ["s3:PutObject"], [self.failed_batches.arn_for_objects("*")])
        _allow(self.relay, ["s3:ListBucket"], [self.failed_batches.bucket_arn])
        audit_entries = {"eventName": ["INSERT"],
                         "dynamodb": {"Keys": {"PK": {"S": [{"prefix": AUDIT.removesuffix("*")}]}}}}
        # The L2 event source would allow the relay to list the streams of all tables.
        return lambda_.CfnEventSourceMapping(
            self, "StreamToRelay",
            function_name=self.relay.function_arn,
            event_source_arn=table.table_stream_arn,
            starting_position="TRIM_HORIZON",
            filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(filters=[
                lambda_.CfnEventSourceMapping.FilterProperty(pattern=json.dumps(audit_entries))]),
            batch_size=100,
            parallelization_factor=10,  # each key's records stay in order
            function_response_types=["ReportBatchItemFailures"],
            bisect_batch_on_function_error=True,
            # An outage of the bus up to this long causes no dead letters. The stream itself keeps 24 hours.
            maximum_record_age_in_seconds=6 * 60 * 60,
            maximum_retry_attempts=1_000,
            # A queue would get only positions in the stream, which are useless after the stream has expired.
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(
                    destination=self.failed_batches.bucket_arn)),
            metrics_config=lambda_.CfnEventSourceMapping.MetricsConfigProperty(metrics=["EventCount"]))


def _allow(function: lambda_.Function, actions: Sequence[str], resources: Sequence[str], **options) -> None:
    function.add_to_role_policy(iam.PolicyStatement(actions=list(actions), resources=list(resources), **options))


def _allow_partitions(function: lambda_.Function, table: dynamodb.Table, actions: Sequence[str],
                      partitions: Sequence[str]) -> None:
    # The condition is also true if a call names no partition, like Scan. Such calls are never granted.
    _allow(function, [f"dynamodb:{action}" for action in actions], [table.table_arn],
           conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(partitions)}})
