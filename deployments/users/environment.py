"""The environments, and what differs between them."""
import dataclasses

import aws_cdk as cdk
from aws_cdk import aws_logs as logs

# No log group goes before its year is over, neither with its stack nor with an update; only a creation that failed
# is cleaned up. The same holds for the tables.
KEEP = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
LOG_RETENTION = logs.RetentionDays.ONE_YEAR


@dataclasses.dataclass(frozen=True)
class Environment:
    name: str
    # Whether tables are protected from deletion, and warm enough for the whole of the API's throttle.
    is_production: bool = False

    @property
    def stack_name(self) -> str:
        return f"users-{self.name}-stack"

    def physical_name(self, name: str) -> str:
        """dev has the plain name, the others append theirs: all may live in one account and region."""
        return name if self.name == "dev" else f"{name}-{self.name}"


ENVIRONMENTS = (Environment("dev"), Environment("staging"), Environment("prod", is_production=True))
