//! What is said where a person has to look.

use serde_json::json;

use super::Summary;

/// A person has to look.
pub fn review() -> Summary {
    let words = "none automatic: please look at this yourself";
    Summary::new(words, json!("review"), json!({ "action": "manual_review" }))
}

/// A person would be asked to look.
pub const PLAN: &str = "ask a person to look";
