//! A cloud with one alarm, which tells a function through a topic, by itself and on the bus.

use std::sync::{Arc, Mutex};

use cloud_sim::Sim;
use cloud_sim::cloud::cloudwatch::{Alarm, Condition, Status};
use cloud_sim::cloud::eventbridge::{On, Rule};
use cloud_sim::cloud::lambda::Function;
use cloud_sim::cloud::sns::Subscriber;
use cloud_sim::cloud::{Fact, Happening};
use cloud_sim::fault::FaultPlan;
use cloud_sim::kernel::{Entry, Event, Seeded, Trace};
use futures::FutureExt;
use jiff::SignedDuration;
use ports::trigger::AlarmState;
use serde_json::Value;

use super::{datapoints, metric};

pub(crate) const NAME: &str = "cart-errors";
pub(crate) const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:alarms";

pub(crate) struct World {
    pub(crate) sim: Sim,
    heard: Arc<Mutex<Vec<(String, Value)>>>,
}

impl World {
    /// A world whose alarm was made half a minute after a full hour.
    pub(crate) fn with(condition: Condition) -> Self {
        let mut alarm = Alarm::new(metric(), condition);
        alarm.topics.push(TOPIC.to_owned());
        alarm.functions.push("direct".to_owned());
        let world = Self::without_an_alarm();
        world.sim.act(|cloud, context| cloud.put_alarm(NAME, alarm, context));
        world
    }

    fn without_an_alarm() -> Self {
        let begin = "2026-11-23T14:00:30Z".parse().unwrap();
        let sim = Sim::with(begin, Box::new(Seeded::new(1)), Trace::kept());
        let heard: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
        for name in ["topic", "direct", "bus"] {
            let heard = Arc::clone(&heard);
            sim.install(
                name,
                Arc::new(move |invocation| {
                    let event = serde_json::from_slice(&invocation.payload).unwrap();
                    heard.lock().unwrap().push((name.to_owned(), event));
                    async { Ok(Value::Null) }.boxed()
                }),
            );
            sim.cloud(|cloud| {
                let function = Function::new(&cloud.place, name, SignedDuration::from_mins(1));
                cloud.lambda.add_function(name, function);
            });
        }
        sim.cloud(|cloud| cloud.sns.subscribe(TOPIC, Subscriber::Function("topic".to_owned())));
        let pattern = r#"{"source": ["aws.cloudwatch"]}"#.parse().unwrap();
        sim.act(|cloud, context| cloud.add_rule("alarms", Rule::new(On::Events(pattern), "bus"), context));
        Self { sim, heard }
    }

    pub(crate) fn faults(self, plan: FaultPlan) -> Self {
        self.sim.fault_plan(plan);
        self
    }

    /// Puts a value to the metric now.
    pub(crate) fn put(&self, value: f64) {
        self.sim.at(self.sim.now(), Happening::Datapoint { metric: metric(), value });
    }

    /// Lets time pass; gives the alarm's state.
    pub(crate) fn after_minutes(&self, minutes: i64) -> AlarmState {
        self.sim.run_for(SignedDuration::from_mins(minutes));
        self.status().state
    }

    /// Lets five minutes pass for each datapoint; gives the alarm's state once the last period is over.
    pub(crate) fn minutes(&self, row: &str) -> AlarmState {
        for value in datapoints(row) {
            if let Some(value) = value {
                self.put(value);
            }
            self.sim.run_for(SignedDuration::from_mins(5));
        }
        self.status().state
    }

    pub(crate) fn status(&self) -> Status {
        self.sim.cloud(|cloud| cloud.cloudwatch.alarm(NAME).unwrap().status.clone())
    }

    /// What a function was told.
    pub(crate) fn heard(&self, function: &str) -> Vec<Value> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|(name, _)| name == function).map(|(_, event)| event.clone()).collect()
    }

    /// The messages that came through the topic.
    pub(crate) fn messages(&self) -> Vec<Value> {
        let message = |event: Value| {
            serde_json::from_str(event["Records"][0]["Sns"]["Message"].as_str().unwrap()).unwrap()
        };
        self.heard("topic").into_iter().map(message).collect()
    }

    /// The alarm's changes, each with its time.
    pub(crate) fn changes(&self) -> Vec<String> {
        let change = |entry: &Entry| {
            let Event::Fact(Fact::AlarmIs { state, .. }) = &entry.event else { return None };
            Some(format!("{} {state}", entry.at.strftime("%H:%M:%S")))
        };
        self.sim.trace().entries().iter().filter_map(change).collect()
    }
}
