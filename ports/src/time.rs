//! Small arithmetic on instants and days, and the times that everything here keeps.

pub use aws_vocabulary::time::*;
use jiff::SignedDuration;

/// The longest that one port call may take, the adapter's own retries included. Adapters end a call that would take
/// longer; nothing is begun that might not end before a deadline.
pub const CALL_LIMIT: SignedDuration = SignedDuration::from_secs(10);

/// How far two clocks may differ.
pub const SKEW: SignedDuration = SignedDuration::from_secs(10);
