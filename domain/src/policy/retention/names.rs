use std::borrow::Borrow;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash};

/// Names as numbers, in the order in which they are first heard of, each kept once.
#[derive(Debug)]
pub(super) struct Names<K> {
    numbers: Numbers<K>,
    names: Vec<K>,
}

#[expect(clippy::disallowed_types, reason = "looked up only, and never gone through: its order has no say")]
type Numbers<K> = std::collections::HashMap<K, u32, BuildHasherDefault<DefaultHasher>>;

impl<K: Clone + Eq + Hash> Names<K> {
    /// The number of a name.
    pub(super) fn number<N>(&mut self, name: &N) -> u32
    where
        N: ToOwned + Eq + Hash + ?Sized,
        K: Borrow<N> + From<N::Owned>,
    {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        // No memory holds as many names as there are numbers.
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let name = K::from(name.to_owned());
        self.names.push(name.clone());
        self.numbers.insert(name, number);
        number
    }

    /// The name of a number.
    pub(super) fn name(&self, number: u32) -> Option<&K> {
        usize::try_from(number).ok().and_then(|number| self.names.get(number))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }
}

impl<K> Default for Names<K> {
    fn default() -> Self {
        Self { numbers: Numbers::default(), names: Vec::new() }
    }
}

#[cfg(test)]
mod test {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn equal_names_have_equal_numbers_and_a_number_has_its_name() {
        let mut names: Names<Arc<str>> = Names::default();
        let numbers: Vec<u32> = ["b", "a", "b", "c", "a"].iter().map(|name| names.number(*name)).collect();
        assert_eq!((numbers, names.len()), (vec![0, 1, 0, 2, 1], 3));
        assert_eq!((names.name(1).map(AsRef::as_ref), names.name(7)), (Some("a"), None));
    }
}
