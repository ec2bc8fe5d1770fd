//! Writing items, under conditions.

use aws_vocabulary::{Attribute, Record};
use serde_json::{Value, json};

use super::expression::{Condition, Terms, Update};
use super::item::{invalid, read_item, write_item};
use super::read::key_of;
use crate::cloud::{ApiError, Cloud};
use crate::kernel::Context;
use crate::payload::with;
use crate::wire::json::{Answer, optional, required};

/// `PutItem`.
pub(super) fn put(input: &Value, cloud: &mut Cloud, context: &mut Context<'_>) -> Result<Answer, ApiError> {
    let name: String = required(input, "TableName")?;
    let table = cloud.dynamodb.table(&name)?;
    let item = read_item(&required(input, "Item")?)?;
    let terms = Terms::read(input)?;
    let condition = condition(input, &terms)?;
    terms.all_used()?;
    let old = match item.get(&table.key) {
        Some(Attribute::S(key)) => table.get(key).cloned(),
        _ => None,
    };
    if let Some(refused) = refused(condition.as_ref(), old.as_ref(), input, context)? {
        return Ok(refused);
    }
    cloud.put_item(&name, item, context)?;
    returned(input, &["NONE", "ALL_OLD"], |_| old)
}

/// `DeleteItem`.
pub(super) fn delete(
    input: &Value,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Answer, ApiError> {
    let table = cloud.dynamodb.table(&required::<String>(input, "TableName")?)?;
    let key = key_of(input, table)?;
    let terms = Terms::read(input)?;
    let condition = condition(input, &terms)?;
    terms.all_used()?;
    let old = table.get(&key).cloned();
    if let Some(refused) = refused(condition.as_ref(), old.as_ref(), input, context)? {
        return Ok(refused);
    }
    table.remove(&key);
    returned(input, &["NONE", "ALL_OLD"], |_| old)
}

/// `UpdateItem`: makes the item if there is none.
pub(super) fn update(
    input: &Value,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Answer, ApiError> {
    let name: String = required(input, "TableName")?;
    let table = cloud.dynamodb.table(&name)?;
    let key = key_of(input, table)?;
    let terms = Terms::read(input)?;
    let condition = condition(input, &terms)?;
    let update: Option<String> = optional(input, "UpdateExpression")?;
    let update = update.map(|update| Update::read(&update, &terms)).transpose()?.unwrap_or_default();
    terms.all_used()?;
    if update.touched().contains(table.key.as_str()) {
        return Err(invalid(&format!(
            "Cannot update attribute {}. This attribute is part of the key",
            table.key
        )));
    }
    let old = table.get(&key).cloned();
    if let Some(refused) = refused(condition.as_ref(), old.as_ref(), input, context)? {
        return Ok(refused);
    }
    let before =
        old.clone().unwrap_or_else(|| Record::from([(table.key.clone(), Attribute::S(key.clone()))]));
    let new = update.applied(&before)?;
    cloud.put_item(&name, new.clone(), context)?;
    let touched = |item: Record| -> Record {
        item.into_iter().filter(|(name, _)| update.touched().contains(name.as_str())).collect()
    };
    let kinds = ["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"];
    returned(input, &kinds, |kind| match kind {
        "ALL_OLD" => old,
        "UPDATED_OLD" => old.map(touched),
        "UPDATED_NEW" => Some(touched(new)),
        _ => Some(new),
    })
}

fn condition(input: &Value, terms: &Terms) -> Result<Option<Condition>, ApiError> {
    let expression: Option<String> = optional(input, "ConditionExpression")?;
    expression.map(|expression| Condition::read(&expression, terms)).transpose()
}

/// The answer to a write whose condition does not hold: it tells what is there, if that was asked for
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html>).
fn refused(
    condition: Option<&Condition>,
    item: Option<&Record>,
    input: &Value,
    context: &mut Context<'_>,
) -> Result<Option<Answer>, ApiError> {
    let nothing = Record::default();
    if condition.is_none_or(|condition| condition.holds(item.unwrap_or(&nothing))) {
        return Ok(None);
    }
    context.unchanged();
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed",
    });
    let told: Option<String> = optional(input, "ReturnValuesOnConditionCheckFailure")?;
    let item = item.filter(|_| told.as_deref() == Some("ALL_OLD")).map(write_item);
    let body = with(body, "Item", item);
    Ok(Some(Answer { status: 400, body }))
}

/// The answer to a write, with the attributes that are asked for.
fn returned(
    input: &Value,
    kinds: &[&str],
    attributes: impl FnOnce(&str) -> Option<Record>,
) -> Result<Answer, ApiError> {
    let kind: String = optional(input, "ReturnValues")?.unwrap_or_else(|| "NONE".to_owned());
    if !kinds.contains(&kind.as_str()) {
        return Err(invalid(&format!("Return values set to invalid value: ReturnValues {kind}")));
    }
    let attributes = if kind == "NONE" { None } else { attributes(&kind) };
    Ok(Answer::done(attributes.map_or(json!({}), |item| json!({ "Attributes": write_item(&item) }))))
}
