//! The clauses of [`Inventory`].

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{TAG, all_pages, named};
use crate::{
    ImageId, InstanceId, InstanceState, InstanceStore, Inventory, Presence, SnapshotId, Tags, UsedBy,
};

/// An adapter of [`Inventory`] under test, and its world.
#[async_trait]
pub trait Stage: Send + Sync {
    /// The adapter.
    fn inventory(&self) -> &dyn Inventory;
    /// A running instance with a root volume and so many data volumes.
    async fn instance(&self, tags: Tags, data_volumes: u32) -> InstanceId;
    /// Lets a running instance stop.
    async fn stop(&self, instance: &InstanceId);
    /// Makes a snapshot of each volume of an instance.
    async fn snapshots(&self, instance: &InstanceId) -> Vec<SnapshotId>;
    /// Makes a machine image that uses a snapshot.
    async fn image(&self, snapshot: &SnapshotId) -> ImageId;
    /// Locks a snapshot for a day, in a mode: `governance` or `compliance`.
    async fn lock(&self, snapshot: &SnapshotId, mode: &str);
}

all! {
    inventory_1_unknown_instance_is_none
    inventory_2_volumes_are_those_attached
    inventory_3_uses_name_every_image
    inventory_4_not_running_tells_every_tagged_one
    inventory_5_instance_store_is_told_by_type
    inventory_6_locks_name_every_locked_snapshot
    inventory_7_a_volume_is_absent_only_where_ec2_says_so
}

pub async fn inventory_1_unknown_instance_is_none(stage: &dyn Stage) {
    let id = "i-00000000000000bad".parse().unwrap();
    assert_eq!(stage.inventory().instance(&id).await, Ok(None));
}

pub async fn inventory_2_volumes_are_those_attached(stage: &dyn Stage) {
    let instance = stage.instance(named("web"), 2).await;
    let other = stage.instance(named("db"), 1).await;
    let inventory = stage.inventory();
    let told = inventory.instance(&instance).await.unwrap().unwrap();
    assert_eq!((told.state, told.tags.get("Name")), (InstanceState::Running, Some("web")));
    let volumes = inventory.volumes(&instance).await.unwrap();
    assert_eq!(volumes.len(), 3);
    assert_eq!(volumes.iter().filter(|v| told.is_root(&v.device)).count(), 1);
    assert!(volumes.is_sorted_by_key(|v| &v.device));
    let others = inventory.volumes(&other).await.unwrap();
    assert!(others.iter().all(|o| volumes.iter().all(|v| v.id != o.id)));
}

pub async fn inventory_3_uses_name_every_image(stage: &dyn Stage) {
    let instance = stage.instance(named("web"), 1).await;
    let made = stage.snapshots(&instance).await;
    let image = stage.image(&made[0]).await;
    // More than fit into one filter, most of which nobody knows.
    let mut asked: Vec<_> = (0..250).map(|n| format!("snap-0000000000bad{n:04}").parse().unwrap()).collect();
    asked.extend(made.iter().cloned());
    let uses = stage.inventory().uses(&asked).await.unwrap();
    assert_eq!(uses.len(), 1);
    assert_eq!((&uses[0].snapshot, &uses[0].by), (&made[0], &UsedBy::Image(image)));
}

pub async fn inventory_4_not_running_tells_every_tagged_one(stage: &dyn Stage) {
    let mut at_rest = BTreeSet::new();
    // More than the smallest page that an adapter may ask for.
    for n in 0..6 {
        let value = if n % 2 == 0 { "true" } else { "no" };
        let instance = stage.instance(Tags::from_iter([(TAG, value)]), 0).await;
        stage.stop(&instance).await;
        at_rest.insert(instance);
    }
    stage.instance(named("running"), 0).await;
    let untagged = stage.instance(Tags::from_iter([("Name", "batch")]), 0).await;
    stage.stop(&untagged).await;
    let inventory = stage.inventory();
    let told = all_pages(|from| inventory.not_running(TAG, from)).await;
    assert!(told.iter().all(|i| matches!(i.state, InstanceState::Stopping | InstanceState::Stopped)));
    assert_eq!(told.into_iter().map(|i| i.id).collect::<BTreeSet<_>>(), at_rest);
}

pub async fn inventory_5_instance_store_is_told_by_type(stage: &dyn Stage) {
    let inventory = stage.inventory();
    assert_eq!(inventory.instance_store("m5.large").await, Ok(None));
    let store = InstanceStore { disks: 1, total_gb: 75 };
    assert_eq!(inventory.instance_store("m5d.large").await, Ok(Some(store)));
    let store = InstanceStore { disks: 2, total_gb: 600 };
    assert_eq!(inventory.instance_store("m5d.4xlarge").await, Ok(Some(store)));
}

pub async fn inventory_6_locks_name_every_locked_snapshot(stage: &dyn Stage) {
    let inventory = stage.inventory();
    assert_eq!(all_pages(|from| inventory.locks(from)).await, []);
    let mut locked = BTreeSet::new();
    // More than the smallest page that an adapter may ask for, in either mode.
    for mode in ["governance", "compliance"] {
        for _ in 0..2 {
            let instance = stage.instance(named("web"), 1).await;
            let made = stage.snapshots(&instance).await;
            for snapshot in &made {
                stage.lock(snapshot, mode).await;
            }
            locked.extend(made);
        }
    }
    let instance = stage.instance(named("free"), 0).await;
    stage.snapshots(&instance).await;
    let told = all_pages(|from| inventory.locks(from)).await;
    assert!(told.iter().all(|lock| lock.until.is_some()));
    assert_eq!(told.into_iter().map(|lock| lock.snapshot).collect::<BTreeSet<_>>(), locked);
}

pub async fn inventory_7_a_volume_is_absent_only_where_ec2_says_so(stage: &dyn Stage) {
    let instance = stage.instance(named("web"), 1).await;
    let inventory = stage.inventory();
    for volume in inventory.volumes(&instance).await.unwrap() {
        assert_eq!(inventory.presence(&volume.id).await, Ok(Presence::There));
    }
    let unknown = "vol-00000000000000bad".parse().unwrap();
    assert_eq!(inventory.presence(&unknown).await, Ok(Presence::NotFound));
}
