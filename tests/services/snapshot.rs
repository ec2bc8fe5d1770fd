//! The life of an EBS snapshot, and what keeps it from beginning.

use std::sync::{Arc, Mutex};

use cloud_sim::Sim;
use cloud_sim::cloud::ApiError;
use cloud_sim::cloud::ec2::{DiskKind, Trait};
use cloud_sim::cloud::eventbridge::{On, Rule};
use cloud_sim::cloud::list::{Listing, dry_run};
use cloud_sim::cloud::snapshot::{CreateSnapshot, CreateSnapshots, Lock};
use cloud_sim::fault::FaultPlan;
use cloud_sim::rule::Invariant;
use jiff::SignedDuration;
use ports::{InstanceId, Snapshot, SnapshotId, SnapshotState, TagSet, Tags, VolumeId};
use serde_json::Value;
use simulation::rule::LastOne;

use crate::world::{code, instance, minutes, recorder, seconds, troubled, world};

pub(crate) fn set_of(instance: &InstanceId) -> CreateSnapshots {
    CreateSnapshots {
        instance: instance.clone(),
        exclude_root: false,
        exclude: Vec::new(),
        description: String::new(),
        tags: TagSet::default(),
    }
}

fn volumes(sim: &Sim, instance: &InstanceId) -> Vec<VolumeId> {
    sim.cloud(|cloud| cloud.ec2.attached(instance).map(|(id, ..)| id.clone()).collect())
}

fn take(sim: &Sim, instance: &InstanceId) -> Result<Vec<Snapshot>, ApiError> {
    sim.act(|cloud, context| cloud.create_snapshots(&set_of(instance), context))
}

fn take_one(sim: &Sim, volume: &VolumeId) -> Option<&'static str> {
    let wish = CreateSnapshot { volume: volume.clone(), description: String::new(), tags: TagSet::default() };
    code(sim, |cloud, context| cloud.create_snapshot(&wish, context))
}

fn delete(sim: &Sim, id: &SnapshotId) -> Result<(), ApiError> {
    sim.act(|cloud, context| cloud.delete_snapshot(id, context))
}

/// What EC2 refuses to delete a snapshot with.
fn refusal(sim: &Sim, id: &SnapshotId) -> &'static str {
    delete(sim, id).unwrap_err().code
}

fn states(sim: &Sim) -> Vec<SnapshotState> {
    sim.cloud(|cloud| cloud.snapshots.all().map(|snapshot| snapshot.state).collect())
}

fn listed(sim: &Sim, listing: &Listing) -> Result<Vec<SnapshotId>, ApiError> {
    let page = sim.act(|cloud, context| cloud.list_snapshots(listing, context))?;
    Ok(page.items.into_iter().map(|snapshot| snapshot.id).collect())
}

/// A snapshot as it was some time ago, of a volume that is no more.
fn old(sim: &Sim, id: &str) -> Snapshot {
    Snapshot {
        id: id.parse().unwrap(),
        volume: "vol-0a".parse().unwrap(),
        state: SnapshotState::Completed,
        started_at: sim.now() - SignedDuration::from_hours(48),
        size_gib: 8,
        tags: Tags::from_iter([("Name", "old")]),
        description: String::new(),
    }
}

fn put(sim: &Sim, id: &str) -> SnapshotId {
    let snapshot = old(sim, id);
    sim.cloud(|cloud| cloud.snapshots.put(snapshot.clone()));
    snapshot.id
}

/// Hears all that EBS tells the bus.
fn listen(sim: &Sim) -> Arc<Mutex<Vec<Value>>> {
    let heard = recorder(sim, "listener");
    let pattern = r#"{"detail-type": [{"prefix": "EBS "}]}"#.parse().unwrap();
    sim.act(|cloud, context| cloud.add_rule("ebs", Rule::new(On::Events(pattern), "listener"), context));
    heard
}

#[test]
fn the_volume_that_is_left_out_is_that_of_the_instances_own_root_device() {
    let sim = world();
    let one = instance(&sim, 1);
    sim.cloud(|cloud| {
        cloud.ec2.machine(&one).unwrap().root_device = "/dev/sda1".to_owned();
        cloud.ec2.add_volume(&one, "/dev/sda1", 8);
    });
    let wish = CreateSnapshots { exclude_root: true, ..set_of(&one) };
    let taken = sim.act(|cloud, context| cloud.create_snapshots(&wish, context)).unwrap();
    let devices: Vec<String> = sim.cloud(|cloud| {
        let is_taken = |volume: &VolumeId| taken.iter().any(|snapshot| snapshot.volume == *volume);
        let attached = cloud.ec2.attached(&one).filter(|(volume, ..)| is_taken(volume));
        attached.map(|(.., device)| device.to_owned()).collect()
    });
    assert!(!devices.is_empty() && !devices.contains(&"/dev/sda1".to_owned()), "{devices:?}");
}

#[test]
fn two_snapshots_of_a_volume_are_fifteen_seconds_apart() {
    let sim = world();
    let instance = instance(&sim, 0);
    take(&sim, &instance).unwrap();
    seconds(&sim, 14);
    let error = take(&sim, &instance).unwrap_err();
    let message = "The maximum per volume CreateSnapshot request rate has been exceeded. Use an increasing or variable sleep \
                   interval between requests.";
    assert_eq!((error.code, error.message.as_str()), ("SnapshotCreationPerVolumeRateExceeded", message));
    seconds(&sim, 1);
    assert!(take(&sim, &instance).is_ok());
}

#[test]
fn a_volume_has_five_unfinished_snapshots_and_failed_ones_count() {
    let sim = troubled(1, FaultPlan { failed_snapshots: 1000, ..FaultPlan::default() });
    let instance = instance(&sim, 0);
    for _ in 0..5 {
        take(&sim, &instance).unwrap();
        minutes(&sim, 30);
    }
    assert_eq!(states(&sim), [SnapshotState::Error; 5]);
    assert_eq!(take(&sim, &instance).unwrap_err().code, "ConcurrentSnapshotLimitExceeded");
    let failed = sim.cloud(|cloud| cloud.snapshots.all().next().unwrap().id.clone());
    delete(&sim, &failed).unwrap();
    assert!(take(&sim, &instance).is_ok());
}

#[test]
fn a_cold_or_throughput_optimised_volume_has_one() {
    for kind in [DiskKind::St1, DiskKind::Sc1] {
        let sim = world();
        let volume = volumes(&sim, &instance(&sim, 0))[0].clone();
        sim.cloud(|cloud| cloud.ec2.disk(&volume).unwrap().kind = kind);
        assert_eq!(take_one(&sim, &volume), None);
        seconds(&sim, 20);
        assert_eq!(take_one(&sim, &volume), Some("ConcurrentSnapshotLimitExceeded"));
    }
}

#[test]
fn an_account_has_so_many_pending_and_so_many_in_all() {
    let sim = world();
    let instance = instance(&sim, 2);
    sim.cloud(|cloud| cloud.snapshots.limits.pending = 2);
    assert_eq!(take(&sim, &instance).unwrap_err().code, "PendingSnapshotLimitExceeded");
    sim.cloud(|cloud| (cloud.snapshots.limits.pending, cloud.snapshots.limits.all) = (100, 2));
    assert_eq!(take(&sim, &instance).unwrap_err().code, "SnapshotLimitExceeded");
    assert_eq!(states(&sim), []);
}

#[test]
fn one_that_is_pending_again_as_if_by_magic_counts_as_such() {
    let sim = world();
    let instance = instance(&sim, 0);
    let first = take(&sim, &instance).unwrap()[0].id.clone();
    minutes(&sim, 30);
    take(&sim, &instance).unwrap();
    minutes(&sim, 30);
    sim.cloud(|cloud| {
        cloud.snapshots.limits.pending = 1;
        cloud.snapshots.get(&first).unwrap().state = SnapshotState::Pending;
    });
    assert_eq!(take(&sim, &instance).unwrap_err().code, "PendingSnapshotLimitExceeded");
}

#[test]
fn one_that_fails_takes_what_is_pending_of_its_set_with_it() {
    let sim = troubled(1, FaultPlan { failed_snapshots: 1000, ..FaultPlan::default() });
    let heard = listen(&sim);
    take(&sim, &instance(&sim, 2)).unwrap();
    minutes(&sim, 30);
    assert_eq!(states(&sim), [SnapshotState::Error; 3]);
    let heard = heard.lock().unwrap();
    let set =
        heard.iter().find(|event| event["detail-type"] == "EBS Multi-Volume Snapshots Completion Status");
    let detail = &set.unwrap()["detail"];
    assert_eq!((&detail["event"], &detail["result"]), (&"createSnapshots".into(), &"failed".into()));
    assert_eq!(detail["snapshots"].as_array().unwrap().len(), 3);
}

#[test]
fn one_of_a_single_volume_fails_alone() {
    let sim = troubled(1, FaultPlan { failed_snapshots: 1000, ..FaultPlan::default() });
    let all = volumes(&sim, &instance(&sim, 1));
    take_one(&sim, &all[0]);
    minutes(&sim, 30);
    sim.fault_plan(FaultPlan::default());
    take_one(&sim, &all[1]);
    minutes(&sim, 30);
    assert_eq!(states(&sim), [SnapshotState::Error, SnapshotState::Completed]);
}

#[test]
fn the_bus_hears_of_a_completed_snapshot_by_an_arn_without_an_account() {
    let sim = world();
    let heard = listen(&sim);
    let volume = volumes(&sim, &instance(&sim, 0))[0].clone();
    take_one(&sim, &volume);
    minutes(&sim, 30);
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0]["detail-type"], "EBS Snapshot Notification");
    let detail = &heard[0]["detail"];
    assert_eq!((&detail["event"], &detail["result"]), (&"createSnapshot".into(), &"succeeded".into()));
    assert_eq!(detail["snapshot_id"], "arn:aws:ec2::eu-west-1:snapshot/snap-00000000000000001");
    assert_eq!(detail["source"], format!("arn:aws:ec2::eu-west-1:volume/{volume}"));
}

#[test]
fn what_is_pending_is_deleted_once_it_is_complete() {
    let sim = world();
    let id = take(&sim, &instance(&sim, 0)).unwrap()[0].id.clone();
    assert_eq!(delete(&sim, &id), Ok(()));
    assert_eq!(states(&sim), [SnapshotState::Pending]);
    minutes(&sim, 30);
    assert_eq!(states(&sim), []);
    assert_eq!(refusal(&sim, &id), "InvalidSnapshot.NotFound");
}

#[test]
fn the_recycle_bin_retains_what_is_deleted() {
    let sim = world();
    let snapshot = old(&sim, "snap-0a");
    sim.cloud(|cloud| {
        cloud.snapshots.put(snapshot.clone());
        cloud.snapshots.recycle_bin = Some(SignedDuration::from_hours(24));
    });
    assert_eq!(delete(&sim, &snapshot.id), Ok(()));
    assert_eq!(listed(&sim, &Listing::own()).unwrap(), []);
    let binned: Vec<_> = sim.cloud(|cloud| cloud.snapshots.recycle_bin().cloned().collect());
    assert_eq!(binned, [Snapshot { state: SnapshotState::Recoverable, ..snapshot }]);
}

#[test]
fn what_aws_backup_made_cannot_be_deleted_through_ec2() {
    let sim = world();
    let snapshot = old(&sim, "snap-0a");
    sim.cloud(|cloud| {
        cloud.snapshots.put(snapshot.clone());
        cloud.snapshots.let_backup_own(&snapshot.id);
    });
    assert!(delete(&sim, &snapshot.id).unwrap_err().message.contains("AWS Backup"));
    assert_eq!(states(&sim), [SnapshotState::Completed]);
}

#[test]
fn what_is_enabled_for_fast_restore_is_in_use() {
    let sim = world();
    let snapshot = old(&sim, "snap-0a");
    sim.cloud(|cloud| {
        cloud.snapshots.put(snapshot.clone());
        cloud.snapshots.let_restore_fast(&snapshot.id);
    });
    assert_eq!(refusal(&sim, &snapshot.id), "InvalidSnapshot.InUse");
    assert_eq!(states(&sim), [SnapshotState::Completed]);
}

fn lock(sim: &Sim, id: &SnapshotId, mode: &str, days: i64, cool_off: Option<i64>) -> Result<Lock, ApiError> {
    sim.act(|cloud, context| {
        let lock = Lock::new(mode, days, cool_off, context.now)?;
        cloud.lock_snapshot(id, lock, context)
    })
}

#[test]
fn a_locked_snapshot_cannot_be_deleted_until_its_lock_is_over() {
    let sim = world();
    let id = put(&sim, "snap-0a");
    for mode in ["governance", "compliance"] {
        lock(&sim, &id, mode, 1, None).unwrap();
        assert!(delete(&sim, &id).unwrap_err().message.contains("locked"), "{mode}");
    }
    minutes(&sim, 24 * 60 - 1);
    assert!(delete(&sim, &id).is_err());
    minutes(&sim, 1);
    assert_eq!(delete(&sim, &id), Ok(()));
}

#[test]
fn a_lock_that_is_over_is_listed_as_such() {
    let sim = world();
    let id = put(&sim, "snap-0a");
    let states = |filter: &'static str| {
        let listing = Listing::default().filter("lock-state", [filter]);
        let page = sim.act(|cloud, context| cloud.list_locked_snapshots(&listing, context)).unwrap();
        let now = sim.now();
        page.items.into_iter().map(|(_, lock)| lock.state(now)).collect::<Vec<_>>()
    };
    assert_eq!(states("*"), [""; 0]);
    lock(&sim, &id, "compliance", 2, Some(1)).unwrap();
    assert_eq!(states("*"), ["compliance-cooloff"]);
    minutes(&sim, 60);
    assert_eq!(states("compliance"), ["compliance"]);
    minutes(&sim, 48 * 60);
    assert_eq!((states("*"), states("compliance")), (vec!["expired"], vec![]));
}

#[test]
fn a_lock_in_compliance_mode_that_has_cooled_off_only_grows() {
    let sim = world();
    let id = put(&sim, "snap-0a");
    lock(&sim, &id, "compliance", 10, Some(1)).unwrap();
    assert!(lock(&sim, &id, "governance", 1, None).is_ok());
    lock(&sim, &id, "compliance", 10, None).unwrap();
    assert!(
        lock(&sim, &id, "compliance", 9, None).is_err() && lock(&sim, &id, "governance", 99, None).is_err()
    );
    assert!(lock(&sim, &id, "compliance", 11, None).is_ok());
    for (mode, days, cool_off) in [
        ("legal", 1, None),
        ("governance", 0, None),
        ("governance", 36_501, None),
        ("governance", 1, Some(1)),
        ("compliance", 1, Some(73)),
    ] {
        let refused = lock(&sim, &id, mode, days, cool_off).unwrap_err();
        assert_eq!(refused.code, "InvalidParameterValue", "{mode} {days} {cool_off:?}");
    }
}

#[test]
fn no_snapshots_are_taken_of_an_instance_that_may_hibernate() {
    let sim = world();
    let instance = instance(&sim, 0);
    sim.cloud(|cloud| cloud.ec2.machine(&instance).unwrap().traits.insert(Trait::Hibernates));
    assert_eq!(take(&sim, &instance).unwrap_err().code, "UnsupportedOperation");
    assert_eq!(take_one(&sim, &volumes(&sim, &instance)[0]), Some("UnsupportedOperation"));
}

#[test]
fn a_set_is_of_at_most_forty_volumes() {
    let sim = world();
    let most = instance(&sim, 39);
    assert_eq!(take(&sim, &most).unwrap().len(), 40);
    let more = instance(&sim, 40);
    assert_eq!(take(&sim, &more).unwrap_err().code, "InvalidParameterValue");
}

#[test]
fn a_list_without_owners_holds_what_others_share() {
    let sim = world();
    let (mine, theirs) = (old(&sim, "snap-0a"), old(&sim, "snap-0b"));
    sim.cloud(|cloud| {
        cloud.snapshots.put(mine.clone());
        cloud.snapshots.put_foreign(theirs.clone(), "210987654321".parse().unwrap());
    });
    assert_eq!(listed(&sim, &Listing::default()).unwrap(), [mine.id.clone(), theirs.id.clone()]);
    assert_eq!(listed(&sim, &Listing::own()).unwrap(), [mine.id]);
    let by_owner = Listing::default().filter("owner-id", ["2109*"]);
    assert_eq!(listed(&sim, &by_owner).unwrap(), std::slice::from_ref(&theirs.id));
    assert_eq!(refusal(&sim, &theirs.id), "UnauthorizedOperation");
}

#[test]
fn snapshots_are_found_by_volume_status_description_and_size() {
    let sim = world();
    let instance = instance(&sim, 1);
    let made = take(&sim, &instance).unwrap();
    let found = |name: &str, value: &str| listed(&sim, &Listing::own().filter(name, [value])).unwrap();
    assert_eq!(found("volume-id", made[0].volume.as_str()), std::slice::from_ref(&made[0].id));
    assert_eq!((found("status", "pending").len(), found("status", "completed").len()), (2, 0));
    assert_eq!(found("volume-size", "100").len(), 1);
    assert_eq!(found("progress", "100%").len(), 0);
    minutes(&sim, 30);
    assert_eq!(found("progress", "100%").len(), 2);
    assert!(sim.cloud(|cloud| cloud.snapshots.completed_at(&made[0].id)).is_some());
}

#[test]
fn a_snapshot_that_nobody_has_is_not_found_in_a_list_of_ids() {
    let sim = world();
    assert_eq!(listed(&sim, &Listing::of_ids(["snap-0bad"])).unwrap_err().code, "InvalidSnapshot.NotFound");
    assert_eq!(listed(&sim, &Listing::of_ids(["vol-1"])).unwrap_err().code, "InvalidSnapshotID.Malformed");
}

#[test]
fn a_dry_run_says_whether_it_would_be_permitted() {
    let (permitted, denied) = (dry_run(true, true).unwrap_err(), dry_run(true, false).unwrap_err());
    assert_eq!((permitted.code, denied.code), ("DryRunOperation", "UnauthorizedOperation"));
}

#[test]
fn a_copy_has_an_id_a_moment_and_tags_of_its_own_and_a_volume_that_means_nothing() {
    let sim = world();
    let source = old(&sim, "snap-0a");
    sim.cloud(|cloud| cloud.snapshots.put(source.clone()));
    let copy =
        |tags: Tags| sim.act(|cloud, context| cloud.copy_snapshot(&source.id, &tags, context)).unwrap();
    let copies = [copy(Tags::default()), copy(source.tags.clone())];
    minutes(&sim, 30);
    let found = copies.map(|id| sim.cloud(|cloud| cloud.snapshots.look(&id).cloned().unwrap()));
    let is_one = |s: &Snapshot| s.is_copy() && source.started_at < s.started_at && s.id != source.id;
    assert!(found.iter().all(is_one), "{found:?}");
    assert!(found.iter().all(|s| s.state == SnapshotState::Completed && s.size_gib == source.size_gib));
    assert_eq!(found.each_ref().map(|s| s.tags.get("Name")), [None, Some("old")]);
}

#[test]
fn only_what_is_there_and_complete_is_copied() {
    let sim = world();
    let instance = instance(&sim, 0);
    let pending = take(&sim, &instance).unwrap()[0].id.clone();
    let copy =
        |id: &SnapshotId| code(&sim, |cloud, context| cloud.copy_snapshot(id, &Tags::default(), context));
    assert_eq!(copy(&pending), Some("IncorrectState"));
    assert_eq!(copy(&"snap-0bad".parse().unwrap()), Some("InvalidSnapshot.NotFound"));
}

#[test]
fn each_copy_is_the_last_one_of_a_volume_that_nobody_knows() {
    let sim = world();
    sim.expect(LastOne::default());
    let source = old(&sim, "snap-0a");
    sim.cloud(|cloud| cloud.snapshots.put(source.clone()));
    let copy = || sim.act(|cloud, context| cloud.copy_snapshot(&source.id, &source.tags, context)).unwrap();
    let copies = [copy(), copy()];
    minutes(&sim, 30);
    delete(&sim, &copies[0]).unwrap();
    let broken: Vec<&str> = sim.at_rest().iter().map(|violation| violation.invariant).collect();
    assert!(broken.contains(&LastOne::default().name()), "{broken:?}");
}
