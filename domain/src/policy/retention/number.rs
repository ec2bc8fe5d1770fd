use std::hash::{DefaultHasher, Hash, Hasher};

/// Names as numbers: equal names have equal numbers, in the order of the names.
pub(super) struct Numbers<'a> {
    /// The number of each name given, in the order given.
    pub(super) of: Vec<Option<u32>>,
    /// The name of each number.
    pub(super) names: Vec<&'a str>,
}

/// Numbers names. They are sorted by a digest first: comparing a million texts costs far more than comparing numbers.
pub(super) fn number<'a>(names: impl Iterator<Item = Option<&'a str>>) -> Numbers<'a> {
    let mut of = Vec::new();
    let mut found: Vec<(u64, &str, usize)> = Vec::new();
    for (place, name) in names.enumerate() {
        of.push(None);
        found.extend(name.map(|name| (digest(name), name, place)));
    }
    found.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let same = |a: &(u64, &str, usize), b: &(u64, &str, usize)| a.1 == b.1;
    let firsts = found.chunk_by(same).filter_map(<[_]>::first);
    let mut names: Vec<&str> = firsts.map(|(_, name, _)| *name).collect();
    names.sort_unstable();
    for chunk in found.chunk_by(same) {
        let number = chunk.first().and_then(|(_, name, _)| names.binary_search(name).ok());
        for (_, _, place) in chunk {
            if let Some(slot) = of.get_mut(*place) {
                *slot = number.and_then(|number| u32::try_from(number).ok());
            }
        }
    }
    Numbers { of, names }
}

fn digest(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
