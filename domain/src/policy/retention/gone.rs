use std::collections::BTreeMap;

use jiff::Timestamp;
use ports::VolumeId;

/// Which volumes are gone. A volume has its floor until that is known, so what a plan lets go of a gone one came due when
/// it was.
#[derive(Clone, Copy, Debug)]
pub(super) enum GoneVolumes<'a> {
    /// These, each from the instant when it was known.
    Since(&'a BTreeMap<VolumeId, Timestamp>),
    /// These, at any instant.
    Ever(&'a BTreeMap<VolumeId, Timestamp>),
    /// Every one: what a policy comes to at most.
    All,
}

impl GoneVolumes<'_> {
    /// Whether a volume is gone, as known at an instant.
    pub(super) fn has(self, volume: &VolumeId, at: Timestamp) -> bool {
        match self {
            Self::Since(known) => known.get(volume).is_some_and(|since| *since <= at),
            Self::Ever(known) => known.contains_key(volume),
            Self::All => true,
        }
    }
}
