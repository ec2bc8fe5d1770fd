use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use jiff::civil::Date;
use ports::{
    Access, ErrorKind, Metrics, MetricsQuery, Page, PageToken, PortError, Record,
    time::{midnight, tomorrow},
};

use crate::permission::{self, Asks};

use super::{
    answer::AnswerFields,
    call::Call,
    config,
    dynamo::{self, Item},
};

/// A value of another type than the attribute's compares as false, so only one line of the three can be true.
const ON_THE_DAY: &str = "(#time >= :text_from AND #time < :text_to) \
    OR (#time >= :seconds_from AND #time < :seconds_to) \
    OR (#time >= :milliseconds_from AND #time < :milliseconds_to)";

/// A DynamoDB table of records.
#[derive(Clone, Debug)]
pub struct DynamoMetrics {
    client: Client,
    table: String,
}

impl DynamoMetrics {
    /// The IAM actions that this adapter needs, by method.
    pub const ASKS: &[Asks] = permission::metrics::ALL;

    /// Makes the adapter for one table.
    pub fn new(config: &SdkConfig, table: impl Into<String>) -> Self {
        Self { client: Client::new(&config::limited(config)), table: table.into() }
    }

    async fn scan(
        &self,
        query: &MetricsQuery,
        (segment, of): (u32, u32),
        from: Option<PageToken>,
    ) -> Result<Page<Record>, PortError> {
        let call = Call::reading("Scan");
        let answer = self
            .client
            .scan()
            .table_name(&self.table)
            .segment(number(segment)?)
            .total_segments(number(of)?)
            .filter_expression(ON_THE_DAY)
            .expression_attribute_names("#time", &query.time_attribute)
            .set_expression_attribute_values(Some(bounds(query.day)))
            .set_exclusive_start_key(dynamo::start("Scan", from)?)
            .customize()
            .interceptor(call.watch())
            .send()
            .await
            .map_err(|error| call.failed(&error))?;
        page(AnswerFields("Scan"), answer.items(), answer.last_evaluated_key())
    }

    async fn query(
        &self,
        day: Date,
        (index, key): (&str, &str),
        from: Option<PageToken>,
    ) -> Result<Page<Record>, PortError> {
        let call = Call::reading("Query");
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(index)
            .key_condition_expression("#key = :day")
            .expression_attribute_names("#key", key)
            .expression_attribute_values(":day", AttributeValue::S(day.to_string()))
            .set_exclusive_start_key(dynamo::start("Query", from)?)
            .customize()
            .interceptor(call.watch())
            .send()
            .await
            .map_err(|error| call.failed(&error))?;
        page(AnswerFields("Query"), answer.items(), answer.last_evaluated_key())
    }
}

#[async_trait]
impl Metrics for DynamoMetrics {
    async fn page(&self, query: &MetricsQuery, from: Option<PageToken>) -> Result<Page<Record>, PortError> {
        match &query.access {
            Access::Scan { segment, of } => self.scan(query, (*segment, *of), from).await,
            Access::Index { name, key } => self.query(query.day, (name, key), from).await,
        }
    }
}

fn number(segment: u32) -> Result<i32, PortError> {
    i32::try_from(segment).map_err(|_| PortError::new(ErrorKind::Rejected, "Scan", "too many segments"))
}

/// The day's first instant and the next day's, in each of the three forms that a time may have.
fn bounds(day: Date) -> Item {
    let next = tomorrow(day);
    let (from, to) = (midnight(day), midnight(next));
    let number = |number: i64| AttributeValue::N(number.to_string());
    [
        (":text_from", AttributeValue::S(day.to_string())),
        (":text_to", AttributeValue::S(next.to_string())),
        (":seconds_from", number(from.as_second())),
        (":seconds_to", number(to.as_second())),
        (":milliseconds_from", number(from.as_millisecond())),
        (":milliseconds_to", number(to.as_millisecond())),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn page(answer: AnswerFields, items: &[Item], last: Option<&Item>) -> Result<Page<Record>, PortError> {
    let items = items.iter().map(|item| dynamo::record(answer, item)).collect::<Result<_, _>>()?;
    Ok(Page { items, next: dynamo::token(answer, last)? })
}
