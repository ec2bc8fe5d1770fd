//! Reading answers. Nearly every field of every AWS answer is optional to the SDK; what a port promises is not.

use std::str::FromStr;

use aws_smithy_types::DateTime;
use jiff::Timestamp;
use ports::{ErrorKind, PortError};

/// The answer of one operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct AnswerFields(pub(super) &'static str);

impl AnswerFields {
    /// An answer of which a field cannot be read: the operation succeeded, but nobody can say with what.
    pub(super) fn unreadable(self, field: &str) -> PortError {
        PortError::new(ErrorKind::Lost, self.0, format!("unreadable answer: `{field}`"))
    }

    /// A field that must be there.
    pub(super) fn field<T>(self, name: &str, value: Option<T>) -> Result<T, PortError> {
        value.ok_or_else(|| self.unreadable(name))
    }

    /// A field that must be there and have the form that its kind has.
    pub(super) fn parsed<T: FromStr>(self, name: &str, value: Option<&str>) -> Result<T, PortError> {
        self.field(name, value.and_then(|text| text.parse().ok()))
    }

    /// A number that must be there and not be negative.
    pub(super) fn count(self, name: &str, value: Option<i32>) -> Result<u32, PortError> {
        self.field(name, value.and_then(|number| u32::try_from(number).ok()))
    }

    /// An instant that must be there.
    pub(super) fn instant(self, name: &str, value: Option<&DateTime>) -> Result<Timestamp, PortError> {
        self.field(name, value.and_then(instant))
    }
}

/// The same instant, unless it is beyond the year 9999.
pub(super) fn instant(time: &DateTime) -> Option<Timestamp> {
    let nanoseconds = i32::try_from(time.subsec_nanos()).ok()?;
    Timestamp::new(time.secs(), nanoseconds).ok()
}
