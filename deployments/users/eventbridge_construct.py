"""The bus for audit events, with a log and an archive that each keep a year."""
import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from .environment import KEEP, LOG_RETENTION, Environment

ARCHIVE_DAYS = 365
DEAD_LETTER_DAYS = 14  # the max of SQS
SOURCE = "user-management.users"
DETAIL_TYPE = "UserAuditEvent"


class EventBridgeConstruct(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        name = environment.physical_name("user-management-audit-events")
        self.bus = events.EventBus(self, "Bus", event_bus_name=name)
        self.bus.archive("Archive", archive_name=name, retention=cdk.Duration.days(ARCHIVE_DAYS),
                         event_pattern=events.EventPattern(source=[SOURCE]))
        self.log_group = logs.LogGroup(
            self, "Log", log_group_name=environment.physical_name("/aws/events/user-management/audit"),
            retention=LOG_RETENTION, removal_policy=KEEP)
        # A bus cannot send to a queue that is encrypted with AWS's own key in KMS, but can with SQS's own key.
        self.dead_letters = sqs.Queue(
            self, "DeadLetters", retention_period=cdk.Duration.days(DEAD_LETTER_DAYS),
            encryption=sqs.QueueEncryption.SQS_MANAGED, enforce_ssl=True)
        self.rule = self._log_rule(environment)
        self._let_rule_write()

    def let_only_publish(self, publisher: iam.IRole) -> None:
        """Denies PutEvents to every principal but the publisher.

        A principal of the same account needs no permission from the bus, because its own policy is enough. Therefore
        the bus has to deny. Administrators are not exempt: they can change this policy, and CloudTrail records that.
        Calls that AWS services make themselves, such as a replay of the archive, are exempt."""
        self.bus.add_to_resource_policy(iam.PolicyStatement(
            sid="OnlyTheRelayPutsEvents",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["events:PutEvents"],
            resources=[self.bus.event_bus_arn],
            conditions={"ArnNotEquals": {"aws:PrincipalArn": publisher.role_arn},
                        "Bool": {"aws:PrincipalIsAWSService": "false"}}))

    def _log_rule(self, environment: Environment) -> events.CfnRule:
        """A rule without the L2 target, which would add a function only to write the resource policy."""
        log_group_arn = cdk.Stack.of(self).format_arn(
            service="logs", resource="log-group", resource_name=self.log_group.log_group_name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME)
        return events.CfnRule(
            self, "LogRule",
            name=environment.physical_name("user-management-audit-log"),
            event_bus_name=self.bus.event_bus_name,
            event_pattern={"source": [SOURCE], "detail-type": [DETAIL_TYPE]},
            targets=[events.CfnRule.TargetProperty(
                id="Log", arn=log_group_arn,
                dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self.dead_letters.queue_arn))])

    def _let_rule_write(self) -> None:
        only_the_rule = {"ArnEquals": {"aws:SourceArn": self.rule.attr_arn}}
        writers = [iam.ServicePrincipal("events.amazonaws.com"), iam.ServicePrincipal("delivery.logs.amazonaws.com")]
        streams = [self.log_group.log_group_arn]  # ends in :*
        policy = iam.PolicyDocument(statements=[
            iam.PolicyStatement(principals=writers, actions=["logs:CreateLogStream"], resources=streams),
            iam.PolicyStatement(principals=writers, actions=["logs:PutLogEvents"], resources=streams,
                                conditions=only_the_rule)])
        logs.CfnResourcePolicy(
            self, "LogPolicy", policy_name=f"{cdk.Stack.of(self).stack_name}-audit-log",
            policy_document=cdk.Stack.of(self).to_json_string(policy.to_json()))
        self.dead_letters.add_to_resource_policy(iam.PolicyStatement(
            principals=[iam.ServicePrincipal("events.amazonaws.com")], actions=["sqs:SendMessage"],
            resources=[self.dead_letters.queue_arn], conditions=only_the_rule))
