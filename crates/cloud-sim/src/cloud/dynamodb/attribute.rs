//! What DynamoDB stores of an attribute
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>).

use aws_vocabulary::Attribute;

use super::number::Number;
use crate::cloud::ApiError;

/// Refuses a number that is none or out of range, and a set of nothing.
pub(super) fn check(attribute: &Attribute) -> Result<(), ApiError> {
    match attribute {
        Attribute::N(number) => legal_number(number),
        Attribute::Ns(set) => {
            filled(set.is_empty()).and_then(|()| set.iter().try_for_each(|n| legal_number(n)))
        }
        Attribute::Ss(set) => filled(set.is_empty()),
        Attribute::Bs(set) => filled(set.is_empty()),
        Attribute::L(list) => list.iter().try_for_each(check),
        Attribute::M(map) => map.values().try_for_each(check),
        Attribute::S(_) | Attribute::B(_) | Attribute::Bool(_) | Attribute::Null => Ok(()),
    }
}

fn legal_number(number: &str) -> Result<(), ApiError> {
    number.parse::<Number>().map(drop)
}

fn filled(is_empty: bool) -> Result<(), ApiError> {
    let message = "One or more parameter values were invalid: a set may not be empty";
    if is_empty { Err(ApiError::rejected("ValidationException", message)) } else { Ok(()) }
}
