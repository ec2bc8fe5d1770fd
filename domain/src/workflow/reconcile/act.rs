//! Carries out what is to be reconciled, each task through the same effects as its first owner.

use ports::{
    Deletion, Instance, InstanceId, LedgerKey, MessageId, Notice, Retry, SnapshotId, Stored, Volume,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::gather::Gathered;
use super::{Deed, Failed, ReconcilePolicy, ReconcilePorts, Reconciled};
use crate::policy::listed::words;
use crate::policy::once::{Phase, Record, fits};
use crate::policy::open::Topic;
use crate::policy::reconcile::{Finding, Matter, Task};
use crate::policy::snapshot::{Again, Incident};
use crate::render;
use crate::workflow::announce::{announce_effect, tell_effect, tell_open};
use crate::workflow::auto_snapshot::{AutoSnapshotPorts, SnapshotOutcome, snapshot_instance};
use crate::workflow::once::{Once, OnceError, Performed, read};
use crate::workflow::poison::Poison;
use crate::workflow::remedy::{self, Answer, Going};
use crate::workflow::run::Run;
use crate::workflow::snapshot_set::{SnapshotSet, TakeSet};

/// The tasks of one run.
pub(super) struct Work<'a> {
    pub(super) ports: &'a ReconcilePorts<'a>,
    pub(super) policy: &'a ReconcilePolicy,
    pub(super) run: &'a Run,
    pub(super) gathered: &'a Gathered,
}

/// What came of a task, in words; `None` when there was nothing to do after all.
type Told = Result<Option<String>, OnceError>;

/// What there is of an instance right now.
type Present = (Option<Instance>, Vec<Volume>);

impl Work<'_> {
    /// Does one task after the other. One that fails does not stop the others; one that fails for good is for a person.
    pub(super) async fn carry_out_all(&self, told: &mut Reconciled) -> Vec<Finding> {
        let mut findings = Vec::new();
        for task in &self.gathered.plan.tasks {
            if !fits(self.ports.clock.now(), self.run.deadline) {
                told.left = told.left.saturating_add(1);
                continue;
            }
            match self.carry_out(task).await {
                Ok(Some(words)) => told.done.push(Deed { task: task.clone(), words }),
                Ok(None) => {}
                Err(OnceError::OutOfTime { .. }) => told.left = told.left.saturating_add(1),
                Err(error) if error.is_elsewhere() || matches!(error, OnceError::Unsettled { .. }) => {
                    told.waiting = told.waiting.saturating_add(1);
                }
                Err(error) if error.retry() == Retry::Never => findings.push(hopeless(task, &error)),
                Err(error) => {
                    told.failed.push(Failed {
                        what: render::reconcile::about(task),
                        error: words(&error.to_string()),
                    });
                }
            }
        }
        findings
    }

    async fn carry_out(&self, task: &Task) -> Told {
        match task {
            Task::FinishSnapshots(key) => self.finish_snapshots(key, self.entry(key)?).await,
            Task::FinishRemedy { key, late } => self.finish_remedy(key, self.entry(key)?, *late).await,
            Task::Tell(key) => self.tell(key, self.entry(key)?).await,
            Task::SendNotice(key) => self.send(key, self.entry(key)?).await,
            Task::Snapshot(instance) => self.snapshot(instance).await,
            Task::MakeAgain(key) => self.make_again(key, self.entry(key)?).await,
            Task::Remove { snapshot, kept, .. } => self.remove(snapshot, kept).await,
        }
    }

    /// The entry as it was read. Whoever changed it since wins.
    fn entry(&self, key: &LedgerKey) -> Result<Stored, OnceError> {
        self.gathered.entries.get(key).cloned().ok_or_else(|| OnceError::Superseded { key: key.clone() })
    }

    fn once(&self) -> Once<'_> {
        Once { ledger: self.ports.ledger, clock: self.ports.clock, run: self.run }
    }

    /// As whom people are told: a notice whose sender dies is free again for whoever comes next, and a night's report above
    /// all.
    fn telling(&self) -> Run {
        self.run.briefly(self.ports.clock.now())
    }

    async fn finish_snapshots(&self, key: &LedgerKey, stored: Stored) -> Told {
        let record: Record<Incident, SnapshotSet> = read(key, &stored)?;
        let Some(incident) = record.intent().cloned() else { return Err(OnceError::without_intent(key)) };
        let present = self.present(&incident.instance).await?;
        let ports = self.ports.auto_snapshot();
        let take = self.taking(&ports, key, incident, &present);
        let performed = self.once().perform_from(&take, Some(stored)).await?;
        Ok(Some(self.taken(key, performed).await))
    }

    async fn make_again(&self, key: &LedgerKey, stored: Stored) -> Told {
        let record: Record<Incident, SnapshotSet> = read(key, &stored)?;
        let Some(first) = record.phase.parameters(|set| set.incident.clone()) else {
            return Err(OnceError::without_intent(key));
        };
        let because = "EC2 could not complete the first set".to_owned();
        let again = Some(Again { at: self.ports.clock.now(), because });
        let incident = Incident { again, ..first };
        let present = self.present(&incident.instance).await?;
        let ports = self.ports.auto_snapshot();
        let take = self.taking(&ports, key, incident, &present);
        let performed = self.once().perform_again(&take, &stored).await?;
        Ok(Some(format!("made again: {}", self.taken(key, performed).await)))
    }

    fn taking<'b>(
        &'b self,
        ports: &'b AutoSnapshotPorts<'b>,
        key: &LedgerKey,
        incident: Incident,
        present: &'b Present,
    ) -> TakeSet<'b> {
        let (instance, volumes) = present;
        TakeSet {
            ports,
            run: self.run,
            key: key.clone(),
            incident,
            owner: &self.policy.snapshots.owner,
            instance: instance.as_ref(),
            volumes,
        }
    }

    async fn present(&self, id: &InstanceId) -> Result<Present, OnceError> {
        let instance = self.ports.inventory.instance(id).await?;
        let volumes = match &instance {
            Some(_) => self.ports.inventory.volumes(id).await?,
            None => Vec::new(),
        };
        Ok((instance, volumes))
    }

    async fn taken(&self, key: &LedgerKey, performed: Performed<SnapshotSet>) -> String {
        let set = &performed.outcome;
        let notice = render::auto_snapshot::notice(key, set);
        announce_effect(self.ports.announcing(), &self.telling(), notice, (key, performed.untold)).await;
        render::reconcile::set(set)
    }

    async fn snapshot(&self, instance: &InstanceId) -> Told {
        let Some(trigger) = self.gathered.lost.get(instance) else { return Ok(None) };
        let ports = self.ports.auto_snapshot();
        Ok(match snapshot_instance(&ports, &self.policy.snapshots, self.run, trigger).await? {
            SnapshotOutcome::Skipped(_) | SnapshotOutcome::Observed(_) => None,
            SnapshotOutcome::Taken(taken) => Some(render::reconcile::set(&taken.set)),
            SnapshotOutcome::GaveUp(gave_up) => {
                Some(format!("it could not be snapshotted: {}", gave_up.error))
            }
        })
    }

    /// Sees an answer to an alarm through. One that may not be repeated is halted by this.
    async fn finish_remedy(&self, key: &LedgerKey, stored: Stored, late: bool) -> Told {
        let ports = self.ports.remediate();
        let Answer { action, alarm, untold } =
            remedy::go_on(Going { ports: &ports, run: self.run, key, late }, stored).await?;
        match alarm {
            Some(alarm) => {
                let notice = render::remedy::notice(key, &alarm, &action);
                announce_effect(self.ports.announcing(), &self.telling(), notice, (key, untold)).await;
            }
            // The reconcile notice is the only one that can tell of it.
            None => self.once().told(key, untold).await,
        }
        Ok(Some(render::remedy::summary(&action).words))
    }

    /// The notice of an answer to an alarm that was given.
    async fn remedy_notice(&self, key: &LedgerKey, stored: &Stored) -> Result<Option<Notice>, OnceError> {
        let ports = self.ports.remediate();
        let going = Going { ports: &ports, run: self.run, key, late: true };
        let Answer { action, alarm, .. } = remedy::go_on(going, stored.clone()).await?;
        Ok(alarm.map(|alarm| render::remedy::notice(key, &alarm, &action)))
    }

    /// Tells people of what was done, from what is recorded of it.
    async fn tell(&self, key: &LedgerKey, stored: Stored) -> Told {
        let notice = match Topic::of(key) {
            Topic::Snapshots { .. } => {
                let set = recorded::<Incident, SnapshotSet>(key, &stored)?;
                Some(render::auto_snapshot::notice(key, &set))
            }
            Topic::Poison => Some(render::poison::notice(key, &recorded::<Value, Poison>(key, &stored)?)),
            Topic::Remedy { .. } => self.remedy_notice(key, &stored).await?,
            Topic::Notice | Topic::Night(_) | Topic::Unknown => None,
        };
        let Some(notice) = notice else {
            self.once().told(key, Some(stored)).await;
            return Ok(None);
        };
        let subject = notice.subject().to_string();
        tell_effect(self.ports.announcing(), &self.telling(), notice, (key, Some(stored))).await?;
        Ok(Some(format!("people were told: {subject}")))
    }

    async fn send(&self, key: &LedgerKey, stored: Stored) -> Told {
        let record: Record<Option<Notice>, MessageId> = read(key, &stored)?;
        let Some(notice) = record.intent().cloned().flatten() else {
            return Err(OnceError::without_intent(key));
        };
        let subject = notice.subject().to_string();
        tell_open(self.ports.announcing(), &self.telling(), (key.clone(), stored), notice).await?;
        Ok(Some(format!("people were told: {subject}")))
    }

    /// Removes a snapshot that is too many. One that is in use stays; one that is gone is done.
    async fn remove(&self, snapshot: &SnapshotId, kept: &SnapshotId) -> Told {
        Ok(match self.ports.snapshots.delete(snapshot).await? {
            Deletion::Deleted => {
                Some(format!("removed: {kept} is of the same incident and volume, and is kept"))
            }
            Deletion::AlreadyGone | Deletion::InUse(_) => None,
        })
    }
}

fn hopeless(task: &Task, error: &OnceError) -> Finding {
    let is_halted = matches!(error, OnceError::Halted { .. });
    let matter = if is_halted { Matter::Halted } else { Matter::CannotMend };
    Finding::new(render::reconcile::about(task), matter, words(&error.to_string()))
}

/// The outcome that an entry holds.
fn recorded<I: DeserializeOwned, O: DeserializeOwned>(
    key: &LedgerKey,
    stored: &Stored,
) -> Result<O, OnceError> {
    match read::<I, O>(key, stored)?.phase {
        Phase::Done { outcome, .. } => Ok(outcome),
        Phase::Intended { .. } | Phase::Released { .. } | Phase::Halted { .. } => {
            Err(OnceError::Superseded { key: key.clone() })
        }
    }
}
