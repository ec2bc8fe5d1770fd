use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use cloud_sim::cloud::ApiError;
use cloud_sim::cloud::iam::ask::Ask;
use cloud_sim::kernel::{Footprint, Op};
use jiff::Timestamp;
use ports::{
    Attribute, Ledger, LedgerEntry, LedgerKey, Page, PageToken, PortError, Record, Stored, Swap, Version,
};

use super::SimPorts;

const KEY: &str = "key";
const VERSION: &str = "version";
const STATE: &str = "state";
const OPEN: &str = "open";
const KEEP_UNTIL: &str = "keep_until";
const LISTED: &str = "listed";
/// What `LISTED` says of an entry that is open. The others do not have it.
const LISTED_OPEN: &str = "open";
/// The index over it.
const OPEN_INDEX: &str = "open";

#[async_trait]
impl Ledger for SimPorts {
    async fn get(&self, key: &LedgerKey) -> Result<Option<Stored>, PortError> {
        let (table, key) = (self.names.ledger.clone(), key.clone());
        let sent = (Op::new("dynamodb", "GetItem"), Footprint::NONE.reads("item", key.as_str()));
        let ask = self.item("dynamodb:GetItem", &key, &[]);
        self.repeat(sent, ask, move |cloud, _| {
            cloud.dynamodb.table(&table)?.get(key.as_str()).map(stored).transpose()
        })
        .await
    }

    async fn swap(
        &self,
        key: &LedgerKey,
        expected: Option<Version>,
        entry: &LedgerEntry,
    ) -> Result<Swap, PortError> {
        let (table, key, entry) = (self.names.ledger.clone(), key.clone(), entry.clone());
        let before = AtomicBool::new(false);
        let touched = Footprint::NONE.writes("item", key.as_str()).marks("table", &table);
        let ask = self.item("dynamodb:UpdateItem", &key, &[KEY, VERSION, STATE, OPEN, KEEP_UNTIL, LISTED]);
        self.repeat((Op::new("dynamodb", "UpdateItem"), touched), ask, move |cloud, context| {
            let current = cloud.dynamodb.table(&table)?.get(key.as_str()).map(stored).transpose()?;
            let version = expected.map_or(Version::FIRST, Version::next);
            // A write that was sent again because its answer was lost finds itself. A rival's first write does not count.
            let again = before.swap(true, Ordering::Relaxed);
            if again && current.as_ref().is_some_and(|c| c.version == version && same(&c.entry, &entry)) {
                return Ok(Swap::Won(version));
            }
            if current.as_ref().map(|stored| stored.version) != expected {
                context.unchanged();
                return Ok(Swap::Lost(current));
            }
            cloud.put_item(&table, item(&key, version, &entry), context)?;
            Ok(Swap::Won(version))
        })
        .await
    }

    async fn open_keys(&self, from: Option<PageToken>) -> Result<Page<LedgerKey>, PortError> {
        let (table, behind) = (self.names.ledger.clone(), from.clone());
        let sent = (Op::new("dynamodb", "Query"), Footprint::NONE.reads("table", &table));
        let ask =
            Ask::Query { table: table.clone(), index: OPEN_INDEX.to_owned(), key: LISTED_OPEN.to_owned() };
        let listed = self.repeat(sent, ask, move |cloud, context| {
            let table = cloud.dynamodb.table(&table)?;
            // The adapter of AWS takes these refusals for a word to scan.
            if table.index(OPEN_INDEX).is_err() {
                return Ok(None);
            }
            let page = table.query_index((OPEN_INDEX, LISTED_OPEN), behind.as_ref(), context.now)?;
            Ok(Some(keys(page)?))
        });
        match listed.await? {
            Some(page) => Ok(page),
            None => self.scanned(from, |item| item.get(OPEN) == Some(&Attribute::Bool(true))).await,
        }
    }

    async fn unlisted_keys(&self, from: Option<PageToken>) -> Result<Page<LedgerKey>, PortError> {
        let is_unlisted =
            |item: &Record| item.get(OPEN) == Some(&Attribute::Bool(true)) && !item.contains_key(LISTED);
        self.scanned(from, is_unlisted).await
    }
}

impl SimPorts {
    /// The keys of a page of the whole table, of the entries that are wanted.
    async fn scanned(
        &self,
        from: Option<PageToken>,
        wanted: impl Fn(&Record) -> bool + Send + Sync + 'static,
    ) -> Result<Page<LedgerKey>, PortError> {
        let table = self.names.ledger.clone();
        let sent = (Op::new("dynamodb", "Scan"), Footprint::NONE.reads("table", &table));
        let ask = Ask::Scan { table: table.clone() };
        self.repeat(sent, ask, move |cloud, _| {
            keys(cloud.dynamodb.table(&table)?.scan((0, 1), from.as_ref(), &wanted)?)
        })
        .await
    }

    /// What is asked about an entry.
    fn item(&self, action: &'static str, key: &LedgerKey, attributes: &'static [&'static str]) -> Ask {
        Ask::Item { action, table: self.names.ledger.clone(), key: key.to_string(), attributes }
    }
}

/// Whether two entries are the same, as far as the table keeps them: to the second.
fn same(a: &LedgerEntry, b: &LedgerEntry) -> bool {
    (&a.state, a.open, whole_second(a.keep_until)) == (&b.state, b.open, whole_second(b.keep_until))
}

/// The first whole second that is not before an instant, as the adapter of AWS writes it.
fn whole_second(at: Timestamp) -> i64 {
    at.as_second() + i64::from(0 < at.subsec_nanosecond())
}

fn item(key: &LedgerKey, version: Version, entry: &LedgerEntry) -> Record {
    [
        (KEY, Attribute::S(key.to_string())),
        (VERSION, Attribute::N(version.0.to_string())),
        (STATE, Attribute::S(entry.state.clone())),
        (OPEN, Attribute::Bool(entry.open)),
        (KEEP_UNTIL, Attribute::N(whole_second(entry.keep_until).to_string())),
    ]
    .into_iter()
    .chain(entry.open.then(|| (LISTED, Attribute::S(LISTED_OPEN.to_owned()))))
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn stored(item: &Record) -> Result<Stored, ApiError> {
    let (
        Some(Attribute::N(version)),
        Some(Attribute::S(state)),
        Some(Attribute::Bool(open)),
        Some(Attribute::N(until)),
    ) = (item.get(VERSION), item.get(STATE), item.get(OPEN), item.get(KEEP_UNTIL))
    else {
        return Err(no_entry(item));
    };
    let second = until.parse().map_err(|_| no_entry(item))?;
    Ok(Stored {
        version: Version(version.parse().map_err(|_| no_entry(item))?),
        entry: LedgerEntry {
            state: state.clone(),
            open: *open,
            keep_until: Timestamp::from_second(second).map_err(|_| no_entry(item))?,
        },
    })
}

fn keys(page: Page<Record>) -> Result<Page<LedgerKey>, ApiError> {
    let keys = page.items.iter().map(key_of).collect::<Result<_, _>>()?;
    Ok(Page { items: keys, next: page.next })
}

fn key_of(item: &Record) -> Result<LedgerKey, ApiError> {
    match item.get(KEY) {
        Some(Attribute::S(key)) => LedgerKey::new(key.as_str()).map_err(|_| no_entry(item)),
        _ => Err(no_entry(item)),
    }
}

fn no_entry(item: &Record) -> ApiError {
    ApiError::rejected("UnreadableEntry", format!("an item of the ledger's table is no entry: {item:?}"))
}
