use std::collections::BTreeMap;

use ports::SnapshotId;

use super::{Reading, RetentionPlan};

impl Reading {
    /// How many of a plan to remove, the oldest first, so that no set is cut in two: about so many, and at least one set,
    /// or a large one would never go.
    pub(super) fn whole_sets(&self, plan: &RetentionPlan, about: usize) -> usize {
        let all = plan.removed().count();
        if about == 0 || all <= about {
            return about.min(all);
        }
        let order = plan.in_order_of_removal();
        let in_set = self.items.iter().filter_map(|item| Some((&item.id, item.set?)));
        let sets: BTreeMap<&SnapshotId, u32> = in_set.collect();
        let set_of = |place: usize| order.get(place).and_then(|verdict| sets.get(&verdict.id));
        let places = 0..all;
        let last: BTreeMap<u32, usize> =
            places.clone().filter_map(|place| Some((*set_of(place)?, place))).collect();
        // Sets of the same moment may lie among each other, so a place is an end when all that began before it are over.
        let ends = places.scan(0, |open, place| {
            let last = set_of(place).and_then(|set| last.get(set)).copied().unwrap_or(place);
            *open = last.max(*open);
            Some((*open == place).then_some(place.saturating_add(1)))
        });
        let mut most = 0;
        for end in ends.flatten() {
            if about < end && 0 < most {
                break;
            }
            most = end;
        }
        most
    }
}
