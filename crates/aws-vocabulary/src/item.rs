//! Items of a table of `DynamoDB`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// One attribute of a record. A number stays the text that the table gave: up to 38 digits, which no float holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Attribute {
    /// Text.
    S(String),
    /// A number, as text.
    N(String),
    /// Bytes.
    B(Vec<u8>),
    /// A truth value.
    Bool(bool),
    /// Nothing, explicitly.
    Null,
    /// A list.
    L(Vec<Self>),
    /// A map.
    M(BTreeMap<String, Self>),
    /// A set of texts.
    Ss(BTreeSet<String>),
    /// A set of numbers, as texts.
    Ns(BTreeSet<String>),
    /// A set of byte strings.
    Bs(BTreeSet<Vec<u8>>),
}

/// A record: its attributes by name.
pub type Record = BTreeMap<String, Attribute>;
