use std::sync::Arc;

use async_trait::async_trait;
use ports::{
    CreateOne, CreateSet, CreatedSnapshot, Deletion, Instance, InstanceId, Instances, Inventory, Page,
    PageToken, PortError, Snapshot, SnapshotFilter, SnapshotId, SnapshotUse, Snapshots, TagSet, Volume,
};

use super::SimPorts;
use crate::cloud::ec2::INSTANCES;
use crate::cloud::iam::ask::Ask;
use crate::kernel::{Footprint, Op};

#[async_trait]
impl Inventory for SimPorts {
    async fn instance(&self, id: &InstanceId) -> Result<Option<Instance>, PortError> {
        let id = id.clone();
        let sent = (Op::new("ec2", "DescribeInstances"), Footprint::NONE.reads("instance", id.as_str()));
        self.repeat(sent, Ask::Anything(&["ec2:DescribeInstances"]), move |cloud, context| {
            cloud.ec2.describe_instance(&id, context)
        })
        .await
    }

    async fn volumes(&self, id: &InstanceId) -> Result<Vec<Volume>, PortError> {
        let id = id.clone();
        let sent = (Op::new("ec2", "DescribeVolumes"), Footprint::NONE.reads("instance", id.as_str()));
        self.repeat(sent, Ask::Anything(&["ec2:DescribeVolumes"]), move |cloud, context| {
            cloud.ec2.describe_volumes(&id, context)
        })
        .await
    }

    async fn uses(&self, snapshots: &[SnapshotId]) -> Result<Vec<SnapshotUse>, PortError> {
        if snapshots.is_empty() {
            return Ok(Vec::new());
        }
        let snapshots = snapshots.to_vec();
        let sent = (Op::new("ec2", "DescribeImages"), Footprint::NONE.reads("images", ""));
        self.repeat(sent, Ask::Anything(&["ec2:DescribeImages"]), move |cloud, context| {
            cloud.ec2.describe_uses(&snapshots, context)
        })
        .await
    }

    async fn not_running(&self, tag: &str) -> Result<Vec<Instance>, PortError> {
        let mut found: Vec<Instance> = Vec::new();
        loop {
            let (tag, after) = (tag.to_owned(), found.last().map(|instance| instance.id.clone()));
            let sent = (Op::new("ec2", "DescribeInstances"), Footprint::NONE.reads("instances", ""));
            let page = self
                .repeat(sent, Ask::Anything(&["ec2:DescribeInstances"]), move |cloud, context| {
                    cloud.ec2.describe_not_running(&tag, after.as_ref(), context)
                })
                .await?;
            let is_last = page.len() < INSTANCES;
            found.extend(page);
            if is_last {
                return Ok(found);
            }
        }
    }
}

#[async_trait]
impl Snapshots for SimPorts {
    async fn page(
        &self,
        filter: &SnapshotFilter,
        from: Option<PageToken>,
    ) -> Result<Page<Snapshot>, PortError> {
        let filter = filter.clone();
        let sent = (Op::new("ec2", "DescribeSnapshots"), Footprint::NONE.reads("snapshots", ""));
        self.repeat(sent, Ask::Anything(&["ec2:DescribeSnapshots"]), move |cloud, context| {
            cloud.describe_snapshots(&filter, from.as_ref(), context)
        })
        .await
    }

    async fn create_set(&self, wish: &CreateSet) -> Result<Vec<CreatedSnapshot>, PortError> {
        let wish = wish.clone();
        let sent = (Op::new("ec2", "CreateSnapshots"), Footprint::NONE.writes("snapshots", ""));
        let ask = Arc::new(Ask::CreateSet(wish.clone()));
        self.call(sent, &ask, move |cloud, context| cloud.create_snapshots(&wish, context)).await
    }

    async fn create_one(&self, wish: &CreateOne) -> Result<CreatedSnapshot, PortError> {
        let wish = wish.clone();
        let sent = (Op::new("ec2", "CreateSnapshot"), Footprint::NONE.writes("snapshots", ""));
        let ask = Arc::new(Ask::CreateOne(wish.clone()));
        self.call(sent, &ask, move |cloud, context| cloud.create_snapshot(&wish, context)).await
    }

    async fn tag(&self, id: &SnapshotId, tags: &TagSet) -> Result<(), PortError> {
        let (id, tags) = (id.clone(), tags.clone());
        let sent = (
            Op::new("ec2", "CreateTags"),
            Footprint::NONE.writes("tags", id.as_str()).marks("snapshots", ""),
        );
        let ask = Ask::Tag(id.clone(), tags.tags().clone());
        self.repeat(sent, ask, move |cloud, context| cloud.tag_snapshot(&id, &tags, context)).await
    }

    async fn delete(&self, id: &SnapshotId) -> Result<Deletion, PortError> {
        let id = id.clone();
        let sent = (Op::new("ec2", "DeleteSnapshot"), Footprint::NONE.writes("snapshots", ""));
        let ask = Ask::Delete(id.clone());
        self.repeat(sent, ask, move |cloud, context| cloud.delete_snapshot(&id, context)).await
    }
}

#[async_trait]
impl Instances for SimPorts {
    async fn reboot(&self, id: &InstanceId) -> Result<(), PortError> {
        let id = id.clone();
        let sent = (
            Op::new("ec2", "RebootInstances"),
            Footprint::NONE.writes("instance", id.as_str()).marks("instances", ""),
        );
        let ask = Arc::new(Ask::Reboot(id.clone()));
        self.call(sent, &ask, move |cloud, context| cloud.reboot(&id, context)).await
    }
}
