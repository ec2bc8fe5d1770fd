//! Volumes that are gone, and what `KEEP_DEAD_DAYS` frees of them.

use adapters_sim::HasPorts;
use cloud_sim::cloud::ec2::Disk;
use cloud_sim::fault::{Fault, Pick, Rule};
use cloud_sim::rule::Invariant;
use domain::policy::key;
use jiff::SignedDuration;
use ports::{Ledger, SnapshotId, VolumeId, time};
use serde_json::Value;
use simulation::rule::LastOne;
use support::scene::Scene;

const ON: &[(&str, &str)] = &[("KEEP_DEAD_DAYS", "30"), ("SNAPSHOT_RETENTION_DAYS", "7")];

fn volume(text: &str) -> VolumeId {
    text.parse().unwrap()
}

/// A stack with the setting, and a snapshot of a volume that does not exist, older than it asks for.
fn with_one_dead() -> (Scene, SnapshotId) {
    let scene = Scene::new(ON);
    let snapshot = scene.old_snapshot("snap-0a", "vol-0a", 40);
    (scene, snapshot)
}

fn put(scene: &Scene, id: &str) {
    scene.cloud(|cloud| cloud.ec2.put_volume(volume(id), Disk::detached(8)));
}

fn night(scene: &Scene) -> Value {
    scene.night().unwrap()
}

fn inquiry(night: &Value) -> [u64; 4] {
    ["gone", "missing", "there", "unasked"].map(|name| night["floor_only"]["inquiry"][name].as_u64().unwrap())
}

/// Lets so many nights pass in which nothing is removed.
fn nothing_goes(scene: &Scene, nights: usize) {
    for n in 0..nights {
        let told = night(scene);
        assert_eq!(told["snapshot_cleanup"]["deleted"], 0, "night {n}: {told}");
    }
}

/// The nights of three days: two answers are a day apart at the latest on the third.
fn in_the_end(scene: &Scene, snapshot: &SnapshotId) {
    (0..3).for_each(|_| drop(night(scene)));
    assert!(!scene.has_snapshot(snapshot));
    assert_eq!(scene.broken(), [""; 0]);
}

fn report(scene: &Scene) -> String {
    scene.mails().last().unwrap().body.clone()
}

#[test]
fn r7_the_last_snapshot_of_a_volume_goes_when_ec2_denied_it_on_two_nights_a_day_apart() {
    let (scene, snapshot) = with_one_dead();
    let first = night(&scene);
    assert_eq!((inquiry(&first), scene.has_snapshot(&snapshot)), ([0, 1, 0, 0], true));
    let text = report(&scene);
    assert!(text.contains("at most 8 GiB, $0.40 a month at $0.05 a GiB-month"), "{text}");
    assert!(text.contains("1 were not found once and are asked for again"), "{text}");
    in_the_end(&scene, &snapshot);
}

#[test]
fn r7_without_the_setting_nobody_asks_and_the_floor_stays() {
    let scene = Scene::new(&[("SNAPSHOT_RETENTION_DAYS", "7")]);
    let snapshot = scene.old_snapshot("snap-0a", "vol-0a", 400);
    nothing_goes(&scene, 4);
    assert!(scene.has_snapshot(&snapshot) && scene.broken().is_empty());
    assert!(report(&scene).contains("at most 8 GiB, $0.40 a month"), "{}", report(&scene));
    assert_eq!(night(&scene)["floor_only"]["inquiry"], Value::Null);
}

#[test]
fn r7_a_volume_that_is_there_keeps_its_last_snapshot_whatever_its_age() {
    let (scene, snapshot) = with_one_dead();
    put(&scene, "vol-0a");
    nothing_goes(&scene, 4);
    assert_eq!(inquiry(&night(&scene)), [0, 0, 1, 0]);
    assert!(scene.has_snapshot(&snapshot));
}

#[test]
fn r7_a_volume_that_is_gone_for_one_night_only_keeps_its_floor() {
    let (scene, snapshot) = with_one_dead();
    for _ in 0..4 {
        // Missing, and there again the night after, as one that came back from the Recycle Bin.
        assert_eq!(inquiry(&night(&scene)), [0, 1, 0, 0]);
        put(&scene, "vol-0a");
        assert_eq!(inquiry(&night(&scene)), [0, 0, 1, 0]);
        scene.cloud(|cloud| cloud.ec2.take_volume(&volume("vol-0a")));
    }
    assert!(scene.has_snapshot(&snapshot));
    in_the_end(&scene, &snapshot);
}

#[test]
fn r7_a_volume_that_answers_again_is_forgotten_although_it_was_known_to_be_gone() {
    let (scene, snapshot) = with_one_dead();
    // An image keeps the snapshot, so that it is still there when the volume is known to be gone.
    let image = scene.cloud(|cloud| cloud.ec2.register_image(vec![snapshot.clone()], false));
    // As long as an image keeps it, whether the volume is gone is no question.
    assert_eq!(inquiry(&night(&scene)), [0, 0, 0, 0]);
    let _ = scene.sim.act(|cloud, context| cloud.ec2.deregister_image(&image, context));
    assert_eq!(inquiry(&night(&scene)), [0, 1, 0, 0]);
    put(&scene, "vol-0a");
    nothing_goes(&scene, 3);
    assert!(scene.has_snapshot(&snapshot));
}

#[test]
fn r7_a_copy_is_never_asked_about_and_stays() {
    let scene = Scene::new(ON);
    let copy = scene.old_snapshot("snap-0a", "vol-ffffffff", 400);
    nothing_goes(&scene, 4);
    assert_eq!(inquiry(&night(&scene)), [0, 0, 0, 0]);
    assert!(scene.has_snapshot(&copy));
}

#[test]
fn r7_a_volume_that_went_with_its_instance_is_found_to_be_gone() {
    let scene = Scene::new(ON);
    let instance = scene.instance("web-1", 0);
    scene.stop(&instance, "Server.InternalError");
    let snapshot = scene.snapshots()[0].id.clone();
    scene.cloud(|cloud| cloud.ec2.terminate(&instance));
    scene.sim.run_for(SignedDuration::from_hours(24 * 30));
    assert!(scene.has_snapshot(&snapshot));
    (0..3).for_each(|_| drop(night(&scene)));
    assert!(!scene.has_snapshot(&snapshot));
    assert_eq!(scene.broken(), [""; 0]);
}

#[test]
fn r7_what_ec2_does_not_answer_proves_nothing() {
    let (scene, snapshot) = with_one_dead();
    assert_eq!(inquiry(&night(&scene)), [0, 1, 0, 0]);
    scene.sim.faults(|faults| faults.add(Rule::on("DescribeVolumes", Fault::Throttle, Pick::Every)));
    for _ in 0..3 {
        let told = night(&scene);
        let words = told["floor_only"]["inquiry"]["error"].as_str().unwrap_or_else(|| panic!("{told}"));
        assert!(words.contains("DescribeVolumes"), "{words}");
        // The cleanup is done all the same.
        assert_eq!((inquiry(&told), &told["status"]), ([0, 1, 0, 0], &"OK".into()), "{told}");
    }
    assert!(scene.has_snapshot(&snapshot));
}

#[test]
fn r7_a_newer_snapshot_makes_an_earlier_answer_worthless() {
    let (scene, _) = with_one_dead();
    assert_eq!(inquiry(&night(&scene)), [0, 1, 0, 0]);
    scene.put_snapshot("snap-0b", "vol-0a", 0, simulation::stack::ours());
    scene.sim.run_for(SignedDuration::from_hours(24 * 29));
    // It counts again as old, and the answer of a month ago as none.
    (0..2).for_each(|_| drop(night(&scene)));
    assert_eq!(inquiry(&night(&scene)), [0, 1, 0, 0]);
}

#[test]
fn r7_thousands_of_dead_volumes_are_asked_for_over_several_nights_and_no_entry_grows_beyond_bounds() {
    let scene = Scene::new(&[&[("MAX_REMOVE", "100000")][..], ON].concat());
    for n in 0..1_500 {
        scene.old_snapshot(&format!("snap-{n:04x}"), &format!("vol-{n:04x}"), 40);
    }
    let first = inquiry(&night(&scene));
    assert_eq!((first[1], first[3]), (1_000, 500));
    assert!(report(&scene).contains("500 were not asked for yet, and are kept until they are"));
    (0..6).for_each(|_| drop(night(&scene)));
    assert_eq!(scene.snapshots().len(), 0);
    let ports = scene.sim.ports();
    let longest = scene.sim.block_on(async move {
        let mut longest = 0;
        for n in 0..1_500 {
            let stored = ports.get(&key::gone(&volume(&format!("vol-{n:04x}"))).unwrap()).await.unwrap();
            longest = longest.max(stored.unwrap().entry.state.len());
        }
        longest
    });
    assert!(longest.unwrap() < 10_000);
}

#[test]
fn x1_observing_asks_for_no_volume_and_remembers_nothing() {
    let scene = Scene::new(&[&[("MODE", "observe")][..], ON].concat());
    scene.old_snapshot("snap-0a", "vol-0a", 40);
    (0..3).for_each(|_| drop(night(&scene)));
    let ports = scene.sim.ports();
    let stored = scene.sim.block_on(async move { ports.get(&key::gone(&volume("vol-0a")).unwrap()).await });
    assert_eq!(stored.unwrap(), Ok(None));
}

#[test]
fn r23_turning_it_on_is_asked_about_and_accepted_the_dead_go_in_slices() {
    let scene = Scene::new(&[("SNAPSHOT_RETENTION_DAYS", "7")]);
    for n in 0..30 {
        scene.old_snapshot(&format!("snap-{n:02x}"), &format!("vol-{n:02x}"), 40);
    }
    nothing_goes(&scene, 1);
    crate::safeguard::deploys(&scene, ON);
    let told = night(&scene);
    let words = told["snapshot_cleanup"]["refused"].as_str().unwrap_or_else(|| panic!("{told}")).to_owned();
    assert!(words.contains("30 of them only if their volumes turn out to be gone"), "{words}");
    assert!(words.contains("--keep-dead-days 30 "), "{words}");
    let hash = crate::safeguard::hash(&told["snapshot_cleanup"]);
    (0..3).for_each(|_| drop(night(&scene)));
    assert_eq!(scene.snapshots().len(), 30);
    crate::safeguard::accepted(&scene, &hash);
    let told = night(&scene)["snapshot_cleanup"].clone();
    assert_eq!((&told["deleted"], &told["later"]), (&10.into(), &20.into()), "{told}");
    (0..2).for_each(|_| drop(night(&scene)));
    assert_eq!((scene.snapshots().len(), scene.broken()), (0, Vec::new()));
}

#[test]
fn r7_the_simulated_cloud_catches_who_removes_the_last_one_without_having_asked() {
    let scene = Scene::new(ON);
    let snapshot = scene.old_snapshot("snap-0a", "vol-0a", 40);
    let ports = scene.sim.ports();
    scene.sim.block_on(async move { ports::Snapshots::delete(&ports, &snapshot).await }).unwrap().unwrap();
    scene.sim.run_until(time::later(scene.sim.now(), SignedDuration::from_mins(1)));
    assert!(scene.broken().iter().any(|broken| broken.starts_with(LastOne::default().name())));
}
