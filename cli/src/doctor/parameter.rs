//! What the template's parameters say when nobody changes them.

use std::collections::BTreeMap;

use serde_json::Value;

const TEMPLATE: &str = include_str!("../../../lambda-shims/template.yaml");

/// A parameter that becomes a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Its name.
    pub(crate) name: String,
    /// Its value when nobody gives one.
    pub(crate) default: String,
}

/// The parameters, by the setting that each becomes. Settings that the stack makes up are not among them.
pub(crate) type Parameters = BTreeMap<String, Parameter>;

/// Those of the template that this command was built with.
pub(crate) fn of_the_template() -> Parameters {
    let template: Value = serde_saphyr::from_str(TEMPLATE).unwrap_or_default();
    let resources = template.get("Resources").and_then(Value::as_object).into_iter().flatten();
    let variables = resources.filter_map(|(_, resource)| {
        resource.pointer("/Properties/Environment/Variables").and_then(Value::as_object)
    });
    let of = |(setting, value): (&String, &Value)| {
        let name = value.get("Ref")?.as_str()?;
        let default = template.pointer(&format!("/Parameters/{name}/Default"))?;
        let default = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
        Some((setting.clone(), Parameter { name: name.to_owned(), default }))
    };
    variables.flatten().filter_map(of).collect()
}
