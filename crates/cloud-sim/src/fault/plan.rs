use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Fault, Pick, Rule};
use crate::kernel::Chooser;

/// Everything that may go wrong in a run. Rates are so many of a thousand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultPlan {
    /// How requests fail.
    pub rules: Vec<Rule>,
    /// How many faults may be made at the most; any number when there is none.
    pub budget: Option<u32>,
    /// What happens to events on their way.
    pub delivery: DeliveryFaults,
    /// After how many seconds what lands late may land, where requests take no time; 60 and 180 when none is named, which is
    /// when Lambda's retries run.
    pub landings: Vec<u32>,
    /// How many seconds each answer takes longer than usual: enough of them, and what goes by the clock comes due while work
    /// goes on, also where requests take no time.
    pub slow: u32,
    /// How often a request that succeeded is delivered again.
    pub redelivered: u32,
    /// How often Lambda itself fails to begin an attempt, and puts the request back.
    pub system_errors: u32,
    /// How often an overloaded queue of Lambda drops what is put back, without a word
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>). At no level: nothing could be
    /// promised of a workflow whose events vanish.
    pub queue_drops: u32,
    /// How often an alarm executes the actions of a change once more
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-evaluating-missing-data>).
    pub actions_again: u32,
    /// How late what was made is seen.
    pub consistency: Consistency,
    /// What happens to the pages of lists.
    pub paging: PagingFaults,
    /// How often a snapshot fails.
    pub failed_snapshots: u32,
    /// How often an instance takes half an hour longer to stop.
    pub slow_stops: u32,
    /// How often EC2 fails to bring an instance up on another host when its own has failed.
    pub failed_recoveries: u32,
    /// How often a launch fails because there is no capacity: `aws:ec2:asg-insufficient-instance-capacity-error`.
    pub failed_launches: u32,
    /// How often a group has a pending update already when it is to be changed.
    pub contention: u32,
    /// How often a conditional write of S3 meets another at the same key.
    pub conflicts: u32,
    /// How far a function's clock may be off, in milliseconds, in either direction.
    pub skew_ms: u32,
    /// Whether limits are small, so that they are met: pages of five, buckets of two.
    pub small_limits: bool,
}

/// What happens to events on their way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryFaults {
    /// How many events of best-effort sources are lost
    /// (<https://docs.aws.amazon.com/eventbridge/latest/ref/event-delivery-level.html>).
    pub lost: u32,
    /// How many come twice.
    pub doubled: u32,
    /// How many come late, and so in another order.
    pub late: u32,
    /// How late they come, in seconds at the most.
    pub latest: u32,
    /// How many attempts to deliver something are throttled at the target, and made again.
    pub refused: u32,
    /// How many messages of a queue are received once more.
    pub received_again: u32,
}

/// What happens to the pages of EC2's lists
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-pagination>).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PagingFaults {
    /// How many pages are shorter than asked for, or empty, although there is more.
    pub short: u32,
    /// How many tokens have expired when they are used.
    pub expired: u32,
}

/// How late what was made is seen
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consistency {
    /// How many new snapshots are not seen at once.
    pub lagging: u32,
    /// How late they are seen, in seconds at the least.
    pub soonest: u32,
    /// How late they are seen, in seconds at the most.
    pub latest: u32,
    /// Whether a reader may see one and the next reader not.
    pub flapping: bool,
    /// How often EC2 tells the launch before for a while when an instance was started, in the same way.
    pub stale_launches: u32,
    /// How many items an index of `DynamoDB` shows late, in the same way
    /// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html>).
    pub late_in_index: u32,
}

/// How much goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing.
    #[default]
    None,
    /// What a good month on AWS has.
    Realistic,
    /// Far more than any month on AWS has.
    Hostile,
}

impl Level {
    /// Every level there is.
    pub const ALL: [Self; 3] = [Self::None, Self::Realistic, Self::Hostile];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Realistic => "realistic",
            Self::Hostile => "hostile",
        }
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Level {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|level| level.as_str() == name);
        known.ok_or_else(|| format!("`{name}` is no level of faults: expected none, realistic or hostile"))
    }
}

/// A kind of fault, for switching kinds on and off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Requests fail.
    Api,
    /// Functions die.
    Compute,
    /// Events are lost, doubled, late.
    Delivery,
    /// Reads are stale, and their pages short.
    Consistency,
    /// Clocks are off.
    Skew,
    /// Limits are small.
    Limits,
}

const API: [Fault; 7] = [
    Fault::Throttle,
    Fault::InternalError,
    Fault::Unavailable,
    Fault::TimeoutBefore,
    Fault::TimeoutAfter,
    Fault::TimeoutLate,
    Fault::InternalErrorAfter,
];
const CRASHES: [Fault; 3] = [Fault::CrashBefore, Fault::CrashLate, Fault::CrashAfter];

impl FaultPlan {
    /// The plan of a level.
    pub fn of(level: Level) -> Self {
        match level {
            Level::None => Self::default(),
            Level::Realistic => Self::realistic(),
            Level::Hostile => Self::hostile(),
        }
    }

    /// What a good month on AWS has, at a guess: no figures are published.
    pub fn realistic() -> Self {
        Self {
            rules: vec![
                Rule::any(API.to_vec(), Pick::PerMille(4)),
                Rule::any(CRASHES.to_vec(), Pick::PerMille(1)),
            ],
            delivery: DeliveryFaults {
                lost: 2,
                doubled: 10,
                late: 20,
                latest: 120,
                refused: 2,
                received_again: 10,
            },
            redelivered: 5,
            system_errors: 2,
            actions_again: 10,
            consistency: Consistency {
                lagging: 200,
                soonest: 1,
                latest: 10,
                flapping: false,
                stale_launches: 20,
                late_in_index: 20,
            },
            paging: PagingFaults { short: 20, expired: 1 },
            failed_snapshots: 5,
            slow_stops: 10,
            failed_recoveries: 50,
            failed_launches: 5,
            contention: 2,
            conflicts: 2,
            skew_ms: 200,
            ..Self::default()
        }
    }

    /// Far more than any month on AWS has.
    pub fn hostile() -> Self {
        Self {
            rules: vec![
                Rule::any(API.to_vec(), Pick::PerMille(120)),
                Rule::any(CRASHES.to_vec(), Pick::PerMille(30)),
            ],
            delivery: DeliveryFaults {
                lost: 50,
                doubled: 200,
                late: 200,
                latest: 600,
                refused: 100,
                received_again: 200,
            },
            redelivered: 100,
            system_errors: 50,
            actions_again: 100,
            consistency: Consistency {
                lagging: 500,
                soonest: 1,
                latest: 240,
                flapping: true,
                stale_launches: 200,
                late_in_index: 200,
            },
            paging: PagingFaults { short: 100, expired: 10 },
            failed_snapshots: 50,
            slow_stops: 50,
            failed_recoveries: 300,
            failed_launches: 50,
            contention: 50,
            conflicts: 50,
            skew_ms: 4000,
            small_limits: true,
            ..Self::default()
        }
    }

    /// Every way in which at most so many requests can fail, for complete enumeration: each request may fail in each of
    /// these ways, or not.
    pub fn choices(faults: Vec<Fault>, budget: u32) -> Self {
        Self { rules: vec![Rule::any(faults, Pick::Choice)], budget: Some(budget), ..Self::default() }
    }

    /// The same plan with each kind of fault on or off, as the chooser likes: a run in which everything goes wrong at once
    /// hides what a single kind would show (Groce and others, "Swarm testing", 2012).
    #[must_use]
    pub fn swarm(self, chooser: &mut dyn Chooser) -> Self {
        let off: Vec<Family> = Family::ALL.into_iter().filter(|_| chooser.choose("swarm", 2) == 1).collect();
        self.without(&off)
    }

    /// The same plan without some kinds of fault.
    #[must_use]
    pub fn without(mut self, families: &[Family]) -> Self {
        for family in families {
            match family {
                Family::Api => {
                    self.rules.retain(|rule| rule.faults.iter().any(|fault| fault.is_crash()));
                    self.contention = 0;
                    self.conflicts = 0;
                }
                Family::Compute => {
                    self.rules.retain(|rule| !rule.faults.iter().any(|fault| fault.is_crash()));
                    self.redelivered = 0;
                    self.system_errors = 0;
                    self.queue_drops = 0;
                }
                Family::Delivery => {
                    self.delivery = DeliveryFaults::default();
                    self.actions_again = 0;
                }
                Family::Consistency => {
                    self.consistency = Consistency::default();
                    self.paging = PagingFaults::default();
                }
                Family::Skew => self.skew_ms = 0,
                Family::Limits => self.small_limits = false,
            }
        }
        self
    }
}

impl Family {
    /// Every kind there is.
    pub const ALL: [Self; 6] =
        [Self::Api, Self::Compute, Self::Delivery, Self::Consistency, Self::Skew, Self::Limits];
}

impl Consistency {
    pub(crate) fn range(&self) -> (SignedDuration, SignedDuration) {
        let seconds = |n: u32| SignedDuration::from_secs(i64::from(n));
        (seconds(self.soonest), seconds(self.latest))
    }
}

impl DeliveryFaults {
    pub(crate) fn longest(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.latest))
    }
}
