//! A template of AWS SAM, deployed into the simulated cloud: topology, settings, patterns, schedules and permissions are those that
//! ship (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html>).
//!
//! A [`Template`] and a [`Stack`] make a [`Plan`], which is pure; [`Cloud::deploy`] carries it out. Whatever a template says that is not
//! understood is an error that names the place, but for the attributes that the simulator knows it does not model: they are
//! listed beside each resource.

mod alarm;
mod body;
mod function;
mod parameter;
mod policy;
mod resolve;
mod resource;
mod storage;
mod topic;
mod yaml;

use std::collections::BTreeMap;
use std::sync::Arc;

use iam_policy::{Policy, Role};
use serde_json::{Map, Value};

use crate::cloud::cloudwatch::Alarm;
use crate::cloud::dynamodb::Index;
use crate::cloud::eventbridge::Rule;
use crate::cloud::lambda::Function;
use crate::cloud::sns::Subscription;
use crate::cloud::sqs::Queue;
use crate::cloud::{Cloud, Place};
use crate::kernel::Context;

/// Something in a template that is wrong or not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct DeployError {
    /// Where it is.
    pub path: String,
    /// What is wrong.
    pub why: String,
}

impl DeployError {
    fn new(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self { path: path.into(), why: why.into() }
    }
}

/// A template that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    parameters: Map<String, Value>,
    conditions: Map<String, Value>,
    function_defaults: Map<String, Value>,
    resources: Map<String, Value>,
}

/// What one deployment of a template is called, and what it is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    /// Its name.
    pub name: String,
    /// The parameters that are not left at their defaults.
    pub parameters: BTreeMap<String, String>,
    /// The names of resources that are not made up, by their logical ids.
    pub names: BTreeMap<String, String>,
}

/// What is to be deployed.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The functions.
    pub functions: Vec<Planned>,
    /// The rules and schedules, by name.
    pub rules: Vec<(String, Rule)>,
    /// The topics, by ARN.
    pub topics: Vec<String>,
    /// Who gets what is published to which topic.
    pub subscriptions: Vec<(String, Subscription)>,
    /// The queues, by name.
    pub queues: Vec<(String, Queue)>,
    /// The alarms, by name.
    pub alarms: Vec<(String, Alarm)>,
    /// The tables.
    pub tables: Vec<PlannedTable>,
    /// The buckets, by name.
    pub buckets: Vec<String>,
    /// The policies of resources, by ARN.
    pub policies: Vec<(String, Arc<Policy>)>,
    /// The keys of KMS that resources are encrypted with, by the resources' ARNs.
    pub keys: Vec<(String, String)>,
    /// All policies as they read when everything in them is worked out, by the logical id of what has them.
    pub documents: BTreeMap<String, Vec<Value>>,
}

/// A table that is to be deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedTable {
    /// Its name.
    pub name: String,
    /// The name of its partition key's attribute.
    pub key: String,
    /// Its indexes, by their names.
    pub indexes: BTreeMap<String, Index>,
}

/// A function that is to be deployed.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How it is configured.
    pub function: Function,
    /// What it runs as.
    pub role: Arc<Role>,
    /// Its environment.
    pub environment: BTreeMap<String, String>,
    /// The group its logs go to.
    pub log_group: String,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// When it is no YAML, or has a part that is not understood.
    pub fn parse(text: &str) -> Result<Self, DeployError> {
        const KNOWN: [&str; 9] = [
            "AWSTemplateFormatVersion",
            "Transform",
            "Description",
            "Metadata",
            "Globals",
            "Parameters",
            "Conditions",
            "Resources",
            "Outputs",
        ];
        let document = yaml::read(text)?;
        let members = document.as_object().ok_or_else(|| DeployError::new("template", "no mapping"))?;
        if let Some(unknown) = members.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(DeployError::new(unknown, "not understood"));
        }
        let part = |name: &str| members.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
        let mut globals = part("Globals");
        let function_defaults = globals.remove("Function");
        if let Some(unknown) = globals.keys().next() {
            return Err(DeployError::new(format!("Globals.{unknown}"), "not understood"));
        }
        Ok(Self {
            parameters: part("Parameters"),
            conditions: part("Conditions"),
            function_defaults: function_defaults.and_then(|f| f.as_object().cloned()).unwrap_or_default(),
            resources: part("Resources"),
        })
    }

    /// The parameter that a setting of a function is taken from as it stands, if it is.
    pub fn parameter_of(&self, setting: &str) -> Option<&str> {
        let environments =
            self.resources.values().filter_map(|r| r.pointer("/Properties/Environment/Variables"));
        let mut values = environments.filter_map(|variables| variables.get(setting));
        values.find_map(|value| value.get("Ref")?.as_str().filter(|name| self.parameters.contains_key(*name)))
    }

    /// What a parameter is when nobody gives it a value.
    pub fn default_of(&self, parameter: &str) -> Option<String> {
        self.parameters.get(parameter)?.get("Default").and_then(resolve::text_of)
    }

    /// What a stack of it is in a place.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong or not understood.
    pub fn plan(&self, place: &Place, stack: &Stack) -> Result<Plan, DeployError> {
        resource::plan(self, place, stack)
    }

    /// The same template, with one action less in a statement of a role.
    ///
    /// # Errors
    ///
    /// When there is no such statement, or it does not allow the action by its name.
    pub fn without(&self, taken: &Allowed) -> Result<Self, DeployError> {
        let mut template = self.clone();
        let role = template.resources.get_mut(&taken.role);
        let found = role.is_some_and(|role| policy::take_away(role, &taken.statement, &taken.action));
        let why = || format!("`{}` does not allow `{}`", taken.statement, taken.action);
        if found { Ok(template) } else { Err(DeployError::new(&taken.role, why())) }
    }

    /// Every action that a statement of a role allows by its name, those behind conditions included.
    pub fn allowed(&self) -> Vec<Allowed> {
        let is_role =
            |resource: &Value| resource.get("Type").and_then(Value::as_str) == Some("AWS::IAM::Role");
        let roles = self.resources.iter().filter(|(_, resource)| is_role(resource));
        roles.flat_map(|(name, role)| policy::allowed(name, role)).collect()
    }
}

/// An action that a statement of a role allows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allowed {
    /// The role's logical id.
    pub role: String,
    /// The statement's name.
    pub statement: String,
    /// The action.
    pub action: String,
}

impl Cloud {
    /// Brings about what a template asks for. Alarms are evaluated from when their metrics get data on.
    pub fn deploy(&mut self, plan: &Plan, context: &mut Context<'_>) {
        for topic in &plan.topics {
            self.sns.add_topic(topic);
        }
        for (topic, subscription) in &plan.subscriptions {
            self.sns.add_subscription(topic, subscription.clone());
        }
        for (name, queue) in &plan.queues {
            self.sqs.add_queue(name, queue.clone());
        }
        for PlannedTable { name, key, indexes } in &plan.tables {
            self.dynamodb.add_table(name, key);
            for (index, of) in indexes {
                self.dynamodb.add_index(name, index, of.clone());
            }
        }
        for bucket in &plan.buckets {
            self.s3.add_bucket(bucket);
        }
        for (arn, policy) in &plan.policies {
            self.iam.put_resource_policy(arn, Arc::clone(policy));
        }
        for (resource, key) in &plan.keys {
            self.iam.put_key(resource, key);
        }
        for (name, alarm) in &plan.alarms {
            self.cloudwatch.add_alarm(name, alarm.clone());
        }
        for planned in &plan.functions {
            self.lambda.add_function(&planned.name, planned.function.clone());
            self.iam.put_role(&planned.name, Arc::clone(&planned.role));
        }
        for (name, rule) in &plan.rules {
            self.add_rule(name, rule.clone(), context);
        }
    }
}
