//! A world and what happens in it, described once and run as often as one likes: by seed, by tape, or in every order.

use std::fmt;
use std::sync::Arc;

use aws_vocabulary::{GroupName, InstanceId, Tags, time};
use jiff::{SignedDuration, Timestamp};

use crate::Sim;
use crate::cloud::cloudwatch::Alarm;
use crate::cloud::ec2::Machine;
use crate::cloud::eventbridge::Rule;
use crate::cloud::lambda::{Delivery, Function};
use crate::cloud::sns::Subscriber;
use crate::cloud::{Cloud, Happening};
use crate::explore::Follow;
use crate::fault::FaultPlan;
use crate::kernel::{Chooser, Handler, Pct, Recorder, Seeded, Tape, Timing, Trace};
use crate::replay::Replay;
use crate::rule::{Invariant, Rules, Violation};

type Step = Arc<dyn Fn(&Sim) + Send + Sync>;

/// A world and what happens in it.
///
/// # Examples
///
/// A function of one's own, whose event is delivered twice:
///
/// ```
/// use caretaker_cloud_sim::Scenario;
/// use caretaker_cloud_sim::kernel::Handler;
/// use futures::FutureExt;
/// use jiff::SignedDuration;
/// use serde_json::json;
///
/// let hello: Handler = std::sync::Arc::new(|invocation| {
///     async move { Ok(json!({ "hello": invocation.attempt })) }.boxed()
/// });
/// let run = Scenario::at("2026-11-23T14:00:00Z".parse().unwrap())
///     .function("hello", SignedDuration::from_secs(30), hello)
///     .delivers("hello", b"{}", 2)
///     .lasts(SignedDuration::from_mins(5))
///     .seed(1);
/// assert!(run.violations.is_empty());
/// assert_eq!(run.sim.watch(|watch| watch.counts().invocations), 2);
/// ```
#[derive(Clone)]
pub struct Scenario {
    start: Timestamp,
    lasts: SignedDuration,
    plan: FaultPlan,
    steps: Vec<Step>,
}

/// A scenario that was run.
#[derive(Debug)]
pub struct Run {
    /// The cloud as it was left, with its trace.
    pub sim: Sim,
    /// What was broken.
    pub violations: Vec<Violation>,
}

impl Scenario {
    /// An empty world at an instant.
    pub fn at(start: Timestamp) -> Self {
        Self { start, lasts: SignedDuration::from_hours(1), plan: FaultPlan::default(), steps: Vec::new() }
    }

    /// Sets how long it lasts: an hour, unless this is said.
    #[must_use]
    pub fn lasts(self, lasts: SignedDuration) -> Self {
        Self { lasts, ..self }
    }

    /// Sets what may go wrong: nothing, unless this is said.
    #[must_use]
    pub fn faults(self, plan: FaultPlan) -> Self {
        Self { plan, ..self }
    }

    /// How many things may go wrong at the most, if the plan says so.
    pub(crate) fn budget(&self) -> Option<u32> {
        self.plan.budget
    }

    /// Sets the world up further, with all that a simulation offers.
    #[must_use]
    pub fn set_up(mut self, step: impl Fn(&Sim) + Send + Sync + 'static) -> Self {
        self.steps.push(Arc::new(step));
        self
    }

    /// Changes the cloud as if by magic.
    #[must_use]
    pub fn cloud(self, change: impl Fn(&mut Cloud) + Send + Sync + 'static) -> Self {
        self.set_up(move |sim| sim.cloud(|cloud| change(cloud)))
    }

    /// Adds a running instance with a root volume and so many data volumes.
    #[must_use]
    pub fn instance(self, id: InstanceId, tags: Tags, data_volumes: u32) -> Self {
        self.set_up(move |sim| {
            let machine = Machine::running(tags.clone(), sim.now());
            sim.cloud(|cloud| cloud.ec2.put_machine(&id, machine, data_volumes));
        })
    }

    /// Adds a scaling group whose instances all serve.
    #[must_use]
    pub fn group(self, name: GroupName, desired: u32, min: u32, max: u32) -> Self {
        self.cloud(move |cloud| cloud.autoscaling.add_group(name.clone(), desired, min, max))
    }

    /// Adds an alarm.
    #[must_use]
    pub fn alarm(self, name: &str, alarm: Alarm) -> Self {
        let name = name.to_owned();
        self.cloud(move |cloud| cloud.cloudwatch.add_alarm(&name, alarm.clone()))
    }

    /// Adds a topic and somebody who gets what is published there.
    #[must_use]
    pub fn topic(self, arn: &str, subscriber: Subscriber) -> Self {
        let arn = arn.to_owned();
        self.cloud(move |cloud| cloud.sns.subscribe(&arn, subscriber.clone()))
    }

    /// Adds a table with a partition key.
    #[must_use]
    pub fn table(self, name: &str, key: &str) -> Self {
        let (name, key) = (name.to_owned(), key.to_owned());
        self.cloud(move |cloud| cloud.dynamodb.add_table(&name, &key))
    }

    /// Adds a function with its code. Requests that it gives up leave their records in `failures`.
    #[must_use]
    pub fn function(self, name: &str, timeout: SignedDuration, handler: Handler) -> Self {
        let name = name.to_owned();
        self.set_up(move |sim| {
            sim.install(&name, Arc::clone(&handler));
            sim.cloud(|cloud| {
                let function = Function::new(&cloud.place, &name, timeout).on_failure("failures");
                cloud.lambda.add_function(&name, function);
            });
        })
    }

    /// Adds a rule.
    #[must_use]
    pub fn rule(self, name: &str, rule: Rule) -> Self {
        let name = name.to_owned();
        self.set_up(move |sim| sim.act(|cloud, context| cloud.add_rule(&name, rule.clone(), context)))
    }

    /// Lets something happen so long after the beginning.
    #[must_use]
    pub fn happens(self, after: SignedDuration, what: Happening) -> Self {
        self.set_up(move |sim| sim.at(time::later(sim.now(), after), what.clone()))
    }

    /// Delivers an event to a function so often, all at the beginning.
    #[must_use]
    pub fn delivers(mut self, function: &str, payload: &[u8], times: u32) -> Self {
        let delivery = Delivery { function: function.to_owned(), payload: payload.to_vec() };
        for _ in 0..times {
            self = self.happens(SignedDuration::ZERO, Happening::Deliver(delivery.clone()));
        }
        self
    }

    /// Lets go of the rules so far: for a scenario that is looked at in another way.
    #[must_use]
    pub fn without_rules(self) -> Self {
        self.set_up(Sim::forget_rules)
    }

    /// Watches for rules; each run gets some of its own.
    #[must_use]
    pub fn watches(self, rules: impl Fn() -> Rules + Send + Sync + 'static) -> Self {
        self.set_up(move |sim| sim.watch_for(rules()))
    }

    /// Expects one more rule to hold, in place of one of the same name; each run gets one of its own.
    #[must_use]
    pub fn expects<I: Invariant + 'static>(self, invariant: impl Fn() -> I + Send + Sync + 'static) -> Self {
        self.set_up(move |sim| sim.expect(invariant()))
    }

    /// Runs it with everything that is left open decided by a seed.
    pub fn seed(&self, seed: u64) -> Run {
        self.run_with(Box::new(Seeded::new(seed)), Timing::Natural, Trace::default())
    }

    /// Runs it with everything that is left open decided by a list; where the list ends, nothing unusual happens.
    pub fn tape(&self, tape: Vec<u16>) -> Run {
        self.run_with(Box::new(Tape::new(tape)), Timing::Natural, Trace::default())
    }

    /// Runs it as a seed has it, with the order of requests decided by priorities that change `depth - 1` times among the
    /// first so many requests.
    pub fn pct(&self, seed: u64, depth: u32, requests: u32) -> Run {
        self.run_with(Box::new(Pct::new(seed, depth, requests)), Timing::Instant, Trace::default())
    }

    /// Runs the execution again that an exploration found, and keeps its trace.
    pub fn follow(&self, tape: Vec<u16>) -> Run {
        self.run_with(Box::new(Follow::new(tape)), Timing::Instant, Trace::kept())
    }

    /// Runs the execution again that a replay line names, and keeps its trace.
    pub fn replay(&self, replay: &Replay) -> Run {
        match replay {
            Replay::Seed(seed) => self.run_with(Box::new(Seeded::new(*seed)), Timing::Natural, Trace::kept()),
            Replay::Only(seed, deviations) => {
                let recorder = Recorder::replay(*seed, deviations);
                self.run_with(Box::new(recorder), Timing::Natural, Trace::kept())
            }
            Replay::Path(tape) => self.follow(tape.clone()),
        }
    }

    /// Runs it with a chooser, a timing and a trace of one's own.
    pub fn run_with(&self, chooser: Box<dyn Chooser>, timing: Timing, trace: Trace) -> Run {
        let sim = Sim::with(self.start, chooser, trace);
        sim.timing(timing);
        for step in &self.steps {
            step(&sim);
        }
        sim.fault_plan(self.plan.clone());
        sim.run_for(self.lasts);
        let violations = if sim.is_over() { Vec::new() } else { sim.at_rest() };
        Run { sim, violations }
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scenario")
            .field("start", &self.start)
            .field("lasts", &self.lasts)
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}
