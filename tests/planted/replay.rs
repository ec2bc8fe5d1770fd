//! What was caught happens again.

use cloud_sim::replay::Replay;

use crate::snapshot::{begun_snapshot_counts_as_a_backup, check_then_create};

#[test]
fn a_counterexample_happens_again_from_its_line() {
    let planted = check_then_create();
    let found = planted.caught().found.unwrap();
    let replay = found.replay.unwrap();
    let line = replay.to_string();
    let story = planted.planted();
    let (first, again) = (story.replay(&replay), story.replay(&line.parse::<Replay>().unwrap()));
    assert_eq!(first.violations, found.violations);
    assert_eq!(again.violations, found.violations, "{line}");
    assert_eq!(again.sim.trace_hash(), first.sim.trace_hash(), "{line}");
}

#[test]
fn a_seed_that_broke_a_rule_breaks_it_again_to_the_byte() {
    let planted = begun_snapshot_counts_as_a_backup();
    let found = planted.caught().found.unwrap();
    let Some(Replay::Seed(seed)) = found.replay else { panic!("{found:?}") };
    let story = planted.planted();
    let (first, again) = (story.seed(seed), story.replay(&format!("seed={seed}").parse().unwrap()));
    assert_eq!(again.violations, found.violations);
    assert_eq!(again.sim.trace_hash(), first.sim.trace_hash());
}
