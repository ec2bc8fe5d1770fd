use std::hash::{DefaultHasher, Hash, Hasher};

/// Names as numbers: equal names have equal numbers, in no particular order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Numbers<'a> {
    /// The number of each name given, in the order given.
    pub(super) of: Vec<Option<u32>>,
    /// The name of each number.
    pub(super) names: Vec<&'a str>,
}

/// Numbers names. To sort a million texts costs far more than to sort their digests, so it is done only when two
/// different ones turn out to share a digest.
pub(super) fn number<'a>(names: impl Iterator<Item = Option<&'a str>>) -> Numbers<'a> {
    let names: Vec<Option<&str>> = names.collect();
    by_digest(&names, digest).unwrap_or_else(|| by_name(&names))
}

fn by_digest<'a>(names: &[Option<&'a str>], digest: fn(&str) -> u64) -> Option<Numbers<'a>> {
    let places = names.iter().enumerate();
    let mut digests: Vec<(u64, usize)> = Vec::with_capacity(names.len());
    digests.extend(places.filter_map(|(place, name)| Some((digest((*name)?), place))));
    digests.sort_unstable();
    let mut numbers = Numbers { of: vec![None; names.len()], names: Vec::new() };
    for alike in digests.chunk_by(|a, b| a.0 == b.0) {
        let number = u32::try_from(numbers.names.len()).ok();
        numbers.names.extend(alike.first().and_then(|(_, place)| *names.get(*place)?));
        for (_, place) in alike {
            *numbers.of.get_mut(*place)? = number;
        }
    }
    let found = |number: &Option<u32>| numbers.names.get(usize::try_from((*number)?).ok()?).copied();
    let all = numbers.of.iter().zip(names).all(|(number, name)| found(number) == *name);
    all.then_some(numbers)
}

fn by_name<'a>(names: &[Option<&'a str>]) -> Numbers<'a> {
    let mut distinct: Vec<&str> = names.iter().copied().flatten().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let number = |name: Option<&str>| u32::try_from(distinct.binary_search(&name?).ok()?).ok();
    Numbers { of: names.iter().copied().map(number).collect(), names: distinct }
}

fn digest(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod test {
    use super::*;

    const NAMES: [Option<&str>; 6] = [Some("b"), None, Some("a"), Some("b"), Some("a"), Some("c")];

    #[test]
    fn equal_names_have_equal_numbers() {
        let length = |name: &str| u64::from(name.as_bytes()[0]);
        let expected = Numbers {
            of: vec![Some(1), None, Some(0), Some(1), Some(0), Some(2)],
            names: vec!["a", "b", "c"],
        };
        assert_eq!(by_digest(&NAMES, length), Some(expected));
        assert_eq!(by_digest(&NAMES, length), Some(by_name(&NAMES)));
    }

    #[test]
    fn names_that_share_a_digest_are_told_apart() {
        assert_eq!(by_digest(&NAMES, |_| 7), None);
        assert_eq!(by_digest(&[Some("a"), Some("a"), None], |_| 7).unwrap().of, [Some(0), Some(0), None]);
    }

    #[test]
    fn names_have_digests_of_their_own() {
        assert_ne!(digest("vol-1"), digest("vol-2"));
        assert_eq!(digest("vol-1"), digest("vol-1"));
    }
}
