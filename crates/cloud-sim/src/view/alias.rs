use std::collections::BTreeMap;

/// Short names for ids, numbered in the order in which they appear.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    known: BTreeMap<String, String>,
    counts: BTreeMap<&'static str, usize>,
}

/// The kinds of id there are, longer ones first where one begins like another.
const KINDS: [&str; 4] = ["snap", "vol", "ami", "i"];

impl Aliases {
    /// The same text with short names for the ids in it.
    pub(super) fn short(&mut self, text: &str) -> String {
        let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let mut short = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(begin) = rest.find(is_inside) {
            let (before, word) = rest.split_at(begin);
            let end = word.find(|c| !is_inside(c)).unwrap_or(word.len());
            let (word, after) = word.split_at(end);
            short.push_str(before);
            short.push_str(&self.alias(word));
            rest = after;
        }
        short + rest
    }

    fn alias(&mut self, word: &str) -> String {
        let is_id = |kind: &&str| {
            let hex = word.strip_prefix(*kind).and_then(|rest| rest.strip_prefix('-'));
            hex.is_some_and(|hex| 8 <= hex.len() && hex.chars().all(|c| c.is_ascii_hexdigit()))
        };
        let Some(kind) = KINDS.into_iter().find(|kind| is_id(kind)) else { return word.to_owned() };
        let counts = &mut self.counts;
        let number = || {
            let count = counts.entry(kind).or_default();
            *count += 1;
            format!("{kind}#{count}")
        };
        self.known.entry(word.to_owned()).or_insert_with(number).clone()
    }
}
