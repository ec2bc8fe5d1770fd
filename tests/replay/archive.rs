use adapters_aws::sdk::S3Archive;
use bytes::Bytes;
use ports::{Archive, ErrorKind, ObjectHead, ObjectKey};

use crate::{
    answer::{answer, ok, s3_error},
    script::{Reply, Script},
};

pub(crate) fn key() -> ObjectKey {
    ObjectKey::new("metrics/2026-11-23.jsonl").unwrap()
}

pub(crate) async fn archive(replies: impl IntoIterator<Item = Reply>) -> (S3Archive, Script) {
    let script = Script::of(replies);
    (S3Archive::new(&script.config().await, "bucket"), script)
}

/// S3 answers a HEAD without a body.
fn missing() -> Reply {
    answer(404, "")
}

#[tokio::test(start_paused = true)]
async fn archive_4_head_tells_length_and_type() {
    let found = ok("").with("content-length", "1234").with("content-type", "application/x-ndjson");
    let (archive, script) = archive([found]).await;
    let head = archive.head(&key()).await.unwrap();
    let expected = ObjectHead { length: 1234, content_type: "application/x-ndjson".to_owned() };
    assert_eq!(head, Some(expected));
    let request = script.only();
    assert_eq!(request.method, "HEAD");
    assert!(
        request.uri.starts_with("https://bucket.s3.") && request.uri.ends_with("/metrics/2026-11-23.jsonl")
    );
}

#[tokio::test(start_paused = true)]
async fn archive_5_missing_object_is_none() {
    let (archive, script) =
        archive([missing(), s3_error(404, "NoSuchKey"), s3_error(404, "NoSuchKey")]).await;
    assert_eq!(archive.head(&key()).await, Ok(None));
    assert_eq!(archive.read(&key(), 0, 10).await, Ok(None));
    assert_eq!(script.requests()[1].header("range"), Some("bytes=0-0"));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_came_meanwhile_was_not_there() {
    let (archive, _) = archive([missing(), answer(206, "a")]).await;
    assert_eq!(archive.head(&key()).await, Ok(None));
    let (archive, _) = self::archive([missing(), s3_error(416, "InvalidRange")]).await;
    assert_eq!(archive.head(&key()).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn a_missing_bucket_is_an_error() {
    let (archive, _) =
        archive([missing(), s3_error(404, "NoSuchBucket"), s3_error(404, "NoSuchBucket")]).await;
    assert_eq!(archive.head(&key()).await.unwrap_err().kind, ErrorKind::NotFound);
    let error = archive.read(&key(), 0, 10).await.unwrap_err();
    assert_eq!((error.kind, error.detail.as_str()), (ErrorKind::NotFound, "NoSuchBucket: in words"));
}

#[tokio::test(start_paused = true)]
async fn a_forbidden_object_is_denied() {
    let (archive, _) = archive([answer(403, ""), s3_error(403, "AccessDenied")]).await;
    assert_eq!(archive.head(&key()).await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(archive.read(&key(), 0, 10).await.unwrap_err().kind, ErrorKind::Denied);
}

#[tokio::test(start_paused = true)]
async fn archive_1_what_was_written_is_read() {
    let (archive, script) = archive([answer(206, "lo wo")]).await;
    assert_eq!(archive.read(&key(), 3, 5).await, Ok(Some(Bytes::from_static(b"lo wo"))));
    assert_eq!(script.only().header("range"), Some("bytes=3-7"));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_behind_the_end() {
    let (archive, _) = archive([s3_error(416, "InvalidRange"), answer(416, "")]).await;
    assert_eq!(archive.read(&key(), 9_000, 10).await, Ok(Some(Bytes::new())));
    assert_eq!(archive.read(&key(), 9_000, 10).await, Ok(Some(Bytes::new())));
}

#[tokio::test(start_paused = true)]
async fn reading_nothing_asks_whether_there_is_something() {
    let found = ok("").with("content-length", "3").with("content-type", "text/plain");
    let (archive, script) = archive([found, missing(), s3_error(404, "NoSuchKey")]).await;
    assert_eq!(archive.read(&key(), 0, 0).await, Ok(Some(Bytes::new())));
    assert_eq!(archive.read(&key(), 0, 0).await, Ok(None));
    assert_eq!(script.requests()[0].method, "HEAD");
}

#[tokio::test(start_paused = true)]
async fn a_range_beyond_all_numbers_ends_at_the_last() {
    let (archive, script) = archive([s3_error(416, "InvalidRange")]).await;
    archive.read(&key(), u64::MAX, u64::MAX).await.unwrap();
    assert_eq!(script.only().header("range"), Some("bytes=18446744073709551615-18446744073709551615"));
}

#[tokio::test(start_paused = true)]
async fn a_failing_bucket_is_asked_three_times() {
    let script = Script::always(s3_error(503, "SlowDown"));
    let archive = S3Archive::new(&script.config().await, "bucket");
    let error = archive.read(&key(), 0, 10).await.unwrap_err();
    assert_eq!((error.kind, script.requests().len()), (ErrorKind::Throttled, 3));
}

#[tokio::test(start_paused = true)]
async fn at_an_endpoint_of_one_s_own_the_bucket_is_in_the_path() {
    let script = Script::of([s3_error(404, "NoSuchKey")]);
    let loader = script.loader().test_credentials().endpoint_url("http://localhost:5000");
    let archive = S3Archive::new(&loader.load().await, "bucket");
    archive.read(&key(), 0, 10).await.unwrap();
    let uri = script.only().uri;
    assert!(uri.starts_with("http://localhost:5000/bucket/metrics/2026-11-23.jsonl"), "{uri}");
}
