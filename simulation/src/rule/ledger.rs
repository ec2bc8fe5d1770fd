use std::collections::BTreeSet;

use adapters_sim::Names;
use aws_vocabulary::Attribute;
use cloud_sim::cloud::dynamodb::Table;
use cloud_sim::cloud::{Cloud, Fact};

use super::{Invariant, Seen, for_a_person};

/// In the end nothing is left open in the ledger: every effect that was begun is finished, or a person is told of it.
#[derive(Clone, Debug)]
pub struct NothingOpen {
    table: String,
    told: BTreeSet<String>,
}

impl NothingOpen {
    /// Looks at the ledger of these names.
    pub fn new(names: &Names) -> Self {
        Self { table: names.ledger.clone(), told: BTreeSet::new() }
    }
}

impl Invariant for NothingOpen {
    fn name(&self) -> &'static str {
        "nothing that was begun is left open, unless a person is told"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        if let Fact::Published { key, json, .. } = seen.fact {
            self.told.extend(for_a_person(key, json));
        }
        None
    }

    fn at_rest(&mut self, cloud: &Cloud) -> Vec<String> {
        let items = cloud.dynamodb.look(&self.table).into_iter().flat_map(Table::items);
        let open = items.filter(|item| item.get("open") == Some(&Attribute::Bool(true)));
        let keys = open.filter_map(|item| match item.get("key") {
            Some(Attribute::S(key)) => Some(key.clone()),
            _ => None,
        });
        keys.filter(|key| !self.told.contains(key)).collect()
    }
}
