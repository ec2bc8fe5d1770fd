//! What each role lets code do that tries everything, with the best of tags on everything.

use std::sync::Arc;

use adapters_sim::{HasPorts, SimPorts};
use futures::FutureExt;
use jiff::SignedDuration;
use ports::{
    Access, Archive, Capacity, CreateOne, CreateSet, InstanceId, Instances, Inventory, Ledger, LedgerKey,
    Metrics, MetricsQuery, PortError, ScalingGroups, SnapshotFilter, SnapshotId, Snapshots, TagSet, VolumeId,
};
use serde_json::{Value, json};
use simulation::stack::FunctionName;
use support::scene::{Scene, tags};

/// What there is to try it on.
#[derive(Clone)]
struct World {
    instance: InstanceId,
    volume: VolumeId,
    snapshot: SnapshotId,
}

fn world(scene: &Scene) -> World {
    let instance = scene.tagged(tags([("AutoSnapshot", "true"), ("AutoRemediate", "true")]), 0);
    let volume = scene.cloud(|cloud| cloud.ec2.attached(&instance).next().unwrap().0.clone());
    scene.group("web", 2, 10);
    World { instance, volume, snapshot: scene.old_snapshot("snap-0a", "vol-1", 50) }
}

fn marks() -> TagSet {
    let marks = [
        ("AutoCreated", "true"),
        ("CreatedBy", "caretaker"),
        ("caretaker:owner", "caretaker"),
        ("caretaker:scheme", "2"),
        ("caretaker:key", "snap#i-0a#1"),
        ("caretaker:fence", "1"),
    ];
    TagSet::new(marks).unwrap()
}

struct Tried(Vec<(&'static str, bool)>);

impl Tried {
    fn note<T>(&mut self, what: &'static str, end: Result<T, PortError>) {
        let denied = end.err().is_some_and(|error| error.kind == ports::ErrorKind::Denied);
        self.0.push((what, !denied));
    }
}

async fn looks(ports: &SimPorts, world: &World, tried: &mut Tried) {
    tried.note("look at an instance", ports.instance(&world.instance).await);
    tried.note("look at volumes", ports.volumes(&world.instance).await);
    tried.note("look at images", ports.uses(std::slice::from_ref(&world.snapshot)).await);
    let filter = SnapshotFilter { tags: Vec::new() };
    tried.note("look at snapshots", Snapshots::page(ports, &filter, None).await);
    tried.note("look at a group", ports.group(&"web".parse().unwrap()).await);
    let access = Access::Scan { segment: 0, of: 1 };
    let day = "2026-11-23".parse().unwrap();
    let query = MetricsQuery { day, time_attribute: "timestamp".to_owned(), access };
    tried.note("read records", Metrics::page(ports, &query, None).await);
    tried.note("look for what is open", ports.open_keys(None).await);
    tried.note("look through the ledger", ports.unlisted_keys(None).await);
    for (what, key) in [
        ("read a snapshot's entry", "snap#i-0a#1"),
        ("read a night's entry", "night#report#1"),
        ("read a remedy's entry", "remed#a#1"),
        ("read an entry of no kind", "other#1"),
    ] {
        tried.note(what, ports.get(&LedgerKey::new(key).unwrap()).await);
    }
    tried.note("read the archive", ports.head(&"metrics-archive/x".parse().unwrap()).await);
    tried.note("read other objects", ports.head(&"reports/x".parse().unwrap()).await);
}

async fn changes(ports: &SimPorts, world: &World, tried: &mut Tried) {
    let (instance, volume) = (world.instance.clone(), world.volume.clone());
    let one = CreateOne { volume, description: String::new(), tags: marks() };
    tried.note("snapshot a volume", ports.create_one(&one).await);
    let set = CreateSet {
        instance,
        exclude_root: false,
        exclude: Vec::new(),
        description: String::new(),
        tags: marks(),
    };
    tried.note("snapshot an instance", ports.create_set(&set).await);
    let unmarked = CreateSet { tags: TagSet::new([("Name", "mine")]).unwrap(), ..set };
    tried.note("snapshot without our mark", ports.create_set(&unmarked).await);
    let name = TagSet::new([("Name", "auto-web")]).unwrap();
    tried.note("name a snapshot of ours", ports.tag(&world.snapshot, &name).await);
    tried.note("delete a snapshot of ours", ports.delete(&world.snapshot).await);
    tried.note("restart an instance", ports.reboot(&world.instance).await);
    tried.note("scale a group", ports.set_desired(&"web".parse().unwrap(), Capacity(3)).await);
    tried.note("tell people", ports.publish_text("hello", "hello").await);
    for (what, key) in [("write the archive", "metrics-archive/x"), ("write other objects", "reports/x")] {
        let upload = ports.create(&key.parse().unwrap(), "text/plain").await.unwrap();
        tried.note(what, upload.finish().await);
    }
}

/// What a function may do of all that there is.
fn allowed(function: FunctionName) -> Vec<(String, bool)> {
    let scene = Scene::default();
    let world = world(&scene);
    let handler: cloud_sim::kernel::Handler = Arc::new(move |invocation| {
        let world = world.clone();
        async move {
            let (ports, mut tried) = (invocation.ports(), Tried(Vec::new()));
            looks(&ports, &world, &mut tried).await;
            changes(&ports, &world, &mut tried).await;
            Ok(json!(tried.0))
        }
        .boxed()
    });
    scene.sim.install(function.as_str(), handler);
    let answer = scene.send_and_wait(function, b"{}", SignedDuration::from_mins(10)).unwrap();
    let pair = |pair: &Value| (pair[0].as_str().unwrap().to_owned(), pair[1].as_bool().unwrap());
    answer.as_array().unwrap().iter().map(pair).collect()
}

#[test]
fn the_three_roles_refuse_all_that_is_not_theirs() {
    let columns = FunctionName::ALL.map(allowed);
    let word = |column: &[(String, bool)], n: usize| if column[n].1 { "yes" } else { "-" };
    let row = |n: usize| {
        let [snapshot, night, remedy] = columns.each_ref().map(|column| word(column, n));
        format!("{:<28}{snapshot:<10}{night:<10}{remedy}", columns[0][n].0).trim_end().to_owned()
    };
    let table: Vec<String> = (0..columns[0].len()).map(row).collect();
    insta::assert_snapshot!(format!("{:28}snapshot  night     remedy\n{}", "", table.join("\n")));
}
