//! Asks EC2 for the volumes whose floor depends on whether they are gone, and remembers the answers from night to night.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use ports::{Clock, ErrorKind, Inventory, Ledger, LedgerKey, PortError, Stored, Swap, VolumeId};
use serde::{Deserialize, Serialize};

use super::entry::{decode, encode};
use crate::policy::absence::{Sighting, VolumeAnswer, turns};
use crate::policy::key;
use crate::policy::listed::words;
use crate::policy::once::fits;

/// How many volumes one night asks for.
const ASKED_A_NIGHT: usize = 1_000;
/// The time between two requests: what is asked for by id and not in pages is throttled at 10 a second
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>), and others ask as well.
const BETWEEN: SignedDuration = SignedDuration::from_millis(150);
/// How many volumes one ledger entry remembers: some 170 bytes each, far below the 400 KB of an item.
const REMEMBERED: usize = 1_000;

/// What came of asking, in numbers of volumes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inquiry {
    /// How many count as gone.
    pub gone: u64,
    /// How many were not found, but not on two nights a day apart.
    pub missing: u64,
    /// How many are there.
    pub there: u64,
    /// How many nobody has asked for yet.
    pub unasked: u64,
    /// Why the others were not asked for, or the answers not remembered.
    pub error: Option<String>,
}

/// The ports that asking needs.
#[derive(Clone, Copy)]
pub(super) struct InquiryPorts<'a> {
    pub(super) clock: &'a dyn Clock,
    pub(super) inventory: &'a dyn Inventory,
    pub(super) ledger: &'a dyn Ledger,
}

/// Since when each of some volumes counts as gone, by what is remembered. The volumes come with when their last snapshot
/// began.
///
/// # Errors
///
/// When the ledger cannot be read.
pub async fn recall(
    ledger: &dyn Ledger,
    volumes: &BTreeMap<VolumeId, Timestamp>,
) -> Result<BTreeMap<VolumeId, Timestamp>, PortError> {
    Ok(gone(&Memory::read(ledger, volumes).await?))
}

/// Asks for volumes until an instant, and gives those that count as gone. What cannot be asked or remembered proves nothing.
///
/// # Errors
///
/// When the ledger cannot be read.
pub(super) async fn inquire(
    ports: &InquiryPorts<'_>,
    volumes: &BTreeMap<VolumeId, Timestamp>,
    (night, until): (Timestamp, Timestamp),
) -> Result<(BTreeMap<VolumeId, Timestamp>, Inquiry), PortError> {
    let mut memory = Memory::read(ports.ledger, volumes).await?;
    let known = memory.iter().flat_map(|part| part.seen.clone()).collect();
    let turns = turns(volumes.keys(), &known);
    let (answers, mut error) = ask(ports, &turns, (night, until)).await;
    for part in &mut memory {
        if let Err(failed) = part.remember(ports, &answers).await {
            error = Some(failed);
        }
    }
    let counted = |is: fn(&Sighting) -> bool| {
        let seen = memory.iter().flat_map(|part| part.seen.values());
        u64::try_from(seen.filter(|sighting| is(sighting)).count()).unwrap_or(u64::MAX)
    };
    let all = u64::try_from(volumes.len()).unwrap_or(u64::MAX);
    let inquiry = Inquiry {
        gone: counted(|sighting| sighting.gone_since().is_some()),
        missing: counted(|sighting| matches!(sighting, Sighting::Missing { gone: None, .. })),
        there: counted(|sighting| matches!(sighting, Sighting::There { .. })),
        unasked: all.saturating_sub(counted(|_| true)),
        error: error.map(|error| words(&error.to_string())),
    };
    Ok((gone(&memory), inquiry))
}

async fn ask(
    ports: &InquiryPorts<'_>,
    turns: &[&VolumeId],
    (night, until): (Timestamp, Timestamp),
) -> (BTreeMap<VolumeId, VolumeAnswer>, Option<PortError>) {
    let (mut answers, mut refused) = (BTreeMap::new(), None);
    for volume in turns.iter().take(ASKED_A_NIGHT) {
        let asked = ports.clock.now();
        if !fits(asked, until) {
            break;
        }
        match ports.inventory.presence(volume).await {
            Ok(presence) => {
                let told = ports.clock.now();
                answers.insert((*volume).clone(), VolumeAnswer { presence, asked, told, night });
            }
            // One that EC2 takes no question about does not keep it from being asked about the others.
            Err(error) if error.kind == ErrorKind::Rejected => refused = refused.or(Some(error)),
            Err(error) => return (answers, Some(error)),
        }
        ports.clock.sleep(BETWEEN).await;
    }
    (answers, refused)
}

fn gone(memory: &[Memory]) -> BTreeMap<VolumeId, Timestamp> {
    let seen = memory.iter().flat_map(|part| &part.seen);
    seen.filter_map(|(volume, sighting)| Some((volume.clone(), sighting.gone_since()?))).collect()
}

/// What is remembered of some of the volumes: one ledger entry, so that no entry grows with their number.
struct Memory {
    key: LedgerKey,
    stored: Option<Stored>,
    volumes: BTreeSet<VolumeId>,
    seen: BTreeMap<VolumeId, Sighting>,
}

impl Memory {
    async fn read(
        ledger: &dyn Ledger,
        volumes: &BTreeMap<VolumeId, Timestamp>,
    ) -> Result<Vec<Self>, PortError> {
        let mut parts: BTreeMap<LedgerKey, BTreeSet<VolumeId>> = BTreeMap::new();
        for volume in volumes.keys() {
            parts.entry(key::gone(volume)?).or_default().insert(volume.clone());
        }
        let mut memory = Vec::new();
        for (key, some) in parts {
            let stored = ledger.get(&key).await?;
            // What another version wrote and this one cannot read counts as nothing: then it is proven again.
            let seen = stored.as_ref().and_then(|stored| decode(&key, stored).ok());
            let mut seen: BTreeMap<VolumeId, Sighting> = seen.unwrap_or_default();
            seen.retain(|volume, sighting| volumes.get(volume).is_some_and(|last| sighting.is_after(*last)));
            memory.push(Self { key, stored, volumes: some, seen });
        }
        Ok(memory)
    }

    /// Writes answers down; those that are not written count as not given.
    async fn remember(
        &mut self,
        ports: &InquiryPorts<'_>,
        answers: &BTreeMap<VolumeId, VolumeAnswer>,
    ) -> Result<(), PortError> {
        let mut seen = self.seen.clone();
        for volume in &self.volumes {
            let Some(answer) = answers.get(volume) else { continue };
            if seen.contains_key(volume) || seen.len() < REMEMBERED {
                seen.insert(volume.clone(), Sighting::after(seen.get(volume).copied(), *answer));
            }
        }
        if seen == self.seen {
            return Ok(());
        }
        let unwritten = |why: String| PortError::new(ErrorKind::Rejected, "remember", why);
        let entry = encode(&self.key, &seen, false, ports.clock.now())
            .map_err(|error| unwritten(error.to_string()))?;
        let version = self.stored.as_ref().map(|stored| stored.version);
        match ports.ledger.swap(&self.key, version, &entry).await? {
            Swap::Won(_) => self.seen = seen,
            Swap::Lost(_) => return Err(unwritten(format!("`{}`: another run writes it", self.key))),
        }
        Ok(())
    }
}
