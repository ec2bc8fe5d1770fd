//! The template as whoever deploys it has it: all that Caretaker promises, and what becomes of failures.

use cloud_sim::cloud::Happening;
use cloud_sim::cloud::cloudwatch::Metric;
use cloud_sim::fault::{Fault, Pick, Rule};
use jiff::SignedDuration;
use ports::Capacity;
use serde_json::Value;
use simulation::stack::{FunctionName, shipped};
use support::scene::{Scene, event};

/// What functions could not do, as their queues have it.
fn given_up(scene: &Scene, function: FunctionName) -> Vec<Value> {
    let records = scene.cloud(|cloud| cloud.lambda.failures.get(&function.failures()).cloned());
    records.unwrap_or_default().iter().map(|record| serde_json::from_str(record).unwrap()).collect()
}

/// A stack with these parameters, whose ledger answers nobody.
fn broken(parameters: &[(&str, &str)]) -> Scene {
    let scene = Scene::of(shipped(), &[], parameters);
    scene.sim.faults(|faults| {
        for operation in ["GetItem", "UpdateItem", "DescribeInstances"] {
            faults.add(Rule::on(operation, Fault::Unavailable, Pick::Every));
        }
    });
    scene
}

#[test]
fn o10_what_a_function_cannot_do_is_kept_in_a_queue_of_its_own() {
    let sample = |function| match function {
        FunctionName::AutoSnapshot => event("ec2-state-change"),
        FunctionName::NightlyMaintenance => event("scheduled"),
        FunctionName::AutoRemediation => event("alarm-sns"),
    };
    for function in FunctionName::ALL {
        let scene = broken(&[]);
        assert!(scene.send(function, &sample(function)).is_err(), "{function:?}");
        for queue in FunctionName::ALL {
            let kept = given_up(&scene, queue);
            assert_eq!(kept.len(), usize::from(queue == function), "{function:?} {queue:?}");
            let sent: Value = serde_json::from_slice(&sample(function)).unwrap();
            assert!(kept.iter().all(|record| record["requestPayload"] == sent), "{kept:?}");
        }
    }
}

#[test]
fn o11_the_template_alone_snapshots_scales_archives_and_reports() {
    let scene = Scene::of(shipped(), &[], &[]);
    scene.group("web", 2, 10);
    scene.records("2026-11-23", 2);
    scene.stop(&scene.instance("web-1", 1), "Server.InternalError");
    let metric = Metric::new("AWS/EC2", "CPUUtilization").with("AutoScalingGroupName", "web");
    for _ in 0..3 {
        scene.sim.at(scene.sim.now(), Happening::Datapoint { metric: metric.clone(), value: 96.0 });
        scene.sim.run_for(SignedDuration::from_mins(5));
    }
    scene.night().unwrap();
    let archived = scene.object("metrics-archive/2026-11-23/metrics.jsonl").unwrap();
    assert_eq!((scene.snapshots().len(), archived.lines().count()), (2, 2));
    assert_eq!(scene.desired("web"), Capacity(4));
    let subjects = [
        "[Auto-Snapshot] web-1 (stopping)",
        "[Auto-Remediation] caretaker-high-cpu",
        "[Daily Ops Report] 2026-11-24",
    ];
    assert_eq!(scene.subjects(), subjects);
}

#[test]
fn x6_how_often_a_failed_event_is_tried_again_is_a_parameter() {
    for (retries, attempts) in [("0", 1), ("1", 2), ("2", 3)] {
        let scene = broken(&[("MaximumRetryAttempts", retries)]);
        assert!(scene.send(FunctionName::AutoSnapshot, &event("ec2-state-change")).is_err());
        let records = given_up(&scene, FunctionName::AutoSnapshot);
        assert_eq!(records[0]["requestContext"]["approximateInvokeCount"], attempts, "{retries}");
    }
}

#[test]
fn x6_how_old_an_event_may_become_is_a_parameter() {
    let scene = broken(&[("SnapshotMaximumEventAge", "60")]);
    assert!(scene.send(FunctionName::AutoSnapshot, &event("ec2-state-change")).is_err());
    let records = given_up(&scene, FunctionName::AutoSnapshot);
    assert_eq!(records[0]["requestContext"]["condition"], "EventAgeExceeded");
}
