//! The life of an instance, and what the bus hears of it.

use std::sync::{Arc, Mutex};

use cloud_sim::Sim;
use cloud_sim::cloud::Happening;
use cloud_sim::cloud::cloudwatch::{Alarm, Comparison, Condition, Metric};
use cloud_sim::cloud::ec2::{Incident, Trait};
use cloud_sim::cloud::eventbridge::{On, Rule};
use cloud_sim::cloud::list::Listing;
use cloud_sim::fault::FaultPlan;
use jiff::SignedDuration;
use ports::trigger::{AlarmState, SpotAction};
use ports::{InstanceId, InstanceState, StateReason, time};
use serde_json::{Value, json};

use crate::world::{code, instance, minutes, recorder, seconds, troubled, world};

struct Scene {
    sim: Sim,
    id: InstanceId,
    heard: Arc<Mutex<Vec<Value>>>,
}

/// An instance, and somebody who hears all that EC2 and AWS Health tell the bus.
fn scene(sim: Sim, traits: &[Trait]) -> Scene {
    let heard = recorder(&sim, "listener");
    let pattern = r#"{"source": ["aws.ec2", "aws.health"]}"#.parse().unwrap();
    sim.act(|cloud, context| cloud.add_rule("all", Rule::new(On::Events(pattern), "listener"), context));
    let id = instance(&sim, 1);
    sim.cloud(|cloud| cloud.ec2.machine(&id).unwrap().traits.extend(traits));
    Scene { sim, id, heard }
}

fn reason(code: &str) -> StateReason {
    StateReason { code: code.to_owned(), message: code.to_owned() }
}

impl Scene {
    fn befalls(&self, incident: Incident) {
        self.sim.at(self.sim.now(), Happening::Befalls { instance: self.id.clone(), incident });
    }

    fn stop(&self, code: &str) {
        self.sim.at(self.sim.now(), Happening::Stop { instance: self.id.clone(), reason: reason(code) });
    }

    /// What the bus was told: states, spot actions and codes of AWS Health.
    fn told(&self) -> Vec<String> {
        let word = |event: &Value| {
            let detail = &event["detail"];
            let known = ["state", "instance-action", "eventTypeCode"];
            known.into_iter().find_map(|key| detail[key].as_str()).unwrap().to_owned()
        };
        self.heard.lock().unwrap().iter().map(word).collect()
    }

    fn state(&self) -> Option<InstanceState> {
        self.sim.cloud(|cloud| cloud.ec2.machine(&self.id).map(|machine| machine.state))
    }

    fn reason(&self) -> String {
        self.sim.cloud(|cloud| cloud.ec2.machine(&self.id).unwrap().reason.clone().unwrap().code)
    }
}

#[test]
fn a_stop_is_two_events_that_carry_no_cause() {
    let scene = scene(world(), &[]);
    scene.stop("Client.UserInitiatedShutdown");
    minutes(&scene.sim, 5);
    assert_eq!(scene.told(), ["stopping", "stopped"]);
    let expected = json!({ "instance-id": scene.id, "state": "stopping" });
    assert_eq!(scene.heard.lock().unwrap()[0]["detail"], expected);
    let transition = scene.sim.cloud(|cloud| cloud.ec2.machine(&scene.id).unwrap().transition.clone());
    assert_eq!(transition, "User initiated (2026-11-23 14:00:00 UTC)");
}

#[test]
fn hibernating_is_stopping_for_a_reason_of_its_own() {
    let scene = scene(world(), &[Trait::Hibernates]);
    scene.stop("Client.UserInitiatedHibernate");
    minutes(&scene.sim, 5);
    assert_eq!(scene.told(), ["stopping", "stopped"]);
    assert_eq!(scene.reason(), "Client.UserInitiatedHibernate");
}

#[test]
fn a_terminated_instance_is_listed_for_a_while_and_its_tags_fade_before() {
    let scene = scene(world(), &[]);
    scene.befalls(Incident::Terminate(reason("Client.InstanceInitiatedShutdown")));
    minutes(&scene.sim, 5);
    assert_eq!(scene.told(), ["shutting-down", "terminated"]);
    let left = scene
        .sim
        .cloud(|cloud| cloud.ec2.disks().map(|(_, disk)| disk.attachments.len()).collect::<Vec<_>>());
    assert_eq!(left, [0]);
    minutes(&scene.sim, 40);
    let tags = scene.sim.cloud(|cloud| cloud.ec2.machine(&scene.id).unwrap().tags.len());
    assert_eq!((scene.state(), tags), (Some(InstanceState::Terminated), 0));
    minutes(&scene.sim, 20);
    let listing = Listing::of_ids([scene.id.as_str()]);
    let gone = code(&scene.sim, |cloud, context| cloud.ec2.list_instances(&listing, context));
    assert_eq!((scene.state(), gone), (None, Some("InvalidInstanceID.NotFound")));
}

#[test]
fn a_spot_instance_is_warned_two_minutes_before() {
    for (action, after, code) in [
        (SpotAction::Stop, "stopping", "Server.SpotInstanceShutdown"),
        (SpotAction::Hibernate, "stopping", "Server.SpotInstanceShutdown"),
        (SpotAction::Terminate, "shutting-down", "Server.SpotInstanceTermination"),
    ] {
        let scene = scene(world(), &[Trait::Spot]);
        scene.befalls(Incident::SpotInterruption(action));
        seconds(&scene.sim, 119);
        assert_eq!((scene.told().len(), scene.state()), (1, Some(InstanceState::Running)));
        seconds(&scene.sim, 3);
        assert_eq!((scene.told()[1].as_str(), scene.reason().as_str()), (after, code));
        let warning = scene.heard.lock().unwrap()[0].clone();
        assert_eq!(warning["detail-type"], "EC2 Spot Instance Interruption Warning");
        assert_eq!(warning["resources"][0], format!("arn:aws:ec2:eu-west-1a:instance/{}", scene.id));
    }
}

#[test]
fn only_spot_instances_are_taken_back() {
    let scene = scene(world(), &[]);
    scene.befalls(Incident::SpotInterruption(SpotAction::Terminate));
    minutes(&scene.sim, 10);
    assert_eq!((scene.told().len(), scene.state()), (0, Some(InstanceState::Running)));
}

#[test]
fn a_retirement_is_told_ahead_and_stops_or_terminates() {
    for (traits, state) in
        [(&[][..], InstanceState::Stopped), (&[Trait::OnInstanceStore][..], InstanceState::Terminated)]
    {
        let scene = scene(world(), traits);
        let at = time::later(scene.sim.now(), SignedDuration::from_hours(24));
        scene.befalls(Incident::Retirement(at));
        minutes(&scene.sim, 5);
        assert_eq!(scene.told(), ["AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED"]);
        assert_eq!(scene.heard.lock().unwrap()[0]["detail"]["startTime"], "Tue, 24 Nov 2026 14:00:00 GMT");
        scene.sim.run_for(SignedDuration::from_hours(24));
        assert_eq!((scene.state(), scene.reason().as_str()), (Some(state), "Server.ScheduledStop"));
    }
}

#[test]
fn an_instance_that_is_recovered_changes_no_state() {
    let scene = scene(world(), &[]);
    let metric = Metric::new("AWS/EC2", "StatusCheckFailed_System").with("InstanceId", scene.id.as_str());
    let condition = Condition::new(Comparison::GreaterThan, 0.0, 60, 1).unwrap();
    scene.sim.act(|cloud, context| cloud.put_alarm("check", Alarm::new(metric, condition), context));
    scene.befalls(Incident::HostFails);
    minutes(&scene.sim, 2);
    let state = scene.sim.cloud(|cloud| cloud.cloudwatch.alarm("check").unwrap().status.state);
    assert_eq!((state, scene.told().len()), (AlarmState::Alarm, 0));
    minutes(&scene.sim, 60);
    assert_eq!(scene.told(), ["AWS_EC2_SIMPLIFIED_AUTO_RECOVERY_SUCCESS"]);
    assert_eq!(scene.state(), Some(InstanceState::Running));
}

#[test]
fn a_recovery_may_fail_and_what_is_in_a_group_is_not_recovered() {
    let plan = FaultPlan { failed_recoveries: 1000, ..FaultPlan::default() };
    let failed = scene(troubled(1, plan), &[]);
    failed.befalls(Incident::HostFails);
    minutes(&failed.sim, 60);
    assert_eq!(failed.told(), ["AWS_EC2_SIMPLIFIED_AUTO_RECOVERY_FAILURE"]);
    let member = scene(world(), &[]);
    let group = "web".parse().unwrap();
    member.sim.cloud(|cloud| cloud.ec2.machine(&member.id).unwrap().group = Some(group));
    member.befalls(Incident::HostFails);
    minutes(&member.sim, 60);
    assert_eq!(member.told(), Vec::<String>::new());
}

#[test]
fn what_is_stuck_stops_by_force_only() {
    let scene = scene(world(), &[Trait::Stuck]);
    scene.stop("Client.UserInitiatedShutdown");
    scene.sim.run_for(SignedDuration::from_hours(5));
    assert_eq!(scene.state(), Some(InstanceState::Stopping));
    scene.befalls(Incident::ForceStop);
    minutes(&scene.sim, 5);
    assert_eq!((scene.state(), scene.told().len()), (Some(InstanceState::Stopped), 2));
}

#[test]
fn a_stop_may_take_half_an_hour() {
    let scene = scene(troubled(1, FaultPlan { slow_stops: 1000, ..FaultPlan::default() }), &[]);
    scene.stop("Client.UserInitiatedShutdown");
    minutes(&scene.sim, 29);
    assert_eq!(scene.told(), ["stopping"]);
    minutes(&scene.sim, 10);
    assert_eq!(scene.told(), ["stopping", "stopped"]);
}

#[test]
fn what_has_its_root_on_its_host_cannot_be_stopped() {
    let scene = scene(world(), &[Trait::OnInstanceStore]);
    scene.stop("Client.UserInitiatedShutdown");
    minutes(&scene.sim, 5);
    assert_eq!(scene.state(), Some(InstanceState::Running));
}

#[test]
fn a_reboot_is_no_change_of_state() {
    let scene = scene(world(), &[]);
    scene.sim.at(scene.sim.now(), Happening::Reboot { instance: scene.id.clone() });
    minutes(&scene.sim, 5);
    let heard = scene.heard.lock().unwrap();
    let kinds: Vec<&str> = heard.iter().map(|event| event["detail-type"].as_str().unwrap()).collect();
    assert_eq!((kinds, scene.state()), (vec!["AWS API Call via CloudTrail"], Some(InstanceState::Running)));
}

#[test]
fn a_zone_is_impaired_for_a_while() {
    let scene = scene(world(), &[]);
    let list = || code(&scene.sim, |cloud, context| cloud.ec2.list_instances(&Listing::default(), context));
    for (impaired, expected) in [(true, Some("Unavailable")), (false, None)] {
        scene.sim.at(scene.sim.now(), Happening::Zone { zone: "eu-west-1a".to_owned(), impaired });
        seconds(&scene.sim, 1);
        assert_eq!(list(), expected);
    }
}
