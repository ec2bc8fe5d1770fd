use jiff::Timestamp;

use super::Listing;
use crate::cloud::ApiError;
use crate::cloud::bucket::{Buckets, DESCRIBE, DESCRIBE_ALL};

impl Buckets {
    /// Takes a token for a list: from a smaller bucket when the request is neither filtered nor wants pages
    /// (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>).
    ///
    /// # Errors
    ///
    /// `RequestLimitExceeded` when there is none.
    pub(in crate::cloud) fn take_for_list(
        &mut self,
        operation: &'static str,
        listing: &Listing,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let is_paginated = listing.max_results.is_some() || listing.token.is_some();
        let by_ids = !listing.ids.is_empty() && !self.ids_are_no_filter;
        let is_filtered = !listing.filters.is_empty() || by_ids;
        let rate = if is_paginated || is_filtered { DESCRIBE } else { DESCRIBE_ALL };
        self.take(operation, rate, now)
    }
}
