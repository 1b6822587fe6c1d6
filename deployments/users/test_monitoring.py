"""Dashboard and alarms."""
import json

import pytest

from .conftest import FUNCTIONS


@pytest.fixture
def alarms(template, environment):
    return {alarm["AlarmName"].removeprefix(f"users-{environment}-"): alarm
            for alarm in template.of_type("CloudWatch::Alarm")}


def metrics_of(alarm):
    """The metrics of an alarm, alone or in an expression."""
    if "MetricName" in alarm.properties:
        yield alarm.properties
    for query in alarm.get("Metrics", []):
        if "MetricStat" in query:
            yield query["MetricStat"]["Metric"]


def names_of(alarm):
    return {(metric["Namespace"], metric["MetricName"]) for metric in metrics_of(alarm)}


@pytest.mark.parametrize("name, threshold, metrics", [
    ("Errors", 1, {("AWS/ApiGateway", "5XXError")}),
    ("FunctionErrors", 0, {("AWS/Lambda", "Errors")}),
    ("FunctionThrottles", 0, {("AWS/Lambda", "Throttles")}),
    ("TableThrottles", 0, {("AWS/DynamoDB", "ReadThrottleEvents"), ("AWS/DynamoDB", "WriteThrottleEvents")}),
    ("Latency", 1_000, {("AWS/ApiGateway", "Latency")}),
    ("RelayAge", 3_600_000, {("AWS/Lambda", "IteratorAge")}),
    ("FailedRecords", 0, {("UserManagement", "FailedRecords")}),
    ("BrokenEntries", 0, {("UserManagement", "BrokenEntries")}),
    ("FailedBatches", 0, {("AWS/Lambda", "OnFailureDestinationDeliveredEventCount")}),
    ("DroppedRecords", 0, {("AWS/Lambda", "DroppedEventCount")}),
    ("DeadLetters", 0, {("AWS/SQS", "ApproximateNumberOfMessagesVisible")}),
    ("ThrottledRules", 0, {("AWS/Events", "ThrottledRules")}),
])
def test_an_alarm_uses_its_metrics(alarms, name, threshold, metrics):
    assert alarms[name]["Threshold"] == threshold
    assert alarms[name]["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarms[name]["TreatMissingData"] == "notBreaching"
    assert names_of(alarms[name]) == metrics


def test_latency_alarm_uses_the_slowest_hundredth(alarms):
    assert alarms["Latency"]["ExtendedStatistic"] == "p99"


def test_function_alarms_cover_every_function(template, alarms):
    functions = {template.function(function).id for function in FUNCTIONS}
    for name in "FunctionErrors", "FunctionThrottles":
        seen = {metric["Dimensions"][0]["Value"]["Ref"] for metric in metrics_of(alarms[name])}
        assert seen == functions
        assert len(alarms[name]["Metrics"]) <= 10  # the max of an alarm


def test_every_dimension_names_a_resource_of_the_stack(template, alarms, environment, named):
    texts = {environment, named("user-management-api"), named("user-management-audit-log")}
    for alarm in alarms.values():
        for metric in metrics_of(alarm):
            assert metric["Dimensions"]
            for dimension in metric["Dimensions"]:
                value = template.text_of(dimension["Value"])
                assert value in texts or value.strip("${}").split(".")[0] in template.resources, value


def test_custom_metrics_are_those_that_the_functions_write(template):
    functions = {f"${{{template.function(function).id}}}" for function in FUNCTIONS}
    source = template.text_of(template.only("CloudWatch::Dashboard")["DashboardBody"])
    own = set()
    for widget in json.loads(source)["widgets"]:
        for metric in widget["properties"]["metrics"]:
            if metric[0] == "UserManagement":
                assert metric[2] == "FunctionName" and metric[3] in functions, metric
                own.add(metric[1])
    assert own == {"Requests", "Errors", "Latency", "ColdStart", "Published", "FailedRecords", "BrokenEntries"}


def test_alarms_have_no_action_without_a_topic(alarms):
    assert all("AlarmActions" not in alarm.properties for alarm in alarms.values())
