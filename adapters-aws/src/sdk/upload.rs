//! An object on its way to S3: in one piece when it is small, in parts when it is not.

use async_trait::async_trait;
use aws_sdk_s3::{
    Client,
    primitives::ByteStream,
    types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart},
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::{Bytes, BytesMut};
use ports::{ErrorKind, Finish, PortError, Upload};

use super::{
    answer::AnswerFields,
    call::{Call, OperationError},
    limit::Limit,
};

/// The size of a part. S3 wants 5 MiB at least, except for the last
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const PART: usize = 8 * 1024 * 1024;

/// Only where there is none
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>).
const NONE_YET: &str = "*";

/// Where an object goes, and with what.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) client: Client,
    pub(super) limit: Limit,
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) content_type: String,
}

/// Holds back at most one part. What a killed process leaves of an upload in parts, a lifecycle rule has to
/// remove (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html>).
#[derive(Debug)]
pub(super) struct S3Upload {
    place: Place,
    held: BytesMut,
    parts: Option<Parts>,
    /// A write has failed, or was dropped half-way: nobody knows which bytes are there.
    broken: bool,
}

#[derive(Debug)]
struct Parts {
    id: String,
    done: Vec<CompletedPart>,
}

impl S3Upload {
    pub(super) fn new(place: Place) -> Self {
        Self { place, held: BytesMut::new(), parts: None, broken: false }
    }

    fn whole(&self) -> Result<(), PortError> {
        if self.broken {
            return Err(PortError::new(ErrorKind::Rejected, "UploadPart", "an earlier part was not stored"));
        }
        Ok(())
    }

    /// Sends what is more than one part. So the last part is never empty, and 8 MiB still go in one piece.
    async fn send_full_parts(&mut self) -> Result<(), PortError> {
        while self.held.len() > PART {
            let part = self.held.split_to(PART).freeze();
            let parts = match &mut self.parts {
                Some(parts) => parts,
                none => none.insert(self.place.begin_parts().await?),
            };
            self.place.send_part(parts, part).await?;
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<Finish, PortError> {
        self.whole()?;
        let rest = self.held.split().freeze();
        let Some(parts) = &mut self.parts else { return self.place.put(rest).await };
        self.place.send_part(parts, rest).await?;
        self.place.complete(parts).await
    }

    /// After an end that is not known, too: an upload that was completed cannot be aborted any more.
    async fn end_or_abort(&mut self) -> Result<Finish, PortError> {
        let end = self.end().await;
        match (&end, &self.parts) {
            (Ok(Finish::Created), _) | (_, None) => {}
            (Ok(Finish::AlreadyExists) | Err(_), Some(parts)) => self.place.abort(&parts.id).await,
        }
        end
    }
}

#[async_trait]
impl Upload for S3Upload {
    async fn write(&mut self, bytes: Bytes) -> Result<(), PortError> {
        self.whole()?;
        self.held.extend_from_slice(&bytes);
        self.broken = true;
        let limit = self.place.limit.clone();
        limit.end("UploadPart", self.send_full_parts()).await?;
        self.broken = false;
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<Finish, PortError> {
        let limit = self.place.limit.clone();
        limit.end("CompleteMultipartUpload", self.end_or_abort()).await
    }

    async fn abandon(self: Box<Self>) {
        if let Some(parts) = &self.parts {
            self.place.abort(&parts.id).await;
        }
    }
}

/// Whether the condition [`NONE_YET`] did not hold. A server on the way may leave out the body that has the code.
fn there_already<E: OperationError>(error: &SdkError<E, HttpResponse>) -> bool {
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    error.code() == Some("PreconditionFailed") || status == Some(412)
}

impl Place {
    async fn put(&self, bytes: Bytes) -> Result<Finish, PortError> {
        let call = Call::writing("PutObject");
        let request = self.client.put_object().bucket(&self.bucket).key(&self.key);
        let request = request.content_type(&self.content_type).if_none_match(NONE_YET);
        let request = request.body(ByteStream::from(bytes));
        match request.customize().interceptor(call.watch()).send().await {
            Ok(_) => Ok(Finish::Created),
            Err(error) if there_already(&error) => Ok(Finish::AlreadyExists),
            Err(error) => Err(call.failed(&error)),
        }
    }

    async fn begin_parts(&self) -> Result<Parts, PortError> {
        let call = Call::writing("CreateMultipartUpload");
        let request = self.client.create_multipart_upload().bucket(&self.bucket).key(&self.key);
        let request = request.content_type(&self.content_type).checksum_algorithm(ChecksumAlgorithm::Crc32);
        let answer = request.customize().interceptor(call.watch()).send().await;
        let answer = answer.map_err(|error| call.failed(&error))?;
        let id = AnswerFields("CreateMultipartUpload").field("UploadId", answer.upload_id)?;
        Ok(Parts { id, done: Vec::new() })
    }

    async fn send_part(&self, parts: &mut Parts, bytes: Bytes) -> Result<(), PortError> {
        let too_many = |_| PortError::new(ErrorKind::Rejected, "UploadPart", "too many parts");
        let number = i32::try_from(parts.done.len().saturating_add(1)).map_err(too_many)?;
        let call = Call::writing("UploadPart");
        let request = self.client.upload_part().bucket(&self.bucket).key(&self.key).upload_id(&parts.id);
        let request = request.part_number(number).checksum_algorithm(ChecksumAlgorithm::Crc32);
        let request = request.body(ByteStream::from(bytes));
        let answer = request.customize().interceptor(call.watch()).send().await;
        let answer = answer.map_err(|error| call.failed(&error))?;
        let part = CompletedPart::builder()
            .part_number(number)
            .e_tag(AnswerFields("UploadPart").field("ETag", answer.e_tag)?)
            .set_checksum_crc32(answer.checksum_crc32);
        parts.done.push(part.build());
        Ok(())
    }

    async fn complete(&self, parts: &Parts) -> Result<Finish, PortError> {
        let call = Call::writing("CompleteMultipartUpload");
        let done = CompletedMultipartUpload::builder().set_parts(Some(parts.done.clone())).build();
        let request = self.client.complete_multipart_upload().bucket(&self.bucket).key(&self.key);
        let request = request.upload_id(&parts.id).multipart_upload(done).if_none_match(NONE_YET);
        match request.customize().interceptor(call.watch()).send().await {
            Ok(_) => Ok(Finish::Created),
            Err(error) if there_already(&error) => Ok(Finish::AlreadyExists),
            Err(error) => Err(call.failed(&error)),
        }
    }

    /// As far as it can: nothing depends on it.
    async fn abort(&self, id: &str) {
        let request = self.client.abort_multipart_upload().bucket(&self.bucket).key(&self.key);
        // A failure is nobody's to handle: the lifecycle rule removes what stays.
        drop(request.upload_id(id).send().await);
    }
}
