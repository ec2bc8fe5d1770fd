use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

/// Names as numbers, in the order in which they are first heard of, each kept once.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: Numbers,
    names: Vec<Arc<str>>,
}

#[expect(clippy::disallowed_types, reason = "looked up only, and never gone through: its order has no say")]
type Numbers = std::collections::HashMap<Arc<str>, u32, BuildHasherDefault<DefaultHasher>>;

impl Names {
    /// The number of a name.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        // No memory holds as many names as there are numbers.
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let name: Arc<str> = name.into();
        self.names.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        number
    }

    /// The name of a number.
    pub(super) fn name(&self, number: u32) -> &str {
        usize::try_from(number).ok().and_then(|number| self.names.get(number)).map_or("", |name| name)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn equal_names_have_equal_numbers_and_a_number_has_its_name() {
        let mut names = Names::default();
        let numbers: Vec<u32> = ["b", "a", "b", "c", "a"].iter().map(|name| names.number(name)).collect();
        assert_eq!((numbers, names.len()), (vec![0, 1, 0, 2, 1], 3));
        assert_eq!((names.name(1), names.name(7)), ("a", ""));
    }
}
