use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::{Client, config::Builder, operation::get_object::GetObjectOutput};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::Bytes;
use ports::{Archive, ErrorKind, ObjectHead, ObjectKey, PortError, Upload};

use crate::permission::{self, Asks};

use super::{
    answer::AnswerFields,
    call::{self, Call},
    config,
    limit::Limit,
    upload::{Place, S3Upload},
};

/// What S3 gives to an object that was stored without a media type.
const UNTYPED: &str = "binary/octet-stream";

/// A bucket of Amazon S3.
///
/// Without `s3:ListBucket` S3 answers 403 where there is no object, and nobody could tell "none" from "not allowed"
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>).
#[derive(Clone, Debug)]
pub struct S3Archive {
    client: Client,
    bucket: String,
    prefix: String,
    limit: Limit,
}

impl S3Archive {
    /// The IAM actions that this adapter needs, by method.
    pub const ASKS: &[Asks] = permission::archive::ALL;

    /// Makes the adapter for one bucket. At an endpoint that is not AWS's own, the bucket goes into the path, because
    /// `bucket.localhost` has no address.
    pub fn new(config: &SdkConfig, bucket: impl Into<String>) -> Self {
        let limited = config::limited(config);
        let in_path = limited.endpoint_url().is_some();
        let settings = Builder::from(&limited).force_path_style(in_path).build();
        let (bucket, prefix) = (bucket.into(), String::new());
        Self { client: Client::from_conf(settings), bucket, prefix, limit: Limit::new(config) }
    }

    /// The same, with every key under a prefix: for a bucket that others write to as well.
    #[must_use]
    pub fn under(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    fn name(&self, key: &ObjectKey) -> String {
        format!("{}{key}", self.prefix)
    }

    /// What a HEAD tells. It has no body, so that a missing bucket looks like a missing object: `None` for both.
    async fn headed(&self, key: &ObjectKey) -> Result<Option<ObjectHead>, PortError> {
        let call = Call::reading("HeadObject");
        let request = self.client.head_object().bucket(&self.bucket).key(self.name(key));
        let answer = match request.customize().interceptor(call.watch()).send().await {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("NotFound") => return Ok(None),
            Err(error) => return Err(call.failed(&error)),
        };
        let length = answer.content_length().and_then(|length| u64::try_from(length).ok());
        Ok(Some(ObjectHead {
            length: AnswerFields("HeadObject").field("Content-Length", length)?,
            content_type: answer.content_type().unwrap_or(UNTYPED).to_owned(),
        }))
    }

    /// A GET tells a missing bucket from a missing object.
    async fn head_or_why_not(&self, key: &ObjectKey) -> Result<Option<ObjectHead>, PortError> {
        let head = self.headed(key).await?;
        if head.is_none() {
            self.range(key, "bytes=0-0".to_owned()).await?;
        }
        Ok(head)
    }

    async fn range(&self, key: &ObjectKey, range: String) -> Result<Range, PortError> {
        let call = Call::reading("GetObject");
        let request = self.client.get_object().bucket(&self.bucket).key(self.name(key)).range(range);
        match request.customize().interceptor(call.watch()).send().await {
            Ok(answer) => Ok(Range::Some(Box::new(answer))),
            Err(error) => match (error.code(), error.raw_response().map(|it| it.status().as_u16())) {
                (Some("NoSuchKey"), _) => Ok(Range::NoObject),
                (Some("InvalidRange"), _) | (_, Some(416)) => Ok(Range::Behind),
                _ => Err(call.failed(&error)),
            },
        }
    }

    async fn bytes(&self, key: &ObjectKey, range: String) -> Result<Option<Bytes>, PortError> {
        match self.range(key, range).await? {
            Range::NoObject => Ok(None),
            Range::Behind => Ok(Some(Bytes::new())),
            Range::Some(answer) => match answer.body.collect().await {
                Ok(bytes) => Ok(Some(bytes.into_bytes())),
                Err(error) => Err(PortError::new(ErrorKind::Lost, "GetObject", call::causes(&error))),
            },
        }
    }
}

/// What a GET of a range found.
enum Range {
    NoObject,
    Behind,
    Some(Box<GetObjectOutput>),
}

#[async_trait]
impl Archive for S3Archive {
    async fn create(&self, key: &ObjectKey, content_type: &str) -> Result<Box<dyn Upload>, PortError> {
        Ok(Box::new(S3Upload::new(Place {
            client: self.client.clone(),
            limit: self.limit.clone(),
            bucket: self.bucket.clone(),
            key: self.name(key),
            content_type: content_type.to_owned(),
        })))
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectHead>, PortError> {
        self.limit.end("HeadObject", self.head_or_why_not(key)).await
    }

    async fn read(&self, key: &ObjectKey, offset: u64, length: u64) -> Result<Option<Bytes>, PortError> {
        // A range of nothing cannot be written.
        let Some(more) = length.checked_sub(1) else {
            return Ok(self.head(key).await?.map(|_| Bytes::new()));
        };
        let range = format!("bytes={offset}-{}", offset.saturating_add(more));
        self.limit.end("GetObject", self.bytes(key, range)).await
    }
}
