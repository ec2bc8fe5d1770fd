//! Event patterns against a matcher that is slow and obvious: it tries every choice of one element from each list.

mod generate;
mod reference;

use eventbridge_rules::pattern::{Event, Pattern, PatternError};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

/// What ours says of a pattern and an event; nothing where the pattern has more wildcards than EventBridge takes.
fn ours(pattern: &Value, event: &Value) -> Option<bool> {
    let event: Event = event.to_string().parse().unwrap();
    match pattern.to_string().parse::<Pattern>() {
        Ok(pattern) => Some(pattern.matches(&event)),
        Err(error) => {
            assert!(error.to_string().contains("too complex"), "{error}: {pattern}");
            None
        }
    }
}

proptest! {
    #[test]
    fn patterns_match_what_the_reference_matches(
        (pattern, event) in (generate::pattern(false), generate::event(true)),
    ) {
        if let Some(ours) = ours(&pattern, &event) {
            prop_assert_eq!(ours, reference::matches(&pattern, &event), "{} {}", pattern, event);
        }
    }

    /// Without lists of objects, in which absence depends on what was chosen before.
    #[test]
    fn absence_is_seen_as_the_reference_sees_it(
        (pattern, event) in (generate::pattern(true), generate::event(false)),
    ) {
        if let Some(ours) = ours(&pattern, &event) {
            prop_assert_eq!(ours, reference::matches(&pattern, &event), "{} {}", pattern, event);
        }
    }

    #[test]
    fn an_event_that_differs_is_told_where(
        (pattern, event) in (generate::pattern(true), generate::event(true)),
    ) {
        let (Ok(pattern), Ok(event)) = (pattern.to_string().parse::<Pattern>(), event.to_string().parse()) else {
            return Ok(());
        };
        prop_assert_eq!(pattern.differences(&event).is_empty(), pattern.matches(&event));
    }

    #[test]
    fn any_text_is_a_pattern_or_a_reason(text in ".{0,40}|[\\[\\]{}\":,a$or*0-9 ]{0,40}") {
        let read: Result<Pattern, PatternError> = text.parse();
        prop_assert!(read.is_ok() || !read.unwrap_err().to_string().is_empty());
        let _: Result<Event, _> = text.parse();
    }
}

/// The properties above would hold of a matcher that always says no, if nothing ever matched.
#[test]
fn generated_events_match_often_and_differ_often() {
    let mut runner = TestRunner::deterministic();
    let pair = (generate::pattern(true), generate::event(true));
    let verdict = |_| {
        let (pattern, event) = pair.new_tree(&mut runner).unwrap().current();
        reference::matches(&pattern, &event)
    };
    let matched = (0..500).map(verdict).filter(|is_match| *is_match).count();
    assert!((50..450).contains(&matched), "{matched}");
}
