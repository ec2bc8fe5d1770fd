//! The clauses of [`Instances`].

use async_trait::async_trait;

use crate::{Effect, ErrorKind, InstanceId, Instances};

/// An adapter of [`Instances`] under test, and its world.
#[async_trait]
pub trait Stage: Send + Sync {
    /// The adapter.
    fn instances(&self) -> &dyn Instances;
    /// A running instance.
    async fn instance(&self) -> InstanceId;
    /// How many requests to reboot an instance have reached the world.
    async fn requests(&self) -> usize;
    /// Loses the answer to the next of them, which takes effect.
    async fn lose_next_reply(&self);
}

all! {
    instances_1_reboot_is_asked_once
    instances_2_unknown_instance_is_not_found
}

pub async fn instances_1_reboot_is_asked_once(stage: &dyn Stage) {
    let instance = stage.instance().await;
    stage.lose_next_reply().await;
    let error = stage.instances().reboot(&instance).await.unwrap_err();
    assert_eq!((error.effect(), stage.requests().await), (Effect::Unknown, 1));
}

pub async fn instances_2_unknown_instance_is_not_found(stage: &dyn Stage) {
    let id = "i-00000000000000bad".parse().unwrap();
    let error = stage.instances().reboot(&id).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}
