use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::DeployError;
use super::resolve::{Resolver, text_of};

/// The members of a part of a template, each to be taken once: what is left over in the end is not understood.
pub(super) struct Body<'a> {
    path: String,
    members: BTreeMap<&'a str, &'a Value>,
    resolver: &'a Resolver<'a>,
}

impl<'a> Body<'a> {
    pub(super) fn new(members: &'a Map<String, Value>, path: &str, resolver: &'a Resolver<'a>) -> Self {
        let members = members.iter().map(|(name, value)| (name.as_str(), value)).collect();
        Self { path: path.to_owned(), members, resolver }
    }

    /// A part of a resolved value.
    pub(super) fn of(value: &'a Value, path: &str, resolver: &'a Resolver<'a>) -> Result<Self, DeployError> {
        let members = value.as_object().ok_or_else(|| DeployError::new(path, "no mapping"))?;
        Ok(Self::new(members, path, resolver))
    }

    pub(super) fn path(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    /// A member with nothing left to work out.
    pub(super) fn value(&mut self, name: &str) -> Result<Option<Value>, DeployError> {
        match self.members.remove(name) {
            None => Ok(None),
            Some(value) => self.resolver.value(value, &self.path(name)),
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, DeployError> {
        let path = self.path(name);
        let wrong = || DeployError::new(path, "no text");
        self.value(name)?.map(|value| text_of(&value).ok_or_else(wrong)).transpose()
    }

    pub(super) fn needed(&mut self, name: &str) -> Result<String, DeployError> {
        let path = self.path(name);
        self.text(name)?.ok_or_else(|| DeployError::new(path, "missing"))
    }

    pub(super) fn number<T: std::str::FromStr>(&mut self, name: &str) -> Result<Option<T>, DeployError> {
        let path = self.path(name);
        let parse =
            |text: String| text.parse().map_err(|_| DeployError::new(path, format!("`{text}` is no number")));
        self.text(name)?.map(parse).transpose()
    }

    pub(super) fn texts(&mut self, name: &str) -> Result<Vec<String>, DeployError> {
        match self.members.remove(name) {
            None => Ok(Vec::new()),
            Some(value) => self.resolver.texts(value, &self.path(name)),
        }
    }

    /// A member whose own members are to be taken.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<Self>, DeployError> {
        let path = self.path(name);
        self.members.remove(name).map(|value| Body::of(value, &path, self.resolver)).transpose()
    }

    /// The members and their names, all taken.
    pub(super) fn all(&mut self) -> Vec<(&'a str, &'a Value)> {
        std::mem::take(&mut self.members).into_iter().collect()
    }

    /// Lets go of what the simulator does not model, and complains of everything else that was not taken.
    pub(super) fn finish(self, not_modelled: &[&str]) -> Result<(), DeployError> {
        let unknown = self.members.keys().find(|name| !not_modelled.contains(name));
        unknown.map_or(Ok(()), |name| Err(DeployError::new(self.path(name), "not understood")))
    }
}
