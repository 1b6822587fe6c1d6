"""Why: CloudFormation must take the template, and an event that the real relay publishes must reach the log group and
the archive that the stack has made. moto's server stands for AWS, as far as it goes."""
import json
import time

import boto3

from buses import moto_server
from conftest import ASSEMBLY, PACKAGES
from functions import CREDENTIALS, Function
from stream import records_of
from template import Template

REGION = "us-east-1"
KEYS = {"aws_access_key_id": "AKIDGATEWAY", "aws_secret_access_key": "secret-of-a-test"}
STACK = "users-dev-stack"
