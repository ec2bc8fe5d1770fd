//! Tells people what the alarm's route says, and asks nothing of them. The notice is written down before it goes out, so
//! there is nothing else to go on with.

use super::{Action, Answer};
use crate::policy::notify::Text;
use crate::render::remedy::notify as render;

/// Answers an alarm.
pub(super) fn answer(text: &Text, observe: bool) -> Answer {
    if observe { Action::Observed(render::plan(text)) } else { Action::Remedied(render::told(text)) }.into()
}
