//! Token buckets: how EC2 throttles
//! (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>).

use std::collections::BTreeMap;

use aws_vocabulary::ErrorKind;
use jiff::Timestamp;

use super::ApiError;

/// How many requests fit at once, and how many come back a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate {
    /// The size of the bucket.
    pub burst: u32,
    /// How many tokens it gains a second.
    pub per_second: u32,
}

/// Reading, filtered or in pages.
pub const DESCRIBE: Rate = Rate { burst: 100, per_second: 20 };
/// Reading some things neither filtered nor in pages.
pub const DESCRIBE_ALL: Rate = Rate { burst: 50, per_second: 10 };
/// Creating and deleting snapshots.
pub const SNAPSHOT: Rate = Rate { burst: 100, per_second: 5 };
/// Setting tags.
pub const TAG: Rate = Rate { burst: 100, per_second: 10 };
/// Any other change.
pub const MUTATE: Rate = Rate { burst: 50, per_second: 5 };

/// One bucket for each operation and rate.
#[derive(Clone, Debug, Default)]
pub struct Buckets {
    by_operation: BTreeMap<(&'static str, Rate), Bucket>,
    /// How many requests were refused.
    pub refused: u64,
    /// When set, every bucket is at most so large: to meet throttles in small worlds.
    pub at_most: Option<u32>,
    /// Unverified: a list of ids counts as a filtered one, unless this is set.
    pub ids_are_no_filter: bool,
}

#[derive(Clone, Debug)]
struct Bucket {
    milli: i64,
    filled_at: Timestamp,
}

impl Buckets {
    /// Takes a token for an operation.
    ///
    /// # Errors
    ///
    /// `RequestLimitExceeded` when there is none.
    pub fn take(&mut self, operation: &'static str, rate: Rate, now: Timestamp) -> Result<(), ApiError> {
        let full = i64::from(self.at_most.map_or(rate.burst, |most| most.min(rate.burst))) * 1000;
        let bucket =
            self.by_operation.entry((operation, rate)).or_insert(Bucket { milli: full, filled_at: now });
        let gained = now.duration_since(bucket.filled_at).as_millis() * i128::from(rate.per_second);
        bucket.milli = bucket.milli.saturating_add(i64::try_from(gained).unwrap_or(i64::MAX)).min(full);
        bucket.filled_at = now;
        if bucket.milli < 1000 {
            self.refused += 1;
            return Err(ApiError::new(
                ErrorKind::Throttled,
                "RequestLimitExceeded",
                "Request limit exceeded.",
            ));
        }
        bucket.milli -= 1000;
        Ok(())
    }
}
