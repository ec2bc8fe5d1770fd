use super::Glob;
use crate::cloud::ApiError;

/// A filter as a request gives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
}

/// Something that a list can be filtered by.
pub trait Filtered {
    /// The names that filters may have, beside `tag:<key>` and `tag-key`.
    const NAMES: &'static [&'static str];

    /// Whether what it has under one of those names fits: one of several where it has several, none where it has none.
    fn has(&self, name: &str, fits: &dyn Fn(&str) -> bool) -> bool;

    /// The value of one of its tags.
    fn tag(&self, key: &str) -> Option<&str>;

    /// The keys of its tags.
    fn tag_keys(&self) -> Vec<&str>;
}

/// The filters of a request, which a thing passes when every one of them lets it through: one of its values fits
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filters(Vec<Sieve>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Sieve {
    by: By,
    values: Vec<Glob>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum By {
    Tag(String),
    TagKey,
    Name(&'static str),
}

/// How many filters a request may have.
const MOST_FILTERS: usize = 50;
/// How many values a filter may have.
const MOST_VALUES: usize = 200;
/// How many characters a name or a value may have.
const LONGEST: usize = 255;

impl Filters {
    /// Reads the filters of a request for things of a kind.
    ///
    /// # Errors
    ///
    /// `FilterLimitExceeded` when there are too many of something; `InvalidParameterValue` when a name is none of the kind's.
    pub fn read<T: Filtered>(filters: &[Filter]) -> Result<Self, ApiError> {
        if MOST_FILTERS < filters.len() {
            let message = format!("The maximum number of filters on a request is {MOST_FILTERS}");
            return Err(ApiError::rejected("FilterLimitExceeded", message));
        }
        filters.iter().map(Sieve::read::<T>).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a thing passes all of them.
    pub fn let_through<T: Filtered>(&self, thing: &T) -> bool {
        self.0.iter().all(|sieve| sieve.lets_through(thing))
    }
}

impl Sieve {
    fn read<T: Filtered>(filter: &Filter) -> Result<Self, ApiError> {
        let Filter { name, values } = filter;
        if MOST_VALUES < values.len() {
            let message = format!("The maximum number of values of a filter is {MOST_VALUES}");
            return Err(ApiError::rejected("FilterLimitExceeded", message));
        }
        if let Some(long) = [name].into_iter().chain(values).find(|text| LONGEST < text.chars().count()) {
            let message = format!("The filter text '{long}' is longer than {LONGEST} characters");
            return Err(ApiError::rejected("FilterLimitExceeded", message));
        }
        // Unverified: that a filter without a value is refused as one without a name is.
        let by = By::read::<T>(name).filter(|_| !values.is_empty());
        let by = by.ok_or_else(|| {
            ApiError::rejected("InvalidParameterValue", format!("The filter '{name}' is invalid"))
        })?;
        Ok(Self { by, values: values.iter().map(|value| Glob::new(value)).collect() })
    }

    fn lets_through<T: Filtered>(&self, thing: &T) -> bool {
        let fits = |text: &str| self.values.iter().any(|value| value.matches(text));
        match &self.by {
            By::Tag(key) => thing.tag(key).is_some_and(fits),
            By::TagKey => thing.tag_keys().into_iter().any(fits),
            By::Name(name) => thing.has(name, &fits),
        }
    }
}

impl By {
    fn read<T: Filtered>(name: &str) -> Option<Self> {
        match name.strip_prefix("tag:") {
            Some(key) => Some(Self::Tag(key.to_owned())),
            None if name == "tag-key" => Some(Self::TagKey),
            None => T::NAMES.iter().find(|known| **known == name).map(|known| Self::Name(known)),
        }
    }
}
