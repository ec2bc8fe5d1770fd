use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{ObjectKey, PortError};

/// What is known of an object without reading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectHead {
    /// Its length in bytes.
    pub length: u64,
    /// Its media type, such as `application/x-ndjson`.
    pub content_type: String,
}

/// How an upload ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The object is there, whole.
    Created,
    /// An object was there already and stays as it was.
    AlreadyExists,
}

/// An object on its way into the archive, in pieces of any size. Nothing is to be seen of it before
/// [`finish`](Self::finish).
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Upload: Debug + Send {
    /// Adds bytes at the end.
    ///
    /// # Errors
    ///
    /// When a part cannot be stored.
    async fn write(&mut self, bytes: Bytes) -> Result<(), PortError>;

    /// Makes the object visible, unless there is one already.
    ///
    /// # Errors
    ///
    /// When it cannot be stored; see [`PortError::effect`] for what is then known.
    async fn finish(self: Box<Self>) -> Result<Finish, PortError>;

    /// Drops what was sent, as far as it can.
    async fn abandon(self: Box<Self>);
}

/// Create-only objects: an object, once there, is never replaced.
///
/// # Contract
///
/// 1. `archive_1_what_was_written_is_read`: after `Created`, `read` MUST give the very bytes, also for an object of
///    many parts and for an empty one.
/// 2. `archive_2_an_object_is_never_replaced`: a second upload under a key MUST answer `AlreadyExists` and leave the
///    first as it is.
/// 3. `archive_3_nothing_is_seen_before_finish`: before `finish`, `head` MUST answer `None`.
/// 4. `archive_4_head_tells_length_and_type`: `head` MUST tell length and media type.
/// 5. `archive_5_missing_object_is_none`: `head` and `read` of a missing object MUST answer `None`.
///
/// Reads are strongly consistent (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel>).
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Archive: Debug + Send + Sync {
    /// Begins an object. Memory stays bounded whatever its size: large ones go out in parts.
    ///
    /// # Errors
    ///
    /// When the bucket cannot be reached.
    async fn create(&self, key: &ObjectKey, content_type: &str) -> Result<Box<dyn Upload>, PortError>;

    /// What is known of an object.
    ///
    /// # Errors
    ///
    /// When the bucket cannot be asked.
    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectHead>, PortError>;

    /// At most `length` bytes of an object from `offset` on; fewer at its end, none behind it.
    ///
    /// # Errors
    ///
    /// When the bucket cannot be asked.
    async fn read(&self, key: &ObjectKey, offset: u64, length: u64) -> Result<Option<Bytes>, PortError>;
}
