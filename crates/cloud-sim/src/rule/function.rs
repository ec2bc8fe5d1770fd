use super::{Invariant, Seen};
use crate::cloud::Fact;

/// A function never panics.
#[derive(Clone, Copy, Debug)]
pub struct NoPanic;

impl Invariant for NoPanic {
    fn name(&self) -> &'static str {
        "a function never panics"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let Fact::Ended { function, error: Some(error), .. } = seen.fact else { return None };
        error.starts_with("Panic: ").then(|| format!("`{function}`: {error}"))
    }
}

/// What is given up leaves a record where a person finds it.
#[derive(Clone, Copy, Debug)]
pub struct GivenUpIsTold;

impl Invariant for GivenUpIsTold {
    fn name(&self) -> &'static str {
        "a request that is given up reaches its failure destination"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let Fact::Exhausted { function, request, destination: None, .. } = seen.fact else { return None };
        Some(format!("`{function}`: {request}"))
    }
}
