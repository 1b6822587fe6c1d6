"""What the AwsSolutions rules find and we leave as it is: each at the one place where it is, with the reason."""
import typing

import aws_cdk as cdk
from constructs import IConstruct

if typing.TYPE_CHECKING:
    from .users_stack import UsersStack


def accept_findings(stack: "UsersStack") -> None:
    functions, events, api = stack.functions, stack.events, stack.api
    for function in functions.all.values():
        _accept(function.role, "IAM5[Resource::*]", "X-Ray's two actions take no resource.")
    users_table = stack.get_logical_id(stack.tables.users.node.default_child)
    _accept(functions.relay.role, f"IAM5[Resource::<{users_table}.Arn>/stream/*]",
            "ListStreams names a table's streams, not one of them.")
    bucket = stack.get_logical_id(functions.failed_batches.node.default_child)
    _accept(functions.relay.role, f"IAM5[Resource::<{bucket}.Arn>/*]", "Lambda chooses the names of the objects.")
    _accept(functions.failed_batches, "S1",
            "Only Lambda writes here, in the relay's name, and the alarm tells of it; CloudTrail knows who reads.")
    _accept(events.dead_letters, "SQS3", "It is a dead-letter queue: of a rule, which the check does not see.")
    _accept(api.api, "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
            "AmazonAPIGatewayPushToCloudWatchLogs]",
            "API Gateway asks for this policy; its role is the account's, and no function has it.")
    _accept(api.api, "COG4", "Callers are services that sign with IAM credentials.")
    _accept(api.api, "APIG3", "Callers are known and sign; a web ACL may be attached where the account has one.")


def _accept(scope: IConstruct, finding: str, reason: str) -> None:
    cdk.Validations.of(scope).acknowledge(cdk.Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason))
