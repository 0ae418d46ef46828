//! Products and their variations: the calls.
//!
//! A variation is read by its own id and written through its product. Products are read as for editing, so that their
//! texts are those that are kept; variations are not, as what they have of their product would be missing then.

mod category;

use reqwest::Method;
use serde_json::{Map, Value as Json, json};

use super::date::{a_minute_before, to_gmt};
use super::family::Parent;
use super::listing::Since;
use super::rest::API;
use super::{PER_PAGE, WooCommerce, error, number_of, product, text, unless_gone, variation};
use crate::clock::Timestamp;
use crate::sync::{FieldPath, Patch, Record, RecordId};
use crate::system::{Page, SystemError};

const READ: &str = "read product";
const FIND: &str = "find product";
const CREATE: &str = "create product";
const UPDATE: &str = "update product";
const DELETE: &str = "delete product";

const EDIT: (&str, &str) = ("context", "edit");

impl WooCommerce {
    pub(super) async fn fetch_product(&self, id: &RecordId) -> Result<Option<Record>, SystemError> {
        let Ok(number) = number_of(READ, id) else {
            return Ok(None);
        };
        let is_variation = self.family.parent_of(number).is_some();
        let mut found = self.product_json(number, !is_variation).await?;
        if let Some(json) = &found
            && !is_variation
            && variation::is_one(json)
        {
            found = self.product_json(number, false).await?;
        }
        match found.filter(|json| !product::is_trashed(json)) {
            Some(json) => self.product_record(READ, &json).await.map(Some),
            None => Ok(None),
        }
    }

    async fn product_json(&self, id: u64, edits: bool) -> Result<Option<Json>, SystemError> {
        let query: &[_] = if edits { &[EDIT] } else { &[] };
        let read = self.rest.get(READ, format!("{API}/products/{id}"), query);
        let found = unless_gone(read).await?.map(|answer| answer.body);
        if let Some(json) = &found {
            self.family.see(json);
        }
        Ok(found)
    }

    /// The record of a product's or variation's JSON.
    async fn product_record(&self, operation: &'static str, json: &Json) -> Result<Record, SystemError> {
        self.family.see(json);
        let record = if variation::is_one(json) {
            let parent = self.parent(json).await?;
            variation::record(json, parent.as_ref())
        } else {
            product::record(json)
        };
        record.ok_or_else(|| error::unavailable(operation, "the answer is no product"))
    }

    /// What a variation has of its product; read where that was not seen yet.
    async fn parent(&self, variation: &Json) -> Result<Option<Parent>, SystemError> {
        let Some(id) = variation.get("parent_id").and_then(Json::as_u64) else {
            return Ok(None);
        };
        if let Some(parent) = self.family.parent(id) {
            return Ok(Some(parent));
        }
        let found = self.product_json(id, true).await?;
        let parent = found.as_ref().map(Parent::of);
        if let Some(parent) = &parent {
            self.family.keep(id, parent.clone());
        }
        Ok(parent)
    }

    /// Products and variations with this SKU, in any case; at most two.
    pub(super) async fn find_product(&self, sku: &str) -> Result<Vec<Record>, SystemError> {
        // WooCommerce takes a comma for the beginning of another SKU.
        let query = [("sku", sku), EDIT, ("per_page", "20")];
        let answer = self.rest.get(FIND, format!("{API}/products"), &query).await?;
        let has_key = |json: &&Json| {
            let found = json.get("sku").and_then(Json::as_str).unwrap_or_default();
            text::decoded(found).to_lowercase() == sku.to_lowercase()
        };
        let mut found = Vec::new();
        for json in answer.list()?.iter().filter(has_key).take(2) {
            self.family.see(json);
            if !variation::is_one(json) {
                found.push(self.product_record(FIND, json).await?);
            } else if let Some(id) = json.get("id").and_then(Json::as_u64) {
                found.extend(self.fetch_product(&RecordId::new(id.to_string())).await?);
            }
        }
        Ok(found)
    }

    /// Products without SKU of this name, created since then.
    pub(super) async fn find_created_product(
        &self,
        name: &str,
        since: Timestamp,
    ) -> Result<Vec<Record>, SystemError> {
        let (name, after) = (name.trim(), to_gmt(a_minute_before(since)));
        let per_page = PER_PAGE.to_string();
        let word = text::longest_word(name);
        let mut query = vec![
            ("after", after.as_str()),
            ("dates_are_gmt", "true"),
            EDIT,
            ("orderby", "id"),
            ("order", "asc"),
            ("per_page", &per_page),
        ];
        // Names are kept HTML-encoded, so a whole name may not be found.
        if !word.is_empty() {
            query.push(("search", word));
        }
        let answer = self.rest.get(FIND, format!("{API}/products"), &query).await?;
        let mut found = Vec::new();
        for json in answer.list()? {
            let record = self.product_record(FIND, json).await?;
            let text = |field: &str| {
                record
                    .fields
                    .get(field)
                    .and_then(Json::as_str)
                    .unwrap_or_default()
            };
            if text("name").trim() == name && text("sku").is_empty() {
                found.push(record);
            }
        }
        Ok(found)
    }

    pub(super) async fn create_product(&self, patch: &Patch) -> Result<Record, SystemError> {
        let mut body = product::to_wire(patch, false);
        self.add_category(patch, None, &mut body).await?;
        body.entry("type").or_insert_with(|| json!("simple"));
        let answer = self
            .write(CREATE, Method::POST, format!("{API}/products"), json!(body))
            .await?;
        self.product_record(CREATE, &answer.body).await
    }

    pub(super) async fn update_product(&self, id: &RecordId, patch: &Patch) -> Result<Record, SystemError> {
        let number = number_of(UPDATE, id)?;
        if let Some(parent) = self.family.parent_of(number) {
            return self.update_variation(parent, number, patch).await;
        }
        let mut body = product::to_wire(patch, false);
        let outcome = match self.add_category(patch, Some(number), &mut body).await {
            Ok(()) if body.is_empty() => {
                let found = self.fetch_product(id).await?;
                return found.ok_or_else(|| error::gone(UPDATE));
            }
            Ok(()) => {
                let at = format!("{API}/products/{number}");
                unless_gone(self.write(UPDATE, Method::PUT, at, json!(body))).await?
            }
            Err(error) => return Err(error),
        };
        match outcome {
            Some(answer) => self.product_record(UPDATE, &answer.body).await,
            // It is not there, or it is a variation, which is refused here.
            None => match self.variation_parent(number).await? {
                Some(parent) => self.update_variation(parent, number, patch).await,
                None => Err(error::gone(UPDATE)),
            },
        }
    }

    /// Reads which product this is a variation of; nothing where it is none, or gone.
    async fn variation_parent(&self, id: u64) -> Result<Option<u64>, SystemError> {
        self.product_json(id, false).await?;
        Ok(self.family.parent_of(id))
    }

    async fn update_variation(&self, parent: u64, id: u64, patch: &Patch) -> Result<Record, SystemError> {
        let body: Map<_, _> = product::to_wire(patch, true);
        if body.is_empty() {
            let found = self.fetch_product(&RecordId::new(id.to_string())).await?;
            return found.ok_or_else(|| error::gone(UPDATE));
        }
        let at = format!("{API}/products/{parent}/variations/{id}");
        let mut answer = self.write(UPDATE, Method::PUT, at, json!(body)).await?;
        // Before WooCommerce 8 this shape told neither.
        answer.body["type"] = json!("variation");
        answer.body["parent_id"] = json!(parent);
        self.product_record(UPDATE, &answer.body).await
    }

    /// Puts a product into the trash. A variation's only way is for good.
    pub(super) async fn delete_product(&self, id: &RecordId) -> Result<(), SystemError> {
        let Ok(number) = number_of(DELETE, id) else {
            return Ok(());
        };
        let mut parent = self.family.parent_of(number);
        if parent.is_none() {
            if self
                .remove(DELETE, format!("{API}/products/{number}"), false)
                .await?
            {
                return Ok(());
            }
            // It is gone, or it is a variation, which is refused here.
            parent = self.variation_parent(number).await?;
        }
        if let Some(parent) = parent {
            let path = format!("{API}/products/{parent}/variations/{number}");
            self.remove(DELETE, path, true).await?;
        }
        Ok(())
    }

    /// A product or variation out of a webhook's body.
    pub(super) async fn read_product(
        &self,
        body: &Json,
        needed: &[FieldPath],
    ) -> Result<Option<Record>, SystemError> {
        let is_whole = ["id", "type", "status"]
            .iter()
            .all(|name| body.get(*name).is_some())
            && needed.iter().all(|path| product::holds(body, path));
        if !is_whole || product::is_trashed(body) {
            return Ok(None);
        }
        self.product_record(READ, body).await.map(Some)
    }

    /// Those of these products that are there. No list holds variations.
    pub(super) async fn products_of(&self, ids: &[RecordId]) -> Result<Vec<Record>, SystemError> {
        let listed = self.listed(READ, "products", ids, &[EDIT]).await?;
        for json in &listed {
            self.family.see(json);
        }
        Ok(listed.iter().filter_map(product::record).collect())
    }

    /// A page of products, or of a product's variations, which follow the page that the product is on.
    pub(super) async fn page_of_products(
        &self,
        since: &Since,
        cursor: Option<&str>,
    ) -> Result<Page, SystemError> {
        match Cursor::parse(cursor) {
            Cursor::Products(page) => {
                let mut filters = since.filters();
                filters.push(EDIT);
                let answer = self.list("read products", "products", page, &filters).await?;
                let list = answer.list()?;
                for json in list {
                    self.family.see(json);
                }
                let is_variable = |json: &&Json| json.get("type").and_then(Json::as_str) == Some("variable");
                let variable = list.iter().filter(is_variable);
                let parents: Vec<u64> = variable.filter_map(|json| json.get("id")?.as_u64()).collect();
                let then = (page < answer.pages().unwrap_or_default()).then_some(page + 1);
                Ok(Page {
                    records: list.iter().filter_map(product::record).collect(),
                    next: Cursor::variations(&parents, 1, then),
                    partial: false,
                    deleted: Vec::new(),
                })
            }
            Cursor::Variations {
                mut parents,
                page,
                then,
            } => {
                let parent = parents.first().copied().unwrap_or_default();
                let collection = format!("products/{parent}/variations");
                let listed = self.list("read variations", &collection, page, &[]);
                let mut records = Vec::new();
                let mut pages = 0;
                // The product may be gone by now.
                if let Some(answer) = unless_gone(listed).await? {
                    pages = answer.pages().unwrap_or_default();
                    for json in answer.list()? {
                        let mut json = json.clone();
                        json["type"] = json!("variation");
                        json["parent_id"] = json!(parent);
                        records.push(self.product_record(READ, &json).await?);
                    }
                }
                let page = if page < pages {
                    page + 1
                } else {
                    parents.remove(0);
                    1
                };
                Ok(Page {
                    records,
                    next: Cursor::variations(&parents, page, then),
                    partial: false,
                    deleted: Vec::new(),
                })
            }
        }
    }
}

/// Where [`WooCommerce::page_of_products`] goes on.
enum Cursor {
    Products(u64),
    /// The page of the first of these products' variations, and then the page of products.
    Variations {
        parents: Vec<u64>,
        page: u64,
        then: Option<u64>,
    },
}

impl Cursor {
    /// Reads `products:3` and `variations:42.57:1:4`. Starts anew where a cursor can't be read: to see a record twice
    /// does no harm.
    fn parse(text: Option<&str>) -> Self {
        let parts: Vec<&str> = text.unwrap_or_default().split(':').collect();
        let read = match parts.as_slice() {
            ["products", page] => page.parse().ok().map(Self::Products),
            ["variations", parents, page, then] => {
                let parents: Vec<u64> = parents.split('.').filter_map(|id| id.parse().ok()).collect();
                let page = page.parse().ok().filter(|_| !parents.is_empty());
                page.map(|page| Self::Variations {
                    parents,
                    page,
                    then: then.parse().ok(),
                })
            }
            _ => None,
        };
        read.unwrap_or(Self::Products(1))
    }

    /// Where these products' variations are next; the page of products where there are none.
    fn variations(parents: &[u64], page: u64, then: Option<u64>) -> Option<String> {
        if parents.is_empty() {
            return then.map(|page| format!("products:{page}"));
        }
        let parents: Vec<String> = parents.iter().map(u64::to_string).collect();
        let then = then.map_or("-".to_owned(), |page| page.to_string());
        Some(format!("variations:{}:{page}:{then}", parents.join(".")))
    }
}
