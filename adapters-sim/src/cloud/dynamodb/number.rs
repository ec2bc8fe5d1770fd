use ports::Attribute;

/// What `DynamoDB` would not store of an attribute, if anything: a number of more than 38 digits or beyond 1E-130 to
/// 9.99E+125, or a set of nothing
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>).
pub(super) fn illegal(attribute: &Attribute) -> Option<&'static str> {
    match attribute {
        Attribute::N(number) => illegal_number(number),
        Attribute::Ns(set) => empty(set.is_empty()).or_else(|| set.iter().find_map(|n| illegal_number(n))),
        Attribute::Ss(set) => empty(set.is_empty()),
        Attribute::Bs(set) => empty(set.is_empty()),
        Attribute::L(list) => list.iter().find_map(illegal),
        Attribute::M(map) => map.values().find_map(illegal),
        Attribute::S(_) | Attribute::B(_) | Attribute::Bool(_) | Attribute::Null => None,
    }
}

fn empty(is_empty: bool) -> Option<&'static str> {
    is_empty.then_some("One or more parameter values were invalid: a set may not be empty")
}

fn illegal_number(number: &str) -> Option<&'static str> {
    let Some((digits, exponent)) = read(number) else {
        return Some("The parameter cannot be converted to a numeric value");
    };
    let significant = digits.trim_start_matches('0');
    let trimmed = significant.trim_end_matches('0');
    // The power of ten of the first digit that counts.
    let magnitude = exponent + i64::try_from(significant.len()).unwrap_or(i64::MAX) - 1;
    if trimmed.is_empty() {
        None
    } else if 38 < trimmed.len() {
        Some("Attempting to store more than 38 significant digits in a Number")
    } else if 125 < magnitude {
        Some("Number overflow. Attempting to store a number with magnitude larger than supported range")
    } else if magnitude < -130 {
        Some("Number underflow. Attempting to store a number with magnitude smaller than supported range")
    } else {
        None
    }
}

/// The digits of a number without their point, and the power of ten of the last one.
fn read(number: &str) -> Option<(String, i64)> {
    let unsigned = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
        None => (unsigned, 0_i64),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let behind = i64::try_from(fraction.len()).ok()?;
    is_number.then(|| (digits, exponent.saturating_sub(behind)))
}
