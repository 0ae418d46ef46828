//! Ids of the webservice, such as `12x256`: a module's number and a record's.

use std::fmt;
use std::str::FromStr;

/// The id of a record; ordered by module, then as the records were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WebserviceId {
    pub(super) prefix: u32,
    pub(super) number: u64,
}

impl WebserviceId {
    pub(super) const fn new(prefix: u32, number: u64) -> Self {
        Self { prefix, number }
    }
}

impl fmt::Display for WebserviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.prefix, self.number)
    }
}

/// The text isn't an id.
#[derive(Debug)]
pub(super) struct NotAnId;

impl FromStr for WebserviceId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (prefix, number) = text.split_once('x').ok_or(NotAnId)?;
        Ok(Self {
            prefix: prefix.parse().map_err(|_| NotAnId)?,
            number: number.parse().map_err(|_| NotAnId)?,
        })
    }
}
