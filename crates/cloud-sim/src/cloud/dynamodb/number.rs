//! Numbers of DynamoDB: up to 38 digits, from 1E-130 to 9.9999999999999999999999999999999999999E+125
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>).

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::cloud::ApiError;

/// A number: its digits behind the point, without zeros at either end, and how far the point is off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    negative: bool,
    digits: Vec<u8>,
    exponent: i32,
}

/// How many digits a number may have.
const MOST_DIGITS: usize = 38;

impl FromStr for Number {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Self, ApiError> {
        let none = || {
            let message = format!("The parameter cannot be converted to a numeric value: {text}");
            ApiError::rejected("ValidationException", message)
        };
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().map_err(|_| none())?),
            None => (unsigned, 0_i64),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(none());
        }
        let whole = i64::try_from(whole.len()).map_err(|_| none())?;
        Self::in_range(negative, &digits, exponent.saturating_add(whole))
    }
}

impl Number {
    /// A number in its one form, if it is one that can be stored.
    fn in_range(negative: bool, digits: &[u8], exponent: i64) -> Result<Self, ApiError> {
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        let digits = digits.get(zeros..).unwrap_or_default();
        let end = digits.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
        let digits = digits.get(..end).unwrap_or_default().to_vec();
        if digits.is_empty() {
            return Ok(Self { negative: false, digits, exponent: 0 });
        }
        let exponent = exponent.saturating_sub(i64::try_from(zeros).unwrap_or(i64::MAX));
        let why = if MOST_DIGITS < digits.len() {
            "Attempting to store more than 38 significant digits in a Number"
        } else if 126 < exponent {
            "Number overflow. Attempting to store a number with magnitude larger than supported range"
        } else if exponent < -129 {
            "Number underflow. Attempting to store a number with magnitude smaller than supported range"
        } else {
            return Ok(Self { negative, digits, exponent: i32::try_from(exponent).unwrap_or(0) });
        };
        Err(ApiError::rejected("ValidationException", why))
    }
}

/// What expressions do with numbers.
#[cfg(feature = "wire")]
impl Number {
    /// The sum of two.
    pub(crate) fn plus(&self, other: &Self) -> Result<Self, ApiError> {
        let place = |number: &Self| number.exponent - i32::try_from(number.digits.len()).unwrap_or(0);
        let lowest = place(self).min(place(other));
        let sum = self.scaled(lowest).zip(other.scaled(lowest)).and_then(|(a, b)| a.checked_add(b));
        let too_long = || {
            let message = "Attempting to store more than 38 significant digits in a Number";
            ApiError::rejected("ValidationException", message)
        };
        let sum = sum.ok_or_else(too_long)?;
        let digits = sum.unsigned_abs().to_string().into_bytes();
        let exponent = i64::from(lowest) + i64::try_from(digits.len()).unwrap_or(0);
        Self::in_range(sum < 0, &digits, exponent)
    }

    /// The same amount below zero, or above it.
    pub(crate) fn negated(self) -> Self {
        Self { negative: !self.negative && !self.digits.is_empty(), ..self }
    }

    /// The number in units of a power of ten.
    fn scaled(&self, lowest: i32) -> Option<i128> {
        if self.digits.is_empty() {
            return Some(0);
        }
        let length = i32::try_from(self.digits.len()).ok()?;
        let shift = u32::try_from(self.exponent - length - lowest).ok()?;
        let digits: i128 = std::str::from_utf8(&self.digits).ok()?.parse().ok()?;
        let amount = digits.checked_mul(10_i128.checked_pow(shift)?)?;
        Some(if self.negative { -amount } else { amount })
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.digits.is_empty(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        sign(self).cmp(&sign(other)).then_with(|| {
            let amount = (self.exponent, &self.digits).cmp(&(other.exponent, &other.digits));
            if self.negative { amount.reverse() } else { amount }
        })
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Number {
    /// Without an exponent, as DynamoDB gives numbers back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = String::from_utf8_lossy(&self.digits);
        let sign = if self.negative { "-" } else { "" };
        let before = usize::try_from(self.exponent).unwrap_or(0);
        match digits.split_at_checked(before) {
            _ if digits.is_empty() => f.write_str("0"),
            _ if self.exponent <= 0 => {
                let zeros = usize::try_from(-self.exponent).unwrap_or(0);
                write!(f, "{sign}0.{}{digits}", "0".repeat(zeros))
            }
            Some((whole, "")) => write!(f, "{sign}{whole}"),
            Some((whole, fraction)) => write!(f, "{sign}{whole}.{fraction}"),
            None => write!(f, "{sign}{digits}{}", "0".repeat(before - digits.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Number;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn a_number_has_one_form() {
        for (given, stored) in [
            ("1.0", "1"),
            ("-0", "0"),
            ("007", "7"),
            ("1e3", "1000"),
            ("1.5E-3", "0.0015"),
            ("0.12345678901234567890123456789012345678", "0.12345678901234567890123456789012345678"),
            ("-120.50", "-120.5"),
        ] {
            assert_eq!(number(given).to_string(), stored, "{given}");
        }
    }

    #[test]
    fn what_cannot_be_stored_is_refused() {
        let long = "1".repeat(39);
        for text in ["", "x", "1.2.3", "--1", "1e126", "1e-131", long.as_str(), "0x1", "NaN"] {
            assert!(text.parse::<Number>().is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_are_ordered_by_their_amounts() {
        let ordered = ["-20", "-3", "-0.5", "0", "0.05", "0.5", "3", "20", "100"];
        for pair in ordered.windows(2) {
            assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
        }
    }

    #[cfg(feature = "wire")]
    #[test]
    fn sums_are_exact() {
        assert_eq!(number("0.1").plus(&number("0.2")).unwrap(), number("0.3"));
        assert_eq!(number("5").plus(&number("5").negated()).unwrap(), number("0"));
        assert!(number("1e60").plus(&number("1")).is_err());
    }
}
