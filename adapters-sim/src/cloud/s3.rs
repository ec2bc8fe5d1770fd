//! Buckets
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>).

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use ports::{Finish, ObjectKey};
use xxhash_rust::xxh3::xxh3_128;

use super::{ApiError, Fact};
use crate::kernel::Context;

/// The buckets of the account.
#[derive(Clone, Debug, Default)]
pub struct S3 {
    buckets: BTreeMap<String, Bucket>,
}

/// A bucket.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    objects: BTreeMap<ObjectKey, Object>,
    /// When each object was stored by a request.
    stored_at: BTreeMap<ObjectKey, Timestamp>,
    uploads: BTreeMap<u64, Parts>,
    last_upload: u64,
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

/// The least size of a part that is not the last one.
const LEAST_PART: usize = 5 * 1024 * 1024;

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

    /// `PutObject`, over whatever is there.
    pub fn put(&mut self, key: &ObjectKey, object: Object, context: &mut Context<'_>) {
        let bytes = u64::try_from(object.bytes.len()).unwrap_or(u64::MAX);
        context.note(Fact::ObjectCreated { key: key.clone(), bytes });
        self.stored_at.insert(key.clone(), context.now);
        self.objects.insert(key.clone(), object);
    }

    /// `PutObject` with `If-None-Match: *`.
    pub fn put_new(&mut self, key: &ObjectKey, object: Object, context: &mut Context<'_>) -> Finish {
        if self.objects.contains_key(key) {
            return Finish::AlreadyExists;
        }
        self.put(key, object, context);
        Finish::Created
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
        let number = self.upload(upload)?.sent.keys().next_back().map_or(1, |last| last + 1);
        self.put_part(upload, number, bytes)
    }

    /// `UploadPart` of a number, in any order; a part of that number is replaced.
    ///
    /// # Errors
    ///
    /// When there is no such upload.
    pub fn put_part(&mut self, upload: u64, number: u32, bytes: Bytes) -> Result<(), ApiError> {
        self.uploads.get_mut(&upload).ok_or_else(no_upload)?.sent.insert(number, bytes);
        Ok(())
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

    /// `CompleteMultipartUpload` with `If-None-Match: *`.
    ///
    /// # Errors
    ///
    /// When there is no such upload, or a part before the last is too small.
    pub fn complete_upload(&mut self, upload: u64, context: &mut Context<'_>) -> Result<Finish, ApiError> {
        let (key, object) = self.joined(upload)?;
        Ok(self.put_new(&key, object, context))
    }

    /// `CompleteMultipartUpload`: the object that its parts make; the upload is over.
    ///
    /// # Errors
    ///
    /// When there is no such upload, or a part before the last is too small; then the upload goes on.
    pub fn joined(&mut self, upload: u64) -> Result<(ObjectKey, Object), ApiError> {
        let parts = self.upload(upload)?;
        let last = parts.sent.keys().next_back();
        if parts.sent.iter().any(|(number, part)| Some(number) != last && part.len() < LEAST_PART) {
            return Err(ApiError::rejected(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum.",
            ));
        }
        let Parts { key, content_type, sent } = self.uploads.remove(&upload).ok_or_else(no_upload)?;
        let bytes = sent.into_values().collect::<Vec<_>>().concat().into();
        Ok((key, Object { bytes, content_type }))
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

fn no_upload() -> ApiError {
    ApiError::not_found("NoSuchUpload", "The specified multipart upload does not exist.")
}
