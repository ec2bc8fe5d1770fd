//! DynamoDB's expressions
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html>).

mod condition;
mod parser;
mod path;
mod reserved;
mod token;
mod update;

pub(super) use condition::Condition;
pub(super) use parser::Terms;
pub(super) use path::Path;
pub(super) use update::Update;

use aws_vocabulary::Record;

use crate::cloud::ApiError;

/// Reads the paths of a projection.
pub(super) fn projection(expression: &str, terms: &Terms) -> Result<Vec<Path>, ApiError> {
    let mut parser = parser::Parser::new(expression, terms)?;
    let mut paths = vec![parser.path()?];
    while parser.takes(",") {
        paths.push(parser.path()?);
    }
    parser.ends()?;
    Ok(paths)
}

/// What of an item is on one of the paths. A path into an attribute gives the whole attribute.
pub(super) fn projected(item: &Record, paths: &[Path]) -> Record {
    let is_wanted = |name: &String| paths.iter().any(|path| path.first == *name);
    item.iter()
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
