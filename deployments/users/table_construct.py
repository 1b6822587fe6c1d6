"""The two tables. src/service/user_records.cpp and src/service/idempotency.cpp define their keys."""
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from .environment import KEEP, Environment

# The API admits 1,000 requests a second, and a registration writes 12 units (docs/scaling.md). A new on-demand table
# supports 4,000 units a second, which is enough for the 2 units per request of the idempotency table.
WARM_READ_UNITS = 12_000
WARM_WRITE_UNITS = 12_000


class TableConstruct(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        warm = dynamodb.WarmThroughput(read_units_per_second=WARM_READ_UNITS, write_units_per_second=WARM_WRITE_UNITS)
        self.users = self._table(
            "Users", "user-management-users", environment,
            sort_key=_text("SK"),
            stream=dynamodb.StreamViewType.NEW_IMAGE,  # the relay reads new images
            warm_throughput=warm if environment.is_production else None)
        self.idempotency = self._table(
            "Idempotency", "user-management-idempotency", environment, time_to_live_attribute="ttl")

    def _table(self, construct_id: str, name: str, environment: Environment, **options) -> dynamodb.Table:
        return dynamodb.Table(
            self, construct_id,
            table_name=environment.physical_name(name),
            partition_key=_text("PK"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True),
            deletion_protection=environment.is_production,
            removal_policy=KEEP,
            **options)


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
