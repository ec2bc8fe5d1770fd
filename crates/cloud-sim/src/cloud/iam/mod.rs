//! IAM: the roles of functions and the policies of resources. The crate `iam-policy` decides; what a request looks like to IAM
//! is told by [`ask`].

pub mod ask;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use iam_policy::{Keys, Policy, Principal, Request, Role, Verdict, decide};

use aws_vocabulary::ErrorKind;

use super::{ApiError, Cloud, Place};

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
    refused: BTreeMap<(String, Cow<'static, str>), u64>,
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
    pub fn refused(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        self.refused.iter().map(|((function, action), times)| (function.as_str(), action.as_ref(), *times))
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
        *self.refused.entry((function.to_owned(), request.action.clone())).or_default() += 1;
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
    let message = format!("{} is not authorized to perform {action} on {resource} {why}", role.who());
    ApiError::new(ErrorKind::Denied, code, message)
}

/// What a service tells of whom it acts for
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>).
pub(super) fn of_source(arn: &str, place: &Place) -> Keys {
    Keys::default().with("aws:SourceArn", arn).with("aws:SourceAccount", place.account.as_str())
}
