use async_trait::async_trait;
use cloud_sim::cloud::iam::ask::Ask;
use cloud_sim::kernel::{Footprint, Op};
use jiff::civil::Date;
use ports::{Access, Attribute, Metrics, MetricsQuery, Page, PageToken, PortError, Record, time};

use super::SimPorts;

#[async_trait]
impl Metrics for SimPorts {
    async fn page(&self, query: &MetricsQuery, from: Option<PageToken>) -> Result<Page<Record>, PortError> {
        let (table, query) = (self.names.metrics.clone(), query.clone());
        let (op, ask) = match &query.access {
            Access::Scan { .. } => (Op::new("dynamodb", "Scan"), Ask::Scan { table: table.clone() }),
            Access::Index { name, .. } => {
                let (index, key) = (name.clone(), query.day.to_string());
                (Op::new("dynamodb", "Query"), Ask::Query { table: table.clone(), index, key })
            }
        };
        self.repeat((op, Footprint::NONE.reads("table", &table)), ask, move |cloud, context| {
            let table = cloud.dynamodb.table(&table)?;
            match &query.access {
                Access::Scan { segment, of } => table.scan((*segment, *of), from.as_ref(), |item| {
                    item.get(&query.time_attribute).is_some_and(|value| is_on(value, query.day))
                }),
                Access::Index { name, .. } => {
                    table.query_index((name, &query.day.to_string()), from.as_ref(), context.now)
                }
            }
        })
        .await
    }
}

/// Whether a time attribute lies on a day: as ISO 8601 text, or as epoch seconds or milliseconds.
fn is_on(value: &Attribute, day: Date) -> bool {
    let (from, to) = (time::midnight(day), time::midnight(time::tomorrow(day)));
    match value {
        Attribute::S(text) => *day.to_string() <= **text && **text < *time::tomorrow(day).to_string(),
        Attribute::N(digits) => {
            let whole = digits.split('.').next().unwrap_or_default();
            whole.parse::<i64>().is_ok_and(|n| {
                (from.as_second()..to.as_second()).contains(&n)
                    || (from.as_millisecond()..to.as_millisecond()).contains(&n)
            })
        }
        Attribute::B(_)
        | Attribute::Bool(_)
        | Attribute::Null
        | Attribute::L(_)
        | Attribute::M(_)
        | Attribute::Ss(_)
        | Attribute::Ns(_)
        | Attribute::Bs(_) => false,
    }
}
