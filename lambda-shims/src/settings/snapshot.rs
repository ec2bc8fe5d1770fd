use std::collections::BTreeSet;

use domain::policy::mode::Mode;
use domain::policy::snapshot::{Grouping, SnapshotOn, SnapshotPolicy};
use domain::policy::trigger_state::TriggerState;

use super::reader::{Reader, listed};
use super::{Common, Pairs, SettingsError, common, mode, owner};

/// What the snapshot function is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotSettings {
    /// What every function is told.
    pub common: Common,
    /// `MODE`: whether to act.
    pub mode: Mode,
    /// `SNAPSHOT_ON`, `SNAPSHOT_STATES`, `SNAPSHOT_MODE`, `SNAPSHOT_EXCLUDE`, `OWNER`: when and how
    /// to snapshot, and for whom.
    pub policy: SnapshotPolicy,
}

impl SnapshotSettings {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    ///
    /// # Examples
    ///
    /// ```
    /// use lambda_shims::settings::SnapshotSettings;
    ///
    /// let error = SnapshotSettings::parse(&[("MODE".to_owned(), "maybe".to_owned())].into()).unwrap_err();
    /// assert_eq!(error.0.len(), 3);
    /// assert!(error.to_string().contains("`MODE` is `maybe`: expected `observe` or `act`"));
    /// ```
    pub fn parse(pairs: &Pairs) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(pairs);
        let common = common(&mut reader);
        let mode = mode(&mut reader);
        let policy = policy(&mut reader);
        reader.finish(common.map(|common| Self { common, mode, policy }))
    }
}

/// When and how to snapshot.
pub(super) fn policy(reader: &mut Reader<'_>) -> SnapshotPolicy {
    let usual = SnapshotPolicy::default();
    SnapshotPolicy {
        on: reader.one_of(
            "SNAPSHOT_ON",
            &[("any", SnapshotOn::Any), ("unexpected", SnapshotOn::Unexpected)],
            usual.on,
        ),
        states: reader.optional("SNAPSHOT_STATES", STATES, states).unwrap_or(usual.states),
        grouping: reader.one_of(
            "SNAPSHOT_MODE",
            &[("set", Grouping::Set), ("volume", Grouping::Volume)],
            usual.grouping,
        ),
        exclude: reader
            .optional("SNAPSHOT_EXCLUDE", "ids of instances and volumes, with commas", excluded)
            .unwrap_or_default(),
        account: None,
        owner: owner(reader),
    }
}

const STATES: &str = "one or more of `stopping`, `stopped`, `shutting-down`, `running`, with commas";

fn states(text: &str) -> Option<BTreeSet<TriggerState>> {
    let states: Option<BTreeSet<_>> = listed(text).map(TriggerState::parse).collect();
    states.filter(|states| !states.is_empty())
}

fn excluded(text: &str) -> Option<BTreeSet<String>> {
    let is_id = |id: &str| id.starts_with("i-") || id.starts_with("vol-");
    listed(text).map(|id| is_id(id).then(|| id.to_owned())).collect()
}
