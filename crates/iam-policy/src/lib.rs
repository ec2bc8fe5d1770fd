//! AWS IAM's policy language: policies are read as IAM reads them, and a request is decided on as IAM decides
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>).
//!
//! Whatever is asked for is refused, unless a statement allows it and none denies it. Evaluation is pure: it
//! is told the request's action, resource and keys. Which those are is for whoever simulates a service to say.
//!
//! Not modelled: permission boundaries, session policies, policies of organizations, and requests into other
//! accounts.

mod condition;
mod pattern;
mod policy;
mod request;
pub mod wildcard;

pub use policy::{Effect, Kind, Policy, PolicyError};
pub use request::{Keys, Principal, Request};

use policy::Word;
use request::Context;

/// A role: who asks, and the policies that say what it may.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    who: Principal,
    keys: Keys,
    policies: Vec<Policy>,
}

impl Role {
    /// The role of an ARN with all its policies. All its requests go to a region, and to resources of its own
    /// account unless they say something else.
    pub fn new(arn: impl Into<String>, region: &str, policies: Vec<Policy>) -> Self {
        let who = Principal::Role(arn.into());
        let keys = who
            .keys()
            .with("aws:RequestedRegion", region)
            .with("ec2:Region", region)
            .with("aws:ResourceAccount", who.account().unwrap_or_default());
        Self { who, keys, policies }
    }

    /// Who it is.
    pub fn who(&self) -> &Principal {
        &self.who
    }

    /// What becomes of one of its requests, if the resource's policy is this.
    pub fn decide(&self, request: &Request, of_resource: Option<&Policy>) -> Verdict {
        decide_knowing(&self.who, request, &self.keys, self.policies.iter().chain(of_resource))
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A statement allows it, and none denies it.
    Allowed,
    /// A statement denies it.
    ExplicitlyDenied,
    /// No statement allows it.
    ImplicitlyDenied,
}

/// What a principal's own policies and the resource's policy say of a request, both of one account
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html>).
///
/// # Examples
///
/// ```
/// use iam_policy_evaluation::{Kind, Policy, Principal, Request, Verdict, decide};
/// use serde_json::json;
///
/// let policy = json!({ "Version": "2012-10-17", "Statement": [
///     { "Effect": "Allow", "Action": "sns:*", "Resource": "*" },
///     { "Effect": "Deny", "NotAction": "sns:Publish", "Resource": "*" },
/// ] });
/// let policies = [Policy::parse(&policy, Kind::Identity).unwrap()];
/// let who = Principal::Role("arn:aws:iam::123456789012:role/reporter".to_owned());
/// let topic = "arn:aws:sns:eu-west-1:123456789012:alerts";
/// let verdict = |action| decide(&who, &Request::new(action, topic), &policies, None);
/// assert_eq!(verdict("sns:Publish"), Verdict::Allowed);
/// assert_eq!(verdict("sns:DeleteTopic"), Verdict::ExplicitlyDenied);
/// assert_eq!(verdict("sqs:SendMessage"), Verdict::ExplicitlyDenied);
/// ```
pub fn decide(who: &Principal, request: &Request, own: &[Policy], of_resource: Option<&Policy>) -> Verdict {
    decide_knowing(who, request, &who.keys(), own.iter().chain(of_resource))
}

fn decide_knowing<'a>(
    who: &Principal,
    request: &Request,
    common: &Keys,
    policies: impl Iterator<Item = &'a Policy>,
) -> Verdict {
    let keys = Context { own: &request.keys, common };
    let action = request.action.to_ascii_lowercase();
    let mut verdict = Verdict::ImplicitlyDenied;
    for policy in policies {
        for word in policy.words(who, (&action, &request.resource), keys) {
            match word {
                Word::Denied => return Verdict::ExplicitlyDenied,
                Word::Allowed => verdict = Verdict::Allowed,
                // The account may; whether this role of it may is for the role's policies to say.
                Word::Delegated => {}
            }
        }
    }
    verdict
}

/// The examples of the front page hold.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
