use std::collections::BTreeSet;

use aws_vocabulary::{AccountId, Snapshot, SnapshotId, Tags};

use super::SnapshotStore;
use crate::cloud::ec2::{keys, no_snapshot};
use crate::cloud::list::{self, Filtered, Filters, Listed, Listing, Paging};
use crate::cloud::{ApiError, Cloud};
use crate::kernel::Context;

impl Cloud {
    /// `DescribeSnapshots`. Without owners, public and shared ones of others are listed as well; of ids, those of others
    /// that are not accessible are left out without a word
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html>).
    ///
    /// # Errors
    ///
    /// When the request is wrong, names a snapshot that is not there, or comes while too many others do.
    pub fn list_snapshots(
        &mut self,
        listing: &Listing,
        context: &mut Context<'_>,
    ) -> Result<Listed<Snapshot>, ApiError> {
        self.ec2.buckets.take_for_list("DescribeSnapshots", listing, context.now)?;
        let filters = Filters::read::<OfSnapshot<'_>>(&listing.filters)?;
        let ids: BTreeSet<SnapshotId> = listing.ids(&list::SNAPSHOT)?.into_iter().collect();
        let hidden = self.snapshots.hidden(context);
        let store = &self.snapshots;
        let is_there = |id: &SnapshotId| store.snapshots.contains_key(id) && !hidden.contains(id);
        if let Some(missing) = ids.iter().find(|id| !is_there(id)) {
            return Err(no_snapshot(missing));
        }
        let own = &self.place.account;
        let of_owner = |owner: &AccountId| {
            let is_asked = |asked: &String| asked == owner.as_str() || asked == "self" && owner == own;
            listing.owners.is_empty() || listing.owners.iter().any(is_asked)
        };
        let all = store.snapshots.iter().filter(|(id, _)| !hidden.contains(*id));
        let asked = all.filter(|(id, _)| ids.is_empty() || ids.contains(*id));
        let wanted = |snapshot: &&Snapshot| {
            let owner = store.owner(&snapshot.id).unwrap_or(own);
            of_owner(owner) && filters.let_through(&OfSnapshot { snapshot, owner, store })
        };
        let paging = Paging { at_once: store.page_size, ..Paging::USUAL };
        let asked = asked.map(|(id, snapshot)| (id.as_str(), snapshot));
        Ok(paging.page(listing, asked, wanted, context)?.map(Clone::clone))
    }
}

struct OfSnapshot<'a> {
    snapshot: &'a Snapshot,
    owner: &'a AccountId,
    store: &'a SnapshotStore,
}

impl OfSnapshot<'_> {
    fn tags(&self) -> &Tags {
        &self.snapshot.tags
    }
}

impl Filtered for OfSnapshot<'_> {
    const NAMES: &'static [&'static str] = &[
        "description",
        "owner-id",
        "progress",
        "snapshot-id",
        "start-time",
        "status",
        "storage-tier",
        "volume-id",
        "volume-size",
    ];

    fn has(&self, name: &str, fits: &dyn Fn(&str) -> bool) -> bool {
        let Self { snapshot, owner, store } = self;
        match name {
            "description" => fits(&snapshot.description),
            "owner-id" => fits(owner.as_str()),
            "progress" => fits(store.progress(&snapshot.id)),
            "snapshot-id" => fits(snapshot.id.as_str()),
            "start-time" => fits(&snapshot.started_at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()),
            "status" => fits(snapshot.state.as_str()),
            "storage-tier" => fits("standard"),
            "volume-id" => fits(snapshot.volume.as_str()),
            "volume-size" => fits(&snapshot.size_gib.to_string()),
            _ => false,
        }
    }

    fn tag(&self, key: &str) -> Option<&str> {
        self.tags().get(key)
    }

    fn tag_keys(&self) -> Vec<&str> {
        keys(self.tags()).collect()
    }
}
