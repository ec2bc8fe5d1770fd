//! Deliveries from one service to another: what `EventBridge` and SNS do until something arrives, or is given up.

use std::collections::BTreeMap;

use aws_vocabulary::time;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::backoff::{Exhausted, MAIL, MANAGED, RetryPolicy};
use super::lambda::Delivery;
use super::sns::{Delivered, Message};
use super::{Cloud, Fact, Happening};
use crate::kernel::Context;

/// Who gets something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Target {
    /// A person, by mail.
    Mail(String),
    /// A queue.
    Queue(String),
    /// A function.
    Function(String),
}

/// Why nothing reaches a target for the time being.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trouble {
    /// It does not allow it.
    NoPermissions,
    /// It does not exist.
    NoResource,
    /// Too much comes at once.
    Throttling,
    /// It does not answer.
    Timeout,
}

impl Trouble {
    /// As a dead letter says it
    /// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>).
    pub fn code(self) -> &'static str {
        match self {
            Self::NoPermissions => "NO_PERMISSIONS",
            Self::NoResource => "NO_RESOURCE",
            Self::Throttling => "THROTTLING",
            Self::Timeout => "TIMEOUT",
        }
    }

    /// Whether trying again is of use: neither service retries what is the configuration's fault
    /// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>,
    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html>).
    pub fn passes(self) -> bool {
        match self {
            Self::NoPermissions | Self::NoResource => false,
            Self::Throttling | Self::Timeout => true,
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::NoPermissions => "The target does not allow this.",
            Self::NoResource => "The target does not exist.",
            Self::Throttling => "Rate exceeded.",
            Self::Timeout => "The target did not answer in time.",
        }
    }
}

/// What is on its way, from whom, and how often it was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// To whom.
    pub to: Target,
    /// The event or the message.
    pub payload: String,
    /// From whom, who decides how often it is tried.
    pub from: Origin,
    /// Where it goes when it is given up.
    pub dead_letters: Option<String>,
    /// Since when it is on its way.
    pub since: Timestamp,
    /// How often it was tried again.
    pub retries: u32,
}

/// From whom something comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// A rule.
    Rule {
        /// Its name.
        rule: String,
    },
    /// A topic's subscription.
    Topic {
        /// The topic.
        topic: String,
        /// The message's subject.
        subject: String,
        /// What it is about.
        key: String,
    },
    /// An alarm's own action. It is not tried again; unverified.
    Alarm,
}

/// Puts something on its way. A best-effort source may lose it; any may tell it twice, or late.
pub(super) fn hand_over(
    dispatch: &Dispatch,
    (best_effort, not_before): (bool, SignedDuration),
    context: &mut Context<'_>,
) {
    let plan = context.plan().delivery.clone();
    if best_effort && (context.happens("trouble/lost", plan.lost) || context.wants_fault("fault/lost")) {
        if let Target::Function(function) = &dispatch.to {
            context.note(Fact::Lost { function: function.clone() });
        }
        return;
    }
    let copies = if context.happens("trouble/doubled", plan.doubled) { 2 } else { 1 };
    for _ in 0..copies {
        let mut delay =
            not_before + SignedDuration::from_millis(50 + i64::from(context.choose("delivery", 1000)));
        if context.happens("trouble/late", plan.late) {
            delay +=
                context.choose_between("trouble/late-time", SignedDuration::from_secs(1), plan.longest());
        }
        context.later(delay, Happening::Dispatch(Box::new(dispatch.clone())));
    }
}

impl Cloud {
    /// Keeps everything from reaching a target, until that is over.
    pub fn block(&mut self, target: Target, trouble: Option<Trouble>) {
        match trouble {
            Some(trouble) => self.blocked.insert(target, trouble),
            None => self.blocked.remove(&target),
        };
    }

    /// Why a target cannot be reached now, if it cannot.
    fn trouble(&self, target: &Target, context: &mut Context<'_>) -> Option<Trouble> {
        if let Some(trouble) = self.blocked.get(target) {
            return Some(*trouble);
        }
        let is_there = match target {
            Target::Function(name) => self.lambda.has(name),
            Target::Queue(_) | Target::Mail(_) => true,
        };
        let refused = context.happens("trouble/refused", context.plan().delivery.refused);
        match (is_there, refused) {
            (false, _) => Some(Trouble::NoResource),
            (true, true) => Some(Trouble::Throttling),
            (true, false) => None,
        }
    }

    /// Tries to deliver something.
    pub(super) fn dispatch(&mut self, dispatch: Dispatch, context: &mut Context<'_>) {
        match self.trouble(&dispatch.to, context) {
            None => self.arrived(dispatch, context),
            Some(trouble) if trouble.passes() => self.dispatch_again(dispatch, trouble, context),
            Some(trouble) => self.undelivered(&dispatch, (trouble, None), context),
        }
    }

    fn arrived(&mut self, dispatch: Dispatch, context: &mut Context<'_>) {
        let Dispatch { to, payload, from, .. } = dispatch;
        if let Origin::Topic { subject, key, .. } = from
            && !matches!(to, Target::Function(_))
        {
            let delivered =
                Delivered { at: context.now, to: to.clone(), subject, body: payload.clone(), key };
            self.sns.deliver(delivered);
        }
        match to {
            Target::Mail(_) => {}
            Target::Queue(name) => {
                // A queue that is only a name is one that nobody looks into.
                let _ = self.send_message(&name, (&payload, BTreeMap::new()), context);
            }
            Target::Function(function) => {
                self.lambda.deliver(Delivery { function, payload: payload.into_bytes() }, context);
            }
        }
    }

    fn dispatch_again(&mut self, dispatch: Dispatch, trouble: Trouble, context: &mut Context<'_>) {
        let next = match &dispatch.from {
            Origin::Rule { rule } => {
                let policy = self.eventbridge.retry_policy(rule);
                next_of_rule(&policy, &dispatch, context)
            }
            Origin::Topic { .. } => {
                let phases = if matches!(dispatch.to, Target::Mail(_)) { MAIL } else { MANAGED };
                let waited = context.now.duration_since(dispatch.since);
                let next = phases.next(dispatch.retries, waited).ok_or(Exhausted::Attempts);
                next.map(|next| (next.wait, next.retries))
            }
            Origin::Alarm => Err(Exhausted::Attempts),
        };
        match next {
            Ok((wait, retries)) => {
                context.later(wait, Happening::Dispatch(Box::new(Dispatch { retries, ..dispatch })));
            }
            Err(exhausted) => self.undelivered(&dispatch, (trouble, Some(exhausted)), context),
        }
    }

    /// Gives up: into the dead-letter queue if there is one, else for good.
    fn undelivered(
        &mut self,
        dispatch: &Dispatch,
        (trouble, exhausted): (Trouble, Option<Exhausted>),
        context: &mut Context<'_>,
    ) {
        let target = match &dispatch.to {
            Target::Mail(name) | Target::Queue(name) | Target::Function(name) => name.clone(),
        };
        let letter = (dispatch.payload.as_str(), self.attributes(dispatch, (trouble, exhausted)));
        if let Some(queue) = &dispatch.dead_letters
            && self.send_message(queue, letter, context).is_ok()
        {
            context.note(Fact::DeadLetter { queue: queue.clone(), function: target });
        } else {
            let action = matches!(dispatch.from, Origin::Alarm).then(|| dispatch.payload.clone());
            context.note(Fact::Undelivered { to: target, why: trouble.code(), action });
        }
    }

    /// What a dead letter says beside the event itself
    /// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>). SNS adds nothing that is documented.
    fn attributes(
        &self,
        dispatch: &Dispatch,
        (trouble, exhausted): (Trouble, Option<Exhausted>),
    ) -> BTreeMap<String, String> {
        let Origin::Rule { rule } = &dispatch.from else { return BTreeMap::new() };
        let target = match &dispatch.to {
            Target::Function(name) => self.place.arn("lambda", &format!("function:{name}")),
            Target::Queue(name) => self.place.arn("sqs", name),
            Target::Mail(name) => name.clone(),
        };
        let mut attributes = BTreeMap::from([
            ("RULE_ARN", self.place.arn("events", &format!("rule/{rule}"))),
            ("TARGET_ARN", target),
            ("ERROR_CODE", trouble.code().to_owned()),
            ("ERROR_MESSAGE", trouble.message().to_owned()),
            ("RETRY_ATTEMPTS", dispatch.retries.to_string()),
        ]);
        if let Some(exhausted) = exhausted {
            attributes.insert("EXHAUSTED_RETRY_CONDITION", exhausted.as_str().to_owned());
        }
        attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// `EventBridge` waits ever longer, and each time a bit more or less than that.
fn next_of_rule(
    policy: &RetryPolicy,
    dispatch: &Dispatch,
    context: &mut Context<'_>,
) -> Result<(SignedDuration, u32), Exhausted> {
    let most = policy.wait(dispatch.retries);
    let wait = most - context.choose_between("bus/retry", SignedDuration::ZERO, most / 2);
    policy.admits(dispatch.retries, dispatch.since, time::later(context.now, wait))?;
    Ok((wait, dispatch.retries + 1))
}

impl Dispatch {
    /// Something from a topic to one of its subscribers.
    pub(super) fn of_topic(
        topic: &str,
        (to, payload, dead_letters): (&Target, &str, Option<&str>),
        message: &Message,
        now: Timestamp,
    ) -> Self {
        let (subject, key) = (message.subject.clone(), message.key.clone());
        Self {
            to: to.clone(),
            payload: payload.to_owned(),
            from: Origin::Topic { topic: topic.to_owned(), subject: subject.unwrap_or_default(), key },
            dead_letters: dead_letters.map(str::to_owned),
            since: now,
            retries: 0,
        }
    }

    /// Something that is told to a function by nobody who would try again.
    pub(super) fn once(function: &str, payload: String, now: Timestamp) -> Self {
        Self {
            to: Target::Function(function.to_owned()),
            payload,
            from: Origin::Alarm,
            dead_letters: None,
            since: now,
            retries: 0,
        }
    }
}
