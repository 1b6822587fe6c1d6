"""The users table's stream, read as Lambda reads it: real records of an engine, in the form in which Lambda passes
them to a function."""
import base64

import boto3

KEYS = {"aws_access_key_id": "AKIDPACKAGES", "aws_secret_access_key": "secret-of-a-test"}
REGION = "eu-central-1"
MAX_READS = 100


def create_tables(url, users="users", idempotency="idempotency"):
    """Creates the tables as in the stack of deployments/. Returns the stream's ARN."""
    client = boto3.client("dynamodb", endpoint_url=url, region_name=REGION, **KEYS)
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    for name, keys, more in ((users, {"PK": "HASH", "SK": "RANGE"}, {"StreamSpecification": stream}),
                             (idempotency, {"PK": "HASH"}, {})):
        client.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()], **more)
    return client.describe_table(TableName=users)["Table"]["LatestStreamArn"]


def delete_tables(url, *names):
    client = boto3.client("dynamodb", endpoint_url=url, region_name=REGION, **KEYS)
    for name in names:
        client.delete_table(TableName=name)


def as_json(value):
    """Converts boto3's bytes and times to base 64 and seconds, as in Lambda's events."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: as_json(member) for name, member in value.items()}
    if isinstance(value, list):
        return [as_json(element) for element in value]
    return value.timestamp() if hasattr(value, "timestamp") else value


def records_of(url, arn):
    """All records of the stream, oldest first."""
    client = boto3.client("dynamodbstreams", endpoint_url=url, region_name=REGION, **KEYS)
    records = []
    for shard in client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = client.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"],
                                             ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        for _ in range(MAX_READS):
            read = client.get_records(ShardIterator=iterator)
            records += [{**as_json(record), "eventSourceARN": arn} for record in read["Records"]]
            iterator = read.get("NextShardIterator")
            if not iterator or not read["Records"]:
                break
    return records
