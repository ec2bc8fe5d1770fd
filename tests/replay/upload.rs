use bytes::Bytes;
use ports::{Archive, ErrorKind, Finish, PortError};

use crate::{
    answer::{answer, ok, s3_error},
    archive::{archive, key},
    script::{Reply, Request, Script},
};

const MIB: usize = 1024 * 1024;
const PART: usize = 8 * MIB;

/// Uploads in pieces of these sizes.
async fn upload(replies: Vec<Reply>, pieces: &[usize]) -> (Result<Finish, PortError>, Script) {
    let (archive, script) = archive(replies).await;
    let mut upload = archive.create(&key(), "application/x-ndjson").await.unwrap();
    for size in pieces {
        upload.write(Bytes::from(vec![b'x'; *size])).await.unwrap();
    }
    (upload.finish().await, script)
}

fn begun() -> Reply {
    ok("<InitiateMultipartUploadResult><Bucket>bucket</Bucket><UploadId>the-upload</UploadId>
        </InitiateMultipartUploadResult>")
}

fn part(etag: &str) -> Reply {
    ok("").with("etag", etag).with("x-amz-checksum-crc32", "AAAAAA==")
}

fn completed() -> Reply {
    ok("<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>")
}

fn aborted() -> Reply {
    answer(204, "")
}

/// What a request does, as short as can be.
fn act(request: &Request) -> String {
    let query = request.uri.split_once('?').map_or("", |(_, query)| query);
    let names = query.split('&').filter(|part| !part.starts_with("x-id="));
    format!("{} {} {}", request.method, names.collect::<Vec<_>>().join("&"), request.body.len())
}

fn acts(script: &Script) -> Vec<String> {
    let sizes_matter = |request: &Request| request.method == "PUT";
    let requests = script.requests();
    let short = |request: &Request| {
        let act = act(request);
        if sizes_matter(request) { act } else { act.rsplit_once(' ').unwrap().0.to_owned() }
    };
    requests.iter().map(short).collect()
}

#[tokio::test(start_paused = true)]
async fn a_small_object_goes_in_one_piece() {
    let (finish, script) = upload(vec![ok("").with("etag", "\"1\"")], &[3, 0, 4]).await;
    assert_eq!(finish, Ok(Finish::Created));
    let request = script.only();
    assert_eq!((request.method.as_str(), request.body.as_slice()), ("PUT", b"xxxxxxx".as_slice()));
    assert_eq!(request.header("if-none-match"), Some("*"));
    assert_eq!(request.header("content-type"), Some("application/x-ndjson"));
}

#[tokio::test(start_paused = true)]
async fn an_empty_object_is_an_object() {
    let (finish, script) = upload(vec![ok("").with("etag", "\"1\"")], &[]).await;
    assert_eq!((finish, script.only().body.len()), (Ok(Finish::Created), 0));
}

#[tokio::test(start_paused = true)]
async fn archive_3_nothing_is_seen_before_finish() {
    let (archive, script) = archive([]).await;
    let mut upload = archive.create(&key(), "text/plain").await.unwrap();
    upload.write(Bytes::from(vec![0; PART])).await.unwrap();
    assert_eq!(script.requests().len(), 0);
    upload.abandon().await;
    assert_eq!(script.requests().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn archive_2_an_object_is_never_replaced() {
    for there in [s3_error(412, "PreconditionFailed"), answer(412, "")] {
        let (finish, _) = upload(vec![there], &[3]).await;
        assert_eq!(finish, Ok(Finish::AlreadyExists));
    }
}

#[tokio::test(start_paused = true)]
async fn two_uploads_at_once_keep_each_other_busy() {
    let (finish, _) = upload(vec![s3_error(409, "ConditionalRequestConflict")], &[3]).await;
    assert_eq!(finish.unwrap_err().kind, ErrorKind::Busy);
}

#[tokio::test(start_paused = true)]
async fn m10_a_large_object_goes_in_parts() {
    let replies = vec![begun(), part("\"1\""), part("\"2\""), part("\"3\""), completed()];
    let (finish, script) = upload(replies, &[5 * MIB, 15 * MIB, 1]).await;
    assert_eq!(finish, Ok(Finish::Created));
    assert_eq!(
        acts(&script),
        [
            "POST uploads",
            "PUT partNumber=1&uploadId=the-upload 8388608",
            "PUT partNumber=2&uploadId=the-upload 8388608",
            "PUT partNumber=3&uploadId=the-upload 4194305",
            "POST uploadId=the-upload",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn completion_is_conditional_and_names_every_part() {
    let (_, script) = upload(vec![begun(), part("\"1\""), part("\"2\""), completed()], &[PART + 1]).await;
    let requests = script.requests();
    assert_eq!(requests[0].header("content-type"), Some("application/x-ndjson"));
    assert_eq!(requests[0].header("x-amz-checksum-algorithm"), Some("CRC32"));
    assert_eq!(requests[3].header("if-none-match"), Some("*"));
    let body = String::from_utf8(requests[3].body.clone()).unwrap();
    for text in ["<PartNumber>1</PartNumber>", "<PartNumber>2</PartNumber>", "<ChecksumCRC32>AAAAAA=="] {
        assert!(body.contains(text), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn exactly_one_part_still_goes_in_one_piece() {
    let (_, script) = upload(vec![ok("").with("etag", "\"1\"")], &[PART]).await;
    assert_eq!(acts(&script), ["PUT  8388608"]);
}

#[tokio::test(start_paused = true)]
async fn parts_of_an_object_that_is_there_are_dropped() {
    let there = s3_error(412, "PreconditionFailed");
    let (finish, script) =
        upload(vec![begun(), part("\"1\""), part("\"2\""), there, aborted()], &[PART + 1]).await;
    assert_eq!(finish, Ok(Finish::AlreadyExists));
    assert_eq!(acts(&script).last().unwrap(), "DELETE uploadId=the-upload");
}

#[tokio::test(start_paused = true)]
async fn parts_that_cannot_be_completed_are_dropped() {
    let refused = s3_error(403, "AccessDenied");
    let (finish, script) =
        upload(vec![begun(), part("\"1\""), part("\"2\""), refused, aborted()], &[PART + 1]).await;
    assert_eq!(finish.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(acts(&script).last().unwrap(), "DELETE uploadId=the-upload");
}

#[tokio::test(start_paused = true)]
async fn a_failure_inside_a_success_is_a_failure() {
    let failed = ok("<Error><Code>InternalError</Code><Message>in words</Message></Error>");
    let replies =
        vec![begun(), part("\"1\""), part("\"2\""), failed.clone(), failed.clone(), failed, aborted()];
    let (finish, _) = upload(replies, &[PART + 1]).await;
    assert_eq!(finish.unwrap_err().kind, ErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_lost_a_part_cannot_be_finished() {
    let (archive, script) = archive([begun(), s3_error(403, "AccessDenied"), aborted()]).await;
    let mut upload = archive.create(&key(), "text/plain").await.unwrap();
    let error = upload.write(Bytes::from(vec![0; PART + 1])).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    assert_eq!(upload.write(Bytes::from_static(b"x")).await.unwrap_err().kind, ErrorKind::Rejected);
    assert_eq!(upload.finish().await.unwrap_err().kind, ErrorKind::Rejected);
    assert_eq!(acts(&script).last().unwrap(), "DELETE uploadId=the-upload");
}

#[tokio::test(start_paused = true)]
async fn a_part_without_a_tag_is_lost() {
    let (archive, _) = archive([begun(), ok("")]).await;
    let mut upload = archive.create(&key(), "text/plain").await.unwrap();
    let error = upload.write(Bytes::from(vec![0; PART + 1])).await.unwrap_err();
    assert_eq!((error.kind, error.detail.as_str()), (ErrorKind::Lost, "unreadable answer: `ETag`"));
}

#[tokio::test(start_paused = true)]
async fn abandoning_drops_the_parts_whatever_comes_of_it() {
    let (archive, script) = archive([begun(), part("\"1\""), s3_error(403, "AccessDenied")]).await;
    let mut upload = archive.create(&key(), "text/plain").await.unwrap();
    upload.write(Bytes::from(vec![0; PART + 1])).await.unwrap();
    upload.abandon().await;
    assert_eq!(acts(&script).last().unwrap(), "DELETE uploadId=the-upload");
}

#[tokio::test(start_paused = true)]
async fn a_missing_bucket_cannot_take_an_object() {
    let (finish, _) = upload(vec![s3_error(404, "NoSuchBucket")], &[3]).await;
    assert_eq!(finish.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_may_be_there_is_not_said_to_be_refused() {
    let denied = s3_error(403, "AccessDenied");
    let (finish, _) = upload(vec![answer(500, ""), denied], &[3]).await;
    assert_eq!(finish.unwrap_err().kind, ErrorKind::Lost);
}
