use std::path::Path;

use lambda_shims::settings::Pairs;
use serde_json::Value;

use crate::command::BadInput;
use crate::input::{Bound, json};

/// Reads settings: an object of texts, alone or where `aws lambda get-function-configuration` has it
/// (<https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html>).
///
/// # Errors
///
/// What cannot be read, with the setting.
pub(crate) fn read(file: &Path) -> Result<Pairs, BadInput> {
    let whole: Value = json(file, Bound::Small)?;
    let inner = whole.pointer("/Environment/Variables").or_else(|| whole.get("Variables"));
    let given = inner.filter(|inner| inner.is_object()).unwrap_or(&whole);
    let Some(given) = given.as_object() else {
        let why = "expected settings as an object of texts, as `--query Environment.Variables` prints it";
        return Err(BadInput::new(file.display(), why));
    };
    let pair = |(name, value): (&String, &Value)| match value.as_str() {
        Some(text) => Ok((name.clone(), text.to_owned())),
        None => Err(BadInput::new(file.display(), format!("`{name}` is `{value}`: expected a text"))),
    };
    given.iter().map(pair).collect()
}
