//! What people read about a snapshotted instance.

use std::fmt::Write;

use ports::{LedgerKey, Notice, Subject};
use serde_json::json;

use crate::policy::naming::cut;
use crate::policy::snapshot::{Consistency, Incident, OPT_IN};
use crate::workflow::once::OnceError;
use crate::workflow::snapshot_set::SnapshotSet;

/// The notice that an instance has its snapshots.
pub fn notice(key: &LedgerKey, set: &SnapshotSet) -> Notice {
    let incident = &set.incident;
    let plan = &incident.plan;
    let told = told_as(key, incident);
    let ids: Vec<&str> = set.snapshots.iter().map(|s| s.id.as_str()).collect();
    let json = json!({
        "event": "auto_snapshot",
        "instance_id": incident.instance,
        "instance_name": incident.name,
        "state": plan.trigger,
        "cause": plan.cause,
        "consistency": plan.consistency,
        "crash_consistent_set": set.together,
        "region": incident.region,
        "account": incident.account,
        "time": incident.at,
        "snapshots_created": ids,
        "snapshots": set.snapshots,
        "failed": set.failed,
        "left_out": plan.left_out,
        "surplus": set.surplus,
        "again": incident.again,
        "earlier": incident.earlier,
        "key": told,
    });
    let name = &incident.name;
    let (subject, text) = match plan.consistency {
        Consistency::TooLate => (subject(&format!("LOST {name}"), &plan.trigger), too_late(key, set)),
        Consistency::Clean | Consistency::CrashConsistent if plan.targets.is_empty() => {
            (subject(&format!("NOT PROTECTED {name}"), &plan.trigger), nothing(key, set))
        }
        Consistency::Clean | Consistency::CrashConsistent => (subject(name, &plan.trigger), text(key, set)),
    };
    Notice::new(subject, &text, &json.to_string(), &told)
}

/// What is told: a set that is made again is told again.
fn told_as(key: &LedgerKey, incident: &Incident) -> String {
    match incident.again {
        None => key.to_string(),
        Some(_) => format!("{key}#again"),
    }
}

/// That there was nothing left to take.
fn too_late(key: &LedgerKey, set: &SnapshotSet) -> String {
    let incident = &set.incident;
    let mut text = format!(
        "{}\nToo late: it was gone before a snapshot could be taken, and with it every volume that was to be deleted with it.\n\
         Volumes that were to stay are detached now, and earlier snapshots, if there are any, carry the tag InstanceId={}.\n",
        head(incident),
        incident.instance
    );
    left_out(&mut text, incident);
    let _ = writeln!(text, "\nKey: {key}");
    text
}

/// That there is nothing that a snapshot could be taken of.
fn nothing(key: &LedgerKey, set: &SnapshotSet) -> String {
    let incident = &set.incident;
    let mut text = head(incident);
    text.push_str("\nNothing was snapshotted: no attached EBS volume is left to snapshot.\n");
    left_out(&mut text, incident);
    let _ = writeln!(
        text,
        "\nIf that is how it should be, take the instance's tag `{OPT_IN}` away, and no more is told of it.\n\nKey: {key}"
    );
    text
}

fn left_out(text: &mut String, incident: &Incident) {
    section(text, "Left out", incident.plan.left_out.iter().map(|l| (l.volume.clone(), &l.why)));
}

fn head(incident: &Incident) -> String {
    let Incident { name, instance, region, account, at, plan, .. } = incident;
    format!(
        "{name} ({instance}): {}.\nRegion {region}, account {account}, at {at}.\nCause: {} ({}).\n",
        plan.trigger,
        plan.cause.kind.as_str(),
        plan.cause.evidence
    )
}

/// The notice that an instance has no snapshots, and will not get any by trying again.
pub fn failure(key: &LedgerKey, incident: &Incident, error: &OnceError) -> Notice {
    let Incident { name, plan, .. } = incident;
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

fn text(key: &LedgerKey, set: &SnapshotSet) -> String {
    let incident = &set.incident;
    let plan = &incident.plan;
    let mut text = head(incident);
    let consistency = match (plan.consistency, set.together) {
        (Consistency::TooLate, _) => "none: too late",
        (Consistency::Clean, true) => "one clean set, taken of disks at rest",
        (Consistency::Clean, false) => "clean, taken of disks at rest, volume by volume",
        (Consistency::CrashConsistent, true) => "one crash-consistent set, as after a power cut",
        (Consistency::CrashConsistent, false) => "volume by volume, so the volumes are not of one moment",
    };
    if let Some(again) = &incident.again {
        let _ = writeln!(
            text,
            "\nMade again at {}, because {}: what is missing from the first set is of that moment.",
            again.at, again.because
        );
    }
    let _ = writeln!(text, "\nSnapshots begun ({consistency}):");
    for snapshot in &set.snapshots {
        let device = plan.targets.iter().find(|t| t.volume == snapshot.volume).map_or("?", |t| &t.device);
        let _ = writeln!(text, "  {}  {}  {device}", snapshot.id, snapshot.volume);
    }
    section(&mut text, "NOT snapshotted", set.failed.iter().map(|f| (f.volume.to_string(), &f.error)));
    left_out(&mut text, incident);
    if let Some(earlier) = &incident.earlier {
        let _ =
            writeln!(text, "\nAn earlier set of the same run, taken while the instance ran on: {earlier}");
    }
    if !set.surplus.is_empty() {
        let _ = writeln!(text, "\n{} further snapshots of this incident are too many.", set.surplus.len());
    }
    let _ = writeln!(text, "\nKey: {}", told_as(key, incident));
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
