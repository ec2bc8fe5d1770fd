//! Tags of EC2's resources.

use std::sync::Arc;

use adapters_sim::HasPorts;
use cloud_sim::Sim;
use cloud_sim::cloud::tag::{add, check};
use cloud_sim::kernel::{Handler, Timing};
use futures::FutureExt;
use ports::{ErrorKind, SnapshotId, Snapshots, TagSet, Tags};
use serde_json::json;

use crate::world::{deliver, function, instance, minutes, world};

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

fn some(count: usize) -> Tags {
    (0..count).map(|n| (n.to_string(), "x")).collect()
}

fn snapshot(sim: &Sim) -> SnapshotId {
    let instance = instance(sim, 0);
    let wish = crate::snapshot::set_of(&instance);
    sim.act(|cloud, context| cloud.create_snapshots(&wish, context)).unwrap()[0].id.clone()
}

#[test]
fn keys_and_values_have_their_lengths() {
    let code = |key: &str, value: &str| check(&[pair(key, value)]).err().map(|error| error.code);
    assert_eq!(code(&"ä".repeat(128), &"ü".repeat(256)), None);
    assert_eq!(code(&"k".repeat(129), ""), Some("InvalidTagKey.Malformed"));
    assert_eq!(code("", ""), Some("InvalidTagKey.Malformed"));
    assert_eq!(code("k", &"v".repeat(257)), Some("InvalidParameterValue"));
    assert_eq!(code("aws:mine", ""), Some("InvalidTagKey.Malformed"));
}

#[test]
fn a_key_comes_once_but_upper_and_lower_case_differ() {
    assert_eq!(check(&[pair("k", "1"), pair("k", "2")]).unwrap_err().code, "InvalidParameterValue");
    assert_eq!(check(&[pair("k", "1"), pair("K", "2")]).unwrap().tags().len(), 2);
}

#[test]
fn a_resource_has_at_most_fifty_of_its_own() {
    let many: Vec<_> = (0..51).map(|n| pair(&n.to_string(), "")).collect();
    assert_eq!(check(&many).unwrap_err().code, "TagLimitExceeded");
    assert_eq!(add(&some(50), &Tags::from_iter([("one", "more")])).unwrap_err().code, "TagLimitExceeded");
    let mut with_awss = some(49);
    with_awss.insert("aws:backup:source-resource", "x");
    assert!(add(&with_awss, &Tags::from_iter([("one", "more")])).is_ok());
}

#[test]
fn two_who_tag_one_thing_at_once_are_one_too_many() {
    let sim = world();
    sim.timing(Timing::Instant);
    let snapshot = snapshot(&sim);
    let tagger: Handler = Arc::new(move |invocation| {
        let snapshot = snapshot.clone();
        async move {
            let tags = TagSet::new([("k", "v")]).unwrap();
            let tagged = invocation.ports().tag(&snapshot, &tags).await;
            Ok(json!(tagged.map_err(|error| (error.kind, error.detail)).err()))
        }
        .boxed()
    });
    for name in ["one", "other"] {
        function(&sim, name, Handler::clone(&tagger));
    }
    deliver(&sim, "one", "{}");
    deliver(&sim, "other", "{}");
    minutes(&sim, 1);
    let answer = |name: &str| sim.cloud(|cloud| cloud.lambda.answers[name].clone().unwrap());
    assert_eq!(answer("one"), json!(null));
    assert_eq!(answer("other")[0], json!(ErrorKind::Busy));
    assert!(answer("other")[1].as_str().unwrap().starts_with("ConcurrentTagAccess"));
}
