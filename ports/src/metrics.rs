use std::fmt::Debug;

use async_trait::async_trait;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Page, PageToken, PortError, Record};

/// How to get at the records of a day.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Read one segment of the whole table and keep what falls into the day.
    Scan {
        /// Which segment, from 0.
        segment: u32,
        /// How many segments there are.
        of: u32,
    },
    /// Ask an index whose partition key is the day, written `2026-11-23`.
    Index {
        /// The name of the index.
        name: String,
        /// The attribute that is its partition key.
        key: String,
    },
}

/// Which records to page through.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MetricsQuery {
    /// The day, in UTC.
    pub day: Date,
    /// The attribute that holds a record's time: ISO 8601 text, or epoch seconds or milliseconds.
    pub time_attribute: String,
    /// How to get at them.
    pub access: Access,
}

/// Pages through the records of a day.
///
/// # Contract
///
/// 1. `metrics_1_records_are_of_the_day`: every record given MUST have its time on that day, in UTC. A text is judged by
///    the date it is written with, so it should be written in UTC.
/// 2. `metrics_2_tokens_reach_every_record`: following the tokens through every segment MUST give each record of the
///    day once, also when a page on the way is empty.
/// 3. `metrics_3_numbers_keep_every_digit`: a number MUST come as the table holds it, with up to 38 digits.
/// 4. `metrics_4_missing_table_is_not_found`: a missing table MUST give
///    [`ErrorKind::NotFound`](crate::ErrorKind::NotFound).
/// 5. `metrics_5_an_index_gives_the_same_records`: reading by index MUST give the records whose key is that day.
///
/// Not promised: order, beyond that a quiet table gives the same order again; records written while reading.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Metrics: Debug + Send + Sync {
    /// One page of records.
    ///
    /// # Errors
    ///
    /// When the table cannot be read.
    async fn page(&self, query: &MetricsQuery, from: Option<PageToken>) -> Result<Page<Record>, PortError>;
}
