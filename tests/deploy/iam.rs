//! Ours and another's simulation of IAM agree, on the roles that ship and on the edges of the language.
//!
//! `tests/iam/compare.js` asks the other one. Both are held to the verdicts that are written down in `tests/iam/requests.json`.

use std::collections::BTreeMap;

use iam_policy::{Keys, Kind, Policy, Request, Role, Verdict};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use simulation::stack::{Stack, usual_settings};

/// Whose requests are asked about, and where they go.
const ROLE: &str = "arn:aws:iam::123456789012:role/asked";
const REGION: &str = "eu-west-1";

#[derive(Deserialize)]
struct Asked {
    says: String,
    policies: String,
    action: String,
    resource: String,
    context: Map<String, Value>,
    verdict: String,
    #[serde(rename = "resourcePolicy")]
    resource_policy: Option<String>,
}

#[derive(Deserialize)]
struct Requests {
    edges: BTreeMap<String, Value>,
    requests: Vec<Asked>,
}

fn requests() -> Requests {
    serde_json::from_str(include_str!("../iam/requests.json")).unwrap()
}

/// The policies of the stack that the requests are about: it has a table of its own and one group.
fn documents() -> BTreeMap<String, Vec<Value>> {
    let mut settings = usual_settings();
    settings.remove("METRICS_TABLE");
    Stack::new(&settings).unwrap().plan().documents.clone()
}

fn keys(context: &Map<String, Value>) -> Keys {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    context.iter().fold(Keys::default(), |keys, (key, value)| {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        keys.with_all(key, values.iter().map(text))
    })
}

fn ours(asked: &Asked, edges: &BTreeMap<String, Value>, all: &BTreeMap<String, Vec<Value>>) -> Verdict {
    let documents =
        edges.get(&asked.policies).map_or_else(|| all[&asked.policies].clone(), |e| vec![e.clone()]);
    let parse = |document| Policy::parse(document, Kind::Identity).unwrap();
    let role = Role::new(ROLE, REGION, documents.iter().map(parse).collect());
    let of_resource =
        asked.resource_policy.as_ref().map(|name| Policy::parse(&all[name][0], Kind::Resource).unwrap());
    let request = Request::new(asked.action.clone(), &asked.resource);
    role.decide(&request.knowing(keys(&asked.context)), of_resource.as_ref())
}

#[test]
fn ours_gives_every_verdict_that_is_written_down() {
    let (Requests { edges, requests }, all) = (requests(), documents());
    let differs = |asked: &Asked| {
        let ours = format!("{:?}", ours(asked, &edges, &all));
        (ours != asked.verdict)
            .then(|| format!("{}: {} is {ours}, not {}", asked.policies, asked.says, asked.verdict))
    };
    let different: Vec<String> = requests.iter().filter_map(differs).collect();
    assert!(different.is_empty(), "{different:#?}");
}

#[test]
fn at_least_half_of_the_requests_are_refused() {
    let requests = requests().requests;
    let refused = requests.iter().filter(|asked| asked.verdict != "Allowed").count();
    assert!(60 <= requests.len() && requests.len() <= 2 * refused, "{refused} of {}", requests.len());
}

/// `UPDATE_POLICIES=1` writes the file anew.
#[test]
fn the_other_one_is_asked_about_the_policies_that_ship() {
    let (roles, resources): (BTreeMap<_, _>, BTreeMap<_, _>) =
        documents().into_iter().partition(|(id, _)| id.ends_with("Role"));
    let resources: BTreeMap<String, Value> =
        resources.into_iter().map(|(id, documents)| (id, documents[0].clone())).collect();
    let now =
        serde_json::to_string_pretty(&json!({ "roles": roles, "resources": resources })).unwrap() + "\n";
    let file = format!("{}/iam/policies.json", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_POLICIES").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    assert!(
        std::fs::read_to_string(file).is_ok_and(|written| written == now),
        "run it with UPDATE_POLICIES=1"
    );
}
