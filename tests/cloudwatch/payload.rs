//! What CloudWatch says of a change.

use cloud_sim::cloud::cloudwatch::{Comparison, Condition, MissingData, Statistic};
use serde_json::{Value, json};

use super::world::{NAME, World};
use super::{THRESHOLD, of};

#[test]
fn a_message_has_the_alarms_own_configuration() {
    let condition = Condition::new(Comparison::LessThanOrEqualTo, 5.5, 60, 3).unwrap();
    let condition = condition.datapoints_to_alarm(2).unwrap().statistic(Statistic::Maximum);
    let world = World::with(condition.treat_missing_data(MissingData::NotBreaching));
    for _ in 0..2 {
        world.put(5.25);
        world.after_minutes(1);
    }
    let message = &world.messages()[0];
    assert_eq!(
        message["Trigger"],
        json!({
            "MetricName": "Errors", "Namespace": "Shop", "StatisticType": "Statistic", "Statistic": "MAXIMUM",
            "Unit": null, "Dimensions": [{ "value": "cart", "name": "Service" }], "Period": 60,
            "EvaluationPeriods": 3, "DatapointsToAlarm": 2, "ComparisonOperator": "LessThanOrEqualToThreshold",
            "Threshold": 5.5, "TreatMissingData": "notBreaching", "EvaluateLowSampleCountPercentile": "",
        })
    );
    insta::assert_snapshot!(message["NewStateReason"].as_str().unwrap(), @"Threshold Crossed: 2 out of the last 3 datapoints [5.25 (23/11/26 14:01:00), 5.25 (23/11/26 14:00:00)] were less than or equal to the threshold (5.5) and 1 missing datapoint was treated as [NonBreaching] (minimum 2 datapoints for OK -> ALARM transition).");
}

#[test]
fn a_message_names_the_alarm_its_states_and_its_actions() {
    let world = World::with(of(1, 1));
    world.minutes("0 X");
    let mut message = world.messages().remove(0);
    message["Trigger"].take();
    insta::assert_snapshot!(serde_json::to_string_pretty(&message).unwrap());
}

#[test]
fn a_message_without_datapoints_to_alarm_says_nothing_of_them() {
    let world = World::with(Condition::new(Comparison::GreaterThan, THRESHOLD, 300, 1).unwrap());
    world.minutes("X");
    let message = &world.messages()[0];
    assert_eq!(message["Trigger"].get("DatapointsToAlarm"), None);
    insta::assert_snapshot!(message["NewStateReason"].as_str().unwrap(), @"Threshold Crossed: 1 datapoint [5.0 (23/11/26 13:56:00)] was greater than the threshold (3.0).");
}

#[test]
fn the_bus_and_a_direct_action_tell_the_same() {
    let world = World::with(of(2, 3));
    world.minutes("0 X 0 X");
    let (bus, direct) = (&world.heard("bus")[1], &world.heard("direct")[0]);
    assert_eq!(bus["detail"], direct["alarmData"]);
    assert_eq!((&bus["resources"][0], &bus["region"]), (&direct["alarmArn"], &direct["region"]));
    let mut told = bus["detail"].clone();
    for state in ["state", "previousState"] {
        let data = told[state]["reasonData"].take();
        told[state]["reasonData"] = serde_json::from_str(data.as_str().unwrap()).unwrap();
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&told).unwrap());
}

#[test]
fn a_new_alarms_state_has_a_reason_and_no_data() {
    let world = World::with(of(1, 1));
    world.minutes("X");
    let previous = &world.heard("direct")[0]["alarmData"]["previousState"];
    assert_eq!(
        *previous,
        json!({
            "value": "INSUFFICIENT_DATA", "reason": "Unchecked: Initial alarm creation",
            "timestamp": "2026-11-23T14:00:30.000+0000",
        })
    );
}

/// The reason of an alarm after these periods.
fn reason(condition: Condition, missing: MissingData, row: &str) -> String {
    let world = World::with(condition.treat_missing_data(missing));
    world.minutes(row);
    world.status().reason
}

#[test]
fn a_reason_has_the_real_number_of_datapoints() {
    let reasons = [
        reason(of(3, 3), MissingData::Missing, "0 X X X"),
        reason(of(1, 3), MissingData::Missing, "X 0 0 0"),
        reason(of(1, 1), MissingData::Missing, "X - - - -"),
        reason(of(3, 3), MissingData::Missing, "X - -"),
        reason(of(2, 2), MissingData::Breaching, "- - - -"),
        reason(of(1, 3), MissingData::NotBreaching, "- - - X"),
        reason(of(1, 1), MissingData::NotBreaching, "X - - - -"),
        reason(of(2, 2), MissingData::Breaching, "0 - - - -"),
    ];
    insta::assert_snapshot!(reasons.join("\n"), @r"
    Threshold Crossed: 3 out of the last 3 datapoints [5.0 (23/11/26 14:11:00), 5.0 (23/11/26 14:06:00), 5.0 (23/11/26 14:01:00)] were greater than the threshold (3.0) (minimum 3 datapoints for OK -> ALARM transition).
    Threshold Crossed: 3 out of the last 3 datapoints [0.0 (23/11/26 14:11:00), 0.0 (23/11/26 14:06:00), 0.0 (23/11/26 14:01:00)] were not greater than the threshold (3.0) (minimum 3 datapoints for ALARM -> OK transition).
    Insufficient Data: 1 datapoint was unknown.
    Threshold Crossed: 1 out of the last 3 datapoints [5.0 (23/11/26 13:56:00)] was greater than the threshold (3.0) (minimum 3 datapoints for INSUFFICIENT_DATA -> ALARM transition).
    Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].
    Threshold Crossed: 1 out of the last 3 datapoints [5.0 (23/11/26 14:11:00)] was greater than the threshold (3.0) and 2 missing datapoints were treated as [NonBreaching] (minimum 1 datapoint for OK -> ALARM transition).
    Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].
    Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].
    ");
}

#[test]
fn an_event_of_the_bus_has_an_id_of_its_own() {
    let world = World::with(of(1, 1));
    world.minutes("X X 0 0");
    let ids: Vec<Value> = world.heard("bus").iter().map(|event| event["id"].clone()).collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
}

/// The subject and the region of a message from a region.
fn from(region: &str) -> (String, String) {
    let world = World::with(of(1, 1));
    world.sim.cloud(|cloud| cloud.place.region = region.parse().unwrap());
    world.minutes("X");
    let subject = world.heard("topic")[0]["Records"][0]["Sns"]["Subject"].as_str().unwrap().to_owned();
    (subject, world.messages()[0]["Region"].as_str().unwrap().to_owned())
}

#[test]
fn people_read_a_regions_name() {
    for (region, name) in [
        ("us-east-1", "US East (N. Virginia)"),
        ("eu-west-1", "EU (Ireland)"),
        ("ap-northeast-2", "Asia Pacific (Seoul)"),
        ("mx-central-1", "mx-central-1"),
    ] {
        assert_eq!(from(region), (format!("ALARM: \"{NAME}\" in {name}"), name.to_owned()));
    }
}
