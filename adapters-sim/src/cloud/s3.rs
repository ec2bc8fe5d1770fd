//! Buckets
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>).

use std::collections::BTreeMap;

use bytes::Bytes;
use ports::{Finish, ObjectKey};

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

#[derive(Clone, Debug)]
struct Parts {
    key: ObjectKey,
    content_type: String,
    sent: Vec<Bytes>,
}

/// The least size of a part that is not the last one.
const LEAST_PART: usize = 5 * 1024 * 1024;

impl S3 {
    /// Adds a bucket.
    pub fn add_bucket(&mut self, name: &str) {
        self.buckets.insert(name.to_owned(), Bucket::default());
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

    /// `PutObject` with `If-None-Match: *`.
    pub fn put_new(&mut self, key: &ObjectKey, object: Object, context: &mut Context<'_>) -> Finish {
        if self.objects.contains_key(key) {
            return Finish::AlreadyExists;
        }
        let bytes = u64::try_from(object.bytes.len()).unwrap_or(u64::MAX);
        context.note(Fact::ObjectCreated { key: key.clone(), bytes });
        self.objects.insert(key.clone(), object);
        Finish::Created
    }

    /// `CreateMultipartUpload`.
    pub fn begin_upload(&mut self, key: &ObjectKey, content_type: &str) -> u64 {
        self.last_upload += 1;
        let parts = Parts { key: key.clone(), content_type: content_type.to_owned(), sent: Vec::new() };
        self.uploads.insert(self.last_upload, parts);
        self.last_upload
    }

    /// `UploadPart`, one after the other.
    ///
    /// # Errors
    ///
    /// When there is no such upload.
    pub fn upload_part(&mut self, upload: u64, bytes: Bytes) -> Result<(), ApiError> {
        self.uploads.get_mut(&upload).ok_or_else(no_upload)?.sent.push(bytes);
        Ok(())
    }

    /// `CompleteMultipartUpload` with `If-None-Match: *`.
    ///
    /// # Errors
    ///
    /// When there is no such upload, or a part before the last is too small.
    pub fn complete_upload(&mut self, upload: u64, context: &mut Context<'_>) -> Result<Finish, ApiError> {
        let upload = self.uploads.remove(&upload).ok_or_else(no_upload)?;
        let before_last = upload.sent.split_last().map(|(_, before)| before).unwrap_or_default();
        if before_last.iter().any(|part| part.len() < LEAST_PART) {
            return Err(ApiError::rejected(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum.",
            ));
        }
        let object = Object { bytes: upload.sent.concat().into(), content_type: upload.content_type };
        Ok(self.put_new(&upload.key, object, context))
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
