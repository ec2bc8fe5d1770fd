//! Asks a person to look. That is all: there is nothing to go on with.

use super::{Action, Answer};
use crate::render::remedy::review;

/// Answers an alarm.
pub(super) fn answer(observe: bool) -> Answer {
    if observe { Action::Observed(review::PLAN.to_owned()) } else { Action::Remedied(review::review()) }
        .into()
}
