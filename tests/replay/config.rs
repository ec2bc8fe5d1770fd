use std::time::Duration;

use adapters_aws::sdk::config;

use crate::{answer::ok, script::Script};

#[tokio::test(start_paused = true)]
async fn limits_fit_into_a_port_call() {
    let limited = config::limited(&Script::always(ok("")).config().await);
    let timeouts = limited.timeout_config().unwrap();
    assert_eq!(timeouts.connect_timeout(), Some(Duration::from_secs(2)));
    assert_eq!(timeouts.operation_attempt_timeout(), Some(Duration::from_secs(4)));
    assert_eq!(timeouts.operation_timeout(), Some(Duration::from_secs(9)));
    assert!(config::OPERATION < Duration::try_from(ports::time::CALL_LIMIT).unwrap());
    assert_eq!(limited.retry_config().unwrap().max_attempts(), 3);
}

#[tokio::test(start_paused = true)]
async fn limits_leave_the_rest_as_it_was() {
    let given = Script::always(ok("")).loader().endpoint_url("http://localhost:5000").load().await;
    let limited = config::limited(&given);
    assert_eq!(limited.endpoint_url(), Some("http://localhost:5000"));
    assert_eq!(limited.region(), given.region());
}
