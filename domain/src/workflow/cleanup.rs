//! The night's cleanup: what retention lets go, judged by what the last nights let go, removed once for the night.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt;
use jiff::{Timestamp, civil::Date};
use ports::{PortError, SnapshotId, VolumeId, time};
use serde::{Deserialize, Serialize};

use super::effect::Unfinished;
use super::gone::{Inquiry, InquiryPorts, inquire, recall as recall_gone};
use super::history::{recall, remember};
use super::maintain::{NightPolicy, NightPorts, Task, part};
use super::prune::{self, Deletions, PrunePorts, Pruned};
use super::run::Run;
use crate::policy::key;
use crate::policy::listed;
use crate::policy::mode::Mode;
use crate::policy::retention::{Asked, Baseline, Change, History, Passage, Reading, RetentionPlan, Ruling};
use crate::render;

/// What retention decides, and whether that may be done.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// What to keep and what to remove.
    pub plan: &'a RetentionPlan,
    /// Whether it may be carried out.
    pub ruling: &'a Ruling,
}

/// What retention decides before anything is removed, told to whoever writes it down.
pub type Decided<'a> = &'a (dyn Fn(Decision<'_>) + Send + Sync);

/// What the floor alone keeps. In a night's record it stands as earlier versions read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FloorOnly {
    /// The first volumes without a snapshot that a rule keeps, whose last one is kept all the same.
    #[serde(rename = "dead_volumes")]
    pub volumes: Vec<VolumeId>,
    /// How many more of them there are.
    #[serde(rename = "more_dead_volumes")]
    pub more_volumes: u64,
    /// How large these volumes are together, in GiB: an upper bound of what is stored for them.
    pub gib_at_most: u64,
    /// What came of asking which are gone; `None` where that is not asked.
    pub inquiry: Option<Inquiry>,
}

/// Cleans up, and tells what only the floor keeps.
pub(super) async fn clean_up(
    ports: &NightPorts<'_>,
    policy: &NightPolicy,
    run: &Run,
    night: Date,
    decided: Decided<'_>,
) -> (Task<Pruned>, FloorOnly) {
    let pruning = PrunePorts { clock: ports.clock, inventory: ports.inventory, snapshots: ports.snapshots };
    let now = ports.clock.now();
    let (reading, history, inquiry) = match gather(ports, &pruning, policy, (run, now)).await {
        Ok(gathered) => gathered,
        Err(error) => return (Task::not_done(&error.into()), FloorOnly::default()),
    };
    let plan = reading.plan(now);
    let ruling = plan.judge(&reading, history.accepted.as_ref());
    decided(Decision { plan: &plan, ruling: &ruling });
    let cleanup = Cleanup { ports, pruning, policy, run, plan: &plan, reading: &reading };
    let task = match (run.mode, ruling) {
        (Mode::Observe, _) => Task::Observed,
        (Mode::Act, Ruling::Ask(changes)) => cleanup.ask(&history, &changes).await,
        (Mode::Act, Ruling::Go { most }) => cleanup.carry_out(&history, night, most).await,
    };
    let mut volumes = plan.dead_volumes.clone();
    let more_volumes = listed::cut(&mut volumes);
    (task, FloorOnly { volumes, more_volumes, gib_at_most: plan.floor_only_gib(), inquiry })
}

async fn gather(
    ports: &NightPorts<'_>,
    pruning: &PrunePorts<'_>,
    policy: &NightPolicy,
    (run, now): (&Run, Timestamp),
) -> Result<(Reading, History, Option<Inquiry>), PortError> {
    let history = recall(ports.ledger).await?;
    let accepted = policy.accept.as_ref().and_then(|hash| history.accepting(hash));
    let history = accepted.unwrap_or(history);
    let other = history.accepted.as_ref().map(|accepted| &accepted.policy);
    let mut reading = prune::gather(pruning, &policy.retention, other, now).await?;
    let inquiry = ask_what_is_gone(ports, (run, now), &mut reading).await?;
    Ok((reading, history, inquiry))
}

/// Asks for the volumes that have no floor once they are gone, if the policy says so. Observing, it only recalls the answers
/// there are: an answer counts only where it is remembered.
async fn ask_what_is_gone(
    ports: &NightPorts<'_>,
    (run, now): (&Run, Timestamp),
    reading: &mut Reading,
) -> Result<Option<Inquiry>, PortError> {
    if reading.policy().spec().keep_dead_days.is_none() {
        return Ok(None);
    }
    let doubtful = reading.plan(now).doubtful_volumes;
    if run.mode == Mode::Observe {
        reading.bury(recall_gone(ports.ledger, &doubtful).await?);
        return Ok(None);
    }
    let asking = InquiryPorts { clock: ports.clock, inventory: ports.inventory, ledger: ports.ledger };
    // Most of the time is left for removing.
    let share = run.deadline.duration_since(now).checked_div(3).unwrap_or_default();
    let (gone, inquiry) = inquire(&asking, &doubtful, (now, time::later(now, share))).await?;
    reading.bury(gone);
    Ok(Some(inquiry))
}

/// A plan, and what it takes to ask about it or to carry it out.
struct Cleanup<'a> {
    ports: &'a NightPorts<'a>,
    pruning: PrunePorts<'a>,
    policy: &'a NightPolicy,
    run: &'a Run,
    plan: &'a RetentionPlan,
    reading: &'a Reading,
}

impl Cleanup<'_> {
    /// Removes nothing, and remembers what people are asked. As long as it is the same, so is its name.
    async fn ask(&self, history: &History, changes: &[Change]) -> Task<Pruned> {
        let standing = history.asked.clone().filter(|asked| asked.is_about(self.plan, self.reading));
        let asked = standing.unwrap_or_else(|| Asked {
            hash: self.plan.hash.clone(),
            baseline: Passage::new(self.plan, self.reading).before(0),
            why: changes.iter().map(render::retention::change).collect(),
        });
        let next = |history| History { asked: Some(asked.clone()), ..history };
        match remember(self.ports.ledger, self.ports.clock, next).await {
            Ok(()) => Task::Refused(render::retention::question(&asked, self.plan, &self.policy.ledger)),
            Err(error) => Task::not_done(&error.into()),
        }
    }

    /// Removes so many, the oldest first, once for the night.
    async fn carry_out(&self, history: &History, night: Date, most: usize) -> Task<Pruned> {
        let act = move || self.remove(history.accepted.as_ref(), most).boxed();
        match part(self.ports, self.run, key::night("cleanup", night), "clean up snapshots", act).await {
            Ok(performed) => Task::Done(performed.outcome, performed.how),
            Err(error) => Task::not_done(&error),
        }
    }

    async fn remove(&self, accepted: Option<&Baseline>, most: usize) -> Result<Pruned, Unfinished> {
        let passage = Passage::new(self.plan, self.reading).unasked(accepted);
        // First: should this run die, what it removed must not look like snapshots that went missing.
        let ahead = passage.before(most);
        remember(self.ports.ledger, self.ports.clock, |_| passed(ahead.clone()))
            .await
            .map_err(Unfinished::Refused)?;
        let gone: Mutex<BTreeSet<SnapshotId>> = Mutex::default();
        let seen = |id: &SnapshotId, is_gone: bool| {
            if is_gone {
                gone.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
            }
        };
        let deletions = Deletions { plan: self.plan, most, rate: self.policy.delete_rate };
        let pruned = prune::apply(&self.pruning, self.run.deadline, deletions, &seen).await;
        let gone = gone.into_inner().unwrap_or_else(PoisonError::into_inner);
        let after = passage.after(&gone);
        // When this cannot be written the bounds from before stand, and are only wider.
        let _ = remember(self.ports.ledger, self.ports.clock, |_| passed(after.clone())).await;
        Ok(pruned)
    }
}

fn passed(baseline: Baseline) -> History {
    History { accepted: Some(baseline), asked: None }
}
