//! What can go wrong with a request, as data: serialisable, and named after AWS Fault Injection Service where it has a
//! name (<https://docs.aws.amazon.com/fis/latest/userguide/fis-actions-reference.html>).

use jiff::Timestamp;
use ports::ErrorKind;
use serde::{Deserialize, Serialize};

use crate::cloud::ApiError;
use crate::kernel::Op;

/// How a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiFault {
    /// `aws:fis:inject-api-throttle-error`: refused, nothing happened.
    Throttle,
    /// `aws:fis:inject-api-internal-error`: a 500, and nothing happened.
    InternalError,
    /// `aws:fis:inject-api-unavailable-error`: a 503, and nothing happened.
    Unavailable,
    /// The caller's permission was taken away.
    Denied,
    /// No answer, and nothing happened.
    TimeoutBefore,
    /// No answer, but it happened.
    TimeoutAfter,
    /// A 500, but it happened.
    InternalErrorAfter,
}

impl ApiFault {
    /// Whether the request takes effect all the same.
    pub fn takes_effect(self) -> bool {
        match self {
            Self::TimeoutAfter | Self::InternalErrorAfter => true,
            Self::Throttle | Self::InternalError | Self::Unavailable | Self::Denied | Self::TimeoutBefore => {
                false
            }
        }
    }

    /// What the caller sees.
    pub fn error(self) -> ApiError {
        let (kind, code, message) = match self {
            Self::Throttle => (ErrorKind::Throttled, "RequestLimitExceeded", "Request limit exceeded."),
            Self::InternalError | Self::InternalErrorAfter => {
                (ErrorKind::Unavailable, "InternalError", "An internal error has occurred.")
            }
            Self::Unavailable => (ErrorKind::Unavailable, "Unavailable", "The server is overloaded."),
            Self::Denied => (
                ErrorKind::Denied,
                "UnauthorizedOperation",
                "You are not authorized to perform this operation.",
            ),
            Self::TimeoutBefore | Self::TimeoutAfter => {
                (ErrorKind::Lost, "Timeout", "no answer within the time limit")
            }
        };
        ApiError::new(kind, code, message)
    }
}

/// Which of the requests that a rule is about fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// All of them.
    Every,
    /// One of them, counted from 1.
    Nth(u32),
    /// So many of a hundred, at random.
    Percent(u32),
}

/// A rule by which requests fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The operation; all of them when there is none.
    pub operation: Option<String>,
    /// How they fail.
    pub fault: ApiFault,
    /// Which of them.
    pub pick: Pick,
    /// From when.
    pub from: Option<Timestamp>,
    /// Until when.
    pub until: Option<Timestamp>,
}

impl Rule {
    /// Requests of an operation fail so.
    pub fn on(operation: &str, fault: ApiFault, pick: Pick) -> Self {
        Self { operation: Some(operation.to_owned()), fault, pick, from: None, until: None }
    }

    fn is_about(&self, op: Op, now: Timestamp) -> bool {
        self.operation.as_deref().is_none_or(|name| name == op.name)
            && self.from.is_none_or(|from| from <= now)
            && self.until.is_none_or(|until| now < until)
    }
}

/// The rules in force, and how many requests each has seen.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    rules: Vec<(Rule, u32)>,
}

impl Faults {
    /// Puts a rule in force.
    pub fn add(&mut self, rule: Rule) {
        self.rules.push((rule, 0));
    }

    /// Lets every rule go.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// The fault of a request, if one of the rules picks it: the first that does. Every rule counts every request that it
    /// is about.
    pub(crate) fn pick(
        &mut self,
        op: Op,
        now: Timestamp,
        mut choose: impl FnMut(u32) -> u32,
    ) -> Option<ApiFault> {
        let mut fault = None;
        for (rule, seen) in self.rules.iter_mut().filter(|(rule, _)| rule.is_about(op, now)) {
            *seen += 1;
            let picked = match rule.pick {
                Pick::Every => true,
                Pick::Nth(n) => *seen == n,
                // 0 is the boring answer, so the faults are at the other end.
                Pick::Percent(percent) => 100 - percent.min(100) <= choose(100),
            };
            if picked {
                fault = fault.or(Some(rule.fault));
            }
        }
        fault
    }
}
