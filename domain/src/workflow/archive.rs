//! Moves a day's records out of the table into a create-only object, with a manifest beside it.

use bytes::Bytes;
use jiff::{Timestamp, civil::Date};
use ports::{
    Access, Archive, Clock, Finish, IdError, Metrics, MetricsQuery, ObjectKey, PageToken, PortError, Record,
    Upload,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::run::Run;
use crate::policy::archive::{MANIFEST_TYPE, Manifest, RECORDS_TYPE, is_over, manifest_key, records_key};
use crate::policy::hex::hex;
use crate::policy::once::fits;
use crate::render::jsonl;

/// How many bytes of an object are read at a time when it is compared.
const CHUNK: u64 = 8 * 1024 * 1024;

/// The ports that archiving needs.
#[derive(Clone, Copy, Debug)]
pub struct ArchivePorts<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// Where the records are.
    pub metrics: &'a dyn Metrics,
    /// Where they go.
    pub archive: &'a dyn Archive,
}

/// Where the records are, and how to get at them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The name of the table, as the manifest tells it.
    pub table: String,
    /// The attribute that holds a record's time.
    pub time_attribute: String,
    /// The readings that together give every record of a day.
    pub readings: Vec<Access>,
}

/// A day that is in the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedDay {
    /// What its manifest says.
    pub manifest: Manifest,
    /// How it got there.
    pub how: Stored,
}

/// How a day got into the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stored {
    /// It was put there now.
    Created,
    /// It was there, and holds the same.
    Same,
    /// It was there, manifest and all.
    Before,
}

/// Why a day is not in the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveError {
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The object is there and holds something else. It is never overwritten: a person has to look.
    #[error(
        "`{key}` exists and holds other records (SHA-256 {there}, the table gives {here}); it was left as it is"
    )]
    Conflict {
        /// The object.
        key: ObjectKey,
        /// The digest of the object.
        there: String,
        /// The digest of the records.
        here: String,
    },
    /// The manifest is there and cannot be read.
    #[error("`{key}` is not a manifest: {why}")]
    BadManifest {
        /// The object.
        key: ObjectKey,
        /// What is wrong with it.
        why: String,
    },
    /// The day goes on, so its records are not complete.
    #[error("{day} is not over at {now}")]
    NotOver {
        /// The day.
        day: Date,
        /// The time by the function's clock.
        now: Timestamp,
    },
    /// The deadline was too near to go on.
    #[error("too little time is left before the deadline")]
    OutOfTime,
}

impl From<IdError> for ArchiveError {
    fn from(error: IdError) -> Self {
        Self::Port(error.into())
    }
}

/// Puts the records of a day into the archive, unless they are there.
///
/// The object holds one JSON text a line; the manifest, written after it, says that the day is complete. A day without
/// records has both all the same, so that a missing object always means that something went wrong.
///
/// # Errors
///
/// When the day could not be archived, or is archived with other content; and when it is not over.
pub async fn archive_day(
    ports: &ArchivePorts<'_>,
    source: &Source,
    run: &Run,
    day: Date,
) -> Result<ArchivedDay, ArchiveError> {
    let now = ports.clock.now();
    if !is_over(day, now) {
        return Err(ArchiveError::NotOver { day, now });
    }
    let key = manifest_key(day)?;
    if let Some(bytes) = ports.archive.read(&key, 0, CHUNK).await? {
        let manifest = serde_json::from_slice(&bytes)
            .map_err(|error| ArchiveError::BadManifest { key, why: error.to_string() })?;
        return Ok(ArchivedDay { manifest, how: Stored::Before });
    }
    let (tally, how) = store(ports, source, run, day).await?;
    let manifest = Manifest {
        format: 1,
        day,
        table: source.table.clone(),
        records: tally.records,
        bytes: tally.bytes,
        sha256: tally.hex(),
    };
    let text = serde_json::to_vec(&manifest)
        .map_err(|error| ArchiveError::BadManifest { key: key.clone(), why: error.to_string() })?;
    let mut upload = ports.archive.create(&key, MANIFEST_TYPE).await?;
    upload.write(Bytes::from(text)).await?;
    upload.finish().await?;
    Ok(ArchivedDay { manifest, how })
}

async fn store(
    ports: &ArchivePorts<'_>,
    source: &Source,
    run: &Run,
    day: Date,
) -> Result<(Tally, Stored), ArchiveError> {
    let key = records_key(day)?;
    let mut upload = ports.archive.create(&key, RECORDS_TYPE).await?;
    let tally = match copy(ports, source, run, day, upload.as_mut()).await {
        Ok(tally) => tally,
        Err(error) => {
            upload.abandon().await;
            return Err(error);
        }
    };
    match upload.finish().await? {
        Finish::Created => Ok((tally, Stored::Created)),
        Finish::AlreadyExists => {
            let (here, there) = (tally.hex(), digest(ports.archive, &key).await?);
            if here == there {
                Ok((tally, Stored::Same))
            } else {
                Err(ArchiveError::Conflict { key, there, here })
            }
        }
    }
}

/// Copies every record of the day, one page in memory at a time.
async fn copy(
    ports: &ArchivePorts<'_>,
    source: &Source,
    run: &Run,
    day: Date,
    upload: &mut dyn Upload,
) -> Result<Tally, ArchiveError> {
    let mut tally = Tally::default();
    for access in &source.readings {
        let query =
            MetricsQuery { day, time_attribute: source.time_attribute.clone(), access: access.clone() };
        let mut from: Option<PageToken> = None;
        loop {
            if !fits(ports.clock.now(), run.deadline) {
                return Err(ArchiveError::OutOfTime);
            }
            let page = ports.metrics.page(&query, from).await?;
            let lines = tally.add(&page.items);
            if !lines.is_empty() {
                upload.write(lines).await?;
            }
            from = page.next;
            if from.is_none() {
                break;
            }
        }
    }
    Ok(tally)
}

async fn digest(archive: &dyn Archive, key: &ObjectKey) -> Result<String, PortError> {
    let mut tally = Tally::default();
    loop {
        match archive.read(key, tally.bytes, CHUNK).await? {
            Some(bytes) if !bytes.is_empty() => tally.hash(&bytes),
            Some(_) | None => return Ok(tally.hex()),
        }
    }
}

/// Counts and hashes what goes by.
#[derive(Clone, Default)]
struct Tally {
    records: u64,
    bytes: u64,
    sha256: Sha256,
}

impl Tally {
    fn add(&mut self, records: &[Record]) -> Bytes {
        let mut lines = Vec::new();
        for record in records {
            jsonl::line(record, &mut lines);
        }
        self.records = self.records.saturating_add(u64::try_from(records.len()).unwrap_or(u64::MAX));
        self.hash(&lines);
        Bytes::from(lines)
    }

    fn hash(&mut self, bytes: &[u8]) {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.sha256.update(bytes);
    }

    fn hex(&self) -> String {
        hex(&self.sha256.clone().finalize())
    }
}
