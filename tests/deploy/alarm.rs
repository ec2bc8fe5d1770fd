//! The stack's own alarms tell people, and only when there is something to tell.

use std::sync::Arc;

use adapters_sim::HasPorts;
use cloud_sim::cloud::Happening;
use cloud_sim::cloud::cloudwatch::Metric;
use cloud_sim::cloud::lambda::Delivery;
use cloud_sim::deploy::Allowed;
use cloud_sim::kernel::{FunctionError, Handler};
use futures::FutureExt;
use jiff::SignedDuration;
use ports::{Clock, time};
use serde_json::Value;
use simulation::stack::{FunctionName, shipped};
use support::scene::Scene;

/// A function's code is gone.
fn breaks(scene: &Scene, function: FunctionName) {
    let error = || FunctionError { error_type: "Oops".to_owned(), message: "no".to_owned() };
    scene.sim.install(function.as_str(), Arc::new(move |_| async move { Err(error()) }.boxed()));
}

/// The alarms that people heard of, by a part of their names.
fn heard_of(scene: &Scene, part: &str) -> usize {
    let is_it = |subject: &String| subject.starts_with("ALARM: ") && subject.contains(part);
    scene.subjects().iter().filter(|subject| is_it(subject)).count()
}

#[test]
fn one_event_that_fails_for_good_is_told_of_by_its_failure_queue_alone() {
    let scene = Scene::default();
    breaks(&scene, FunctionName::AutoSnapshot);
    let _ = scene.send(FunctionName::AutoSnapshot, b"{}");
    scene.sim.run_for(SignedDuration::from_mins(15));
    assert_eq!((heard_of(&scene, "gave-up"), heard_of(&scene, "AutoSnapshotErrors")), (1, 0));
}

#[test]
fn four_lost_nights_are_four_mails_and_what_lies_there_for_a_day_is_one_more() {
    let scene = Scene::default();
    breaks(&scene, FunctionName::NightlyMaintenance);
    for nights in 1..=4 {
        assert!(scene.night().is_err());
        assert_eq!(heard_of(&scene, "gave-up"), nights);
    }
    assert_eq!(heard_of(&scene, "FailuresWait"), 1);
}

#[test]
fn events_that_fail_one_after_the_other_raise_an_alarm() {
    let scene = Scene::default();
    breaks(&scene, FunctionName::AutoSnapshot);
    for _ in 0..2 {
        let wait = SignedDuration::from_mins(1);
        let _ = scene.send_and_wait(FunctionName::AutoSnapshot, b"{}", wait);
    }
    scene.sim.run_for(SignedDuration::from_mins(15));
    assert_eq!(heard_of(&scene, "AutoSnapshotErrors"), 1);
}

#[test]
fn events_that_wait_for_ten_minutes_raise_an_alarm() {
    let scene = Scene::of(shipped(), &[], &[("ReserveConcurrency", "true")]);
    let slow: Handler = Arc::new(|invocation| {
        async move {
            invocation.ports().sleep(SignedDuration::from_secs(100)).await;
            Ok(Value::Null)
        }
        .boxed()
    });
    scene.sim.install(FunctionName::AutoRemediation.as_str(), slow);
    let function = FunctionName::AutoRemediation.as_str().to_owned();
    let delivery = Delivery { function, payload: b"{}".to_vec() };
    for n in 0..300 {
        let at = time::later(scene.sim.now(), SignedDuration::from_secs(3 * n));
        scene.sim.at(at, Happening::Deliver(delivery.clone()));
    }
    scene.sim.run_for(SignedDuration::from_mins(15));
    assert_eq!(heard_of(&scene, "AutoRemediationThrottles"), 1);
}

#[test]
fn p8_a_night_without_a_report_raises_an_alarm() {
    let scene = Scene::default();
    scene.night().unwrap();
    breaks(&scene, FunctionName::NightlyMaintenance);
    assert!(scene.night().is_err());
    assert_eq!(heard_of(&scene, "ReportMissing"), 0);
    scene.sim.run_for(SignedDuration::from_hours(4));
    assert_eq!(heard_of(&scene, "ReportMissing"), 1);
}

#[test]
fn nights_with_reports_raise_no_alarm() {
    let scene = Scene::default();
    for _ in 0..3 {
        scene.night().unwrap();
    }
    assert_eq!(heard_of(&scene, ""), 0);
}

#[test]
fn whoever_only_observes_hears_of_a_night_that_does_not_come() {
    let scene = Scene::new(&[("MODE", "observe")]);
    for _ in 0..3 {
        scene.night().unwrap();
    }
    assert_eq!(heard_of(&scene, ""), 0);
    breaks(&scene, FunctionName::NightlyMaintenance);
    scene.sim.run_for(SignedDuration::from_hours(30));
    assert_eq!(heard_of(&scene, "ReportMissing"), 1);
}

#[test]
fn a_report_that_may_not_be_logged_is_missed() {
    let is_it =
        |allowed: &Allowed| allowed.role == "NightlyMaintenanceRole" && allowed.action == "logs:PutLogEvents";
    let taken = shipped().allowed().into_iter().find(is_it).unwrap();
    let scene = Scene::of(&shipped().without(&taken).unwrap(), &[], &[]);
    let reported = Metric::new("Caretaker", "NightsReported").with("Function", "nightly-maintenance");
    scene.sim.at(scene.sim.now(), Happening::Datapoint { metric: reported, value: 1.0 });
    scene.sim.run_for(SignedDuration::from_hours(30));
    assert_eq!(heard_of(&scene, "ReportMissing"), 1);
    assert_eq!(scene.subjects()[0], "[Daily Ops Report] 2026-11-24");
}
