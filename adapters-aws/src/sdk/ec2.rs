//! What the adapters of EC2 share.

use aws_sdk_ec2::{
    config::Builder,
    types::{Filter, Tag},
};
use ports::{TagSet, Tags};

use super::config;

/// Settings for an operation that must not be sent twice.
pub(super) fn once() -> Builder {
    Builder::new().retry_config(config::once()).timeout_config(config::patient())
}

/// Tags as a port tells them.
pub(super) fn read_tags(tags: &[Tag]) -> Tags {
    tags.iter().filter_map(|tag| tag.key().map(|key| (key, tag.value().unwrap_or_default()))).collect()
}

/// Tags as EC2 takes them.
pub(super) fn write_tags(tags: &TagSet) -> Vec<Tag> {
    tags.tags().iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Keeps what has one of these values, exactly: `*` and `?` would match anything
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html#Filtering_Resources_CLI>).
pub(super) fn filter<'a>(name: impl Into<String>, values: impl IntoIterator<Item = &'a str>) -> Filter {
    let values = values.into_iter().map(escaped).collect();
    Filter::builder().name(name).set_values(Some(values)).build()
}

fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        if matches!(character, '*' | '?' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
