//! Looks at an account without changing anything: who one is, what exists, and what EC2 would permit.

use aws_config::SdkConfig;
use aws_sdk_ec2::error::SdkError;
use aws_sdk_ec2::types::{Filter, InstanceSpecification, ResourceType, Tag, TagSpecification};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use ports::{Arn, PortError};

use super::{answer::AnswerFields, call::Call, config};

/// Whose credentials are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub account: String,
    /// The user or role.
    pub arn: String,
}

/// A table, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFound {
    /// The names of its key's attributes, the partition key first.
    pub key: Vec<String>,
    /// The names of its indexes.
    pub indexes: Vec<String>,
    /// The attribute that its entries expire by.
    pub expires_by: Option<String>,
}

/// What EC2 says to a request that it is asked not to carry out
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permitted {
    /// It would have done it.
    Yes,
    /// It would have refused it.
    No,
    /// It said something else.
    Unclear(String),
}

/// A request to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trial {
    /// `DescribeInstances`.
    Instances,
    /// `DescribeVolumes`.
    Volumes,
    /// `DescribeSnapshots`.
    Snapshots,
    /// `DescribeImages`.
    Images,
    /// `DescribeLockedSnapshots`.
    Locks,
    /// `CreateSnapshots` of an instance, with these tags.
    Set(String, Vec<(String, String)>),
    /// `DeleteSnapshot` of a snapshot.
    Delete(String),
    /// `RebootInstances` of an instance.
    Reboot(String),
}

/// Looks at an account.
#[derive(Clone, Debug)]
pub struct Probe {
    dynamo: aws_sdk_dynamodb::Client,
    ec2: aws_sdk_ec2::Client,
    s3: aws_sdk_s3::Client,
    sns: aws_sdk_sns::Client,
    sts: aws_sdk_sts::Client,
}

impl Probe {
    /// Makes one.
    pub fn new(config: &SdkConfig) -> Self {
        let limited = config::limited(config);
        // As the archive does: `bucket.localhost` has no address.
        let in_path = limited.endpoint_url().is_some();
        let s3 = aws_sdk_s3::config::Builder::from(&limited).force_path_style(in_path).build();
        Self {
            dynamo: aws_sdk_dynamodb::Client::new(&limited),
            ec2: aws_sdk_ec2::Client::new(&limited),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sns: aws_sdk_sns::Client::new(&limited),
            sts: aws_sdk_sts::Client::new(&limited),
        }
    }

    /// Whose credentials these are.
    ///
    /// # Errors
    ///
    /// When AWS does not say.
    pub async fn identity(&self) -> Result<Identity, PortError> {
        let call = Call::reading("GetCallerIdentity");
        let request = self.sts.get_caller_identity().customize().interceptor(call.watch());
        let answer = request.send().await.map_err(|error| call.failed(&error))?;
        let field = AnswerFields("GetCallerIdentity");
        Ok(Identity {
            account: field.field("Account", answer.account)?,
            arn: field.field("Arn", answer.arn)?,
        })
    }

    /// A table; `None` when there is none of that name.
    ///
    /// # Errors
    ///
    /// When AWS does not say.
    pub async fn table(&self, name: &str) -> Result<Option<TableFound>, PortError> {
        let call = Call::reading("DescribeTable");
        let request = self.dynamo.describe_table().table_name(name).customize().interceptor(call.watch());
        let table = match request.send().await {
            Ok(answer) => answer.table,
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(None),
            Err(error) => return Err(call.failed(&error)),
        };
        let table = AnswerFields("DescribeTable").field("Table", table)?;
        let key = table.key_schema().iter().map(|part| part.attribute_name().to_owned()).collect();
        let indexes = table.global_secondary_indexes().iter();
        let indexes = indexes.filter_map(|index| index.index_name().map(str::to_owned)).collect();
        Ok(Some(TableFound { key, indexes, expires_by: self.expires_by(name).await? }))
    }

    async fn expires_by(&self, table: &str) -> Result<Option<String>, PortError> {
        let call = Call::reading("DescribeTimeToLive");
        let request = self.dynamo.describe_time_to_live().table_name(table);
        let answer = request.customize().interceptor(call.watch()).send().await;
        let told = answer.map_err(|error| call.failed(&error))?.time_to_live_description;
        let enabled = told.filter(|told| {
            told.time_to_live_status().is_some_and(|status| matches!(status.as_str(), "ENABLED" | "ENABLING"))
        });
        Ok(enabled.and_then(|told| told.attribute_name))
    }

    /// Who is subscribed to a topic, as protocol and endpoint, as far as the first page tells; `None` when there is no
    /// such topic.
    ///
    /// # Errors
    ///
    /// When AWS does not say.
    pub async fn subscribers(&self, topic: &Arn) -> Result<Option<Vec<(String, String)>>, PortError> {
        let call = Call::reading("ListSubscriptionsByTopic");
        let request = self.sns.list_subscriptions_by_topic().topic_arn(topic.as_str());
        match request.customize().interceptor(call.watch()).send().await {
            Ok(answer) => {
                let all = answer.subscriptions().iter();
                let told =
                    all.filter_map(|one| Some((one.protocol()?.to_owned(), one.endpoint()?.to_owned())));
                Ok(Some(told.collect()))
            }
            Err(error) if matches!(error.code(), Some("NotFound" | "NotFoundException")) => Ok(None),
            Err(error) => Err(call.failed(&error)),
        }
    }

    /// Whether there is a bucket of that name that one may see.
    ///
    /// # Errors
    ///
    /// When AWS does not say.
    pub async fn bucket(&self, name: &str) -> Result<bool, PortError> {
        let call = Call::reading("HeadBucket");
        match self.s3.head_bucket().bucket(name).customize().interceptor(call.watch()).send().await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.code(), Some("NotFound" | "NoSuchBucket")) => Ok(false),
            Err(error) => Err(call.failed(&error)),
        }
    }

    /// An instance that has a tag, whatever it says, to try things on.
    ///
    /// # Errors
    ///
    /// When AWS does not say.
    pub async fn instance_with(&self, tag: &str) -> Result<Option<String>, PortError> {
        let call = Call::reading("DescribeInstances");
        let filter = Filter::builder().name("tag-key").values(tag).build();
        let request = self.ec2.describe_instances().filters(filter).max_results(5);
        let answer = request.customize().interceptor(call.watch()).send().await;
        let answer = answer.map_err(|error| call.failed(&error))?;
        let mut instances = answer.reservations().iter().flat_map(aws_sdk_ec2::types::Reservation::instances);
        Ok(instances.find_map(|instance| instance.instance_id().map(str::to_owned)))
    }

    /// A snapshot that has these tags, to try things on.
    ///
    /// # Errors
    ///
    /// When AWS does not say.
    pub async fn snapshot_with(&self, tags: &[(&str, &str)]) -> Result<Option<String>, PortError> {
        let call = Call::reading("DescribeSnapshots");
        let filter = |(key, value): &(&str, &str)| {
            Filter::builder().name(format!("tag:{key}")).values((*value).to_owned()).build()
        };
        let filters = tags.iter().map(filter).collect();
        let request =
            self.ec2.describe_snapshots().owner_ids("self").set_filters(Some(filters)).max_results(5);
        let answer = request.customize().interceptor(call.watch()).send().await;
        let answer = answer.map_err(|error| call.failed(&error))?;
        Ok(answer.snapshots().iter().find_map(|snapshot| snapshot.snapshot_id().map(str::to_owned)))
    }

    /// What EC2 says to a request when it is asked not to carry it out.
    pub async fn tried(&self, trial: &Trial) -> Permitted {
        let ec2 = &self.ec2;
        match trial {
            Trial::Instances => permitted(ec2.describe_instances().dry_run(true).send().await),
            Trial::Volumes => permitted(ec2.describe_volumes().dry_run(true).send().await),
            Trial::Snapshots => {
                permitted(ec2.describe_snapshots().owner_ids("self").dry_run(true).send().await)
            }
            Trial::Images => permitted(ec2.describe_images().owners("self").dry_run(true).send().await),
            Trial::Locks => permitted(ec2.describe_locked_snapshots().dry_run(true).send().await),
            Trial::Set(instance, tags) => {
                let of = InstanceSpecification::builder().instance_id(instance).build();
                let request = ec2.create_snapshots().instance_specification(of);
                permitted(request.tag_specifications(at_birth(tags)).dry_run(true).send().await)
            }
            Trial::Delete(snapshot) => {
                permitted(ec2.delete_snapshot().snapshot_id(snapshot).dry_run(true).send().await)
            }
            Trial::Reboot(instance) => {
                permitted(ec2.reboot_instances().instance_ids(instance).dry_run(true).send().await)
            }
        }
    }
}

fn at_birth(tags: &[(String, String)]) -> TagSpecification {
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    TagSpecification::builder().resource_type(ResourceType::Snapshot).set_tags(Some(tags)).build()
}

/// A request that was only tried ends as an error in either case.
fn permitted<T, E, R>(answer: Result<T, SdkError<E, R>>) -> Permitted
where
    SdkError<E, R>: ProvideErrorMetadata,
{
    match answer {
        Ok(_) => Permitted::Unclear("it was carried out, although it should only have been tried".to_owned()),
        Err(error) => match error.code() {
            Some("DryRunOperation") => Permitted::Yes,
            Some("UnauthorizedOperation") => Permitted::No,
            Some(other) => Permitted::Unclear(other.to_owned()),
            None => Permitted::Unclear("no answer".to_owned()),
        },
    }
}
