"""What AWS does and moto 5.2.1 does not: put right in moto itself, which runs in the tests' own process."""

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.serialize import S3Serializer
from moto.dynamodb import comparisons
from moto.ec2.models.amis import Ami
from moto.ec2.models.elastic_block_store import EBSBackend
from moto.ec2.responses import EC2Response


def close():
    """Closes the gaps, once for a process: moto's reset empties its state and leaves its code alone."""
    AutoScalingResponse.describe_instance_refreshes = describe_instance_refreshes
    EC2Response.describe_locked_snapshots = describe_locked_snapshots
    Ami.get_filter_value = by_snapshot(Ami.get_filter_value)
    EBSBackend.create_snapshots = without_the_excluded(EBSBackend.create_snapshots)
    S3Serializer._serialized_result_to_response = with_the_right_root(S3Serializer._serialized_result_to_response)
    for operator in [
        comparisons.OpLessThan,
        comparisons.OpLessThanOrEqual,
        comparisons.OpGreaterThan,
        comparisons.OpGreaterThanOrEqual,
    ]:
        operator.expr = false_between_types(operator.expr)


def describe_instance_refreshes(self):
    """Moto has no DescribeInstanceRefreshes at all. Here no group is ever being refreshed."""
    name = self._get_param("AutoScalingGroupName")
    if name not in self.autoscaling_backend.autoscaling_groups:
        raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup {name} not found")
    return ActionResult({"InstanceRefreshes": []})


def describe_locked_snapshots(self):
    """Moto has no DescribeLockedSnapshots at all. Here no snapshot is locked."""
    self.error_on_dryrun()
    return ActionResult({"Snapshots": []})


def by_snapshot(original):
    """Moto's DescribeImages does not know the filter `block-device-mapping.snapshot-id`."""

    def get_filter_value(self, filter_name, method_name=None):
        if filter_name == "block-device-mapping.snapshot-id":
            return self.ebs_snapshot.id
        return original(self, filter_name, method_name)

    return get_filter_value


def without_the_excluded(original):
    """Moto's CreateSnapshots takes no notice of `ExcludeDataVolumeIds`."""

    def create_snapshots(self, instance_spec, description, tags):
        excluded = instance_spec.get("ExcludeDataVolumeIds", [])
        snapshots = original(self, instance_spec, description, tags)
        for snapshot in snapshots:
            if snapshot.volume_id in excluded:
                self.delete_snapshot(snapshot.id)
        return [snapshot for snapshot in snapshots if snapshot.volume_id not in excluded]

    return create_snapshots


def false_between_types(original):
    """Moto's expressions fail where a text meets a number; in DynamoDB such a comparison is false."""

    def expr(self, item):
        try:
            return original(self, item)
        except TypeError:
            return False

    return expr


def with_the_right_root(original):
    """Moto answers CompleteMultipartUpload with an element of another name than S3 does, which the Rust SDK refuses."""

    def _serialized_result_to_response(self, *arguments):
        response = original(self, *arguments)
        if self.operation_model.name == "CompleteMultipartUpload":
            wrong, right = "CompleteMultipartUploadResponse", "CompleteMultipartUploadResult"
            response["body"] = response["body"].replace(wrong, right)
        return response

    return _serialized_result_to_response
