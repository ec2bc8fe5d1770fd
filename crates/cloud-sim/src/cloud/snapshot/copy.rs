use aws_vocabulary::{Snapshot, SnapshotId, SnapshotState, Tags, VolumeId};
use jiff::SignedDuration;

use crate::cloud::bucket::SNAPSHOT;
use crate::cloud::ec2::no_snapshot;
use crate::cloud::{ApiError, Cloud, Fact, Happening, known};
use crate::kernel::Context;

/// The volume that a copy names. AWS promises nothing but that it is arbitrary
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html>); this is what it is.
fn no_volume_in_particular() -> VolumeId {
    known("vol-ffffffff")
}

impl Cloud {
    /// `CopySnapshot` within the region: a new id, a volume that means nothing, a moment of its own, and
    /// no tags but those asked for
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html>).
    ///
    /// # Errors
    ///
    /// When there is no such snapshot, it is not complete, or too many requests came.
    pub fn copy_snapshot(
        &mut self,
        source: &SnapshotId,
        tags: &Tags,
        context: &mut Context<'_>,
    ) -> Result<SnapshotId, ApiError> {
        self.ec2.buckets.take("CopySnapshot", SNAPSHOT, context.now)?;
        let found = self.snapshots.look(source).ok_or_else(|| no_snapshot(source))?;
        if found.state != SnapshotState::Completed {
            // The code is unverified.
            let message = format!("Snapshot '{source}' is not 'completed'.");
            return Err(ApiError::rejected("IncorrectState", message));
        }
        let size_gib = found.size_gib;
        let copy = Snapshot {
            id: self.snapshots.new_id(),
            volume: no_volume_in_particular(),
            state: SnapshotState::Pending,
            started_at: context.now,
            size_gib,
            tags: tags.clone(),
            description: format!("[Copied {source} from {}]", self.place.region),
        };
        let id = copy.id.clone();
        self.snapshots.put(copy);
        let took = SignedDuration::from_mins(1);
        context.later(took, Happening::SnapshotEnds { snapshot: id.clone() });
        context.note(Fact::SnapshotCopied { snapshot: id.clone(), source: source.clone() });
        Ok(id)
    }

    /// A person copies snapshots that are complete, and gives each copy the tags of what it is of.
    pub(in crate::cloud) fn person_copies(&mut self, snapshots: &[SnapshotId], context: &mut Context<'_>) {
        for source in snapshots {
            let tags = self.snapshots.look(source).map(|found| found.tags.clone()).unwrap_or_default();
            // What is refused is not copied.
            let _ = self.copy_snapshot(source, &tags, context);
        }
    }
}
