//! IAM: who may do what
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>).
//!
//! Whatever is asked for is refused, unless a statement allows it and none denies it. Evaluation is pure; what a request looks
//! like to IAM is told by [`ask`].
//!
//! Not modelled: permission boundaries, session policies, policies of organizations, and requests into other accounts.

pub mod ask;
mod condition;
mod pattern;
mod policy;
mod request;

pub use policy::{Effect, Kind, Policy, PolicyError};
pub use request::{Keys, Principal, Request};

use std::collections::BTreeMap;
use std::sync::Arc;

use ports::ErrorKind;

use super::{ApiError, Cloud, Place};
use policy::Word;
use request::Context;

/// The roles of the account's functions, and the policies of its resources.
#[derive(Clone, Debug, Default)]
pub struct Iam {
    /// The role that each function runs as. A function without one may do everything: for worlds that are not about permissions.
    roles: BTreeMap<String, Arc<Role>>,
    /// The policies of resources, by ARN.
    resources: BTreeMap<String, Arc<Policy>>,
    /// The keys of KMS that resources are encrypted with, by the resources' ARNs.
    keys: BTreeMap<String, String>,
    /// How often which action was refused to which function.
    refused: BTreeMap<(String, &'static str), u64>,
}

/// What a function runs as.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    who: Principal,
    keys: Keys,
    policies: Vec<Policy>,
}

impl Role {
    /// A role with all its policies.
    pub fn new(place: &Place, name: &str, policies: Vec<Policy>) -> Self {
        let who = Principal::Role(format!("arn:aws:iam::{}:role/{name}", place.account));
        let keys = who
            .keys()
            .with("aws:RequestedRegion", place.region.as_str())
            .with("ec2:Region", place.region.as_str())
            .with("aws:ResourceAccount", place.account.as_str());
        Self { who, keys, policies }
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
/// use adapters_sim::cloud::iam::{Kind, Policy, Principal, Request, Verdict, decide};
/// use serde_json::json;
///
/// let policy = json!({ "Version": "2012-10-17", "Statement": [
///     { "Effect": "Allow", "Action": "sns:*", "Resource": "*" },
///     { "Effect": "Deny", "NotAction": "sns:Publish", "Resource": "*" },
/// ] });
/// let policies = [Policy::parse(&policy, Kind::Identity).unwrap()];
/// let who = Principal::Role("arn:aws:iam::123456789012:role/auto-snapshot".to_owned());
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

impl Iam {
    /// Lets a function run as a role.
    pub fn put_role(&mut self, function: &str, role: Arc<Role>) {
        self.roles.insert(function.to_owned(), role);
    }

    /// Lets every function do everything, whatever its role: for functions that the roles were not made for.
    pub fn forget_roles(&mut self) {
        self.roles.clear();
    }

    /// The role that a function runs as.
    pub fn role(&self, function: &str) -> Option<&Role> {
        self.roles.get(function).map(Arc::as_ref)
    }

    /// Attaches a policy to a resource.
    pub fn put_resource_policy(&mut self, arn: &str, policy: Arc<Policy>) {
        self.resources.insert(arn.to_owned(), policy);
    }

    /// Lets a resource be encrypted with a key of KMS.
    pub fn put_key(&mut self, resource: &str, key: &str) {
        self.keys.insert(resource.to_owned(), key.to_owned());
    }

    /// The key that a resource is encrypted with.
    fn key_of(&self, resource: &str) -> Option<&str> {
        self.keys.get(resource).map(String::as_str)
    }

    /// How often which action was refused to which function.
    pub fn refused(&self) -> impl Iterator<Item = (&str, &'static str, u64)> {
        self.refused.iter().map(|((function, action), times)| (function.as_str(), *action, *times))
    }

    /// What becomes of a role's request.
    fn verdict(&self, role: &Role, request: &Request) -> Verdict {
        let of_resource = policy_holder(&request.resource).and_then(|arn| self.resources.get(arn));
        role.decide(request, of_resource.map(Arc::as_ref))
    }

    /// Whether a function's role allows requests; the first that it does not is counted.
    fn permit(
        &mut self,
        function: &str,
        requests: impl IntoIterator<Item = Request>,
    ) -> Result<(), ApiError> {
        let Some(role) = self.roles.get(function).cloned() else { return Ok(()) };
        let refused = requests.into_iter().find_map(|request| {
            let verdict = self.verdict(&role, &request);
            (verdict != Verdict::Allowed).then_some((request, verdict))
        });
        let Some((request, verdict)) = refused else { return Ok(()) };
        *self.refused.entry((function.to_owned(), request.action)).or_default() += 1;
        Err(refusal(&role, &request, verdict))
    }

    /// Whether a function may leave its log. Lambda writes it for the function, by the function's role
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html>).
    pub(super) fn lets_log(&mut self, function: &str, stream: &str) -> bool {
        let requests = ["logs:CreateLogStream", "logs:PutLogEvents"].map(|a| Request::new(a, stream));
        self.permit(function, requests).is_ok()
    }

    /// Whether a function may leave the record of a request that it gave up in a queue
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>).
    pub(super) fn lets_send(&mut self, function: &str, queue: &str) -> bool {
        self.permit(function, [Request::new("sqs:SendMessage", queue)]).is_ok()
    }

    /// Whether a service of AWS may do something with a resource: its policy says so, or there is none.
    pub(super) fn allows_service(&self, service: &str, request: &Request) -> bool {
        let Some(policy) = policy_holder(&request.resource).and_then(|arn| self.resources.get(arn)) else {
            return true;
        };
        decide(&Principal::Service(service.to_owned()), request, &[], Some(policy)) == Verdict::Allowed
    }
}

/// What a resource's policy is attached to: objects have none of their own, their bucket has.
fn policy_holder(resource: &str) -> Option<&str> {
    if resource.starts_with("arn:aws:s3:::") { resource.split('/').next() } else { Some(resource) }
}

impl Cloud {
    /// Lets a function's requests through if its role allows all of them.
    ///
    /// # Errors
    ///
    /// What the service answers otherwise.
    pub(crate) fn permit(
        &mut self,
        function: &str,
        requests: impl FnOnce(&Self) -> Vec<Request>,
    ) -> Result<(), ApiError> {
        if !self.iam.roles.contains_key(function) {
            return Ok(());
        }
        let requests = requests(self);
        self.iam.permit(function, requests)
    }
}

/// How each service refuses
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>,
/// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>).
fn refusal(role: &Role, request: &Request, verdict: Verdict) -> ApiError {
    let code = match request.action.split(':').next() {
        Some("ec2") => "UnauthorizedOperation",
        Some("dynamodb" | "logs") => "AccessDeniedException",
        Some("sns") => "AuthorizationError",
        Some(_) | None => "AccessDenied",
    };
    let why = match verdict {
        Verdict::ExplicitlyDenied => "with an explicit deny",
        Verdict::Allowed | Verdict::ImplicitlyDenied => "because no policy allows it",
    };
    let Request { action, resource, .. } = request;
    let message = format!("{} is not authorized to perform {action} on {resource} {why}", role.who);
    ApiError::new(ErrorKind::Denied, code, message)
}
