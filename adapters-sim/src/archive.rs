use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use cloud_sim::cloud::ApiError;
use cloud_sim::cloud::iam::ask::Ask;
use cloud_sim::cloud::s3::Object;
use cloud_sim::kernel::{Footprint, Op};
use ports::{Archive, Finish, ObjectHead, ObjectKey, PortError, Upload};

use super::SimPorts;

/// From this size on an object goes out in parts.
const PART: usize = 8 * 1024 * 1024;

#[derive(Debug)]
struct SimUpload {
    ports: SimPorts,
    key: ObjectKey,
    content_type: String,
    buffer: BytesMut,
    upload: Option<u64>,
}

#[async_trait]
impl Archive for SimPorts {
    async fn create(&self, key: &ObjectKey, content_type: &str) -> Result<Box<dyn Upload>, PortError> {
        Ok(Box::new(SimUpload {
            ports: self.clone(),
            key: self.names.object(key)?,
            content_type: content_type.to_owned(),
            buffer: BytesMut::new(),
            upload: None,
        }))
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectHead>, PortError> {
        let (bucket, key) = (self.names.bucket.clone(), self.names.object(key)?);
        let sent = (Op::new("s3", "HeadObject"), Footprint::NONE.reads("object", key.as_str()));
        let ask = Ask::Read { bucket: bucket.clone(), key: key.clone() };
        self.repeat(sent, ask, move |cloud, context| {
            let bucket = cloud.s3.bucket(&bucket)?;
            bucket.admit(&key, false, context.now)?;
            Ok(bucket.get(&key).map(|object| ObjectHead {
                length: u64::try_from(object.bytes.len()).unwrap_or(u64::MAX),
                content_type: object.content_type.clone(),
            }))
        })
        .await
    }

    async fn read(&self, key: &ObjectKey, offset: u64, length: u64) -> Result<Option<Bytes>, PortError> {
        let (bucket, key) = (self.names.bucket.clone(), self.names.object(key)?);
        let sent = (Op::new("s3", "GetObject"), Footprint::NONE.reads("object", key.as_str()));
        let ask = Ask::Read { bucket: bucket.clone(), key: key.clone() };
        self.repeat(sent, ask, move |cloud, context| {
            let bucket = cloud.s3.bucket(&bucket)?;
            bucket.admit(&key, false, context.now)?;
            Ok(bucket.get(&key).map(|object| {
                let clamp = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(object.bytes.len());
                object.bytes.slice(clamp(offset)..clamp(offset.saturating_add(length)))
            }))
        })
        .await
    }
}

impl SimUpload {
    fn asks(&self, action: &'static str) -> Ask {
        Ask::Write { action, bucket: self.ports.names.bucket.clone(), key: self.key.clone() }
    }

    /// Every step of an upload that is completed is a `PutObject` to IAM
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions>).
    fn puts(&self) -> Ask {
        self.asks("s3:PutObject")
    }

    async fn send_part(&mut self) -> Result<(), PortError> {
        let upload = match self.upload {
            Some(upload) => upload,
            None => self.begin().await?,
        };
        self.upload = Some(upload);
        let (bucket, part) = (self.ports.names.bucket.clone(), self.buffer.split().freeze());
        let sent = (Op::new("s3", "UploadPart"), Footprint::NONE.writes("upload", self.key.as_str()));
        self.ports
            .repeat(sent, self.puts(), move |cloud, _| {
                cloud.s3.bucket(&bucket)?.upload_part(upload, part.clone())
            })
            .await
    }

    async fn begin(&self) -> Result<u64, PortError> {
        let (bucket, key) = (self.ports.names.bucket.clone(), self.key.clone());
        let content_type = self.content_type.clone();
        let sent =
            (Op::new("s3", "CreateMultipartUpload"), Footprint::NONE.writes("upload", self.key.as_str()));
        self.ports
            .repeat(sent, self.puts(), move |cloud, _| {
                Ok(cloud.s3.bucket(&bucket)?.begin_upload(&key, &content_type))
            })
            .await
    }
}

/// An object that is there already is an answer here.
fn finished(created: Result<(), ApiError>) -> Result<Finish, ApiError> {
    match created {
        Ok(()) => Ok(Finish::Created),
        Err(error) if error.code == "PreconditionFailed" => Ok(Finish::AlreadyExists),
        Err(error) => Err(error),
    }
}

#[async_trait]
impl Upload for SimUpload {
    async fn write(&mut self, bytes: Bytes) -> Result<(), PortError> {
        self.buffer.extend_from_slice(&bytes);
        if PART <= self.buffer.len() { self.send_part().await } else { Ok(()) }
    }

    async fn finish(mut self: Box<Self>) -> Result<Finish, PortError> {
        if self.upload.is_some() && !self.buffer.is_empty() {
            self.send_part().await?;
        }
        let bucket = self.ports.names.bucket.clone();
        let (touched, ask) = (Footprint::NONE.writes("object", self.key.as_str()), self.puts());
        if let Some(upload) = self.upload {
            let sent = (Op::new("s3", "CompleteMultipartUpload"), touched);
            return self
                .ports
                .repeat(sent, ask, move |cloud, context| {
                    finished(cloud.s3.bucket(&bucket)?.complete_upload(upload, context))
                })
                .await;
        }
        let object = Object { bytes: self.buffer.freeze(), content_type: self.content_type };
        let key = self.key;
        self.ports
            .repeat((Op::new("s3", "PutObject"), touched), ask, move |cloud, context| {
                finished(cloud.s3.bucket(&bucket)?.create(&key, object.clone(), context))
            })
            .await
    }

    async fn abandon(self: Box<Self>) {
        let Some(upload) = self.upload else { return };
        let bucket = self.ports.names.bucket.clone();
        let sent =
            (Op::new("s3", "AbortMultipartUpload"), Footprint::NONE.writes("upload", self.key.as_str()));
        let ask = self.asks("s3:AbortMultipartUpload");
        let abort = self.ports.repeat(sent, ask, move |cloud, _| {
            cloud.s3.bucket(&bucket)?.abort_upload(upload);
            Ok(())
        });
        let _ = abort.await;
    }
}
