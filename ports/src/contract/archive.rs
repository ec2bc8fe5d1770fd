//! The clauses of [`Archive`].

use bytes::Bytes;

use crate::{Archive, Finish, ObjectKey};

/// An adapter of [`Archive`] under test.
pub trait Stage: Send + Sync {
    /// The adapter.
    fn archive(&self) -> &dyn Archive;
}

all! {
    archive_1_what_was_written_is_read
    archive_2_an_object_is_never_replaced
    archive_3_nothing_is_seen_before_finish
    archive_4_head_tells_length_and_type
    archive_5_missing_object_is_none
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::new(format!("contract/{name}.bin")).unwrap()
}

async fn store(archive: &dyn Archive, key: &ObjectKey, pieces: &[Bytes]) -> Finish {
    let mut upload = archive.create(key, "application/x-ndjson").await.unwrap();
    for piece in pieces {
        upload.write(piece.clone()).await.unwrap();
    }
    upload.finish().await.unwrap()
}

async fn read(archive: &dyn Archive, key: &ObjectKey) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let chunk = archive.read(key, u64::try_from(all.len()).unwrap(), 7_000_000).await.unwrap().unwrap();
        if chunk.is_empty() {
            return all;
        }
        all.extend_from_slice(&chunk);
    }
}

pub async fn archive_1_what_was_written_is_read(stage: &dyn Stage) {
    let archive = stage.archive();
    let megabyte = |n: u8| Bytes::from(vec![n; 1 << 20]);
    let many: Vec<Bytes> = (0..18).map(megabyte).collect();
    for (name, pieces) in [("many", many), ("small", vec![Bytes::from_static(b"abc")]), ("empty", Vec::new())]
    {
        assert_eq!(store(archive, &key(name), &pieces).await, Finish::Created, "{name}");
        assert!(read(archive, &key(name)).await == pieces.concat(), "{name} differs");
    }
}

pub async fn archive_2_an_object_is_never_replaced(stage: &dyn Stage) {
    let archive = stage.archive();
    let (key, large) = (key("once"), Bytes::from(vec![b'x'; 9 << 20]));
    assert_eq!(store(archive, &key, &[Bytes::from_static(b"first")]).await, Finish::Created);
    for second in [Bytes::from_static(b"second"), large] {
        assert_eq!(store(archive, &key, &[second]).await, Finish::AlreadyExists);
        assert_eq!(read(archive, &key).await, b"first");
    }
}

pub async fn archive_3_nothing_is_seen_before_finish(stage: &dyn Stage) {
    let archive = stage.archive();
    let mut upload = archive.create(&key("unfinished"), "text/plain").await.unwrap();
    upload.write(Bytes::from(vec![b'x'; 9 << 20])).await.unwrap();
    assert_eq!(archive.head(&key("unfinished")).await, Ok(None));
    upload.abandon().await;
    assert_eq!(archive.head(&key("unfinished")).await, Ok(None));
}

pub async fn archive_4_head_tells_length_and_type(stage: &dyn Stage) {
    let archive = stage.archive();
    store(archive, &key("head"), &[Bytes::from_static(b"12345")]).await;
    let head = archive.head(&key("head")).await.unwrap().unwrap();
    assert_eq!((head.length, head.content_type.as_str()), (5, "application/x-ndjson"));
}

pub async fn archive_5_missing_object_is_none(stage: &dyn Stage) {
    let archive = stage.archive();
    assert_eq!(archive.head(&key("missing")).await, Ok(None));
    assert_eq!(archive.read(&key("missing"), 0, 10).await, Ok(None));
}
