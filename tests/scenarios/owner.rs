//! Whose snapshots are: those of an earlier version are nobody's until somebody adopts them.

use adapters_sim::HasPorts;
use cli::adopt::{Adoption, table};
use cloud_sim::cloud::ec2::Machine;
use domain::workflow::adopt::{AdoptPorts, Adopted, Orphan};
use jiff::SignedDuration;
use ports::{InstanceState, Snapshot, SnapshotId, StateReason, Tags, time};
use simulation::stack::{FunctionName, NAME, RECONCILE};
use support::scene::{Scene, tags};

const FAILED: &str = "Server.InternalError";

/// The tags of what the version before made.
fn earlier(function: &str) -> Tags {
    tags([("AutoCreated", "true"), ("CreatedBy", "caretaker"), ("LambdaFunction", function)])
}

/// Two volumes with an old and a young snapshot each, of two stacks of the version before.
fn upgraded() -> (Scene, Vec<SnapshotId>) {
    let scene = Scene::default();
    let mut ids = Vec::new();
    for (stack, volume) in [("blue-AutoSnapshot-1", "vol-1"), ("green-AutoSnapshot-1", "vol-2")] {
        for days in [50, 1] {
            let id = format!("snap-{}{days:02}", volume.trim_start_matches("vol-"));
            ids.push(scene.put_snapshot(&id, volume, days, earlier(stack)));
        }
    }
    (scene, ids)
}

fn adopts(scene: &Scene, made_by: Option<&str>, is_meant: bool) -> (Vec<Orphan>, Option<Adopted>) {
    let adoption = Adoption { owner: NAME.parse().unwrap(), made_by: made_by.map(str::to_owned), is_meant };
    let ports = scene.sim.ports();
    let work = async move {
        adoption.carry_out(&AdoptPorts { clock: &ports, snapshots: &ports }, &|_| ()).await.unwrap()
    };
    scene.sim.block_on(work).unwrap()
}

#[test]
fn r30_the_first_night_after_an_update_removes_nothing_of_before_and_tells_how_many_there_are() {
    let (scene, ids) = upgraded();
    scene.night().unwrap();
    assert!(ids.iter().all(|id| scene.has_snapshot(id)));
    let report = &scene.mails()[0].body;
    assert!(report.contains("Snapshots of an earlier version, which name no owner: 4."), "{report}");
    assert!(report.contains("`caretaker adopt --aws --owner NAME`"), "{report}");
}

#[test]
fn r30_adopting_shows_first_what_there_is_and_changes_nothing() {
    let (scene, _) = upgraded();
    let before = scene.snapshots();
    let (orphans, adopted) = adopts(&scene, None, false);
    assert_eq!((orphans.len(), adopted), (4, None));
    assert_eq!(scene.snapshots(), before);
    insta::assert_snapshot!(table(&orphans));
}

#[test]
fn r30_what_is_adopted_is_kept_and_removed_as_the_policy_says() {
    let (scene, ids) = upgraded();
    let (_, adopted) = adopts(&scene, Some("blue-AutoSnapshot-1"), true);
    assert_eq!(adopted.unwrap().adopted, 2);
    scene.night().unwrap();
    let left: Vec<bool> = ids.iter().map(|id| scene.has_snapshot(id)).collect();
    assert_eq!(left, [false, true, true, true]);
    assert!(scene.mails()[0].body.contains("name no owner: 2."));
    let again = adopts(&scene, Some("blue-AutoSnapshot-1"), true);
    assert_eq!(again, (Vec::new(), Some(Adopted::default())));
}

#[test]
fn r30_another_owners_snapshots_are_never_adopted() {
    let scene = Scene::default();
    let mut anothers = simulation::stack::ours();
    anothers.insert("caretaker:owner", "another");
    scene.put_snapshot("snap-0a", "vol-1", 50, anothers);
    assert_eq!(adopts(&scene, None, true).0, []);
}

/// The ledger has forgotten an instance that has been at rest for long: only its snapshots tell
/// that its stop was dealt with.
fn at_rest_with(scene: &Scene, snapshots: &Tags) -> usize {
    let instance = scene.instance("web-1", 0);
    let volume = scene.cloud(|cloud| cloud.ec2.attached(&instance).next().unwrap().0.to_string());
    scene.cloud(|cloud| {
        let machine: &mut Machine = cloud.ec2.machine(&instance).unwrap();
        machine.state = InstanceState::Stopped;
        machine.launched_at = time::earlier(machine.launched_at, SignedDuration::from_hours(24 * 60));
        machine.reason = Some(StateReason { code: FAILED.to_owned(), message: FAILED.to_owned() });
    });
    let mut tags = snapshots.clone();
    tags.insert("InstanceId", instance.as_str());
    tags.insert("TriggerState", "stopped");
    scene.put_snapshot("snap-0a", &volume, 40, tags);
    scene.send(FunctionName::NightlyMaintenance, RECONCILE.as_bytes()).unwrap();
    scene.snapshots().len()
}

#[test]
fn r30_a_stop_that_an_earlier_version_dealt_with_is_not_dealt_with_again() {
    assert_eq!(at_rest_with(&Scene::default(), &earlier("auto-snapshot")), 1);
}

#[test]
fn r30_a_stop_that_another_owner_dealt_with_is_still_to_be_dealt_with() {
    let mut anothers = simulation::stack::ours();
    anothers.insert("caretaker:owner", "another");
    assert_eq!(at_rest_with(&Scene::default(), &anothers), 2);
    assert_eq!(at_rest_with(&Scene::default(), &simulation::stack::ours()), 1);
}

/// Snapshots are born with all that is said of them: nothing of ours is written later.
#[test]
fn a_hold_on_an_instance_or_a_volume_is_not_its_snapshots() {
    let scene = Scene::default();
    let held = tags([
        ("AutoSnapshot", "true"),
        ("Caretaker:Hold", "audit"),
        ("caretaker:hold", "audit"),
        ("team", "db"),
    ]);
    let instance = scene.tagged(held, 1);
    scene.cloud(|cloud| {
        let volume = cloud.ec2.attached(&instance).next().unwrap().0.clone();
        cloud.ec2.disk(&volume).unwrap().tags = tags([("caretaker:hold", "audit"), ("disk", "root")]);
    });
    scene.stop(&instance, FAILED);
    let taken = scene.snapshots();
    assert_eq!(taken.len(), 2);
    for snapshot in &taken {
        assert!(
            !snapshot.tags.iter().any(|(key, _)| key.eq_ignore_ascii_case("caretaker:hold")),
            "{snapshot:?}"
        );
        assert_eq!(snapshot.tags.get("team"), Some("db"));
    }
    assert_eq!(taken.iter().filter(|s| s.tags.get("disk") == Some("root")).count(), 1);
}

/// Whoever makes a volume from a snapshot of Data Lifecycle Manager may give it that snapshot's tags.
#[test]
fn r16_a_mark_of_another_tool_on_an_instance_or_a_volume_is_not_its_snapshots() {
    let managed = ("dlm:managed", "true");
    let scene = Scene::default();
    let instance = scene.tagged(tags([("AutoSnapshot", "true"), managed]), 1);
    scene.cloud(|cloud| {
        let volume = cloud.ec2.attached(&instance).next().unwrap().0.clone();
        cloud.ec2.disk(&volume).unwrap().tags = tags([managed, ("disk", "root")]);
    });
    scene.stop(&instance, FAILED);
    let taken = scene.snapshots();
    assert_eq!(taken.iter().filter(|s| s.tags.get("disk") == Some("root")).count(), 1);
    assert!(taken.iter().all(|s| s.tags.get("dlm:managed").is_none()), "{taken:?}");
    // So they count for the floor, and those of an earlier incident go when they are old.
    let earlier = |s: &Snapshot| {
        let mut tags = s.tags.clone();
        tags.insert("caretaker:key", format!("snap#{instance}#2026-10-14T14:00:00Z"));
        scene.put_snapshot(&format!("{}0", s.id), s.volume.as_str(), 40, tags)
    };
    let old: Vec<_> = taken.iter().map(earlier).collect();
    scene.night().unwrap();
    assert!(!old.iter().any(|id| scene.has_snapshot(id)));
}

#[test]
fn the_days_of_a_volume_hold_for_its_snapshots_and_those_of_an_instance_for_all() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 1);
    let volume = scene.cloud(|cloud| {
        let volume = cloud.ec2.attached(&instance).next().unwrap().0.clone();
        cloud.ec2.disk(&volume).unwrap().tags = tags([("caretaker:keep-days", "90")]);
        volume
    });
    scene.stop(&instance, FAILED);
    for snapshot in scene.snapshots() {
        let days = domain::policy::naming::keep_days(&snapshot);
        assert_eq!(days, (snapshot.volume == volume).then_some("90"), "{snapshot:?}");
    }
    let scene = Scene::default();
    scene.stop(&scene.tagged(tags([("AutoSnapshot", "true"), ("caretaker:keep-days", "7")]), 1), FAILED);
    assert!(scene.snapshots().iter().all(|s| s.tags.get("caretaker:keep-days") == Some("7")));
}
