//! What the ledger knows of the incidents of an instance.

use jiff::Timestamp;
use ports::{InstanceId, Ledger, LedgerKey, Stored, Swap};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::entry::{decode, encode};
use super::once::{OnceError, read};
use super::protect::ProtectPorts;
use super::take::SnapshotSet;
use crate::policy::episode::{Begun, Episodes, Joined, KnownIncident, Names, Sign, kind_of};
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
    let names: Names = decode(&key, &stored)?;
    let mut known = Vec::new();
    for episode in names.since(since) {
        known.push(KnownIncident { episode, begun: begun(ledger, instance, episode).await? });
    }
    Ok(known)
}

/// What was begun for an incident, if anything was.
async fn begun(
    ledger: &dyn Ledger,
    instance: &InstanceId,
    episode: Timestamp,
) -> Result<Option<Begun>, OnceError> {
    let key = key::snapshot(instance, episode)?;
    let Some(stored) = ledger.get(&key).await? else { return Ok(None) };
    let record: Record<Incident, SnapshotSet> = read(&key, &stored)?;
    let incident = record.phase.parameters(|set| set.incident.clone());
    Ok(Some(Begun {
        // An entry of the first format does not say; then it counts as a stop, which most are.
        kind: kind_of(incident.as_ref().map_or("stopped", |incident| &incident.plan.trigger)),
        is_taken: matches!(&record.phase, Phase::Done { outcome, .. } if !outcome.snapshots.is_empty()),
    }))
}

/// An incident that an event belongs to.
pub(super) struct Place {
    /// The key of its set.
    pub(super) key: LedgerKey,
    /// The key of an earlier set of the same run.
    pub(super) earlier: Option<LedgerKey>,
}

/// Two entries of the ledger as they were read. The names come first: what is noted of an incident is written before its name, so
/// there is a note for every name that is read.
struct Read {
    names: Option<Stored>,
    notes: Option<Stored>,
}

/// Finds the incident that an event belongs to, opening one if there is none.
pub(super) async fn join(
    ports: &ProtectPorts<'_>,
    instance: &InstanceId,
    sign: &Sign,
) -> Result<Place, OnceError> {
    let (names_key, notes_key) = (key::episodes(instance)?, key::incidents(instance)?);
    let names = ports.ledger.get(&names_key).await?;
    let mut read = Read { names, notes: ports.ledger.get(&notes_key).await? };
    loop {
        let episodes = episodes(ports.ledger, instance, &read, sign).await?;
        match episodes.join(sign) {
            Joined::Known(name) => return place(ports.ledger, instance, name, &episodes, sign).await,
            Joined::Note(notes) => match swap(ports, &notes_key, read.notes.as_ref(), &notes).await? {
                Ok(written) => read.notes = Some(written),
                Err(current) => read.notes = current,
            },
            Joined::Opened(name, names) => {
                match swap(ports, &names_key, read.names.as_ref(), &names).await? {
                    Ok(_) => return place(ports.ledger, instance, name, &episodes, sign).await,
                    Err(current) => {
                        read = Read { names: current, notes: ports.ledger.get(&notes_key).await? };
                    }
                }
            }
        }
    }
}

/// Writes an entry if it is as it was read: gives what stands there now, as its own or as another's.
async fn swap<T: Serialize + Sync>(
    ports: &ProtectPorts<'_>,
    key: &LedgerKey,
    read: Option<&Stored>,
    value: &T,
) -> Result<Result<Stored, Option<Stored>>, OnceError> {
    let entry = encode(key, value, false, ports.clock.now())?;
    Ok(match ports.ledger.swap(key, read.map(|stored| stored.version), &entry).await? {
        Swap::Won(version) => Ok(Stored { version, entry }),
        Swap::Lost(current) => Err(current),
    })
}

/// The incidents that there are, with what the records of an earlier version's say of them.
async fn episodes(
    ledger: &dyn Ledger,
    instance: &InstanceId,
    read: &Read,
    sign: &Sign,
) -> Result<Episodes, OnceError> {
    let names = decode_or_default(&key::episodes(instance)?, read.names.as_ref())?;
    let notes = decode_or_default(&key::incidents(instance)?, read.notes.as_ref())?;
    let mut episodes = Episodes { names, notes };
    let unknown: Vec<Timestamp> = episodes.unknown(sign).collect();
    for name in unknown {
        if let Some(begun) = begun(ledger, instance, name).await? {
            episodes = episodes.with_kind(name, begun.kind);
        }
    }
    Ok(episodes)
}

fn decode_or_default<T: DeserializeOwned + Default>(
    key: &LedgerKey,
    stored: Option<&Stored>,
) -> Result<T, OnceError> {
    Ok(stored.map(|stored| decode(key, stored)).transpose()?.unwrap_or_default())
}

async fn place(
    ledger: &dyn Ledger,
    instance: &InstanceId,
    name: Timestamp,
    episodes: &Episodes,
    sign: &Sign,
) -> Result<Place, OnceError> {
    let earlier = match episodes.before_the_end(sign) {
        Some(before) if begun(ledger, instance, before).await?.is_some_and(|begun| begun.is_taken) => {
            Some(key::snapshot(instance, before)?)
        }
        _ => None,
    };
    Ok(Place { key: key::snapshot(instance, name)?, earlier })
}
