//! The template that ships agrees with the code.

use std::collections::{BTreeMap, BTreeSet};

use lambda_shims::permission::Function;
use lambda_shims::settings::{SETTINGS, Setting};
use serde_json::Value;

use super::read;

/// `lambda-shims/template.yaml`: its intrinsic functions are in the long form, so it is YAML without tags.
pub(super) fn template() -> Value {
    serde_saphyr::from_str(&read("lambda-shims/template.yaml")).unwrap()
}

/// The logical name of a function.
pub(super) fn logical(function: Function) -> &'static str {
    match function {
        Function::AutoSnapshot => "AutoSnapshot",
        Function::NightlyMaintenance => "NightlyMaintenance",
        Function::AutoRemediation => "AutoRemediation",
    }
}

/// The settings of a function's environment.
fn set(template: &Value, function: Function) -> BTreeSet<String> {
    let variables = &template["Resources"][logical(function)]["Properties"]["Environment"]["Variables"];
    variables.as_object().unwrap().keys().cloned().collect()
}

/// The settings that the README says a function has.
fn documented(function: Function) -> BTreeSet<String> {
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let name = cells.next()?.trim_end_matches('`').to_owned();
        let functions = cells.next()?.to_owned();
        let is_setting = name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        is_setting.then_some((name, functions))
    };
    let rows: BTreeMap<String, String> = read("README.md").lines().filter_map(row).collect();
    let is_told = |functions: &str| functions == "all" || functions.contains(function.binary());
    rows.into_iter().filter(|(_, functions)| is_told(functions)).map(|(name, _)| name).collect()
}

#[test]
fn every_function_is_given_all_its_settings_and_no_other() {
    let template = template();
    for function in Function::ALL {
        let mut expected = documented(function);
        assert!(6 <= expected.len(), "{expected:?}");
        // Groups are opted in by tag instead: a role could only allow those that are named here by an ARN for each.
        expected.remove("SCALE_GROUPS");
        // Read by the logs, not by the settings.
        expected.insert("RUST_LOG".to_owned());
        assert_eq!(set(&template, function), expected, "{}", function.binary());
    }
}

#[test]
fn every_parameter_says_what_it_is_and_has_a_default() {
    for (name, parameter) in template()["Parameters"].as_object().unwrap() {
        let said = parameter["Description"].as_str().unwrap_or_default();
        assert!(10 < said.len() && parameter.get("Default").is_some(), "{name}");
    }
}

#[test]
fn nothing_has_a_name_that_a_second_stack_could_not_have() {
    let fixed =
        ["FunctionName", "RoleName", "TableName", "BucketName", "QueueName", "TopicName", "LogGroupName"];
    for (name, resource) in template()["Resources"].as_object().unwrap() {
        for property in fixed {
            let named = resource["Properties"].get(property).filter(|named| named.get("Ref").is_none());
            assert_eq!(named, None, "{name}");
        }
    }
}

#[test]
fn the_list_of_settings_is_the_readmes() {
    for function in Function::ALL {
        let is_read = |setting: &&Setting| setting.functions.contains(&function);
        let listed: BTreeSet<String> = SETTINGS.iter().filter(is_read).map(|s| s.name.to_owned()).collect();
        assert_eq!(listed, documented(function), "{}", function.binary());
    }
    let readme = read("README.md").replace('`', "");
    for setting in SETTINGS {
        let row = readme.lines().find(|line| line.starts_with(&format!("| {} |", setting.name))).unwrap();
        assert!(row.ends_with(&format!("| {} |", setting.default)), "{row}");
    }
}
