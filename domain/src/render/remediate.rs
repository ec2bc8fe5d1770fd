//! What people read about an alarm that was answered.

use ports::trigger::AlarmTrigger;
use ports::{GroupName, LedgerKey, Notice, Subject};
use serde_json::json;

use crate::policy::scale::ScalePlan;
use crate::workflow::once::OnceError;
use crate::workflow::remediate::{Action, By, Scaled};

/// The notice of what was done about an alarm.
pub fn notice(key: &LedgerKey, alarm: &AlarmTrigger, action: &Action) -> Notice {
    build(key.as_str(), alarm, &words(action), &told(action))
}

/// The notice that nothing could be done about an alarm, and that trying again will not help.
pub fn failure(key: &LedgerKey, alarm: &AlarmTrigger, error: &OnceError) -> Notice {
    let words = format!("FAILED, and trying again will not help: {error}");
    build(&format!("{key}#failed"), alarm, &words, &json!({ "failed": error.to_string() }))
}

/// The action for machines: what was done, whichever run did it.
fn told(action: &Action) -> serde_json::Value {
    match action {
        Action::ScaledOut(scaled, _) => json!({ "scaled_out": scaled }),
        Action::Restarted(instance, _) => json!({ "restarted": instance }),
        Action::None(_)
        | Action::AtMax { .. }
        | Action::GaveUp(_)
        | Action::Left(_)
        | Action::Review
        | Action::NoHandler
        | Action::Observed(_) => json!(action),
    }
}

fn build(key: &str, alarm: &AlarmTrigger, words: &str, action: &serde_json::Value) -> Notice {
    let text = format!(
        "Alarm:  {}\nState:  {}\nReason: {}\nTime:   {}\nAction: {words}\n\nKey: {key}\n",
        alarm.name, alarm.state, alarm.reason, alarm.changed_at
    );
    let json = json!({
        "event": "auto_remediation",
        "alarm": alarm.name,
        "alarm_arn": alarm.arn,
        "state": alarm.state,
        "reason": alarm.reason,
        "time": alarm.changed_at,
        "action": action,
        "action_text": words,
        "key": key,
    });
    Notice::new(Subject::fit(&format!("[Auto-Remediation] {}", alarm.name)), &text, &json.to_string(), key)
}

/// What a plan would do to a group, in words.
pub fn plan(group: &GroupName, plan: &ScalePlan) -> String {
    match plan {
        ScalePlan::To { previous, target } => format!("scale out `{group}` from {previous} to {target}"),
        ScalePlan::AtMax { current } => format!("nothing: `{group}` is at its maximum of {current}"),
        ScalePlan::Leave(leave) => format!("nothing: {leave}"),
    }
}

/// What was done about an alarm, in words.
pub fn words(action: &Action) -> String {
    match action {
        Action::None(state) => format!("none needed in state {state}"),
        Action::ScaledOut(scaled, _) => scaled_words(scaled),
        Action::AtMax { group, current } => {
            format!("none possible: `{group}` is at its maximum of {current}. A person has to decide.")
        }
        Action::Restarted(instance, _) => format!("restarted `{instance}`"),
        Action::GaveUp(why) => format!("FAILED: {why}"),
        Action::Left(why) => format!("none: {why}"),
        Action::Review => "none automatic: please look at this yourself".to_owned(),
        Action::NoHandler => "none: no route is set up for this alarm".to_owned(),
        Action::Observed(what) => format!("only observed; would have been: {what}"),
    }
}

fn scaled_words(scaled: &Scaled) -> String {
    let Scaled { group, previous, new, by } = scaled;
    match by {
        By::Us => format!("scaled out `{group}` from {previous} to {new}"),
        By::Others => {
            format!("none needed: `{group}` has a desired capacity of {new} already (it was {previous})")
        }
        By::Overruled => format!("none: somebody changed `{group}` from {previous} to {new} meanwhile"),
        By::TooLate => {
            format!(
                "none: the alarm was history before `{group}` could be scaled from {previous}, a person has to look"
            )
        }
        By::Nobody => format!("none: `{group}` went away or changed its limits before it could be scaled"),
    }
}
