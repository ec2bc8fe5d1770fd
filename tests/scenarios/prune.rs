//! What becomes of old snapshots at night.

use adapters_sim::{HasPorts, SimPorts};
use cli::retention::carry_out::{Person, carry_out};
use cloud_sim::Sim;
use cloud_sim::cloud::snapshot::Lock;
use cloud_sim::fault::{Fault, Pick, Rule};
use cloud_sim::kernel::{Event, Phase, Seeded, Trace};
use domain::policy::ownership::OwnerName;
use domain::policy::retention::{Cap, Retention, RetentionPlan, RetentionSpec};
use domain::workflow::prune::{Deletions, PrunePorts, Pruned, Unapproved, apply, gather};
use jiff::{SignedDuration, Timestamp};
use ports::{Clock, SnapshotId, Snapshots, Tags};
use support::scene::{BEGIN, Scene, at};

/// What the usual policy of the command line takes for its own.
fn ours() -> Tags {
    OwnerName::default().tags().into_iter().collect()
}

#[test]
fn r3_a_night_keeps_by_the_calendar() {
    let scene = Scene::new(&[
        ("KEEP_DAILY", "3"),
        ("KEEP_MONTHLY", "2"),
        ("MAX_REMOVE_PERCENT", "100"),
        ("SNAPSHOT_RETENTION_DAYS", ""),
    ]);
    for days in 1..60 {
        scene.old_snapshot(&format!("snap-{days:02}"), "vol-1", days);
    }
    scene.night().unwrap();
    // The 22nd, 21st and 20th of November, and the last of October.
    let left: Vec<String> = scene.snapshots().iter().map(|s| s.id.to_string()).collect();
    assert_eq!(left, ["snap-01", "snap-02", "snap-03", "snap-23"]);
}

#[test]
fn r9_r10_tags_have_a_say_at_night() {
    let scene = Scene::default();
    for (id, key, value) in [
        ("snap-hold", "caretaker:hold", "2026-12-31"),
        ("snap-held", "caretaker:hold", "2026-11-01"),
        ("snap-long", "caretaker:keep-days", "90"),
        ("snap-short", "caretaker:keep-days", "7"),
    ] {
        let mut tags = simulation::stack::ours();
        tags.insert(key, value);
        scene.put_snapshot(id, "vol-1", if id == "snap-short" { 10 } else { 50 }, tags);
    }
    scene.old_snapshot("snap-new", "vol-1", 1);
    scene.night().unwrap();
    let left: Vec<String> = scene.snapshots().iter().map(|s| s.id.to_string()).collect();
    assert_eq!(left, ["snap-hold", "snap-long", "snap-new"]);
}

#[test]
fn r9_a_hold_in_any_case_of_letters_holds_and_is_no_failure() {
    let scene = Scene::default();
    for (id, holds) in [
        ("snap-upper", &[("Caretaker:Hold", "true")][..]),
        ("snap-dated", &[("caretaker:Hold", "2027-12-31")]),
        ("snap-two", &[("Caretaker:hold", "2027-12-31"), ("caretaker:hold", "no")]),
        ("snap-past", &[("Caretaker:Hold", "2026-01-31")]),
    ] {
        let mut tags = simulation::stack::ours();
        for (key, value) in holds {
            tags.insert(*key, *value);
        }
        scene.put_snapshot(id, "vol-1", 50, tags);
    }
    scene.old_snapshot("snap-new", "vol-1", 1);
    assert_eq!(scene.night().unwrap()["status"], "OK");
    let left: Vec<String> = scene.snapshots().iter().map(|s| s.id.to_string()).collect();
    assert_eq!(left, ["snap-dated", "snap-new", "snap-two", "snap-upper"]);
}

#[test]
fn r23_a_night_that_would_remove_too_much_removes_nothing_and_tells_a_person() {
    let scene = Scene::default();
    for n in 0..20 {
        scene.old_snapshot(&format!("snap-{n:02}"), "vol-1", 40 + n);
    }
    let answer = scene.night().unwrap();
    assert_eq!((answer["status"].as_str(), scene.snapshots().len()), (Some("PARTIAL"), 20));
    let why = answer["snapshot_cleanup"]["refused"].as_str().unwrap();
    assert!(why.contains("19 of 20"), "{why}");
    insta::assert_snapshot!(scene.mails()[0].body);
}

#[test]
fn r7_the_report_names_volumes_of_which_only_the_floor_keeps_one() {
    let scene = Scene::default();
    scene.old_snapshot("snap-0a", "vol-gone", 400);
    scene.old_snapshot("snap-0b", "vol-live", 1);
    scene.night().unwrap();
    let body = &scene.mails()[0].body;
    let told = "\nVolumes without a snapshot that a rule keeps (1); their last is kept: at most 8 GiB, $0.40 a month \
                at $0.05 a GiB-month (standard tier in us-east-1)\n  vol-gone\n";
    assert!(body.contains(told), "{body}");
}

#[test]
fn r29_a_locked_snapshot_stays_and_is_no_failure_of_the_night() {
    let scene = Scene::default();
    for (id, days) in [("snap-free", 40), ("snap-locked", 50), ("snap-over", 60)] {
        scene.old_snapshot(id, "vol-1", days);
    }
    scene.old_snapshot("snap-new", "vol-1", 1);
    for (id, days) in [("snap-locked", 365), ("snap-over", 1)] {
        scene.sim.act(|cloud, context| {
            let began = ports::time::earlier(context.now, SignedDuration::from_hours(48));
            let lock = Lock::new("governance", days, None, began).unwrap();
            cloud.lock_snapshot(&id.parse().unwrap(), lock, context).unwrap();
        });
    }
    let answer = scene.night().unwrap();
    assert_eq!((&answer["status"], &answer["snapshot_cleanup"]["deleted"]), (&"OK".into(), &2.into()));
    let left: Vec<String> = scene.snapshots().iter().map(|s| s.id.to_string()).collect();
    assert_eq!(left, ["snap-locked", "snap-new"]);
}

#[test]
fn r22_observing_tells_plan_and_refusal() {
    let scene = Scene::new(&[("MODE", "observe")]);
    for n in 0..20 {
        scene.old_snapshot(&format!("snap-{n:02}"), "vol-1", 40 + n);
    }
    let told = scene.night().unwrap()["snapshot_cleanup"].clone();
    assert_eq!((&told["would_delete"], &told["kept"]), (&19.into(), &1.into()));
    assert_eq!(told["would_delete_ids"][0], "snap-19");
    assert!(told["refused"].as_str().unwrap().contains("more than 25 %"), "{told}");
    assert_eq!(told["plan_hash"].as_str().unwrap().len(), 64);
}

#[test]
fn r21_a_night_without_time_says_what_is_left_and_the_next_goes_on() {
    let scene = Scene::new(&[("MAX_REMOVE_PERCENT", "100")]);
    scene.old_snapshot("snap-young", "vol-1", -5);
    for n in 0..6000 {
        scene.old_snapshot(&format!("snap-{n:04}"), "vol-1", 40 + n);
    }
    let first = scene.night().unwrap()["snapshot_cleanup"].clone();
    let (deleted, left) = (first["deleted"].as_u64().unwrap(), first["left"].as_u64().unwrap());
    assert_eq!((deleted + left, first["failed"].as_array().unwrap().len()), (5999, 0));
    assert!(4000 < deleted && 0 < left, "{deleted} deleted, {left} left");
    let body = &scene.mails()[0].body;
    assert!(body.contains(&format!("{left} snapshots were left: there was no time for them")), "{body}");
    let second = scene.night().unwrap()["snapshot_cleanup"].clone();
    assert_eq!((&second["deleted"], &second["left"]), (&left.into(), &0.into()));
}

/// An account with so many snapshots of ours; all but the first are to go.
fn crowded(count: usize) -> (Sim, Vec<SnapshotId>) {
    let sim = Sim::with(at(BEGIN), Box::new(Seeded::new(1)), Trace::kept());
    let scene = Scene { sim };
    let id = |n: usize| format!("snap-{n:05}");
    let ids = (0..count).map(|n| scene.put_snapshot(&id(n), "vol-1", 40, ours())).collect();
    (scene.sim, ids)
}

/// How long something took, and how many of its requests to delete were throttled, of how many.
struct Taken {
    time: SignedDuration,
    throttled: usize,
    requests: usize,
}

impl Taken {
    #[expect(clippy::print_stdout, reason = "the figures of docs/BENCHMARKS.md, shown with --nocapture")]
    fn tell(&self, how: &str) {
        println!("{how}: {:#}, {} of {} requests throttled", self.time, self.throttled, self.requests);
    }
}

fn taken(sim: &Sim, since: Timestamp) -> Taken {
    let trace = sim.trace();
    let ended = |event: &Event| match event {
        Event::Call { op: "DeleteSnapshot", phase: Phase::Applied, error, .. } => Some(error.is_some()),
        Event::Call { .. } | Event::Fact(_) => None,
    };
    let requests: Vec<bool> = trace.entries().iter().filter_map(|entry| ended(&entry.event)).collect();
    let throttled = requests.iter().filter(|failed| **failed).count();
    Taken { time: sim.now().duration_since(since), throttled, requests: requests.len() }
}

async fn pruned(ports: SimPorts) -> (RetentionPlan, Pruned) {
    let max_remove = Cap { percent: 100, number: 0 };
    let spec =
        RetentionSpec { keep_within: Some("30d".parse().unwrap()), max_remove, ..RetentionSpec::default() };
    let prune = PrunePorts { clock: &ports, inventory: &ports, snapshots: &ports };
    let (retention, now) = (Retention::new(spec).unwrap(), ports.now());
    let plan = gather(&prune, &retention, None, now).await.unwrap().plan(now);
    let done = apply(&prune, Timestamp::MAX, Deletions::of_all(&plan), &|_, _| ()).await;
    (plan, done)
}

#[test]
fn r20_ten_thousand_are_deleted_as_fast_as_the_bucket_allows_and_hardly_any_is_throttled() {
    let (sim, ids) = crowded(10_001);
    let begun = sim.now();
    let (plan, pruned) = sim.block_on(pruned(sim.ports())).unwrap();
    let taken = taken(&sim, begun);
    assert_eq!((plan.removed().count(), pruned.deleted), (10_000, 10_000));
    assert_eq!(ids.len(), 1 + plan.removed().count());
    // A hundred at once, then five a second.
    let limit = SignedDuration::from_secs((10_000 - 100) / 5);
    taken.tell("paced");
    assert!(taken.time.as_millis() * 100 <= limit.as_millis() * 105, "{:#}", taken.time);
    assert!(taken.throttled * 100 < taken.requests, "{} of {}", taken.throttled, taken.requests);
}

/// What one does without thinking: eight at a time, each again after a second whenever it is throttled.
async fn naive(ports: SimPorts, ids: Vec<SnapshotId>) {
    use futures::{StreamExt, stream};
    let one = |id: SnapshotId| {
        let ports = ports.clone();
        async move {
            while ports.delete(&id).await.is_err() {
                ports.sleep(SignedDuration::from_secs(1)).await;
            }
        }
    };
    stream::iter(ids).map(one).buffer_unordered(8).collect::<()>().await;
}

#[test]
fn r20_naive_retries_are_throttled_far_more_often() {
    let (sim, ids) = crowded(10_000);
    let begun = sim.now();
    sim.block_on(naive(sim.ports(), ids)).unwrap();
    let taken = taken(&sim, begun);
    taken.tell("naive");
    assert!(taken.requests < taken.throttled * 4, "{} of {}", taken.throttled, taken.requests);
}

#[test]
fn r20_another_user_of_the_bucket_slows_it_down_without_a_failure() {
    let (sim, _) = crowded(301);
    // As if somebody else took four tokens of five.
    sim.faults(|faults| faults.add(Rule::on("DeleteSnapshot", Fault::Throttle, Pick::PerMille(800))));
    let (_, pruned) = sim.block_on(pruned(sim.ports())).unwrap();
    assert_eq!((pruned.deleted, pruned.failed.len(), pruned.left), (300, 0, 0));
}

#[test]
fn r26_the_result_lists_what_was_really_deleted() {
    let (sim, ids) = crowded(4);
    sim.faults(|faults| faults.add(Rule::on("DeleteSnapshot", Fault::Denied, Pick::Nth(2))));
    let (plan, pruned) = sim.block_on(pruned(sim.ports())).unwrap();
    assert_eq!((plan.removed().count(), pruned.failed.len(), pruned.deleted), (3, 1, 2));
    let there = |id: &SnapshotId| sim.cloud(|cloud| cloud.snapshots.get(id).is_some());
    assert!(there(&pruned.failed[0].snapshot) && !pruned.deleted_ids.iter().any(there));
    assert_eq!(ids.iter().filter(|id| there(id)).count(), 2);
}

/// A plan made now, and carried out after something has happened; the person says yes or no.
fn carried_out(
    sim: &Sim,
    agrees: bool,
    meanwhile: impl FnOnce(),
) -> (Result<Option<Pruned>, Unapproved>, String) {
    let ports = sim.ports();
    let before = sim.block_on(async move {
        let prune = PrunePorts { clock: &ports, inventory: &ports, snapshots: &ports };
        let now = ports.now();
        gather(&prune, &Retention::days(30).unwrap(), None, now).await.unwrap().plan(now)
    });
    meanwhile();
    let (ports, before) = (sim.ports(), before.unwrap());
    sim.block_on(async move {
        let prune = PrunePorts { clock: &ports, inventory: &ports, snapshots: &ports };
        let mut out = Vec::new();
        let person = Person { out: &mut out, agrees: &move |_| agrees, seen: &|_, _| () };
        let done = carry_out(&prune, &before, person).await;
        (done, String::from_utf8(out).unwrap())
    })
    .unwrap()
}

#[test]
fn a_plan_made_before_is_shown_and_carried_out() {
    let (sim, _) = crowded(5);
    let (done, shown) = carried_out(&sim, true, || ());
    assert_eq!(done.unwrap().unwrap().deleted, 4);
    assert!(shown.contains("snap-00003") && shown.contains("4 are removed"), "{shown}");
}

#[test]
fn a_plan_is_not_carried_out_against_a_persons_will() {
    let (sim, ids) = crowded(5);
    assert_eq!(carried_out(&sim, false, || ()).0, Ok(None));
    assert!(ids.iter().all(|id| sim.cloud(|cloud| cloud.snapshots.get(id).is_some())));
}

#[test]
fn a_plan_is_not_carried_out_in_a_world_that_has_changed() {
    let (sim, ids) = crowded(5);
    let hold =
        || sim.cloud(|cloud| drop(cloud.snapshots.get(&ids[1]).unwrap().tags.insert("caretaker:hold", "")));
    let (done, shown) = carried_out(&sim, true, hold);
    assert!(matches!(done, Err(Unapproved::Mismatch(_))) && shown.is_empty());
    assert!(ids.iter().all(|id| sim.cloud(|cloud| cloud.snapshots.get(id).is_some())));
}

#[test]
fn a_plan_that_was_interrupted_is_carried_out_to_its_end() {
    let (sim, ids) = crowded(5);
    let gone = ids[1..3].to_vec();
    let ports = sim.ports();
    let part = || {
        let delete = async move {
            for id in gone {
                ports.delete(&id).await.unwrap();
            }
        };
        sim.block_on(delete).unwrap();
    };
    assert_eq!(carried_out(&sim, true, part).0.unwrap().unwrap().deleted, 2);
}
