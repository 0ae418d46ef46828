//! Taxes: the shop's tax rates, which are read only. They have no webhooks and no modified time.

use serde_json::Value as Json;

use super::rest::API;
use super::{WooCommerce, error, next_page, number_of, page_number, unless_gone};
use crate::sync::{MatchKey, Record, RecordId};
use crate::system::{Fault, Page, SystemError};

const READ: &str = "read tax rate";

impl WooCommerce {
    pub(super) async fn fetch_tax(&self, id: &RecordId) -> Result<Option<Record>, SystemError> {
        unless_gone(async {
            let path = format!("{API}/taxes/{}", number_of(READ, id)?);
            let answer = self.rest.get(READ, path, &[]).await?;
            record(&answer.body).ok_or_else(|| error::unavailable(READ, "the answer is no tax rate"))
        })
        .await
    }

    /// All rates with this name and percentage.
    pub(super) async fn find_taxes(&self, key: &str) -> Result<Vec<Record>, SystemError> {
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.page_of_taxes(cursor.as_deref()).await?;
            found.extend(page.records.into_iter().filter(|record| key_of(record) == key));
            cursor = page.next;
            if cursor.is_none() {
                return Ok(found);
            }
        }
    }

    pub(super) async fn page_of_taxes(&self, cursor: Option<&str>) -> Result<Page, SystemError> {
        let page = page_number(cursor, "taxes");
        let answer = self.list("read tax rates", "taxes", page, &[]).await?;
        Ok(Page {
            records: answer.list()?.iter().filter_map(record).collect(),
            next: next_page("taxes", page, &answer),
            partial: false,
            deleted: Vec::new(),
        })
    }
}

/// The record of a tax rate's JSON.
pub(super) fn record(json: &Json) -> Option<Record> {
    let id = json.get("id")?.as_u64().filter(|id| *id > 0)?;
    let mut fields = json.as_object()?.clone();
    fields.remove("_links");
    Some(Record {
        id: RecordId::new(id.to_string()),
        modified: None,
        modified_by: None,
        fields,
    })
}

fn key_of(record: &Record) -> String {
    let text = |name: &str| record.fields.get(name).and_then(Json::as_str).unwrap_or_default();
    MatchKey::tax(text("name"), text("rate")).as_str().to_owned()
}

/// Why tax rates are not written.
pub(super) fn read_only(operation: &'static str) -> SystemError {
    error::system_error(
        operation,
        Fault::Unsupported {
            remedy: "keep the tax rates in WooCommerce, under Settings > Tax; Vtiger CRM follows".to_owned(),
        },
        "tax rates are only read from WooCommerce, not written to it",
    )
}
