//! Subscriptions to topics of SNS, and how long it tries to reach them.

use cloud_sim::Sim;
use cloud_sim::cloud::delivery::{Target, Trouble};
use cloud_sim::cloud::sns::{Message, Subscription};
use cloud_sim::cloud::sqs::Queue;
use cloud_sim::fault::{DeliveryFaults, FaultPlan};
use jiff::SignedDuration;
use serde_json::Value;

use crate::world::{minutes, recorder, seconds, troubled, world};

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:alerts";

fn queue() -> Target {
    Target::Queue("inbox".to_owned())
}

/// A topic with one subscription, and queues for it.
fn subscribed(sim: Sim, to: Target, raw: bool) -> Sim {
    let subscription = Subscription { dead_letters: Some("dead".to_owned()), raw, ..Subscription::of(to) };
    sim.cloud(|cloud| {
        cloud.sqs.add_queue("inbox", Queue::default());
        cloud.sqs.add_queue("dead", Queue::default().retains(SignedDuration::from_hours(14 * 24)));
        cloud.sns.add_subscription(TOPIC, subscription);
    });
    sim
}

fn publish(sim: &Sim) {
    let text = |text: &str| text.to_owned();
    let message = Message {
        subject: Some(text("hello")),
        text: text("for people"),
        json: text(r#"{"a":1}"#),
        key: text("k"),
        bytes: 30,
    };
    sim.act(|cloud, context| cloud.publish(TOPIC, &message, context)).unwrap();
}

fn block(sim: &Sim, target: Target, trouble: Option<Trouble>) {
    sim.cloud(|cloud| cloud.block(target, trouble));
}

fn bodies(sim: &Sim, queue: &str) -> Vec<String> {
    sim.cloud(|cloud| cloud.sqs.messages(queue).into_iter().map(|message| message.body.clone()).collect())
}

#[test]
fn a_queue_gets_the_message_in_an_envelope_or_bare() {
    let sim = subscribed(world(), queue(), false);
    publish(&sim);
    seconds(&sim, 5);
    let envelope: Value = serde_json::from_str(&bodies(&sim, "inbox")[0]).unwrap();
    assert_eq!((&envelope["Type"], &envelope["TopicArn"]), (&"Notification".into(), &TOPIC.into()));
    assert_eq!((&envelope["Subject"], &envelope["Message"]), (&"hello".into(), &r#"{"a":1}"#.into()));
    let sim = subscribed(world(), queue(), true);
    publish(&sim);
    seconds(&sim, 5);
    assert_eq!(bodies(&sim, "inbox"), [r#"{"a":1}"#]);
}

#[test]
fn a_throttled_queue_gets_it_as_soon_as_it_can() {
    let sim = subscribed(world(), queue(), true);
    block(&sim, queue(), Some(Trouble::Throttling));
    publish(&sim);
    minutes(&sim, 10);
    assert_eq!(bodies(&sim, "inbox").len(), 0);
    block(&sim, queue(), None);
    // One retry stands for several after a while, so it may take a twentieth of the time longer.
    seconds(&sim, 50);
    assert_eq!(bodies(&sim, "inbox").len(), 1);
}

#[test]
fn a_queue_is_tried_for_twenty_three_days_and_then_come_the_dead_letters() {
    let sim = subscribed(world(), queue(), true);
    block(&sim, queue(), Some(Trouble::Timeout));
    publish(&sim);
    sim.run_for(SignedDuration::from_hours(23 * 24));
    assert_eq!(bodies(&sim, "dead").len(), 0);
    sim.run_for(SignedDuration::from_hours(2 * 24));
    assert_eq!(bodies(&sim, "dead"), [r#"{"a":1}"#]);
    // A hundred thousand attempts are not a hundred thousand things that happen.
    assert!(sim.trace().len() < 1000);
}

#[test]
fn mail_is_tried_for_six_hours() {
    let person = Target::Mail("on-call@example.com".to_owned());
    let mails = |sim: &Sim| sim.cloud(|cloud| cloud.sns.mails().count());
    let sim = subscribed(world(), person.clone(), false);
    block(&sim, person.clone(), Some(Trouble::Timeout));
    publish(&sim);
    sim.run_for(SignedDuration::from_hours(6));
    assert_eq!(bodies(&sim, "dead").len(), 0);
    sim.run_for(SignedDuration::from_hours(2));
    assert_eq!((bodies(&sim, "dead").len(), mails(&sim)), (1, 0));
    block(&sim, person, None);
    publish(&sim);
    assert_eq!(mails(&sim), 1);
}

#[test]
fn what_is_nobodys_or_not_allowed_is_not_tried_again() {
    let sim = subscribed(world(), Target::Function("missing".to_owned()), false);
    publish(&sim);
    seconds(&sim, 5);
    assert_eq!(bodies(&sim, "dead").len(), 1);
    let sim = subscribed(world(), queue(), true);
    block(&sim, queue(), Some(Trouble::NoPermissions));
    publish(&sim);
    seconds(&sim, 5);
    assert_eq!(bodies(&sim, "dead").len(), 1);
}

#[test]
fn a_function_hears_it_although_deliveries_are_throttled() {
    let delivery = DeliveryFaults { refused: 700, ..DeliveryFaults::default() };
    let sim = troubled(3, FaultPlan { delivery, ..FaultPlan::default() });
    let heard = recorder(&sim, "listener");
    let sim = subscribed(sim, Target::Function("listener".to_owned()), false);
    publish(&sim);
    minutes(&sim, 5);
    assert_eq!(heard.lock().unwrap()[0]["Records"][0]["Sns"]["Subject"], "hello");
}
