"""One environment of the service."""
import aws_cdk as cdk
from constructs import Construct

from .api_construct import ApiConstruct
from .environment import Environment
from .eventbridge_construct import EventBridgeConstruct
from .lambda_constructs import LambdaConstructs
from .monitoring_construct import MonitoringConstruct
from .packages import Packages
from .queries_construct import QueriesConstruct
from .table_construct import TableConstruct


class UsersStack(cdk.Stack):
    def __init__(self, scope: Construct, *, environment: Environment, packages: Packages,
                 alarm_topic_arn: str | None, env: cdk.Environment) -> None:
        super().__init__(scope, environment.stack_name, env=env,
                         description=f"User Management Service ({environment.name})")
        self.tables = TableConstruct(self, "Tables", environment=environment)
        self.events = EventBridgeConstruct(self, "Events", environment=environment)
        self.functions = LambdaConstructs(self, "Functions", environment=environment, packages=packages,
                                          tables=self.tables, events=self.events)
        self.api = ApiConstruct(self, "Api", environment=environment, functions=self.functions)
        MonitoringConstruct(self, "Monitoring", environment=environment, tables=self.tables, events=self.events,
                            functions=self.functions, api=self.api, alarm_topic_arn=alarm_topic_arn)
        QueriesConstruct(self, "Queries", environment=environment, events=self.events, functions=self.functions,
                         api=self.api)
        self._output("ApiEndpointUrl", self.api.api.url, "API Gateway endpoint URL")
        self._output("ApiId", self.api.api.rest_api_id, "API Gateway REST API ID")
        self._output("UsersTableName", self.tables.users.table_name, "DynamoDB Users table name")
        self._output("IdempotencyTableName", self.tables.idempotency.table_name, "DynamoDB Idempotency table name")
        self._output("EventBusName", self.events.bus.event_bus_name, "EventBridge event bus name")
        self._output("EventBusArn", self.events.bus.event_bus_arn, "EventBridge event bus ARN")
        for tag, value in {"Service": "user-management", "Environment": environment.name, "ManagedBy": "CDK",
                           "Domain": "users"}.items():
            cdk.Tags.of(self).add(tag, value)

    def _output(self, name: str, value: str, description: str) -> None:
        cdk.CfnOutput(self, name, value=value, description=description, export_name=f"{self.stack_name}-{name}")
