//! The policies of a template.

use std::sync::Arc;

use iam_policy::{Kind, Policy, Role};
use serde_json::Value;

use super::body::Body;
use super::resolve::Resolver;
use super::resource::name_of;
use super::{Allowed, DeployError, Plan};

/// What of a role is not modelled: who may assume it, and what it says about itself.
const OF_ROLE: [&str; 4] = ["AssumeRolePolicyDocument", "Description", "Tags", "Path"];

pub(super) fn role(
    mut body: Body<'_>,
    id: &str,
    resolver: &Resolver<'_>,
    plan: &mut Plan,
) -> Result<Role, DeployError> {
    let path = body.path("Policies");
    let policies = body.value("Policies")?;
    let mut read = Vec::new();
    for (n, policy) in policies.as_ref().and_then(Value::as_array).into_iter().flatten().enumerate() {
        let path = format!("{path}[{n}]");
        let mut body = Body::of(policy, &path, resolver)?;
        body.text("PolicyName")?;
        let document = body.value("PolicyDocument")?.unwrap_or_default();
        body.finish(&[])?;
        read.push(parsed(&document, Kind::Identity, &path)?);
        plan.documents.entry(id.to_owned()).or_default().push(document);
    }
    body.text("RoleName")?;
    body.finish(&OF_ROLE)?;
    let arn = format!("arn:aws:iam::{}:role/{}", resolver.place.account, name_of(id, resolver));
    Ok(Role::new(arn, resolver.place.region.as_str(), read))
}

fn parsed(document: &Value, kind: Kind, path: &str) -> Result<Policy, DeployError> {
    Policy::parse(document, kind)
        .map_err(|error| DeployError::new(format!("{path}.PolicyDocument.{}", error.path), error.why))
}

/// The policy of topics, queues or a bucket, which `holders` names.
pub(super) fn of_resource(
    id: &str,
    mut body: Body<'_>,
    holders: &str,
    plan: &mut Plan,
) -> Result<(), DeployError> {
    let path = body.path("");
    let arns: Vec<String> = body.texts(holders)?.iter().map(|holder| arn(holder)).collect();
    let document = body.value("PolicyDocument")?.unwrap_or_default();
    body.finish(&[])?;
    let policy = Arc::new(parsed(&document, Kind::Resource, path.trim_end_matches('.'))?);
    plan.documents.entry(id.to_owned()).or_default().push(document);
    plan.policies.extend(arns.into_iter().map(|arn| (arn, Arc::clone(&policy))));
    Ok(())
}

/// The ARN of what `Ref` gives: a topic's ARN, a queue's URL, a bucket's name.
fn arn(reference: &str) -> String {
    let Some(url) = reference.strip_prefix("https://sqs.") else {
        let is_arn = reference.starts_with("arn:");
        return if is_arn { reference.to_owned() } else { format!("arn:aws:s3:::{reference}") };
    };
    let mut parts = url.splitn(2, ".amazonaws.com/");
    let (region, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("arn:aws:sqs:{region}:{}", rest.replace('/', ":"))
}

/// The statements of a role as the template has them, those that only a condition brings in included.
fn statements(role: &Value) -> Vec<&Value> {
    let policies = role.pointer("/Properties/Policies").and_then(Value::as_array);
    let documents = policies.into_iter().flatten().filter_map(|p| p.pointer("/PolicyDocument/Statement"));
    let all = documents.filter_map(Value::as_array).flatten();
    all.flat_map(|statement| match statement.pointer("/Fn::If").and_then(Value::as_array) {
        Some(branches) => branches.iter().skip(1).collect(),
        None => vec![statement],
    })
    .collect()
}

fn is_allow(statement: &Value) -> bool {
    statement.get("Effect").and_then(Value::as_str) == Some("Allow")
}

fn sid(statement: &Value) -> &str {
    statement.get("Sid").and_then(Value::as_str).unwrap_or_default()
}

/// The actions that a role's statements allow by name.
pub(super) fn allowed(name: &str, role: &Value) -> Vec<Allowed> {
    let mut all = Vec::new();
    for statement in statements(role).into_iter().filter(|statement| is_allow(statement)) {
        let named = statement.get("Action").into_iter();
        let named = named.flat_map(|a| a.as_array().map_or(std::slice::from_ref(a), Vec::as_slice));
        all.extend(named.filter_map(Value::as_str).map(|action| Allowed {
            role: name.to_owned(),
            statement: sid(statement).to_owned(),
            action: action.to_owned(),
        }));
    }
    all
}

/// Takes an action out of a statement of a role; tells whether it was there.
pub(super) fn take_away(role: &mut Value, statement: &str, action: &str) -> bool {
    let policies = role.pointer_mut("/Properties/Policies").and_then(Value::as_array_mut);
    let documents = policies.into_iter().flatten().filter_map(|p| p.pointer_mut("/PolicyDocument/Statement"));
    let mut found = false;
    for written in documents.filter_map(Value::as_array_mut).flatten() {
        // What only a condition brings in stands behind it.
        if let Some(branches) = written.pointer_mut("/Fn::If").and_then(Value::as_array_mut) {
            for branch in branches.iter_mut().skip(1).filter(|branch| sid(branch) == statement) {
                found |= take_out_of(branch, action);
            }
        } else if sid(written) == statement {
            found |= take_out_of(written, action);
        }
    }
    found
}

fn take_out_of(statement: &mut Value, action: &str) -> bool {
    match statement.get_mut("Action") {
        Some(Value::Array(actions)) if actions.iter().any(|named| named == action) && 1 < actions.len() => {
            actions.retain(|named| named != action);
        }
        // A statement needs an action: one that nothing here asks for.
        Some(named) if *named == action || *named == serde_json::json!([action]) => {
            *named = "iam:GetAccountName".into();
        }
        Some(_) | None => return false,
    }
    true
}
