//! Uploads in parts
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>).

use super::object::{content_type, may_write};
use super::{Answer, Asked, NAMESPACE};
use crate::cloud::s3::{Bucket, Parts, tag};
use crate::cloud::{ApiError, Cloud};
use crate::kernel::Context;
use crate::wire::xml::Element;

/// `CreateMultipartUpload`.
pub(super) fn begin(asked: &Asked, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Answer, ApiError> {
    let key = asked.key()?;
    let upload = cloud.s3.bucket(&asked.bucket)?.begin_upload(key, &content_type(asked));
    let whole = Element::new("InitiateMultipartUploadResult").within(NAMESPACE);
    let whole = whole.text("Bucket", &asked.bucket).text("Key", key).text("UploadId", upload);
    Ok(Answer::xml(&whole))
}

/// The upload that a request names: one of its object.
fn upload_of(asked: &Asked, bucket: &Bucket) -> Result<u64, ApiError> {
    let upload = asked.query("uploadId").and_then(|id| id.parse().ok()).unwrap_or(0);
    if bucket.upload(upload)?.key == *asked.key()? { Ok(upload) } else { bucket.upload(0).map(|_| 0) }
}

/// `UploadPart`.
pub(super) fn part(asked: &Asked, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Answer, ApiError> {
    let number = asked.number("partNumber")?.unwrap_or(0);
    let bucket = cloud.s3.bucket(&asked.bucket)?;
    let upload = upload_of(asked, bucket)?;
    bucket.upload_part_as(upload, number, asked.body.clone())?;
    Ok(Answer::empty(200).header("etag", tag(&asked.body)))
}

/// `CompleteMultipartUpload`.
pub(super) fn complete(
    asked: &Asked,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Answer, ApiError> {
    let bucket = cloud.s3.bucket(&asked.bucket)?;
    let upload = upload_of(asked, bucket)?;
    let numbers = as_sent(asked, bucket.upload(upload)?)?;
    let (key, object) = bucket.joined(upload, &numbers)?;
    may_write(asked, bucket, context)?;
    bucket.abort_upload(upload);
    let whole = Element::new("CompleteMultipartUploadResult")
        .within(NAMESPACE)
        .text("Bucket", &asked.bucket)
        .text("Key", &key)
        .text("ETag", object.tag());
    bucket.put(&key, object, context);
    Ok(Answer::xml(&whole))
}

/// The numbers of the parts that a request names; each has to be one that was sent.
fn as_sent(asked: &Asked, parts: &Parts) -> Result<Vec<u32>, ApiError> {
    let malformed = || {
        let message =
            "The XML you provided was not well-formed or did not validate against our published schema";
        ApiError::rejected("MalformedXML", message)
    };
    let named = Element::read(&asked.body).ok_or_else(malformed)?;
    let mut numbers = Vec::new();
    for part in named.all("Part") {
        let number: u32 =
            part.text_of("PartNumber").and_then(|number| number.parse().ok()).ok_or_else(malformed)?;
        let named = part.text_of("ETag").ok_or_else(malformed)?;
        let sent = parts.sent.get(&number).map(|bytes| tag(bytes));
        if sent.is_none_or(|sent| sent.trim_matches('"') != named.trim_matches('"')) {
            let message = format!("One or more of the specified parts could not be found: {number}");
            return Err(ApiError::rejected("InvalidPart", message));
        }
        numbers.push(number);
    }
    if numbers.is_empty() {
        return Err(malformed());
    }
    Ok(numbers)
}

/// `AbortMultipartUpload`.
pub(super) fn abort(asked: &Asked, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Answer, ApiError> {
    let bucket = cloud.s3.bucket(&asked.bucket)?;
    let upload = upload_of(asked, bucket)?;
    bucket.abort_upload(upload);
    Ok(Answer::empty(204))
}

/// `ListMultipartUploads`: all at once.
pub(super) fn list(asked: &Asked, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Answer, ApiError> {
    let bucket = cloud.s3.bucket(&asked.bucket)?;
    let whole = Element::new("ListMultipartUploadsResult").within(NAMESPACE);
    let whole = whole.text("Bucket", &asked.bucket).text("IsTruncated", false);
    let upload =
        |(id, parts): (u64, &Parts)| Element::new("Upload").text("Key", &parts.key).text("UploadId", id);
    Ok(Answer::xml(&bucket.uploads().map(upload).fold(whole, Element::with)))
}
