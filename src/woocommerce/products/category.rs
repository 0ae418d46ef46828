//! A product's category by name: found, or made.

use reqwest::Method;
use serde_json::{Map, Value as Json, json};

use crate::sync::{FieldPath, Module, Patch, Value};
use crate::system::SystemError;
use crate::woocommerce::rest::API;
use crate::woocommerce::{WooCommerce, error, stored, text, unless_gone};

const OPERATION: &str = "find product category";

impl WooCommerce {
    /// Adds to a product's new JSON that the patch's category takes the place of its first one. Its others stay.
    pub(super) async fn add_category(
        &self,
        patch: &Patch,
        product: Option<u64>,
        body: &mut Map<String, Json>,
    ) -> Result<(), SystemError> {
        let mut named = patch.0.iter().filter(|(field, _)| field.root() == "category");
        let Some((field, value)) = named.next() else {
            return Ok(());
        };
        let name = category_name(field, value);
        let now = match product {
            Some(product) => self.categories_of(product).await?,
            None => Vec::new(),
        };
        let known = now.iter().find(|category| is_named(category, &name));
        let first = match known.and_then(|category| category.get("id")?.as_u64()) {
            Some(id) => Some(id),
            None if name.is_empty() => None,
            None => Some(self.category(&name).await?),
        };
        let others = now
            .iter()
            .skip(1)
            .filter_map(|category| category.get("id")?.as_u64());
        let others = others.filter(|id| Some(*id) != first);
        let all: Vec<_> = first
            .into_iter()
            .chain(others)
            .map(|id| json!({"id": id}))
            .collect();
        body.insert("categories".to_owned(), Json::Array(all));
        Ok(())
    }

    async fn categories_of(&self, product: u64) -> Result<Vec<Json>, SystemError> {
        let path = format!("{API}/products/{product}");
        let read = self.rest.get(OPERATION, path, &[("_fields", "id,categories")]);
        let found = unless_gone(read).await?;
        let categories = found.and_then(|answer| answer.body.get("categories")?.as_array().cloned());
        Ok(categories.unwrap_or_default())
    }

    /// The id of the category of this name, which is made where there is none.
    async fn category(&self, name: &str) -> Result<u64, SystemError> {
        let path = format!("{API}/products/categories");
        let mut query = vec![("orderby", "id"), ("per_page", "100")];
        // Names are kept HTML-encoded, so a whole name may not be found.
        let word = text::longest_word(name);
        if !word.is_empty() {
            query.push(("search", word));
        }
        let answer = self.rest.get(OPERATION, path.clone(), &query).await?;
        let found = answer.list()?.iter().find(|category| is_named(category, name));
        let id = if let Some(category) = found {
            category.get("id").and_then(Json::as_u64)
        } else {
            let body = json!({"name": html_escape::encode_text(name)});
            let made = self
                .write("create product category", Method::POST, path, body)
                .await?;
            made.body.get("id").and_then(Json::as_u64)
        };
        id.ok_or_else(|| error::unavailable(OPERATION, "the answer is no category"))
    }
}

fn category_name(path: &FieldPath, value: &Value) -> String {
    stored::stored(Module::Products, path, value)
        .as_text()
        .into_owned()
}

/// WooCommerce has no two categories whose names differ in case only.
fn is_named(category: &Json, name: &str) -> bool {
    let found = category.get("name").and_then(Json::as_str).unwrap_or_default();
    text::decoded(found).trim().to_lowercase() == name.to_lowercase()
}
