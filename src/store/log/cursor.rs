//! Where a page of the sync log ended, as an address carries it.

use std::fmt;
use std::str::FromStr;

use super::LogLine;
use crate::clock::Timestamp;

/// The line after which the next ones come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPlace {
    /// Its minute.
    pub minute: Timestamp,
    /// Its connection's name.
    pub connection: String,
    /// Its module's name.
    pub module: String,
    /// Its side's name.
    pub side: String,
}

/// The entry after which the next ones come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When it was written.
    pub at: Timestamp,
    /// Its id.
    pub id: String,
}

/// A text is no place in the sync log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no place in the sync log")]
pub struct NoPlace;

impl From<&LogLine> for LogPlace {
    fn from(line: &LogLine) -> Self {
        Self {
            minute: line.minute,
            connection: line.connection.clone(),
            module: line.module.clone(),
            side: line.side.clone(),
        }
    }
}

impl fmt::Display for LogPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minute = self.minute.as_millis();
        // The connection's name comes last, as it may hold anything.
        write!(f, "{minute}.{}.{}.{}", self.side, self.module, self.connection)
    }
}

impl FromStr for LogPlace {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let mut parts = text.splitn(4, '.');
        let mut next = || parts.next().ok_or(NoPlace);
        let minute = next()?.parse().map_err(|_| NoPlace)?;
        let (side, module, connection) = (next()?, next()?, next()?);
        Ok(Self {
            minute: Timestamp::from_millis(minute),
            connection: connection.to_owned(),
            module: module.to_owned(),
            side: side.to_owned(),
        })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.as_millis(), self.id)
    }
}

impl FromStr for Cursor {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (at, id) = text.split_once('.').ok_or(NoPlace)?;
        Ok(Self {
            at: Timestamp::from_millis(at.parse().map_err(|_| NoPlace)?),
            id: id.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        let place = LogPlace {
            minute: Timestamp::from_millis(1_769_862_840_000),
            connection: "my.shop ~ é".to_owned(),
            module: "contacts".to_owned(),
            side: "vtiger".to_owned(),
        };
        let cursor = Cursor {
            at: Timestamp::from_millis(5),
            id: "0199".to_owned(),
        };

        assert_eq!(place.to_string().parse(), Ok(place));
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in ["", "x", "5", "x.1", "1.2.3"] {
            assert_eq!(text.parse::<LogPlace>(), Err(NoPlace), "{text}");
        }
        assert_eq!("x.y".parse::<Cursor>(), Err(NoPlace));
    }
}
