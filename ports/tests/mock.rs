//! The doubles of feature `mock` stand in for the ports.
#![allow(clippy::unwrap_used, reason = "test code fails by panicking")]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use ports::{
    Archive, Clock, ErrorKind, Instances, Inventory, Ledger, Metrics, MockArchive, MockClock, MockInstances,
    MockInventory, MockLedger, MockMetrics, MockNotifier, MockScalingGroups, MockSnapshots, Notifier,
    PortError, ScalingGroups, Snapshots,
};

/// The value of a future that waits for nothing.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("a double never waits"),
    }
}

#[test]
fn a_double_answers_as_it_was_told() {
    let mut inventory = MockInventory::new();
    let denied = PortError::new(ErrorKind::Denied, "DescribeInstances", "no");
    let answer = denied.clone();
    inventory.expect_instance().returning(move |_| Err(answer.clone()));
    assert_eq!(ready(inventory.instance(&"i-1".parse().unwrap())), Err(denied));
}

#[test]
fn every_port_has_a_double() {
    let _: [Box<dyn std::any::Any>; 9] = [
        Box::new(Box::new(MockArchive::new()) as Box<dyn Archive>),
        Box::new(Box::new(MockClock::new()) as Box<dyn Clock>),
        Box::new(Box::new(MockInstances::new()) as Box<dyn Instances>),
        Box::new(Box::new(MockInventory::new()) as Box<dyn Inventory>),
        Box::new(Box::new(MockLedger::new()) as Box<dyn Ledger>),
        Box::new(Box::new(MockMetrics::new()) as Box<dyn Metrics>),
        Box::new(Box::new(MockNotifier::new()) as Box<dyn Notifier>),
        Box::new(Box::new(MockScalingGroups::new()) as Box<dyn ScalingGroups>),
        Box::new(Box::new(MockSnapshots::new()) as Box<dyn Snapshots>),
    ];
}
