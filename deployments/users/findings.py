"""Findings of the AwsSolutions rules that we accept, each at its one place and with its reason."""
import typing

import aws_cdk as cdk
from constructs import IConstruct

if typing.TYPE_CHECKING:
    from .users_stack import UsersStack


def accept_findings(stack: "UsersStack") -> None:
    functions, events, api = stack.functions, stack.events, stack.api
    for function in functions.all.values():
        _accept(function.role, "IAM5[Resource::*]", "X-Ray's two actions do not support resources.")
    users_table = stack.get_logical_id(stack.tables.users.node.default_child)
    _accept(functions.relay.role, f"IAM5[Resource::<{users_table}.Arn>/stream/*]",
            "ListStreams applies to all streams of a table, not to one of them.")
    bucket = stack.get_logical_id(functions.failed_batches.node.default_child)
    _accept(functions.relay.role, f"IAM5[Resource::<{bucket}.Arn>/*]", "Lambda chooses the names of the objects.")
    _accept(functions.failed_batches, "S1",
            "Only Lambda writes here, with the relay's role, and an alarm reports it. CloudTrail records who reads.")
    _accept(events.dead_letters, "SQS3", "This is the dead-letter queue of a rule, which the check does not recognise.")
    _accept(api.api, "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
            "AmazonAPIGatewayPushToCloudWatchLogs]",
            "API Gateway requires this policy. Its role belongs to the account, and no function has it.")
    _accept(api.api, "COG4", "Callers are services that sign with IAM credentials.")
    _accept(api.api, "APIG3", "Callers are known and sign. A web ACL may be attached if the account has one.")


def _accept(scope: IConstruct, finding: str, reason: str) -> None:
    cdk.Validations.of(scope).acknowledge(cdk.Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason))
