//! The clauses of [`Snapshots`].

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{all_pages, tag_set};
use crate::{
    CreateOne, CreateSet, CreatedSnapshot, Deletion, Effect, ImageId, InstanceId, SnapshotFilter, SnapshotId,
    Snapshots, TagSet, UsedBy, VolumeId,
};

/// An adapter of [`Snapshots`] under test, and its world.
#[async_trait]
pub trait Stage: Send + Sync {
    /// The adapter.
    fn snapshots(&self) -> &dyn Snapshots;
    /// A running instance with a root volume and so many data volumes.
    async fn machine(&self, data_volumes: u32) -> Machine;
    /// Makes a machine image that uses a snapshot.
    async fn image(&self, snapshot: &SnapshotId) -> ImageId;
    /// Lets pass what EC2 wants between two snapshots of one volume.
    async fn rest(&self);
    /// How many requests of a kind have reached the world.
    async fn requests(&self, creation: Creation) -> usize;
    /// Loses the answer to the next of them, which takes effect.
    async fn lose_next_reply(&self, creation: Creation);
}

/// An instance that snapshots are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The instance.
    pub id: InstanceId,
    /// Its root volume.
    pub root: VolumeId,
    /// Its data volumes.
    pub data: Vec<VolumeId>,
}

/// A request that makes snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// [`Snapshots::create_set`].
    Set,
    /// [`Snapshots::create_one`].
    One,
}

all! {
    snapshots_1_page_lists_own_by_all_tags
    snapshots_2_tokens_reach_every_page
    snapshots_3_set_covers_the_instance
    snapshots_4_tags_are_there_at_birth
    snapshots_5_create_is_not_repeated
    snapshots_6_gone_is_already_gone
    snapshots_7_in_use_is_an_answer
    snapshots_8_one_snapshot_of_one_volume
    snapshots_9_tag_adds_and_replaces
}

fn set_of(instance: &InstanceId, tags: TagSet) -> CreateSet {
    CreateSet {
        instance: instance.clone(),
        exclude_root: false,
        exclude: Vec::new(),
        description: "a set".to_owned(),
        tags,
    }
}

async fn made(stage: &dyn Stage, data_volumes: u32, tags: TagSet) -> Vec<CreatedSnapshot> {
    let machine = stage.machine(data_volumes).await;
    stage.snapshots().create_set(&set_of(&machine.id, tags)).await.unwrap()
}

pub async fn snapshots_1_page_lists_own_by_all_tags(stage: &dyn Stage) {
    let both = made(stage, 0, tag_set([("a", "1"), ("b", "2")])).await;
    made(stage, 0, tag_set([("a", "1")])).await;
    made(stage, 0, tag_set([("a", "1"), ("b", "*")])).await;
    let snapshots = stage.snapshots();
    let filter = SnapshotFilter::tagged("a", "1").and("b", "2");
    let found = all_pages(|from| snapshots.page(&filter, from)).await;
    assert_eq!(found.iter().map(|s| &s.id).collect::<Vec<_>>(), [&both[0].id]);
    assert_eq!((&found[0].volume, found[0].tags.get("b")), (&both[0].volume, Some("2")));
    // A star in a value is a star.
    let star = SnapshotFilter::tagged("b", "*");
    assert_eq!(all_pages(|from| snapshots.page(&star, from)).await.len(), 1);
}

pub async fn snapshots_2_tokens_reach_every_page(stage: &dyn Stage) {
    let mut all = BTreeSet::new();
    for _ in 0..4 {
        all.extend(made(stage, 2, tag_set([("many", "yes")])).await.into_iter().map(|s| s.id));
    }
    let (snapshots, filter) = (stage.snapshots(), SnapshotFilter::tagged("many", "yes"));
    let listed = all_pages(|from| snapshots.page(&filter, from)).await;
    assert_eq!(listed.len(), 12);
    assert_eq!(listed.into_iter().map(|s| s.id).collect::<BTreeSet<_>>(), all);
}

pub async fn snapshots_3_set_covers_the_instance(stage: &dyn Stage) {
    let machine = stage.machine(2).await;
    let snapshots = stage.snapshots();
    let tags = tag_set([("s", "3")]);
    let wish = CreateSet {
        exclude_root: true,
        exclude: vec![machine.data[0].clone()],
        ..set_of(&machine.id, tags.clone())
    };
    let made = snapshots.create_set(&wish).await.unwrap();
    assert_eq!(made.iter().map(|s| &s.volume).collect::<Vec<_>>(), [&machine.data[1]]);
    stage.rest().await;
    let all = snapshots.create_set(&set_of(&machine.id, tag_set([("s", "all")]))).await.unwrap();
    let covered: BTreeSet<_> = all.iter().map(|s| &s.volume).collect();
    assert_eq!(covered, machine.data.iter().chain([&machine.root]).collect());
    let filter = SnapshotFilter::tagged("s", "all");
    let listed = all_pages(|from| snapshots.page(&filter, from)).await;
    assert!(listed.windows(2).all(|pair| pair[0].started_at == pair[1].started_at));
}

pub async fn snapshots_4_tags_are_there_at_birth(stage: &dyn Stage) {
    let made = made(stage, 1, tag_set([("AutoCreated", "true"), ("birth", "mark")])).await;
    let (snapshots, filter) = (stage.snapshots(), SnapshotFilter::tagged("birth", "mark"));
    let listed = all_pages(|from| snapshots.page(&filter, from)).await;
    assert_eq!(listed.len(), made.len());
    assert!(listed.iter().all(|s| s.tags.get("AutoCreated") == Some("true")));
}

pub async fn snapshots_5_create_is_not_repeated(stage: &dyn Stage) {
    let machine = stage.machine(0).await;
    let snapshots = stage.snapshots();
    stage.lose_next_reply(Creation::Set).await;
    let error = snapshots.create_set(&set_of(&machine.id, tag_set([]))).await.unwrap_err();
    assert_eq!((error.effect(), stage.requests(Creation::Set).await), (Effect::Unknown, 1));
    stage.rest().await;
    stage.lose_next_reply(Creation::One).await;
    let wish = CreateOne { volume: machine.root, description: String::new(), tags: tag_set([]) };
    let error = snapshots.create_one(&wish).await.unwrap_err();
    assert_eq!((error.effect(), stage.requests(Creation::One).await), (Effect::Unknown, 1));
}

pub async fn snapshots_6_gone_is_already_gone(stage: &dyn Stage) {
    let made = made(stage, 0, tag_set([])).await;
    let snapshots = stage.snapshots();
    assert_eq!(snapshots.delete(&made[0].id).await, Ok(Deletion::Deleted));
    assert_eq!(snapshots.delete(&made[0].id).await, Ok(Deletion::AlreadyGone));
}

pub async fn snapshots_7_in_use_is_an_answer(stage: &dyn Stage) {
    let made = made(stage, 0, tag_set([("used", "yes")])).await;
    let image = stage.image(&made[0].id).await;
    let snapshots = stage.snapshots();
    assert_eq!(snapshots.delete(&made[0].id).await, Ok(Deletion::InUse(Some(UsedBy::Image(image)))));
    let filter = SnapshotFilter::tagged("used", "yes");
    assert_eq!(all_pages(|from| snapshots.page(&filter, from)).await.len(), 1);
}

pub async fn snapshots_8_one_snapshot_of_one_volume(stage: &dyn Stage) {
    let volume = stage.machine(1).await.data[0].clone();
    let snapshots = stage.snapshots();
    let tags = tag_set([("one", "yes")]);
    let wish = CreateOne { volume: volume.clone(), description: "one".to_owned(), tags };
    let one = snapshots.create_one(&wish).await.unwrap();
    assert_eq!(one.volume, volume);
    let filter = SnapshotFilter::tagged("one", "yes");
    let listed = all_pages(|from| snapshots.page(&filter, from)).await;
    assert_eq!(
        listed.iter().map(|s| (&s.id, s.description.as_str())).collect::<Vec<_>>(),
        [(&one.id, "one")]
    );
}

pub async fn snapshots_9_tag_adds_and_replaces(stage: &dyn Stage) {
    let made = made(stage, 0, tag_set([("kept", "1"), ("replaced", "1")])).await;
    let snapshots = stage.snapshots();
    snapshots.tag(&made[0].id, &tag_set([("replaced", "2"), ("added", "2")])).await.unwrap();
    let filter = SnapshotFilter::tagged("kept", "1");
    let listed = all_pages(|from| snapshots.page(&filter, from)).await;
    let tags = &listed[0].tags;
    assert_eq!(
        (tags.get("kept"), tags.get("replaced"), tags.get("added")),
        (Some("1"), Some("2"), Some("2"))
    );
}
