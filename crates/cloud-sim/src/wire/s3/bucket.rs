//! Buckets.

use std::collections::BTreeSet;

use super::{Answer, Asked, NAMESPACE, invalid};
use crate::cloud::s3::Bucket;
use crate::cloud::{ApiError, Cloud};
use crate::kernel::Context;
use crate::wire::xml::Element;

/// The most objects on a page
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>).
const PAGE: u32 = 1000;

/// `CreateBucket`.
pub(super) fn create(asked: &Asked, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Answer, ApiError> {
    let name = &asked.bucket;
    if !is_legal(name) {
        return Err(ApiError::rejected(
            "InvalidBucketName",
            format!("The specified bucket is not valid: {name}"),
        ));
    }
    if cloud.s3.look(name).is_some() {
        let message = "Your previous request to create the named bucket succeeded and you already own it.";
        return Err(ApiError::busy("BucketAlreadyOwnedByYou", message));
    }
    cloud.s3.add_bucket(name);
    Ok(Answer::empty(200).header("location", format!("/{name}")))
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn is_legal(name: &str) -> bool {
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    (3..=63).contains(&name.len())
        && name.chars().all(is_part)
        && is_end(name.chars().next())
        && is_end(name.chars().next_back())
}

/// `HeadBucket`.
pub(super) fn head(asked: &Asked, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Answer, ApiError> {
    cloud.s3.bucket(&asked.bucket)?;
    Ok(Answer::empty(200).header("x-amz-bucket-region", &cloud.place.region))
}

/// `DeleteBucket`.
pub(super) fn delete(asked: &Asked, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Answer, ApiError> {
    if !cloud.s3.bucket(&asked.bucket)?.is_empty() {
        let message = "The bucket you tried to delete is not empty";
        return Err(ApiError::busy("BucketNotEmpty", message));
    }
    cloud.s3.remove_bucket(&asked.bucket);
    Ok(Answer::empty(204))
}

/// `ListBuckets`.
#[expect(clippy::unnecessary_wraps, reason = "all operations look alike")]
pub(super) fn list_all(_: &Asked, cloud: &mut Cloud, context: &mut Context<'_>) -> Result<Answer, ApiError> {
    let owner = Element::new("Owner").text("ID", &cloud.place.account);
    let bucket = |(name, _)| Element::new("Bucket").text("Name", name).text("CreationDate", context.now);
    let whole = Element::new("ListAllMyBucketsResult").within(NAMESPACE);
    Ok(Answer::xml(&whole.with(owner).list("Buckets", cloud.s3.buckets().map(bucket))))
}

/// `ListObjectsV2`.
pub(super) fn list(asked: &Asked, cloud: &mut Cloud, context: &mut Context<'_>) -> Result<Answer, ApiError> {
    let bucket = cloud.s3.bucket(&asked.bucket)?;
    let most = asked.number("max-keys")?.unwrap_or(PAGE).min(PAGE);
    let after = match asked.query("continuation-token") {
        Some(token) => {
            Some(token.strip_prefix("after:").ok_or_else(|| invalid("continuation-token", token))?)
        }
        None => asked.query("start-after"),
    };
    let prefix = asked.query("prefix").unwrap_or_default();
    let delimiter = asked.query("delimiter").filter(|delimiter| !delimiter.is_empty());
    let mut page = Page { rows: Vec::new(), prefixes: BTreeSet::new(), last: None, is_cut: false };
    let keys = bucket.objects().map(|(key, _)| key.as_str()).filter(|key| key.starts_with(prefix));
    for key in keys.filter(|key| after.is_none_or(|after| after < *key && !is_within(key, after, delimiter)))
    {
        if !page.take(key, shared(key, prefix, delimiter), most) {
            break;
        }
    }
    Ok(Answer::xml(&page.told(asked, bucket, (most, prefix, delimiter), context)))
}

/// What a key has in common with others up to the delimiter.
fn shared<'a>(key: &'a str, prefix: &str, delimiter: Option<&str>) -> Option<&'a str> {
    let delimiter = delimiter?;
    let at = key.strip_prefix(prefix)?.find(delimiter)?;
    key.split_at_checked(prefix.len() + at + delimiter.len()).map(|(shared, _)| shared)
}

/// Whether a key is among those that were told together, where the page before ended.
fn is_within(key: &str, after: &str, delimiter: Option<&str>) -> bool {
    delimiter.is_some_and(|delimiter| after.ends_with(delimiter) && key.starts_with(after))
}

struct Page<'a> {
    rows: Vec<&'a str>,
    prefixes: BTreeSet<&'a str>,
    last: Option<&'a str>,
    is_cut: bool,
}

impl<'a> Page<'a> {
    /// Takes a key, if there is room for it.
    fn take(&mut self, key: &'a str, shared: Option<&'a str>, most: u32) -> bool {
        if shared.is_some_and(|shared| self.prefixes.contains(shared)) {
            return true;
        }
        let taken = self.rows.len() + self.prefixes.len();
        if usize::try_from(most).is_ok_and(|most| most <= taken) {
            self.is_cut = true;
            return false;
        }
        match shared {
            Some(shared) => {
                self.prefixes.insert(shared);
            }
            None => self.rows.push(key),
        }
        self.last = Some(shared.unwrap_or(key));
        true
    }

    fn told(
        &self,
        asked: &Asked,
        bucket: &Bucket,
        (most, prefix, delimiter): (u32, &str, Option<&str>),
        context: &Context<'_>,
    ) -> Element {
        let mut whole = Element::new("ListBucketResult")
            .within(NAMESPACE)
            .text("Name", &asked.bucket)
            .text("Prefix", prefix)
            .maybe("Delimiter", delimiter)
            .text("MaxKeys", most)
            .text("KeyCount", self.rows.len() + self.prefixes.len())
            .text("IsTruncated", self.is_cut);
        if let (true, Some(last)) = (self.is_cut, self.last) {
            whole = whole.text("NextContinuationToken", format!("after:{last}"));
        }
        for key in &self.rows {
            let found = key.parse().ok().and_then(|key| Some((bucket.get(&key)?, bucket.stored_at(&key))));
            let Some((object, stored_at)) = found else { continue };
            let row = Element::new("Contents")
                .text("Key", key)
                .text("LastModified", stored_at.unwrap_or(context.now))
                .text("ETag", object.tag())
                .text("Size", object.bytes.len())
                .text("StorageClass", "STANDARD");
            whole = whole.with(row);
        }
        let common = |prefix: &&str| Element::new("CommonPrefixes").text("Prefix", prefix);
        self.prefixes.iter().map(common).fold(whole, Element::with)
    }
}
