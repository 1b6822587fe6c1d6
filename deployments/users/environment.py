"""The environments and their differences."""
import dataclasses

import aws_cdk as cdk
from aws_cdk import aws_logs as logs

# Log groups and tables are kept when their stack is deleted or updated. They are removed only after a failed creation.
KEEP = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
LOG_RETENTION = logs.RetentionDays.ONE_YEAR


@dataclasses.dataclass(frozen=True)
class Environment:
    name: str
    # If true, tables are protected from deletion and warm enough for the API's full throttle rate.
    is_production: bool = False

    @property
    def stack_name(self) -> str:
        return f"users-{self.name}-stack"

    def physical_name(self, name: str) -> str:
        """dev uses the plain name. The others append their own, so that all fit into one account and region."""
        return name if self.name == "dev" else f"{name}-{self.name}"


ENVIRONMENTS = (Environment("dev"), Environment("staging"), Environment("prod", is_production=True))
