//! Buckets of S3: conditional writes, parts and rates.

use std::sync::Arc;

use adapters_sim::HasPorts;
use bytes::Bytes;
use cloud_sim::Sim;
use cloud_sim::cloud::s3::{Bucket, Object};
use cloud_sim::fault::{Fault, FaultPlan, Pick, Rule};
use cloud_sim::kernel::Handler;
use futures::FutureExt;
use ports::{Archive, Inventory, ObjectKey};
use serde_json::json;

use crate::world::{code, deliver, function, minutes, seconds, troubled, world};

const MEBIBYTE: usize = 1 << 20;

fn with_bucket(sim: Sim) -> Sim {
    sim.cloud(|cloud| cloud.s3.add_bucket("reports"));
    sim
}

fn bucket<T>(sim: &Sim, act: impl FnOnce(&mut Bucket) -> T) -> T {
    sim.cloud(|cloud| act(cloud.s3.bucket("reports").unwrap()))
}

fn key() -> ObjectKey {
    "day/metrics.jsonl".parse().unwrap()
}

fn object() -> Object {
    Object { bytes: Bytes::from_static(b"abc"), content_type: "text/plain".to_owned() }
}

fn create(sim: &Sim) -> Result<(), &'static str> {
    let created = sim.act(|cloud, context| cloud.s3.bucket("reports")?.create(&key(), object(), context));
    created.map_err(|error| error.code)
}

/// An upload with parts of so many mebibytes.
fn upload(sim: &Sim, parts: &[usize]) -> u64 {
    bucket(sim, |bucket| {
        let upload = bucket.begin_upload(&key(), "text/plain");
        for part in parts {
            bucket.upload_part(upload, vec![b'x'; part * MEBIBYTE].into()).unwrap();
        }
        upload
    })
}

fn complete(sim: &Sim, upload: u64, numbers: &[u32]) -> Option<&'static str> {
    code(sim, |cloud, context| cloud.s3.bucket("reports")?.complete_parts(upload, numbers, context))
}

#[test]
fn an_object_is_created_once() {
    let sim = with_bucket(world());
    assert_eq!((create(&sim), create(&sim)), (Ok(()), Err("PreconditionFailed")));
}

#[test]
fn a_conditional_write_may_meet_another() {
    let sim = with_bucket(troubled(1, FaultPlan { conflicts: 1000, ..FaultPlan::default() }));
    assert_eq!(create(&sim), Err("ConditionalRequestConflict"));
    let upload = upload(&sim, &[1]);
    assert_eq!(complete(&sim, upload, &[1]), Some("ConditionalRequestConflict"));
    assert_eq!(bucket(&sim, |bucket| bucket.objects().count()), 0);
}

#[test]
fn a_part_that_is_not_the_last_has_five_mebibytes() {
    let sim = with_bucket(world());
    let small = upload(&sim, &[5, 4, 1]);
    assert_eq!(complete(&sim, small, &[1, 2, 3]), Some("EntityTooSmall"));
    // It can still be completed, with parts that are large enough.
    bucket(&sim, |bucket| bucket.upload_part_as(small, 2, vec![b'x'; 5 * MEBIBYTE].into())).unwrap();
    assert_eq!(complete(&sim, small, &[1, 2, 3]), None);
    assert_eq!(bucket(&sim, |bucket| bucket.get(&key()).unwrap().bytes.len()), 11 * MEBIBYTE);
}

#[test]
fn parts_have_numbers_and_come_in_order() {
    let sim = with_bucket(world());
    let upload = upload(&sim, &[5, 5]);
    assert_eq!(complete(&sim, upload, &[2, 1]), Some("InvalidPartOrder"));
    assert_eq!(complete(&sim, upload, &[1, 3]), Some("InvalidPart"));
    let tenth = bucket(&sim, |bucket| bucket.upload_part_as(upload, 10_001, Bytes::new())).unwrap_err();
    assert_eq!((tenth.code, complete(&sim, upload + 1, &[1])), ("InvalidArgument", Some("NoSuchUpload")));
}

#[test]
fn an_upload_that_is_abandoned_lingers() {
    let sim = with_bucket(world());
    let upload = upload(&sim, &[5]);
    sim.run_for(jiff::SignedDuration::from_hours(24 * 7));
    assert_eq!(bucket(&sim, |bucket| (bucket.lingering_uploads(), bucket.objects().count())), (1, 0));
    bucket(&sim, |bucket| bucket.abort_upload(upload));
    assert_eq!(bucket(&sim, |bucket| bucket.lingering_uploads()), 0);
}

#[test]
fn a_prefix_takes_so_many_requests_a_second() {
    let sim = with_bucket(world());
    bucket(&sim, |bucket| bucket.reads_per_second = 2);
    let admit = |key: &str| {
        let (key, now) = (key.parse().unwrap(), sim.now());
        bucket(&sim, |bucket| bucket.admit(&key, false, now)).err().map(|error| error.code)
    };
    assert_eq!(
        [admit("a/1"), admit("a/2"), admit("a/3"), admit("b/1")],
        [None, None, Some("SlowDown"), None]
    );
    seconds(&sim, 1);
    assert_eq!(admit("a/3"), None);
}

#[test]
fn every_service_is_throttled_in_its_own_words() {
    let sim = with_bucket(world());
    sim.faults(|faults| faults.add(Rule::any(vec![Fault::Throttle], Pick::Every)));
    let asks: Handler = Arc::new(|invocation| {
        async move {
            let ports = invocation.ports();
            let ec2 = ports.not_running("x", None).await.unwrap_err().detail;
            let s3 = ports.head(&key()).await.unwrap_err().detail;
            Ok(json!([ec2, s3]))
        }
        .boxed()
    });
    function(&sim, "asks", asks);
    deliver(&sim, "asks", "{}");
    minutes(&sim, 1);
    let answer = sim.cloud(|cloud| cloud.lambda.answers["asks"].clone()).unwrap();
    assert_eq!(
        answer,
        json!(["RequestLimitExceeded: Request limit exceeded.", "SlowDown: Request limit exceeded."])
    );
}
