//! The stacks of Caretaker that a fleet lives with, one or two in its region, and the rules that
//! hold for them.

use std::sync::LazyLock;

use adapters_sim::Names;
use cloud_sim::Sim;
use cloud_sim::rule::{Invariant, Rules};
use jiff::SignedDuration;
use lambda_shims::settings::Pairs;

use crate::rule::{
    Answered, Apart, Archived, NothingOpen, OldEnough, Overdue, Stacks, StepAtMost, Within, caretaker,
};
use crate::stack::{NAME, Stack, StackError, settings_of};

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// What the second stack is called.
const SECOND: &str = "second";
/// Both of them: planned once, however many lives there are.
static STACKS: LazyLock<Result<[Stack; 2], StackError>> =
    LazyLock::new(|| Ok([Stack::new(&settings(NAME))?, Stack::named(SECOND, &settings(SECOND))?]));

fn settings(stack: &str) -> Pairs {
    let mut settings = settings_of(stack);
    // Short enough for a month to see snapshots go.
    settings.insert("SNAPSHOT_RETENTION_DAYS".to_owned(), "7".to_owned());
    // The stack makes a table of its own, with an index by date.
    settings.remove("METRICS_TABLE");
    settings
}

/// So many stacks.
pub(super) fn stacks(count: u32) -> Result<&'static [Stack], StackError> {
    let both = STACKS.as_ref().map_err(StackError::clone)?;
    let [first, _] = both;
    Ok(if 1 < count { both } else { std::slice::from_ref(first) })
}

/// Whose snapshots there are, in turn.
pub(super) fn owners(stacks: &[Stack]) -> [&'static str; 2] {
    if 1 < stacks.len() { [NAME, SECOND] } else { [NAME, NAME] }
}

/// Watches for the rules: those of one stack as they are; of two, those of each with the other's
/// doings hidden, and that they keep apart.
pub(super) fn expect(sim: &Sim, stacks: &[Stack]) {
    if let [stack] = stacks {
        let mut rules = caretaker();
        rules.extend(of_settings(stack.names()));
        sim.watch_for(rules);
        return;
    }
    let region = Stacks::new([format!("{SECOND}-")]);
    for (n, stack) in stacks.iter().enumerate() {
        let mut rules = caretaker();
        rules.extend(of_settings(stack.names()));
        for rule in rules {
            sim.watch_for(Rules::default().with(Within::new(&region, n, rule)));
        }
    }
    sim.watch_for(Rules::default().with(Apart::new(&region)));
}

/// The rules that follow from the settings.
fn of_settings(names: &Names) -> Vec<Box<dyn Invariant>> {
    vec![
        Box::new(StepAtMost(2)),
        Box::new(OldEnough(7 * 24)),
        Box::new(Overdue::after(DAY * 7, DAY * 3)),
        Box::new(Answered::default()),
        Box::new(NothingOpen::new(names)),
        Box::new(Archived::new(names.clone(), "timestamp")),
    ]
}
