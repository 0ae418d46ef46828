//! `/products/categories`, as far as products need them: names to put products under.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer::{Answer, ApiError, Fields};
use super::fields::{self, ALLOW_ALL, id_of, text_of};
use super::query::Query;
use super::shop::{Resource, Shop};
use super::text;

/// The category of what has no other.
pub(super) const FIRST: u64 = 15;

/// The categories that a new shop has.
pub(super) fn first() -> BTreeMap<u64, Fields> {
    let mut given = Fields::new();
    given.insert("name".into(), json!("Uncategorized"));
    BTreeMap::from([(FIRST, stored(FIRST, &given))])
}

/// Those of these categories that there are, as a product shows them.
pub(super) fn named(shop: &Shop, ids: impl IntoIterator<Item = u64>) -> Value {
    let found = ids
        .into_iter()
        .filter_map(|id| Some((id, shop.categories.get(&id)?)));
    found
        .map(|(id, category)| json!({"id": id, "name": category["name"], "slug": category["slug"]}))
        .collect()
}

/// The collection of categories.
pub(super) struct Categories;

impl Resource for Categories {
    const PATH: &'static str = "categories";
    const REQUIRED: &'static [&'static str] = &["name"];

    fn allows(&self, shop: &Shop, id: u64) -> &'static [&'static str] {
        if shop.categories.contains_key(&id) {
            ALLOW_ALL
        } else {
            &[]
        }
    }

    fn check(given: &Fields, _creates: bool) -> Result<(), ApiError> {
        let schema = [
            ("name", "string"),
            ("slug", "string"),
            ("parent", "integer"),
            ("description", "string"),
        ];
        let wrong = fields::wrong_types(given, &schema);
        ApiError::of_invalid(&wrong)
    }

    fn list(&self, shop: &Shop, query: &Query) -> Result<Answer, ApiError> {
        let search = query
            .get("search")
            .map(|search| text::name_as_stored(search).to_lowercase());
        let (include, slug) = (query.ids("include"), query.get("slug"));
        let mut found: Vec<_> = shop
            .categories
            .iter()
            .filter(|(id, category)| {
                let name = text_of(category, "name").to_lowercase();
                search.as_ref().is_none_or(|search| name.contains(search))
                    && (include.is_empty() || include.contains(id))
                    && slug.is_none_or(|slug| text_of(category, "slug") == slug)
            })
            .collect();
        if query.one_of("orderby", &["name", "id"])? == "name" {
            found.sort_by_cached_key(|(_, category)| text_of(category, "name").to_lowercase());
        }
        if query.one_of("order", &["asc", "desc"])? == "desc" {
            found.reverse();
        }
        query.page(
            &format!("{}/products/categories", shop.rest()),
            found,
            &[],
            |(&id, category)| view(shop, id, category),
        )
    }

    fn get(&self, shop: &Shop, id: u64) -> Result<Value, ApiError> {
        let category = shop.categories.get(&id).ok_or_else(not_there)?;
        Ok(view(shop, id, category))
    }

    fn create(&self, shop: &mut Shop, given: &Fields) -> Result<Value, ApiError> {
        let (new, parent) = (stored(0, given), id_of(given, "parent"));
        let is_same = |category: &Fields| {
            text_of(category, "name").eq_ignore_ascii_case(text_of(&new, "name"))
                && id_of(category, "parent") == parent
        };
        if let Some((id, _)) = shop.categories.iter().find(|(_, category)| is_same(category)) {
            return Err(ApiError::new(
                400,
                "term_exists",
                "A term with the name provided already exists with this parent.",
            )
            .with("resource_id", json!(id)));
        }
        let id = add(shop, given);
        self.get(shop, id)
    }

    /// A new name is nothing that a webhook tells, and moves no product's date.
    fn update(&self, shop: &mut Shop, id: u64, given: &Fields) -> Result<Value, ApiError> {
        let mut category = shop.categories.get(&id).cloned().ok_or_else(not_there)?;
        category.extend(
            stored(id, given)
                .into_iter()
                .filter(|(name, _)| given.contains_key(name)),
        );
        shop.categories.insert(id, category);
        self.get(shop, id)
    }

    fn delete(&self, shop: &mut Shop, id: u64, force: bool) -> Result<Value, ApiError> {
        if !force {
            return Err(ApiError::new(
                501,
                "woocommerce_rest_trash_not_supported",
                "Resource does not support trashing.",
            ));
        }
        let mut was = self.get(shop, id)?;
        if let Some(link) = was["_links"]["self"][0].as_object_mut() {
            link.remove("targetHints");
        }
        shop.categories.remove(&id);
        Ok(was)
    }
}

/// Adds a category without any check.
pub(super) fn add(shop: &mut Shop, given: &Fields) -> u64 {
    let id = shop.next_category;
    shop.next_category += 1;
    shop.categories.insert(id, stored(id, given));
    id
}

fn stored(id: u64, given: &Fields) -> Fields {
    let name = text::name_as_stored(text_of(given, "name"));
    let slug = match text_of(given, "slug") {
        "" => name
            .to_lowercase()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join("-"),
        slug => slug.to_owned(),
    };
    let category = [
        ("id", json!(id)),
        ("name", json!(name)),
        ("slug", json!(slug)),
        ("parent", json!(id_of(given, "parent"))),
        ("description", json!(text_of(given, "description"))),
        ("display", json!("default")),
        ("image", Value::Null),
        ("menu_order", json!(0)),
    ];
    category
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

fn view(shop: &Shop, id: u64, category: &Fields) -> Value {
    let is_in = |product: &&Fields| {
        let mut categories = product["categories"].as_array().into_iter().flatten();
        categories.any(|other| other["id"] == json!(id))
    };
    let mut shown = category.clone();
    shown.insert(
        "count".into(),
        json!(shop.products.values().filter(is_in).count()),
    );
    let mut links = fields::links(&shop.rest(), "products/categories", id, ALLOW_ALL);
    let parent = id_of(category, "parent");
    if parent != 0 {
        links["up"] = json!([{"href": format!("{}/products/categories/{parent}", shop.rest())}]);
    }
    shown.insert("_links".into(), links);
    shown.into()
}

fn not_there() -> ApiError {
    ApiError::new(404, "woocommerce_rest_term_invalid", "Resource does not exist.")
}
