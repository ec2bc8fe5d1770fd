//! What the AWS command line prints, nearly.

use std::collections::BTreeSet;

use adapters_aws::listing;
use serde_json::Value;

use crate::{Work, each};

/// How many items a list of that name has, when it is one.
fn items(list: &[u8], name: &str) -> Option<usize> {
    let value: Value = serde_json::from_slice(list).ok()?;
    value.get(name).unwrap_or(&value).as_array().map(Vec::len)
}

#[test]
fn of_a_list_of_snapshots_nothing_is_left_out() {
    each(&["corpus/lists"], Work::Little, |list| match listing::snapshots(list) {
        Ok(read) => {
            let ids: BTreeSet<_> = read.iter().map(|one| &one.snapshot.id).collect();
            assert_eq!((ids.len(), Some(read.len())), (read.len(), items(list, "Snapshots")));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    });
}

#[test]
fn of_a_list_of_images_nothing_is_left_out() {
    each(&["corpus/lists"], Work::Little, |list| match listing::images(list) {
        Ok(read) => assert!(read.is_empty() || items(list, "Images") != Some(0)),
        Err(error) => assert!(!error.to_string().is_empty()),
    });
}
