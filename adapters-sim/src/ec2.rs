use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use cloud_sim::cloud::ec2::{Ec2, HostDisks, Trait};
use cloud_sim::cloud::iam::ask::Ask;
use cloud_sim::cloud::list::{Listed, Listing};
use cloud_sim::cloud::snapshot::{CreateSnapshot, CreateSnapshots, Lock};
use cloud_sim::cloud::{ApiError, Cloud};
use cloud_sim::kernel::{Context, Footprint, Op};
use jiff::Timestamp;
use ports::{
    CreateOne, CreateSet, CreatedSnapshot, Deletion, ImageId, Instance, InstanceId, InstanceStore, Instances,
    Inventory, Page, PageToken, PortError, Presence, Snapshot, SnapshotFilter, SnapshotId, SnapshotLock,
    SnapshotUse, Snapshots, TagSet, UsedBy, Volume, VolumeId,
};

use super::SimPorts;

/// How many volumes an adapter asks for at once: with pages, so that it is not throttled sooner.
const VOLUMES: u32 = 500;
/// How many instances or images an adapter asks for at once.
const MOST: u32 = 1000;
/// How many values fit into one filter.
const MOST_VALUES: usize = 200;

impl SimPorts {
    /// Every page of a list, each by a request of its own.
    async fn all_pages<T: Send + 'static>(
        &self,
        (sent, action): ((Op, Footprint), &'static [&'static str]),
        listing: Listing,
        page: impl Fn(&mut Cloud, &Listing, &mut Context<'_>) -> Result<Listed<T>, ApiError>
        + Clone
        + Send
        + Sync
        + 'static,
    ) -> Result<Vec<T>, PortError> {
        let mut all = Vec::new();
        let mut token = None;
        loop {
            let (listing, page) = (listing.clone().behind(token), page.clone());
            let ask = Ask::Anything(action);
            let listed = self.repeat(sent, ask, move |cloud, context| page(cloud, &listing, context)).await?;
            all.extend(listed.items);
            token = listed.next;
            if token.is_none() {
                return Ok(all);
            }
        }
    }
}

/// The same page, of what is found under its ids.
fn found<I, T>(page: Listed<I>, look: impl FnMut(I) -> Option<T>) -> Listed<T> {
    Listed { items: page.items.into_iter().filter_map(look).collect(), next: page.next }
}

/// A filter's value that means this very text.
fn literal(value: &str) -> String {
    let escape =
        |character| matches!(character, '*' | '?' | '\\').then_some('\\').into_iter().chain([character]);
    value.chars().flat_map(escape).collect()
}

fn created(begun: Snapshot) -> CreatedSnapshot {
    CreatedSnapshot { id: begun.id, volume: begun.volume }
}

fn instance_of(ec2: &mut Ec2, id: &InstanceId, now: Timestamp) -> Option<Instance> {
    let machine = ec2.machine(id)?;
    Some(Instance {
        id: id.clone(),
        state: machine.state,
        tags: machine.tags.clone(),
        state_reason: machine.reason.clone(),
        transition: Some(machine.transition.clone()).filter(|text| !text.is_empty()),
        group: machine.group.clone(),
        launched_at: Some(machine.launch_told(now)),
        root_device: Some(machine.root_device.clone()),
        root_on_instance_store: machine.is(Trait::OnInstanceStore),
        instance_type: Some(machine.instance_type.clone()),
    })
}

fn volume_of(ec2: &mut Ec2, instance: &InstanceId, id: &VolumeId) -> Option<Volume> {
    let disk = ec2.disk(id)?;
    Some(Volume {
        id: id.clone(),
        device: disk.attachments.get(instance)?.clone(),
        tags: disk.tags.clone(),
        size_gib: disk.size_gib,
        delete_on_termination: disk.delete_on_termination,
    })
}

/// What an image uses of some snapshots.
fn uses_of(ec2: &Ec2, image: &ImageId, snapshots: &[SnapshotId]) -> Vec<SnapshotUse> {
    let used = ec2.image(image).into_iter().flat_map(|image| &image.snapshots);
    let by = UsedBy::Image(image.clone());
    let used = used.filter(|snapshot| snapshots.contains(snapshot));
    used.map(|snapshot| SnapshotUse { snapshot: snapshot.clone(), by: by.clone() }).collect()
}

#[async_trait]
impl Inventory for SimPorts {
    async fn instance(&self, id: &InstanceId) -> Result<Option<Instance>, PortError> {
        let id = id.clone();
        let sent = (Op::new("ec2", "DescribeInstances"), Footprint::NONE.reads("instance", id.as_str()));
        self.repeat(sent, Ask::Anything(&["ec2:DescribeInstances"]), move |cloud, context| {
            match cloud.ec2.list_instances(&Listing::of_ids([id.as_str()]), context) {
                Ok(_) => Ok(instance_of(&mut cloud.ec2, &id, context.now)),
                Err(error) if error.code == "InvalidInstanceID.NotFound" => Ok(None),
                Err(error) => Err(error),
            }
        })
        .await
    }

    async fn volumes(&self, id: &InstanceId) -> Result<Vec<Volume>, PortError> {
        let sent = (Op::new("ec2", "DescribeVolumes"), Footprint::NONE.reads("instance", id.as_str()));
        let listing = Listing::default().filter("attachment.instance-id", [id.as_str()]).pages_of(VOLUMES);
        let id = id.clone();
        let mut volumes = self
            .all_pages((sent, &["ec2:DescribeVolumes"]), listing, move |cloud, listing, context| {
                let page = cloud.ec2.list_volumes(listing, context)?;
                Ok(found(page, |volume| volume_of(&mut cloud.ec2, &id, &volume)))
            })
            .await?;
        volumes.sort_by(|a, b| (&a.device, &a.id).cmp(&(&b.device, &b.id)));
        Ok(volumes)
    }

    async fn presence(&self, id: &VolumeId) -> Result<Presence, PortError> {
        let id = id.clone();
        let sent = (Op::new("ec2", "DescribeVolumes"), Footprint::NONE.reads("volume", id.as_str()));
        self.repeat(sent, Ask::Anything(&["ec2:DescribeVolumes"]), move |cloud, context| {
            match cloud.ec2.list_volumes(&Listing::of_ids([id.as_str()]), context) {
                Ok(_) => Ok(Presence::There),
                Err(error) if error.code == "InvalidVolume.NotFound" => Ok(Presence::NotFound),
                Err(error) => Err(error),
            }
        })
        .await
    }

    async fn instance_store(&self, instance_type: &str) -> Result<Option<InstanceStore>, PortError> {
        let name = instance_type.to_owned();
        let sent = (Op::new("ec2", "DescribeInstanceTypes"), Footprint::NONE);
        self.repeat(sent, Ask::Anything(&["ec2:DescribeInstanceTypes"]), move |cloud, context| {
            let disks = cloud.ec2.instance_type(&name, context)?.store;
            Ok(disks.map(|HostDisks { disks, total_gb }| InstanceStore { disks, total_gb }))
        })
        .await
    }

    async fn uses(&self, snapshots: &[SnapshotId]) -> Result<Vec<SnapshotUse>, PortError> {
        let sent = (Op::new("ec2", "DescribeImages"), Footprint::NONE.reads("images", ""));
        let mut uses = BTreeSet::new();
        for chunk in snapshots.chunks(MOST_VALUES) {
            let ids = chunk.iter().map(SnapshotId::as_str);
            let listing = Listing::own().filter("block-device-mapping.snapshot-id", ids).pages_of(MOST);
            let chunk = chunk.to_vec();
            let pages =
                self.all_pages((sent, &["ec2:DescribeImages"]), listing, move |cloud, listing, context| {
                    let page = cloud.ec2.list_images(listing, context)?;
                    Ok(found(page, |image| Some(uses_of(&cloud.ec2, &image, &chunk))))
                });
            uses.extend(pages.await?.into_iter().flatten());
        }
        Ok(uses.into_iter().collect())
    }

    async fn locks(&self, from: Option<PageToken>) -> Result<Page<SnapshotLock>, PortError> {
        let sent = (Op::new("ec2", "DescribeLockedSnapshots"), Footprint::NONE.reads("snapshots", ""));
        let listing = Listing::default().pages_of(MOST).behind(from.map(|token| token.0));
        self.repeat(sent, Ask::Anything(&["ec2:DescribeLockedSnapshots"]), move |cloud, context| {
            let page = cloud.list_locked_snapshots(&listing, context)?;
            let lock =
                |(snapshot, lock): (SnapshotId, Lock)| SnapshotLock { snapshot, until: Some(lock.until) };
            Ok(Page { items: page.items.into_iter().map(lock).collect(), next: page.next.map(PageToken) })
        })
        .await
    }

    async fn not_running(&self, tag: &str, from: Option<PageToken>) -> Result<Page<Instance>, PortError> {
        let sent = (Op::new("ec2", "DescribeInstances"), Footprint::NONE.reads("instances", ""));
        let at_rest = ["shutting-down", "stopped", "stopping", "terminated"];
        let listing =
            Listing::default().filter("tag-key", [tag]).filter("instance-state-name", at_rest).pages_of(MOST);
        let listing = listing.behind(from.map(|token| token.0));
        self.repeat(sent, Ask::Anything(&["ec2:DescribeInstances"]), move |cloud, context| {
            let page = found(cloud.ec2.list_instances(&listing, context)?, |id| {
                instance_of(&mut cloud.ec2, &id, context.now)
            });
            Ok(Page { items: page.items, next: page.next.map(PageToken) })
        })
        .await
    }
}

#[async_trait]
impl Snapshots for SimPorts {
    async fn page(
        &self,
        filter: &SnapshotFilter,
        from: Option<PageToken>,
    ) -> Result<Page<Snapshot>, PortError> {
        let tagged = |listing: Listing, (key, value): &(String, String)| {
            listing.filter(&format!("tag:{key}"), [literal(value)])
        };
        let listing = filter.tags.iter().fold(Listing::own(), tagged).pages_of(MOST);
        let listing = listing.behind(from.map(|token| token.0));
        let sent = (Op::new("ec2", "DescribeSnapshots"), Footprint::NONE.reads("snapshots", ""));
        self.repeat(sent, Ask::Anything(&["ec2:DescribeSnapshots"]), move |cloud, context| {
            let page = cloud.list_snapshots(&listing, context)?;
            Ok(Page { items: page.items, next: page.next.map(PageToken) })
        })
        .await
    }

    async fn create_set(&self, wish: &CreateSet) -> Result<Vec<CreatedSnapshot>, PortError> {
        let CreateSet { instance, exclude_root, exclude, description, tags } = wish.clone();
        let wish = CreateSnapshots { instance, exclude_root, exclude, description, tags };
        let sent = (Op::new("ec2", "CreateSnapshots"), Footprint::NONE.writes("snapshots", ""));
        let ask = Arc::new(Ask::CreateSnapshots(wish.clone()));
        self.call(sent, &ask, move |cloud, context| {
            Ok(cloud.create_snapshots(&wish, context)?.into_iter().map(created).collect())
        })
        .await
    }

    async fn create_one(&self, wish: &CreateOne) -> Result<CreatedSnapshot, PortError> {
        let CreateOne { volume, description, tags } = wish.clone();
        let wish = CreateSnapshot { volume, description, tags };
        let sent = (Op::new("ec2", "CreateSnapshot"), Footprint::NONE.writes("snapshots", ""));
        let ask = Arc::new(Ask::CreateSnapshot(wish.clone()));
        self.call(sent, &ask, move |cloud, context| cloud.create_snapshot(&wish, context).map(created)).await
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
        self.repeat(sent, ask, move |cloud, context| {
            let user = cloud.ec2.user_of(&id).cloned();
            match cloud.delete_snapshot(&id, context) {
                Ok(()) => Ok(Deletion::Deleted),
                Err(error) if error.code == "InvalidSnapshot.NotFound" => Ok(Deletion::AlreadyGone),
                Err(error) if error.code == "InvalidSnapshot.InUse" => {
                    Ok(Deletion::InUse(user.map(UsedBy::Image)))
                }
                Err(error) => Err(error),
            }
        })
        .await
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
