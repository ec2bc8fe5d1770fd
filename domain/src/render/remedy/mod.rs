//! What is said of an alarm that was answered. What is said of one remedy is in a file of its own.

pub mod notify;
pub mod restart;
pub mod review;
pub mod scale_out;

use ports::trigger::AlarmTrigger;
use ports::{LedgerKey, Notice, Subject};
use serde_json::{Value, json};

use crate::policy::status::Status;
use crate::workflow::once::OnceError;
use crate::workflow::remedy::Action;

/// What was done about an alarm, as each of those who are told reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// For people: the notice's line.
    pub words: String,
    /// For programs that read the notice: what was done, whichever run did it.
    pub notice: Value,
    /// For whoever called the function, and its log.
    pub response: Value,
    /// The metric that counts it, and by how much. A metric of zero is reported, too.
    pub counted: Option<(&'static str, u64)>,
}

impl Summary {
    /// A summary that no metric counts.
    pub fn new(words: impl Into<String>, notice: Value, response: Value) -> Self {
        Self { words: words.into(), notice, response, counted: None }
    }

    /// The same, counted by this metric if it is new.
    #[must_use]
    pub fn counted(self, metric: &'static str, is_new: bool) -> Self {
        Self { counted: Some((metric, u64::from(is_new))), ..self }
    }
}

/// What was done about an alarm, whatever it was.
pub fn summary(action: &Action) -> Summary {
    match action {
        Action::Remedied(summary) => summary.clone(),
        Action::None(state) => Summary::new(
            format!("none needed in state {state}"),
            json!({ "none": state }),
            json!({ "action": "none", "reason": format!("state {state} needs no action") }),
        ),
        Action::Left(why) => Summary::new(
            format!("none: {why}"),
            json!({ "left": why }),
            json!({ "action": "skipped", "reason": why }),
        ),
        Action::NoHandler => Summary::new(
            "none: no route is set up for this alarm",
            json!("no_handler"),
            json!({ "action": "no_handler" }),
        )
        .counted("NoHandler", true),
        Action::GaveUp(why) => Summary::new(
            format!("FAILED: {why}"),
            json!({ "gave_up": why }),
            json!({ "action": "gave_up", "status": Status::Failed, "reason": why }),
        )
        .counted("Failed", true),
        Action::Observed(what) => Summary::new(
            format!("only observed; would have been: {what}"),
            json!({ "observed": what }),
            json!({ "action": "observed", "would": what }),
        ),
    }
}

/// The notice of what was done about an alarm.
pub fn notice(key: &LedgerKey, alarm: &AlarmTrigger, action: &Action) -> Notice {
    let Summary { words, notice, .. } = summary(action);
    build(key.as_str(), alarm, &words, &notice)
}

/// The notice that nothing could be done about an alarm, and that trying again will not help.
pub fn failure(key: &LedgerKey, alarm: &AlarmTrigger, error: &OnceError) -> Notice {
    let words = format!("FAILED, and trying again will not help: {error}");
    build(&format!("{key}#failed"), alarm, &words, &json!({ "failed": error.to_string() }))
}

fn build(key: &str, alarm: &AlarmTrigger, words: &str, action: &Value) -> Notice {
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
