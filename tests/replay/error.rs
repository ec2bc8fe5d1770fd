//! The table from what AWS answers to what a caller may conclude.

use adapters_aws::sdk::Ec2Instances;
use ports::{ErrorKind, InstanceId, Instances, PortError};

use crate::{
    answer::{answer, ec2_error, ok},
    script::{Reply, Script},
};

/// What comes of a reboot, which is never sent twice, under this reply.
async fn reboot(reply: Reply) -> PortError {
    let instances = Ec2Instances::new(&Script::always(reply).config().await);
    instances.reboot(&InstanceId::new("i-0a").unwrap()).await.unwrap_err()
}

async fn every_code_gives(kind: ErrorKind, rows: &[(u16, &str)]) {
    for (status, code) in rows {
        let error = reboot(ec2_error(*status, code, "in words")).await;
        assert_eq!(error.kind, kind, "{status} {code}");
        assert_eq!(
            (error.operation.as_str(), error.detail),
            ("RebootInstances", format!("{code}: in words"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttle_is_one_whatever_its_status() {
    let rows = [
        (503, "RequestLimitExceeded"),
        (400, "RequestLimitExceeded"),
        (400, "Throttling"),
        (500, "Throttling"),
        (400, "ThrottlingException"),
        (400, "ThrottledException"),
        (429, "Throttled"),
        (400, "RequestThrottled"),
        (400, "RequestThrottledException"),
        (429, "TooManyRequestsException"),
        (400, "ProvisionedThroughputExceeded"),
        (400, "ProvisionedThroughputExceededException"),
        (503, "SlowDown"),
        (503, "BandwidthLimitExceeded"),
        (400, "PriorRequestNotComplete"),
        (429, "SomethingNew"),
    ];
    every_code_gives(ErrorKind::Throttled, &rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_busy_resource_is_busy_whatever_its_status() {
    let rows = [
        (400, "SnapshotCreationPerVolumeRateExceeded"),
        (400, "ConcurrentSnapshotLimitExceeded"),
        (400, "PendingSnapshotLimitExceeded"),
        (400, "ConcurrentTagAccess"),
        (400, "InvalidState"),
        (400, "ScalingActivityInProgress"),
        (400, "ScalingActivityInProgressFault"),
        (500, "ResourceContention"),
        (500, "ResourceContentionFault"),
        (409, "ConditionalRequestConflict"),
        (409, "OperationAborted"),
        (400, "TransactionConflict"),
        (400, "TransactionConflictException"),
        (400, "ReplicatedWriteConflictException"),
    ];
    every_code_gives(ErrorKind::Busy, &rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_want_of_permission_is_denied() {
    let rows = [
        (403, "UnauthorizedOperation"),
        (403, "AccessDenied"),
        (400, "AccessDeniedException"),
        (401, "AuthFailure"),
        (403, "AuthorizationError"),
        (403, "AuthorizationErrorException"),
        (403, "ExpiredToken"),
        (400, "ExpiredTokenException"),
        (403, "InvalidClientTokenId"),
        (400, "UnrecognizedClientException"),
        (403, "SignatureDoesNotMatch"),
        (400, "OptInRequired"),
        (400, "RequestExpired"),
        (403, "Blocked"),
        (400, "KMSAccessDenied"),
        (403, "SomethingNew"),
        (401, "SomethingNew"),
    ];
    every_code_gives(ErrorKind::Denied, &rows).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_not_found() {
    let rows = [
        (400, "InvalidInstanceID.NotFound"),
        (400, "InvalidSnapshot.NotFound"),
        (400, "InvalidVolume.NotFound"),
        (404, "NotFound"),
        (404, "NotFoundException"),
        (400, "ResourceNotFoundException"),
        (404, "NoSuchBucket"),
        (404, "NoSuchKey"),
        (404, "SomethingNew"),
    ];
    every_code_gives(ErrorKind::NotFound, &rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_the_service_is_unavailable() {
    let rows = [
        (500, "InternalError"),
        (500, "InternalFailure"),
        (503, "ServiceUnavailable"),
        (503, "Unavailable"),
        (500, "InternalServerError"),
        (400, "RequestTimeout"),
        (504, "SomethingNew"),
    ];
    every_code_gives(ErrorKind::Unavailable, &rows).await;
}

#[tokio::test(start_paused = true)]
async fn any_other_refusal_is_a_rejection() {
    let rows = [
        (400, "InvalidParameterValue"),
        (400, "InvalidInstanceID.Malformed"),
        (400, "IncorrectState"),
        (400, "ValidationError"),
        (409, "SomethingNew"),
        (301, "PermanentRedirect"),
    ];
    every_code_gives(ErrorKind::Rejected, &rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_without_a_code_goes_by_its_status() {
    for (status, kind) in [
        (400, ErrorKind::Rejected),
        (403, ErrorKind::Denied),
        (404, ErrorKind::NotFound),
        (429, ErrorKind::Throttled),
        (500, ErrorKind::Unavailable),
        (502, ErrorKind::Unavailable),
    ] {
        let error = reboot(answer(status, "<html>a proxy's own words</html>")).await;
        assert_eq!(error.kind, kind, "{status}");
        assert!(error.detail.starts_with(&format!("HTTP {status}: ")), "{}", error.detail);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_success_is_lost() {
    let script = Script::always(ok("<CreateSnapsh"));
    let snapshots = adapters_aws::sdk::Ec2Snapshots::new(&script.config().await);
    let error = ports::Snapshots::create_one(&snapshots, &crate::snapshots::one()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Lost);
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_was_never_sent() {
    assert_eq!(reboot(Reply::Refusal).await.kind, ErrorKind::NotSent);
}

#[tokio::test(start_paused = true)]
async fn a_cut_connection_is_lost() {
    let error = reboot(Reply::Cut).await;
    assert_eq!(error.kind, ErrorKind::Lost);
    assert!(error.detail.ends_with("connection reset by peer"), "{}", error.detail);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_lost() {
    assert_eq!(reboot(Reply::Silence).await.kind, ErrorKind::Lost);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_could_sign_was_never_sent() {
    let script = Script::always(ok(""));
    let instances = Ec2Instances::new(&script.loader().no_credentials().load().await);
    let error = instances.reboot(&InstanceId::new("i-0a").unwrap()).await.unwrap_err();
    assert_eq!((error.kind, script.requests().len()), (ErrorKind::NotSent, 0));
}

#[tokio::test(start_paused = true)]
async fn an_endless_message_is_cut() {
    let error = reboot(ec2_error(403, "UnauthorizedOperation", &"x".repeat(9_000))).await;
    assert_eq!(error.detail.chars().count(), 500);
}
