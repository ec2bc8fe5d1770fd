//! Settings, nearly.

use cli::doctor::examine;
use lambda_shims::permission::Function;
use lambda_shims::settings::{NightSettings, Pairs, RemediationSettings, SettingsError, SnapshotSettings};

use crate::{Work, each};

fn is_told<T>(read: Result<T, SettingsError>) {
    let problems = read.err().map(|error| error.0);
    assert!(problems.is_none_or(|problems| problems.iter().all(|problem| !problem.to_string().is_empty())));
}

#[test]
fn settings_are_read_or_every_problem_told() {
    each(&["corpus/settings"], Work::Little, |settings| {
        let Ok(pairs) = serde_json::from_slice::<Pairs>(settings) else { return };
        is_told(SnapshotSettings::parse(&pairs));
        is_told(NightSettings::parse(&pairs));
        is_told(RemediationSettings::parse(&pairs));
        assert!(!examine(&pairs, &Function::ALL).is_empty());
    });
}
