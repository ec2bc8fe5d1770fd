use super::{Limit, Retention, RetentionSpec, Rule};

impl Retention {
    /// Whether it keeps all that another keeps, whatever snapshots there are. Where that does not show from the two alone, it
    /// does not.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::retention::Retention;
    ///
    /// assert!(Retention::days(30)?.covers(&Retention::days(7)?));
    /// assert!(!Retention::days(7)?.covers(&Retention::days(30)?));
    /// # Ok::<(), domain::policy::retention::RetentionError>(())
    /// ```
    pub fn covers(&self, other: &Self) -> bool {
        // How much may go at once keeps nothing.
        let RetentionSpec {
            keep_tag,
            within_from,
            group_by,
            owned_by,
            floor,
            keep_dead_days,
            max_remove: _,
            ..
        } = other.spec();
        let this = self.spec();
        let is_covered =
            |rule: Rule| this.rules().any(|own| own.reason == rule.reason && own.limit.reaches(rule.limit));
        (within_from, group_by, owned_by) == (&this.within_from, &this.group_by, &this.owned_by)
            && floor.0 <= this.floor.0
            && this.keep_dead_days.is_none_or(|own| keep_dead_days.is_some_and(|days| days <= own))
            && keep_tag.iter().all(|labels| this.keep_tag.contains(labels))
            && other.spec().rules().all(is_covered)
    }
}

impl Limit {
    /// Whether it reaches at least as far back as another.
    fn reaches(self, other: Self) -> bool {
        match (self, other) {
            (Self::Count(own), Self::Count(count)) => count <= own,
            (Self::Period(own), Self::Period(period)) => own.reaches(period),
            (Self::Count(_), Self::Period(_)) | (Self::Period(_), Self::Count(_)) => false,
        }
    }
}
