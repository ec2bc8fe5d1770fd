//! The one table from what AWS answers to what a caller may conclude.
//!
//! The error code decides, because EC2 throttles with status 503 and Auto Scaling says "busy" with status 500; where
//! the code is not known, the status does. Codes:
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/CommonErrors.html>,
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>,
//! <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>.

use ports::ErrorKind;

const THROTTLED: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "KMSThrottling",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttled",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

const BUSY: &[&str] = &[
    "ConcurrentSnapshotLimitExceeded",
    "ConcurrentTagAccess",
    "ConditionalRequestConflict",
    // A token that expired: a list that is begun again gets a new one.
    "InvalidPaginationToken",
    "InvalidState",
    "OperationAborted",
    "PendingSnapshotLimitExceeded",
    "ReplicatedWriteConflictException",
    "ResourceContention",
    "ResourceContentionFault",
    "ScalingActivityInProgress",
    "ScalingActivityInProgressFault",
    "SnapshotCreationPerVolumeRateExceeded",
    "TransactionConflict",
    "TransactionConflictException",
    "TransactionInProgressException",
];

const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AccountProblem",
    "AllAccessDisabled",
    "AuthFailure",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Blocked",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "KMSAccessDenied",
    "KMSOptInRequired",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "OptInRequired",
    "PendingVerification",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];

const NOT_FOUND: &[&str] = &[
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchUpload",
    "NotFound",
    "NotFoundException",
    "ResourceNotFound",
    "ResourceNotFoundException",
    "TableNotFoundException",
];

/// Also under a status that says otherwise: S3 completes an upload with `200 OK` before it knows how that ends
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>).
const UNAVAILABLE: &[&str] = &[
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServerErrorException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServerInternal",
    "ServiceUnavailable",
    "Unavailable",
];

/// The kind of an error that a service answered with.
pub(super) fn kind(code: Option<&str>, status: u16) -> ErrorKind {
    code.and_then(by_code).unwrap_or_else(|| by_status(code, status))
}

fn by_code(code: &str) -> Option<ErrorKind> {
    [
        (THROTTLED, ErrorKind::Throttled),
        (BUSY, ErrorKind::Busy),
        (DENIED, ErrorKind::Denied),
        (NOT_FOUND, ErrorKind::NotFound),
        (UNAVAILABLE, ErrorKind::Unavailable),
    ]
    .into_iter()
    .find_map(|(codes, kind)| codes.contains(&code).then_some(kind))
    // EC2 has one for each kind of thing: `InvalidSnapshot.NotFound`, `InvalidInstanceID.NotFound`.
    .or_else(|| code.ends_with(".NotFound").then_some(ErrorKind::NotFound))
}

fn by_status(code: Option<&str>, status: u16) -> ErrorKind {
    match status {
        // The SDK could not read a success: what was asked for may well be done.
        200..=299 if code.is_none() => ErrorKind::Lost,
        401 | 403 => ErrorKind::Denied,
        404 => ErrorKind::NotFound,
        429 => ErrorKind::Throttled,
        300..=499 => ErrorKind::Rejected,
        _ => ErrorKind::Unavailable,
    }
}
