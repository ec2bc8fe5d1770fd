//! Resources in their order: first what they are called, then what they refer to, then what refers to that.

use std::collections::BTreeMap;
use std::sync::Arc;

use iam_policy::{Kind, Policy, Role};
use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_64;

use super::body::Body;
use super::resolve::{Attributes, Resolver};
use super::{DeployError, Plan, Stack, Template, alarm, function, parameter, policy, storage, topic};
use crate::cloud::Place;

/// What a resource may say about itself, beside its type and its properties.
const ABOUT: [&str; 6] =
    ["Condition", "DeletionPolicy", "DependsOn", "Metadata", "Type", "UpdateReplacePolicy"];

/// The types that are understood.
const KINDS: [&str; 13] = [
    "AWS::CloudWatch::Alarm",
    "AWS::DynamoDB::Table",
    "AWS::IAM::Role",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::Serverless::Function",
];

pub(super) fn plan(template: &Template, place: &Place, stack: &Stack) -> Result<Plan, DeployError> {
    let mut resolver = Resolver {
        place,
        stack,
        parameters: parameter::values(&template.parameters, stack)?,
        conditions: &template.conditions,
        resources: BTreeMap::new(),
    };
    let mut wanted = Vec::new();
    for (id, resource) in &template.resources {
        let resource = Resource::read(id, resource, &template.function_defaults)?;
        let condition = resource.condition;
        if condition.map_or(Ok(true), |name| resolver.named_condition(name, &resource.path))? {
            wanted.push(resource);
        }
    }
    for resource in &wanted {
        let attributes = resource.attributes(&resolver)?;
        resolver.resources.insert(resource.id.to_owned(), attributes);
    }
    let resolver = resolver;
    let mut plan = Plan::default();
    let mut roles: BTreeMap<String, Arc<Role>> = BTreeMap::new();
    for resource in wanted.iter().filter(|resource| resource.kind == "AWS::IAM::Role") {
        let name = name_of(resource.id, &resolver);
        let role = policy::role(resource.body(&resolver), resource.id, &resolver, &mut plan)?;
        roles.insert(name, Arc::new(role));
    }
    for resource in &wanted {
        resource.add_to(&mut plan, &roles, &resolver)?;
    }
    Ok(plan)
}

struct Resource<'a> {
    id: &'a str,
    path: String,
    kind: &'a str,
    condition: Option<&'a str>,
    properties: Map<String, Value>,
}

/// What a resource is called.
pub(super) fn name_of(id: &str, resolver: &Resolver<'_>) -> String {
    let known = resolver.resources.get(id).map(|resource| resource.name.clone());
    known.or_else(|| resolver.stack.names.get(id).cloned()).unwrap_or_else(|| {
        // CloudFormation's own end in letters and digits that nobody can foresee.
        let stack = &resolver.stack.name;
        let unforeseen = xxh3_64(format!("{stack}/{id}").as_bytes()) >> 16;
        format!("{stack}-{id}-{unforeseen:012X}")
    })
}

impl<'a> Resource<'a> {
    fn read(id: &'a str, resource: &'a Value, defaults: &Map<String, Value>) -> Result<Self, DeployError> {
        let path = format!("Resources.{id}");
        let members = resource.as_object().ok_or_else(|| DeployError::new(&path, "no mapping"))?;
        let is_known = |name: &&String| name.as_str() == "Properties" || ABOUT.contains(&name.as_str());
        if let Some(unknown) = members.keys().find(|name| !is_known(name)) {
            return Err(DeployError::new(format!("{path}.{unknown}"), "not understood"));
        }
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let kind = text("Type").unwrap_or_default();
        if !KINDS.contains(&kind) {
            return Err(DeployError::new(format!("{path}.Type"), format!("`{kind}` is not understood")));
        }
        let own = members.get("Properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let is_function = kind == "AWS::Serverless::Function";
        let properties = if is_function { function::over(defaults, &own) } else { own };
        Ok(Self { id, path, kind, condition: text("Condition"), properties })
    }

    fn body<'b>(&'b self, resolver: &'b Resolver<'b>) -> Body<'b> {
        Body::new(&self.properties, &format!("{}.Properties", self.path), resolver)
    }

    /// What others may know of it.
    fn attributes(&self, resolver: &Resolver<'_>) -> Result<Attributes, DeployError> {
        let own_name = match self.kind {
            "AWS::Serverless::Function" => "FunctionName",
            "AWS::SNS::Topic" => "TopicName",
            "AWS::SQS::Queue" => "QueueName",
            "AWS::DynamoDB::Table" => "TableName",
            "AWS::S3::Bucket" => "BucketName",
            "AWS::CloudWatch::Alarm" => "AlarmName",
            "AWS::IAM::Role" => "RoleName",
            "AWS::Logs::LogGroup" => "LogGroupName",
            _ => "",
        };
        let name = match self.properties.get(own_name).filter(|_| !resolver.stack.names.contains_key(self.id))
        {
            Some(name) => resolver.text(name, &format!("{}.Properties.{own_name}", self.path))?,
            None => name_of(self.id, resolver),
        };
        let place = resolver.place;
        let arn = match self.kind {
            "AWS::Serverless::Function" => place.arn("lambda", &format!("function:{name}")),
            "AWS::SNS::Topic" => place.arn("sns", &name),
            "AWS::SQS::Queue" => place.arn("sqs", &name),
            "AWS::DynamoDB::Table" => place.arn("dynamodb", &format!("table/{name}")),
            "AWS::S3::Bucket" => format!("arn:aws:s3:::{name}"),
            "AWS::CloudWatch::Alarm" => place.arn("cloudwatch", &format!("alarm:{name}")),
            "AWS::IAM::Role" => format!("arn:aws:iam::{}:role/{name}", place.account),
            "AWS::Logs::LogGroup" => place.arn("logs", &format!("log-group:{name}:*")),
            _ => String::new(),
        };
        let reference = match self.kind {
            "AWS::SNS::Topic" => arn.clone(),
            "AWS::SQS::Queue" => {
                format!("https://sqs.{}.amazonaws.com/{}/{name}", place.region, place.account)
            }
            _ => name.clone(),
        };
        Ok(Attributes { reference, arn, name })
    }

    fn add_to(
        &self,
        plan: &mut Plan,
        roles: &BTreeMap<String, Arc<Role>>,
        resolver: &Resolver<'_>,
    ) -> Result<(), DeployError> {
        let known = resolver.resources.get(self.id).cloned().unwrap_or_default();
        let body = self.body(resolver);
        match self.kind {
            "AWS::Serverless::Function" => function::function(self.id, body, roles, resolver, plan),
            "AWS::SNS::Topic" => topic::topic(body, &known.arn, plan),
            "AWS::SNS::Subscription" => topic::subscription(body, plan),
            "AWS::SQS::Queue" => storage::queue(body, &known.name, plan),
            "AWS::DynamoDB::Table" => storage::table(body, &known.name, plan),
            "AWS::S3::Bucket" => storage::bucket(body, &known.name, plan),
            "AWS::CloudWatch::Alarm" => alarm::alarm(body, &known.name, plan),
            "AWS::SNS::TopicPolicy" => policy::of_resource(self.id, body, "Topics", plan),
            "AWS::SQS::QueuePolicy" => policy::of_resource(self.id, body, "Queues", plan),
            "AWS::S3::BucketPolicy" => policy::of_resource(self.id, body, "Bucket", plan),
            "AWS::Lambda::Permission" => permission(body, plan, resolver),
            // Nothing reads what is logged.
            "AWS::Logs::LogGroup" => body.finish(&["LogGroupName", "RetentionInDays", "KmsKeyId", "Tags"]),
            // Roles were read before, so that functions can have them.
            _ => Ok(()),
        }
    }
}

/// Who may invoke a function, as the policy that it is
/// (<https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html>).
fn permission(mut body: Body<'_>, plan: &mut Plan, resolver: &Resolver<'_>) -> Result<(), DeployError> {
    let path = body.path("Principal");
    let function = body.needed("FunctionName")?;
    let name = function.rsplit(':').next().unwrap_or_default();
    let arn = resolver.place.arn("lambda", &format!("function:{name}"));
    let mut equals = Map::new();
    if let Some(account) = body.text("SourceAccount")? {
        equals.insert("aws:SourceAccount".to_owned(), account.into());
    }
    let mut statement = serde_json::json!({
        "Effect": "Allow",
        "Principal": { "Service": body.needed("Principal")? },
        "Action": body.needed("Action")?,
        "Resource": arn,
        "Condition": { "StringEquals": equals },
    });
    if let (Some(source), Some(condition)) =
        (body.text("SourceArn")?, statement.pointer_mut("/Condition").and_then(Value::as_object_mut))
    {
        condition.insert("ArnLike".to_owned(), serde_json::json!({ "aws:SourceArn": source }));
    }
    body.finish(&[])?;
    let document = serde_json::json!({ "Version": "2012-10-17", "Statement": statement });
    let policy = Policy::parse(&document, Kind::Resource)
        .map_err(|error| DeployError::new(path, error.to_string()))?;
    plan.policies.push((arn, Arc::new(policy)));
    Ok(())
}
