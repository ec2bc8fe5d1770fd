//! Tables themselves.

use serde_json::{Value, json};

use super::item::invalid;
use crate::cloud::dynamodb::{Index, Table};
use crate::cloud::{ApiError, Cloud, Place};
use crate::kernel::Context;
use crate::payload::with;
use crate::wire::json::{Answer, optional, required};

/// `CreateTable`: it is active at once.
pub(super) fn create(input: &Value, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Answer, ApiError> {
    let name: String = required(input, "TableName")?;
    let key = partition_key(input, input)?;
    if cloud.dynamodb.look(&name).is_some() {
        let message = format!("Table already exists: {name}");
        return Err(ApiError::busy("ResourceInUseException", message));
    }
    let indexes = optional::<Vec<Value>>(input, "GlobalSecondaryIndexes")?.unwrap_or_default();
    let indexes: Vec<(String, Index)> = indexes
        .iter()
        .map(|index| Ok((required(index, "IndexName")?, described(input, index)?)))
        .collect::<Result<_, ApiError>>()?;
    cloud.dynamodb.add_table(&name, &key);
    let place = cloud.place.clone();
    let table = cloud.dynamodb.table(&name)?;
    table.indexes = indexes.into_iter().collect();
    Ok(Answer::done(json!({ "TableDescription": told(&place, &name, table) })))
}

fn described(input: &Value, index: &Value) -> Result<Index, ApiError> {
    let key = partition_key(input, index)?;
    match index.pointer("/Projection/ProjectionType").and_then(Value::as_str) {
        Some("ALL") => Ok(Index::new(&key)),
        Some("KEYS_ONLY") => Ok(Index::of_keys(&key)),
        _ => Err(invalid("The simulated cloud has indexes that project ALL or KEYS_ONLY only")),
    }
}

/// The one attribute of the key of a table or an index.
fn partition_key(input: &Value, of: &Value) -> Result<String, ApiError> {
    let only_here = |what: &str| {
        let message = format!("The simulated cloud has {what} only");
        Err(ApiError::rejected("ValidationException", message))
    };
    let schema: Vec<Value> = required(of, "KeySchema")?;
    let [key] = schema.as_slice() else {
        return only_here("tables and indexes with a partition key and no sort key");
    };
    let name: String = required(key, "AttributeName")?;
    let definitions: Vec<Value> = required(input, "AttributeDefinitions")?;
    let is_it = |definition: &&Value| definition.get("AttributeName").and_then(Value::as_str) == Some(&name);
    let Some(definition) = definitions.iter().find(is_it) else {
        let message = format!(
            "One or more parameter values were invalid: Some index key attributes are not defined in \
             AttributeDefinitions. Keys: [{name}]"
        );
        return Err(ApiError::rejected("ValidationException", message));
    };
    if required::<String>(definition, "AttributeType")? == "S" {
        Ok(name)
    } else {
        only_here("keys of type S")
    }
}

/// `DescribeTable`.
pub(super) fn describe(input: &Value, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Answer, ApiError> {
    let name: String = required(input, "TableName")?;
    let place = cloud.place.clone();
    let table = cloud.dynamodb.table(&name)?;
    Ok(Answer::done(json!({ "Table": told(&place, &name, table) })))
}

/// `DeleteTable`.
pub(super) fn delete(input: &Value, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Answer, ApiError> {
    let name: String = required(input, "TableName")?;
    let place = cloud.place.clone();
    let table = cloud.dynamodb.remove_table(&name)?;
    Ok(Answer::done(json!({ "TableDescription": told(&place, &name, &table) })))
}

/// `ListTables`: all at once, so far as there are fewer than 100.
pub(super) fn list(input: &Value, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Answer, ApiError> {
    let limit: usize = optional(input, "Limit")?.unwrap_or(100);
    let after: String = optional(input, "ExclusiveStartTableName")?.unwrap_or_default();
    let mut rest = cloud.dynamodb.names().filter(|name| after.as_str() < *name);
    let names: Vec<&str> = rest.by_ref().take(limit).collect();
    let last = rest.next().and(names.last()).copied();
    let body = with(json!({ "TableNames": names }), "LastEvaluatedTableName", last);
    Ok(Answer::done(body))
}

fn told(place: &Place, name: &str, table: &Table) -> Value {
    let schema = |key: &str| json!([{ "AttributeName": key, "KeyType": "HASH" }]);
    let indexes: Vec<Value> = table
        .indexes
        .iter()
        .map(|(name, index)| {
            json!({
                "IndexName": name,
                "KeySchema": schema(&index.key),
                "Projection": { "ProjectionType": if index.keys_only { "KEYS_ONLY" } else { "ALL" } },
                "IndexStatus": if index.is_filling { "CREATING" } else { "ACTIVE" },
            })
        })
        .collect();
    let mut keys: Vec<&str> = table.indexes.values().map(|index| index.key.as_str()).collect();
    keys.push(&table.key);
    keys.sort_unstable();
    keys.dedup();
    let definitions: Vec<Value> =
        keys.iter().map(|key| json!({ "AttributeName": key, "AttributeType": "S" })).collect();
    let told = json!({
        "TableName": name,
        "TableStatus": "ACTIVE",
        "TableArn": place.arn("dynamodb", &format!("table/{name}")),
        "KeySchema": schema(&table.key),
        "AttributeDefinitions": definitions,
        "ItemCount": table.items().count(),
        "BillingModeSummary": { "BillingMode": "PAY_PER_REQUEST" },
    });
    with(told, "GlobalSecondaryIndexes", Some(indexes).filter(|indexes| !indexes.is_empty()))
}
