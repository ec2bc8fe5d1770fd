//! What each function asks AWS for: which methods of which ports its workflows call. The template's roles allow this, and
//! nothing else.

use std::collections::BTreeSet;

use adapters_aws::permission::{
    Asks, WITH_A_KEY, archive, instances, inventory, ledger, metrics, notifier, scaling, snapshots,
};

/// One of the functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Snapshots instances that fail.
    AutoSnapshot,
    /// Cleans up, archives, reports, and finishes what was left behind.
    NightlyMaintenance,
    /// Answers alarms.
    AutoRemediation,
}

/// What Lambda asks for in the name of every function: it writes logs, and hands over what the function gave up
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>).
const OF_LAMBDA: &[&str] = &["logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"];

const OF_AUTO_SNAPSHOT: &[Asks] = &[
    inventory::INSTANCE,
    inventory::VOLUMES,
    inventory::INSTANCE_STORE,
    snapshots::PAGE,
    snapshots::CREATE_SET,
    snapshots::CREATE_ONE,
    snapshots::TAG,
    ledger::GET,
    ledger::SWAP,
    notifier::PUBLISH,
];

/// Reconcile finishes what the other two left, but never restarts anything: a restart of unknown end is halted.
const OF_NIGHTLY_MAINTENANCE: &[Asks] = &[
    inventory::INSTANCE,
    inventory::VOLUMES,
    inventory::PRESENCE,
    inventory::INSTANCE_STORE,
    inventory::USES,
    inventory::LOCKS,
    inventory::NOT_RUNNING,
    snapshots::PAGE,
    snapshots::CREATE_SET,
    snapshots::CREATE_ONE,
    snapshots::TAG,
    snapshots::DELETE,
    scaling::GROUP,
    scaling::SET_DESIRED,
    metrics::PAGE,
    archive::CREATE,
    archive::HEAD,
    archive::READ,
    ledger::GET,
    ledger::SWAP,
    ledger::OPEN_KEYS,
    ledger::UNLISTED_KEYS,
    notifier::PUBLISH,
];

const OF_AUTO_REMEDIATION: &[Asks] = &[
    inventory::INSTANCE,
    scaling::GROUP,
    scaling::SET_DESIRED,
    instances::REBOOT,
    ledger::GET,
    ledger::SWAP,
    notifier::PUBLISH,
];

impl Function {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::AutoSnapshot, Self::NightlyMaintenance, Self::AutoRemediation];

    /// The name of its binary.
    pub fn binary(self) -> &'static str {
        match self {
            Self::AutoSnapshot => "auto-snapshot",
            Self::NightlyMaintenance => "nightly-maintenance",
            Self::AutoRemediation => "auto-remediation",
        }
    }

    /// The methods of ports that it calls.
    pub fn calls(self) -> &'static [Asks] {
        match self {
            Self::AutoSnapshot => OF_AUTO_SNAPSHOT,
            Self::NightlyMaintenance => OF_NIGHTLY_MAINTENANCE,
            Self::AutoRemediation => OF_AUTO_REMEDIATION,
        }
    }

    /// The IAM actions that its role needs, those for a key of the account included.
    ///
    /// # Examples
    ///
    /// ```
    /// use lambda_shims::permission::Function;
    ///
    /// assert!(Function::AutoRemediation.actions().contains("ec2:RebootInstances"));
    /// assert!(!Function::AutoSnapshot.actions().contains("ec2:DeleteSnapshot"));
    /// ```
    pub fn actions(self) -> BTreeSet<&'static str> {
        let called = self.calls().iter().flat_map(|asks| asks.actions);
        called.chain(OF_LAMBDA).chain(WITH_A_KEY).copied().collect()
    }
}
