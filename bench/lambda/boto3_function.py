"""The comparison for the first get of our function: the same GetItem with Python and boto3, in the smallest loop that
serves AWS Lambda's runtime interface. It does not check the request, and returns the item unchanged."""
import http.client
import json
import os

import boto3

INVOCATION = "/2018-06-01/runtime/invocation/"

table = os.environ["USERS_TABLE_NAME"]
dynamodb = boto3.client("dynamodb")
runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    runtime.request("GET", INVOCATION + "next")
    asked = runtime.getresponse()
    event = json.loads(asked.read())
    key = {"PK": {"S": "USER#" + event["pathParameters"]["userId"]}, "SK": {"S": "PROFILE"}}
    found = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)
    response = {"statusCode": 200 if "Item" in found else 404, "body": json.dumps(found.get("Item"), default=str)}
    runtime.request("POST", "%s%s/response" % (INVOCATION, asked.headers["Lambda-Runtime-Aws-Request-Id"]),
                    json.dumps(response))
    runtime.getresponse().read()
