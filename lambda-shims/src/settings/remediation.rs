use std::collections::BTreeSet;

use domain::policy::mode::Mode;
use domain::policy::restart::RestartPolicy;
use domain::policy::route::Routes;
use domain::policy::scale::{BreachStep, Grow, ScalePolicy};
use jiff::SignedDuration;
use ports::{Arn, GroupName};

use super::reader::{Reader, listed, number};
use super::{Common, Pairs, SettingsError, common, mode, routes};

/// What the remediation function is told.
#[derive(Clone, Debug, PartialEq)]
pub struct RemediationSettings {
    /// What every function is told.
    pub common: Common,
    /// `MODE`: whether to act.
    pub mode: Mode,
    /// `ROUTES`: which alarm gets which remedy.
    pub routes: Routes,
    /// `AUTO_SCALING_GROUP_NAME`, `SCALE_GROUPS`, `SCALE_COOLDOWN_SECONDS`, `ALARM_MAX_AGE_SECONDS`: how groups scale.
    pub scale: ScalePolicy,
    /// `RESTART_COOLDOWN_SECONDS`, `ALARM_MAX_AGE_SECONDS`: when instances are restarted.
    pub restart: RestartPolicy,
}

pub(super) const GROW: &str =
    "a number such as `2`, a share such as `50%`, or steps by breach such as `breach:0=1,20=2,50=4`";

impl RemediationSettings {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub fn parse(pairs: &Pairs) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(pairs);
        let common = common(&mut reader);
        let mode = mode(&mut reader);
        let scale = scale(&mut reader);
        let restart = restart(&mut reader, scale.stale_after);
        let usual = reader.optional("SCALE_OUT_BY", GROW, grow).unwrap_or(Grow::Fixed(2));
        let routes = routes::read(&mut reader, &usual);
        // A notice that comes back as an alarm would be answered with a notice.
        let alarm_topic =
            reader.optional("ALARM_TOPIC_ARN", "the ARN of an SNS topic", |text| Arn::new(text).ok());
        if let (Some(common), Some(alarms)) = (&common, &alarm_topic)
            && common.alert_topic == *alarms
        {
            reader.problem(
                "ALARM_TOPIC_ARN",
                "another topic than `ALERT_TOPIC_ARN`, or notices would come back",
            );
        }
        let read = common.zip(routes);
        reader.finish(read.map(|(common, routes)| Self { common, mode, routes, scale, restart }))
    }
}

fn scale(reader: &mut Reader<'_>) -> ScalePolicy {
    let usual = ScalePolicy::default();
    let group = |text: &str| GroupName::new(text).ok();
    ScalePolicy {
        fallback: reader.optional("AUTO_SCALING_GROUP_NAME", "the name of an Auto Scaling group", group),
        allowed: reader
            .optional("SCALE_GROUPS", "names of Auto Scaling groups, with commas", |text| {
                listed(text).map(group).collect::<Option<BTreeSet<_>>>()
            })
            .unwrap_or_default(),
        cooldown: reader
            .optional("SCALE_COOLDOWN_SECONDS", "a whole number from 0 to 86400", seconds)
            .unwrap_or(usual.cooldown),
        stale_after: max_age(reader),
    }
}

/// From when on a transition is history.
pub(super) fn max_age(reader: &mut Reader<'_>) -> SignedDuration {
    reader
        .optional("ALARM_MAX_AGE_SECONDS", "a whole number from 0 to 86400", seconds)
        .unwrap_or(ScalePolicy::default().stale_after)
}

fn restart(reader: &mut Reader<'_>, stale_after: SignedDuration) -> RestartPolicy {
    let cooldown = reader
        .optional("RESTART_COOLDOWN_SECONDS", "a whole number from 0 to 86400", seconds)
        .unwrap_or(RestartPolicy::default().cooldown);
    RestartPolicy { cooldown, stale_after }
}

fn seconds(text: &str) -> Option<SignedDuration> {
    number(text, 0..=86_400).map(SignedDuration::from_secs)
}

/// Reads how far to grow.
pub(super) fn grow(text: &str) -> Option<Grow> {
    let count = |text: &str| number(text, 1..=10_000).and_then(|n| u32::try_from(n).ok());
    if let Some(steps) = text.strip_prefix("breach:") {
        let step = |part: &str| {
            let (from, add) = part.split_once('=')?;
            Some(BreachStep { from_percent: from.trim().parse().ok()?, add: count(add.trim())? })
        };
        let steps: Option<Vec<_>> = listed(steps).map(step).collect();
        return steps.filter(|steps| !steps.is_empty()).map(Grow::ByBreach);
    }
    match text.strip_suffix('%') {
        Some(share) => count(share.trim()).map(Grow::Percent),
        None => count(text).map(Grow::Fixed),
    }
}
