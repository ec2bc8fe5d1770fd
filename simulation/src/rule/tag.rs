use aws_vocabulary::{Snapshot, Tags, VolumeId};
use cloud_sim::rule::Seen;

/// The tag that says whose a snapshot is.
pub(super) const OWNER: &str = "caretaker:owner";

/// Whether tags opt something in, as the one who watches reads them.
pub(super) fn opted_in(tags: &Tags) -> bool {
    tags.get("AutoSnapshot")
        .is_some_and(|v| ["true", "1", "yes", "on"].contains(&v.trim().to_lowercase().as_str()))
}

/// Whether tags say that a stack of Caretaker made something, and which.
pub(super) fn is_ours(tags: &Tags) -> bool {
    tags.get("AutoCreated") == Some("true")
        && tags.get("CreatedBy") == Some("caretaker")
        && tags.get(OWNER).is_some()
}

/// What a deletion leaves of the same volume and the same owner. Two copies name one volume, and are of
/// whatever they are copies of; what one stack has counts for nothing with another.
pub(super) fn fellows<'a>(
    seen: Seen<'a>,
    volume: &'a VolumeId,
    tags: &'a Tags,
) -> impl Iterator<Item = &'a Snapshot> {
    let (owner, store) = (tags.get(OWNER), &seen.cloud.snapshots);
    store.all().filter(move |other| {
        other.volume == *volume
            && !other.is_copy()
            && !store.is_doomed(&other.id)
            && other.tags.get(OWNER) == owner
    })
}
