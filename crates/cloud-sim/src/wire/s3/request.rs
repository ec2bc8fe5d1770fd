use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use aws_vocabulary::ObjectKey;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, HOST};
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;

use super::invalid;
use crate::cloud::ApiError;
use crate::wire::Request;

/// What a request asks for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: Method,
    /// The bucket; empty when none is named.
    pub(super) bucket: String,
    pub(super) key: Option<ObjectKey>,
    query: BTreeMap<String, String>,
    headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What in a query chooses between operations, or changes what one does. What is not in here, such as `prefix` or
/// `x-id`, is some operation's own.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>
const CHOOSING: [&str; 35] = [
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "list-type",
    "location",
    "logging",
    "metadataConfiguration",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versioning",
];

/// Headers that change what an operation does, and that nothing here heeds.
const UNHEEDED: [&str; 8] = [
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-object-lock-mode",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class",
    "x-amz-tagging",
    "x-amz-website-redirect-location",
    "x-amz-write-offset-bytes",
];

impl Asked {
    pub(super) fn read(request: Request) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let text = |text: &str| percent_decode_str(text).decode_utf8().map(Cow::into_owned);
        let path = text(parts.uri.path()).map_err(|_| invalid("the path", parts.uri.path()))?;
        let path = path.strip_prefix('/').unwrap_or(&path);
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.or_else(|| parts.uri.host()).unwrap_or_default();
        let (bucket, key) = match bucket_of(host) {
            Some(bucket) => (bucket, path),
            None => path.split_once('/').unwrap_or((path, "")),
        };
        let key = Some(key).filter(|key| !key.is_empty());
        let key =
            key.map(|key| ObjectKey::new(key).map_err(|_| invalid("the object's key", key))).transpose()?;
        let query = parts.uri.query().unwrap_or_default();
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let is_chunked = parts.headers.get(CONTENT_ENCODING).is_some_and(|coding| coding == "aws-chunked");
        let body =
            if is_chunked { joined(&body).ok_or_else(|| invalid("the body", "aws-chunked"))? } else { body };
        Ok(Self { method: parts.method, bucket: bucket.to_owned(), key, query, headers: parts.headers, body })
    }

    /// Whether the query has exactly these of the names that choose between operations.
    pub(super) fn is_of(&self, names: &[&str]) -> bool {
        let chosen = self.query.keys().map(String::as_str).filter(|name| CHOOSING.contains(name));
        chosen.collect::<BTreeSet<_>>() == names.iter().copied().collect()
    }

    /// A header that changes what the operation does, and that nothing here heeds.
    pub(super) fn unknown_header(&self) -> Option<&str> {
        let names = self.headers.keys().map(http::HeaderName::as_str);
        names.into_iter().find(|name| UNHEEDED.contains(name) || name.starts_with("x-amz-meta-"))
    }

    /// The request in words.
    pub(super) fn described(&self) -> String {
        let chosen = self.query.keys().map(String::as_str).filter(|name| CHOOSING.contains(name));
        let chosen: Vec<&str> = chosen.chain(self.unknown_header()).collect();
        let on = if self.key.is_some() { "an object" } else { "a bucket" };
        format!("{} on {on} ({})", self.method, chosen.join(", "))
    }

    /// A part of the query.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A part of the query that is a number.
    pub(super) fn number(&self, name: &str) -> Result<Option<u32>, ApiError> {
        self.query(name).map(|text| text.parse().map_err(|_| invalid(name, text))).transpose()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The object's key; operations on objects have one.
    pub(super) fn key(&self) -> Result<&ObjectKey, ApiError> {
        self.key.as_ref().ok_or_else(|| invalid("the object's key", ""))
    }
}

/// The bucket that a host names
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>).
fn bucket_of(host: &str) -> Option<&str> {
    let host = host.split(':').next()?;
    let (bucket, rest) = host.split_once(".s3.").or_else(|| host.split_once(".s3-"))?;
    (rest.ends_with("amazonaws.com") || rest.starts_with("localhost")).then_some(bucket)
}

/// What a body holds that comes in signed chunks: each with its length before it, in hexadecimal, and trailers behind
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>).
fn joined(body: &Bytes) -> Option<Bytes> {
    let mut whole = Vec::new();
    let mut rest: &[u8] = body;
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let (line, after) = rest.split_at_checked(end)?;
        let length = std::str::from_utf8(line).ok()?.split(';').next()?.trim();
        let length = usize::from_str_radix(length, 16).ok()?;
        if length == 0 {
            return Some(whole.into());
        }
        let (chunk, after) = after.get(2..)?.split_at_checked(length)?;
        whole.extend_from_slice(chunk);
        rest = after.get(2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::{bucket_of, joined};

    #[test]
    fn a_bucket_may_be_in_the_host() {
        assert_eq!(bucket_of("reports.s3.eu-west-1.amazonaws.com"), Some("reports"));
        assert_eq!(bucket_of("reports.s3.localhost:4600"), Some("reports"));
        assert_eq!(bucket_of("127.0.0.1:4600"), None);
        assert_eq!(bucket_of("s3.eu-west-1.amazonaws.com"), None);
    }

    #[test]
    fn chunks_are_joined() {
        let body = b"5;chunk-signature=x\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n";
        assert_eq!(joined(&body.as_slice().into()).unwrap(), "hello world");
        assert_eq!(joined(&b"5\r\nhel".as_slice().into()), None);
    }
}
