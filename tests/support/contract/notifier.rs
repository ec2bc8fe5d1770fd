use ports::{Effect, ErrorKind, Notice, Subject};

use super::{Received, Stage};

fn notice() -> Notice {
    Notice::new(
        Subject::fit("[Auto-Snapshot] web (stopped)"),
        "for people",
        r#"{"for":"machines"}"#,
        "snap#i-1",
    )
}

pub async fn notifier_1_subscribers_get_both_forms(stage: &dyn Stage) {
    stage.ports().notifier.publish(&notice()).await.unwrap();
    let got = stage.received().await;
    let form = |body: &str, by_queue| Received {
        subject: "[Auto-Snapshot] web (stopped)".to_owned(),
        body: body.to_owned(),
        by_queue,
    };
    assert!(got.contains(&form("for people", false)), "{got:?}");
    assert!(got.contains(&form(r#"{"for":"machines"}"#, true)), "{got:?}");
}

pub async fn notifier_2_publish_is_not_repeated(stage: &dyn Stage) {
    stage.lose_next_reply("Publish").await;
    let error = stage.ports().notifier.publish(&notice()).await.unwrap_err();
    assert_eq!((error.effect(), stage.requests("Publish").await), (Effect::Unknown, 1));
}

pub async fn notifier_3_missing_topic_is_not_found(stage: &dyn Stage) {
    let error = stage.ports_to_nowhere().notifier.publish(&notice()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}
