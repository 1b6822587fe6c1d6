"""The REST API: a method for each operation, for callers that sign with IAM credentials."""
import json
import re

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_logs as logs
from constructs import Construct

from .environment import KEEP, LOG_RETENTION, Environment
from .gateway_responses import JSON, add_gateway_responses
from .lambda_constructs import LambdaConstructs
from .request_models import REQUEST_MODELS, json_schema

REQUESTS_A_SECOND = 1_000
BURST = 2_000

METHODS = {
    "users_register_create": ("POST", "/users"),
    "users_profile_get": ("GET", "/users/{userId}"),
    "users_profile_update": ("PATCH", "/users/{userId}"),
    "users_status_update": ("PUT", "/users/{userId}/status"),
    "users_role_assign": ("POST", "/users/{userId}/roles"),
    "users_role_remove": ("DELETE", "/users/{userId}/roles/{role}"),
    "users_list_query": ("GET", "/users"),
    "users_audit_query": ("GET", "/users/{userId}/audit"),
}

# API Gateway passes every query parameter on, and the function rejects those that it does not know. The names are
# declared as optional, so that exported definitions and generated SDKs have them.
QUERY_PARAMETERS = {
    "users_list_query": ["limit", "nextToken", "status", "role", "createdFrom", "createdTo", "email", "externalId",
                         "userName"],
    "users_audit_query": ["limit", "nextToken", "from", "to", "action"],
}

# Do not add the path or the query as sent: they can contain an email address. Do not add an error message either: it
# can repeat them.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "method": "$context.httpMethod",
    "resource": "$context.resourcePath",
    "status": "$context.status",
    "principal": "$context.identity.userArn",
    "accessKeyId": "$context.identity.accessKey",
    "sourceIp": "$context.identity.sourceIp",
    "errorType": "$context.error.responseType",
    "integrationStatus": "$context.integration.status",
    "integrationLatency": "$context.integration.latency",
    "latency": "$context.responseLatency",
    "bytes": "$context.responseLength",
    "traceId": "$context.xrayTraceId",
}


def request_parameters(operation: str, path: str) -> dict[str, bool]:
    """The parameters of a method, and whether each is required."""
    in_path = {f"method.request.path.{name}": True for name in re.findall(r"\{(\w+)\}", path)}
    return in_path | {f"method.request.querystring.{name}": False for name in QUERY_PARAMETERS.get(operation, [])}


class ApiConstruct(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment,
                 functions: LambdaConstructs) -> None:
        super().__init__(scope, construct_id)
        name = environment.physical_name("user-management-api")
        access_log = logs.LogGroup(self, "AccessLog", log_group_name=f"/aws/apigateway/{name}",
                                   retention=LOG_RETENTION, removal_policy=KEEP)
        self.api = apigateway.RestApi(
            self, "Api",
            rest_api_name=name,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # API Gateway writes the logs of all APIs of an account and region with this one role. The last stack that
            # sets it owns it, so it must outlive the stack.
            cloud_watch_role=True,
            cloud_watch_role_removal_policy=KEEP,
            deploy_options=apigateway.StageOptions(
                stage_name=environment.name,
                throttling_rate_limit=REQUESTS_A_SECOND,
                throttling_burst_limit=BURST,
                tracing_enabled=True,
                metrics_enabled=True,
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,  # requests and responses must not be logged
                access_log_destination=apigateway.LogGroupLogDestination(access_log),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(ACCESS_LOG))))
        self.api.node.try_remove_child("Endpoint")  # remove the default output
        self._keep_execution_log(environment)
        self._add_methods(functions)
        add_gateway_responses(self.api)

    def _keep_execution_log(self, environment: Environment) -> None:
        """Creates the log group. Otherwise API Gateway would create it and keep its logs forever."""
        execution_log = logs.LogGroup(
            self, "ExecutionLog",
            log_group_name=f"API-Gateway-Execution-Logs_{self.api.rest_api_id}/{environment.name}",
            retention=LOG_RETENTION, removal_policy=KEEP)
        self.api.deployment_stage.node.add_dependency(execution_log)

    def _add_methods(self, functions: LambdaConstructs) -> None:
        validator = self.api.add_request_validator("Validator", validate_request_body=True,
                                                   validate_request_parameters=True)
        for operation, (method, path) in METHODS.items():
            self.api.root.resource_for_path(path).add_method(
                method,
                apigateway.LambdaIntegration(functions.operations[operation], allow_test_invoke=False),
                authorization_type=apigateway.AuthorizationType.IAM,
                operation_name=operation,
                request_parameters=request_parameters(operation, path) or None,
                request_validator=validator,
                request_models=self._models_of(operation))

    def _models_of(self, operation: str) -> dict[str, apigateway.Model] | None:
        if operation not in REQUEST_MODELS:
            return None
        name = "".join(word.capitalize() for word in operation.split("_"))
        schema = json_schema(REQUEST_MODELS[operation], schema=apigateway.JsonSchemaVersion.DRAFT4)
        model = self.api.add_model(name, model_name=name, content_type=JSON, schema=schema)
        # Without $default, a body of another type would not be validated at all.
        return {JSON: model, "$default": model}
