//! What all expressions have in common: paths, values, and names that stand for others.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use aws_vocabulary::{Attribute, Record};
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

/// How long an expression may be, in bytes, and how many operators and functions it may have
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters>). What
/// DynamoDB says of too many operators is unverified; an `=` is not counted here, as in an update it is none.
const LONGEST: usize = 4096;
const MOST_OPERATORS: usize = 300;
const OPERATORS: [&str; 5] = ["AND", "OR", "NOT", "BETWEEN", "IN"];

/// Reads one expression.
#[derive(Debug)]
pub(super) struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    /// Where parentheses were opened that are not closed yet.
    open: Vec<usize>,
    /// Where the last ones were opened, and what follows them.
    closed: Option<(usize, usize)>,
    terms: &'a Terms,
}

impl<'a> Parser<'a> {
    pub(super) fn new(expression: &str, terms: &'a Terms) -> Result<Self, ApiError> {
        if LONGEST < expression.len() {
            let size = expression.len();
            let why = "Expression size has exceeded the maximum allowed size; expression size";
            return Err(invalid(&format!("{why}: {size}")));
        }
        let parser = Self { tokens: split(expression)?, at: 0, open: Vec::new(), closed: None, terms };
        // Each pair of parentheses has an operator of its own in it, or it is redundant, which DynamoDB refuses.
        if MOST_OPERATORS < parser.operators() || MOST_OPERATORS < parser.depth() {
            return Err(invalid(&format!(
                "The expression has more than {MOST_OPERATORS} operators or functions"
            )));
        }
        Ok(parser)
    }

    fn operators(&self) -> usize {
        let is_word = |word: &String| OPERATORS.iter().any(|operator| word.eq_ignore_ascii_case(operator));
        let is_one = |(token, next): (&Token, Option<&Token>)| match token {
            Token::Sign(sign) => ["<>", "<=", ">=", "<", ">", "+", "-"].contains(sign),
            Token::Word(word) => is_word(word) || next == Some(&Token::Sign("(")),
            Token::Name(_) | Token::Value(_) | Token::Index(_) => false,
        };
        let next = self.tokens.iter().skip(1).map(Some).chain([None]);
        self.tokens.iter().zip(next).filter(|pair| is_one(*pair)).count()
    }

    /// How deep parentheses are in each other.
    fn depth(&self) -> usize {
        let deeper = |depth: &mut usize, token: &Token| {
            match token {
                Token::Sign("(") => *depth += 1,
                Token::Sign(")") => *depth = depth.saturating_sub(1),
                Token::Sign(_) | Token::Word(_) | Token::Name(_) | Token::Value(_) | Token::Index(_) => {}
            }
            Some(*depth)
        };
        self.tokens.iter().scan(0, deeper).max().unwrap_or_default()
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

    /// Takes what opens parentheses around a condition, if it is next.
    pub(super) fn opens(&mut self) -> bool {
        let opens = self.takes("(");
        if opens {
            self.open.push(self.at);
        }
        opens
    }

    /// Takes what closes them. Parentheses around nothing but parentheses are redundant, and refused as DynamoDB does by
    /// the tests of <https://github.com/architect/dynalite>, which were recorded there.
    pub(super) fn closes(&mut self) -> Result<(), ApiError> {
        let inside = self.open.pop().map(|from| (from, self.at));
        self.expects(")")?;
        if inside == self.closed {
            return Err(invalid("The expression has redundant parentheses;"));
        }
        self.closed = inside.map(|(from, _)| (from.saturating_sub(1), self.at));
        Ok(())
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
