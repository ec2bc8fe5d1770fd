//! Which operation of which service a request asks for.

use bytes::Bytes;
use http::Method;

use super::error::{Dialect, json, xml};
use super::operation::{Exchange, Operation};
use super::query::{Fields, Words};
use super::xml::Element;
use super::{Request, Response, autoscaling, dynamodb, ec2, s3, sns, sqs, sts};
use crate::cloud::ApiError;
use crate::cloud::list::dry_run;
use crate::kernel::Op;

/// A service of a query protocol.
pub(super) struct QueryService {
    /// Its name for IAM.
    pub(super) name: &'static str,
    /// The version that requests name: no two services have the same.
    pub(super) version: &'static str,
    /// How it writes answers.
    pub(super) dialect: Dialect,
    pub(super) words: &'static Words,
    pub(super) operations: &'static [Operation<Fields, Element>],
}

/// A service of a JSON protocol.
pub(super) struct JsonService {
    /// Its name for IAM.
    pub(super) name: &'static str,
    /// What stands before the operation in `X-Amz-Target`.
    pub(super) target: &'static str,
    /// What stands before an error's code.
    pub(super) errors: &'static str,
    pub(super) operations: &'static [Operation<serde_json::Value, super::json::Answer>],
}

const QUERY: [&QueryService; 4] = [&autoscaling::SERVICE, &ec2::SERVICE, &sns::SERVICE, &sts::SERVICE];
const JSON: [&JsonService; 2] = [&dynamodb::SERVICE, &sqs::SERVICE];

/// How most services write errors: so nearly every caller can read what an unknown one is answered.
const UNKNOWN: Dialect = Dialect::Query("");

/// Understands a request, which gets this id.
///
/// # Errors
///
/// The answer, when the request is for nothing that is here.
pub fn understand(request: Request, id: &str) -> Result<Exchange, Box<Response>> {
    if let Some(target) = request.headers().get("x-amz-target") {
        let target = target.to_str().unwrap_or_default().to_owned();
        return by_target(&target, request.body(), id);
    }
    let is_form = *request.method() == Method::POST && request.uri().path() == "/";
    let form = if is_form { request.body().clone() } else { Bytes::new() };
    let query = request.uri().query().unwrap_or_default().to_owned();
    for fields in [form.as_ref(), query.as_bytes()] {
        if form_urlencoded::parse(fields).any(|(name, _)| name == "Action") {
            return by_action(fields, id);
        }
    }
    s3::understand(request, id)
}

fn by_target(target: &str, body: &Bytes, id: &str) -> Result<Exchange, Box<Response>> {
    let (service, name) = target.split_once('.').unwrap_or((target, ""));
    let Some(service) = JSON.into_iter().find(|known| known.target == service) else {
        let message = format!("The simulated cloud does not have the service of `{target}`");
        return Err(Dialect::Json("com.amazon.coral.service").refuse(&unknown_json(message), id));
    };
    let dialect = Dialect::Json(service.errors);
    let Some(operation) = service.operations.iter().find(|known| known.name == name) else {
        let message = format!("The simulated cloud does not have the operation {name} of {}", service.name);
        return Err(Dialect::Json("com.amazon.coral.service").refuse(&unknown_json(message), id));
    };
    let Ok(input) = serde_json::from_slice(body) else {
        let error = ApiError::rejected("SerializationException", "The body of the request is no JSON");
        return Err(dialect.refuse(&error, id));
    };
    let (run, answer_id) = (operation.run, id.to_owned());
    let op = (Op::new(service.name, operation.name), operation.access);
    Ok(Exchange::new(op, dialect, id, move |cloud, context| {
        let answer = run(&input, cloud, context)?;
        Ok(json(answer.status, &answer.body, &answer_id))
    }))
}

fn unknown_json(message: String) -> ApiError {
    ApiError::rejected("UnknownOperationException", message)
}

fn by_action(form: &[u8], id: &str) -> Result<Exchange, Box<Response>> {
    let field = |wanted: &str| {
        form_urlencoded::parse(form).find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    let (action, version) = (field("Action").unwrap_or_default(), field("Version").unwrap_or_default());
    let Some(service) = QUERY.into_iter().find(|known| known.version == version) else {
        let message = format!(
            "The simulated cloud does not have the service whose version is `{version}` (action {action})"
        );
        return Err(UNKNOWN.refuse(&ApiError::rejected("InvalidAction", message), id));
    };
    let dialect = service.dialect;
    let Some(operation) = service.operations.iter().find(|known| known.name == action) else {
        let message = format!("The simulated cloud does not have the action {action} of {}", service.name);
        return Err(dialect.refuse(&ApiError::rejected("InvalidAction", message), id));
    };
    let fields = Fields::read(form, service.words);
    let (run, name, answer_id) = (operation.run, operation.name, id.to_owned());
    let op = (Op::new(service.name, name), operation.access);
    Ok(Exchange::new(op, dialect, id, move |cloud, context| {
        if dialect == Dialect::Ec2 {
            dry_run(fields.is_set("DryRun")?, true)?;
        }
        let result = run(&fields, cloud, context)?;
        Ok(xml(200, &service.whole(name, result, &answer_id), &answer_id))
    }))
}

impl QueryService {
    /// A result as a whole answer.
    fn whole(&self, name: &str, result: Element, id: &str) -> Element {
        let whole = Element::new(format!("{name}Response")).within(self.dialect.namespace());
        if self.dialect == Dialect::Ec2 {
            return whole.text("requestId", id).holding(result);
        }
        let result = Element::new(format!("{name}Result")).holding(result);
        whole.with(result).list("ResponseMetadata", [Element::new("RequestId").holding_text(id)])
    }
}
