use adapters_aws::sdk::SystemClock;
use jiff::SignedDuration;
use ports::Clock;

#[test]
fn clock_1_now_does_not_go_back() {
    let clock = SystemClock::new();
    let readings: Vec<_> = (0..1_000).map(|_| clock.now()).collect();
    assert!(readings.is_sorted());
}

#[tokio::test(start_paused = true)]
async fn clock_2_sleep_waits_at_least_as_long() {
    let clock = SystemClock::new();
    let (time, before) = (SignedDuration::from_secs(3_600), clock.now());
    let begin = tokio::time::Instant::now();
    clock.sleep(time).await;
    assert!(time <= clock.now().duration_since(before));
    assert!(3_600 <= begin.elapsed().as_secs());
}

#[tokio::test(start_paused = true)]
async fn sleeping_for_less_than_no_time_returns_at_once() {
    let begin = tokio::time::Instant::now();
    SystemClock::new().sleep(SignedDuration::from_secs(-5)).await;
    assert!(begin.elapsed().is_zero());
}
