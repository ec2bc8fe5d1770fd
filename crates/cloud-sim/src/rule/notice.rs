use super::{Invariant, Seen};
use crate::cloud::Fact;

/// A notice is never such that its topic would not take it.
#[derive(Clone, Copy, Debug)]
pub struct LegalNotice;

impl Invariant for LegalNotice {
    fn name(&self) -> &'static str {
        "a notice is never refused for its form"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let Fact::NoticeRefused { topic, why } = seen.fact else { return None };
        Some(format!("`{topic}`: {why}"))
    }
}
