//! A bad hour, and what reconciling makes of it.

use std::collections::BTreeMap;

use cloud_sim::cloud::Happening;
use cloud_sim::fault::{Fault, Faults, Pick, Rule};
use jiff::SignedDuration;
use ports::trigger::AlarmState;
use ports::{Attribute, Capacity, Snapshot, SnapshotState, StateReason, time};
use proptest::prelude::*;
use simulation::stack::FunctionName;
use support::scene::Scene;

const FAULTS: [Fault; 5] = [
    Fault::Throttle,
    Fault::Unavailable,
    Fault::TimeoutBefore,
    Fault::TimeoutAfter,
    Fault::InternalErrorAfter,
];

/// An hour in which so many of a hundred requests fail in each way, and so many instances stop.
fn bad_hour(seed: u64, percent: u32, stops: &[i64]) -> Scene {
    let scene = Scene::seeded(seed, &[]);
    scene.group("web", 2, 10);
    scene.alarm("high-cpu", None);
    for fault in FAULTS {
        let rule = Rule::any(vec![fault], Pick::PerMille(percent * 10));
        scene.sim.faults(|faults| faults.add(rule));
    }
    for minute in stops {
        let instance = scene.instance("web", 1);
        let code = "Server.InternalError".to_owned();
        let reason = StateReason { message: code.clone(), code };
        scene.sim.at(
            time::later(scene.sim.now(), SignedDuration::from_mins(*minute)),
            Happening::Stop { instance, reason },
        );
    }
    scene.turns("high-cpu", AlarmState::Alarm);
    scene.sim.run_for(SignedDuration::from_hours(1));
    scene.sim.faults(Faults::clear);
    scene
}

fn reconcile(scene: &Scene) {
    for _ in 0..4 {
        let _ = scene.send(FunctionName::NightlyMaintenance, br#"{"task": "reconcile"}"#);
    }
}

/// The good snapshots of each incident and volume.
fn live(scene: &Scene) -> BTreeMap<(String, String), Vec<Snapshot>> {
    let mut live: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for snapshot in scene.snapshots().into_iter().filter(|s| s.state != SnapshotState::Error) {
        let key = snapshot.tags.get("caretaker:key").unwrap().to_owned();
        live.entry((key, snapshot.volume.to_string())).or_default().push(snapshot);
    }
    live
}

/// The keys of the ledger that somebody still has to come back to.
fn open(scene: &Scene) -> Vec<String> {
    scene.cloud(|cloud| {
        let table = cloud.dynamodb.table("ledger").unwrap();
        let is_open = |item: &&ports::Record| item.get("open") == Some(&Attribute::Bool(true));
        table.items().filter(is_open).map(|item| format!("{item:?}")).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn after_a_bad_hour_every_incident_has_one_set_and_people_know(
        seed in any::<u64>(), percent in 0..15_u32, stops in proptest::collection::vec(0..40_i64, 1..4),
    ) {
        let scene = bad_hour(seed, percent, &stops);
        reconcile(&scene);
        let live = live(&scene);
        prop_assert_eq!(live.len(), stops.len() * 2, "a volume without a snapshot, or with two incidents: {:?}", live.keys());
        for (of, snapshots) in &live {
            prop_assert_eq!(snapshots.len(), 1, "{:?}", of);
        }
        let told = scene.subjects().iter().filter(|subject| subject.starts_with("[Auto-Snapshot] web")).count();
        prop_assert!(stops.len() <= told, "{:?}", scene.subjects());
        let remedied = scene.subjects().iter().any(|subject| subject.starts_with("[Auto-Remediation]"));
        prop_assert!(remedied || percent > 0);
        prop_assert!(scene.desired("web") <= Capacity(4));
        prop_assert_eq!(open(&scene), Vec::<String>::new());
    }
}
