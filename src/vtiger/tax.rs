//! Vtiger's taxes: the list of them, and which column of an order's line is which tax's.

use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::answer::CallError;
use super::remembered::Remembered;
use super::webservice::{PAGE_ROWS, Webservice, literal};
use super::{row, stored};
use crate::sync::{MatchKey, Module};

/// How old the list may be before a tax that isn't in it is looked for again.
const LOOK_AGAIN_AFTER: Duration = Duration::from_mins(1);

/// A tax that can be charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tax {
    /// Its id, such as `34x4`.
    pub(crate) id: String,
    /// The name of its column in lines and products, such as `tax4`.
    pub(crate) column: String,
}

/// The taxes, remembered for a while.
#[derive(Debug)]
pub(crate) struct Taxes(Remembered<Vec<Tax>>);

impl Taxes {
    pub(crate) fn new(remembered: Remembered<Vec<Tax>>) -> Self {
        Self(remembered)
    }

    /// All taxes, asked for where they aren't known.
    pub(crate) async fn all(&self, webservice: &Webservice) -> Result<Arc<Vec<Tax>>, CallError> {
        match self.0.fresh() {
            Some(taxes) => Ok(taxes),
            None => self.ask(webservice).await,
        }
    }

    /// All taxes, asked for again if one of these columns is nobody's: the tax may be new.
    pub(crate) async fn with_columns(
        &self,
        webservice: &Webservice,
        columns: &[&str],
    ) -> Result<Arc<Vec<Tax>>, CallError> {
        let taxes = self.all(webservice).await?;
        let is_known = |column: &&str| taxes.iter().any(|tax| tax.column == *column);
        if columns.iter().all(is_known) || self.0.not_older_than(LOOK_AGAIN_AFTER).is_some() {
            return Ok(taxes);
        }
        self.ask(webservice).await
    }

    /// All taxes, asked for again if one with these ids isn't known.
    pub(crate) async fn with_ids(
        &self,
        webservice: &Webservice,
        ids: &[&str],
    ) -> Result<Arc<Vec<Tax>>, CallError> {
        let taxes = self.all(webservice).await?;
        if ids.iter().all(|id| taxes.iter().any(|tax| tax.id == *id)) {
            return Ok(taxes);
        }
        self.ask(webservice).await
    }

    /// Asks again next time.
    pub(crate) fn forget(&self) {
        self.0.forget();
    }

    async fn ask(&self, webservice: &Webservice) -> Result<Arc<Vec<Tax>>, CallError> {
        let rows = rows(webservice).await?;
        let taxes = rows.iter().map(|row| Tax {
            id: row::text(row, "id").to_owned(),
            column: row::text(row, "taxname").to_owned(),
        });
        Ok(self.0.put(taxes.collect()))
    }
}

/// All taxes that aren't deleted.
pub(crate) async fn rows(webservice: &Webservice) -> Result<Vec<Map<String, Json>>, CallError> {
    let mut all = Vec::new();
    let mut query = "SELECT * FROM Tax;".to_owned();
    loop {
        let rows = webservice.query(&query).await?;
        let last = (rows.len() >= PAGE_ROWS)
            .then(|| rows.last().map(|row| row::text(row, "id").to_owned()))
            .flatten();
        all.extend(rows.into_iter().filter(|row| !is_deleted(row)));
        match last {
            Some(id) => {
                query = format!(
                    "SELECT * FROM Tax WHERE id > {} ORDER BY id LIMIT {PAGE_ROWS};",
                    literal(&id)
                );
            }
            None => return Ok(all),
        }
    }
}

/// Whether it is a tax that was deleted: it can be read and changed all the same.
pub(crate) fn is_deleted(row: &Map<String, Json>) -> bool {
    row::text(row, "deleted") == "1"
}

/// Whether this is the tax with that key, as far as Vtiger keeps its label.
pub(crate) fn has_key(row: &Map<String, Json>, key: &str) -> bool {
    let as_kept = match key.rsplit_once('|') {
        Some((label, rate)) => MatchKey::tax(&stored::text(Module::Taxes, "taxlabel", label), rate),
        None => return false,
    };
    MatchKey::tax(row::text(row, "taxlabel"), row::text(row, "percentage")) == as_kept
}

/// The taxes of a line or product: the columns that aren't 0, with their percentages.
pub(crate) fn percentages(row: &Map<String, Json>) -> impl Iterator<Item = (&str, Decimal)> {
    row.iter().filter_map(|(name, value)| {
        let percentage = row::decimal_of(value);
        (is_column(name) && !percentage.is_zero()).then_some((name.as_str(), percentage))
    })
}

/// Whether a field is a tax's column: `tax1`, `tax2` and so on.
pub(crate) fn is_column(name: &str) -> bool {
    name.strip_prefix("tax")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
}
