use std::collections::{BTreeMap, BTreeSet};

use cloud_sim::cloud::{Ended, Fact};
use cloud_sim::kernel::{Actor, InvocationId};

use super::{Invariant, Seen, bound, bound_set};

/// A notice goes out once; again only where something went wrong with those who sent it, so that they could not know.
#[derive(Debug, Default)]
pub struct OneNotice {
    told: BTreeMap<String, InvocationId>,
    troubled: BTreeSet<InvocationId>,
}

impl Invariant for OneNotice {
    fn name(&self) -> &'static str {
        "a notice is published once, and again only where its first sender could not know"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let Actor::Invocation(id) = seen.actor else { return None };
        if is_trouble(seen.fact) {
            self.troubled.insert(id);
            bound_set(&mut self.troubled);
        }
        let Fact::Published { key, .. } = seen.fact else { return None };
        bound(&mut self.told);
        let earlier = self.told.insert(key.clone(), id)?;
        let excused = [earlier, id].iter().any(|sender| self.troubled.contains(sender));
        (!excused).then(|| format!("{key}, twice"))
    }
}

/// Whether this kept a function from knowing what it had done. An error of its own making did not.
fn is_trouble(fact: &Fact) -> bool {
    if let Fact::Ended { error: Some(error), .. } = fact {
        return Ended::is_the_runtimes(error);
    }
    matches!(fact, Fact::Faulted { .. })
}
