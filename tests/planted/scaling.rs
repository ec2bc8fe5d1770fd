//! Bugs of scaling a group out.

use adapters_aws::inbound;
use adapters_sim::SimPorts;
use cloud_sim::cloud::Happening;
use cloud_sim::cloud::cloudwatch::Alarm;
use cloud_sim::fault::{Fault, FaultPlan, Pick, Rule};
use cloud_sim::kernel::Handler;
use cloud_sim::{Invocation, Scenario};
use domain::policy::key;
use jiff::SignedDuration;
use ports::trigger::AlarmTrigger;
use ports::{Capacity, Group, GroupName, Ledger, LedgerKey, ScalingGroups, time};
use serde_json::json;
use simulation::rule::{Answered, Claimed, NeverLowered, OneRaise};
use simulation::stack::FunctionName::AutoRemediation;
use simulation::story::story;

use crate::hunt::{Planted, Search, rule};
use crate::part::{HandlerResult, Oops, claim, handler, skipped, tell};
use crate::world::{alarmed, begin};

/// How many instances are added.
const STEP: u32 = 2;

/// The alarm of an event, and its group.
fn alarm_of(invocation: &Invocation) -> Result<(AlarmTrigger, GroupName), Oops> {
    let alarm = inbound::alarms(&invocation.payload).remove(0)?;
    let group = alarm.group().ok_or("no group")?;
    Ok((alarm, group))
}

async fn group(ports: &SimPorts, name: &GroupName) -> Result<Group, Oops> {
    Ok(ports.group(name).await?.ok_or("no such group")?)
}

fn grown(group: &Group) -> Capacity {
    group.desired.plus(STEP).min(group.max)
}

/// Says that a group was scaled out.
async fn scaled_out(
    ports: &SimPorts,
    alarm: &AlarmTrigger,
    group: &GroupName,
    to: Capacity,
) -> HandlerResult {
    let key = key::remediation(&alarm.arn, alarm.changed_at)?;
    tell(ports, &format!("[Auto-Remediation] {}", alarm.name), &key).await?;
    Ok(json!({ "results": [{ "action": "scale_out", "asg": group, "new_desired": to }] }))
}

/// Adds two for every message.
fn adds_for_every_message() -> Handler {
    handler(|invocation, ports| async move {
        let (alarm, name) = alarm_of(&invocation)?;
        let target = grown(&group(&ports, &name).await?);
        ports.set_desired(&name, target).await?;
        scaled_out(&ports, &alarm, &name, target).await
    })
}

/// The group as it was when the target was written down, and the target; written down first if it is not yet.
async fn written(ports: &SimPorts, key: &LedgerKey, name: &GroupName) -> Result<(Capacity, Capacity), Oops> {
    if let Some(stored) = ports.get(key).await? {
        return Ok(serde_json::from_str(&stored.entry.state)?);
    }
    let group = group(ports, name).await?;
    let both = (group.desired, grown(&group));
    claim(ports, key, &serde_json::to_string(&both)?, SignedDuration::from_hours(24)).await?;
    Ok(both)
}

/// Sets what an earlier attempt had wanted, whatever the group has become since.
fn sets_a_stale_target() -> Handler {
    handler(|invocation, ports| async move {
        let (alarm, name) = alarm_of(&invocation)?;
        let (_, target) = written(&ports, &key::remediation(&alarm.arn, alarm.changed_at)?, &name).await?;
        ports.set_desired(&name, target).await?;
        scaled_out(&ports, &alarm, &name, target).await
    })
}

/// Sets what an earlier attempt had wanted if nobody has changed the group, and does not look whether the group allows it.
fn sets_more_than_the_maximum() -> Handler {
    handler(|invocation, ports| async move {
        let (alarm, name) = alarm_of(&invocation)?;
        let (before, target) =
            written(&ports, &key::remediation(&alarm.arn, alarm.changed_at)?, &name).await?;
        if group(&ports, &name).await?.desired == before {
            ports.set_desired(&name, target).await?;
        }
        scaled_out(&ports, &alarm, &name, target).await
    })
}

/// Notes that the group could not be scaled, and leaves it at that: the alarm will come again, it thinks.
fn waits_for_the_next_message() -> Handler {
    handler(|invocation, ports| async move {
        let (alarm, name) = alarm_of(&invocation)?;
        let target = grown(&group(&ports, &name).await?);
        match ports.set_desired(&name, target).await {
            Ok(_) => scaled_out(&ports, &alarm, &name, target).await,
            Err(error) => Ok(skipped(&error.to_string())),
        }
    })
}

fn planted(bug: &'static str, story: Scenario, wrong: Handler, caught_by: &'static str) -> Planted {
    let wrong = (AutoRemediation, wrong);
    Planted { bug, story, wrong, search: Search::Boring, caught_by, budget: 1 }
}

fn duplicate_alarm() -> Planted {
    let story = story(AutoRemediation, 2, 0);
    Planted {
        search: Search::Every { preemptions: 0 },
        ..planted("duplicate alarm scales twice", story, adds_for_every_message(), rule(&OneRaise::default()))
    }
}

/// The alarm arrives once, and its function may crash; before it is tried again, somebody changes the group. A request that lands late
/// is left out: it may undo what they did whatever a handler does, because Auto Scaling has no compare-and-set.
fn meanwhile(what: Happening) -> Scenario {
    let crashes = FaultPlan::choices(vec![Fault::CrashBefore, Fault::CrashAfter], 1);
    story(AutoRemediation, 1, 1).faults(crashes).happens(SignedDuration::from_secs(60), what)
}

fn web() -> GroupName {
    "web".parse().unwrap()
}

fn stale_desired() -> Planted {
    Planted {
        search: Search::Every { preemptions: 0 },
        budget: 20,
        ..planted(
            "stale desired written over a person's change",
            meanwhile(Happening::Resize { group: web(), desired: Capacity(8) }),
            sets_a_stale_target(),
            rule(&NeverLowered),
        )
    }
}

fn lowered_max() -> Planted {
    Planted {
        search: Search::Every { preemptions: 0 },
        budget: 20,
        ..planted(
            "desired above a lowered max",
            meanwhile(Happening::Limit { group: web(), max: Capacity(3) }).expects(Claimed::default),
            sets_more_than_the_maximum(),
            rule(&Claimed::default()),
        )
    }
}

fn never_retried() -> Planted {
    let outage = Rule::on("SetDesiredCapacity", Fault::Unavailable, Pick::Every)
        .between(begin(), time::later(begin(), SignedDuration::from_secs(30)));
    let plan = FaultPlan { rules: vec![outage], ..FaultPlan::default() };
    planted(
        "failed action on a one-shot alarm never retried",
        alarmed("web-high-cpu", Alarm::high_cpu(Some("web"))).faults(plan),
        waits_for_the_next_message(),
        rule(&Answered::default()),
    )
}

pub(crate) fn bugs() -> Vec<Planted> {
    vec![duplicate_alarm(), stale_desired(), never_retried(), lowered_max()]
}

#[test]
fn scaling_twice_for_a_duplicate_is_caught() {
    duplicate_alarm().check();
}

#[test]
fn writing_a_stale_desired_is_caught() {
    stale_desired().check();
}

#[test]
fn never_retrying_a_failed_action_is_caught() {
    never_retried().check();
}

#[test]
fn claiming_a_desired_above_a_lowered_max_is_caught() {
    lowered_max().check();
}
