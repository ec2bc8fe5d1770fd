//! What is said where people are told what the route says.

use serde_json::json;

use super::Summary;
use crate::policy::notify::Text;

/// People are told.
pub fn told(text: &Text) -> Summary {
    let words = format!("none but this notice: {text}");
    Summary::new(words, json!({ "notified": text }), json!({ "action": "notify", "text": text }))
}

/// People would be told.
pub fn plan(text: &Text) -> String {
    format!("tell people: {text}")
}
