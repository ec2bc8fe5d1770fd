//! Tables
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>).

mod attribute;
pub(crate) mod number;

use std::collections::BTreeMap;

use aws_vocabulary::{Attribute, Record, time};
use aws_vocabulary::{Page, PageToken};
use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_64;

use super::{ApiError, Cloud};
use crate::kernel::Context;

/// The tables of the account.
#[derive(Clone, Debug, Default)]
pub struct DynamoDb {
    tables: BTreeMap<String, Table>,
}

/// A table with a partition key and no sort key.
#[derive(Clone, Debug)]
pub struct Table {
    /// The name of the partition key's attribute; its values are texts.
    pub key: String,
    /// The items, in the order of their keys' hashes: a scan gives them in no order that a person would know.
    items: BTreeMap<(u64, String), Record>,
    /// What indexes still show of an item that was written, and until when.
    stale: BTreeMap<(u64, String), (Option<Record>, Timestamp)>,
    /// How many bytes a page reads, before any filter: 1 MB, or fewer to meet second pages in small worlds.
    pub page_bytes: usize,
    /// Its global secondary indexes, by their names.
    pub indexes: BTreeMap<String, Index>,
}

/// A global secondary index with a partition key and no sort key: it holds the items that have the key's attribute, and no
/// other (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-indexes-general-sparse-indexes.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// The name of the attribute that is its partition key; its values are texts.
    pub key: String,
    /// Whether it holds of an item nothing but the keys, the table's and its own.
    pub keys_only: bool,
    /// Whether it is being filled with what the table held before it was made, and cannot be read until that is done
    /// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html>).
    pub is_filling: bool,
}

impl Index {
    /// An index that holds whole items.
    pub fn new(key: &str) -> Self {
        Self { key: key.to_owned(), keys_only: false, is_filling: false }
    }

    /// One that holds keys only.
    pub fn of_keys(key: &str) -> Self {
        Self { keys_only: true, ..Self::new(key) }
    }
}

/// Which items a page is of, before any filter.
pub struct Part<'a> {
    /// The segment, and of how many.
    pub segment: (u32, u32),
    /// Where the page before ended.
    pub from: Option<&'a PageToken>,
    /// How many items it reads at the most.
    pub limit: Option<usize>,
    /// Whether it reads an item at all.
    pub takes: &'a dyn Fn(&Record) -> bool,
}

impl std::fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part")
            .field("segment", &self.segment)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

/// The longest item, names included.
const LONGEST_ITEM: usize = 400 * 1024;

impl DynamoDb {
    /// Adds a table, without indexes.
    pub fn add_table(&mut self, name: &str, key: &str) {
        let table = Table {
            key: key.to_owned(),
            items: BTreeMap::new(),
            stale: BTreeMap::new(),
            page_bytes: 1 << 20,
            indexes: BTreeMap::new(),
        };
        self.tables.insert(name.to_owned(), table);
    }

    /// Adds an index to a table, if there is one of that name.
    pub fn add_index(&mut self, table: &str, name: &str, index: Index) {
        if let Some(table) = self.tables.get_mut(table) {
            table.indexes.insert(name.to_owned(), index);
        }
    }

    /// Takes a table away.
    ///
    /// # Errors
    ///
    /// When there is none of that name.
    pub fn remove_table(&mut self, name: &str) -> Result<Table, ApiError> {
        self.tables.remove(name).ok_or_else(|| no_table(name))
    }

    /// The names of all tables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// Lets a page read at most so many bytes.
    pub fn page_bytes(&mut self, most: usize) {
        for table in self.tables.values_mut() {
            table.page_bytes = most;
        }
    }

    /// Lets a table forget the items whose time, in epoch seconds, is over. Nobody knows when that happens: within a few days, and
    /// until then such an item is read and written like any other
    /// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ttl-expired-items.html>).
    pub fn expire(&mut self, name: &str, attribute: &str, now: Timestamp) {
        let is_over = |item: &Record| match item.get(attribute) {
            Some(Attribute::N(until)) => until.parse().is_ok_and(|until: i64| until < now.as_second()),
            _ => false,
        };
        if let Some(table) = self.tables.get_mut(name) {
            table.items.retain(|_, item| !is_over(item));
        }
    }

    /// A table, to look at.
    pub fn look(&self, name: &str) -> Option<&Table> {
        self.tables.get(name)
    }

    /// A table.
    ///
    /// # Errors
    ///
    /// When there is none of that name.
    pub fn table(&mut self, name: &str) -> Result<&mut Table, ApiError> {
        self.tables.get_mut(name).ok_or_else(|| no_table(name))
    }
}

fn no_table(name: &str) -> ApiError {
    let message = format!("Requested resource not found: Table: {name} not found");
    ApiError::not_found("ResourceNotFoundException", message)
}

impl Table {
    /// The item of a key.
    pub fn get(&self, key: &str) -> Option<&Record> {
        self.items.get(&place(key))
    }

    /// Takes an item away, if it is there.
    pub fn remove(&mut self, key: &str) {
        self.items.remove(&place(key));
    }

    /// Every item.
    pub fn items(&self) -> impl Iterator<Item = &Record> {
        self.items.values()
    }

    /// Forgets the items that are to be forgotten. Expiry is late in DynamoDB, and nobody may rely on it.
    pub fn retain(&mut self, keep: impl Fn(&Record) -> bool) {
        self.items.retain(|_, item| keep(item));
    }

    /// Writes an item.
    ///
    /// # Errors
    ///
    /// When it has no key, is too large, or holds a number or a set that cannot be stored.
    pub fn put(&mut self, item: Record) -> Result<(), ApiError> {
        let Some(Attribute::S(key)) = item.get(&self.key) else {
            return Err(ApiError::rejected(
                "ValidationException",
                format!("Missing the key {} in the item", self.key),
            ));
        };
        if LONGEST_ITEM < size(&item) {
            return Err(ApiError::rejected(
                "ValidationException",
                "Item size has exceeded the maximum allowed size",
            ));
        }
        item.values().try_for_each(attribute::check)?;
        self.items.insert(place(key), item);
        Ok(())
    }

    /// One page of an index, which is always read with eventual consistency: what was written lately may not be seen
    /// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html>).
    ///
    /// # Errors
    ///
    /// When the token is none of this table's, or there is no such index to read.
    pub fn query_index(
        &mut self,
        (name, value): (&str, &str),
        from: Option<&PageToken>,
        now: Timestamp,
    ) -> Result<Page<Record>, ApiError> {
        let index = self.index(name)?.clone();
        let value = Attribute::S(value.to_owned());
        let takes = |item: &Record| item.get(&index.key) == Some(&value);
        let part = Part { segment: (0, 1), from, limit: None, takes: &takes };
        let page = match self.as_indexed(now) {
            Some(seen) => seen.page(&part, |_| true)?,
            None => self.page(&part, |_| true)?,
        };
        let items = page.items.into_iter().map(|item| self.held_by(&index, item)).collect();
        Ok(Page { items, next: page.next })
    }

    /// An index that can be read. What the service says otherwise is from reports of people who met it
    /// (<https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1075>).
    ///
    /// # Errors
    ///
    /// When there is none of that name, or it is still being filled.
    pub fn index(&self, name: &str) -> Result<&Index, ApiError> {
        let refused = |message: String| Err(ApiError::rejected("ValidationException", message));
        match self.indexes.get(name) {
            None => refused(format!("The table does not have the specified index: {name}")),
            Some(index) if index.is_filling => {
                refused(format!("Cannot read from backfilling global secondary index: {name}"))
            }
            Some(index) => Ok(index),
        }
    }

    /// What an index holds of an item.
    pub fn held_by(&self, index: &Index, mut item: Record) -> Record {
        if index.keys_only {
            item.retain(|name, _| *name == self.key || *name == index.key);
        }
        item
    }

    /// The table as its indexes show it, where that differs from what it holds.
    pub fn as_indexed(&mut self, now: Timestamp) -> Option<Self> {
        self.stale.retain(|_, (_, until)| now < *until);
        if self.stale.is_empty() {
            return None;
        }
        let mut seen = self.clone();
        for (place, (before, _)) in std::mem::take(&mut seen.stale) {
            match before {
                Some(item) => seen.items.insert(place, item),
                None => seen.items.remove(&place),
            };
        }
        Some(seen)
    }

    /// One page of a segment: it ends after 1 MB of items, whatever the filter lets through.
    ///
    /// # Errors
    ///
    /// When the token is none of this table's.
    pub fn scan(
        &self,
        segment: (u32, u32),
        from: Option<&PageToken>,
        filter: impl Fn(&Record) -> bool,
    ) -> Result<Page<Record>, ApiError> {
        self.page(&Part { segment, from, limit: None, takes: &|_| true }, filter)
    }

    /// One page of what is to be read: it ends after 1 MB of items, or after as many as were asked for, whatever the filter
    /// lets through (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html>).
    ///
    /// # Errors
    ///
    /// When the token is none of this table's.
    pub fn page(&self, part: &Part<'_>, filter: impl Fn(&Record) -> bool) -> Result<Page<Record>, ApiError> {
        let (segment, of) = part.segment;
        let start = match part.from {
            None => None,
            Some(token) => Some(place(token.0.strip_prefix("key:").ok_or_else(|| {
                ApiError::rejected("ValidationException", "The provided starting key is invalid")
            })?)),
        };
        let mut items = Vec::new();
        let (mut read, mut left) = (0, part.limit.unwrap_or(usize::MAX));
        for (place, item) in &self.items {
            let is_mine = place.0 % u64::from(of.max(1)) == u64::from(segment) && (part.takes)(item);
            if !is_mine || start.as_ref().is_some_and(|start| place <= start) {
                continue;
            }
            (read, left) = (read + size(item), left.saturating_sub(1));
            if filter(item) {
                items.push(item.clone());
            }
            if self.page_bytes <= read || left == 0 {
                return Ok(Page { items, next: Some(PageToken(format!("key:{}", place.1))) });
            }
        }
        Ok(Page::last(items))
    }
}

impl Cloud {
    /// `PutItem`; indexes may show it late.
    ///
    /// # Errors
    ///
    /// When there is no such table, or it does not take the item.
    pub fn put_item(&mut self, table: &str, item: Record, context: &mut Context<'_>) -> Result<(), ApiError> {
        let (rate, (least, most)) =
            (context.plan().consistency.late_in_index, context.plan().consistency.range());
        let late = context
            .happens("trouble/index", rate)
            .then(|| time::later(context.now, context.choose_between("trouble/index-time", least, most)));
        let table = self.dynamodb.table(table)?;
        let place = match item.get(&table.key) {
            Some(Attribute::S(key)) => place(key),
            _ => place(""),
        };
        let before = table.items.get(&place).cloned();
        table.put(item)?;
        if let Some(until) = late {
            table.stale.retain(|_, (_, until)| context.now < *until);
            // What the index does not show yet it does not show any sooner for being written again.
            let shown = table.stale.entry(place).or_insert((before, until));
            shown.1 = shown.1.max(until);
        }
        Ok(())
    }
}

fn place(key: &str) -> (u64, String) {
    (xxh3_64(key.as_bytes()), key.to_owned())
}

/// The size of an item in bytes, names included.
fn size(item: &Record) -> usize {
    item.iter().map(|(name, value)| name.len() + attribute_size(value)).sum()
}

fn attribute_size(attribute: &Attribute) -> usize {
    match attribute {
        Attribute::S(text) => text.len(),
        Attribute::N(digits) => digits.len() / 2 + 2,
        Attribute::B(bytes) => bytes.len(),
        Attribute::Bool(_) | Attribute::Null => 1,
        Attribute::L(list) => 3 + list.iter().map(|a| 1 + attribute_size(a)).sum::<usize>(),
        Attribute::M(map) => 3 + map.iter().map(|(k, a)| 1 + k.len() + attribute_size(a)).sum::<usize>(),
        Attribute::Ss(set) => set.iter().map(String::len).sum(),
        Attribute::Ns(set) => set.iter().map(|digits| digits.len() / 2 + 2).sum(),
        Attribute::Bs(set) => set.iter().map(Vec::len).sum(),
    }
}
