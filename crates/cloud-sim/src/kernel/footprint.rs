use xxhash_rust::xxh3::xxh3_64_with_seed;

/// What a request reads and writes: two requests of which neither writes what the other touches can change places without
/// anybody noticing.
///
/// There is room for six reads, two writes and two marks. Whoever touches more names a whole instead of its parts, such
/// as `("instances", "")`: what does not fit is not seen, and an exploration would leave out orders that matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    reads: [Option<u64>; 6],
    writes: [Option<u64>; 2],
    marks: [Option<u64>; 2],
}

impl Footprint {
    /// Touches nothing that others see.
    pub const NONE: Self = Self { reads: [None; 6], writes: [None; 2], marks: [None; 2] };

    /// Also reads something.
    #[must_use]
    pub fn reads(mut self, kind: &str, id: &str) -> Self {
        note(&mut self.reads, kind, id);
        self
    }

    /// Also writes something.
    #[must_use]
    pub fn writes(mut self, kind: &str, id: &str) -> Self {
        note(&mut self.writes, kind, id);
        self
    }

    /// Also changes a part of something that others read as a whole, without caring what others change of it.
    #[must_use]
    pub fn marks(mut self, kind: &str, id: &str) -> Self {
        note(&mut self.marks, kind, id);
        self
    }

    /// Whether it changes nothing.
    pub fn only_reads(&self) -> bool {
        self.writes == [None; 2] && self.marks == [None; 2]
    }

    /// What remains of it when nothing was changed: only the looking.
    #[must_use]
    pub fn without_effect(self) -> Self {
        let mut reads = [None; 6];
        let all = self.reads.into_iter().chain(self.writes).chain(self.marks).flatten();
        reads.iter_mut().zip(all).for_each(|(place, what)| *place = Some(what));
        Self { reads, ..Self::NONE }
    }

    /// Whether the order of the two can matter.
    ///
    /// # Examples
    ///
    /// ```
    /// use caretaker_cloud_sim::kernel::Footprint;
    ///
    /// let read = Footprint::NONE.reads("item", "a");
    /// let write = Footprint::NONE.writes("item", "a");
    /// assert!(read.conflicts(&write) && write.conflicts(&write) && !read.conflicts(&read));
    /// assert!(!write.conflicts(&Footprint::NONE.writes("item", "b")));
    /// assert!(!write.without_effect().conflicts(&write.without_effect()));
    /// assert!(write.without_effect().conflicts(&write));
    /// ```
    pub fn conflicts(&self, other: &Self) -> bool {
        // Most requests only read, so what is changed goes first: there is nothing to compare then.
        let meets = |a: &[Option<u64>], b: &[Option<u64>]| a.iter().flatten().any(|x| b.contains(&Some(*x)));
        meets(&self.writes, &other.writes)
            || meets(&self.writes, &other.reads)
            || meets(&other.writes, &self.reads)
            || meets(&self.marks, &other.reads)
            || meets(&other.marks, &self.reads)
    }
}

fn note(places: &mut [Option<u64>], kind: &str, id: &str) {
    let hash = xxh3_64_with_seed(id.as_bytes(), xxh3_64_with_seed(kind.as_bytes(), 0));
    if let Some(place) = places.iter_mut().find(|place| place.is_none()) {
        *place = Some(hash);
    }
}
