//! What people read about what was left behind.

use std::fmt::Write;

use ports::{Notice, Subject};
use serde_json::json;

use crate::policy::key::digest;
use crate::policy::listed::LISTED;
use crate::policy::reconcile::Task;
use crate::policy::snapshot::Consistency;
use crate::workflow::reconcile::Reconciled;
use crate::workflow::snapshot_set::SnapshotSet;

/// The notice of what was finished and found.
pub fn notice(told: &Reconciled) -> Notice {
    let lines: Vec<String> = done(told).chain(found(told)).collect();
    let key = format!("reconcile#{}", digest(lines.join("\n").as_bytes()));
    let short = told.clone().in_short();
    let json = json!({
        "event": "reconcile", "done": short.done, "found": short.found, "failed": short.failed,
        "more": short.more, "left": told.left, "waiting": told.waiting, "sets": told.sets, "key": key,
    });
    let mut text = String::new();
    section(&mut text, "Finished, because nobody else would have", &done(told).collect::<Vec<_>>());
    section(&mut text, "For a person to mend (told once)", &found(told).collect::<Vec<_>>());
    section(&mut text, "Not this time", &failures(told));
    let _ = writeln!(text, "Key: {key}");
    let subject = format!("[Reconcile] {} finished, {} for you to mend", told.done.len(), told.found.len());
    Notice::new(Subject::fit(&subject), &text, &json.to_string(), &key)
}

/// The line of the nightly report.
pub fn line(told: &Reconciled) -> String {
    let sets = &told.sets;
    format!(
        "{} finished, {} found, {} failed, {} left, {} waiting; sets of the last day: {} completed, {} pending, {} failed",
        told.finished(),
        told.findings(),
        told.failures(),
        told.left,
        told.waiting,
        sets.completed,
        sets.pending,
        sets.failed
    )
}

/// What a person has to decide about snapshots that are nobody's, if there are any.
pub fn unowned(told: &Reconciled) -> Option<String> {
    (0 < told.unowned).then(|| {
        format!(
            "\nSnapshots of an earlier version, which name no owner: {}. They are neither counted nor removed until they \
             are adopted: see `caretaker adopt --aws --owner NAME`, with what `OWNER` is for this stack.\n",
            told.unowned
        )
    })
}

/// What could not be done this time, one line each.
pub fn failures(told: &Reconciled) -> Vec<String> {
    let mut lines: Vec<String> = told.failed.iter().map(|f| format!("{}: {}", f.what, f.error)).collect();
    if 0 < told.more.failed {
        lines.push(format!("others that failed: {}", told.more.failed));
    }
    if 0 < told.left {
        lines.push(format!("matters left for want of time: {}", told.left));
    }
    lines
}

/// What a task is about.
pub fn about(task: &Task) -> String {
    match task {
        Task::FinishSnapshots(key)
        | Task::FinishRemedy { key, .. }
        | Task::Tell(key)
        | Task::SendNotice(key)
        | Task::MakeAgain(key) => key.to_string(),
        Task::Snapshot(instance) => instance.to_string(),
        Task::Remove { snapshot, .. } => snapshot.to_string(),
    }
}

/// What became of a set, in a few words.
pub fn set(set: &SnapshotSet) -> String {
    let ids: Vec<&str> = set.snapshots.iter().map(|s| s.id.as_str()).collect();
    let incident = &set.incident;
    let what = match (incident.plan.consistency, ids.is_empty()) {
        (Consistency::TooLate, _) => "has no snapshots: too late".to_owned(),
        (_, true) => "has no snapshots: there is no volume to take".to_owned(),
        (_, false) => format!("has its snapshots: {}", ids.join(", ")),
    };
    format!("{} ({}) {what}", incident.name, incident.plan.trigger)
}

fn done(told: &Reconciled) -> impl Iterator<Item = String> {
    told.done.iter().map(|deed| format!("{}: {}", about(&deed.task), deed.words))
}

fn found(told: &Reconciled) -> impl Iterator<Item = String> {
    told.found.iter().map(|finding| format!("{}: {}", finding.about, finding.words))
}

fn section(text: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "{title}:");
    for line in lines.iter().take(LISTED) {
        let _ = writeln!(text, "  {line}");
    }
    let omitted = lines.len().saturating_sub(LISTED);
    if 0 < omitted {
        let _ = writeln!(text, "  ... and {omitted} more");
    }
    let _ = writeln!(text);
}
