use std::collections::BTreeMap;

/// How large a search is, as far as can be told from the parts of it that are back. The deeper the
/// root of a part is the less there is left to happen, so parts count as those of the same depth
/// do.
#[derive(Clone, Debug, Default)]
pub(super) struct Estimate {
    by_depth: BTreeMap<usize, Parts>,
    /// How many executions the trunk has had.
    pub(super) trunk: u64,
    /// How many it had in the pass before, in which one thing less went wrong.
    trunk_before: u64,
}

/// The parts whose roots are equally deep.
#[derive(Clone, Copy, Debug, Default)]
struct Parts {
    /// How many there could have been in the pass before.
    before: u64,
    known: u64,
    back: u64,
    /// The executions of those that are back.
    executions: u64,
}

impl Estimate {
    /// What to expect of the next pass: its trunk is like that of this one, where so many parts
    /// could have begun how deep.
    pub(super) fn next(&self, census: &BTreeMap<usize, u64>) -> Self {
        let parts = |(depth, before): (&usize, &u64)| (*depth, Parts { before: *before, ..Parts::default() });
        let by_depth = census.iter().map(parts).collect();
        Self { by_depth, trunk: 0, trunk_before: self.trunk }
    }

    /// The trunk has come this much further.
    pub(super) fn trunk_grew(&mut self, executions: u64) {
        self.trunk += executions;
    }

    /// There is a part.
    pub(super) fn knows(&mut self, depth: usize) {
        self.by_depth.entry(depth).or_default().known += 1;
    }

    /// The parts that are known are all there are.
    pub(super) fn knows_all(&mut self) {
        self.trunk_before = 0;
        for parts in self.by_depth.values_mut() {
            parts.before = 0;
        }
    }

    /// A part is back.
    pub(super) fn came_back(&mut self, depth: usize, executions: u64) {
        let parts = self.by_depth.entry(depth).or_default();
        parts.back += 1;
        parts.executions += executions;
    }

    /// The share of all executions that lies behind, with so many before this pass, once there is
    /// anything to tell it from.
    pub(super) fn share(&self, before: u64) -> Option<f64> {
        let executions: u64 = self.by_depth.values().map(|parts| parts.executions).sum();
        let left = self.by_depth.iter().map(|(depth, parts)| Some(parts.left() * self.mean(*depth)?));
        let left = left.sum::<Option<f64>>()?;
        let behind = number(before + self.trunk + executions);
        let trunk = number(self.trunk_before.saturating_sub(self.trunk));
        (0 < executions).then_some(behind / (behind + trunk + left))
    }

    /// How large parts of a depth are on average; while none of them is back, as large as those
    /// next to them.
    fn mean(&self, depth: usize) -> Option<f64> {
        let is_back = |(depth, parts): (&usize, &Parts)| (0 < parts.back).then_some((*depth, *parts));
        let above = self.by_depth.range(..=depth).rev().find_map(is_back);
        let below = self.by_depth.range(depth..).find_map(is_back);
        let nearest = above.into_iter().chain(below).min_by_key(|(other, _)| other.abs_diff(depth));
        nearest.map(|(_, parts)| number(parts.executions) / number(parts.back))
    }
}

impl Parts {
    /// How many are not back.
    fn left(&self) -> f64 {
        number(self.known.max(self.before).saturating_sub(self.back))
    }
}

/// A count, for a guess.
fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
