//! What the value of a field may be.

use super::cidr::Block;
use super::numeric::Range;
use super::scalar::Scalar;
use super::text::{Affix, equals_ignoring_case};
use super::wildcard::Wildcard;

/// One member of a field's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Matcher {
    Exactly(Scalar),
    Affix(Affix),
    IgnoringCase(String),
    Wildcard(Wildcard),
    Numeric(Range),
    Cidr(Block),
    Exists(bool),
    AnythingBut(Vec<Self>),
}

impl Matcher {
    /// Whether a field that is there may have this value.
    pub(super) fn accepts(&self, value: &Scalar) -> bool {
        match (self, value) {
            (Self::Exactly(wanted), _) => value == wanted,
            (Self::Affix(affix), Scalar::Text(text)) => affix.is_of(text),
            (Self::IgnoringCase(letters), Scalar::Text(text)) => equals_ignoring_case(text, letters),
            (Self::Wildcard(wildcard), Scalar::Text(text)) => wildcard.is(text),
            (Self::Cidr(block), Scalar::Text(text)) => block.holds(text),
            (Self::Numeric(range), Scalar::Number(number)) => range.holds(number.amount()),
            (Self::Exists(wanted), _) => *wanted,
            (Self::AnythingBut(refused), _) => !refused.iter().any(|matcher| matcher.accepts(value)),
            (
                Self::Affix(_) | Self::IgnoringCase(_) | Self::Wildcard(_) | Self::Cidr(_) | Self::Numeric(_),
                _,
            ) => false,
        }
    }

    /// The wildcards in it, plain or refused.
    pub(super) fn wildcards(&self) -> Vec<&Wildcard> {
        match self {
            Self::Wildcard(wildcard) => vec![wildcard],
            Self::AnythingBut(refused) => refused.iter().flat_map(Self::wildcards).collect(),
            Self::Exactly(_)
            | Self::Affix(_)
            | Self::IgnoringCase(_)
            | Self::Numeric(_)
            | Self::Cidr(_)
            | Self::Exists(_) => Vec::new(),
        }
    }
}
