//! Lambda's asynchronous calls: what is tried again, what is given up, and where that goes.

use std::sync::Arc;

use adapters_sim::HasPorts;
use cloud_sim::Sim;
use cloud_sim::cloud::Happening;
use cloud_sim::cloud::cloudwatch::{Alarm, Comparison, Condition, Metric, Statistic};
use cloud_sim::cloud::delivery::{Target, Trouble};
use cloud_sim::cloud::eventbridge::{On, Rule};
use cloud_sim::cloud::lambda::{Delivery, Function};
use cloud_sim::cloud::sns::Subscription;
use cloud_sim::cloud::sqs::Queue;
use cloud_sim::fault::FaultPlan;
use cloud_sim::kernel::{FunctionError, Handler};
use futures::FutureExt;
use jiff::SignedDuration;
use ports::Clock;
use ports::trigger::AlarmState;
use serde_json::{Value, json};

use crate::world::{code, deliver, function, minutes, recorder, seconds, troubled, world};

/// A function that always fails.
fn failing(sim: &Sim) {
    failing_after(sim, 0);
}

/// A function that takes a while and then fails.
fn failing_after(sim: &Sim, seconds: i64) {
    let error = || FunctionError { error_type: "Oops".to_owned(), message: "no".to_owned() };
    let handler: Handler = Arc::new(move |invocation| {
        async move {
            invocation.ports().sleep(SignedDuration::from_secs(seconds)).await;
            Err(error())
        }
        .boxed()
    });
    function(sim, "orders", handler);
}

/// A function that takes a while.
fn slow(sim: &Sim, name: &str, seconds: i64) {
    let handler: Handler = Arc::new(move |invocation| {
        async move {
            invocation.ports().sleep(SignedDuration::from_secs(seconds)).await;
            Ok(Value::Null)
        }
        .boxed()
    });
    function(sim, name, handler);
}

fn configure(sim: &Sim, change: impl FnOnce(&mut Function)) {
    sim.cloud(|cloud| change(cloud.lambda.function("orders").unwrap()));
}

fn with_queue(sim: &Sim) -> String {
    sim.cloud(|cloud| {
        cloud.sqs.add_queue("over", Queue::default());
        cloud.place.arn("sqs", "over")
    })
}

fn bodies(sim: &Sim) -> Vec<String> {
    sim.cloud(|cloud| cloud.sqs.messages("over").into_iter().map(|message| message.body.clone()).collect())
}

fn record(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The seconds after the beginning at which attempts began.
fn attempts(sim: &Sim) -> Vec<i64> {
    let begin = sim.trace().entries()[0].at.as_second();
    let entries = sim.trace();
    let invoked = entries.entries().iter().filter(|entry| format!("{:?}", entry.event).contains("Invoked"));
    invoked.map(|entry| entry.at.as_second() - begin).collect()
}

#[test]
fn a_failed_request_is_tried_again_after_one_minute_and_after_two_more() {
    let sim = world();
    failing(&sim);
    deliver(&sim, "orders", "{}");
    minutes(&sim, 30);
    assert_eq!(attempts(&sim), [0, 60, 180]);
}

#[test]
fn a_throttled_request_waits_a_second_then_ever_longer_up_to_five_minutes() {
    let sim = world();
    slow(&sim, "orders", 1);
    configure(&sim, |function| function.concurrency = Some(1));
    slow(&sim, "busy", 0);
    // Somebody else's attempt takes the only place for twenty minutes.
    configure(&sim, |function| function.timeout = SignedDuration::from_mins(15));
    sim.cloud(|cloud| cloud.lambda.account.concurrency = 0);
    configure(&sim, |function| function.concurrency = None);
    deliver(&sim, "orders", "{}");
    seconds(&sim, 1100);
    sim.cloud(|cloud| cloud.lambda.account.concurrency = 1000);
    minutes(&sim, 10);
    // 1 + 2 + 4 + ... + 256 = 511 s, and then every 300 s.
    let entries = sim.trace();
    let begun =
        entries.entries().iter().find(|entry| format!("{:?}", entry.event).contains("Invoked")).unwrap();
    assert_eq!(begun.at.to_string(), "2026-11-23T14:18:31Z");
}

#[test]
fn a_throttled_request_is_given_up_at_its_age() {
    let sim = world();
    failing(&sim);
    let queue = with_queue(&sim);
    configure(&sim, |function| {
        function.max_age = SignedDuration::from_mins(1);
        function.on_failure = Some(queue);
    });
    sim.cloud(|cloud| cloud.lambda.account.concurrency = 0);
    deliver(&sim, "orders", "{}");
    minutes(&sim, 2);
    let record = record(&bodies(&sim)[0]);
    assert_eq!(record["requestContext"]["condition"], "EventAgeExceeded");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 0);
}

#[test]
fn with_nothing_reserved_a_request_is_given_up_at_once() {
    let sim = world();
    failing(&sim);
    let queue = with_queue(&sim);
    configure(&sim, |function| {
        function.concurrency = Some(0);
        function.on_failure = Some(queue);
    });
    deliver(&sim, "orders", "{}");
    seconds(&sim, 1);
    assert_eq!((attempts(&sim).len(), bodies(&sim).len()), (0, 1));
}

#[test]
fn what_is_reserved_for_one_function_others_do_not_get() {
    let sim = world();
    slow(&sim, "orders", 30);
    slow(&sim, "other", 30);
    sim.cloud(|cloud| cloud.lambda.account.concurrency = 3);
    configure(&sim, |function| function.concurrency = Some(2));
    for name in ["other", "other", "orders", "orders", "orders"] {
        deliver(&sim, name, "{}");
    }
    sim.run_for(SignedDuration::from_millis(500));
    assert_eq!(attempts(&sim).len(), 3);
}

#[test]
fn lambdas_own_errors_cost_no_attempt() {
    let sim = troubled(1, FaultPlan { system_errors: 900, ..FaultPlan::default() });
    let heard = recorder(&sim, "orders");
    deliver(&sim, "orders", "{}");
    sim.run_for(SignedDuration::from_hours(5));
    assert_eq!(heard.lock().unwrap().len(), 1);
    assert!(format!("{:?}", sim.trace().entries()).contains("attempt: 1"));
}

#[test]
fn an_overloaded_queue_may_drop_an_event_without_a_word() {
    let sim = troubled(1, FaultPlan { queue_drops: 1000, ..FaultPlan::default() });
    failing(&sim);
    let queue = with_queue(&sim);
    configure(&sim, |function| function.on_failure = Some(queue));
    sim.cloud(|cloud| cloud.lambda.account.concurrency = 0);
    deliver(&sim, "orders", "{}");
    sim.run_for(SignedDuration::from_hours(7));
    assert_eq!((attempts(&sim).len(), bodies(&sim).len()), (0, 0));
}

#[test]
fn the_record_of_a_failure_is_as_documented() {
    let sim = world();
    failing(&sim);
    let queue = with_queue(&sim);
    configure(&sim, |function| function.on_failure = Some(queue));
    deliver(&sim, "orders", r#"{"order": 7}"#);
    minutes(&sim, 10);
    let expected = json!({
        "version": "1.0",
        "timestamp": "2026-11-23T14:03:00.000Z",
        "requestContext": {
            "requestId": "c6af9ac6-7b61-11e6-9a41-000000000001",
            "functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:orders:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": { "order": 7 },
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": { "errorMessage": "no", "errorType": "Oops" },
    });
    assert_eq!(record(&bodies(&sim)[0]), expected);
}

#[test]
fn a_dead_letter_is_the_event_alone_with_three_attributes() {
    let sim = world();
    failing(&sim);
    with_queue(&sim);
    configure(&sim, |function| function.dead_letters = Some("over".to_owned()));
    deliver(&sim, "orders", r#"{"order": 7}"#);
    minutes(&sim, 10);
    let letter = sim.cloud(|cloud| cloud.sqs.messages("over")[0].clone());
    assert_eq!(letter.body, r#"{"order": 7}"#);
    assert_eq!(letter.attributes["RequestID"], "c6af9ac6-7b61-11e6-9a41-000000000001");
    assert_eq!(
        (letter.attributes["ErrorCode"].as_str(), letter.attributes["ErrorMessage"].as_str()),
        ("200", "Oops: no")
    );
}

#[test]
fn a_topic_a_function_a_bus_and_a_bucket_are_destinations_too() {
    let topic = "arn:aws:sns:eu-west-1:123456789012:failures";
    for to in [
        topic,
        "arn:aws:lambda:eu-west-1:123456789012:function:other",
        "arn:aws:events:eu-west-1:123456789012:event-bus/default",
    ] {
        let sim = world();
        failing(&sim);
        let heard = recorder(&sim, "other");
        sim.cloud(|cloud| {
            let to = Target::Function("other".to_owned());
            cloud.sns.add_subscription(topic, Subscription::of(to));
        });
        let pattern = r#"{"detail-type": ["Lambda Function Invocation Result - Failure"]}"#.parse().unwrap();
        sim.act(|cloud, context| cloud.add_rule("results", Rule::new(On::Events(pattern), "other"), context));
        configure(&sim, |function| function.on_failure = Some(to.to_owned()));
        deliver(&sim, "orders", r#"{"order": 7}"#);
        minutes(&sim, 10);
        let heard = heard.lock().unwrap();
        assert!(heard.len() == 1 && heard[0].to_string().contains("RetriesExhausted"), "{to}: {heard:?}");
    }
    let sim = world();
    failing(&sim);
    sim.cloud(|cloud| cloud.s3.add_bucket("records"));
    configure(&sim, |function| function.on_failure = Some("arn:aws:s3:::records".to_owned()));
    deliver(&sim, "orders", "{}");
    minutes(&sim, 10);
    let keys: Vec<String> = sim
        .cloud(|cloud| cloud.s3.look("records").unwrap().objects().map(|(key, _)| key.to_string()).collect());
    assert!(keys[0].starts_with("aws/lambda/async/orders/2026/11/23/2026-11-23T14.03.00-"), "{keys:?}");
}

#[test]
fn a_record_that_is_too_long_for_a_topic_goes_without_the_event() {
    let sim = world();
    failing(&sim);
    let heard = recorder(&sim, "other");
    let topic = "arn:aws:sns:eu-west-1:123456789012:failures";
    sim.cloud(|cloud| cloud.sns.subscribe(topic, Target::Function("other".to_owned())));
    configure(&sim, |function| function.on_failure = Some(topic.to_owned()));
    deliver(&sim, "orders", &json!({ "long": "x".repeat(300_000) }).to_string());
    minutes(&sim, 10);
    let heard = heard.lock().unwrap();
    let told = record(heard[0]["Records"][0]["Sns"]["Message"].as_str().unwrap());
    assert_eq!(
        (&told["requestPayload"], &told["requestContext"]["approximateInvokeCount"]),
        (&Value::Null, &json!(3))
    );
}

#[test]
fn a_destination_that_cannot_be_reached_is_only_a_metric() {
    let sim = world();
    failing(&sim);
    let queue = with_queue(&sim);
    let metric = Metric::new("AWS/Lambda", "DestinationDeliveryFailures").with("FunctionName", "orders");
    let condition = Condition::new(Comparison::GreaterThan, 0.0, 60, 1).unwrap();
    sim.act(|cloud, context| cloud.put_alarm("undelivered", Alarm::new(metric, condition), context));
    configure(&sim, |function| function.on_failure = Some(queue));
    sim.cloud(|cloud| cloud.block(Target::Queue("over".to_owned()), Some(Trouble::NoPermissions)));
    deliver(&sim, "orders", "{}");
    minutes(&sim, 5);
    let state = sim.cloud(|cloud| cloud.cloudwatch.alarm("undelivered").unwrap().status.state);
    assert_eq!((bodies(&sim).len(), state), (0, AlarmState::Alarm));
}

/// An alarm on a metric of the function, which is raised by one value above a threshold in a minute.
fn alarm_above(sim: &Sim, metric: Metric, threshold: f64) {
    let condition = Condition::new(Comparison::GreaterThan, threshold, 60, 1).unwrap();
    let alarm = Alarm::new(metric, condition.statistic(Statistic::Sum));
    sim.cloud(|cloud| cloud.cloudwatch.add_alarm("alarm", alarm));
}

fn of_lambda(name: &str) -> Metric {
    Metric::new("AWS/Lambda", name).with("FunctionName", "orders")
}

fn alarm_is(sim: &Sim) -> AlarmState {
    sim.cloud(|cloud| cloud.cloudwatch.alarm("alarm").unwrap().status.state)
}

#[test]
fn a_failed_attempt_is_counted_as_an_error_of_the_minute_in_which_it_began() {
    let sim = world();
    failing_after(&sim, 50);
    configure(&sim, |function| function.retries = 0);
    alarm_above(&sim, of_lambda("Errors"), 0.0);
    seconds(&sim, 30);
    deliver(&sim, "orders", "{}");
    // It ends at 14:01:20.
    seconds(&sim, 100);
    let data = sim.cloud(|cloud| cloud.cloudwatch.alarm("alarm").unwrap().status.data.clone().unwrap());
    assert_eq!(record(&data)["startDate"], "2026-11-23T14:00:00.000+0000", "{data}");
}

#[test]
fn an_attempt_that_succeeds_is_counted_as_no_error() {
    let sim = world();
    recorder(&sim, "orders");
    alarm_above(&sim, of_lambda("Errors"), 0.0);
    deliver(&sim, "orders", "{}");
    minutes(&sim, 1);
    assert_eq!(alarm_is(&sim), AlarmState::Ok);
}

#[test]
fn a_throttled_attempt_is_counted_as_a_throttle_and_not_as_an_invocation() {
    let sim = world();
    slow(&sim, "orders", 50);
    configure(&sim, |function| function.concurrency = Some(1));
    for (metric, expected) in [("Throttles", AlarmState::Alarm), ("Invocations", AlarmState::Ok)] {
        alarm_above(&sim, of_lambda(metric), 1.0);
        (0..2).for_each(|_| deliver(&sim, "orders", "{}"));
        minutes(&sim, 1);
        assert_eq!(alarm_is(&sim), expected, "{metric}");
        minutes(&sim, 10);
    }
}

/// A function that logs a line.
fn logging(sim: &Sim, line: &'static str) {
    let handler: Handler = Arc::new(move |invocation| {
        invocation.log(line);
        async { Ok(Value::Null) }.boxed()
    });
    function(sim, "orders", handler);
}

#[test]
fn a_line_in_the_embedded_metric_format_becomes_a_metric() {
    let sim = world();
    // 14:00 of that day.
    let line = r#"{"_aws": {"Timestamp": 1795442400000, "CloudWatchMetrics": [{"Namespace": "Shop",
        "Dimensions": [["Country"]], "Metrics": [{"Name": "Sold", "Unit": "Count"}]}]}, "Country": "FR", "Sold": 7}"#;
    logging(&sim, line);
    alarm_above(&sim, Metric::new("Shop", "Sold").with("Country", "FR"), 6.0);
    deliver(&sim, "orders", "{}");
    minutes(&sim, 1);
    assert_eq!(alarm_is(&sim), AlarmState::Alarm);
}

#[test]
fn any_other_line_becomes_none() {
    let sim = world();
    logging(&sim, r#"{"level": "INFO", "Sold": 7}"#);
    alarm_above(&sim, Metric::new("Shop", "Sold"), 6.0);
    deliver(&sim, "orders", "{}");
    minutes(&sim, 5);
    assert_eq!(alarm_is(&sim), AlarmState::InsufficientData);
}

#[test]
fn a_success_has_a_destination_of_its_own() {
    let sim = world();
    recorder(&sim, "orders");
    let queue = with_queue(&sim);
    configure(&sim, |function| function.on_success = Some(queue));
    deliver(&sim, "orders", "{}");
    minutes(&sim, 1);
    let record = record(&bodies(&sim)[0]);
    assert_eq!(
        (&record["requestContext"]["condition"], &record["responsePayload"]),
        (&json!("Success"), &Value::Null)
    );
}

#[test]
fn a_request_that_succeeded_may_come_again() {
    let sim = troubled(1, FaultPlan { redelivered: 1000, ..FaultPlan::default() });
    let heard = recorder(&sim, "orders");
    deliver(&sim, "orders", "{}");
    minutes(&sim, 3);
    assert!(2 <= heard.lock().unwrap().len());
}

#[test]
fn retries_are_told_the_same_request_id_unless_the_account_is_otherwise() {
    for (new, ids) in [(false, 1), (true, 3)] {
        let sim = world();
        let told: Arc<std::sync::Mutex<std::collections::BTreeSet<String>>> = Arc::default();
        let ear = Arc::clone(&told);
        let handler: Handler = Arc::new(move |invocation| {
            ear.lock().unwrap().insert(invocation.request);
            async { Err(FunctionError { error_type: String::new(), message: String::new() }) }.boxed()
        });
        function(&sim, "orders", handler);
        sim.cloud(|cloud| cloud.lambda.account.new_id_on_retry = new);
        deliver(&sim, "orders", "{}");
        minutes(&sim, 10);
        assert_eq!(told.lock().unwrap().len(), ids, "{new}");
    }
}

#[test]
fn a_function_is_configured_within_limits() {
    let sim = world();
    let place = sim.cloud(|cloud| cloud.place.clone());
    let usual = || Function::new(&place, "orders", SignedDuration::from_mins(15));
    let create = |function: Function| {
        sim.cloud(|cloud| cloud.create_function("orders", function)).err().map(|error| error.code)
    };
    let wrong = Some("InvalidParameterValueException");
    assert_eq!(create(Function { timeout: SignedDuration::from_secs(901), ..usual() }), wrong);
    assert_eq!(create(Function { retries: 3, ..usual() }), wrong);
    assert_eq!(create(Function { max_age: SignedDuration::from_secs(59), ..usual() }), wrong);
    assert_eq!(create(Function { max_age: SignedDuration::from_secs(21_601), ..usual() }), wrong);
    assert_eq!(create(Function { on_success: Some("arn:aws:s3:::records".to_owned()), ..usual() }), wrong);
    assert_eq!(create(usual()), None);
    assert_eq!(create(usual()), Some("ResourceConflictException"));
}

#[test]
fn an_event_is_at_most_a_megabyte() {
    let sim = world();
    recorder(&sim, "orders");
    let invoke = |name: &str, size: usize| {
        let event = format!("\"{}\"", "x".repeat(size - 2)).into_bytes();
        code(&sim, |cloud, context| cloud.invoke(name, &event, context))
    };
    assert_eq!(invoke("orders", 1 << 20), None);
    assert_eq!(invoke("orders", (1 << 20) + 1), Some("RequestTooLargeException"));
    assert_eq!(invoke("none", 10), Some("ResourceNotFoundException"));
    let delivery = Delivery { function: "none".to_owned(), payload: Vec::new() };
    sim.at(sim.now(), Happening::Deliver(delivery));
    seconds(&sim, 1);
}
