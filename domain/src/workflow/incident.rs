//! What the ledger knows of the incidents of an instance.
//!
//! The list of their names alone decides which are open. What an incident is of, its own record tells: there is one as soon as
//! anything was begun for it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ports::{InstanceId, Ledger, LedgerKey, Stored, Swap};

use super::auto_snapshot::AutoSnapshotPorts;
use super::entry::{decode, encode};
use super::once::{OnceError, read};
use super::snapshot_set::SnapshotSet;
use crate::policy::incident::{self, Begun, Incidents, Joined, Kind, KnownIncident, Placement};
use crate::policy::key;
use crate::policy::once::{Phase, Record};
use crate::policy::snapshot::Incident;

/// The incidents of an instance since a time. One that was opened and for which nothing was begun is among them.
pub(super) async fn known(
    ledger: &dyn Ledger,
    instance: &InstanceId,
    since: Timestamp,
) -> Result<Vec<KnownIncident>, OnceError> {
    let key = key::incidents(instance)?;
    let Some(stored) = ledger.get(&key).await? else { return Ok(Vec::new()) };
    let names: Incidents = decode(&key, &stored)?;
    let mut known = Vec::new();
    for name in names.since(since) {
        known.push(known_incident(ledger, instance, name).await?.0);
    }
    Ok(known)
}

/// What is known of the incident of a name, and its record as it was read.
async fn known_incident(
    ledger: &dyn Ledger,
    instance: &InstanceId,
    name: Timestamp,
) -> Result<(KnownIncident, Option<Stored>), OnceError> {
    let key = key::snapshot(instance, name)?;
    let stored = ledger.get(&key).await?;
    let begun = match &stored {
        None => None,
        Some(stored) => Some(begun(&read(&key, stored)?, name)),
    };
    Ok((KnownIncident { name, begun }, stored))
}

fn begun(record: &Record<Incident, SnapshotSet>, name: Timestamp) -> Begun {
    let incident = record.phase.parameters(|set| set.incident.clone());
    Begun {
        // An entry of the first format does not say; then it counts as a stop, which most are.
        first: incident.map_or(Placement::bare(name, Kind::End), |incident| incident.placed_by()),
        is_taken: matches!(&record.phase, Phase::Done { outcome, .. } if !outcome.snapshots.is_empty()),
    }
}

/// An incident that an event belongs to.
pub(super) struct Place {
    /// The key of its set.
    pub(super) key: LedgerKey,
    /// What stood there when it was looked for.
    pub(super) stored: Option<Stored>,
    /// What placed it.
    pub(super) first: Placement,
    /// The key of an earlier set of the same run.
    pub(super) earlier: Option<LedgerKey>,
}

/// Finds the incident that an event belongs to, opening one if there is none.
pub(super) async fn join(
    ports: &AutoSnapshotPorts<'_>,
    instance: &InstanceId,
    event: &Placement,
) -> Result<Place, OnceError> {
    let key = key::incidents(instance)?;
    let mut stored = ports.ledger.get(&key).await?;
    loop {
        let names: Incidents = stored.as_ref().map(|s| decode(&key, s)).transpose()?.unwrap_or_default();
        let (mut around, mut records) = (Vec::new(), BTreeMap::new());
        for name in names.around(event) {
            let (incident, record) = known_incident(ports.ledger, instance, name).await?;
            around.push(incident);
            records.extend(record.map(|record| (name, record)));
        }
        let joined = match names.join(event, &around) {
            Joined::Known(incident) => incident,
            Joined::Opened(name, names) => {
                let entry = encode(&key, &names, false, ports.clock.now())?;
                match ports.ledger.swap(&key, stored.as_ref().map(|s| s.version), &entry).await? {
                    Swap::Won(_) => KnownIncident { name, begun: None },
                    Swap::Lost(current) => {
                        stored = current;
                        continue;
                    }
                }
            }
        };
        let earlier = incident::before_the_end(event, &around);
        return Ok(Place {
            key: key::snapshot(instance, joined.name)?,
            stored: records.remove(&joined.name),
            first: joined.begun.map_or(*event, |begun| begun.first.with_launch(event.launched_at)),
            earlier: earlier.map(|before| key::snapshot(instance, before)).transpose()?,
        });
    }
}
