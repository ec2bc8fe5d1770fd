use aws_vocabulary::SpotAction;
use aws_vocabulary::{InstanceId, InstanceState, StateReason, Tags, time};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Machine, Trait};
use crate::cloud::cloudwatch::Metric;
use crate::cloud::eventbridge::{ec2_spot_warning, health};
use crate::cloud::{Cloud, Happening};
use crate::kernel::Context;
use crate::payload::HealthIssue;

/// What happens to an instance beside being stopped, started and rebooted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Incident {
    /// It is terminated, for this reason.
    Terminate(StateReason),
    /// A person stops it by force, although its host keeps it from stopping: the `Force` of `StopInstances`
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/TroubleshootingInstancesStopping.html>).
    ForceStop,
    /// EC2 takes a spot instance back, two minutes after it warned of that
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html>).
    SpotInterruption(SpotAction),
    /// Its host is retired at an instant, of which AWS Health tells at once
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-retirement.html>).
    Retirement(Timestamp),
    /// Its host is retired now.
    Retired,
    /// Its host fails.
    HostFails,
    /// EC2 has tried to bring it up on another host; whether that went well.
    Recovered(bool),
    /// It is started, and does not come up, for this reason.
    FailsToStart(StateReason),
    /// It did not come up, for this reason.
    NeverRan(StateReason),
    /// Its tags fade, as it was terminated.
    Fades,
    /// It is not listed any more.
    Vanishes,
}

/// How long before a spot instance goes EC2 warns of it.
const WARNING: SignedDuration = SignedDuration::from_mins(2);
/// How long a terminated instance stays listed: "usually less than one hour"
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html>).
const LISTED: SignedDuration = SignedDuration::from_mins(59);
/// When the tags of a terminated instance fade: gradually, EC2 says. Unverified: when exactly.
const FADES: SignedDuration = SignedDuration::from_mins(30);

impl Cloud {
    /// Lets something happen to an instance.
    pub(in crate::cloud) fn befall(
        &mut self,
        instance: &InstanceId,
        incident: Incident,
        context: &mut Context<'_>,
    ) {
        match incident {
            Incident::Terminate(reason) => self.terminates(instance, reason, context),
            Incident::ForceStop => self.force_stop(instance, context),
            Incident::SpotInterruption(action) => self.interrupt(instance, action, context),
            Incident::Retirement(at) => self.schedule_retirement(instance, at, context),
            Incident::Retired => self.retire(instance, context),
            Incident::HostFails => self.host_fails(instance, context),
            Incident::Recovered(well) => self.recovered(instance, well, context),
            Incident::FailsToStart(reason) => self.fails_to_start(instance, reason, context),
            Incident::NeverRan(reason) => self.never_ran(instance, reason, context),
            Incident::Fades => {
                if let Some(machine) = self.terminated(instance) {
                    machine.tags = Tags::default();
                }
            }
            Incident::Vanishes => {
                if self.terminated(instance).is_some() {
                    self.ec2.instances.remove(instance);
                }
            }
        }
    }

    fn terminated(&mut self, instance: &InstanceId) -> Option<&mut Machine> {
        self.ec2.machine(instance).filter(|machine| machine.state == InstanceState::Terminated)
    }

    fn terminates(&mut self, instance: &InstanceId, reason: StateReason, context: &mut Context<'_>) {
        let Some(machine) = self.ec2.machine(instance) else { return };
        if matches!(machine.state, InstanceState::ShuttingDown | InstanceState::Terminated) {
            return;
        }
        machine.transition.clone_from(&reason.code);
        machine.reason = Some(reason);
        self.enter(instance, InstanceState::ShuttingDown, context);
        let took =
            context.choose_between("terminate", SignedDuration::from_secs(15), SignedDuration::from_secs(90));
        context
            .later(took, Happening::Settle { instance: instance.clone(), state: InstanceState::Terminated });
    }

    /// A terminated instance is gone for good, but is listed for a while.
    pub(super) fn leaves(&mut self, instance: &InstanceId, context: &mut Context<'_>) {
        self.ec2.let_volumes_go(instance);
        for (after, incident) in [(FADES, Incident::Fades), (LISTED, Incident::Vanishes)] {
            context.later(after, Happening::Befalls { instance: instance.clone(), incident });
        }
    }

    fn force_stop(&mut self, instance: &InstanceId, context: &mut Context<'_>) {
        if let Some(machine) = self.ec2.machine(instance) {
            machine.traits.remove(&Trait::Stuck);
        }
        let took =
            context.choose_between("stop", SignedDuration::from_secs(20), SignedDuration::from_secs(90));
        context.later(took, Happening::Settle { instance: instance.clone(), state: InstanceState::Stopped });
    }

    /// EC2 warns, and takes the instance back when the time is over: unless it is gone by then.
    fn interrupt(&mut self, instance: &InstanceId, action: SpotAction, context: &mut Context<'_>) {
        let is_spot = self.ec2.machine(instance).is_some_and(|machine| machine.is(Trait::Spot));
        if !is_spot {
            return;
        }
        ec2_spot_warning(self, instance, action, context);
        let reason =
            |code: &str| StateReason { code: code.to_owned(), message: format!("{code}: Spot interruption") };
        let instance = instance.clone();
        let what = match action {
            SpotAction::Stop | SpotAction::Hibernate => {
                Happening::Stop { instance, reason: reason("Server.SpotInstanceShutdown") }
            }
            SpotAction::Terminate => {
                let incident = Incident::Terminate(reason("Server.SpotInstanceTermination"));
                Happening::Befalls { instance, incident }
            }
        };
        context.later(WARNING, what);
    }

    /// It is pending, and then stopped again without having run. Unverified: whether it is `stopping` in between.
    fn fails_to_start(&mut self, instance: &InstanceId, reason: StateReason, context: &mut Context<'_>) {
        if self.starts(instance, context) {
            self.enter(instance, InstanceState::Pending, context);
            let took =
                context.choose_between("run", SignedDuration::from_secs(10), SignedDuration::from_secs(60));
            let incident = Incident::NeverRan(reason);
            context.later(took, Happening::Befalls { instance: instance.clone(), incident });
        }
    }

    fn never_ran(&mut self, instance: &InstanceId, reason: StateReason, context: &mut Context<'_>) {
        let Some(machine) = self.ec2.machine(instance) else { return };
        if machine.state == InstanceState::Pending {
            machine.transition.clone_from(&reason.code);
            machine.reason = Some(reason);
            self.enter(instance, InstanceState::Stopped, context);
        }
    }

    fn schedule_retirement(&mut self, instance: &InstanceId, at: Timestamp, context: &mut Context<'_>) {
        let code = "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED";
        health(self, &HealthIssue { code, category: "scheduledChange", instance, starts: at }, context);
        context.at(at, Happening::Befalls { instance: instance.clone(), incident: Incident::Retired });
    }

    /// What is backed by EBS is stopped, what is not is terminated.
    fn retire(&mut self, instance: &InstanceId, context: &mut Context<'_>) {
        let code = "Server.ScheduledStop".to_owned();
        let reason = StateReason { code, message: "Stopped due to scheduled retirement".to_owned() };
        if self.ec2.machine(instance).is_some_and(|machine| machine.is(Trait::OnInstanceStore)) {
            self.terminates(instance, reason, context);
        } else {
            self.stop(instance, reason, context);
        }
    }

    /// Simplified automatic recovery: the instance keeps running as far as its state goes, so no event tells of it but AWS
    /// Health's. What belongs to a scaling group, or has its root on its host, is not recovered
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-recover.html>).
    fn host_fails(&mut self, instance: &InstanceId, context: &mut Context<'_>) {
        let Some(machine) = self.ec2.machine(instance) else { return };
        if machine.state != InstanceState::Running {
            return;
        }
        let recovers = machine.group.is_none() && !machine.is(Trait::OnInstanceStore);
        self.check_system(instance, true, context);
        if recovers {
            let took = context.choose_between(
                "recovery",
                SignedDuration::from_mins(5),
                SignedDuration::from_mins(30),
            );
            let well = !context.happens("trouble/recovery", context.plan().failed_recoveries);
            let incident = Incident::Recovered(well);
            context.later(took, Happening::Befalls { instance: instance.clone(), incident });
        }
    }

    fn recovered(&mut self, instance: &InstanceId, well: bool, context: &mut Context<'_>) {
        let code = if well {
            "AWS_EC2_SIMPLIFIED_AUTO_RECOVERY_SUCCESS"
        } else {
            "AWS_EC2_SIMPLIFIED_AUTO_RECOVERY_FAILURE"
        };
        let starts = time::earlier(context.now, SignedDuration::from_mins(5));
        health(self, &HealthIssue { code, category: "issue", instance, starts }, context);
        if well {
            self.check_system(instance, false, context);
        }
    }

    /// The system status check, as its metric tells it
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html#status-check-metrics>).
    fn check_system(&mut self, instance: &InstanceId, failed: bool, context: &mut Context<'_>) {
        for name in ["StatusCheckFailed_System", "StatusCheckFailed"] {
            let metric = Metric::new("AWS/EC2", name).with("InstanceId", instance.as_str());
            self.put_datapoint(&metric, if failed { 1.0 } else { 0.0 }, context);
        }
    }
}
