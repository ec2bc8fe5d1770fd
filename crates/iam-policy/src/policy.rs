//! Policies
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>).

use std::fmt;

use serde_json::{Map, Value};

use crate::condition::Condition;
use crate::pattern::Pattern;
use crate::request::{Context, Principal};

/// What a policy is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To a role: it names no principals.
    Identity,
    /// To a resource: it names principals.
    Resource,
}

/// Something in a policy that IAM would refuse, or that is not understood here. Nothing is ignored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct PolicyError {
    /// Where it is.
    pub path: String,
    /// What is wrong.
    pub why: String,
}

impl PolicyError {
    pub(crate) fn new(path: impl fmt::Display, why: impl Into<String>) -> Self {
        Self { path: path.to_string(), why: why.into() }
    }
}

/// A policy, ready to be asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    statements: Vec<Statement>,
}

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

/// What a statement says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Denied,
    Allowed,
    /// Allowed as far as the resource is concerned, if the account's own policies allow it as well.
    Delegated,
}

#[derive(Clone, Debug, PartialEq)]
struct Statement {
    effect: Effect,
    principals: Option<Principals>,
    actions: Names,
    resources: Names,
    conditions: Vec<Condition>,
}

/// Things by name, or all but these.
#[derive(Clone, Debug, PartialEq)]
struct Names {
    but: bool,
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Principals {
    anybody: bool,
    /// Accounts and roles.
    aws: Vec<String>,
    services: Vec<String>,
}

const ELEMENTS: [&str; 8] =
    ["Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    ///
    /// The first thing in it that is wrong or not understood.
    ///
    /// # Examples
    ///
    /// ```
    /// use iam_policy_evaluation::{Kind, Policy};
    /// use serde_json::json;
    ///
    /// let typo = json!({ "Version": "2012-10-17", "Statement": {
    ///     "Effect": "Allow", "Action": "ec2:DeleteSnapshot", "Resource": "*",
    ///     "Condition": { "StringEqual": { "aws:ResourceTag/CreatedBy": "backup" } },
    /// } });
    /// let error = Policy::parse(&typo, Kind::Identity).unwrap_err();
    /// assert_eq!(error.to_string(), "Statement[0].Condition: unknown operator `StringEqual`");
    /// ```
    pub fn parse(document: &Value, kind: Kind) -> Result<Self, PolicyError> {
        let members = object(document, "policy")?;
        only(members, &["Version", "Id", "Statement"])?;
        let has_variables = match members.get("Version").map(Value::as_str) {
            Some(Some("2012-10-17")) => true,
            Some(Some("2008-10-17")) | None => false,
            Some(_) => return Err(PolicyError::new("Version", "unknown version")),
        };
        let statements = members.get("Statement").ok_or_else(|| PolicyError::new("Statement", "missing"))?;
        let statements = statements.as_array().map_or(std::slice::from_ref(statements), Vec::as_slice);
        let read = |(n, statement): (usize, &Value)| {
            let path = format!("Statement[{n}]");
            Statement::parse(object(statement, &path)?, kind, has_variables)
                .map_err(|error| PolicyError { path: format!("{path}.{}", error.path), ..error })
        };
        Ok(Self { statements: statements.iter().enumerate().map(read).collect::<Result<_, _>>()? })
    }

    /// What each statement that is about an action, in small letters, on a resource says of it.
    pub(crate) fn words(
        &self,
        who: &Principal,
        (action, resource): (&str, &str),
        keys: Context<'_>,
    ) -> impl Iterator<Item = Word> {
        self.statements.iter().filter_map(move |statement| statement.word(who, (action, resource), keys))
    }
}

impl Statement {
    fn parse(members: &Map<String, Value>, kind: Kind, has_variables: bool) -> Result<Self, PolicyError> {
        only(members, &ELEMENTS)?;
        let effect = match members.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            Some(_) | None => return Err(PolicyError::new("Effect", "neither `Allow` nor `Deny`")),
        };
        let principals = match (kind, members.get("Principal")) {
            (Kind::Identity, None) => None,
            (Kind::Identity, Some(_)) => {
                return Err(PolicyError::new("Principal", "a role's policy names no principals"));
            }
            (Kind::Resource, Some(principal)) => Some(Principals::parse(principal)?),
            (Kind::Resource, None) => return Err(PolicyError::new("Principal", "missing")),
        };
        let actions = Names::parse(members, "Action", has_variables)?;
        Ok(Self {
            effect,
            principals,
            actions: Names {
                patterns: actions.patterns.into_iter().map(Pattern::lower).collect(),
                ..actions
            },
            resources: Names::parse(members, "Resource", has_variables)?,
            conditions: conditions(members.get("Condition"), has_variables)?,
        })
    }

    fn word(&self, who: &Principal, (action, resource): (&str, &str), keys: Context<'_>) -> Option<Word> {
        let who_is_meant = match &self.principals {
            None => Word::Allowed,
            Some(principals) => principals.means(who)?,
        };
        let is_meant = self.actions.mean(action, keys)
            && self.resources.mean(resource, keys)
            && self.conditions.iter().all(|condition| condition.holds(keys));
        is_meant.then_some(match self.effect {
            Effect::Allow => who_is_meant,
            Effect::Deny => Word::Denied,
        })
    }
}

impl Names {
    fn parse(members: &Map<String, Value>, name: &str, has_variables: bool) -> Result<Self, PolicyError> {
        let not = format!("Not{name}");
        let (but, path, value) = match (members.get(name), members.get(&not)) {
            (Some(value), None) => (false, name, value),
            (None, Some(value)) => (true, not.as_str(), value),
            (Some(_), Some(_)) => return Err(PolicyError::new(name, format!("beside `{not}`"))),
            (None, None) => return Err(PolicyError::new(name, "missing")),
        };
        let mut patterns = Vec::new();
        for text in texts(value, path)? {
            let is_name = match name {
                "Action" => {
                    text == "*" || text.split_once(':').is_some_and(|(s, a)| !s.is_empty() && !a.is_empty())
                }
                _ => text == "*" || (text.starts_with("arn:") && text.splitn(6, ':').count() == 6),
            };
            if !is_name {
                return Err(PolicyError::new(path, format!("`{text}` is none")));
            }
            patterns.push(Pattern::parse(&text, has_variables).map_err(|why| PolicyError::new(path, why))?);
        }
        Ok(Self { but, patterns })
    }

    fn mean(&self, text: &str, keys: Context<'_>) -> bool {
        self.patterns.iter().any(|pattern| pattern.is(text, keys)) != self.but
    }
}

impl Principals {
    fn parse(value: &Value) -> Result<Self, PolicyError> {
        if value.as_str() == Some("*") {
            return Ok(Self { anybody: true, ..Self::default() });
        }
        let mut principals = Self::default();
        for (kind, names) in object(value, "Principal")? {
            let path = format!("Principal.{kind}");
            let names = texts(names, &path)?;
            match kind.as_str() {
                "AWS" if names.iter().any(|name| name == "*") => principals.anybody = true,
                "AWS" => principals.aws.extend(names),
                "Service" => principals.services.extend(names),
                _ => return Err(PolicyError::new(path, "unknown kind of principal")),
            }
        }
        Ok(principals)
    }

    /// Whether a principal is meant: itself, or only the account that it is of
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>).
    fn means(&self, who: &Principal) -> Option<Word> {
        if self.anybody {
            return Some(Word::Allowed);
        }
        match who {
            Principal::Service(name) => self.services.contains(name).then_some(Word::Allowed),
            Principal::Role(arn) if self.aws.contains(arn) => Some(Word::Allowed),
            Principal::Role(_) => {
                let account = who.account()?;
                let root = format!("arn:aws:iam::{account}:root");
                self.aws.iter().any(|name| name == account || *name == root).then_some(Word::Delegated)
            }
        }
    }
}

fn conditions(value: Option<&Value>, has_variables: bool) -> Result<Vec<Condition>, PolicyError> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let mut conditions = Vec::new();
    for (operator, keys) in object(value, "Condition")? {
        for (key, values) in object(keys, &format!("Condition.{operator}"))? {
            let values = texts(values, &format!("Condition.{operator}.{key}"))?;
            let condition = Condition::parse(operator, key, &values, has_variables);
            conditions.push(condition.map_err(|why| PolicyError::new("Condition", why))?);
        }
    }
    Ok(conditions)
}

/// Refuses what is not known.
fn only(members: &Map<String, Value>, known: &[&str]) -> Result<(), PolicyError> {
    let unknown = members.keys().find(|name| !known.contains(&name.as_str()));
    unknown.map_or(Ok(()), |name| Err(PolicyError::new(name, "unknown element")))
}

fn object<'a>(value: &'a Value, path: &str) -> Result<&'a Map<String, Value>, PolicyError> {
    value.as_object().ok_or_else(|| PolicyError::new(path, "no object"))
}

/// One text or a list of them; numbers and booleans are written without quotes as well.
fn texts(value: &Value, path: &str) -> Result<Vec<String>, PolicyError> {
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(PolicyError::new(path, "no text")),
    };
    match value {
        Value::Array(values) if values.is_empty() => Err(PolicyError::new(path, "empty")),
        Value::Array(values) => values.iter().map(text).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Ok(vec![text(value)?])
        }
    }
}
