//! A plan that was made before, carried out: checked against the world, shown, asked about, done.

use std::io::Write;

use domain::policy::retention::RetentionPlan;
use domain::workflow::prune::{Deletions, PrunePorts, Pruned, Unapproved, apply, recheck};
use jiff::Timestamp;
use ports::SnapshotId;

use super::table;

/// What a person has a say in, and sees.
pub struct Person<'a> {
    /// Where the plan is shown.
    pub out: &'a mut (dyn Write + Send),
    /// Whether they agree, given how many would be removed.
    pub agrees: &'a (dyn Fn(usize) -> bool + Sync),
    /// Told of each snapshot that was dealt with, and of how many there are.
    pub seen: &'a (dyn Fn(&SnapshotId, usize) + Sync),
}

impl std::fmt::Debug for Person<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Person")
    }
}

/// Carries out what is left of a plan, if the person agrees; `None` when they do not. It may be interrupted and done
/// again: what is gone already is no difference to the world it was made for.
///
/// # Errors
///
/// When the world cannot be read, or the plan does not fit it any more; then nothing was removed.
pub async fn carry_out(
    ports: &PrunePorts<'_>,
    before: &RetentionPlan,
    person: Person<'_>,
) -> Result<Option<Pruned>, Unapproved> {
    let plan = recheck(ports, before).await?;
    let _ = write!(person.out, "{}", table::plan(&plan));
    let count = plan.removed().count();
    if 0 < count && !(person.agrees)(count) {
        return Ok(None);
    }
    let seen = person.seen;
    let deletions = Deletions::of_all(&plan);
    Ok(Some(apply(ports, Timestamp::MAX, deletions, &|id, _| seen(id, count)).await))
}
