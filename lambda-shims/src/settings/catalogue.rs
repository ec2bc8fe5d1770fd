use crate::permission::Function;

/// A setting, as the README has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// The functions that read it.
    pub functions: &'static [Function],
    /// What holds without it, for people: `required` where nothing does.
    pub default: &'static str,
}

const ALL: &[Function] = &Function::ALL;
const SNAPSHOT: &[Function] = &[Function::AutoSnapshot, Function::NightlyMaintenance];
const NIGHT: &[Function] = &[Function::NightlyMaintenance];
const REMEDIATION: &[Function] = &[Function::AutoRemediation];
const ALARM: &[Function] = &[Function::AutoRemediation, Function::NightlyMaintenance];

const fn setting(name: &'static str, functions: &'static [Function], default: &'static str) -> Setting {
    Setting { name, functions, default }
}

/// Every setting.
pub const SETTINGS: &[Setting] = &[
    setting("MODE", ALL, "observe"),
    setting("ALERT_TOPIC_ARN", ALL, "required"),
    setting("LEDGER_TABLE", ALL, "required"),
    setting("OWNER", SNAPSHOT, "default"),
    setting("SNAPSHOT_ON", SNAPSHOT, "any"),
    setting("SNAPSHOT_STATES", SNAPSHOT, "all four"),
    setting("SNAPSHOT_MODE", SNAPSHOT, "set"),
    setting("SNAPSHOT_EXCLUDE", SNAPSHOT, "none"),
    setting("SNAPSHOT_RETENTION_DAYS", NIGHT, "30, unless a KEEP_* rule is set"),
    setting("KEEP_LAST", NIGHT, "none"),
    setting("KEEP_HOURLY", NIGHT, "none"),
    setting("KEEP_DAILY", NIGHT, "none"),
    setting("KEEP_WEEKLY", NIGHT, "none"),
    setting("KEEP_MONTHLY", NIGHT, "none"),
    setting("KEEP_YEARLY", NIGHT, "none"),
    setting("KEEP_WITHIN", NIGHT, "none"),
    setting("KEEP_WITHIN_HOURLY", NIGHT, "none"),
    setting("KEEP_WITHIN_DAILY", NIGHT, "none"),
    setting("KEEP_WITHIN_WEEKLY", NIGHT, "none"),
    setting("KEEP_WITHIN_MONTHLY", NIGHT, "none"),
    setting("KEEP_WITHIN_YEARLY", NIGHT, "none"),
    setting("KEEP_TAG", NIGHT, "none"),
    setting("KEEP_WITHIN_FROM", NIGHT, "now"),
    setting("KEEP_GROUP_BY", NIGHT, "volume"),
    setting("KEEP_FLOOR", NIGHT, "1"),
    setting("KEEP_DEAD_DAYS", NIGHT, "none"),
    setting("MAX_REMOVE_PERCENT", NIGHT, "25"),
    setting("MAX_REMOVE", NIGHT, "10"),
    setting("ACCEPT_PLAN", NIGHT, "none"),
    setting("DELETE_RATE", NIGHT, "5"),
    setting("METRICS_TABLE", NIGHT, "none"),
    setting("REPORT_BUCKET", NIGHT, "none"),
    setting("REPORT_PREFIX", NIGHT, "none"),
    setting("METRICS_TIME_ATTRIBUTE", NIGHT, "timestamp"),
    setting("METRICS_SEGMENTS", NIGHT, "1"),
    setting("METRICS_INDEX", NIGHT, "none"),
    setting("METRICS_INDEX_KEY", NIGHT, "date"),
    setting("AUTO_SCALING_GROUP_NAME", REMEDIATION, "none"),
    setting("SCALE_GROUPS", REMEDIATION, "none"),
    setting("SCALE_OUT_BY", REMEDIATION, "2"),
    setting("SCALE_COOLDOWN_SECONDS", REMEDIATION, "300"),
    setting("RESTART_COOLDOWN_SECONDS", REMEDIATION, "1800"),
    setting("ALARM_MAX_AGE_SECONDS", ALARM, "600"),
    setting("ALARM_TOPIC_ARN", REMEDIATION, "none"),
    setting("ROUTES", REMEDIATION, "high CPU scales out, disk space asks a person"),
];
