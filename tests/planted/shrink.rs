//! What proptest finds it also shrinks: a run that is boring but for a few choices.

use proptest::collection::vec;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::ledger::claim_without_takeover;

#[test]
fn a_tape_shrinks_to_the_few_choices_that_matter() {
    let story = claim_without_takeover().planted();
    let config =
        Config { cases: 256, failure_persistence: None, max_shrink_iters: 4096, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, rng).run(&vec(0..12_u16, 0..40), |tape| {
        let violations = story.tape(tape).violations;
        if violations.is_empty() { Ok(()) } else { Err(TestCaseError::fail(violations[0].invariant)) }
    });
    let Err(TestError::Fail(_, shortest)) = outcome else { panic!("{outcome:?}") };
    let unusual: Vec<u16> = shortest.iter().copied().filter(|choice| *choice != 0).collect();
    assert!(unusual.len() <= 3, "{shortest:?}");
    assert!(!story.tape(shortest).violations.is_empty());
}
