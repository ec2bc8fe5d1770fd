//! What is not protected is said.

use ports::{InstanceId, VolumeId};
use serde_json::json;
use simulation::stack::FunctionName;
use support::scene::Scene;

use crate::auto_snapshot::state_event;

const FAILED: &str = "Server.InternalError";

fn volumes(scene: &Scene, instance: &InstanceId) -> Vec<VolumeId> {
    scene.cloud(|cloud| cloud.ec2.attached(instance).map(|(id, ..)| id.clone()).collect())
}

fn of_type(scene: &Scene, name: &str) -> InstanceId {
    let instance = scene.instance("web-1", 0);
    scene.cloud(|cloud| name.clone_into(&mut cloud.ec2.machine(&instance).unwrap().instance_type));
    instance
}

#[test]
fn s27_an_instance_with_nothing_to_snapshot_is_told_of_once_an_incident() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 1);
    for volume in volumes(&scene, &instance) {
        scene.cloud(|cloud| cloud.ec2.disk(&volume).unwrap().tags.insert("AutoSnapshot", "false"));
    }
    scene.stop(&instance, FAILED);
    let answer = scene.answer(FunctionName::AutoSnapshot).unwrap().unwrap();
    assert_eq!((&answer["action"], &answer["status"]), (&json!("not_protected"), &json!("OK")));
    scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "stopped")).unwrap();
    scene.send(FunctionName::NightlyMaintenance, br#"{"task": "reconcile"}"#).unwrap();
    assert!(scene.snapshots().is_empty());
    assert_eq!(scene.subjects(), ["[Auto-Snapshot] NOT PROTECTED web-1 (stopping)"]);
    insta::assert_snapshot!(scene.mails()[0].body);
    assert!(scene.broken().is_empty(), "{:?}", scene.broken());
}

#[test]
fn s27_an_instance_without_any_volume_is_told_of_although_nobody_heard_of_its_stop() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 0);
    for volume in volumes(&scene, &instance) {
        scene.cloud(|cloud| cloud.ec2.disk(&volume).unwrap().attachments.clear());
    }
    scene.cloud(|cloud| cloud.ec2.machine(&instance).unwrap().state = ports::InstanceState::Stopped);
    let reconcile = || scene.send(FunctionName::NightlyMaintenance, br#"{"task": "reconcile"}"#).unwrap();
    let words = reconcile()["reconciliation"]["done"][0]["words"].clone();
    assert_eq!(words, "web-1 (stopped) has no snapshots: there is no volume to take");
    assert_eq!(reconcile()["reconciliation"]["done"], json!([]));
    assert_eq!(scene.subjects()[0], "[Auto-Snapshot] NOT PROTECTED web-1 (stopped)");
}

#[test]
fn s27_an_instance_that_is_not_opted_in_is_not_told_of() {
    let scene = Scene::default();
    let instance = scene.tagged(support::scene::tags([("Name", "batch")]), 0);
    scene.stop(&instance, FAILED);
    assert!(scene.mails().is_empty());
}

#[test]
fn s27_the_disks_on_the_host_are_told_of() {
    let scene = Scene::default();
    scene.stop(&of_type(&scene, "m5d.4xlarge"), FAILED);
    let answer = scene.answer(FunctionName::AutoSnapshot).unwrap().unwrap();
    let why = "its type has disks on the host (2, 600 GB in all), which no snapshot can save";
    assert_eq!(answer["left_out"], json!([{ "volume": "instance store", "why": why }]));
    assert!(scene.mails()[0].body.contains(&format!("Left out:\n  instance store: {why}\n")));
    assert_eq!(scene.snapshots().len(), 1);
}

#[test]
fn s27_the_disks_on_the_host_are_told_of_when_it_is_too_late_too() {
    let scene = Scene::default();
    let instance = of_type(&scene, "m5d.4xlarge");
    for volume in volumes(&scene, &instance) {
        scene.cloud(|cloud| cloud.ec2.disk(&volume).unwrap().attachments.clear());
    }
    scene.cloud(|cloud| cloud.ec2.machine(&instance).unwrap().state = ports::InstanceState::Terminated);
    scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "shutting-down")).unwrap();
    let mail = &scene.mails()[0];
    assert!(mail.subject.starts_with("[Auto-Snapshot] LOST web-1"), "{}", mail.subject);
    assert!(
        mail.body.contains("Left out:\n  instance store: its type has disks on the host"),
        "{}",
        mail.body
    );
}

#[test]
fn s27_what_cannot_be_read_of_the_host_is_said_and_keeps_no_volume_from_being_taken() {
    let scene = Scene::default();
    scene.stop(&of_type(&scene, "x9.large"), FAILED);
    let answer = scene.answer(FunctionName::AutoSnapshot).unwrap().unwrap();
    let why = answer["left_out"][0]["why"].as_str().unwrap();
    assert!(why.starts_with("whether it has one could not be read: DescribeInstanceTypes"), "{why}");
    assert_eq!((scene.snapshots().len(), scene.mails().len()), (1, 1));
}
