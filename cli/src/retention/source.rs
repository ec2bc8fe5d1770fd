//! The snapshots to plan for, from what the AWS command line prints.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use adapters_aws::listing::{self, Listed};
use domain::policy::ownership::Whose;
use domain::policy::retention::{Owner, Retention, Stock};
use jiff::Timestamp;
use ports::{AccountId, Snapshot, SnapshotId, UsedBy, VolumeId};

use crate::command::BadInput;
use crate::input::{Bound, text};

/// Snapshots, and what is known of them besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The snapshots.
    pub snapshots: Vec<Snapshot>,
    /// What uses one.
    pub in_use: BTreeMap<SnapshotId, UsedBy>,
    /// Until when one is locked, where that is known; a file does not say.
    pub locked: BTreeMap<SnapshotId, Option<Timestamp>>,
    /// Those of another account.
    pub shared_in: BTreeSet<SnapshotId>,
    /// The volumes that count as gone, and since when; a file proves nothing.
    pub gone: BTreeMap<VolumeId, Timestamp>,
}

impl Source {
    /// Reads files; `-` is the standard input. Without an account, ours is the one that most of those snapshots belong
    /// to that the policy may remove: EC2 shows nobody the tags of another account.
    ///
    /// # Errors
    ///
    /// What cannot be read, with the snapshot and the field.
    pub fn read(
        snapshots: &Path,
        images: Option<&Path>,
        account: Option<AccountId>,
        policy: &Retention,
    ) -> Result<Self, BadInput> {
        let listed = listing::snapshots(&text(snapshots, Bound::List)?)
            .map_err(|error| BadInput::new(snapshots.display(), error))?;
        let in_use = match images {
            None => BTreeMap::new(),
            Some(file) => listing::images(&text(file, Bound::List)?)
                .map_err(|error| BadInput::new(file.display(), error))?,
        };
        let account = account.or_else(|| likely(&listed, policy));
        let foreign = |one: &&Listed| one.owner.is_some() && account.is_some() && one.owner != account;
        let shared_in = listed.iter().filter(foreign).map(|one| one.snapshot.id.clone()).collect();
        Ok(Self {
            snapshots: listed.into_iter().map(|one| one.snapshot).collect(),
            in_use,
            shared_in,
            ..Self::default()
        })
    }

    /// The same, to plan with.
    pub fn stock(&self) -> Stock<'_> {
        let Self { snapshots, in_use, locked, shared_in, gone } = self;
        Stock { snapshots, in_use, locked, shared_in, gone }
    }
}

fn likely(listed: &[Listed], policy: &Retention) -> Option<AccountId> {
    let tagged = |s: &Snapshot| match &policy.spec().owned_by {
        Owner::Caretaker(name) => name.whose(&s.tags) == Whose::Own,
        Owner::Tag(key, value) => s.tags.get(key) == Some(value),
        Owner::Any => !s.tags.is_empty(),
    };
    let mut owners: BTreeMap<&AccountId, (usize, usize)> = BTreeMap::new();
    for one in listed {
        if let Some(owner) = &one.owner {
            let votes = owners.entry(owner).or_default();
            votes.0 += usize::from(tagged(&one.snapshot));
            votes.1 += 1;
        }
    }
    owners.into_iter().max_by_key(|(_, votes)| *votes).map(|(owner, _)| owner.clone())
}
