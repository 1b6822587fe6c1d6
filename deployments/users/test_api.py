"""The REST API: methods, validation, limits, logs."""
import json
import re

import pytest
import yaml

from .conftest import ROOT

DOCUMENT = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
OPERATIONS = {operation["operationId"]: (verb.upper(), path, operation) for path, verbs in DOCUMENT["paths"].items()
              for verb, operation in verbs.items() if verb != "parameters" and "x-usersd-only" not in operation}
BODIES = {name for name, (_, _, operation) in OPERATIONS.items() if "requestBody" in operation}


@pytest.fixture
def api(template, named):
    return template.only("ApiGateway::RestApi", Name=named("user-management-api"))


@pytest.fixture
def stage(template, environment):
    return template.only("ApiGateway::Stage", StageName=environment)


@pytest.fixture
def methods(template):
    """{operation: (verb, path, method)}."""
    paths = {}

    def path_of(reference):
        if "Fn::GetAtt" in reference:  # the root resource
            return ""
        resource = template.resources[reference["Ref"]]
        return f"{path_of(resource['ParentId'])}/{resource['PathPart']}"

    for method in template.of_type("ApiGateway::Method"):
        paths[method.get("OperationName", method.id)] = method["HttpMethod"], path_of(method["ResourceId"]), method
    return paths


def test_methods_match_the_openapi_document(methods):
    expected = {operation: (verb, path) for operation, (verb, path, _) in OPERATIONS.items()}
    assert expected and BODIES
    assert {operation: (verb, path) for operation, (verb, path, _) in methods.items()} == expected


def test_every_method_requires_iam_credentials(template, methods):
    for method in template.of_type("ApiGateway::Method"):
        assert method["AuthorizationType"] == "AWS_IAM", method.id
        assert "AuthorizerId" not in method.properties and method.get("ApiKeyRequired", False) is False
    assert len(template.of_type("ApiGateway::Method")) == len(methods) == len(OPERATIONS)


def test_there_is_no_cors(template):
    assert "Access-Control" not in template.text
    assert "OPTIONS" not in {method["HttpMethod"] for method in template.of_type("ApiGateway::Method")}


def test_each_method_invokes_its_own_function(template, methods):
    for operation, (_, _, method) in methods.items():
        integration = method["Integration"]
        assert integration["Type"] == "AWS_PROXY" and integration["IntegrationHttpMethod"] == "POST"
        assert f"${{{template.function(operation).id}.Arn}}/invocations" in template.text_of(integration["Uri"])


def test_every_request_is_validated(template, methods):
    validator = template.only("ApiGateway::RequestValidator", ValidateRequestBody=True, ValidateRequestParameters=True)
    for _, _, method in methods.values():
        assert method["RequestValidatorId"] == {"Ref": validator.id}


def test_every_method_declares_the_parameters_of_the_openapi_document(methods):
    """Those of the path are required, those of the query are optional."""
    document = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())

    def resolved(parameter):
        return document["components"]["parameters"][parameter["$ref"].split("/")[-1]] if "$ref" in parameter else parameter

    declared = {operation: method.get("RequestParameters", {}) for operation, (_, _, method) in methods.items()}
    for verbs in document["paths"].values():
        shared = verbs.pop("parameters", [])
        for operation in verbs.values():
            if operation["operationId"] not in OPERATIONS:
                continue
            expected = {}
            for parameter in map(resolved, shared + operation.get("parameters", [])):
                if parameter["in"] == "header":
                    continue
                place = {"path": "path", "query": "querystring"}[parameter["in"]]
                expected[f"method.request.{place}.{parameter['name']}"] = parameter.get("required", False)
            assert declared.pop(operation["operationId"]) == expected, operation["operationId"]
    assert declared == {}


def test_bodies_of_every_media_type_are_validated_by_a_model(template, methods):
    for operation, (_, _, method) in methods.items():
        if operation not in BODIES:
            assert "RequestModels" not in method.properties
            continue
        model = template.only("ApiGateway::Model", Name="".join(word.capitalize() for word in operation.split("_")))
        assert method["RequestModels"] == {"application/json": {"Ref": model.id}, "$default": {"Ref": model.id}}


def test_models_are_draft_4_and_reject_other_members(template):
    for model in template.of_type("ApiGateway::Model"):
        assert re.fullmatch("[A-Za-z0-9]+", model["Name"])
        assert model["ContentType"] == "application/json"
        assert model["Schema"]["$schema"] == "http://json-schema.org/draft-04/schema#"
        assert all(inner["additionalProperties"] is False for inner in objects_of(model["Schema"]))


def objects_of(schema):
    if schema.get("type") == "object":
        yield schema
    for inner in [*schema.get("properties", {}).values(), *schema.get("patternProperties", {}).values()]:
        yield from objects_of(inner)


def test_models_have_the_members_of_the_openapi_document(template):
    """Compares the members and which of them are required."""
    schemas = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())["components"]["schemas"]
    for name, schema in {"UsersRegisterCreate": "UserRegistration", "UsersProfileUpdate": "ProfileChange"}.items():
        model = template.only("ApiGateway::Model", Name=name)["Schema"]
        assert set(model["properties"]) == set(schemas[schema]["properties"])
        assert set(model["required"]) == set(schemas[schema]["required"])
    status = template.only("ApiGateway::Model", Name="UsersStatusUpdate")["Schema"]["properties"]["status"]
    assert status["enum"] == schemas["Status"]["enum"]


def test_the_stage_is_throttled_traced_and_measured_without_data(stage):
    settings, = stage["MethodSettings"]
    assert settings == {
        "HttpMethod": "*", "ResourcePath": "/*", "ThrottlingRateLimit": 1000, "ThrottlingBurstLimit": 2000,
        "MetricsEnabled": True, "LoggingLevel": "ERROR", "DataTraceEnabled": False}
    assert stage["TracingEnabled"] is True


def test_the_access_log_has_caller_status_and_latency(template, stage, named):
    group = template.only("Logs::LogGroup", LogGroupName=f"/aws/apigateway/{named('user-management-api')}")
    assert stage["AccessLogSetting"]["DestinationArn"] == {"Fn::GetAtt": [group.id, "Arn"]}
    assert {"$context.requestId", "$context.identity.userArn", "$context.identity.accessKey", "$context.status",
            "$context.error.responseType", "$context.integration.status", "$context.responseLatency",
            "$context.integration.latency"} <= set(json.loads(stage["AccessLogSetting"]["Format"]).values())


def test_the_access_log_has_no_raw_request_data(stage):
    for value in json.loads(stage["AccessLogSetting"]["Format"]).values():
        assert not re.match(r"\$context\.(path$|requestOverride|error\.(message|validation)|integrationErrorMessage|"
                            r"integration\.error|identity\.userAgent|authorizer)", value), value


def test_the_execution_log_is_created_before_the_stage(template, api, stage, environment):
    name = f"API-Gateway-Execution-Logs_${{{api.id}}}/{environment}"
    group, = [group for group in template.of_type("Logs::LogGroup") if template.text_of(group["LogGroupName"]) == name]
    account, = template.of_type("ApiGateway::Account")
    assert {group.id, account.id} <= set(stage.attributes["DependsOn"])


def test_a_changed_api_is_deployed_again(template, stage):
    deployment = template.resources[stage["DeploymentId"]["Ref"]]
    parts = {resource.id for kind in ("Method", "Resource", "GatewayResponse", "Model", "RequestValidator")
             for resource in template.of_type(f"ApiGateway::{kind}")}
    assert parts <= set(deployment.attributes["DependsOn"])


def test_the_api_is_regional(api):
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
