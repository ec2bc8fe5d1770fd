//! Every clause of a contract has its test, and every test its clause.

use std::collections::BTreeSet;

use super::{read, rust_files};

/// The clauses that the ports' documentation names: "1. `ledger_1_first_writer_wins`: ...".
fn documented() -> BTreeSet<String> {
    let clause = |line: &str| {
        let text = line.trim_start().strip_prefix("/// ")?;
        let (number, rest) = text.split_once(". `")?;
        number.parse::<u32>().ok()?;
        rest.split_once('`').map(|(name, _)| name.to_owned())
    };
    rust_files("ports/src")
        .iter()
        .flat_map(|f| read(f).lines().filter_map(clause).collect::<Vec<_>>())
        .collect()
}

/// The clauses that exist as functions.
fn written() -> BTreeSet<String> {
    let name =
        |line: &str| line.strip_prefix("pub async fn ")?.split_once('(').map(|(name, _)| name.to_owned());
    let is_clause = |name: &String| name.split('_').nth(1).is_some_and(|n| n.parse::<u32>().is_ok());
    let of = |f: &std::path::PathBuf| read(f).lines().filter_map(name).filter(is_clause).collect::<Vec<_>>();
    rust_files("tests/support/contract").iter().flat_map(of).collect()
}

/// The clauses that are run on the simulator.
fn run() -> BTreeSet<String> {
    let main = read("tests/contracts/main.rs");
    let (_, list) = main.split_once("\nclauses! {").unwrap();
    list.split_whitespace().filter(|word| word.contains('_')).map(str::to_owned).collect()
}

#[test]
fn every_clause_is_a_function_and_every_function_a_clause() {
    assert!(30 < documented().len());
    assert_eq!(documented(), written());
}

#[test]
fn every_clause_runs_on_the_simulator() {
    assert_eq!(documented(), run());
}

#[test]
fn every_port_has_a_contract() {
    for file in rust_files("ports/src") {
        let source = read(&file);
        let is_port = source.contains("pub trait ") && !file.ends_with("trigger.rs");
        assert!(!is_port || source.contains("/// # Contract"), "{}", file.display());
    }
}
