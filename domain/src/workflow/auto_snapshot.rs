//! Snapshots an instance that failed.

use ports::trigger::InstanceTrigger;
use ports::{Clock, Inventory, Ledger, LedgerKey, Notifier, Retry, Snapshots};
use serde::Serialize;

use super::announce::{AnnouncePorts, Announced, announce, announce_effect};
use super::incident;
use super::once::{How, Once, OnceError, Performed};
use super::run::Run;
use super::snapshot_set::{SnapshotSet, TakeSet};
use crate::policy::incident::Placement;
use crate::policy::mode::Mode;
use crate::policy::snapshot::{Incident, Skip, SnapshotPlan, SnapshotPolicy};
use crate::render;

/// The ports that snapshotting an instance needs.
#[derive(Clone, Copy, Debug)]
pub struct AutoSnapshotPorts<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// What there is.
    pub inventory: &'a dyn Inventory,
    /// What is made.
    pub snapshots: &'a dyn Snapshots,
    /// What was done.
    pub ledger: &'a dyn Ledger,
    /// Who is told.
    pub notifier: &'a dyn Notifier,
}

impl<'a> AutoSnapshotPorts<'a> {
    /// What telling people needs.
    pub fn announcing(&self) -> AnnouncePorts<'a> {
        AnnouncePorts { clock: self.clock, ledger: self.ledger, notifier: self.notifier }
    }
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotOutcome {
    /// Nothing was to be done.
    Skipped(Skip),
    /// This would have been done.
    Observed(SnapshotPlan),
    /// The instance has its snapshots.
    Taken(Box<Taken>),
    /// It has none, and delivering the event again will not help.
    GaveUp(GaveUp),
}

/// An incident that nothing more can be done about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GaveUp {
    /// The key of the incident.
    pub key: LedgerKey,
    /// Why.
    pub error: String,
    /// Whether people know.
    pub announced: Announced,
}

/// An instance that has its snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// The key of the incident.
    pub key: LedgerKey,
    /// What was done.
    pub set: SnapshotSet,
    /// In which run.
    pub how: How,
    /// Whether people know.
    pub announced: Announced,
}

/// Snapshots the instance that an event is about, if it wants that, once for the incident; then tells people.
///
/// # Errors
///
/// When the snapshots may not have been taken; [`OnceError::retry`] tells whether another delivery can take them.
pub async fn snapshot_instance(
    ports: &AutoSnapshotPorts<'_>,
    policy: &SnapshotPolicy,
    run: &Run,
    trigger: &InstanceTrigger,
) -> Result<SnapshotOutcome, OnceError> {
    // Gather.
    if let Err(skip) = policy.admit(trigger) {
        return Ok(SnapshotOutcome::Skipped(skip));
    }
    let Some(instance) = ports.inventory.instance(&trigger.instance).await? else {
        return Ok(SnapshotOutcome::Skipped(Skip::UnknownInstance));
    };
    if let Err(skip) = policy.wants(trigger, &instance) {
        return Ok(SnapshotOutcome::Skipped(skip));
    }
    let volumes = ports.inventory.volumes(&trigger.instance).await?;
    // Not knowing it keeps no volume from being taken.
    let store = match &instance.instance_type {
        Some(instance_type) => ports.inventory.instance_store(instance_type).await,
        None => Ok(None),
    };

    // Plan.
    let placed = Placement::of(trigger, &instance);
    let (plan, sign) =
        match policy.plan(trigger, &instance, &volumes, &store).and_then(|plan| Ok((plan, placed?))) {
            Ok(planned) => planned,
            Err(skip) => return Ok(SnapshotOutcome::Skipped(skip)),
        };
    if run.mode == Mode::Observe {
        return Ok(SnapshotOutcome::Observed(plan));
    }

    // Act.
    let place = incident::join(ports, &trigger.instance, &sign).await?;
    let placed = Incident {
        earlier: place.earlier,
        first: Some(place.first),
        ..Incident::new(trigger, &instance, plan)
    };
    let (key, incident, owner) = (place.key, placed, &policy.owner);
    let take = TakeSet { ports, run, key, incident, owner, instance: Some(&instance), volumes: &volumes };
    let once = Once { ledger: ports.ledger, clock: ports.clock, run };
    let performed = once.perform_from(&take, place.stored).await;
    match performed {
        Ok(Performed { outcome: set, how, untold }) => {
            let notice = render::auto_snapshot::notice(&take.key, &set);
            let announced = announce_effect(ports.announcing(), run, notice, (&take.key, untold)).await;
            Ok(SnapshotOutcome::Taken(Box::new(Taken { key: take.key, set, how, announced })))
        }
        Err(error) if error.retry() == Retry::Never => {
            let notice = render::auto_snapshot::failure(&take.key, &take.incident, &error);
            let announced = announce(ports.announcing(), run, notice).await;
            Ok(SnapshotOutcome::GaveUp(GaveUp { key: take.key, error: error.to_string(), announced }))
        }
        Err(error) => Err(error),
    }
}
