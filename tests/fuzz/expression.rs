//! Expressions that people write, nearly: patterns, schedules, policies, lines of a replay.

use cli::retention::flags::PolicyFlags;
use cloud_sim::replay::Replay;
use eventbridge::pattern::{Event, Pattern};
use eventbridge::schedule::Schedule;
use jiff::Timestamp;
use support::scene::{at, event};

use crate::{Work, each};

fn text(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

#[test]
fn a_pattern_matches_exactly_the_events_that_do_not_differ_from_it() {
    let events: Vec<Event> = ["ec2-state-change", "alarm-eventbridge", "health-issue", "alarm-sns"]
        .map(|name| text(&event(name)).parse().unwrap())
        .into();
    each(&["corpus/patterns"], Work::Little, |pattern| match text(pattern).parse::<Pattern>() {
        Ok(pattern) => {
            for event in &events {
                assert_eq!(pattern.matches(event), pattern.differences(event).is_empty());
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    });
}

#[test]
fn any_event_can_be_held_against_a_pattern() {
    let pattern: Pattern = r#"{"$or": [{"source": ["aws.ec2"], "detail": {"state": [{"anything-but": "x"}]}},
        {"detail": {"configuration": {"metrics": {"id": [{"exists": false}]}}}}]}"#
        .parse()
        .unwrap();
    each(&["events"], Work::Little, |event| {
        if let Ok(event) = text(event).parse::<Event>() {
            assert_eq!(pattern.matches(&event), pattern.differences(&event).is_empty());
        }
    });
}

#[test]
fn a_schedule_runs_later_and_later() {
    let after = at("2026-11-23T14:30:00Z");
    each(&["corpus/schedules"], Work::Little, |schedule| match text(schedule).trim().parse::<Schedule>() {
        Ok(schedule) => {
            let runs: Vec<Timestamp> = schedule.runs(after).take(3).collect();
            assert!(runs.iter().all(|run| after < *run) && runs.is_sorted_by(|a, b| a < b), "{runs:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    });
}

#[test]
fn a_policy_is_read_or_refused_with_a_reason() {
    each(&["corpus/policies"], Work::Some, |policy| {
        let read = PolicyFlags::read(&text(policy));
        assert!(read.is_ok() || !read.err().unwrap().is_empty());
    });
}

#[test]
fn a_line_of_a_replay_is_read_as_it_is_written() {
    each(&["corpus/replays"], Work::Little, |line| {
        if let Ok(replay) = text(line).trim().parse::<Replay>() {
            assert_eq!(replay.to_string().parse(), Ok(replay));
        }
    });
}
