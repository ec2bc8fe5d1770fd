//! Where in an item something is
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.Attributes.html>).

use aws_vocabulary::{Attribute, Record};

use crate::cloud::ApiError;

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The attribute of a name.
    Name(String),
    /// The element of a list.
    Index(usize),
}

/// The way from an item to an attribute, perhaps within another; it begins with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    /// The attribute of the item.
    pub(crate) first: String,
    /// The way from there.
    pub(crate) rest: Vec<Step>,
}

impl Path {
    /// What is there.
    pub(crate) fn find<'a>(&self, item: &'a Record) -> Option<&'a Attribute> {
        self.rest.iter().try_fold(item.get(&self.first)?, |at, step| match (step, at) {
            (Step::Name(name), Attribute::M(map)) => map.get(name),
            (Step::Index(index), Attribute::L(list)) => list.get(*index),
            _ => None,
        })
    }

    /// Puts something there.
    pub(crate) fn put(&self, item: &mut Record, value: Attribute) -> Result<(), ApiError> {
        let Some((last, way)) = self.rest.split_last() else {
            item.insert(self.first.clone(), value);
            return Ok(());
        };
        match (last, self.parent(item, way).ok_or_else(no_way)?) {
            (Step::Name(name), Attribute::M(map)) => {
                map.insert(name.clone(), value);
            }
            (Step::Index(index), Attribute::L(list)) => match list.get_mut(*index) {
                Some(place) => *place = value,
                // Beyond the end is at the end.
                None => list.push(value),
            },
            _ => return Err(no_way()),
        }
        Ok(())
    }

    /// Takes away what is there, if anything is.
    pub(crate) fn remove(&self, item: &mut Record) -> Result<(), ApiError> {
        let Some((last, way)) = self.rest.split_last() else {
            item.remove(&self.first);
            return Ok(());
        };
        match (last, self.parent(item, way).ok_or_else(no_way)?) {
            (Step::Name(name), Attribute::M(map)) => {
                map.remove(name);
            }
            (Step::Index(index), Attribute::L(list)) => {
                if *index < list.len() {
                    list.remove(*index);
                }
            }
            _ => return Err(no_way()),
        }
        Ok(())
    }

    fn parent<'a>(&self, item: &'a mut Record, way: &[Step]) -> Option<&'a mut Attribute> {
        way.iter().try_fold(item.get_mut(&self.first)?, |at, step| match (step, at) {
            (Step::Name(name), Attribute::M(map)) => map.get_mut(name),
            (Step::Index(index), Attribute::L(list)) => list.get_mut(*index),
            _ => None,
        })
    }

    /// Whether one of the two leads through where the other leads to.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.first == other.first && self.rest.iter().zip(&other.rest).all(|(a, b)| a == b)
    }
}

fn no_way() -> ApiError {
    ApiError::rejected(
        "ValidationException",
        "The document path provided in the update expression is invalid for update",
    )
}
