//! What people read about an event that cannot be handled.

use ports::{LedgerKey, Notice, Subject};
use serde_json::json;

use crate::workflow::poison::Poison;

/// The notice that an event was set aside.
pub fn notice(key: &LedgerKey, poison: &Poison) -> Notice {
    let Poison { function, reasons, bytes } = poison;
    let text = format!(
        "`{function}` got an event of {bytes} bytes that it cannot handle, or not all of it:\n\n  {}\n\nNothing was done about that, \
         and it is not tried again. Whoever sends it should look at it.\n\nKey: {key}\n",
        reasons.join("\n  ")
    );
    let json = json!({
        "event": "event_set_aside", "function": function, "reasons": reasons, "bytes": bytes, "key": key,
    });
    let subject = Subject::fit(&format!("[Caretaker] {function} cannot handle an event"));
    Notice::new(subject, &text, &json.to_string(), key.as_str())
}
