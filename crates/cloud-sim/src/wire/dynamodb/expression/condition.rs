//! Conditions, filters and key conditions
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html>).

use std::cmp::Ordering;

use aws_vocabulary::{Attribute, Record};

use super::parser::{Parser, Terms, invalid};
use super::path::Path;
use crate::cloud::ApiError;
use crate::cloud::dynamodb::number::Number;
use crate::wire::dynamodb::item::kind;

/// Something that an item fulfils or does not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    Or(Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare(Operand, &'static str, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    Exists(Path),
    IsOfType(Path, String),
    BeginsWith(Operand, Operand),
    Contains(Operand, Operand),
}

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Path(Path),
    Value(Attribute),
    Size(Path),
}

const COMPARATORS: [&str; 6] = ["<>", "<=", ">=", "=", "<", ">"];
const FUNCTIONS: [&str; 5] =
    ["attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains"];

impl Condition {
    /// Reads a condition.
    pub(crate) fn read(expression: &str, terms: &Terms) -> Result<Self, ApiError> {
        let mut parser = Parser::new(expression, terms)?;
        let condition = either(&mut parser)?;
        parser.ends()?;
        Ok(condition)
    }

    /// Whether an item fulfils it. What is not there is unequal to everything, and neither more nor less than anything.
    pub(crate) fn holds(&self, item: &Record) -> bool {
        match self {
            Self::Or(a, b) => a.holds(item) || b.holds(item),
            Self::And(a, b) => a.holds(item) && b.holds(item),
            Self::Not(condition) => !condition.holds(item),
            Self::Compare(a, sign, b) => compares(a.of(item).as_ref(), sign, b.of(item).as_ref()),
            Self::Between(what, least, most) => {
                let what = what.of(item);
                compares(least.of(item).as_ref(), "<=", what.as_ref())
                    && compares(what.as_ref(), "<=", most.of(item).as_ref())
            }
            Self::In(what, all) => {
                let what = what.of(item);
                all.iter().any(|one| compares(what.as_ref(), "=", one.of(item).as_ref()))
            }
            Self::Exists(path) => path.find(item).is_some(),
            Self::IsOfType(path, wanted) => path.find(item).is_some_and(|found| kind(found) == wanted),
            Self::BeginsWith(what, with) => begins(what.of(item), with.of(item)),
            Self::Contains(what, part) => contains(what.of(item), part.of(item)),
        }
    }

    /// What an attribute has to be equal to for this to hold, if it says so of it alone or among others.
    pub(crate) fn equal_to(&self, name: &str) -> Option<&Attribute> {
        match self {
            Self::And(a, b) => a.equal_to(name).or_else(|| b.equal_to(name)),
            Self::Compare(Operand::Path(path), "=", Operand::Value(value))
            | Self::Compare(Operand::Value(value), "=", Operand::Path(path))
                if path.first == name && path.rest.is_empty() =>
            {
                Some(value)
            }
            Self::Compare(..)
            | Self::Or(..)
            | Self::Not(_)
            | Self::Between(..)
            | Self::In(..)
            | Self::Exists(_)
            | Self::IsOfType(..)
            | Self::BeginsWith(..)
            | Self::Contains(..) => None,
        }
    }
}

impl Operand {
    fn of(&self, item: &Record) -> Option<Attribute> {
        match self {
            Self::Path(path) => path.find(item).cloned(),
            Self::Value(value) => Some(value.clone()),
            Self::Size(path) => path.find(item).and_then(size).map(|size| Attribute::N(size.to_string())),
        }
    }
}

fn either(parser: &mut Parser<'_>) -> Result<Condition, ApiError> {
    let mut condition = both(parser)?;
    while parser.takes_word("OR") {
        condition = Condition::Or(Box::new(condition), Box::new(both(parser)?));
    }
    Ok(condition)
}

fn both(parser: &mut Parser<'_>) -> Result<Condition, ApiError> {
    let mut condition = one(parser)?;
    while parser.takes_word("AND") {
        condition = Condition::And(Box::new(condition), Box::new(one(parser)?));
    }
    Ok(condition)
}

fn one(parser: &mut Parser<'_>) -> Result<Condition, ApiError> {
    if parser.takes_word("NOT") {
        return Ok(Condition::Not(Box::new(one(parser)?)));
    }
    if parser.opens() {
        let condition = either(parser)?;
        parser.closes()?;
        return Ok(condition);
    }
    let what = match parser.takes_function() {
        Some(name) if name == "size" => {
            let path = parser.path()?;
            parser.expects(")")?;
            Operand::Size(path)
        }
        Some(name) => return function(&name, parser),
        None => operand(parser)?,
    };
    if parser.takes_word("BETWEEN") {
        let least = operand(parser)?;
        parser.expects_word("AND")?;
        return Ok(Condition::Between(what, least, operand(parser)?));
    }
    if parser.takes_word("IN") {
        parser.expects("(")?;
        let mut all = vec![operand(parser)?];
        while parser.takes(",") {
            all.push(operand(parser)?);
        }
        parser.expects(")")?;
        return Ok(Condition::In(what, all));
    }
    let sign = parser.takes_one(&COMPARATORS).ok_or_else(|| parser.surprised())?;
    let other = match parser.takes_function() {
        Some(name) if name == "size" => {
            let path = parser.path()?;
            parser.expects(")")?;
            Operand::Size(path)
        }
        Some(name) => return Err(invalid(&format!("The function is not allowed here: {name}"))),
        None => operand(parser)?,
    };
    Ok(Condition::Compare(what, sign, other))
}

fn operand(parser: &mut Parser<'_>) -> Result<Operand, ApiError> {
    match parser.value()? {
        Some(value) => Ok(Operand::Value(value)),
        None => parser.path().map(Operand::Path),
    }
}

fn function(name: &str, parser: &mut Parser<'_>) -> Result<Condition, ApiError> {
    if !FUNCTIONS.contains(&name) {
        return Err(invalid(&format!("Invalid function name; function: {name}")));
    }
    let first = operand(parser)?;
    let condition = match (name, first) {
        ("attribute_exists", Operand::Path(path)) => Condition::Exists(path),
        ("attribute_not_exists", Operand::Path(path)) => Condition::Not(Box::new(Condition::Exists(path))),
        ("attribute_type", Operand::Path(path)) => {
            parser.expects(",")?;
            let Operand::Value(Attribute::S(wanted)) = operand(parser)? else {
                return Err(invalid("attribute_type wants a type's name"));
            };
            Condition::IsOfType(path, wanted)
        }
        ("begins_with", first) => {
            parser.expects(",")?;
            Condition::BeginsWith(first, operand(parser)?)
        }
        ("contains", first) => {
            parser.expects(",")?;
            Condition::Contains(first, operand(parser)?)
        }
        _ => {
            return Err(invalid(&format!(
                "Operator or function requires a document path; operator or function: {name}"
            )));
        }
    };
    parser.expects(")")?;
    Ok(condition)
}

fn compares(a: Option<&Attribute>, sign: &str, b: Option<&Attribute>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return sign == "<>" };
    match sign {
        "=" => is_equal(a, b),
        "<>" => !is_equal(a, b),
        _ => order(a, b).is_some_and(|order| match sign {
            "<" => order == Ordering::Less,
            "<=" => order != Ordering::Greater,
            ">" => order == Ordering::Greater,
            _ => order != Ordering::Less,
        }),
    }
}

/// Numbers are equal by their amounts; a table may hold one that was put into it in another form.
fn is_equal(a: &Attribute, b: &Attribute) -> bool {
    match (a, b) {
        (Attribute::N(_), Attribute::N(_)) => order(a, b) == Some(Ordering::Equal),
        _ => a == b,
    }
}

fn order(a: &Attribute, b: &Attribute) -> Option<Ordering> {
    match (a, b) {
        (Attribute::S(a), Attribute::S(b)) => Some(a.cmp(b)),
        (Attribute::B(a), Attribute::B(b)) => Some(a.cmp(b)),
        (Attribute::N(a), Attribute::N(b)) => Some(a.parse::<Number>().ok()?.cmp(&b.parse::<Number>().ok()?)),
        _ => None,
    }
}

fn begins(what: Option<Attribute>, with: Option<Attribute>) -> bool {
    match (what, with) {
        (Some(Attribute::S(what)), Some(Attribute::S(with))) => what.starts_with(&with),
        (Some(Attribute::B(what)), Some(Attribute::B(with))) => what.starts_with(&with),
        _ => false,
    }
}

fn contains(what: Option<Attribute>, part: Option<Attribute>) -> bool {
    match (what, part) {
        (Some(Attribute::S(what)), Some(Attribute::S(part))) => what.contains(&part),
        (Some(Attribute::Ss(set)), Some(Attribute::S(part)))
        | (Some(Attribute::Ns(set)), Some(Attribute::N(part))) => set.contains(&part),
        (Some(Attribute::Bs(set)), Some(Attribute::B(part))) => set.contains(&part),
        (Some(Attribute::L(list)), Some(part)) => list.contains(&part),
        _ => false,
    }
}

fn size(attribute: &Attribute) -> Option<usize> {
    match attribute {
        Attribute::S(text) => Some(text.len()),
        Attribute::B(bytes) => Some(bytes.len()),
        Attribute::L(list) => Some(list.len()),
        Attribute::M(map) => Some(map.len()),
        Attribute::Ss(set) | Attribute::Ns(set) => Some(set.len()),
        Attribute::Bs(set) => Some(set.len()),
        Attribute::N(_) | Attribute::Bool(_) | Attribute::Null => None,
    }
}
