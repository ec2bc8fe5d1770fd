//! A plan as people read it.

use std::fmt::Write;

use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use domain::policy::retention::{Comparison, RetentionPlan, Ruling, SnapshotVerdict};
use domain::render;
use domain::render::retention::totals;
use domain::render::visible;

/// The plan with its totals, and what is odd about it.
pub fn plan(plan: &RetentionPlan) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["group", "snapshot", "start", "GiB", "verdict", "reasons"]);
    for group in &plan.groups {
        let keep = group.keep.iter().map(|verdict| ("keep", verdict));
        let mut rows: Vec<(&str, &SnapshotVerdict)> =
            keep.chain(group.remove.iter().map(|verdict| ("remove", verdict))).collect();
        rows.sort_by(|(_, a), (_, b)| b.start.cmp(&a.start).then_with(|| a.id.cmp(&b.id)));
        for (what, verdict) in rows {
            table.add_row(row(&group.key, what, verdict));
        }
    }
    let kept = render::retention::policy(&plan.policy);
    let mut text =
        format!("policy {}\nkept {kept}\nat {}\n{table}\n{}\n", policy(plan), plan.now, totals(plan));
    if !plan.dead_volumes.is_empty() {
        let volumes: Vec<&str> = plan.dead_volumes.iter().map(ports::VolumeId::as_str).collect();
        let stake = render::retention::stake(plan.floor_only_gib());
        let _ = writeln!(text, "only the floor keeps something of {}: {stake}", volumes.join(", "));
    }
    if !plan.gone_volumes.is_empty() {
        let volumes: Vec<&str> = plan.gone_volumes.iter().map(ports::VolumeId::as_str).collect();
        let _ = writeln!(text, "gone, so that the floor keeps nothing of them: {}", volumes.join(", "));
    }
    if let Some(refusal) = plan.refused {
        let _ = writeln!(
            text,
            "REFUSED: {refusal}; if that is meant, raise `--max-remove-percent` or `--max-remove`"
        );
    }
    let _ = writeln!(text, "plan {}", plan.hash);
    text
}

/// Whether the nightly function would carry a plan out, by what is known of the last nights.
pub fn ruling(plan: &RetentionPlan, ruling: Option<&Ruling>) -> String {
    let Some(ruling) = ruling else {
        return "what the last nights let go is not known: judged by its share alone; with `--aws --ledger TABLE` it is"
            .to_owned();
    };
    let words = render::retention::ruling(plan, ruling);
    match ruling {
        Ruling::Ask(_) => format!("a night would ASK first: {}", words.unwrap_or_default()),
        Ruling::Go { .. } => {
            format!("a night would go on: {}", words.unwrap_or_else(|| "all of it goes".to_owned()))
        }
    }
}

/// What `--keep-dead-days` cannot do where nothing tells of the nights that asked for volumes.
pub fn unproven(plan: &RetentionPlan) -> String {
    format!(
        "whether any of {} volumes is gone is not known, so each keeps its floor: with `--aws --ledger TABLE` it is",
        plan.doubtful_volumes.len()
    )
}

/// What another policy would do otherwise.
pub fn comparison(plan: &RetentionPlan, other: &RetentionPlan, found: &Comparison) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["volume", "snapshot", "start", "GiB", "the other would", "reasons"]);
    let removes = found.removes.iter().map(|verdict| ("remove", verdict));
    for (what, verdict) in removes.chain(found.keeps.iter().map(|verdict| ("keep", verdict))) {
        table.add_row(row(verdict.volume.as_str(), what, verdict));
    }
    format!(
        "policy {}\n  {}\nother  {}\n  {}\n{table}\nthe other would remove {} more and keep {} more\n",
        policy(plan),
        totals(plan),
        policy(other),
        totals(other),
        found.removes.len(),
        found.keeps.len()
    )
}

/// Its policy, on one line: a plan of a file may have any text in it.
fn policy(plan: &RetentionPlan) -> String {
    visible::line(&plan.policy.spec().to_string()).into_owned()
}

fn row(of: &str, what: &str, verdict: &SnapshotVerdict) -> [String; 6] {
    [
        visible::line(of).into_owned(),
        verdict.id.to_string(),
        verdict.start.to_string(),
        verdict.size_gib.to_string(),
        what.to_owned(),
        verdict.reasons.to_string(),
    ]
}
