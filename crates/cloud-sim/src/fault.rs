//! What can go wrong, as data: serialisable, shrinkable, and named after AWS Fault Injection Service where it has a name
//! (<https://docs.aws.amazon.com/fis/latest/userguide/fis-actions-reference.html>).

mod plan;

pub use plan::{Consistency, DeliveryFaults, Family, FaultPlan, Level, PagingFaults};

use aws_vocabulary::ErrorKind;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::ApiError;
use crate::kernel::{Actor, Op};

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
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
    /// No answer, and it happens later.
    TimeoutLate,
    /// A 500, but it happened.
    InternalErrorAfter,
    /// The caller dies before it sends the request.
    CrashBefore,
    /// The caller dies once the request is sent; it happens later.
    CrashLate,
    /// The caller dies once it has happened, before it hears of it.
    CrashAfter,
}

/// What becomes of the request itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landing {
    /// It never takes effect.
    Never,
    /// It takes effect.
    Now,
    /// It takes effect later.
    Later,
}

impl Fault {
    /// Every fault there is.
    pub const ALL: [Self; 11] = [
        Self::Throttle,
        Self::InternalError,
        Self::Unavailable,
        Self::Denied,
        Self::TimeoutBefore,
        Self::TimeoutAfter,
        Self::TimeoutLate,
        Self::InternalErrorAfter,
        Self::CrashBefore,
        Self::CrashLate,
        Self::CrashAfter,
    ];

    /// What becomes of the request.
    pub fn landing(self) -> Landing {
        match self {
            Self::TimeoutAfter | Self::InternalErrorAfter | Self::CrashAfter => Landing::Now,
            Self::TimeoutLate | Self::CrashLate => Landing::Later,
            Self::Throttle
            | Self::InternalError
            | Self::Unavailable
            | Self::Denied
            | Self::TimeoutBefore
            | Self::CrashBefore => Landing::Never,
        }
    }

    /// Whether the caller dies of it.
    pub fn is_crash(self) -> bool {
        matches!(self, Self::CrashBefore | Self::CrashLate | Self::CrashAfter)
    }

    /// What the caller of a service sees, if it lives to see it: each service says it in its own words
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>,
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>,
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>,
    /// <https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html>).
    pub fn error_of(self, service: &str) -> Option<ApiError> {
        let [throttled, failed, unavailable, denied] = match service {
            "dynamodb" => {
                ["ThrottlingException", "InternalServerError", "ServiceUnavailable", "AccessDeniedException"]
            }
            "s3" => ["SlowDown", "InternalError", "ServiceUnavailable", "AccessDenied"],
            "sns" => ["Throttled", "InternalError", "ServiceUnavailable", "AuthorizationError"],
            "autoscaling" => ["Throttling", "InternalFailure", "ServiceUnavailable", "AccessDenied"],
            _ => ["RequestLimitExceeded", "InternalError", "Unavailable", "UnauthorizedOperation"],
        };
        let (kind, code, message) = match self {
            Self::Throttle => (ErrorKind::Throttled, throttled, "Request limit exceeded."),
            Self::InternalError | Self::InternalErrorAfter => {
                (ErrorKind::Unavailable, failed, "An internal error has occurred.")
            }
            Self::Unavailable => (ErrorKind::Unavailable, unavailable, "The server is overloaded."),
            Self::Denied => (ErrorKind::Denied, denied, "You are not authorized to perform this operation."),
            Self::TimeoutBefore | Self::TimeoutAfter | Self::TimeoutLate => {
                (ErrorKind::Lost, "Timeout", "no answer within the time limit")
            }
            Self::CrashBefore | Self::CrashLate | Self::CrashAfter => return None,
        };
        Some(ApiError::new(kind, code, message))
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
    /// So many of a thousand, at random.
    PerMille(u32),
    /// Whichever the chooser likes.
    Choice,
}

/// A rule by which requests fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The operation; all of them when there is none.
    pub operation: Option<String>,
    /// How they fail: one of these.
    pub faults: Vec<Fault>,
    /// Which of them.
    pub pick: Pick,
    /// From when.
    pub from: Option<Timestamp>,
    /// Until when.
    pub until: Option<Timestamp>,
    /// Whether only the requests of functions fail, and not those of people.
    pub functions_only: bool,
}

impl Rule {
    /// Requests of an operation fail so.
    pub fn on(operation: &str, fault: Fault, pick: Pick) -> Self {
        Self { operation: Some(operation.to_owned()), functions_only: false, ..Self::any(vec![fault], pick) }
    }

    /// Requests of functions fail in one of these ways.
    pub fn any(faults: Vec<Fault>, pick: Pick) -> Self {
        Self { operation: None, faults, pick, from: None, until: None, functions_only: true }
    }

    /// The same rule, from an instant until another.
    #[must_use]
    pub fn between(self, from: Timestamp, until: Timestamp) -> Self {
        Self { from: Some(from), until: Some(until), ..self }
    }

    fn is_about(&self, request: &Subject) -> bool {
        let Subject { op, actor, at, .. } = request;
        self.operation.as_deref().is_none_or(|name| name == op.name)
            && (matches!(actor, Actor::Invocation(_)) || !self.functions_only)
            && self.from.is_none_or(|from| from <= *at)
            && self.until.is_none_or(|until| *at < until)
    }
}

/// The request that may fail.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    pub(crate) op: Op,
    pub(crate) actor: Actor,
    pub(crate) at: Timestamp,
    pub(crate) only_reads: bool,
}

impl Subject {
    /// Whether anybody could tell this fault from another: when a request changes nothing, it is all the same whether it
    /// took effect before it failed.
    fn can_tell(&self, fault: Fault) -> bool {
        !self.only_reads || fault.landing() == Landing::Never
    }
}

/// A plan in force: how often each of its rules has been asked, and how many faults it may still make.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// The plan.
    pub plan: FaultPlan,
    seen: Vec<u32>,
    made: u32,
}

impl Faults {
    /// Puts a plan in force.
    pub fn new(plan: FaultPlan) -> Self {
        Self { plan, seen: Vec::new(), made: 0 }
    }

    /// Adds a rule.
    pub fn add(&mut self, rule: Rule) {
        self.plan.rules.push(rule);
    }

    /// Lets every rule go.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether one more fault may be made.
    pub(crate) fn has_left(&self) -> bool {
        self.plan.budget.is_none_or(|budget| self.made < budget)
    }

    /// Counts a fault that was made.
    pub(crate) fn made_one(&mut self) {
        self.made += 1;
    }

    /// The fault of a request, if one of the rules picks it: the first that does. Every rule counts every request that it
    /// is about.
    pub(crate) fn pick(
        &mut self,
        request: &Subject,
        mut choose: impl FnMut(&'static str, u32) -> u32,
    ) -> Option<Fault> {
        if self.plan.rules.is_empty() || !self.has_left() {
            return None;
        }
        self.seen.resize(self.plan.rules.len(), 0);
        let mut picked = None;
        for (rule, seen) in self.plan.rules.iter().zip(&mut self.seen) {
            if !rule.is_about(request) {
                continue;
            }
            *seen += 1;
            let all = rule.pick != Pick::Choice;
            let faults = || rule.faults.iter().copied().filter(|fault| all || request.can_tell(*fault));
            let count = || u32::try_from(faults().count()).unwrap_or(0);
            let nth = match rule.pick {
                Pick::Every => Some(0),
                Pick::Nth(n) => (*seen == n).then_some(0),
                // 0 is the boring answer, so the faults are at the other end.
                Pick::PerMille(rate) => {
                    (1000 - rate.min(1000) <= choose("fault", 1000)).then(|| choose("fault/which", count()))
                }
                Pick::Choice => choose("fault", 1 + count()).checked_sub(1),
            };
            let fault = nth.and_then(|nth| faults().nth(usize::try_from(nth).unwrap_or(0)));
            picked = picked.or(fault);
        }
        picked.inspect(|_| self.made_one())
    }
}
