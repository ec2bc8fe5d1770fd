//! What is known of an effect after several attempts: the last one's end is not enough.

use adapters_aws::sdk::{AutoScaling, Ec2Snapshots};
use ports::{
    Capacity, Effect, ErrorKind, GroupName, PortError, Resize, ScalingGroups, SnapshotFilter, Snapshots,
};

use crate::{
    answer::{answer, ec2_error, ok, query, query_error},
    script::{Reply, Script},
};

fn throttle() -> Reply {
    query_error(400, "Throttling", "Rate exceeded")
}

async fn resize(replies: [Reply; 3]) -> Result<Resize, PortError> {
    let groups = AutoScaling::new(&Script::of(replies).config().await);
    groups.set_desired(&GroupName::new("web").unwrap(), Capacity(3)).await
}

#[tokio::test(start_paused = true)]
async fn a_throttle_after_a_lost_reply_leaves_the_effect_unknown() {
    for lost in [Reply::Cut, Reply::Silence, answer(500, "")] {
        let error = resize([lost, throttle(), throttle()]).await.unwrap_err();
        assert_eq!((error.kind, error.effect()), (ErrorKind::Lost, Effect::Unknown));
        assert_eq!(
            error.detail,
            "an earlier attempt may have taken effect; the last: Throttling: Rate exceeded"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_after_a_lost_reply_leaves_the_effect_unknown() {
    let error = resize([throttle(), Reply::Cut, Reply::Refusal]).await.unwrap_err();
    assert_eq!((error.kind, error.effect()), (ErrorKind::Lost, Effect::Unknown));
}

#[tokio::test(start_paused = true)]
async fn throttles_and_refused_connections_leave_no_doubt() {
    let error = resize([throttle(), Reply::Refusal, throttle()]).await.unwrap_err();
    assert_eq!((error.kind, error.effect()), (ErrorKind::Throttled, Effect::NotApplied));
}

#[tokio::test(start_paused = true)]
async fn a_success_after_a_lost_reply_is_a_success() {
    let done = query("SetDesiredCapacity", "");
    assert_eq!(resize([Reply::Cut, throttle(), done]).await, Ok(Resize::Set));
}

#[tokio::test(start_paused = true)]
async fn a_reading_has_no_effect_to_doubt() {
    let throttle = || ec2_error(503, "RequestLimitExceeded", "Request limit exceeded.");
    let script = Script::of([answer(500, ""), throttle(), throttle()]);
    let snapshots = Ec2Snapshots::new(&script.config().await);
    let error = snapshots.page(&SnapshotFilter::default(), None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Throttled);
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_success_is_not_asked_again() {
    let script = Script::always(ok("<DescribeSnapsh"));
    let snapshots = Ec2Snapshots::new(&script.config().await);
    let error = snapshots.page(&SnapshotFilter::default(), None).await.unwrap_err();
    assert_eq!((error.kind, script.requests().len()), (ErrorKind::Lost, 1));
}
