use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ports::SnapshotId;

use super::item::{Item, Merits, Standing};
use super::reading::View;
use super::{Reading, Reason, Reasons, Refusal};

/// Which of the snapshots that are to be removed for another reason than age or number may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clearance {
    /// Why those stay that may not be.
    pub stay: BTreeMap<SnapshotId, Reasons>,
    /// Why none of the others may be either.
    pub refused: Option<Refusal>,
}

impl Clearance {
    /// Whether a snapshot that was asked about may be removed.
    pub fn clears(&self, id: &SnapshotId) -> bool {
        self.refused.is_none() && !self.stay.contains_key(id)
    }
}

impl Reading {
    /// Decides which of some snapshots may be removed, whatever they are to be removed for: what keeps a snapshot
    /// in [`Reading::plan`] whatever the rules say keeps it here, as do the floor under its volume and the most
    /// that may go at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::ownership::OwnerName;
    /// use domain::policy::retention::{Retention, Stock};
    /// use ports::{Snapshot, SnapshotId, SnapshotState};
    ///
    /// let snapshot = |id: &str, hold: &str| Snapshot {
    ///     id: id.parse().unwrap(),
    ///     volume: "vol-1".parse().unwrap(),
    ///     state: SnapshotState::Completed,
    ///     started_at: "2026-03-01T00:00:00Z".parse().unwrap(),
    ///     size_gib: 8,
    ///     tags: OwnerName::default().tags().into_iter().chain([("caretaker:hold", hold)]).collect(),
    ///     description: String::new(),
    /// };
    /// let snapshots = [snapshot("snap-1", "no"), snapshot("snap-2", "yes"), snapshot("snap-3", "no")];
    /// let (locked, shared_in, gone) = (&[].into(), &[].into(), &[].into());
    /// let stock = Stock { snapshots: &snapshots, in_use: &[].into(), locked, shared_in, gone };
    /// let wished: [SnapshotId; 2] = ["snap-1".parse().unwrap(), "snap-2".parse().unwrap()];
    /// let now = "2026-03-02T00:00:00Z".parse().unwrap();
    /// let clearance = stock.read(&Retention::days(30)?, None).clear(&wished.clone().into(), now);
    /// assert!(clearance.clears(&wished[0]) && !clearance.clears(&wished[1]));
    /// # Ok::<(), domain::policy::retention::RetentionError>(())
    /// ```
    pub fn clear(&self, wished: &BTreeSet<SnapshotId>, now: Timestamp) -> Clearance {
        let View { spec, seen, .. } = self.own();
        let mut floors: BTreeMap<_, Volume<'_>> = BTreeMap::new();
        let (mut stay, mut ours) = (BTreeMap::<SnapshotId, Reasons>::new(), 0_usize);
        for (item, seen) in self.items.iter().zip(seen) {
            let Merits { reasons, standing } = item.merits(*seen, now);
            ours = ours.saturating_add(usize::from(standing != Standing::Theirs));
            let goes = wished.contains(&item.id) && !reasons.keep();
            if wished.contains(&item.id) && !goes {
                stay.insert(item.id.clone(), reasons.keeping());
            }
            if standing == Standing::Good {
                let volume = floors.entry(item.floor()).or_default();
                if goes {
                    volume.going.push(item);
                } else {
                    volume.staying = volume.staying.saturating_add(1);
                }
            }
        }
        let most = usize::try_from(spec.floor.0).unwrap_or(usize::MAX);
        for volume in floors.into_values() {
            let floor = volume.floor(most).into_iter();
            stay.extend(floor.map(|item| (item.id.clone(), Reason::Floor.into())));
        }
        let remove = wished.iter().filter(|id| !stay.contains_key(*id)).count();
        Clearance { stay, refused: spec.max_remove.refuse(remove, ours) }
    }
}

/// The good snapshots of a volume: those that would go, and how many stay.
#[derive(Default)]
struct Volume<'a> {
    going: Vec<&'a Item>,
    staying: usize,
}

impl<'a> Volume<'a> {
    /// Of those that would go, the newest that are needed for so many to stay.
    fn floor(mut self, most: usize) -> Vec<&'a Item> {
        self.going.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
        self.going.truncate(most.saturating_sub(self.staying));
        self.going
    }
}
