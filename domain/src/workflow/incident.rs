//! What the ledger knows of the incidents of an instance.

use jiff::Timestamp;
use ports::{InstanceId, Ledger};

use super::entry::decode;
use super::once::{OnceError, read};
use super::take::SnapshotSet;
use crate::policy::episode::{Begun, Episodes, KnownIncident, is_stop};
use crate::policy::key;
use crate::policy::once::{Phase, Record};
use crate::policy::snapshot::Incident;

/// The incidents of an instance since a time. One that was opened and for which nothing was begun is among them.
pub(super) async fn known(
    ledger: &dyn Ledger,
    instance: &InstanceId,
    since: Timestamp,
) -> Result<Vec<KnownIncident>, OnceError> {
    let key = key::episodes(instance)?;
    let Some(stored) = ledger.get(&key).await? else { return Ok(Vec::new()) };
    let episodes: Episodes = decode(&key, &stored)?;
    let mut known = Vec::new();
    for episode in episodes.since(since) {
        let key = key::snapshot(instance, episode)?;
        let begun = match ledger.get(&key).await? {
            None => None,
            Some(stored) => Some(begun(&read(&key, &stored)?)),
        };
        known.push(KnownIncident { episode, begun });
    }
    Ok(known)
}

fn begun(record: &Record<Incident, SnapshotSet>) -> Begun {
    let incident = record.phase.parameters(|set| set.incident.clone());
    Begun {
        is_stop: incident.is_none_or(|incident| is_stop(&incident.plan.trigger)),
        is_taken: matches!(&record.phase, Phase::Done { outcome, .. } if !outcome.snapshots.is_empty()),
    }
}
