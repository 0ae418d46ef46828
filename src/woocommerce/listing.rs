//! What sweeps ask for: what changed since a moment, how many there are, and which.

use serde_json::{Map, Value as Json};

use super::date::{gmt, to_gmt};
use super::rest::API;
use super::{PER_PAGE, WooCommerce, next_page, page_number};
use crate::clock::Timestamp;
use crate::sync::{Module, Record, RecordId};
use crate::system::{Census, Page, SystemError};

const COUNT: &str = "count records";
const LIST: &str = "list ids";

/// How much further back is looked than asked for: WooCommerce's bound is exclusive, its times have whole seconds, and what
/// a slow request changes can be seen only at its end.
const MARGIN_S: i64 = 2 * 60;

/// The filters of a list: what changed since a moment.
pub(super) struct Since(Option<String>);

impl Since {
    pub(super) fn new(since: Option<Timestamp>) -> Self {
        Self(since.map(|since| to_gmt(Timestamp::from_seconds(since.as_seconds() - MARGIN_S))))
    }

    /// The filters; none where all is asked for.
    pub(super) fn filters(&self) -> Vec<(&str, &str)> {
        match &self.0 {
            Some(after) => vec![("modified_after", after), ("dates_are_gmt", "true")],
            None => Vec::new(),
        }
    }
}

impl WooCommerce {
    /// A page of a module's records, where that can be told of those that changed since then.
    pub(super) async fn page_since(
        &self,
        module: Module,
        since: Option<Timestamp>,
        cursor: Option<&str>,
    ) -> Result<Page, SystemError> {
        let since = Since::new(since);
        match module {
            Module::Contacts => self.page_of_contacts(&since, cursor).await,
            Module::Products => self.page_of_products(&since, cursor).await,
            Module::SalesOrders => self.page_of_orders(&since, cursor).await,
            Module::Taxes => self.page_of_taxes(cursor).await,
        }
    }

    /// When one of a collection's records changed last.
    pub(super) async fn last_change(
        &self,
        collection: &str,
        filters: &[(&str, &str)],
    ) -> Result<Census, SystemError> {
        let mut query = filters.to_vec();
        query.extend([
            ("orderby", "modified"),
            ("order", "desc"),
            ("per_page", "1"),
            ("_fields", "id,date_modified_gmt"),
        ]);
        let answer = self
            .rest
            .get(COUNT, format!("{API}/{collection}"), &query)
            .await?;
        let last = answer.list()?.first();
        let last = last.and_then(|json| gmt(json, "date_modified_gmt"));
        let now = answer.date();
        Ok(Census {
            // A change of later than now was made before the clock was set back.
            mark: last.map(|last| now.map_or(last, |now| last.min(now))),
            ahead_ms: now.map(|now| now.as_millis() - self.rest.now().as_millis()),
            ..Census::default()
        })
    }

    /// When a collection last changed, how many records it has, and how many of them are new.
    pub(super) async fn census_of(&self, collection: &str, last: Census) -> Result<Census, SystemError> {
        let mut census = self.last_change(collection, &[]).await?;
        let per_page = PER_PAGE.to_string();
        let mut created = 0;
        for page in 1.. {
            let page = page.to_string();
            let query = [
                ("orderby", "id"),
                ("order", "desc"),
                ("per_page", per_page.as_str()),
                ("page", page.as_str()),
                ("_fields", "id"),
            ];
            let answer = self
                .rest
                .get(COUNT, format!("{API}/{collection}"), &query)
                .await?;
            let ids = answer.list()?.iter().filter_map(|json| json.get("id")?.as_u64());
            let ids: Vec<u64> = ids.collect();
            if census.total.is_none() {
                (census.total, census.newest) = (answer.total(), ids.first().copied());
            }
            let Some(known) = last.newest else { break };
            let new = ids.iter().filter(|id| **id > known).count();
            created += new as u64;
            if new < ids.len() || ids.is_empty() {
                census.created = Some(created);
                break;
            }
        }
        Ok(census)
    }

    /// A page of a collection's ids; of variable products those of their variations, too.
    pub(super) async fn ids_of(
        &self,
        collection: &str,
        filters: &[(&str, &str)],
        cursor: Option<&str>,
    ) -> Result<Page, SystemError> {
        let page = page_number(cursor, collection);
        let mut filters = filters.to_vec();
        filters.push(("_fields", "id,variations"));
        let answer = self.list(LIST, collection, page, &filters).await?;
        let ids = answer.list()?.iter().flat_map(|json| {
            let variations = json.get("variations").and_then(Json::as_array);
            let own = json.get("id").into_iter();
            own.chain(variations.into_iter().flatten())
        });
        let records = ids.filter_map(Json::as_u64).map(|id| Record {
            id: RecordId::new(id.to_string()),
            modified: None,
            modified_by: None,
            fields: Map::new(),
        });
        Ok(Page {
            records: records.collect(),
            next: next_page(collection, page, &answer),
            partial: true,
            deleted: Vec::new(),
        })
    }
}
