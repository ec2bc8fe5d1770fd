use ports::{Effect, ErrorKind};

use super::{Stage, opted_in};

pub async fn instances_1_reboot_is_asked_once(stage: &dyn Stage) {
    let instance = stage.instance(opted_in("web"), 0).await;
    stage.lose_next_reply("RebootInstances").await;
    let error = stage.ports().instances.reboot(&instance).await.unwrap_err();
    assert_eq!((error.effect(), stage.requests("RebootInstances").await), (Effect::Unknown, 1));
}

pub async fn instances_2_unknown_instance_is_not_found(stage: &dyn Stage) {
    let id = "i-00000000000000bad".parse().unwrap();
    let error = stage.ports().instances.reboot(&id).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}
