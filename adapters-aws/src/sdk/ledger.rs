use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;
use ports::{ErrorKind, Ledger, LedgerEntry, LedgerKey, Page, PageToken, PortError, Stored, Swap, Version};

use crate::permission::{self, Asks};

use super::{
    answer::AnswerFields,
    call::Call,
    config,
    dynamo::{self, Item},
};

/// The attribute that only open entries have.
const LISTED: &str = "listed";
/// What it says of them.
const LISTED_OPEN: &str = "open";
/// The index over it.
const INDEX: &str = "open";

/// A DynamoDB table of ledger entries.
///
/// | attribute | type | holds |
/// | --- | --- | --- |
/// | `key` | S | the key; the table's partition key, without a sort key |
/// | `version` | N | the number of the write |
/// | `state` | S | the domain's text |
/// | `open` | BOOL | whether somebody has to come back to it |
/// | `keep_until` | N | epoch seconds; to be the table's time-to-live attribute |
/// | `listed` | S | `open` on what is open, and not there on what is not; to be the partition key of the index `open` |
///
/// A key of an index is a text, a number or bytes, so `open` cannot be one
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeDefinition.html>); what lacks the
/// attribute is not in the index
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-indexes-general-sparse-indexes.html>). The
/// index has to project nothing but the keys.
///
/// Time to live knows whole seconds only
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html>):
/// `keep_until` is rounded up to one.
///
/// # Contract
///
/// Beside that of [`Ledger`]:
///
/// 1. `dynamodb_1_missing_table_is_not_found`: a missing table MUST give [`ErrorKind::NotFound`].
/// 2. `dynamodb_2_own_retried_write_is_won`: a swap whose first request took effect but lost its reply
///    MUST, when it is sent again, answer [`Swap::Won`].
/// 3. `dynamodb_3_unlisted_keys_reach_every_open_item_without_the_index_key`: following the tokens of
///    [`unlisted_keys`](Ledger::unlisted_keys) MUST reach the key of every open item without `listed`:
///    one that an earlier version wrote, or a person. Once it is swapped as it stands it is listed.
#[derive(Clone, Debug)]
pub struct DynamoLedger {
    client: Client,
    table: String,
}

impl DynamoLedger {
    /// The IAM actions that this adapter needs, by method.
    pub const ASKS: &[Asks] = permission::ledger::ALL;
    /// The index that the table should have.
    pub const INDEX: &str = INDEX;

    /// Makes the adapter for one table.
    pub fn new(config: &SdkConfig, table: impl Into<String>) -> Self {
        Self { client: Client::new(&config::limited(config)), table: table.into() }
    }

    /// A page of the index; `None` where there is none to read.
    async fn queried(&self, from: Option<PageToken>) -> Result<Option<Page<LedgerKey>>, PortError> {
        let call = Call::reading("Query");
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(INDEX)
            .key_condition_expression("#listed = :open")
            .expression_attribute_names("#listed", LISTED)
            .expression_attribute_values(":open", text(LISTED_OPEN))
            .set_exclusive_start_key(dynamo::start("Query", from)?);
        match query.customize().interceptor(call.watch()).send().await {
            Ok(answer) => keys(AnswerFields("Query"), answer.items(), answer.last_evaluated_key()).map(Some),
            Err(error) if is_without_index(&error) => Ok(None),
            Err(error) => Err(call.failed(&error)),
        }
    }

    /// A page of the table, of the entries that a filter lets through.
    async fn scanned(
        &self,
        filter: &str,
        names: &[(&str, &str)],
        from: Option<PageToken>,
    ) -> Result<Page<LedgerKey>, PortError> {
        let call = Call::reading("Scan");
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .filter_expression(filter)
            .projection_expression("#key")
            .expression_attribute_names("#key", "key")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":true", AttributeValue::Bool(true))
            .set_exclusive_start_key(dynamo::start("Scan", from)?);
        let scan = names.iter().fold(scan, |scan, (name, of)| scan.expression_attribute_names(*name, *of));
        let answer = scan.customize().interceptor(call.watch()).send().await;
        let answer = answer.map_err(|error| call.failed(&error))?;
        keys(AnswerFields("Scan"), answer.items(), answer.last_evaluated_key())
    }

    fn update(&self, key: &LedgerKey, expected: Option<Version>, new: &Stored) -> UpdateItemFluentBuilder {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("key", text(key.as_str()))
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#open", "open")
            .expression_attribute_names("#keep", "keep_until")
            .expression_attribute_values(":version", number(new.version.0))
            .expression_attribute_values(":state", text(&new.entry.state))
            .expression_attribute_values(":open", AttributeValue::Bool(new.entry.open))
            .expression_attribute_values(":keep", number(new.entry.keep_until.as_second()))
            .expression_attribute_names("#listed", LISTED)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let set = "SET #version = :version, #state = :state, #open = :open, #keep = :keep";
        let update = if new.entry.open {
            update
                .update_expression(format!("{set}, #listed = :listed"))
                .expression_attribute_values(":listed", text(LISTED_OPEN))
        } else {
            update.update_expression(format!("{set} REMOVE #listed"))
        };
        match expected {
            None => update
                .condition_expression("attribute_not_exists(#key)")
                .expression_attribute_names("#key", "key"),
            Some(expected) => update
                .condition_expression("#version = :expected")
                .expression_attribute_values(":expected", number(expected.0)),
        }
    }
}

#[async_trait]
impl Ledger for DynamoLedger {
    async fn get(&self, key: &LedgerKey) -> Result<Option<Stored>, PortError> {
        let call = Call::reading("GetItem");
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("key", text(key.as_str()))
            .consistent_read(true)
            .customize()
            .interceptor(call.watch())
            .send()
            .await
            .map_err(|error| call.failed(&error))?;
        answer.item().map(|item| Row { operation: "GetItem", key: key.as_str(), item }.stored()).transpose()
    }

    async fn swap(
        &self,
        key: &LedgerKey,
        expected: Option<Version>,
        entry: &LedgerEntry,
    ) -> Result<Swap, PortError> {
        let new = Stored {
            version: expected.map_or(Version::FIRST, Version::next),
            entry: LedgerEntry { keep_until: whole_second(entry.keep_until), ..entry.clone() },
        };
        let call = Call::writing("UpdateItem");
        let update = self.update(key, expected, &new);
        let Err(error) = update.customize().interceptor(call.watch()).send().await else {
            return Ok(Swap::Won(new.version));
        };
        let Some(UpdateItemError::ConditionalCheckFailedException(lost)) = error.as_service_error() else {
            return Err(call.failed(&error));
        };
        let row = |item| Row { operation: "UpdateItem", key: key.as_str(), item };
        let stands = lost.item().map(|item| row(item).stored()).transpose()?;
        // The SDK has sent it again, and finds what it wrote the first time. Only then: a rival may write the same.
        if call.in_doubt() && stands.as_ref() == Some(&new) {
            return Ok(Swap::Won(new.version));
        }
        Ok(Swap::Lost(stands))
    }

    /// Where the table has no index, or one that is still being filled, as long as it has none.
    async fn open_keys(&self, from: Option<PageToken>) -> Result<Page<LedgerKey>, PortError> {
        match self.queried(from.clone()).await? {
            Some(page) => Ok(page),
            None => self.scanned("#open = :true", &[], from).await,
        }
    }

    async fn unlisted_keys(&self, from: Option<PageToken>) -> Result<Page<LedgerKey>, PortError> {
        let filter = "#open = :true AND attribute_not_exists(#listed)";
        self.scanned(filter, &[("#listed", LISTED)], from).await
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

/// The first whole second that is not before `at`.
fn whole_second(at: Timestamp) -> Timestamp {
    let up = i64::from(at.subsec_nanosecond() > 0);
    Timestamp::from_second(at.as_second().saturating_add(up)).unwrap_or(Timestamp::MAX)
}

/// The keys on a page.
fn keys(answer: AnswerFields, items: &[Item], last: Option<&Item>) -> Result<Page<LedgerKey>, PortError> {
    let key = |item: &Item| {
        answer.parsed("key", item.get("key").and_then(|key| key.as_s().ok()).map(String::as_str))
    };
    let items = items.iter().map(key).collect::<Result<_, _>>()?;
    Ok(Page { items, next: dynamo::token(answer, last)? })
}

/// Whether the service says that it has no such index, or that it is still filling it. It has one code for both and for much
/// else, so its words decide; they are from reports of people who met them
/// (<https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1075>).
fn is_without_index(error: &impl ProvideErrorMetadata) -> bool {
    let message = error.message().unwrap_or_default();
    error.code() == Some("ValidationException")
        && ["the specified index", "backfilling global secondary index"]
            .iter()
            .any(|words| message.contains(words))
}

/// An item on its way to becoming an entry. What is wrong with it is said with its key: a person has to mend it.
struct Row<'a> {
    operation: &'static str,
    key: &'a str,
    item: &'a Item,
}

impl Row<'_> {
    fn stored(&self) -> Result<Stored, PortError> {
        Ok(Stored {
            version: Version(self.number("version")?),
            entry: LedgerEntry {
                state: self.read("state", self.value("state").and_then(|v| v.as_s().ok()).cloned())?,
                open: self.read("open", self.value("open").and_then(|v| v.as_bool().ok()).copied())?,
                keep_until: self
                    .read("keep_until", Timestamp::from_second(self.number("keep_until")?).ok())?,
            },
        })
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, PortError> {
        let digits = self.value(name).and_then(|value| value.as_n().ok());
        self.read(name, digits.and_then(|digits| digits.parse().ok()))
    }

    fn value(&self, name: &str) -> Option<&AttributeValue> {
        self.item.get(name)
    }

    fn read<T>(&self, name: &str, value: Option<T>) -> Result<T, PortError> {
        value.ok_or_else(|| {
            let detail = format!("ledger entry `{}`: no readable attribute `{name}`", self.key);
            PortError::new(ErrorKind::Rejected, self.operation, detail)
        })
    }
}
