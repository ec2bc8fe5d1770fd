//! The query protocols: a form of names with dots in, XML out. EC2's is a little different from the others'
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html>,
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-making-api-requests.html>).

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::cloud::ApiError;

/// The fields of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fields {
    texts: BTreeMap<String, String>,
    /// What every name begins with, for messages.
    within: String,
    words: &'static Words,
}

/// How a service speaks of fields that are missing or wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// The code when one is missing.
    pub(super) missing: &'static str,
    /// The code when one is wrong.
    pub(super) invalid: &'static str,
    /// What stands between a list's name and the number of one of its elements.
    pub(super) member: &'static str,
}

impl Fields {
    /// Reads a form.
    pub(super) fn read(form: &[u8], words: &'static Words) -> Self {
        let texts = form_urlencoded::parse(form).into_owned().collect();
        Self { texts, within: String::new(), words }
    }

    /// A field.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    /// A field that has to be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.text(name).ok_or_else(|| {
            let Self { within, words, .. } = self;
            let message = format!("The request must contain the parameter {within}{name}");
            ApiError::rejected(words.missing, message)
        })
    }

    /// A field that has some form, if it is there.
    pub(super) fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, ApiError> {
        self.text(name).map(|text| text.parse().map_err(|_| self.invalid(name, text))).transpose()
    }

    /// A field that has to be there and has some form.
    pub(super) fn needed<T: FromStr>(&self, name: &str) -> Result<T, ApiError> {
        let text = self.required(name)?;
        text.parse().map_err(|_| self.invalid(name, text))
    }

    /// Whether a field says `true`.
    pub(super) fn is_set(&self, name: &str) -> Result<bool, ApiError> {
        Ok(self.parsed(name)?.unwrap_or(false))
    }

    /// The error for a field that is wrong.
    pub(super) fn invalid(&self, name: &str, text: &str) -> ApiError {
        let Self { within, words, .. } = self;
        ApiError::rejected(words.invalid, format!("Value ({text}) for parameter {within}{name} is invalid."))
    }

    /// The texts of a list.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        let of = |fields: Self| fields.text("").map(str::to_owned);
        self.numbered(name).into_iter().filter_map(of).collect()
    }

    /// What each element of a list holds, in the order of their numbers.
    pub(super) fn list(&self, name: &str) -> Vec<Self> {
        self.numbered(name)
    }

    fn numbered(&self, name: &str) -> Vec<Self> {
        let prefix = format!("{name}{}.", self.words.member);
        let mut elements: BTreeMap<u32, BTreeMap<String, String>> = BTreeMap::new();
        for (field, value) in &self.texts {
            let Some(rest) = field.strip_prefix(&prefix) else { continue };
            let (number, inner) = rest.split_once('.').unwrap_or((rest, ""));
            if let Ok(number) = number.parse() {
                elements.entry(number).or_default().insert(inner.to_owned(), value.clone());
            }
        }
        let element = |(number, texts)| Self {
            texts,
            within: format!("{}{prefix}{number}.", self.within),
            words: self.words,
        };
        elements.into_iter().map(element).collect()
    }

    /// What stands under a name.
    pub(super) fn part(&self, name: &str) -> Self {
        let prefix = format!("{name}.");
        let inner = |(field, value): (&String, &String)| {
            field.strip_prefix(&prefix).map(|rest| (rest.to_owned(), value.clone()))
        };
        let texts = self.texts.iter().filter_map(inner).collect();
        Self { texts, within: format!("{}{prefix}", self.within), words: self.words }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, Words};

    const WORDS: Words = Words { missing: "MissingParameter", invalid: "InvalidParameterValue", member: "" };

    #[test]
    fn lists_come_in_the_order_of_their_numbers() {
        let fields = Fields::read(b"Id.2=b&Id.10=c&Id.1=a&Other.1=x", &WORDS);
        assert_eq!(fields.texts("Id"), ["a", "b", "c"]);
    }

    #[test]
    fn a_missing_or_wrong_field_is_named_in_full() {
        let fields = Fields::read(b"Filter.1.Value.1=x&Filter.1.Max=many", &WORDS);
        let filter = &fields.list("Filter")[0];
        let missing = filter.required("Name").unwrap_err();
        assert!(missing.message.ends_with("Filter.1.Name"), "{missing:?}");
        let wrong = filter.parsed::<u32>("Max").unwrap_err();
        assert_eq!(wrong.message, "Value (many) for parameter Filter.1.Max is invalid.");
    }
}
