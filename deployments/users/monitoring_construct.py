"""Dashboard and alarms."""
import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from .api_construct import METHODS, ApiConstruct
from .environment import Environment
from .eventbridge_construct import EventBridgeConstruct
from .lambda_constructs import RELAY, LambdaConstructs
from .table_construct import TableConstruct

FIVE_MINUTES = cdk.Duration.minutes(5)
NAMESPACE = "UserManagement"  # of the metrics in the functions' logs (src/lambda_runtime/metrics.cpp)
MAX_RELAY_AGE = cdk.Duration.hours(1)
MAX_LATENCY = cdk.Duration.seconds(1)
MAX_FAILED_PERCENT = 1


class MonitoringConstruct(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment, tables: TableConstruct,
                 events: EventBridgeConstruct, functions: LambdaConstructs, api: ApiConstruct,
                 alarm_topic_arn: str | None) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self._topic = sns.Topic.from_topic_arn(self, "Topic", alarm_topic_arn) if alarm_topic_arn else None
        self._tables = tables
        self._events = events
        self._functions = functions
        self._stage = {"ApiName": api.api.rest_api_name, "Stage": api.api.deployment_stage.stage_name}
        self._alarm_of_requests()
        self._alarm_of_relay()
        self._alarm_of_bus()
        self._dashboard()

    def _alarm(self, name: str, meaning: str, metric: cloudwatch.IMetric, threshold: float, periods: int = 1) -> None:
        alarm = cloudwatch.Alarm(
            self, name,
            alarm_name=f"users-{self._environment.name}-{name}",
            alarm_description=meaning,
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING)
        if self._topic:
            alarm.add_alarm_action(actions.SnsAction(self._topic))

    def _alarm_of_requests(self) -> None:
        self._alarm("Errors", "Requests get 5xx responses.",
                    _percent(self._api("5XXError", "Average")), MAX_FAILED_PERCENT)
        self._alarm("FunctionErrors", "A function crashed, ran out of time or could not start.",
                    _sum([function.metric_errors() for function in self._functions.all.values()]), 0)
        self._alarm("FunctionThrottles", "Lambda had no capacity for a function: raise the account's concurrency.",
                    _sum([function.metric_throttles() for function in self._functions.all.values()]), 0)
        self._alarm("TableThrottles", "DynamoDB rejected reads or writes: look for a hot partition or raise a quota.",
                    _sum(self._table_throttles()), 0)
        self._alarm("Latency", "The slowest hundredth of requests takes longer than a second.",
                    self._api("Latency", "p99"), MAX_LATENCY.to_milliseconds(), periods=3)

    def _alarm_of_relay(self) -> None:
        self._alarm("RelayAge", "Audit events have waited for more than an hour; after six hours they are set aside.",
                    self._relay_age(), MAX_RELAY_AGE.to_milliseconds())
        self._alarm("FailedRecords", "The relay has not been able to publish some entries for a quarter of an hour.",
                    self._own("FailedRecords", RELAY), 0, periods=3)
        self._alarm("BrokenEntries", "An entry was not published: it cannot be read or its hashes do not match.",
                    self._own("BrokenEntries", RELAY), 0)
        self._alarm("FailedBatches", "Audit events were set aside in the bucket of failed batches: publish them again.",
                    self._mapping("OnFailureDestinationDeliveredEventCount"), 0)
        self._alarm("DroppedRecords", "Audit events were neither published nor set aside: publish them from the table.",
                    self._mapping("DroppedEventCount"), 0)

    def _alarm_of_bus(self) -> None:
        self._alarm("DeadLetters", "Audit events that could not be written to the log group wait in the queue.",
                    self._events.dead_letters.metric_approximate_number_of_messages_visible(
                        statistic="Maximum", period=FIVE_MINUTES), 0)
        self._alarm("ThrottledRules", "The bus delays the rule that writes the audit log.",
                    self._rule("ThrottledRules"), 0)

    def _dashboard(self) -> None:
        operations = list(METHODS)
        dashboard = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=f"users-{self._environment.name}")
        dashboard.add_widgets(
            _graph("Requests", [self._own("Requests", operation) for operation in operations]),
            _graph("Server errors", [self._own("Errors", operation) for operation in operations]),
            _graph("Latency p99, ms", [self._own("Latency", operation, "p99") for operation in operations]))
        dashboard.add_widgets(
            _graph("API: requests and errors", [
                self._api("Count", "Sum"), self._api("4XXError", "Sum"), self._api("5XXError", "Sum")]),
            _graph("API: latency, ms", [self._api("Latency", statistic) for statistic in ("p50", "p90", "p99")]),
            _graph("Cold starts", [self._own("ColdStart", operation) for operation in [*operations, RELAY]]))
        dashboard.add_widgets(
            _graph("Relay", [self._own(name, RELAY) for name in ("Published", "FailedRecords", "BrokenEntries")]),
            _graph("Relay: age of the records it reads, ms", [self._relay_age()]),
            _graph("Set aside", [
                self._mapping("OnFailureDestinationDeliveredEventCount"), self._mapping("DroppedEventCount"),
                self._events.dead_letters.metric_approximate_number_of_messages_visible()]))
        dashboard.add_widgets(
            _graph("Functions: errors", [function.metric_errors() for function in self._functions.all.values()]),
            _graph("Tables: units", [
                table.metric(name, statistic="Sum") for table in (self._tables.users, self._tables.idempotency)
                for name in ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits")]),
            _graph("Throttles", [
                *[function.metric_throttles() for function in self._functions.all.values()],
                *self._table_throttles(), self._rule("ThrottledRules")]))

    def _api(self, name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(namespace="AWS/ApiGateway", metric_name=name, dimensions_map=self._stage,
                                 statistic=statistic, period=FIVE_MINUTES)

    def _own(self, name: str, operation: str, statistic: str = "Sum") -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=NAMESPACE, metric_name=name, statistic=statistic, period=FIVE_MINUTES, label=operation,
            dimensions_map={"FunctionName": self._functions.all[operation].function_name})

    def _table_throttles(self) -> list[cloudwatch.Metric]:
        return [table.metric(name, statistic="Sum", period=FIVE_MINUTES)
                for table in (self._tables.users, self._tables.idempotency)
                for name in ("ReadThrottleEvents", "WriteThrottleEvents")]

    def _relay_age(self) -> cloudwatch.Metric:
        return self._functions.relay.metric("IteratorAge", statistic="Maximum", period=FIVE_MINUTES)

    def _mapping(self, name: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/Lambda", metric_name=name, statistic="Sum", period=FIVE_MINUTES,
            dimensions_map={"EventSourceMappingUUID": self._functions.mapping.attr_id})

    def _rule(self, name: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/Events", metric_name=name, statistic="Sum", period=FIVE_MINUTES,
            dimensions_map={"EventBusName": self._events.bus.event_bus_name, "RuleName": self._events.rule.name})


def _sum(metrics: list[cloudwatch.Metric]) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(
        expression="SUM(METRICS())", using_metrics={f"m{index}": metric for index, metric in enumerate(metrics)},
        label="all", period=FIVE_MINUTES)


def _percent(share: cloudwatch.Metric) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(expression="100 * share", using_metrics={"share": share}, period=FIVE_MINUTES)


def _graph(title: str, metrics: list[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=8)
