//! The sync log as a file for spreadsheets.
//!
//! It is written page by page as it is taken, so that a million rows need no more memory than a thousand. Cells that a
//! spreadsheet would take for a formula begin with an apostrophe: names come from whoever filled in a shop's form.

use futures_util::stream::{self, Stream};

use super::{History, HistoryError, Record};
use crate::clock::iso;
use crate::store::{Cursor, LogFilter, Stored};

/// How many rows are read at once.
const AT_ONCE: u32 = 1_000;

/// Tells spreadsheets that the file is in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

const COLUMNS: [&str; 12] = [
    "time",
    "connection",
    "module",
    "written to",
    "action",
    "name",
    "WooCommerce id",
    "Vtiger id",
    "told by",
    "fields",
    "reason",
    "what to do",
];

/// What a cell must not begin with.
const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

/// Where an export goes on.
enum Next {
    Beginning,
    After(Cursor),
    End,
}

impl History {
    /// The records behind a filter as CSV, the newest first, piece by piece.
    pub fn export(&self, filter: LogFilter) -> impl Stream<Item = Result<Vec<u8>, HistoryError>> + use<> {
        let history = self.clone();
        stream::try_unfold(Next::Beginning, move |next| {
            let (history, filter) = (history.clone(), filter.clone());
            async move {
                let (head, after) = match next {
                    Next::Beginning => (true, None),
                    Next::After(cursor) => (false, Some(cursor)),
                    Next::End => return Ok(None),
                };
                let (found, next) = history.page(&filter, after.as_ref(), AT_ONCE).await?;
                let piece = written(head, found);
                Ok(Some((piece, next.map_or(Next::End, Next::After))))
            }
        })
    }
}

fn written(head: bool, found: Vec<Stored>) -> Vec<u8> {
    let mut piece = Vec::new();
    if head {
        piece.extend_from_slice(MARK);
    }
    let mut writer = csv::Writer::from_writer(piece);
    // Writing to memory can't fail.
    if head {
        let _ = writer.write_record(COLUMNS);
    }
    for stored in found {
        let _ = writer.write_record(row(Record::new(stored)).map(defused));
    }
    writer.into_inner().unwrap_or_default()
}

fn row(record: Record) -> [String; 12] {
    let id = |id: Option<crate::sync::RecordId>| id.map(|id| id.as_str().to_owned()).unwrap_or_default();
    [
        iso::text(record.at),
        record.connection,
        record.module.title().to_owned(),
        record.side.title().to_owned(),
        record.action.to_owned(),
        record.title,
        id(record.woocommerce_id),
        id(record.vtiger_id),
        record.cause.as_str().to_owned(),
        record.fields.join("; "),
        record.reason.unwrap_or_default(),
        record.remedy.unwrap_or_default(),
    ]
}

/// A cell that no spreadsheet takes for a formula.
fn defused(cell: String) -> String {
    if cell.starts_with(FORMULA) {
        format!("'{cell}")
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_everything_else_stays() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"] {
            assert_eq!(defused(formula.to_owned()), format!("'{formula}"));
        }
        for plain in ["", "Zoë = Åsa", "a-b", "'=1"] {
            assert_eq!(defused(plain.to_owned()), plain);
        }
    }
}
