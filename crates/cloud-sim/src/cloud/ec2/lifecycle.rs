use aws_vocabulary::{InstanceId, InstanceState, StateReason, Tags, time};
use jiff::{SignedDuration, Timestamp};

use super::{Ec2, Trait, no_instance};
use crate::cloud::bucket::MUTATE;
use crate::cloud::eventbridge::{ec2_reboot, ec2_state_change};
use crate::cloud::{ApiError, Cloud, Fact, Happening};
use crate::kernel::Context;

impl Ec2 {
    /// Counts a reboot, and gives the tags of the instance.
    fn reboot(&mut self, instance: &InstanceId, context: &Context<'_>) -> Result<Tags, ApiError> {
        self.buckets.take("RebootInstances", MUTATE, context.now)?;
        let machine = self.instances.get_mut(instance).ok_or_else(|| no_instance(instance))?;
        if machine.state != InstanceState::Running {
            let message = format!("The instance '{instance}' is not in the 'running' state.");
            return Err(ApiError::rejected("IncorrectState", message));
        }
        machine.reboots += 1;
        Ok(machine.tags.clone())
    }
}

/// Until when a new launch is not told yet, if it is told late.
fn stale_until(context: &mut Context<'_>) -> Option<Timestamp> {
    let consistency = &context.plan().consistency;
    let (rate, (soonest, latest)) = (consistency.stale_launches, consistency.range());
    if context.happens("trouble/stale-launch", rate) {
        let late = context.choose_between("stale-launch", soonest, latest);
        return Some(time::later(context.now, late));
    }
    context.wants_fault("fault/stale-launch").then(|| time::later(context.now, STALE))
}

/// How late a launch is told where the chooser decides whether it is.
const STALE: SignedDuration = SignedDuration::from_mins(10);

impl Cloud {
    /// `RebootInstances` of one id. A reboot changes no state, and so emits no state-change event; the call itself is told, through
    /// CloudTrail.
    ///
    /// # Errors
    ///
    /// When there is no such instance, it does not run, or too many requests came.
    pub fn reboot(&mut self, instance: &InstanceId, context: &mut Context<'_>) -> Result<(), ApiError> {
        let tags = self.ec2.reboot(instance, context)?;
        context.note(Fact::Rebooted { instance: instance.clone(), tags });
        ec2_reboot(self, instance, context);
        Ok(())
    }

    /// A person reboots an instance; what EC2 refuses they see for themselves.
    pub(in crate::cloud) fn person_reboots(&mut self, instance: &InstanceId, context: &mut Context<'_>) {
        let _ = self.reboot(instance, context);
    }

    pub(in crate::cloud) fn stop(
        &mut self,
        instance: &InstanceId,
        reason: StateReason,
        context: &mut Context<'_>,
    ) {
        let Some(machine) = self.ec2.machine(instance) else { return };
        // What has its root on its host cannot be stopped.
        if machine.state != InstanceState::Running || machine.is(Trait::OnInstanceStore) {
            return;
        }
        machine.transition = if reason.code.starts_with("Client.User") {
            format!("User initiated ({})", context.now.strftime("%Y-%m-%d %H:%M:%S UTC"))
        } else {
            reason.code.clone()
        };
        machine.reason = Some(reason);
        self.enter(instance, InstanceState::Stopping, context);
        let mut took =
            context.choose_between("stop", SignedDuration::from_secs(20), SignedDuration::from_secs(90));
        if context.happens("trouble/slow-stop", context.plan().slow_stops) {
            took += SignedDuration::from_mins(30);
        }
        context.later(took, Happening::Settle { instance: instance.clone(), state: InstanceState::Stopped });
    }

    pub(in crate::cloud) fn run(&mut self, instance: &InstanceId, context: &mut Context<'_>) {
        if self.starts(instance, context) {
            self.begins_to_run(instance, context);
        }
    }

    /// Starts an instance if it is stopped, and tells whether it was: each start is another launch.
    pub(super) fn starts(&mut self, instance: &InstanceId, context: &mut Context<'_>) -> bool {
        let Some(machine) = self.ec2.machine(instance) else { return false };
        if machine.state != InstanceState::Stopped {
            return false;
        }
        machine.reason = None;
        machine.transition = String::new();
        machine.launch_before = stale_until(context).map(|until| (until, machine.launched_at));
        machine.launched_at = context.now;
        true
    }

    /// A new instance is on its way to running.
    pub(super) fn begins_to_run(&mut self, instance: &InstanceId, context: &mut Context<'_>) {
        self.enter(instance, InstanceState::Pending, context);
        let took =
            context.choose_between("run", SignedDuration::from_secs(10), SignedDuration::from_secs(60));
        context.later(took, Happening::Settle { instance: instance.clone(), state: InstanceState::Running });
    }

    /// An instance is on its way to its end, at a person's request.
    pub(super) fn begins_to_end(&mut self, instance: &InstanceId, context: &mut Context<'_>) {
        let Some(machine) = self.ec2.machine(instance) else { return };
        if matches!(machine.state, InstanceState::ShuttingDown | InstanceState::Terminated) {
            return;
        }
        machine.transition = format!("User initiated ({})", context.now.strftime("%Y-%m-%d %H:%M:%S UTC"));
        machine.reason = Some(StateReason {
            code: "Client.UserInitiatedShutdown".to_owned(),
            message: "Client.UserInitiatedShutdown: User initiated shutdown".to_owned(),
        });
        self.enter(instance, InstanceState::ShuttingDown, context);
        let took =
            context.choose_between("end", SignedDuration::from_secs(20), SignedDuration::from_secs(90));
        let state = InstanceState::Terminated;
        context.later(took, Happening::Settle { instance: instance.clone(), state });
    }

    pub(in crate::cloud) fn settle(
        &mut self,
        instance: &InstanceId,
        state: InstanceState,
        context: &mut Context<'_>,
    ) {
        let Some(machine) = self.ec2.machine(instance) else { return };
        let on_the_way = match (machine.state, state) {
            (InstanceState::Stopping, InstanceState::Stopped) => !machine.is(Trait::Stuck),
            (from, to) => {
                (from, to) == (InstanceState::Pending, InstanceState::Running)
                    || (from, to) == (InstanceState::ShuttingDown, InstanceState::Terminated)
            }
        };
        if on_the_way {
            self.enter(instance, state, context);
            if state == InstanceState::Terminated {
                self.leaves(instance, context);
            }
        }
    }

    pub(super) fn enter(&mut self, instance: &InstanceId, state: InstanceState, context: &mut Context<'_>) {
        let Some(machine) = self.ec2.machine(instance) else { return };
        machine.state = state;
        let reason = machine.reason.as_ref().map(|reason| reason.code.clone());
        let tags = machine.tags.clone();
        context.note(Fact::InstanceIs { instance: instance.clone(), state, reason, tags });
        ec2_state_change(self, instance, state, context);
    }
}
