//! What the safeguards of retention let pass, night after night: steady operation, and what follows from a change.

use adapters_sim::HasPorts;
use cli::retention::source::Source;
use cloud_sim::cloud::Happening;
use cloud_sim::cloud::snapshot::Lock;
use domain::workflow::history::{Accepting, accept};
use jiff::SignedDuration;
use lambda_shims::permission::Function;
use lambda_shims::settings::NightSettings;
use ports::{InstanceId, StateReason, Tags, time};
use serde_json::Value;
use simulation::stack::{Stack, ours, usual_settings};
use support::scene::{Scene, at};

const MORNING: &str = "2026-11-24T03:00:00Z";

/// An account in which so many instances are stopped every evening and started every morning.
struct Office {
    scene: Scene,
    fleet: Vec<InstanceId>,
}

impl Office {
    fn of(instances: usize, settings: &[(&str, &str)]) -> Self {
        let scene = Scene::new(settings);
        let fleet = (0..instances).map(|n| scene.instance(&format!("desk-{n}"), 0)).collect();
        scene.sim.run_until(at(MORNING));
        Self { scene, fleet }
    }

    /// A day and its night; gives what became of the cleanup.
    fn day(&self) -> Value {
        self.begin_day();
        cleanup(&self.scene)
    }

    fn begin_day(&self) {
        let after = |hours| time::later(self.scene.sim.now(), SignedDuration::from_hours(hours));
        for instance in &self.fleet {
            self.scene.sim.at(after(4), Happening::Run { instance: instance.clone() });
            let code = "Client.UserInitiatedShutdown".to_owned();
            let reason = StateReason { message: code.clone(), code };
            self.scene.sim.at(after(17), Happening::Stop { instance: instance.clone(), reason });
        }
    }

    /// Deploys other settings.
    fn deploys(&self, settings: &[(&str, &str)]) {
        deploys(&self.scene, settings);
    }

    /// How old the oldest snapshot is, in whole days.
    fn oldest(&self) -> i64 {
        let now = self.scene.sim.now();
        let ages =
            self.scene.snapshots().into_iter().map(|s| now.duration_since(s.started_at).as_hours() / 24);
        ages.max().unwrap_or_default()
    }
}

pub(crate) fn deploys(scene: &Scene, settings: &[(&str, &str)]) {
    let mut pairs = usual_settings();
    pairs.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Stack::new(&pairs).unwrap().update(&scene.sim);
}

fn cleanup(scene: &Scene) -> Value {
    scene.night().unwrap()["snapshot_cleanup"].clone()
}

/// The hash that the answer names.
pub(crate) fn hash(refused: &Value) -> String {
    let words = refused["refused"].as_str().unwrap_or_else(|| panic!("not refused: {refused}"));
    words.split("caretaker accept ").nth(1).unwrap().split(' ').next().unwrap().to_owned()
}

pub(crate) fn accepted(scene: &Scene, hash: &str) -> Accepting {
    let (ports, hash) = (scene.sim.ports(), hash.to_owned());
    scene.sim.block_on(async move { accept(&ports, &ports, &hash).await }).unwrap().unwrap()
}

/// The tags of one of ours that a person holds.
fn held() -> Tags {
    let mut tags = ours();
    tags.insert("caretaker:hold", "true");
    tags
}

fn untag(scene: &Scene, key: &str) {
    let ids: Vec<_> = scene.snapshots().into_iter().map(|snapshot| snapshot.id).collect();
    scene.cloud(|cloud| {
        for id in &ids {
            let snapshot = cloud.snapshots.get(id).unwrap();
            let kept = snapshot.tags.iter().filter(|(name, _)| *name != key);
            snapshot.tags = kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        }
    });
}

/// What ends by time follows from time: locks do, as holds with a date.
#[test]
fn r29_locks_that_end_let_go_without_a_question() {
    let scene = Scene::new(&[("SNAPSHOT_RETENTION_DAYS", "1")]);
    for day in 0..8 {
        for volume in 0..15 {
            let id = scene.old_snapshot(&format!("snap-{day}x{volume:02}"), &format!("vol-{volume}"), 0);
            scene.sim.act(|cloud, context| {
                let lock = Lock::new("governance", 2, None, context.now).unwrap();
                cloud.lock_snapshot(&id, lock, context).unwrap();
            });
        }
        let told = cleanup(&scene);
        assert_eq!(told["failed"], serde_json::json!([]), "day {day}: {told}");
    }
    assert_eq!(scene.snapshots().len(), 2 * 15);
}

#[test]
fn r23_twenty_instances_stopped_each_evening_and_two_days_kept_are_never_refused() {
    let office = Office::of(20, &[("SNAPSHOT_RETENTION_DAYS", "2")]);
    for day in 0..30 {
        let told = office.day();
        assert_eq!(told["failed"], serde_json::json!([]), "day {day}: {told}");
        assert!(office.oldest() <= 1, "day {day}: {} days old", office.oldest());
    }
}

#[test]
fn r23_a_policy_cut_from_30_days_to_1_removes_nothing_until_a_person_accepts_it() {
    let office = Office::of(5, &[]);
    (0..12).for_each(|_| drop(office.day()));
    office.deploys(&[("SNAPSHOT_RETENTION_DAYS", "1")]);
    let before = office.scene.snapshots().len();
    let first = hash(&office.day());
    // A day later it is the same question, by the same name.
    assert_eq!((hash(&office.day()), office.scene.snapshots().len()), (first.clone(), before + 10));
    assert!(matches!(accepted(&office.scene, "0123456789ab"), Accepting::NotAsked(Some(_))));
    assert!(matches!(accepted(&office.scene, &first), Accepting::Accepted(_)));
    // Of the 60 that were due when it was asked, 19 a night; and the ten of the two days since.
    let told = office.day();
    assert_eq!((&told["deleted"], &told["later"]), (&29.into(), &41.into()), "{told}");
    (0..12).for_each(|_| assert_eq!(office.day()["failed"], serde_json::json!([])));
    assert_eq!(office.oldest(), 0);
}

#[test]
fn r23_a_policy_that_keeps_more_asks_nobody() {
    let office = Office::of(3, &[("SNAPSHOT_RETENTION_DAYS", "2")]);
    (0..5).for_each(|_| drop(office.day()));
    office.deploys(&[("SNAPSHOT_RETENTION_DAYS", "4")]);
    for _ in 0..6 {
        assert_eq!(office.day()["failed"], serde_json::json!([]));
    }
    assert_eq!(office.oldest(), 3);
    // It is the accepted one by now: going back is a cut.
    office.deploys(&[("SNAPSHOT_RETENTION_DAYS", "2")]);
    hash(&office.day());
}

#[test]
fn r23_a_hold_that_many_lose_removes_nothing_until_a_person_accepts_it() {
    let scene = Scene::default();
    for n in 0..60 {
        scene.put_snapshot(&format!("snap-{n:02}"), &format!("vol-{}", n % 3), 40 + n, held());
    }
    // A large account, of which they are a small part.
    for n in 0..500 {
        scene.old_snapshot(&format!("snap-y{n:03}"), &format!("vol-y{n}"), n % 20);
    }
    assert_eq!(cleanup(&scene)["deleted"], 0);
    untag(&scene, "caretaker:hold");
    let told = cleanup(&scene);
    let why = "57 are let go that the last night kept and that time does not explain";
    assert!(told["refused"].as_str().unwrap().contains(why), "{told}");
    assert_eq!(scene.snapshots().len(), 560);
    accepted(&scene, &hash(&told));
    assert_eq!(cleanup(&scene)["deleted"], 57);
}

#[test]
fn r23_a_hold_that_one_of_each_volume_loses_removes_nothing_until_a_person_accepts_it() {
    let scene = Scene::default();
    for n in 0..30 {
        scene.put_snapshot(&format!("snap-a{n:02}"), &format!("vol-{n}"), 400, held());
        for days in 1..5 {
            scene.old_snapshot(&format!("snap-b{n:02}x{days}"), &format!("vol-{n}"), days);
        }
    }
    assert_eq!(cleanup(&scene)["deleted"], 0);
    untag(&scene, "caretaker:hold");
    assert!(cleanup(&scene)["refused"].is_string());
    assert_eq!(scene.snapshots().len(), 150);
}

#[test]
fn r23_who_accepts_a_plan_accepts_no_other_snapshots_than_it_names() {
    let scene = Scene::default();
    for n in 0..40 {
        scene.put_snapshot(&format!("snap-a{n:02}"), &format!("vol-{n}"), 400, held());
        scene.old_snapshot(&format!("snap-b{n:02}"), &format!("vol-{n}"), 2);
    }
    assert_eq!(cleanup(&scene)["deleted"], 0);
    let holds = |range: std::ops::Range<i32>, value: &str| {
        scene.cloud(|cloud| {
            for n in range {
                let id = format!("snap-a{n:02}").parse().unwrap();
                cloud.snapshots.get(&id).unwrap().tags.insert("caretaker:hold", value);
            }
        });
    };
    holds(0..20, "false");
    let first = hash(&cleanup(&scene));
    assert_eq!(hash(&cleanup(&scene)), first);
    // The same number, and others.
    holds(0..20, "true");
    holds(20..40, "false");
    deploys(&scene, &[("ACCEPT_PLAN", &first)]);
    let told = cleanup(&scene);
    assert_eq!(scene.snapshots().len(), 80, "{told}");
    assert_ne!(hash(&told), first);
}

#[test]
fn r23_a_policy_cut_on_a_quiet_day_is_asked_about_when_it_bites() {
    let scene = Scene::default();
    for n in 0..40 {
        scene.old_snapshot(&format!("snap-{n:02}"), &format!("vol-{}", n % 2), 1);
    }
    assert_eq!(cleanup(&scene)["deleted"], 0);
    deploys(&scene, &[("SNAPSHOT_RETENTION_DAYS", "3")]);
    assert_eq!(cleanup(&scene)["deleted"], 0);
    (0..3).for_each(|_| drop(scene.night().unwrap()));
    let told = cleanup(&scene);
    assert!(told["refused"].as_str().unwrap().contains("the policy has changed"), "{told}");
    assert_eq!(scene.snapshots().len(), 40);
}

#[test]
fn r23_ownership_that_many_lose_removes_nothing_until_a_person_accepts_it() {
    let scene = Scene::default();
    for n in 0..40 {
        scene.old_snapshot(&format!("snap-{n:02}"), "vol-1", 10 + n % 25);
    }
    cleanup(&scene);
    let there = scene.snapshots().len();
    scene.cloud(|cloud| {
        for n in 0..15 {
            let id = format!("snap-{n:02}").parse().unwrap();
            cloud.snapshots.get(&id).unwrap().tags.insert("CreatedBy", "nobody");
        }
    });
    let told = cleanup(&scene);
    let why = "snapshots are missing that no night has removed";
    assert!(told["refused"].as_str().unwrap().contains(why), "{told}");
    assert_eq!(scene.snapshots().len(), there);
    accepted(&scene, &hash(&told));
    assert_ne!(cleanup(&scene)["deleted"], 0);
}

#[test]
fn r23_the_command_to_look_at_a_plan_can_be_pasted_whatever_its_tags_are() {
    let tags = [("KEEP_TAG", "Backup Plan=gold;x=$(id)"), ("KEEP_GROUP_BY", "tag:My App")];
    let scene = Scene::new(&tags);
    for n in 0..40 {
        scene.old_snapshot(&format!("snap-{n:02}"), "vol-1", 40 + n);
    }
    let told = cleanup(&scene);
    let told = told["refused"].as_str().unwrap();
    let command = told.lines().find_map(|line| line.strip_prefix("to look: ")).unwrap();
    for quoted in ["--keep-tag 'Backup Plan=gold' ", "--keep-tag 'x=$(id)' ", "--group-by 'tag:My App' "] {
        assert!(command.contains(quoted), "{quoted}: {command}");
    }
}

#[test]
fn r23_a_setting_accepts_as_well() {
    let scene = Scene::default();
    for n in 0..40 {
        scene.old_snapshot(&format!("snap-{n:02}"), "vol-1", 40 + n);
    }
    let hash = hash(&cleanup(&scene));
    deploys(&scene, &[("ACCEPT_PLAN", &hash)]);
    let told = cleanup(&scene);
    assert_eq!((&told["deleted"], &told["later"]), (&10.into(), &29.into()), "{told}");
    // It may stay: it names that one plan.
    deploys(&scene, &[("ACCEPT_PLAN", &hash), ("SNAPSHOT_RETENTION_DAYS", "1")]);
    for n in 0..40 {
        scene.old_snapshot(&format!("snap-b{n:02}"), "vol-2", 3 + n % 20);
    }
    assert!(cleanup(&scene)["refused"].is_string());
}

#[test]
fn r23_what_came_due_while_nothing_was_removed_goes_in_slices() {
    let scene = Scene::default();
    for n in 0..100 {
        scene.old_snapshot(&format!("snap-{n:03}"), "vol-1", 1 + n / 10);
    }
    assert_eq!(cleanup(&scene)["deleted"], 0);
    deploys(&scene, &[("MODE", "observe")]);
    (0..35).for_each(|_| drop(cleanup(&scene)));
    deploys(&scene, &[]);
    let told = cleanup(&scene);
    assert_eq!((&told["deleted"], &told["later"]), (&25.into(), &74.into()), "{told}");
}

#[test]
fn r23_a_night_that_dies_while_it_removes_does_not_ask_about_itself() {
    use cloud_sim::fault::{Fault, Pick, Rule};
    let office = Office::of(20, &[("SNAPSHOT_RETENTION_DAYS", "2")]);
    (0..2).for_each(|_| drop(office.day()));
    office
        .scene
        .sim
        .faults(|faults| faults.add(Rule::on("DeleteSnapshot", Fault::CrashAfter, Pick::Nth(15))));
    office.begin_day();
    let _ = office.scene.night();
    // Lambda's retry saw the night through, and asked nobody about what the first attempt had removed.
    assert_eq!(office.scene.snapshots().len(), 40);
    for day in 0..4 {
        let told = office.day();
        assert_eq!(told["failed"], serde_json::json!([]), "day {day}: {told}");
    }
    assert_eq!(office.oldest(), 1);
}

#[test]
fn r3_doctor_report_answer_and_plan_say_what_is_kept_in_the_same_words() {
    for settings in
        [vec![], vec![("KEEP_DAILY", "7")], vec![("KEEP_DAILY", "7"), ("SNAPSHOT_RETENTION_DAYS", "30")]]
    {
        let scene = Scene::new(&settings);
        scene.night().unwrap();
        let report = scene.mails()[0].body.clone();
        let kept = report.lines().find_map(|line| line.strip_prefix("Kept ")).unwrap().to_owned();
        let mut pairs = usual_settings();
        pairs.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let found = cli::doctor::examine(&pairs, &[Function::NightlyMaintenance]);
        assert!(found.iter().any(|finding| finding.words == format!("snapshots kept {kept}")), "{found:?}");
        pairs.insert("MODE".to_owned(), "observe".to_owned());
        Stack::new(&pairs).unwrap().update(&scene.sim);
        assert_eq!(cleanup(&scene)["retention"], kept.as_str());
        let policy = NightSettings::parse(&pairs).unwrap().retention;
        let plan = policy.plan(&Source::default().stock(), scene.sim.now());
        let plan = cli::retention::table::plan(&plan);
        assert!(plan.contains(&format!("\nkept {kept}\n")), "{plan}");
    }
}

/// As the template is, whatever it passes by itself.
#[test]
fn r3_a_rule_alone_holds_alone_in_the_stack() {
    let scene = Scene::new(&[("KEEP_DAILY", "3")]);
    for days in 1..9 {
        scene.old_snapshot(&format!("snap-{days}"), "vol-1", days);
    }
    assert_eq!(cleanup(&scene)["deleted"], 5);
}
