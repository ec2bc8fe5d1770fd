//! What people read about a night.

use std::fmt::Write;

use ports::{Notice, Subject, time};
use serde_json::json;

use super::{reconcile, retention};
use crate::policy::listed::{self, LISTED};
use crate::policy::status::Status;
use crate::workflow::cleanup::FloorOnly;
use crate::workflow::gone::Inquiry;
use crate::workflow::ignored::IgnoredBy;
use crate::workflow::maintain::{Archived, Night, Task};
use crate::workflow::prune::Pruned;

/// The daily report. What failed comes first.
pub fn report(night: &Night) -> Notice {
    let key = match night.status {
        Status::Ok => format!("night#report#{}", night.night),
        // A night that is put right by a retry is reported again, as well.
        Status::Partial | Status::Failed => format!("night#report#{}#{}", night.night, night.status),
    };
    let json = json!({
        "event": "daily_ops_report",
        "date": night.night,
        "status": night.status,
        "metrics_archival": night.archival,
        "snapshot_cleanup": night.cleanup,
        "retention": night.kept,
        "floor_only": night.floor_only,
        "reconciliation": night.reconciliation,
        "ignored": night.ignored,
        "ignored_unread": night.ignored_unread,
        "key": key,
    });
    let subject = Subject::fit(&format!("[Daily Ops Report] {}", night.night));
    Notice::new(subject, &text(night, &key), &json.to_string(), &key)
}

fn text(night: &Night, key: &str) -> String {
    let mut text = format!("Night of {}: {}\n", night.night, night.status);
    let (failures, more) = failures(night);
    if !failures.is_empty() {
        let _ = writeln!(text, "\nFAILED ({}):", listed::count(&failures, more));
        list(&mut text, &failures, more);
    }
    let _ = writeln!(text, "\nKept {}", night.kept);
    let _ = writeln!(text, "Snapshot cleanup: {}", task(&night.cleanup, cleanup));
    if let Task::Done(pruned, _) = &night.cleanup {
        let ids: Vec<String> = pruned.deleted_ids.iter().map(ToString::to_string).collect();
        let more = pruned.deleted.saturating_sub(listed::count(&ids, 0));
        list(&mut text, &ids, more);
    }
    floor_only(&mut text, &night.floor_only);
    let _ = writeln!(text, "\nMetrics archival: {}", task(&night.archival, archival));
    if let Task::Done(archived, _) = &night.archival {
        let days: Vec<String> = archived.days.iter().map(day).collect();
        list(&mut text, &days, 0);
    }
    let _ = writeln!(text, "\nReconciliation: {}", task(&night.reconciliation, reconcile::line));
    if let Task::Done(told, _) = &night.reconciliation {
        text.extend(reconcile::unowned(told));
    }
    ignored(&mut text, night);
    let _ = writeln!(text, "\nKey: {key}");
    text
}

/// What the floor alone keeps, what that may cost, and what is known of these volumes.
fn floor_only(text: &mut String, floor: &FloorOnly) {
    if !floor.volumes.is_empty() {
        let _ = writeln!(
            text,
            "\nVolumes without a snapshot that a rule keeps ({}); their last is kept: {}",
            listed::count(&floor.volumes, floor.more_volumes),
            retention::stake(floor.gib_at_most)
        );
        let volumes: Vec<String> = floor.volumes.iter().map(ToString::to_string).collect();
        list(text, &volumes, floor.more_volumes);
    }
    if let Some(inquiry) = floor.inquiry.as_ref().filter(|inquiry| **inquiry != Inquiry::default()) {
        let _ = writeln!(text, "\nOf the volumes with old snapshots only: {}", asked(inquiry));
    }
}

fn asked(Inquiry { gone, missing, there, unasked, error }: &Inquiry) -> String {
    let mut told = format!(
        "{gone} are gone and have no floor any more, {missing} were not found once and are asked for again, {there} are there"
    );
    if 0 < *unasked {
        let _ = write!(told, "; {unasked} were not asked for yet, and are kept until they are");
    }
    if let Some(error) = error {
        let _ = write!(told, "; asking ended early: {error}");
    }
    told
}

/// What functions were sent and ignored, with where it came from: somebody may think that it is answered.
fn ignored(text: &mut String, night: &Night) {
    if night.ignored.is_empty() && night.ignored_unread.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\nSent to a function on {} and not for it, at least so often:",
        time::yesterday(night.night)
    );
    for IgnoredBy { function, tally } in &night.ignored {
        for (source, count) in &tally.kinds {
            let _ = writeln!(text, "  {function}: {count} times {source}");
        }
        if 0 < tally.others {
            let _ = writeln!(text, "  {function}: {} times something else", tally.others);
        }
    }
    for unread in &night.ignored_unread {
        let _ = writeln!(text, "  could not be read of {unread}");
    }
}

/// What failed, a line each, and how much more did that is not listed.
fn failures(night: &Night) -> (Vec<String>, u64) {
    let (mut failures, mut more) = (Vec::new(), 0);
    match &night.cleanup {
        Task::Done(pruned, _) => {
            failures.extend(pruned.failed.iter().map(|f| format!("{}: {}", f.snapshot, f.error)));
            more = pruned.more_failed;
            if 0 < pruned.left {
                failures.push(format!("{} snapshots were left: there was no time for them", pruned.left));
            }
        }
        Task::Refused(why) => {
            failures.push(format!("snapshot cleanup: {why}"));
        }
        Task::Failed { error, .. } | Task::Elsewhere(error) => {
            failures.push(format!("snapshot cleanup: {error}"));
        }
        Task::Observed | Task::NotConfigured(_) => {}
    }
    match &night.archival {
        Task::Done(archived, _) => {
            failures.extend(archived.failed.iter().map(|f| format!("{}: {}", f.day, f.error)));
        }
        Task::Refused(why) => failures.push(format!("metrics archival was refused: {why}")),
        Task::Failed { error, .. } | Task::Elsewhere(error) => {
            failures.push(format!("metrics archival: {error}"));
        }
        Task::Observed | Task::NotConfigured(_) => {}
    }
    if let Task::Done(told, _) = &night.reconciliation {
        failures.extend(reconcile::failures(told));
    }
    (failures, more)
}

fn task<T>(task: &Task<T>, done: fn(&T) -> String) -> String {
    match task {
        Task::Done(outcome, _) => done(outcome),
        Task::Observed => "only observed".to_owned(),
        Task::NotConfigured(why) => format!("none: {why}"),
        Task::Refused(_) => "REFUSED, see above".to_owned(),
        Task::Failed { .. } => "FAILED, see above".to_owned(),
        Task::Elsewhere(_) => "another run is at it".to_owned(),
    }
}

fn cleanup(pruned: &Pruned) -> String {
    format!(
        "{} deleted (at most {} GiB freed: snapshots are incremental), {} kept, {} gone already, {} in use, {} failed, {} left",
        pruned.deleted,
        pruned.freed_gib_at_most,
        pruned.kept,
        pruned.already_gone,
        pruned.used(),
        pruned.failures(),
        pruned.left
    ) + &later(pruned)
}

fn later(pruned: &Pruned) -> String {
    match pruned.later {
        0 => String::new(),
        more => format!("; {more} more are due and wait: a backlog goes in slices"),
    }
}

fn archival(archived: &Archived) -> String {
    format!("{} records of {}, {} days failed", archived.records(), archived.date, archived.failed.len())
}

fn day(day: &crate::workflow::archive::ArchivedDay) -> String {
    format!("{}: {} records, {} bytes", day.manifest.day, day.manifest.records, day.manifest.bytes)
}

/// The first entries of a list; `more` are not even in it.
fn list(text: &mut String, entries: &[String], more: u64) {
    for entry in entries.iter().take(LISTED) {
        // What takes several lines stays together.
        let _ = writeln!(text, "  {}", entry.replace('\n', "\n    "));
    }
    let omitted = listed::count(entries.get(LISTED..).unwrap_or_default(), more);
    if 0 < omitted {
        let _ = writeln!(text, "  ... and {omitted} more");
    }
}
