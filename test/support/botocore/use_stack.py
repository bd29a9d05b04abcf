"""Uses a stack as anybody's program would: boto3 and, where it is there, the AWS CLI, with nothing but the environment that
`verge local env` prints. Prints `boto3` and `aws` for what it has used; ends with a traceback at the first surprise."""
import io
import json
import shutil
import subprocess

import boto3
from botocore.exceptions import ClientError

account = boto3.client("sts").get_caller_identity()["Account"]
region = boto3.session.Session().region_name
bucket = f"verge-{account}-{region}"

s3 = boto3.client("s3")
s3.put_object(Bucket=bucket, Key="python/small", Body=b"text")
assert s3.get_object(Bucket=bucket, Key="python/small", Range="bytes=1-2")["Body"].read() == b"ex"
large = bytes(range(256)) * 50_000
s3.upload_fileobj(io.BytesIO(large), bucket, "python/large")
received = io.BytesIO()
s3.download_fileobj(bucket, "python/large", received)
assert received.getvalue() == large
assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix="python/")["Contents"]] == ["python/large", "python/small"]
try:
    s3.put_object(Bucket=bucket, Key="python/small", Body=b"other", IfNoneMatch="*")
    raise AssertionError("a conditional write went through")
except ClientError as error:
    assert error.response["Error"]["Code"] == "PreconditionFailed"

iot = boto3.client("iot")
iot.create_thing(thingName="python-1")
group = iot.create_thing_group(thingGroupName="python")["thingGroupArn"]
iot.add_thing_to_thing_group(thingName="python-1", thingGroupName="python")
assert iot.list_things_in_thing_group(thingGroupName="python")["things"] == ["python-1"]
assert ":" in iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]

greengrass = boto3.client("greengrassv2")
recipe = {
    "RecipeFormatVersion": "2020-01-25",
    "ComponentName": "com.example.Python",
    "ComponentVersion": "1.0.0",
    "Manifests": [{"Platform": {"os": "linux", "runtime": "*"}, "Lifecycle": {"run": "exec sleep infinity"}}],
}
greengrass.create_component_version(inlineRecipe=json.dumps(recipe).encode())
try:
    greengrass.create_component_version(inlineRecipe=json.dumps(recipe).encode())
    raise AssertionError("a version was made twice")
except greengrass.exceptions.ConflictException:
    pass
components = {"com.example.Python": {"componentVersion": "1.0.0"}}
deployment = greengrass.create_deployment(targetArn=group, components=components)["deploymentId"]
assert greengrass.get_deployment(deploymentId=deployment)["revisionId"] == "1"
pages = greengrass.get_paginator("list_deployments").paginate(PaginationConfig={"PageSize": 1})
assert deployment in [one["deploymentId"] for page in pages for one in page["deployments"]]

sagemaker = boto3.client("sagemaker")
assert sagemaker.list_training_jobs()["TrainingJobSummaries"]
try:
    sagemaker.describe_processing_job(ProcessingJobName="absent")
    raise AssertionError("a job is there that is not")
except sagemaker.exceptions.ResourceNotFound:
    pass
quotas = boto3.client("service-quotas").list_service_quotas(ServiceCode="greengrass")["Quotas"]
assert quotas and quotas[0]["Value"] > 0
print("boto3")

if shutil.which("aws"):

    def aws(*words):
        return subprocess.run(["aws", *words], check=True, capture_output=True, text=True).stdout

    assert "small" in aws("s3", "ls", f"s3://{bucket}/python/")
    assert aws("s3", "cp", f"s3://{bucket}/python/small", "-") == "text"
    listed = json.loads(aws("greengrassv2", "list-component-versions", "--output", "json", "--arn",
                            f"arn:aws:greengrass:{region}:{account}:components:com.example.Python"))
    assert listed["componentVersions"][0]["componentVersion"] == "1.0.0"
    assert "python-1" in aws("iot", "list-things", "--output", "text")
    print("aws")
