//! What people read about a snapshotted instance.

use std::fmt::Write;

use ports::trigger::InstanceTrigger;
use ports::{LedgerKey, Notice, Subject};
use serde_json::json;

use crate::policy::naming::cut;
use crate::policy::snapshot::{Consistency, SnapshotPlan};
use crate::workflow::once::OnceError;
use crate::workflow::take::SnapshotSet;

/// What there is to tell.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The key of the incident.
    pub key: &'a LedgerKey,
    /// The instance's name.
    pub name: &'a str,
    /// What set it off.
    pub trigger: &'a InstanceTrigger,
    /// What was to be done, and why.
    pub plan: &'a SnapshotPlan,
    /// What was done.
    pub set: &'a SnapshotSet,
}

/// The notice that an instance has its snapshots.
pub fn notice(told: &Told<'_>) -> Notice {
    let ids: Vec<&str> = told.set.snapshots.iter().map(|s| s.id.as_str()).collect();
    let json = json!({
        "event": "auto_snapshot",
        "instance_id": told.trigger.instance,
        "instance_name": told.name,
        "state": told.plan.trigger,
        "cause": told.plan.cause,
        "consistency": told.plan.consistency,
        "crash_consistent_set": told.set.together,
        "region": told.trigger.region,
        "account": told.trigger.account,
        "time": told.trigger.at,
        "snapshots_created": ids,
        "snapshots": told.set.snapshots,
        "failed": told.set.failed,
        "left_out": told.plan.left_out,
        "surplus": told.set.surplus,
        "key": told.key,
    });
    Notice::new(subject(told.name, &told.plan.trigger), &text(told), &json.to_string(), told.key.as_str())
}

/// The notice that an instance has no snapshots, and will not get any by trying again.
pub fn failure(key: &LedgerKey, name: &str, plan: &SnapshotPlan, error: &OnceError) -> Notice {
    let key = format!("{key}#failed");
    let text = format!(
        "{name} was NOT snapshotted ({}): {error}\n\nTrying again will not help: somebody has to look.\n\nKey: {key}\n",
        plan.trigger
    );
    let json = json!({
        "event": "auto_snapshot_failed", "instance_name": name, "state": plan.trigger,
        "error": error.to_string(), "key": key,
    });
    Notice::new(subject(&format!("FAILED {name}"), &plan.trigger), &text, &json.to_string(), &key)
}

/// `[Auto-Snapshot] <name> (<state>)`, where a long name is cut so that the state stays.
fn subject(name: &str, state: &str) -> Subject {
    let around = "[Auto-Snapshot]  ()".len().saturating_add(state.len());
    let room = Subject::LONGEST.saturating_sub(around);
    let name = if name.chars().count() <= room {
        name.to_owned()
    } else {
        format!("{}...", cut(name, room.saturating_sub(3)))
    };
    Subject::fit(&format!("[Auto-Snapshot] {name} ({state})"))
}

fn text(told: &Told<'_>) -> String {
    let mut text = String::new();
    let consistency = match (told.plan.consistency, told.set.together) {
        (Consistency::Clean, true) => "one clean set, taken of disks at rest",
        (Consistency::Clean, false) => "clean, taken of disks at rest, volume by volume",
        (Consistency::CrashConsistent, true) => "one crash-consistent set, as after a power cut",
        (Consistency::CrashConsistent, false) => "volume by volume, so the volumes are not of one moment",
    };
    let trigger = told.trigger;
    let _ = writeln!(text, "{} ({}) is {}.", told.name, trigger.instance, told.plan.trigger);
    let _ = writeln!(text, "Region {}, account {}, at {}.", trigger.region, trigger.account, trigger.at);
    let _ = writeln!(text, "Cause: {:?} ({}).", told.plan.cause.kind, told.plan.cause.evidence);
    let _ = writeln!(text, "\nSnapshots begun ({consistency}):");
    for snapshot in &told.set.snapshots {
        let device =
            told.plan.targets.iter().find(|t| t.volume == snapshot.volume).map_or("?", |t| &t.device);
        let _ = writeln!(text, "  {}  {}  {device}", snapshot.id, snapshot.volume);
    }
    section(&mut text, "NOT snapshotted", told.set.failed.iter().map(|f| (f.volume.to_string(), &f.error)));
    section(&mut text, "Left out", told.plan.left_out.iter().map(|l| (l.volume.clone(), &l.why)));
    if !told.set.surplus.is_empty() {
        let _ =
            writeln!(text, "\n{} further snapshots of this incident are too many.", told.set.surplus.len());
    }
    let _ = writeln!(text, "\nKey: {}", told.key);
    text
}

fn section<'a>(text: &mut String, title: &str, rows: impl Iterator<Item = (String, &'a String)>) {
    for (n, (what, why)) in rows.enumerate() {
        if n == 0 {
            let _ = writeln!(text, "\n{title}:");
        }
        let _ = writeln!(text, "  {what}: {why}");
    }
}
