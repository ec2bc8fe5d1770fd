use std::collections::BTreeSet;

use aws_vocabulary::AlarmState;
use cloud_sim::cloud::cloudwatch::Alarm;
use cloud_sim::cloud::{Cloud, Fact};
use jiff::Timestamp;

use super::{Invariant, Seen, for_a_person};

/// Every transition of an alarm is told of, or given up where a person finds it: of a direct action, in the alarm's history
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions.html>).
#[derive(Clone, Debug, Default)]
pub struct Answered {
    open: BTreeSet<(String, Timestamp)>,
}

impl Invariant for Answered {
    fn name(&self) -> &'static str {
        "every alarm is answered, or a person is told that it was not"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        if let Fact::AlarmIs { alarm, state: AlarmState::Alarm, .. } = seen.fact {
            // The alarm's own messages have milliseconds.
            let at = Timestamp::from_millisecond(seen.at.as_millisecond()).unwrap_or(seen.at);
            self.open.insert((alarm.clone(), at));
        } else if let Fact::Published { key, json, .. } = seen.fact {
            for about in for_a_person(key, json).iter().chain([key]) {
                self.open.retain(|(alarm, at)| !about.contains(&format!(":alarm:{alarm}#{at}")));
            }
        } else if let Fact::Exhausted { payload, .. } | Fact::Undelivered { action: Some(payload), .. } =
            seen.fact
        {
            self.open.retain(|(alarm, _)| !payload.contains(alarm.as_str()));
        }
        None
    }

    /// What an alarm tells people itself asks for no answer.
    fn at_rest(&mut self, cloud: &Cloud) -> Vec<String> {
        let to_people = |alarm: &Alarm| alarm.topics.iter().any(|topic| cloud.sns.tells_people(topic));
        let alarms = cloud.cloudwatch.alarms();
        let told: BTreeSet<&str> =
            alarms.filter(|(_, alarm)| to_people(alarm)).map(|(name, _)| name).collect();
        let open = std::mem::take(&mut self.open).into_iter();
        open.filter(|(alarm, _)| !told.contains(alarm.as_str()))
            .map(|(alarm, at)| format!("`{alarm}` at {at}"))
            .collect()
    }
}
