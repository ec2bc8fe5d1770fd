//! Snapshots an instance that failed.

use jiff::Timestamp;
use ports::trigger::InstanceTrigger;
use ports::{Clock, Instance, Inventory, Ledger, LedgerKey, Notifier, Retry, SnapshotId, Snapshots, Swap};
use serde::Serialize;

use super::announce::{AnnouncePorts, Announced, announce};
use super::entry::{decode, encode};
use super::once::{How, Once, OnceError};
use super::run::Run;
use super::take::{SnapshotSet, Take};
use crate::policy::episode::{Episodes, Joined};
use crate::policy::key;
use crate::policy::mode::Mode;
use crate::policy::snapshot::{Skip, SnapshotPlan, SnapshotPolicy};
use crate::render;

/// The ports that snapshotting an instance needs.
#[derive(Clone, Copy)]
pub struct ProtectPorts<'a> {
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

impl std::fmt::Debug for ProtectPorts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProtectPorts")
    }
}

impl<'a> ProtectPorts<'a> {
    fn announcing(&self) -> AnnouncePorts<'a> {
        AnnouncePorts { clock: self.clock, ledger: self.ledger, notifier: self.notifier }
    }
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protected {
    /// Nothing was to be done.
    Skipped(Skip),
    /// This would have been done.
    Observed(SnapshotPlan),
    /// The instance has its snapshots.
    Taken(Box<Taken>),
}

/// An instance that has its snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// The key of the incident.
    pub key: LedgerKey,
    /// The instance's name, or its id where it has none.
    pub name: String,
    /// What was to be done, and why.
    pub plan: SnapshotPlan,
    /// What was done.
    pub set: SnapshotSet,
    /// In which run.
    pub how: How,
    /// The snapshots that could not be given their names.
    pub unnamed: Vec<SnapshotId>,
    /// Whether people know.
    pub announced: Announced,
}

/// Snapshots the instance that an event is about, if it wants that, once for the incident; then tells people.
///
/// # Errors
///
/// When the snapshots may not have been taken; [`OnceError::retry`] tells whether another delivery can take them.
pub async fn protect(
    ports: &ProtectPorts<'_>,
    policy: &SnapshotPolicy,
    run: &Run,
    trigger: &InstanceTrigger,
) -> Result<Protected, OnceError> {
    // Gather.
    if let Err(skip) = policy.admit(trigger) {
        return Ok(Protected::Skipped(skip));
    }
    let Some(instance) = ports.inventory.instance(&trigger.instance).await? else {
        return Ok(Protected::Skipped(Skip::UnknownInstance));
    };
    if let Err(skip) = policy.wants(&instance) {
        return Ok(Protected::Skipped(skip));
    }
    let volumes = ports.inventory.volumes(&trigger.instance).await?;

    // Plan.
    let plan = match policy.plan(trigger, &instance, &volumes) {
        Ok(plan) => plan,
        Err(skip) => return Ok(Protected::Skipped(skip)),
    };
    if run.mode == Mode::Observe {
        return Ok(Protected::Observed(plan));
    }

    // Act.
    let episode = join_episode(ports, trigger).await?;
    let key = key::snapshot(&trigger.instance, episode)?;
    let take = Take { ports, run, key, trigger, instance: &instance, volumes: &volumes, plan: &plan };
    let performed = Once { ledger: ports.ledger, clock: ports.clock, run }.perform(&take).await;
    match performed {
        Ok(done) => Ok(Protected::Taken(Box::new(finish(&take, done.outcome, done.how).await))),
        Err(error) => {
            if error.retry() == Retry::Never {
                let notice = render::protect::failure(&take.key, name_of(&instance), &plan, &error);
                announce(ports.announcing(), run, notice).await;
            }
            Err(error)
        }
    }
}

/// Names the snapshots and tells people. Neither can undo what was done.
async fn finish(take: &Take<'_>, set: SnapshotSet, how: How) -> Taken {
    let unnamed = match how {
        How::Recorded => Vec::new(),
        How::Fresh | How::Adopted => take.name_all(&set).await,
    };
    let told = render::protect::Told {
        key: &take.key,
        name: name_of(take.instance),
        trigger: take.trigger,
        plan: take.plan,
        set: &set,
    };
    let announced = announce(take.ports.announcing(), take.run, render::protect::notice(&told)).await;
    Taken {
        key: take.key.clone(),
        name: name_of(take.instance).to_owned(),
        plan: take.plan.clone(),
        set,
        how,
        unnamed,
        announced,
    }
}

/// What people call an instance: its name, or its id where it has none.
pub fn name_of(instance: &Instance) -> &str {
    instance.tags.get("Name").filter(|name| !name.trim().is_empty()).unwrap_or(instance.id.as_str())
}

/// Finds the incident that the event belongs to, opening one if there is none.
async fn join_episode(ports: &ProtectPorts<'_>, trigger: &InstanceTrigger) -> Result<Timestamp, OnceError> {
    let key = key::episodes(&trigger.instance)?;
    let mut stored = ports.ledger.get(&key).await?;
    loop {
        let known: Episodes = stored.as_ref().map(|s| decode(&key, s)).transpose()?.unwrap_or_default();
        let (opened, episodes) = match known.join(trigger.at) {
            Joined::Known(opened) => return Ok(opened),
            Joined::Opened(opened, episodes) => (opened, episodes),
        };
        let entry = encode(&key, &episodes, false, ports.clock.now())?;
        match ports.ledger.swap(&key, stored.as_ref().map(|s| s.version), &entry).await? {
            Swap::Won(_) => return Ok(opened),
            Swap::Lost(current) => stored = current,
        }
    }
}
