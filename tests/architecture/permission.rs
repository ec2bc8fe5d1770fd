//! What the adapters ask AWS for is what the template's roles allow.

use std::collections::BTreeSet;

use adapters_aws::permission;
use lambda_shims::permission::Function;
use serde_json::Value;

use super::template::{logical, template};
use super::{port_files, read};

type Names = BTreeSet<String>;

/// The statements of a role, those behind a condition included.
fn statements(template: &Value, function: Function) -> Vec<Value> {
    let role = &template["Resources"][format!("{}Role", logical(function))]["Properties"];
    let written = role["Policies"].as_array().unwrap().iter().map(|p| &p["PolicyDocument"]["Statement"]);
    written.flat_map(|list| list.as_array().unwrap()).flat_map(either).collect()
}

fn either(statement: &Value) -> Vec<Value> {
    match statement.get("Fn::If").and_then(Value::as_array) {
        None => vec![statement.clone()],
        Some(choice) => choice.iter().skip(1).filter(|it| it.get("Sid").is_some()).cloned().collect(),
    }
}

fn list(value: &Value) -> Vec<String> {
    let one = value.as_str().map(str::to_owned).into_iter();
    one.chain(value.as_array().into_iter().flatten().map(|v| v.as_str().unwrap().to_owned())).collect()
}

fn allowed(template: &Value, function: Function) -> Names {
    let allows = |statement: &Value| statement["Effect"] == "Allow";
    let statements = statements(template, function);
    statements.iter().filter(|s| allows(s)).flat_map(|s| list(&s["Action"])).collect()
}

#[test]
fn every_role_allows_what_its_function_asks_for_and_nothing_else() {
    let template = template();
    for function in Function::ALL {
        let asked: Names = function.actions().into_iter().map(str::to_owned).collect();
        assert_eq!(allowed(&template, function), asked, "{}", function.binary());
    }
}

#[test]
fn a_permission_that_is_missing_or_unused_is_found() {
    let mut template = template();
    let path = "/Resources/AutoRemediationRole/Properties/Policies/0/PolicyDocument/Statement";
    let statements = template.pointer_mut(path).unwrap().as_array_mut().unwrap();
    statements.retain(|statement| statement["Sid"] != "RestartInstancesThatAreOptedIn");
    let allowed = allowed(&template, Function::AutoRemediation);
    assert!(!allowed.contains("ec2:RebootInstances"));
    assert!(Function::AutoRemediation.actions().contains("ec2:RebootInstances"));
}

#[test]
fn every_statement_has_a_name_and_no_wildcard_for_an_action() {
    let template = template();
    for function in Function::ALL {
        let statements = statements(&template, function);
        let names: Names = statements.iter().filter_map(|s| s["Sid"].as_str().map(str::to_owned)).collect();
        assert_eq!(names.len(), statements.len(), "{}", function.binary());
        assert!(statements.iter().flat_map(|s| list(&s["Action"])).all(|action| !action.contains('*')));
    }
}

/// What EC2 and Auto Scaling know no resources for.
fn describes(action: &str) -> bool {
    action.split_once(":Describe").is_some()
}

#[test]
fn only_what_describes_is_allowed_on_everything() {
    let template = template();
    for function in Function::ALL {
        for statement in statements(&template, function).iter().filter(|s| s["Effect"] == "Allow") {
            let on_all = statement["Resource"] == "*";
            assert_eq!(on_all, list(&statement["Action"]).iter().all(|a| describes(a)), "{statement}");
        }
    }
}

/// `Ledger::get` and so on, from the traits.
fn methods() -> Names {
    let mut methods = Names::new();
    for file in port_files() {
        let mut port = String::new();
        for line in read(&file).lines() {
            if let Some(rest) = line.strip_prefix("pub trait ") {
                rest.split([':', ' ']).next().unwrap().clone_into(&mut port);
            }
            if let Some(rest) = line.strip_prefix("    async fn ") {
                methods.insert(format!("{port}::{}", rest.split('(').next().unwrap()));
            }
        }
    }
    methods
}

/// An upload is what `Archive::create` gives; a clock asks AWS for nothing.
fn asks_by_itself(method: &str) -> bool {
    !method.starts_with("Upload::") && !method.starts_with("Clock::")
}

#[test]
fn every_method_of_a_port_says_what_it_asks_for() {
    let said: Names =
        permission::ALL.iter().flat_map(|all| all.iter()).map(|a| a.method.to_owned()).collect();
    let written: Names = methods().into_iter().filter(|method| asks_by_itself(method)).collect();
    assert!(15 < written.len());
    assert_eq!(said, written);
}

/// The requests that an adapter sends, as it names them: `Call::reading("DescribeVolumes")`.
fn requests(file: &str) -> Names {
    let source = read(format!("adapters-aws/src/sdk/{file}.rs"));
    let named = |start: &str| {
        let parts: Vec<&str> = source.split(start).skip(1).collect();
        parts.into_iter().map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Names>()
    };
    named("Call::reading(\"").into_iter().chain(named("Call::writing(\"")).collect()
}

/// The action that allows a request, where it is not called the same
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>).
fn action(request: &str) -> &str {
    match request {
        "HeadObject" => "GetObject",
        "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => "PutObject",
        same => same,
    }
}

#[test]
fn every_request_of_an_adapter_is_declared() {
    let adapters: [(&[&str], &[permission::Asks]); 8] = [
        (&["inventory"], permission::inventory::ALL),
        (&["snapshots"], permission::snapshots::ALL),
        (&["instances"], permission::instances::ALL),
        (&["scaling"], permission::scaling::ALL),
        (&["metrics"], permission::metrics::ALL),
        (&["archive", "upload"], permission::archive::ALL),
        (&["notifier"], permission::notifier::ALL),
        (&["ledger"], permission::ledger::ALL),
    ];
    for (files, asks) in adapters {
        let sent: Names = files.iter().flat_map(|f| requests(f)).map(|r| action(&r).to_owned()).collect();
        let actions = asks.iter().flat_map(|asks| asks.actions.iter());
        let mut declared: Names =
            actions.map(|action| action.split(':').nth(1).unwrap().to_owned()).collect();
        // Not sent as a request of that name, or without a name: see the adapter of S3.
        declared.remove("ListBucket");
        declared.remove("AbortMultipartUpload");
        assert!(!sent.is_empty());
        assert_eq!(sent, declared, "{files:?}");
    }
}
