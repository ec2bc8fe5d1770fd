//! Update expressions
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html>).

use std::collections::BTreeSet;

use aws_vocabulary::{Attribute, Record};

use super::parser::{Parser, Terms, invalid};
use super::path::Path;
use crate::cloud::ApiError;
use crate::cloud::dynamodb::number::Number;

/// What is to become of an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Update {
    set: Vec<(Path, Source)>,
    remove: Vec<Path>,
    add: Vec<(Path, Attribute)>,
    delete: Vec<(Path, Attribute)>,
}

/// Where a new value comes from.
#[derive(Clone, Debug, PartialEq)]
enum Source {
    Value(Attribute),
    Path(Path),
    IfNotExists(Path, Box<Self>),
    Append(Box<Self>, Box<Self>),
    Sum(Box<Self>, Box<Self>),
    Difference(Box<Self>, Box<Self>),
}

impl Update {
    /// Reads an update expression.
    pub(crate) fn read(expression: &str, terms: &Terms) -> Result<Self, ApiError> {
        let mut parser = Parser::new(expression, terms)?;
        let mut update = Self::default();
        while parser.peek().is_some() {
            if parser.takes_word("SET") {
                each(&mut parser, |parser| {
                    let path = parser.path()?;
                    parser.expects("=")?;
                    update.set.push((path, source(parser)?));
                    Ok(())
                })?;
            } else if parser.takes_word("REMOVE") {
                each(&mut parser, |parser| {
                    update.remove.push(parser.path()?);
                    Ok(())
                })?;
            } else if parser.takes_word("ADD") {
                each(&mut parser, |parser| {
                    update.add.push(pair(parser)?);
                    Ok(())
                })?;
            } else if parser.takes_word("DELETE") {
                each(&mut parser, |parser| {
                    update.delete.push(pair(parser)?);
                    Ok(())
                })?;
            } else {
                return Err(parser.surprised());
            }
        }
        update.without_overlap()
    }

    fn without_overlap(self) -> Result<Self, ApiError> {
        let paths: Vec<&Path> = self.paths().collect();
        for (nth, path) in paths.iter().enumerate() {
            if paths.iter().skip(nth + 1).any(|other| path.overlaps(other)) {
                return Err(invalid(&format!(
                    "Two document paths overlap with each other; must remove or rewrite one of these paths; path: [{}]",
                    path.first
                )));
            }
        }
        Ok(self)
    }

    fn paths(&self) -> impl Iterator<Item = &Path> {
        let pairs = self.add.iter().chain(&self.delete).map(|(path, _)| path);
        self.set.iter().map(|(path, _)| path).chain(&self.remove).chain(pairs)
    }

    /// The attributes of the item that it may change.
    pub(crate) fn touched(&self) -> BTreeSet<&str> {
        self.paths().map(|path| path.first.as_str()).collect()
    }

    /// The item after it. Every value is taken from the item before.
    pub(crate) fn applied(&self, item: &Record) -> Result<Record, ApiError> {
        let mut new = item.clone();
        for (path, source) in &self.set {
            path.put(&mut new, source.value(item)?)?;
        }
        for path in &self.remove {
            path.remove(&mut new)?;
        }
        for (path, value) in &self.add {
            path.put(&mut new, added(path.find(item), value)?)?;
        }
        for (path, value) in &self.delete {
            match path.find(item).map(|set| without(set, value)).transpose()?.flatten() {
                Some(rest) => path.put(&mut new, rest)?,
                None => path.remove(&mut new)?,
            }
        }
        Ok(new)
    }
}

fn each(
    parser: &mut Parser<'_>,
    mut one: impl FnMut(&mut Parser<'_>) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    one(parser)?;
    while parser.takes(",") {
        one(parser)?;
    }
    Ok(())
}

fn pair(parser: &mut Parser<'_>) -> Result<(Path, Attribute), ApiError> {
    let path = parser.path()?;
    let value = parser.value()?.ok_or_else(|| parser.surprised())?;
    Ok((path, value))
}

fn source(parser: &mut Parser<'_>) -> Result<Source, ApiError> {
    let first = term(parser)?;
    if parser.takes("+") {
        return Ok(Source::Sum(Box::new(first), Box::new(term(parser)?)));
    }
    if parser.takes("-") {
        return Ok(Source::Difference(Box::new(first), Box::new(term(parser)?)));
    }
    Ok(first)
}

fn term(parser: &mut Parser<'_>) -> Result<Source, ApiError> {
    let Some(name) = parser.takes_function() else {
        return match parser.value()? {
            Some(value) => Ok(Source::Value(value)),
            None => parser.path().map(Source::Path),
        };
    };
    let made = match name.as_str() {
        "if_not_exists" => {
            let path = parser.path()?;
            parser.expects(",")?;
            Source::IfNotExists(path, Box::new(term(parser)?))
        }
        "list_append" => {
            let first = term(parser)?;
            parser.expects(",")?;
            Source::Append(Box::new(first), Box::new(term(parser)?))
        }
        _ => return Err(invalid(&format!("Invalid function name; function: {name}"))),
    };
    parser.expects(")")?;
    Ok(made)
}

impl Source {
    fn value(&self, item: &Record) -> Result<Attribute, ApiError> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::Path(path) => path.find(item).cloned().ok_or_else(|| {
                let why = "The provided expression refers to an attribute that does not exist in the item";
                ApiError::rejected("ValidationException", why)
            }),
            Self::IfNotExists(path, otherwise) => match path.find(item) {
                Some(found) => Ok(found.clone()),
                None => otherwise.value(item),
            },
            Self::Append(first, second) => match (first.value(item)?, second.value(item)?) {
                (Attribute::L(first), Attribute::L(second)) => Ok(Attribute::L([first, second].concat())),
                _ => Err(wrong_type()),
            },
            Self::Sum(first, second) => {
                let sum = number(&first.value(item)?)?.plus(&number(&second.value(item)?)?)?;
                Ok(Attribute::N(sum.to_string()))
            }
            Self::Difference(first, second) => {
                let less = number(&second.value(item)?)?.negated();
                Ok(Attribute::N(number(&first.value(item)?)?.plus(&less)?.to_string()))
            }
        }
    }
}

fn number(value: &Attribute) -> Result<Number, ApiError> {
    let Attribute::N(digits) = value else { return Err(wrong_type()) };
    digits.parse()
}

/// `ADD`: numbers are added, sets united; what is not there counts as zero or empty.
fn added(found: Option<&Attribute>, value: &Attribute) -> Result<Attribute, ApiError> {
    match (found, value) {
        (None, Attribute::N(_) | Attribute::Ss(_) | Attribute::Ns(_) | Attribute::Bs(_)) => Ok(value.clone()),
        (Some(Attribute::N(_)), Attribute::N(_)) => {
            let zero = Attribute::N("0".to_owned());
            let sum = number(found.unwrap_or(&zero))?.plus(&number(value)?)?;
            Ok(Attribute::N(sum.to_string()))
        }
        (Some(Attribute::Ss(set)), Attribute::Ss(more)) => Ok(Attribute::Ss(set | more)),
        (Some(Attribute::Ns(set)), Attribute::Ns(more)) => Ok(Attribute::Ns(set | more)),
        (Some(Attribute::Bs(set)), Attribute::Bs(more)) => Ok(Attribute::Bs(set | more)),
        _ => Err(wrong_type()),
    }
}

/// `DELETE`: the rest of a set; nothing when none is left, because no set is empty.
fn without(set: &Attribute, value: &Attribute) -> Result<Option<Attribute>, ApiError> {
    let rest = match (set, value) {
        (Attribute::Ss(set), Attribute::Ss(less)) => {
            Some(set - less).filter(|s| !s.is_empty()).map(Attribute::Ss)
        }
        (Attribute::Ns(set), Attribute::Ns(less)) => {
            Some(set - less).filter(|s| !s.is_empty()).map(Attribute::Ns)
        }
        (Attribute::Bs(set), Attribute::Bs(less)) => {
            Some(set - less).filter(|s| !s.is_empty()).map(Attribute::Bs)
        }
        _ => return Err(wrong_type()),
    };
    Ok(rest)
}

fn wrong_type() -> ApiError {
    ApiError::rejected(
        "ValidationException",
        "An operand in the update expression has an incorrect data type",
    )
}
