//! Standard queues of SQS.

use std::collections::BTreeMap;

use cloud_sim::Sim;
use cloud_sim::cloud::cloudwatch::{Alarm, Comparison, Condition, Metric, MissingData, Statistic};
use cloud_sim::cloud::sqs::{Depth, Queue, Received};
use cloud_sim::fault::{DeliveryFaults, FaultPlan};
use jiff::SignedDuration;
use ports::trigger::AlarmState;

use crate::world::{code, minutes, seconds, taped, troubled, world};

fn with_queues(sim: Sim) -> Sim {
    sim.cloud(|cloud| {
        cloud.sqs.add_queue("dead", Queue::default());
        cloud.sqs.add_queue("work", Queue::default().redrives_to("dead", 2));
    });
    sim
}

fn send(sim: &Sim, body: &str) {
    sim.act(|cloud, context| cloud.send_message("work", (body, BTreeMap::new()), context)).unwrap();
}

fn receive(sim: &Sim) -> Vec<Received> {
    sim.act(|cloud, context| cloud.receive_messages("work", 10, context)).unwrap()
}

fn bodies(received: &[Received]) -> Vec<&str> {
    received.iter().map(|received| received.message.body.as_str()).collect()
}

fn depth(sim: &Sim, queue: &str) -> Depth {
    let now = sim.now();
    sim.cloud(|cloud| cloud.sqs.depth(queue, now))
}

#[test]
fn what_somebody_received_nobody_else_gets_until_its_time_is_over() {
    let sim = with_queues(world());
    send(&sim, "a");
    assert_eq!(bodies(&receive(&sim)), ["a"]);
    seconds(&sim, 29);
    assert_eq!((receive(&sim).len(), depth(&sim, "work")), (0, Depth { visible: 0, not_visible: 1 }));
    seconds(&sim, 1);
    assert_eq!(receive(&sim)[0].message.receives, 2);
}

#[test]
fn what_is_deleted_does_not_come_again_but_an_old_handle_deletes_nothing() {
    let sim = with_queues(world());
    send(&sim, "a");
    let old = receive(&sim)[0].receipt.clone();
    seconds(&sim, 30);
    let new = receive(&sim)[0].receipt.clone();
    sim.cloud(|cloud| cloud.delete_message("work", &old)).unwrap();
    assert_eq!(depth(&sim, "work").not_visible, 1);
    sim.cloud(|cloud| cloud.delete_message("work", &new)).unwrap();
    assert_eq!(depth(&sim, "work"), Depth::default());
    assert_eq!(
        sim.cloud(|cloud| cloud.delete_message("work", "x")).unwrap_err().code,
        "ReceiptHandleIsInvalid"
    );
}

#[test]
fn what_is_received_too_often_goes_to_the_dead_letters() {
    let sim = with_queues(world());
    send(&sim, "poison");
    for _ in 0..2 {
        assert_eq!(receive(&sim).len(), 1);
        seconds(&sim, 30);
    }
    assert_eq!(receive(&sim).len(), 0);
    let dead = sim.cloud(|cloud| cloud.sqs.messages("dead").into_iter().cloned().collect::<Vec<_>>());
    assert_eq!((dead.len(), dead[0].body.as_str(), dead[0].receives), (1, "poison", 2));
}

#[test]
fn a_message_stays_four_days() {
    let sim = with_queues(world());
    send(&sim, "a");
    sim.run_for(SignedDuration::from_hours(96) - SignedDuration::from_secs(1));
    assert_eq!(receive(&sim).len(), 1);
    minutes(&sim, 1);
    assert_eq!(receive(&sim).len(), 0);
}

#[test]
fn messages_come_in_any_order_and_at_least_once() {
    let sim = with_queues(taped(vec![2, 1, 0]));
    for body in ["a", "b", "c"] {
        send(&sim, body);
    }
    assert_eq!(bodies(&receive(&sim)), ["c", "b", "a"]);
    let delivery = DeliveryFaults { received_again: 1000, ..DeliveryFaults::default() };
    let sim = with_queues(troubled(1, FaultPlan { delivery, ..FaultPlan::default() }));
    send(&sim, "a");
    assert_eq!((receive(&sim).len(), receive(&sim).len()), (1, 1));
}

#[test]
fn a_missing_queue_too_long_a_message_and_too_many_at_once_are_refused() {
    let sim = with_queues(world());
    let to = |queue: &str, body: &str| {
        code(&sim, |cloud, context| cloud.send_message(queue, (body, BTreeMap::new()), context))
    };
    assert_eq!(to("none", "a"), Some("AWS.SimpleQueueService.NonExistentQueue"));
    assert_eq!(to("work", &"x".repeat((1 << 20) + 1)), Some("InvalidParameterValue"));
    let eleven = code(&sim, |cloud, context| cloud.receive_messages("work", 11, context));
    assert_eq!(eleven, Some("InvalidParameterValue"));
}

#[test]
fn an_alarm_sees_how_full_a_queue_is() {
    let sim = with_queues(world());
    let metric = Metric::new("AWS/SQS", "ApproximateNumberOfMessagesVisible").with("QueueName", "work");
    let condition = Condition::new(Comparison::GreaterThan, 0.0, 60, 1).unwrap();
    sim.act(|cloud, context| cloud.put_alarm("dead-letters", Alarm::new(metric, condition), context));
    let state = || sim.cloud(|cloud| cloud.cloudwatch.alarm("dead-letters").unwrap().status.state);
    send(&sim, "a");
    // Its metrics are late, because it was idle.
    minutes(&sim, 18);
    assert_eq!(state(), AlarmState::Alarm);
    let receipt = receive(&sim)[0].receipt.clone();
    sim.cloud(|cloud| cloud.delete_message("work", &receipt)).unwrap();
    minutes(&sim, 3);
    assert_eq!(state(), AlarmState::Ok);
}

#[test]
fn an_alarm_sees_what_is_sent_to_an_idle_queue_a_quarter_of_an_hour_late_and_each_time() {
    let sim = with_queues(world());
    let metric = Metric::new("AWS/SQS", "NumberOfMessagesSent").with("QueueName", "work");
    let condition = Condition::new(Comparison::GreaterThan, 0.0, 300, 6).unwrap();
    let condition = condition.datapoints_to_alarm(1).unwrap().statistic(Statistic::Sum);
    let condition = condition.treat_missing_data(MissingData::NotBreaching);
    sim.act(|cloud, context| cloud.put_alarm("arrivals", Alarm::new(metric, condition), context));
    let state = || sim.cloud(|cloud| cloud.cloudwatch.alarm("arrivals").unwrap().status.state);
    minutes(&sim, 7 * 60);
    for _ in 0..2 {
        send(&sim, "a");
        minutes(&sim, 14);
        assert_eq!(state(), AlarmState::Ok);
        minutes(&sim, 6);
        assert_eq!(state(), AlarmState::Alarm);
        // The messages lie there, and the alarm is ready for the next.
        minutes(&sim, 60);
        assert_eq!(state(), AlarmState::Ok);
        let receipts: Vec<String> = receive(&sim).iter().map(|received| received.receipt.clone()).collect();
        for receipt in &receipts {
            sim.cloud(|cloud| cloud.delete_message("work", receipt)).unwrap();
        }
        minutes(&sim, 7 * 60);
    }
}
