//! Objects.

use std::ops::Range;

use bytes::Bytes;

use super::{Answer, Asked};
use crate::cloud::s3::{Bucket, Object, conflict, precondition_failed};
use crate::cloud::{ApiError, Cloud};
use crate::kernel::Context;

/// What S3 gives to an object that is stored without a media type.
const UNTYPED: &str = "binary/octet-stream";

/// The media type that a request gives.
pub(super) fn content_type(asked: &Asked) -> String {
    asked.header("content-type").unwrap_or(UNTYPED).to_owned()
}

/// Whether what is there lets a request write an object
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>).
pub(super) fn may_write(asked: &Asked, bucket: &Bucket, context: &mut Context<'_>) -> Result<(), ApiError> {
    if asked.header("if-none-match").or(asked.header("if-match")).is_some() {
        conflict(context)?;
    }
    let found = bucket.get(asked.key()?);
    let failed = |condition: &str| {
        let failed = precondition_failed();
        ApiError { message: format!("{}: {condition}", failed.message), ..failed }
    };
    match asked.header("if-none-match") {
        Some("*") if found.is_some() => return Err(failed("If-None-Match")),
        Some("*") | None => {}
        Some(other) => {
            let message = format!(
                "A header you provided implies functionality that is not implemented: If-None-Match: {other}"
            );
            return Err(ApiError::rejected("NotImplemented", message));
        }
    }
    match (asked.header("if-match"), found) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(no_object()),
        (Some(tag), Some(found)) if is_tag(tag, found) => Ok(()),
        (Some(_), Some(_)) => Err(failed("If-Match")),
    }
}

fn is_tag(tag: &str, object: &Object) -> bool {
    tag.trim_matches('"') == object.tag().trim_matches('"')
}

fn no_object() -> ApiError {
    ApiError::not_found("NoSuchKey", "The specified key does not exist.")
}

/// `PutObject`.
pub(super) fn put(asked: &Asked, cloud: &mut Cloud, context: &mut Context<'_>) -> Result<Answer, ApiError> {
    let bucket = cloud.s3.bucket(&asked.bucket)?;
    bucket.admit(asked.key()?, true, context.now)?;
    may_write(asked, bucket, context)?;
    let object = Object { bytes: asked.body.clone(), content_type: content_type(asked) };
    let tag = object.tag();
    bucket.put(asked.key()?, object, context);
    Ok(Answer::empty(200).header("etag", tag))
}

/// `DeleteObject`: what is not there is as good as deleted.
pub(super) fn delete(asked: &Asked, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Answer, ApiError> {
    cloud.s3.bucket(&asked.bucket)?.delete(asked.key()?);
    Ok(Answer::empty(204))
}

/// `GetObject`, whole or a range.
pub(super) fn get(asked: &Asked, cloud: &mut Cloud, context: &mut Context<'_>) -> Result<Answer, ApiError> {
    let (object, answer) = found(asked, cloud, context)?;
    let length = object.bytes.len();
    match asked.header("range").and_then(|range| range_of(range, length)) {
        None => Ok(Answer { body: object.bytes, ..answer }),
        Some(range) if range.is_empty() => {
            Err(ApiError::rejected("InvalidRange", "The requested range is not satisfiable"))
        }
        Some(Range { start: from, end: to }) => {
            let part = object.bytes.slice(from..to);
            let told = format!("bytes {from}-{}/{length}", to.saturating_sub(1));
            Ok(Answer { status: 206, body: part, ..answer }.header("content-range", told))
        }
    }
}

/// `HeadObject`: as `GetObject`, without the content.
pub(super) fn head(asked: &Asked, cloud: &mut Cloud, context: &mut Context<'_>) -> Result<Answer, ApiError> {
    let (object, answer) = found(asked, cloud, context)?;
    Ok(Answer { body: Bytes::new(), ..answer }.header("content-length", object.bytes.len()))
}

fn found(asked: &Asked, cloud: &mut Cloud, context: &Context<'_>) -> Result<(Object, Answer), ApiError> {
    let bucket = cloud.s3.bucket(&asked.bucket)?;
    let key = asked.key()?;
    bucket.admit(key, false, context.now)?;
    let object = bucket.get(key).cloned().ok_or_else(no_object)?;
    if asked.header("if-match").is_some_and(|tag| !is_tag(tag, &object)) {
        return Err(precondition_failed());
    }
    let stored = bucket.stored_at(key).unwrap_or(context.now);
    let answer = Answer::empty(200)
        .header("content-type", &object.content_type)
        .header("etag", object.tag())
        .header("accept-ranges", "bytes")
        .header("last-modified", stored.strftime("%a, %d %b %Y %H:%M:%S GMT"));
    Ok((object, answer))
}

/// The bytes of a range, which may be none at all; a range that cannot be read asks for everything.
fn range_of(range: &str, length: usize) -> Option<Range<usize>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (from, to) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(from), Ok(last)) if from <= last => (from, last.saturating_add(1).min(length)),
        (Ok(from), Err(_)) if last.is_empty() => (from, length),
        (Err(_), Ok(count)) if first.is_empty() => (length.saturating_sub(count), length),
        _ => return None,
    };
    Some(from..to)
}

#[cfg(test)]
mod tests {
    use super::range_of;

    #[test]
    fn ranges_are_cut_to_what_is_there() {
        assert_eq!(range_of("bytes=0-3", 10), Some(0..4));
        assert_eq!(range_of("bytes=8-100", 10), Some(8..10));
        assert_eq!(range_of("bytes=-3", 10), Some(7..10));
        assert_eq!(range_of("bytes=4-", 10), Some(4..10));
        assert_eq!(range_of("bytes=10-11", 10), Some(10..10));
        assert_eq!(range_of("lines=1-2", 10), None);
    }
}
