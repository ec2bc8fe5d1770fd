//! The shortest story that still breaks an invariant.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::kernel::Deviation;

/// Takes away whatever went wrong that a failure does not need. `fails` tells whether a run with only these things going
/// wrong still fails; proptest's own shrinker decides what to take away next.
pub fn shortest(deviations: &[Deviation], fails: impl Fn(&[Deviation]) -> bool) -> Vec<Deviation> {
    let all: Vec<_> = deviations.iter().map(|_| proptest::bool::weighted(1.0)).collect();
    let kept = |keep: &[bool]| -> Vec<Deviation> {
        deviations
            .iter()
            .zip(keep)
            .filter(|(_, keep)| **keep)
            .map(|(deviation, _)| deviation.clone())
            .collect()
    };
    let config = Config { cases: 1, failure_persistence: None, max_shrink_iters: 4096, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, rng).run(&all.prop_map(|keep| kept(&keep)), |some| {
        if fails(&some) { Err(TestCaseError::fail("still fails")) } else { Ok(()) }
    });
    match outcome {
        Err(TestError::Fail(_, shortest)) => shortest,
        Ok(()) | Err(TestError::Abort(_)) => deviations.to_vec(),
    }
}
