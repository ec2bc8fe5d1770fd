//! Buckets
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>).

use std::collections::BTreeMap;

use aws_vocabulary::ErrorKind;
use aws_vocabulary::{AccountId, ObjectKey};
use bytes::Bytes;
use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_128;

use super::{ApiError, Fact};
use crate::kernel::Context;

/// The buckets of the account.
#[derive(Clone, Debug, Default)]
pub struct S3 {
    buckets: BTreeMap<String, Bucket>,
}

/// A bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Whose it is, when it is another account's.
    pub owner: Option<AccountId>,
    objects: BTreeMap<ObjectKey, Object>,
    /// When each object was stored by a request.
    stored_at: BTreeMap<ObjectKey, Timestamp>,
    uploads: BTreeMap<u64, Parts>,
    last_upload: u64,
    /// How many writes each prefix takes a second. Unverified: S3 grows with what comes
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html>).
    pub writes_per_second: u32,
    /// How many reads each prefix takes a second. Unverified, in the same way.
    pub reads_per_second: u32,
    busy: Busy,
}

/// How many requests each prefix had in the second at hand: its reads and its writes.
#[derive(Clone, Debug, Default)]
struct Busy {
    second: i64,
    requests: BTreeMap<(String, bool), u32>,
}

impl Default for Bucket {
    fn default() -> Self {
        Self {
            owner: None,
            objects: BTreeMap::new(),
            stored_at: BTreeMap::new(),
            uploads: BTreeMap::new(),
            last_upload: 0,
            writes_per_second: 3500,
            reads_per_second: 5500,
            busy: Busy::default(),
        }
    }
}

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its content.
    pub bytes: Bytes,
    /// Its media type.
    pub content_type: String,
}

impl Object {
    /// The tag of its content, as S3 writes it. It need not be a digest of a known kind
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>), and is none here.
    pub fn tag(&self) -> String {
        tag(&self.bytes)
    }
}

/// The tag of a content.
pub fn tag(bytes: &[u8]) -> String {
    format!("\"{:032x}\"", xxh3_128(bytes))
}

/// An upload in parts that was begun.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Where the object goes.
    pub key: ObjectKey,
    content_type: String,
    /// The parts, by their numbers.
    pub sent: BTreeMap<u32, Bytes>,
}

/// The least size of a part that is not the last one
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const LEAST_PART: usize = 5 * 1024 * 1024;
/// The most parts of an upload.
const MOST_PARTS: u32 = 10_000;

impl S3 {
    /// Adds a bucket.
    pub fn add_bucket(&mut self, name: &str) {
        self.buckets.insert(name.to_owned(), Bucket::default());
    }

    /// Takes a bucket away.
    pub fn remove_bucket(&mut self, name: &str) {
        self.buckets.remove(name);
    }

    /// Every bucket.
    pub fn buckets(&self) -> impl Iterator<Item = (&str, &Bucket)> {
        self.buckets.iter().map(|(name, bucket)| (name.as_str(), bucket))
    }

    /// A bucket, to look at.
    pub fn look(&self, name: &str) -> Option<&Bucket> {
        self.buckets.get(name)
    }

    /// A bucket.
    ///
    /// # Errors
    ///
    /// When there is none of that name.
    pub fn bucket(&mut self, name: &str) -> Result<&mut Bucket, ApiError> {
        self.buckets
            .get_mut(name)
            .ok_or_else(|| ApiError::not_found("NoSuchBucket", "The specified bucket does not exist"))
    }
}

impl Bucket {
    /// An object.
    pub fn get(&self, key: &ObjectKey) -> Option<&Object> {
        self.objects.get(key)
    }

    /// Every object.
    pub fn objects(&self) -> impl Iterator<Item = (&ObjectKey, &Object)> {
        self.objects.iter()
    }

    /// Takes away the objects that a lifecycle rule is about, and gives them.
    pub fn expire(&mut self, is_old: impl Fn(&ObjectKey) -> bool) -> Vec<(ObjectKey, Object)> {
        let old: Vec<ObjectKey> = self.objects.keys().filter(|key| is_old(key)).cloned().collect();
        old.into_iter().filter_map(|key| self.objects.remove(&key).map(|object| (key, object))).collect()
    }

    /// When an object was stored, if a request did so.
    pub fn stored_at(&self, key: &ObjectKey) -> Option<Timestamp> {
        self.stored_at.get(key).copied()
    }

    /// Whether there is anything in it.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// `DeleteObject`.
    pub fn delete(&mut self, key: &ObjectKey) {
        self.objects.remove(key);
        self.stored_at.remove(key);
    }

    /// Puts an object as if by magic, over whatever is there.
    pub fn put(&mut self, key: &ObjectKey, object: Object, context: &mut Context<'_>) {
        let bytes = u64::try_from(object.bytes.len()).unwrap_or(u64::MAX);
        context.note(Fact::ObjectCreated { key: key.clone(), bytes });
        self.stored_at.insert(key.clone(), context.now);
        self.objects.insert(key.clone(), object);
    }

    /// Whether a prefix takes one more request in this second.
    ///
    /// # Errors
    ///
    /// `SlowDown` when it had too many.
    pub fn admit(&mut self, key: &ObjectKey, writes: bool, now: Timestamp) -> Result<(), ApiError> {
        if self.busy.second != now.as_second() {
            self.busy = Busy { second: now.as_second(), requests: BTreeMap::new() };
        }
        let most = if writes { self.writes_per_second } else { self.reads_per_second };
        let prefix = key.as_str().rsplit_once('/').map_or("", |(prefix, _)| prefix);
        let requests = self.busy.requests.entry((prefix.to_owned(), writes)).or_default();
        if most <= *requests {
            return Err(ApiError::new(ErrorKind::Throttled, "SlowDown", "Please reduce your request rate."));
        }
        *requests += 1;
        Ok(())
    }

    /// `PutObject` with `If-None-Match: *`
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>).
    ///
    /// # Errors
    ///
    /// `PreconditionFailed` when there is an object already; `ConditionalRequestConflict` when somebody else is at the same
    /// key; `SlowDown`.
    pub fn create(
        &mut self,
        key: &ObjectKey,
        object: Object,
        context: &mut Context<'_>,
    ) -> Result<(), ApiError> {
        self.admit(key, true, context.now)?;
        conflict(context)?;
        self.put_new(key, object, context)
    }

    /// Creates an object as if by magic.
    ///
    /// # Errors
    ///
    /// `PreconditionFailed` when there is one already.
    pub fn put_new(
        &mut self,
        key: &ObjectKey,
        object: Object,
        context: &mut Context<'_>,
    ) -> Result<(), ApiError> {
        if self.objects.contains_key(key) {
            return Err(precondition_failed());
        }
        self.put(key, object, context);
        Ok(())
    }

    /// `CreateMultipartUpload`.
    pub fn begin_upload(&mut self, key: &ObjectKey, content_type: &str) -> u64 {
        self.last_upload += 1;
        let parts = Parts { key: key.clone(), content_type: content_type.to_owned(), sent: BTreeMap::new() };
        self.uploads.insert(self.last_upload, parts);
        self.last_upload
    }

    /// `UploadPart`, one after the other.
    ///
    /// # Errors
    ///
    /// When there is no such upload.
    pub fn upload_part(&mut self, upload: u64, bytes: Bytes) -> Result<(), ApiError> {
        let last = self.upload(upload)?.sent.last_key_value();
        let next = last.map_or(1, |(number, _)| number + 1);
        self.upload_part_as(upload, next, bytes)
    }

    /// An upload that was begun.
    ///
    /// # Errors
    ///
    /// When there is no such upload.
    pub fn upload(&self, upload: u64) -> Result<&Parts, ApiError> {
        self.uploads.get(&upload).ok_or_else(no_upload)
    }

    /// Every upload that was begun.
    pub fn uploads(&self) -> impl Iterator<Item = (u64, &Parts)> {
        self.uploads.iter().map(|(id, parts)| (*id, parts))
    }

    /// `UploadPart` of a number; one of that number that is there already is replaced.
    ///
    /// # Errors
    ///
    /// When there is no such upload, or the number is not from 1 to 10,000.
    pub fn upload_part_as(&mut self, upload: u64, number: u32, bytes: Bytes) -> Result<(), ApiError> {
        if !(1..=MOST_PARTS).contains(&number) {
            let message = format!("Part number must be an integer between 1 and {MOST_PARTS}, inclusive");
            return Err(ApiError::rejected("InvalidArgument", message));
        }
        self.uploads.get_mut(&upload).ok_or_else(no_upload)?.sent.insert(number, bytes);
        Ok(())
    }

    /// `CompleteMultipartUpload` with `If-None-Match: *`, of every part.
    ///
    /// # Errors
    ///
    /// As [`Bucket::complete_parts`].
    pub fn complete_upload(&mut self, upload: u64, context: &mut Context<'_>) -> Result<(), ApiError> {
        let parts: Vec<u32> = self.uploads.get(&upload).ok_or_else(no_upload)?.sent.keys().copied().collect();
        self.complete_parts(upload, &parts, context)
    }

    /// `CompleteMultipartUpload` with `If-None-Match: *`, of these parts. An upload that could not be completed is still there
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>).
    ///
    /// # Errors
    ///
    /// When there is no such upload, a part is missing, out of order or too small, or somebody else is at the same key.
    pub fn complete_parts(
        &mut self,
        upload: u64,
        numbers: &[u32],
        context: &mut Context<'_>,
    ) -> Result<(), ApiError> {
        let (key, object) = self.joined(upload, numbers)?;
        conflict(context)?;
        self.uploads.remove(&upload);
        self.put_new(&key, object, context)
    }

    /// What these parts of an upload make.
    ///
    /// # Errors
    ///
    /// When there is no such upload, or a part is missing, out of order or too small.
    pub fn joined(&self, upload: u64, numbers: &[u32]) -> Result<(ObjectKey, Object), ApiError> {
        let parts = self.uploads.get(&upload).ok_or_else(no_upload)?;
        if !numbers.is_sorted_by(|a, b| a < b) {
            let message =
                "The list of parts was not in ascending order. Parts must be ordered by part number.";
            return Err(ApiError::rejected("InvalidPartOrder", message));
        }
        let found: Option<Vec<&Bytes>> = numbers.iter().map(|number| parts.sent.get(number)).collect();
        let found = found.ok_or_else(|| {
            ApiError::rejected("InvalidPart", "One or more of the specified parts could not be found.")
        })?;
        let before_last = found.split_last().map(|(_, before)| before).unwrap_or_default();
        if before_last.iter().any(|part| part.len() < LEAST_PART) {
            return Err(ApiError::rejected(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
            ));
        }
        let bytes = found.into_iter().map(AsRef::as_ref).collect::<Vec<&[u8]>>().concat();
        Ok((parts.key.clone(), Object { bytes: bytes.into(), content_type: parts.content_type.clone() }))
    }

    /// `AbortMultipartUpload`.
    pub fn abort_upload(&mut self, upload: u64) {
        self.uploads.remove(&upload);
    }

    /// How many uploads were begun and neither completed nor aborted: they linger, and cost.
    pub fn lingering_uploads(&self) -> usize {
        self.uploads.len()
    }
}

/// A conditional write fails when another is at the same key; whoever tries again finds out how that one ended.
pub(crate) fn conflict(context: &mut Context<'_>) -> Result<(), ApiError> {
    if context.happens("trouble/conflict", context.plan().conflicts) {
        let message = "A conflicting conditional operation is currently in progress against this resource. Please try again.";
        return Err(ApiError::busy("ConditionalRequestConflict", message));
    }
    Ok(())
}

pub(crate) fn precondition_failed() -> ApiError {
    let message = "At least one of the pre-conditions you specified did not hold";
    ApiError::rejected("PreconditionFailed", message)
}

fn no_upload() -> ApiError {
    ApiError::not_found("NoSuchUpload", "The specified multipart upload does not exist.")
}
