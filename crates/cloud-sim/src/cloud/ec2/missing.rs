//! What EC2 says of what is not there
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>).

use aws_vocabulary::{ImageId, InstanceId, SnapshotId, VolumeId};

use crate::cloud::ApiError;

pub(crate) fn no_instance(instance: &InstanceId) -> ApiError {
    ApiError::not_found("InvalidInstanceID.NotFound", format!("The instance ID '{instance}' does not exist"))
}

pub(crate) fn no_volume(volume: &VolumeId) -> ApiError {
    ApiError::not_found("InvalidVolume.NotFound", format!("The volume '{volume}' does not exist."))
}

pub(crate) fn no_image(image: &ImageId) -> ApiError {
    ApiError::not_found("InvalidAMIID.NotFound", format!("The image id '[{image}]' does not exist"))
}

pub(crate) fn no_snapshot(snapshot: &SnapshotId) -> ApiError {
    ApiError::not_found("InvalidSnapshot.NotFound", format!("The snapshot '{snapshot}' does not exist."))
}
