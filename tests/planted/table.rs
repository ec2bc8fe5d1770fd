//! Every planted bug, what caught it, and how many executions that took.

use std::fmt::Write;

use crate::hunt::Planted;
use crate::{intake, lease, ledger, night, scaling, snapshot};

fn bugs() -> Vec<Planted> {
    [snapshot::bugs(), ledger::bugs(), night::bugs(), lease::bugs(), scaling::bugs(), intake::bugs()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn every_planted_bug_is_caught() {
    let mut table = "| bug | caught by | search | executions | budget |\n".to_owned();
    table.push_str("| --- | --- | --- | --- | --- |\n");
    for planted in bugs() {
        let Planted { bug, caught_by, search, budget, .. } = &planted;
        let executions = planted.caught().executions;
        writeln!(table, "| {bug} | {caught_by} | {} | {executions} | {budget} |", search.told()).unwrap();
    }
    insta::assert_snapshot!(table);
}
