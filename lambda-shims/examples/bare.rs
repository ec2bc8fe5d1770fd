//! A bare function with the same clients of the AWS SDK, and nothing of Caretaker in it: what ours is measured against.
//!
//! It does what the plain Python functions in `tests/perf/plain` do, as plainly.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_ec2::types::{Filter, Instance, InstanceSpecification, Reservation};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Map, Value, json};

type Item = std::collections::HashMap<String, AttributeValue>;

/// How old a snapshot is that goes, in seconds.
const OLD: i64 = 30 * 24 * 3600;

struct Clients {
    ec2: aws_sdk_ec2::Client,
    autoscaling: aws_sdk_autoscaling::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    sns: aws_sdk_sns::Client,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest()).load().await;
    let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    let clients = Clients {
        ec2: aws_sdk_ec2::Client::new(&config),
        autoscaling: aws_sdk_autoscaling::Client::new(&config),
        dynamodb: aws_sdk_dynamodb::Client::new(&config),
        s3: aws_sdk_s3::Client::from_conf(s3),
        sns: aws_sdk_sns::Client::new(&config),
    };
    let clients = &clients;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<Value>| {
        let event = event.payload;
        match event.get("detail-type").and_then(Value::as_str) {
            Some("EC2 Instance State-change Notification") => Box::pin(clients.snapshot(&event)).await,
            Some(_) => Box::pin(clients.night(&event)).await,
            None => Box::pin(clients.scale_out()).await,
        }
    }))
    .await
}

fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

impl Clients {
    async fn snapshot(&self, event: &Value) -> Result<Value, Error> {
        let text = |path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let (id, state) = (text("/detail/instance-id"), text("/detail/state"));
        if state != "stopping" && state != "stopped" {
            return Ok(json!({ "action": "skipped" }));
        }
        let found = self.ec2.describe_instances().instance_ids(id).send().await?;
        let mut tags = found.reservations().iter().flat_map(Reservation::instances).flat_map(Instance::tags);
        if !tags.any(|tag| tag.key() == Some("AutoSnapshot") && tag.value() == Some("true")) {
            return Ok(json!({ "action": "skipped" }));
        }
        let instance = InstanceSpecification::builder().instance_id(id).build();
        let made = self.ec2.create_snapshots().instance_specification(instance).send().await?;
        let ids: Vec<_> = made.snapshots().iter().filter_map(|snapshot| snapshot.snapshot_id()).collect();
        let result = json!({ "instance_id": id, "state": state, "snapshots_created": ids });
        self.tell(&format!("[Auto-Snapshot] {id} ({state})"), &result).await?;
        Ok(result)
    }

    async fn scale_out(&self) -> Result<Value, Error> {
        let name = setting("AUTO_SCALING_GROUP_NAME");
        let groups = self.autoscaling.describe_auto_scaling_groups().auto_scaling_group_names(&name);
        let groups = groups.send().await?;
        let group = groups.auto_scaling_groups().first().ok_or("no such group")?;
        let most = group.max_size().unwrap_or_default();
        let desired = group.desired_capacity().unwrap_or_default().saturating_add(2).min(most);
        let change = self.autoscaling.set_desired_capacity().auto_scaling_group_name(&name);
        change.desired_capacity(desired).honor_cooldown(false).send().await?;
        let result = json!({ "action": "scale_out", "new_desired": desired });
        self.tell("[Auto-Remediation]", &result).await?;
        Ok(result)
    }

    async fn night(&self, event: &Value) -> Result<Value, Error> {
        let time = event.get("time").and_then(Value::as_str).unwrap_or_default();
        let now: jiff::Timestamp = time.parse()?;
        let deleted = self.clean_up(now.as_second().saturating_sub(OLD)).await?;
        let day = ports::time::yesterday(ports::time::day(now)).to_string();
        let archived = if setting("METRICS_TABLE").is_empty() { 0 } else { self.archive(&day).await? };
        let result = json!({ "deleted": deleted, "records_archived": archived });
        self.tell("[Daily Ops Report]", &result).await?;
        Ok(result)
    }

    async fn clean_up(&self, oldest: i64) -> Result<usize, Error> {
        let ours = Filter::builder().name("tag:AutoCreated").values("true").build();
        let list = self.ec2.describe_snapshots().owner_ids("self").filters(ours).max_results(1000);
        let mut pages = list.into_paginator().send();
        let mut deleted = 0_usize;
        while let Some(page) = pages.next().await {
            for snapshot in page?.snapshots() {
                let (Some(id), Some(start)) = (snapshot.snapshot_id(), snapshot.start_time()) else {
                    continue;
                };
                if start.secs() < oldest {
                    self.ec2.delete_snapshot().snapshot_id(id).send().await?;
                    deleted = deleted.saturating_add(1);
                }
            }
        }
        Ok(deleted)
    }

    async fn archive(&self, day: &str) -> Result<usize, Error> {
        let scan = self.dynamodb.scan().table_name(setting("METRICS_TABLE"));
        let scan = scan.filter_expression("begins_with(#t, :day)");
        let scan = scan.expression_attribute_names("#t", "timestamp");
        let scan = scan.expression_attribute_values(":day", AttributeValue::S(day.to_owned()));
        let mut pages = scan.into_paginator().send();
        let (mut body, mut records) = (Vec::new(), 0_usize);
        while let Some(page) = pages.next().await {
            for item in page?.items() {
                serde_json::to_writer(&mut body, &plain(item))?;
                body.push(b'\n');
                records = records.saturating_add(1);
            }
        }
        let key = format!("metrics-archive/{day}/metrics.jsonl");
        let put = self.s3.put_object().bucket(setting("REPORT_BUCKET")).key(key);
        put.content_type("application/x-ndjson").body(body.into()).send().await?;
        Ok(records)
    }

    async fn tell(&self, subject: &str, result: &Value) -> Result<(), Error> {
        let publish = self.sns.publish().topic_arn(setting("ALERT_TOPIC_ARN")).subject(subject);
        publish.message(result.to_string()).send().await?;
        Ok(())
    }
}

fn plain(item: &Item) -> Value {
    let attribute = |value: &AttributeValue| {
        let text = value.as_s().map(|text| Value::from(text.as_str()));
        let number = || value.as_n().ok().and_then(|number| number.parse::<f64>().ok()).map(Value::from);
        let truth = || value.as_bool().ok().map(|truth| Value::from(*truth));
        let texts = || value.as_ss().ok().map(|texts| Value::from(texts.clone()));
        text.ok().or_else(number).or_else(truth).or_else(texts).unwrap_or_default()
    };
    Value::Object(item.iter().map(|(name, value)| (name.clone(), attribute(value))).collect::<Map<_, _>>())
}
