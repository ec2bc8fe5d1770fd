//! What is said of scaling a group out.

use ports::{Capacity, GroupName};
use serde_json::{Value, json};

use super::Summary;
use crate::policy::scale::{By, ScalePlan, Scaled};
use crate::workflow::once::How;

/// A group was scaled out, or turned out not to need it.
pub fn scaled(scaled: &Scaled, how: How) -> Summary {
    let summary = Summary::new(words(scaled), json!({ "scaled_out": scaled }), response(scaled));
    match scaled.by {
        By::Us => summary.counted("ScaleOuts", how != How::Recorded),
        By::Others | By::Overruled | By::Nobody | By::TooLate => summary,
    }
}

/// A group is as large as it may be.
pub fn at_max(group: &GroupName, current: Capacity) -> Summary {
    let words = format!("none possible: `{group}` is at its maximum of {current}. A person has to decide.");
    let notice = json!({ "at_max": { "group": group, "current": current } });
    let response = json!({ "action": "at_max_capacity", "asg": group, "current": current });
    Summary::new(words, notice, response).counted("AtMaxCapacity", true)
}

/// What a plan would do to a group.
pub fn plan(group: &GroupName, plan: &ScalePlan) -> String {
    match plan {
        ScalePlan::To { previous, target } => format!("scale out `{group}` from {previous} to {target}"),
        ScalePlan::AtMax { current } => format!("nothing: `{group}` is at its maximum of {current}"),
        ScalePlan::Leave(leave) => format!("nothing: {leave}"),
    }
}

fn words(Scaled { group, previous, new, by }: &Scaled) -> String {
    match by {
        By::Us => format!("scaled out `{group}` from {previous} to {new}"),
        By::Others => {
            format!("none needed: `{group}` has a desired capacity of {new} already (it was {previous})")
        }
        By::Overruled => format!("none: somebody changed `{group}` from {previous} to {new} meanwhile"),
        By::TooLate => format!(
            "none: the alarm was history before `{group}` could be scaled from {previous}, a person has to look"
        ),
        By::Nobody => format!("none: `{group}` went away or changed its limits before it could be scaled"),
    }
}

fn response(Scaled { group, previous, new, by }: &Scaled) -> Value {
    let skipped = |reason: &str| json!({ "action": "skipped", "asg": group, "current": new, "reason": reason, "by": by });
    match by {
        By::Us => {
            json!({ "action": "scale_out", "asg": group, "previous_desired": previous, "new_desired": new })
        }
        By::TooLate => skipped("the alarm was history before the capacity could be set"),
        By::Others | By::Overruled | By::Nobody => {
            skipped("the group changed before the capacity could be set")
        }
    }
}
