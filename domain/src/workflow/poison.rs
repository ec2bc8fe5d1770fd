//! Sets an event aside that can never be handled: written down once, told once, and then done with.

use futures::FutureExt;
use ports::LedgerKey;
use serde::{Deserialize, Serialize};

use super::announce::{AnnouncePorts, Announced, announce_effect};
use super::effect::Repeatable;
use super::once::{Once, OnceError};
use super::run::Run;
use crate::policy::key;
use crate::policy::listed::{self, words};
use crate::render;

/// An event that can never be handled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poison {
    /// The function that got it.
    pub function: String,
    /// What is wrong with it. The event itself is not kept: nobody knows what is in it.
    pub reasons: Vec<String>,
    /// Its length.
    pub bytes: usize,
}

/// An event that was set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetAside {
    /// The key it is recorded under.
    pub key: LedgerKey,
    /// Whether people know.
    pub announced: Announced,
}

/// Writes an event down as one that can never be handled, and tells people, once for its bytes.
///
/// # Errors
///
/// When it could not be written down; then it should be delivered again.
pub async fn set_aside(
    ports: AnnouncePorts<'_>,
    run: &Run,
    payload: &[u8],
    reasons: Vec<String>,
) -> Result<SetAside, OnceError> {
    let key = key::poison(&run.function, payload)?;
    let poison = Poison { function: run.function.clone(), reasons: in_short(reasons), bytes: payload.len() };
    let poison = &poison;
    let record =
        Repeatable::new(key.clone(), "poison", move || async move { Ok(poison.clone()) }.boxed()).announced();
    let once = Once { ledger: ports.ledger, clock: ports.clock, run };
    let performed = once.perform(&record).await?;
    let notice = render::poison::notice(&key, &performed.outcome);
    let announced = announce_effect(ports, run, notice, (&key, performed.untold)).await;
    Ok(SetAside { key, announced })
}

fn in_short(mut reasons: Vec<String>) -> Vec<String> {
    let more = listed::cut(&mut reasons);
    let mut reasons: Vec<String> = reasons.iter().map(|reason| words(reason)).collect();
    if 0 < more {
        reasons.push(format!("... and {more} more"));
    }
    reasons
}
