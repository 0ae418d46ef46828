//! What sweeps ask for: all records, what changed since a moment, and which records there are.
//!
//! The extension tells of changes and deletions alike. Without it changes are found by `modifiedtime`, and deletions by
//! comparing ids. Vtiger's own `sync` is of no use: it fails on PHP 8, and tells others than administrators of no records
//! but their own.

use super::extension::Changes;
use super::fault::system_error;
use super::operation::Doing;
use super::webservice::{PAGE_ROWS, literal};
use super::{Vtiger, element_type, extension, row, tax};
use crate::clock::Timestamp;
use crate::sync::{Module, RecordId};
use crate::system::{Page, Reach, SystemError};

/// How much further back is looked than asked for: times have whole seconds, and what a slow request changes can be seen only
/// at its end.
const MARGIN_S: i64 = 2 * 60;

/// The same where the server's zone isn't UTC, and may save daylight: its times repeat for an hour when that ends, and are
/// an hour off until Vtiger shows that it began or ended.
const LOCAL_MARGIN_S: i64 = 75 * 60;

/// What the cursors of the extension's changes begin with.
const TOLD: &str = "changes:";

/// Whether pages hold no more than ids and times: an order's `*` joins its lines, and a page ends somewhere among them.
pub(super) const fn is_partial(module: Module) -> bool {
    matches!(module, Module::SalesOrders)
}

/// What is read of each record of a page.
pub(super) const fn columns(partial: bool) -> &'static str {
    if partial {
        "id, modifiedtime, modifiedby"
    } else {
        "*"
    }
}

impl Vtiger {
    /// A page of all records, by id.
    pub(super) async fn page_of(&self, module: Module, cursor: Option<&str>) -> Result<Page, SystemError> {
        let operation = Doing::List.to(module);
        if module == Module::Taxes {
            let rows = tax::rows(&self.webservice).await;
            let rows = rows.map_err(|error| system_error(operation, &error))?;
            return Ok(Page {
                records: self.records(operation, module, rows).await?,
                ..Page::default()
            });
        }
        self.page_where(module, None, cursor).await
    }

    /// A page by id of the records of which this holds, too.
    async fn page_where(
        &self,
        module: Module,
        condition: Option<String>,
        cursor: Option<&str>,
    ) -> Result<Page, SystemError> {
        let operation = Doing::List.to(module);
        let partial = is_partial(module);
        let after = cursor.map(|id| format!("id > {}", literal(id)));
        let conditions: Vec<String> = condition.into_iter().chain(after).collect();
        let which = if conditions.is_empty() {
            String::new()
        } else {
            format!("WHERE {} ", conditions.join(" AND "))
        };
        let query = format!(
            "SELECT {} FROM {} {which}ORDER BY id LIMIT {PAGE_ROWS};",
            columns(partial),
            element_type(module)
        );
        let rows = self.webservice.query(&query).await;
        let rows = rows.map_err(|error| system_error(operation, &error))?;
        let is_last = rows.len() < PAGE_ROWS;
        let records = self.page_records(operation, module, rows).await?;
        let next = records
            .last()
            .filter(|_| !is_last)
            .map(|record| record.id.to_string());
        Ok(Page {
            records,
            next,
            partial,
            deleted: Vec::new(),
        })
    }

    /// What of a module its changes tell.
    pub(super) async fn reach_of(&self, module: Module) -> Result<Reach, SystemError> {
        if module == Module::Taxes {
            return Ok(Reach::All);
        }
        Ok(if self.tells_of_changes(module).await? {
            Reach::ChangedAndDeleted
        } else {
            Reach::Changed
        })
    }

    /// Whether the extension is there and tells of changes.
    async fn tells_of_changes(&self, module: Module) -> Result<bool, SystemError> {
        let report = self.extension.report(&self.webservice).await;
        let report = report.map_err(|error| system_error(Doing::List.to(module), &error))?;
        Ok(report.is_some_and(|report| report.tells_of_changes()))
    }

    /// A page of what changed since then.
    pub(super) async fn page_of_changes(
        &self,
        module: Module,
        since: Timestamp,
        cursor: Option<&str>,
    ) -> Result<Page, SystemError> {
        if module == Module::Taxes {
            return self.page_of(module, cursor).await;
        }
        let told = cursor.and_then(|cursor| cursor.strip_prefix(TOLD));
        let by_extension = match cursor {
            Some(_) => told.is_some(),
            None => self.tells_of_changes(module).await?,
        };
        let margin_s = if self.zone.is_utc() {
            MARGIN_S
        } else {
            LOCAL_MARGIN_S
        };
        let since = self
            .zone
            .write(Timestamp::from_seconds(since.as_seconds() - margin_s));
        if !by_extension {
            let changed = format!("modifiedtime >= {}", literal(&since));
            return self.page_where(module, Some(changed), cursor).await;
        }
        let from = told.map_or_else(|| format!("{since}/0"), str::to_owned);
        self.page_told(module, &from).await
    }

    /// A page of what the extension tells.
    async fn page_told(&self, module: Module, from: &str) -> Result<Page, SystemError> {
        let operation = Doing::List.to(module);
        let told = extension::changes(&self.webservice, element_type(module), from).await;
        let Changes {
            records,
            cursor,
            more,
        } = told.map_err(|error| system_error(operation, &error))?;
        let (gone, changed): (Vec<_>, Vec<_>) = records.into_iter().partition(|record| record.deleted);
        let ids = |records: &[extension::Change]| -> Vec<RecordId> {
            let ids = records.iter().map(|record| record.id.as_str());
            ids.map(RecordId::new).collect()
        };
        let deleted = ids(&gone);
        let page = if is_partial(module) {
            let rows = changed.into_iter().map(extension::Change::into_row).collect();
            Page {
                records: self.plain_records(operation, module, rows)?,
                partial: true,
                ..Page::default()
            }
        } else {
            self.look_at(module, &ids(&changed)).await?
        };
        Ok(Page {
            next: more.then(|| format!("{TOLD}{cursor}")),
            deleted,
            ..page
        })
    }

    /// A page of ids, and of products the stock.
    pub(super) async fn page_of_ids(
        &self,
        module: Module,
        cursor: Option<&str>,
    ) -> Result<Page, SystemError> {
        if module == Module::Taxes {
            return self.page_of(module, cursor).await;
        }
        let operation = Doing::List.to(module);
        let columns = match module {
            Module::Products => "id, qtyinstock",
            _ => "id",
        };
        let after = cursor.map_or_else(String::new, |id| format!("WHERE id > {} ", literal(id)));
        let query = format!(
            "SELECT {columns} FROM {} {after}ORDER BY id LIMIT {PAGE_ROWS};",
            element_type(module)
        );
        let rows = self.webservice.query(&query).await;
        let rows = rows.map_err(|error| system_error(operation, &error))?;
        let is_last = rows.len() < PAGE_ROWS;
        let records = self.plain_records(operation, module, rows)?;
        let last = records.last().filter(|_| !is_last);
        Ok(Page {
            next: last.map(|record| record.id.to_string()),
            records,
            partial: true,
            deleted: Vec::new(),
        })
    }

    /// Those of these records that are there.
    pub(super) async fn look_at(&self, module: Module, ids: &[RecordId]) -> Result<Page, SystemError> {
        let operation = Doing::Read.to(module);
        if module == Module::Taxes {
            let rows = tax::rows(&self.webservice).await;
            let mut rows = rows.map_err(|error| system_error(operation, &error))?;
            rows.retain(|fields| ids.iter().any(|id| row::text(fields, "id") == id.as_str()));
            return Ok(Page {
                records: self.records(operation, module, rows).await?,
                ..Page::default()
            });
        }
        // A line of an order may name a service, which is no product.
        let prefix = format!("{}x", self.prefix(module).await?);
        let ids = ids.iter().filter(|id| id.as_str().starts_with(&prefix));
        let mut ids: Vec<String> = ids.map(|id| literal(id.as_str())).collect();
        ids.sort();
        ids.dedup();
        let partial = is_partial(module);
        let mut records = Vec::new();
        for some in ids.chunks(PAGE_ROWS) {
            let query = format!(
                "SELECT {} FROM {} WHERE id IN ({});",
                columns(partial),
                element_type(module),
                some.join(",")
            );
            let rows = self.webservice.query(&query).await;
            let rows = rows.map_err(|error| system_error(operation, &error))?;
            records.extend(self.page_records(operation, module, rows).await?);
        }
        Ok(Page {
            records,
            partial,
            ..Page::default()
        })
    }
}
