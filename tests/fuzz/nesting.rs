//! What is nested as deep as nobody writes it: each reader has a bound of its own and comes to it before the stack ends.

use adapters_aws::{inbound, listing};
use eventbridge::pattern::{Event, Pattern};
use lambda_shims::settings::{Pairs, RemediationSettings};
use simulation::world::World;

use crate::wire::Table;

const DEPTHS: [usize; 3] = [130, 3000, 8_000];

/// So many of what opens something, something, and so many of what closes it.
fn nested(open: &str, inner: &str, close: &str, depth: usize) -> String {
    [open.repeat(depth).as_str(), inner, &close.repeat(depth)].concat()
}

fn nested_json() -> impl Iterator<Item = String> {
    let shapes = [("[", "1", "]"), ("{\"a\":", "1", "}"), ("{\"$or\":[{\"a\":[1]},", "{\"a\":[1]}", "]}")];
    let of = move |depth| shapes.map(|(open, inner, close)| nested(open, inner, close, depth));
    DEPTHS.into_iter().flat_map(of)
}

#[test]
fn json_that_is_too_deep_is_refused_by_whoever_reads_it() {
    for text in nested_json() {
        assert!(inbound::instances(text.as_bytes())[0].is_err());
        assert!(inbound::alarms(text.as_bytes())[0].is_err());
        assert!(inbound::night_task(text.as_bytes()).is_err());
        assert!(text.parse::<Pattern>().is_err());
        assert!(serde_json::from_str::<World>(&text).is_err());
        let member = format!("{{\"a\":{text}}}");
        assert!(member.parse::<Event>().is_err() && member.parse::<Pattern>().is_err());
        let list = format!("{{\"Snapshots\":[{{\"SnapshotId\":\"snap-1\",\"Tags\":{text}}}]}}");
        assert!(listing::snapshots(list.as_bytes()).is_err());
        let records = format!("{{\"records\":[{{\"id\":{text}}}]}}");
        assert!(serde_json::from_str::<World>(&records).is_err());
        let routes = Pairs::from([("ROUTES".to_owned(), text)]);
        assert!(RemediationSettings::parse(&routes).is_err());
    }
}

#[test]
fn an_expression_that_is_too_deep_is_refused() {
    let table = Table::new();
    for (open, close) in [("(", ")"), ("NOT ", ""), ("NOT (", ")"), ("a = :n AND ", "")] {
        for depth in [310, 3000] {
            let expression = nested(open, "a = :n", close, depth);
            let refused = table.ask("Scan", "FilterExpression", &expression).unwrap_or_default();
            assert!(refused.contains("ValidationException"), "{open} {depth}: {refused}");
        }
    }
    for depth in [200, 310, 3000] {
        let expression = format!("SET a = {}", nested("if_not_exists(b, ", ":n", ")", depth));
        let refused = table.ask("UpdateItem", "UpdateExpression", &expression);
        assert_eq!(refused.is_some(), depth != 200, "{depth}: {refused:?}");
    }
}

#[test]
fn parentheses_around_nothing_but_parentheses_are_refused() {
    let table = Table::new();
    let ask = |expression: &str| table.ask("Scan", "FilterExpression", expression);
    assert!(ask("((a = :n))").unwrap().contains("redundant parentheses"));
    assert_eq!(ask("((a = :n) AND (b = :s OR (a < :n)))"), None);
}
