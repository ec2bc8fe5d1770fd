use std::sync::Arc;

use domain::workflow::auto_snapshot::AutoSnapshotPorts;
use domain::workflow::maintain::NightPorts;
use domain::workflow::reconcile::ReconcilePorts;
use domain::workflow::remedy::RemediatePorts;
use ports::{Archive, Clock, Instances, Inventory, Ledger, Metrics, Notifier, ScalingGroups, Snapshots};

/// Every port of one region, to lend to workflows. The nightly function uses them all.
#[derive(Clone, Debug)]
pub struct Ports {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Reads instances.
    pub inventory: Arc<dyn Inventory>,
    /// Makes and deletes snapshots.
    pub snapshots: Arc<dyn Snapshots>,
    /// Acts on instances.
    pub instances: Arc<dyn Instances>,
    /// Scales groups.
    pub groups: Arc<dyn ScalingGroups>,
    /// Reads records.
    pub metrics: Arc<dyn Metrics>,
    /// Keeps objects.
    pub archive: Arc<dyn Archive>,
    /// Tells people.
    pub notifier: Arc<dyn Notifier>,
    /// Remembers what was done.
    pub ledger: Arc<dyn Ledger>,
}

impl Ports {
    /// The ports of one thing that is all of them, as a simulated cloud is.
    pub fn of<T>(all: T) -> Self
    where
        T: Clock
            + Inventory
            + Snapshots
            + Instances
            + ScalingGroups
            + Metrics
            + Archive
            + Notifier
            + Ledger
            + Clone
            + 'static,
    {
        Self {
            clock: Arc::new(all.clone()),
            inventory: Arc::new(all.clone()),
            snapshots: Arc::new(all.clone()),
            instances: Arc::new(all.clone()),
            groups: Arc::new(all.clone()),
            metrics: Arc::new(all.clone()),
            archive: Arc::new(all.clone()),
            notifier: Arc::new(all.clone()),
            ledger: Arc::new(all),
        }
    }

    /// What a night needs.
    pub fn night(&self) -> NightPorts<'_> {
        NightPorts {
            clock: self.clock.as_ref(),
            inventory: self.inventory.as_ref(),
            snapshots: self.snapshots.as_ref(),
            metrics: self.metrics.as_ref(),
            archive: self.archive.as_ref(),
            ledger: self.ledger.as_ref(),
            notifier: self.notifier.as_ref(),
        }
    }

    /// What finishing what was left behind needs.
    pub fn reconcile(&self) -> ReconcilePorts<'_> {
        ReconcilePorts {
            clock: self.clock.as_ref(),
            inventory: self.inventory.as_ref(),
            snapshots: self.snapshots.as_ref(),
            groups: self.groups.as_ref(),
            instances: self.instances.as_ref(),
            ledger: self.ledger.as_ref(),
            notifier: self.notifier.as_ref(),
        }
    }
}

/// What the snapshot function is given of a region's ports: what it does not use is not built into it either.
#[derive(Clone, Debug)]
pub struct SnapshotPorts {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Reads instances.
    pub inventory: Arc<dyn Inventory>,
    /// Makes snapshots.
    pub snapshots: Arc<dyn Snapshots>,
    /// Tells people.
    pub notifier: Arc<dyn Notifier>,
    /// Remembers what was done.
    pub ledger: Arc<dyn Ledger>,
}

impl SnapshotPorts {
    /// What snapshotting an instance needs.
    pub fn auto_snapshot(&self) -> AutoSnapshotPorts<'_> {
        AutoSnapshotPorts {
            clock: self.clock.as_ref(),
            inventory: self.inventory.as_ref(),
            snapshots: self.snapshots.as_ref(),
            ledger: self.ledger.as_ref(),
            notifier: self.notifier.as_ref(),
        }
    }
}

impl From<Ports> for SnapshotPorts {
    fn from(all: Ports) -> Self {
        let Ports { clock, inventory, snapshots, notifier, ledger, .. } = all;
        Self { clock, inventory, snapshots, notifier, ledger }
    }
}

/// What the remediation function is given of a region's ports.
#[derive(Clone, Debug)]
pub struct RemediationPorts {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Reads instances.
    pub inventory: Arc<dyn Inventory>,
    /// Acts on instances.
    pub instances: Arc<dyn Instances>,
    /// Scales groups.
    pub groups: Arc<dyn ScalingGroups>,
    /// Tells people.
    pub notifier: Arc<dyn Notifier>,
    /// Remembers what was done.
    pub ledger: Arc<dyn Ledger>,
}

impl RemediationPorts {
    /// What answering an alarm needs.
    pub fn remediate(&self) -> RemediatePorts<'_> {
        RemediatePorts {
            clock: self.clock.as_ref(),
            groups: self.groups.as_ref(),
            inventory: self.inventory.as_ref(),
            instances: self.instances.as_ref(),
            ledger: self.ledger.as_ref(),
            notifier: self.notifier.as_ref(),
        }
    }
}

impl From<Ports> for RemediationPorts {
    fn from(all: Ports) -> Self {
        let Ports { clock, inventory, instances, groups, notifier, ledger, .. } = all;
        Self { clock, inventory, instances, groups, notifier, ledger }
    }
}
