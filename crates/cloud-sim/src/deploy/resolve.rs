//! What a template's functions give
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{DeployError, Stack};
use crate::cloud::Place;

/// Everything that a reference may be to.
pub(super) struct Resolver<'a> {
    pub(super) place: &'a Place,
    pub(super) stack: &'a Stack,
    pub(super) parameters: BTreeMap<String, Value>,
    pub(super) conditions: &'a Map<String, Value>,
    /// What `Ref` and each attribute of each resource give.
    pub(super) resources: BTreeMap<String, Attributes>,
}

/// What there is to know of a resource.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes {
    pub(super) reference: String,
    pub(super) arn: String,
    pub(super) name: String,
}

type Resolved<T> = Result<T, DeployError>;

impl Resolver<'_> {
    /// A value with nothing left to work out; `None` is `AWS::NoValue`.
    pub(super) fn value(&self, value: &Value, path: &str) -> Resolved<Option<Value>> {
        match value {
            Value::Object(members) => self.object(members, path),
            Value::Array(items) => {
                let mut list = Vec::new();
                for (n, item) in items.iter().enumerate() {
                    list.extend(self.value(item, &format!("{path}[{n}]"))?);
                }
                Ok(Some(Value::Array(list)))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(Some(value.clone())),
        }
    }

    /// A value that is a text.
    pub(super) fn text(&self, value: &Value, path: &str) -> Resolved<String> {
        let resolved = self.value(value, path)?;
        resolved.as_ref().and_then(text_of).ok_or_else(|| DeployError::new(path, "no text"))
    }

    fn object(&self, members: &Map<String, Value>, path: &str) -> Resolved<Option<Value>> {
        let only = members.iter().next().filter(|_| members.len() == 1);
        if let Some((name, argument)) = only
            && (name.starts_with("Fn::") || name == "Ref")
        {
            return self.function(name, argument, path);
        }
        let mut object = Map::new();
        for (name, value) in members {
            if let Some(value) = self.value(value, &format!("{path}.{name}"))? {
                object.insert(name.clone(), value);
            }
        }
        Ok(Some(Value::Object(object)))
    }

    fn function(&self, name: &str, argument: &Value, path: &str) -> Resolved<Option<Value>> {
        let path = &format!("{path}.{name}");
        let list = || argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match (name, list()) {
            ("Ref", _) => self.reference(argument.as_str().unwrap_or_default(), path),
            ("Fn::GetAtt", [of, attribute]) => {
                let (of, attribute) = (self.text(of, path)?, self.text(attribute, path)?);
                Ok(Some(self.attribute(&of, &attribute, path)?.into()))
            }
            ("Fn::Sub", [text, names]) => self.substituted(text, names.as_object(), path),
            ("Fn::Sub", _) => self.substituted(argument, None, path),
            ("Fn::If", [condition, yes, no]) => {
                let holds = self.named_condition(condition.as_str().unwrap_or_default(), path)?;
                self.value(if holds { yes } else { no }, path)
            }
            ("Fn::Join", [with, parts]) => {
                let parts = self.texts(parts, path)?;
                Ok(Some(parts.join(&self.text(with, path)?).into()))
            }
            ("Fn::Split", [by, text]) => {
                let (by, text) = (self.text(by, path)?, self.text(text, path)?);
                Ok(Some(text.split(&by).map(Value::from).collect::<Vec<_>>().into()))
            }
            ("Fn::Select", [nth, from]) => {
                let (nth, from) = (self.text(nth, path)?, self.texts(from, path)?);
                let found = nth.parse().ok().and_then(|nth: usize| from.get(nth).cloned());
                found.map(|text| Some(text.into())).ok_or_else(|| DeployError::new(path, "nothing there"))
            }
            _ => Err(DeployError::new(path, "not understood")),
        }
    }

    /// A list of texts.
    pub(super) fn texts(&self, value: &Value, path: &str) -> Resolved<Vec<String>> {
        match self.value(value, path)? {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => {
                let text = |item| text_of(item).ok_or_else(|| DeployError::new(path, "no text"));
                items.iter().map(text).collect()
            }
            Some(value) => {
                let text = text_of(&value).ok_or_else(|| DeployError::new(path, "no text"))?;
                Ok(vec![text])
            }
        }
    }

    fn reference(&self, name: &str, path: &str) -> Resolved<Option<Value>> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(value.clone()));
        }
        if let Some(resource) = self.resources.get(name) {
            return Ok(Some(resource.reference.clone().into()));
        }
        Ok(Some(match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::AccountId" => self.place.account.as_str().into(),
            "AWS::Region" => self.place.region.as_str().into(),
            "AWS::Partition" => "aws".into(),
            "AWS::URLSuffix" => "amazonaws.com".into(),
            "AWS::StackName" => self.stack.name.clone().into(),
            "AWS::StackId" => {
                let id = format!("stack/{}/5b8c7a10-c3a1-11f0-8d4b-0a1b2c3d4e5f", self.stack.name);
                self.place.arn("cloudformation", &id).into()
            }
            _ => return Err(DeployError::new(path, format!("there is no `{name}`"))),
        }))
    }

    fn attribute(&self, of: &str, attribute: &str, path: &str) -> Resolved<String> {
        let found =
            self.resources.get(of).ok_or_else(|| DeployError::new(path, format!("there is no `{of}`")))?;
        match attribute {
            "Arn" | "TopicArn" => Ok(found.arn.clone()),
            "TopicName" | "QueueName" => Ok(found.name.clone()),
            "QueueUrl" => Ok(found.reference.clone()),
            _ => Err(DeployError::new(path, format!("`{of}` has no `{attribute}` here"))),
        }
    }

    fn substituted(
        &self,
        text: &Value,
        names: Option<&Map<String, Value>>,
        path: &str,
    ) -> Resolved<Option<Value>> {
        let mut rest = text.as_str().ok_or_else(|| DeployError::new(path, "no text"))?;
        let mut done = String::new();
        while let Some((before, after)) = rest.split_once("${") {
            done.push_str(before);
            let (name, after) =
                after.split_once('}').ok_or_else(|| DeployError::new(path, "a `${` without its `}`"))?;
            match (name.strip_prefix('!'), names.and_then(|names| names.get(name)), name.split_once('.')) {
                // `${!Literal}` stays, without its mark.
                (Some(literal), ..) => done.extend(["${", literal, "}"]),
                (None, Some(value), _) => done.push_str(&self.text(value, path)?),
                (None, None, Some((of, attribute))) => done.push_str(&self.attribute(of, attribute, path)?),
                (None, None, None) => {
                    let value = self.reference(name, path)?;
                    let text = value.as_ref().and_then(text_of);
                    done.push_str(
                        &text.ok_or_else(|| DeployError::new(path, format!("`{name}` is no text")))?,
                    );
                }
            }
            rest = after;
        }
        done.push_str(rest);
        Ok(Some(done.into()))
    }

    /// Whether a condition of the template holds.
    pub(super) fn named_condition(&self, name: &str, path: &str) -> Resolved<bool> {
        let condition = self.conditions.get(name);
        let condition =
            condition.ok_or_else(|| DeployError::new(path, format!("there is no condition `{name}`")))?;
        self.condition(condition, &format!("Conditions.{name}"))
    }

    fn condition(&self, condition: &Value, path: &str) -> Resolved<bool> {
        let not_understood = || DeployError::new(path, "no condition");
        let members = condition.as_object().ok_or_else(not_understood)?;
        let (name, argument) = members.iter().next().ok_or_else(not_understood)?;
        let list = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match (name.as_str(), list) {
            ("Condition", _) => self.named_condition(argument.as_str().unwrap_or_default(), path),
            ("Fn::Equals", [one, other]) => Ok(self.value(one, path)? == self.value(other, path)?),
            ("Fn::Not", [one]) => Ok(!self.condition(one, path)?),
            ("Fn::And", all) => {
                all.iter().try_fold(true, |holds, one| Ok(self.condition(one, path)? && holds))
            }
            ("Fn::Or", any) => {
                any.iter().try_fold(false, |holds, one| Ok(self.condition(one, path)? || holds))
            }
            _ => Err(not_understood()),
        }
    }
}

/// A text, or what is written without quotes.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
