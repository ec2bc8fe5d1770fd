//! Ranges of numbers
//! (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#filtering-numeric-matching>).

use std::ops::{Bound, RangeBounds};

use super::scalar::{Amount, Number, Scalar};

/// The documentation compares numbers from -5.0e9 to 5.0e9, with 15 digits of which six are decimals. Ruler by now
/// compares every number that JSON can hold; what is outside the documented limits is in no range here.
const LEAST: Amount = Amount(-5.0e9);
const MOST: Amount = Amount(5.0e9);
const DIGITS: usize = 15;

const USAGE: &str = "write `[\"=\", 5]`, `[\">\", 0]` or, the lower end first, `[\">\", 0, \"<=\", 5]`";

/// Numbers from one to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range(Bound<Amount>, Bound<Amount>);

impl Range {
    /// The numbers of one amount.
    pub(super) fn exactly(amount: Amount) -> Self {
        Self(Bound::Included(amount), Bound::Included(amount))
    }

    pub(super) fn holds(&self, amount: Amount) -> bool {
        (self.0, self.1).contains(&amount)
    }

    /// Reads the members of `"numeric": [">", 0, "<=", 5]`.
    pub(super) fn read(members: &[Scalar]) -> Result<Self, String> {
        match members {
            [Scalar::Text(sign), limit] => {
                let limit = operand(limit)?;
                match (sign.as_str(), lower(sign, limit), upper(sign, limit)) {
                    ("=", _, _) => Ok(Self::exactly(limit)),
                    (_, Some(low), _) => Ok(Self(low, Bound::Included(MOST))),
                    (_, _, Some(high)) => Ok(Self(Bound::Included(LEAST), high)),
                    (other, None, None) => Err(format!("`{other}` compares nothing: use =, <, <=, > or >=")),
                }
            }
            [Scalar::Text(above), bottom, Scalar::Text(below), top] => {
                let (bottom, top) = (operand(bottom)?, operand(top)?);
                match (lower(above, bottom), upper(below, top)) {
                    (Some(low), Some(high)) if bottom < top => Ok(Self(low, high)),
                    (Some(_), Some(_)) => Err("the lower end has to be less than the upper end".to_owned()),
                    _ => Err(format!("`{above}` and `{below}` make no range: {USAGE}")),
                }
            }
            _ => Err(format!("no comparison: {USAGE}")),
        }
    }
}

fn lower(sign: &str, limit: Amount) -> Option<Bound<Amount>> {
    match sign {
        ">" => Some(Bound::Excluded(limit)),
        ">=" => Some(Bound::Included(limit)),
        _ => None,
    }
}

fn upper(sign: &str, limit: Amount) -> Option<Bound<Amount>> {
    match sign {
        "<" => Some(Bound::Excluded(limit)),
        "<=" => Some(Bound::Included(limit)),
        _ => None,
    }
}

fn operand(member: &Scalar) -> Result<Amount, String> {
    let Scalar::Number(number) = member else {
        return Err(format!("{member} stands where a number should: {USAGE}"));
    };
    if (LEAST..=MOST).contains(&number.amount()) && number.digits() <= DIGITS && has_six_decimals(number) {
        return Ok(number.amount());
    }
    Err(format!(
        "{member} cannot be compared: numbers go from -5.0e9 to 5.0e9, with 15 digits, 6 of them decimals"
    ))
}

fn has_six_decimals(number: &Number) -> bool {
    let Amount(amount) = number.amount();
    format!("{amount:.6}").parse().map(Amount) == Ok(number.amount())
}
