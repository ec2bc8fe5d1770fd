//! What all expressions have in common: paths, values, and names that stand for others.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use ports::{Attribute, Record};
use serde_json::Value;

use super::path::{Path, Step};
use super::reserved::is_reserved;
use super::token::{Token, split, wrong};
use crate::cloud::ApiError;
use crate::wire::dynamodb::item;
use crate::wire::json::optional;

/// What the expressions of a request may refer to, and what of it they do.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    names: BTreeMap<String, String>,
    values: Record,
    used: RefCell<BTreeSet<String>>,
}

impl Terms {
    /// Those of a request.
    pub(crate) fn read(input: &Value) -> Result<Self, ApiError> {
        let names = optional(input, "ExpressionAttributeNames")?.unwrap_or_default();
        let values =
            input.get("ExpressionAttributeValues").map(item::read_item).transpose()?.unwrap_or_default();
        Ok(Self { names, values, used: RefCell::default() })
    }

    fn name(&self, placeholder: &str) -> Result<String, ApiError> {
        self.used.borrow_mut().insert(placeholder.to_owned());
        self.names.get(placeholder).cloned().ok_or_else(|| {
            let why = "An expression attribute name used in the document path is not defined; attribute name";
            invalid(&format!("{why}: {placeholder}"))
        })
    }

    fn value(&self, placeholder: &str) -> Result<Attribute, ApiError> {
        self.used.borrow_mut().insert(placeholder.to_owned());
        self.values.get(placeholder).cloned().ok_or_else(|| {
            let why = "An expression attribute value used in expression is not defined; attribute value";
            invalid(&format!("{why}: {placeholder}"))
        })
    }

    /// Refuses what no expression refers to, once all have been read.
    pub(crate) fn all_used(&self) -> Result<(), ApiError> {
        let used = self.used.borrow();
        let unused = |what: &str, key: &String| {
            let why = format!("Value provided in {what} unused in expressions: keys: {{{key}}}");
            Err(ApiError::rejected("ValidationException", why))
        };
        if let Some(name) = self.names.keys().find(|name| !used.contains(*name)) {
            return unused("ExpressionAttributeNames", name);
        }
        match self.values.keys().find(|value| !used.contains(*value)) {
            Some(value) => unused("ExpressionAttributeValues", value),
            None => Ok(()),
        }
    }
}

/// Reads one expression.
#[derive(Debug)]
pub(super) struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    terms: &'a Terms,
}

impl<'a> Parser<'a> {
    pub(super) fn new(expression: &str, terms: &'a Terms) -> Result<Self, ApiError> {
        Ok(Self { tokens: split(expression)?, at: 0, terms })
    }

    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    /// Takes a sign, if it is next.
    pub(super) fn takes(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes a keyword, if it is next.
    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Word(next)) if next.eq_ignore_ascii_case(word));
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes one of these signs, if one is next.
    pub(super) fn takes_one(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        signs.iter().copied().find(|sign| self.takes(sign))
    }

    /// Takes a sign that has to be next.
    pub(super) fn expects(&mut self, sign: &str) -> Result<(), ApiError> {
        if self.takes(sign) { Ok(()) } else { Err(self.surprised()) }
    }

    /// Takes a keyword that has to be next.
    pub(super) fn expects_word(&mut self, word: &str) -> Result<(), ApiError> {
        if self.takes_word(word) { Ok(()) } else { Err(self.surprised()) }
    }

    /// Takes the name of a function and what opens its operands, if that is next.
    pub(super) fn takes_function(&mut self) -> Option<String> {
        let Some(Token::Word(name)) = self.peek().cloned() else { return None };
        if self.tokens.get(self.at + 1) != Some(&Token::Sign("(")) {
            return None;
        }
        self.at += 2;
        Some(name)
    }

    /// Refuses what follows the end.
    pub(super) fn ends(&self) -> Result<(), ApiError> {
        if self.at < self.tokens.len() { Err(self.surprised()) } else { Ok(()) }
    }

    /// The error for what is next.
    pub(super) fn surprised(&self) -> ApiError {
        wrong(&match self.peek() {
            None => "<EOF>".to_owned(),
            Some(Token::Word(word) | Token::Name(word) | Token::Value(word)) => word.clone(),
            Some(Token::Index(index)) => index.to_string(),
            Some(Token::Sign(sign)) => (*sign).to_owned(),
        })
    }

    /// Whether a value is next.
    pub(super) fn value(&mut self) -> Result<Option<Attribute>, ApiError> {
        let Some(Token::Value(placeholder)) = self.peek().cloned() else { return Ok(None) };
        self.at += 1;
        self.terms.value(&placeholder).map(Some)
    }

    pub(super) fn path(&mut self) -> Result<Path, ApiError> {
        let mut path = Path { first: self.attribute()?, rest: Vec::new() };
        loop {
            if self.takes(".") {
                path.rest.push(Step::Name(self.attribute()?));
            } else if self.takes("[") {
                let Some(Token::Index(index)) = self.next() else { return Err(self.surprised()) };
                self.expects("]")?;
                path.rest.push(Step::Index(index));
            } else {
                return Ok(path);
            }
        }
    }

    fn attribute(&mut self) -> Result<String, ApiError> {
        match self.peek().cloned() {
            Some(Token::Name(placeholder)) => {
                self.at += 1;
                self.terms.name(&placeholder)
            }
            Some(Token::Word(word)) if is_reserved(&word) => {
                Err(invalid(&format!("Attribute name is a reserved keyword; reserved keyword: {word}")))
            }
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.surprised()),
        }
    }
}

/// An error about an expression.
pub(super) fn invalid(why: &str) -> ApiError {
    ApiError::rejected("ValidationException", format!("Invalid expression: {why}"))
}
