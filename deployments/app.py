#!/usr/bin/env python3
"""The User Management Service on AWS: one stack for each environment.

Account and region come from CDK_DEFAULT_ACCOUNT and CDK_DEFAULT_REGION, which the CDK's command line sets from the
credentials. Without them, the templates fit any account and region. Context: `packages` is the folder of the functions'
packages. `alarmTopic` is the ARN of the SNS topic that receives alarms.
"""
import os
import pathlib
import sys

import aws_cdk as cdk
import cdk_nag

from users.environment import ENVIRONMENTS
from users.findings import accept_findings
from users.packages import MissingPackages, Packages
from users.users_stack import UsersStack

BUILT_PACKAGES = pathlib.Path(__file__).resolve().parent.parent / "build/lambda"


def build_app(**app_options) -> cdk.App:
    app = cdk.App(analytics_reporting=False, **app_options)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    packages = Packages(pathlib.Path(app.node.try_get_context("packages") or BUILT_PACKAGES))
    account = cdk.Environment(account=os.environ.get("CDK_DEFAULT_ACCOUNT"),
                              region=os.environ.get("CDK_DEFAULT_REGION"))
    for environment in ENVIRONMENTS:
        stack = UsersStack(app, environment=environment, packages=packages,
                           alarm_topic_arn=app.node.try_get_context("alarmTopic"), env=account)
        accept_findings(stack)
    return app


if __name__ == "__main__":
    try:
        build_app().synth()
    except MissingPackages as missing:
        sys.exit(str(missing))
