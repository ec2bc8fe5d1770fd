//! Reading items.

use std::cell::Cell;

use aws_vocabulary::PageToken;
use aws_vocabulary::{Attribute, Record};
use serde_json::{Value, json};

use super::expression::{Condition, Path, Terms, projected, projection};
use super::item::{invalid, read_item, write_item};
use crate::cloud::dynamodb::{Index, Part, Table};
use crate::cloud::{ApiError, Cloud};
use crate::kernel::Context;
use crate::payload::with;
use crate::wire::json::{Answer, optional, required};

/// The text that a key consists of.
pub(super) fn key_of(input: &Value, table: &Table) -> Result<String, ApiError> {
    only_key(&read_item(&required(input, "Key")?)?, table)
}

fn only_key(key: &Record, table: &Table) -> Result<String, ApiError> {
    match (key.len(), key.get(&table.key)) {
        (1, Some(Attribute::S(text))) if text.is_empty() => Err(invalid(&format!(
            "The AttributeValue for a key attribute cannot contain an empty string value. Key: {}",
            table.key
        ))),
        (1, Some(Attribute::S(text))) => Ok(text.clone()),
        _ => Err(ApiError::rejected(
            "ValidationException",
            "The provided key element does not match the schema",
        )),
    }
}

/// `GetItem`.
pub(super) fn get(input: &Value, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Answer, ApiError> {
    let table = cloud.dynamodb.table(&required::<String>(input, "TableName")?)?;
    let key = key_of(input, table)?;
    let terms = Terms::read(input)?;
    let paths = paths(input, &terms)?;
    terms.all_used()?;
    let item = table.get(&key).map(|item| shown(item, paths.as_deref()));
    Ok(Answer::done(item.map_or(json!({}), |item| json!({ "Item": item }))))
}

fn paths(input: &Value, terms: &Terms) -> Result<Option<Vec<Path>>, ApiError> {
    let expression: Option<String> = optional(input, "ProjectionExpression")?;
    expression.map(|expression| projection(&expression, terms)).transpose()
}

fn shown(item: &Record, paths: Option<&[Path]>) -> Value {
    paths.map_or_else(|| write_item(item), |paths| write_item(&projected(item, paths)))
}

/// `Scan`.
pub(super) fn scan(input: &Value, cloud: &mut Cloud, context: &mut Context<'_>) -> Result<Answer, ApiError> {
    let table = cloud.dynamodb.table(&required::<String>(input, "TableName")?)?;
    let index = index(input, table)?;
    let segment = match (optional(input, "Segment")?, optional(input, "TotalSegments")?) {
        (None, None) => (0, 1),
        (Some(segment), Some(of)) if segment < of => (segment, of),
        _ => return Err(invalid("Segment must be zero based and less than parameter TotalSegments")),
    };
    let terms = Terms::read(input)?;
    let seen = index.as_ref().and_then(|_| table.as_indexed(context.now));
    page(input, seen.as_ref().unwrap_or(table), &terms, &Select { segment, index, key: None })
}

/// `Query`: of one partition, which here is one item, or of one value of an index.
pub(super) fn query(input: &Value, cloud: &mut Cloud, context: &mut Context<'_>) -> Result<Answer, ApiError> {
    let table = cloud.dynamodb.table(&required::<String>(input, "TableName")?)?;
    let index = index(input, table)?;
    let terms = Terms::read(input)?;
    let wanted: String = required(input, "KeyConditionExpression")?;
    let wanted = Condition::read(&wanted, &terms)?;
    let key = index.as_ref().map_or_else(|| table.key.clone(), |index| index.key.clone());
    if wanted.equal_to(&key).is_none() {
        let message = format!("Query condition missed key schema element: {key}");
        return Err(ApiError::rejected("ValidationException", message));
    }
    let seen = index.as_ref().and_then(|_| table.as_indexed(context.now));
    page(input, seen.as_ref().unwrap_or(table), &terms, &Select { segment: (0, 1), index, key: Some(wanted) })
}

/// The index that is asked for. None of a table can be read consistently
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html>).
fn index(input: &Value, table: &Table) -> Result<Option<Index>, ApiError> {
    let Some(name) = optional::<String>(input, "IndexName")? else { return Ok(None) };
    let index = table.index(&name)?.clone();
    if optional(input, "ConsistentRead")?.unwrap_or(false) {
        return Err(invalid("Consistent reads are not supported on global secondary indexes"));
    }
    Ok(Some(index))
}

/// Which items are read, before any filter.
struct Select {
    segment: (u32, u32),
    /// The index they are in.
    index: Option<Index>,
    key: Option<Condition>,
}

impl Select {
    fn takes(&self, item: &Record) -> bool {
        self.index.as_ref().is_none_or(|index| item.contains_key(&index.key))
            && self.key.as_ref().is_none_or(|key| key.holds(item))
    }
}

fn page(input: &Value, table: &Table, terms: &Terms, select: &Select) -> Result<Answer, ApiError> {
    let filter: Option<String> = optional(input, "FilterExpression")?;
    let filter = filter.map(|filter| Condition::read(&filter, terms)).transpose()?;
    let paths = paths(input, terms)?;
    terms.all_used()?;
    let limit: Option<usize> = optional(input, "Limit")?;
    if limit == Some(0) {
        return Err(invalid("Limit must be greater than or equal to 1"));
    }
    let from = input.get("ExclusiveStartKey").map(read_item).transpose()?;
    let index_key = select.index.as_ref().map(|index| index.key.as_str());
    let from = from.map(|key| start(&key, table, index_key)).transpose()?;
    let scanned = Cell::new(0_u32);
    let takes = |item: &Record| select.takes(item);
    let part = Part { segment: select.segment, from: from.as_ref(), limit, takes: &takes };
    let page = table.page(&part, |item| {
        scanned.set(scanned.get() + 1);
        filter.as_ref().is_none_or(|filter| filter.holds(item))
    })?;
    let counts_only = optional::<String>(input, "Select")?.as_deref() == Some("COUNT");
    let held = |item| match &select.index {
        Some(index) => table.held_by(index, item),
        None => item,
    };
    let (count, items) = (page.items.len(), page.items.into_iter().map(held));
    let items =
        (!counts_only).then(|| items.map(|item| shown(&item, paths.as_deref())).collect::<Vec<Value>>());
    let last = page.next.as_ref().map(|next| last_key(next, table, index_key));
    let body = json!({ "Count": count, "ScannedCount": scanned.get() });
    let body = with(with(body, "Items", items), "LastEvaluatedKey", last);
    Ok(Answer::done(body))
}

/// Where a page begins: behind the item of a key. One of an index holds the index's own key as well.
fn start(key: &Record, table: &Table, index: Option<&str>) -> Result<PageToken, ApiError> {
    let is_part = |name: &String| *name == table.key || Some(name.as_str()) == index;
    match key.get(&table.key) {
        Some(Attribute::S(text)) if key.keys().all(is_part) => Ok(PageToken(format!("key:{text}"))),
        _ => Err(ApiError::rejected("ValidationException", "The provided starting key is invalid")),
    }
}

fn last_key(next: &PageToken, table: &Table, index: Option<&str>) -> Value {
    let text = next.0.strip_prefix("key:").unwrap_or_default();
    let names = [table.key.as_str()].into_iter().chain(index);
    let item = table.get(text);
    let of = |name: &str| item.and_then(|item| Some((name.to_owned(), item.get(name)?.clone())));
    write_item(&names.filter_map(of).collect())
}
