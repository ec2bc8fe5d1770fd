//! Every clause of a contract has its test, and every test its clause.

use std::collections::BTreeSet;

use super::{port_files, read, rust_files};

/// Where clauses are written: those of the ports, and those that one adapter has beside them.
const WRITTEN: [&str; 2] = ["ports/src/contract", "tests/support/contract"];

/// The clauses that the documentation of ports and adapters names: "1. `ledger_1_first_writer_wins`: ...".
fn documented() -> BTreeSet<String> {
    let clause = |line: &str| {
        let text = line.trim_start().strip_prefix("/// ")?;
        let (number, rest) = text.split_once(". `")?;
        number.parse::<u32>().ok()?;
        rest.split_once('`').map(|(name, _)| name.to_owned())
    };
    port_files()
        .into_iter()
        .chain(rust_files("adapters-aws/src"))
        .flat_map(|f| read(f).lines().filter_map(clause).filter(|name| is_clause(name)).collect::<Vec<_>>())
        .collect()
}

fn is_clause(name: &str) -> bool {
    name.split('_').nth(1).is_some_and(|number| number.parse::<u32>().is_ok())
}

/// The clauses that exist as functions.
fn written() -> BTreeSet<String> {
    let name =
        |line: &str| line.strip_prefix("pub async fn ")?.split_once('(').map(|(name, _)| name.to_owned());
    let of = |f: &std::path::PathBuf| {
        read(f).lines().filter_map(name).filter(|name| is_clause(name)).collect::<Vec<_>>()
    };
    WRITTEN.into_iter().flat_map(rust_files).flat_map(|file| of(&file)).collect()
}

/// The clauses that are declared not to hold at a live endpoint.
fn excepted() -> Vec<String> {
    let source = read("tests/contracts/live/exception.rs");
    let (_, from) = source.split_once("const EXCEPTIONS").unwrap();
    let (list, _) = from.split_once("\n];").unwrap();
    list.split('"').skip(1).step_by(2).filter(|quoted| is_clause(quoted)).map(str::to_owned).collect()
}

/// The clauses that are run.
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
fn every_clause_runs_on_every_stage() {
    assert_eq!(documented(), run());
    let main = read("tests/contracts/main.rs");
    let (stages, _) = main.split_once("\nclauses! {").unwrap();
    for stage in ["simulator", "wired", "live"] {
        assert_eq!(stages.matches(&format!("crate::{stage}::run(")).count(), 1, "{stage}");
    }
}

/// The clauses that `all` of their module runs.
#[test]
fn every_clause_of_a_port_is_run_with_all_of_its_port() {
    for file in rust_files("ports/src/contract").into_iter().filter(|file| !file.ends_with("mod.rs")) {
        let source = read(&file);
        let (_, rest) = source.split_once("\nall! {").unwrap();
        let (list, clauses) = rest.split_once("\n}").unwrap();
        let clause = |line: &str| line.strip_prefix("pub async fn ")?.split('(').next().map(str::to_owned);
        let clauses: Vec<String> = clauses.lines().filter_map(clause).collect();
        assert_eq!(list.split_whitespace().collect::<Vec<_>>(), clauses, "{}", file.display());
    }
}

#[test]
fn every_exception_is_of_one_clause() {
    let excepted = excepted();
    let once: BTreeSet<String> = excepted.iter().cloned().collect();
    assert!(!once.is_empty() && once.is_subset(&documented()), "{once:?}");
    assert_eq!(once.len(), excepted.len());
}

#[test]
fn every_port_has_a_contract() {
    for file in port_files() {
        let source = read(&file);
        let is_port = source.contains("pub trait ") && !file.ends_with("trigger.rs");
        assert!(!is_port || source.contains("/// # Contract"), "{}", file.display());
    }
}
