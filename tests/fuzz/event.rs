//! What AWS delivers, nearly.

use adapters_aws::inbound;
use ports::trigger::Ignored;

use crate::{Work, each};

fn has_a_reason<T>(read: &Result<T, Ignored>) {
    assert!(read.is_ok() || !read.as_ref().err().unwrap().to_string().is_empty());
}

#[test]
fn events_are_read_or_ignored_with_a_reason() {
    each(&["events"], Work::Little, |payload| {
        let instances = inbound::instances(payload);
        assert!(!instances.is_empty());
        instances.iter().for_each(has_a_reason);
        let alarms = inbound::alarms(payload);
        assert!(!alarms.is_empty());
        alarms.iter().for_each(has_a_reason);
        has_a_reason(&inbound::night_task(payload));
    });
}

#[test]
fn where_an_event_came_from_is_a_short_line() {
    each(&["events"], Work::Little, |payload| {
        let source = inbound::source(payload);
        assert!((1..400).contains(&source.chars().count()), "{source}");
    });
}
