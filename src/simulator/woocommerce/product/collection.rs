//! `/products`: what is refused, what is listed, and how writes are answered.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::merge::{STATUSES, TYPES};
use super::{add, check_sku, edit, is_trashed, is_variation, remove, trash, view};
use crate::simulator::woocommerce::answer::{Answer, ApiError, Fields};
use crate::simulator::woocommerce::fields::{self, id_of, text_of};
use crate::simulator::woocommerce::query::Query;
use crate::simulator::woocommerce::shop::{Resource, Shop};

const LISTED: &[&str] = &["any", "future", "trash", "draft", "pending", "private", "publish"];
const ORDERS_BY: &[&str] = &[
    "date",
    "id",
    "include",
    "title",
    "slug",
    "modified",
    "price",
    "menu_order",
];
const ENUMS: [(&str, &[&str]); 4] = [
    ("catalog_visibility", &["visible", "catalog", "search", "hidden"]),
    ("tax_status", &["taxable", "shipping", "none"]),
    ("stock_status", &["instock", "outofstock", "onbackorder"]),
    ("backorders", &["no", "notify", "yes"]),
];
const SCHEMA: &[(&str, &str)] = &[
    ("name", "string"),
    ("slug", "string"),
    ("type", "string"),
    ("status", "string"),
    ("featured", "boolean"),
    ("catalog_visibility", "string"),
    ("description", "string"),
    ("short_description", "string"),
    ("sku", "string"),
    ("global_unique_id", "string"),
    ("regular_price", "string"),
    ("sale_price", "string"),
    ("virtual", "boolean"),
    ("downloadable", "boolean"),
    ("downloads", "array"),
    ("download_limit", "integer"),
    ("download_expiry", "integer"),
    ("external_url", "string"),
    ("button_text", "string"),
    ("tax_status", "string"),
    ("tax_class", "string"),
    ("manage_stock", "boolean"),
    ("stock_quantity", "integer"),
    ("stock_status", "string"),
    ("backorders", "string"),
    ("low_stock_amount", "integer"),
    ("sold_individually", "boolean"),
    ("weight", "string"),
    ("dimensions", "object"),
    ("shipping_class", "string"),
    ("reviews_allowed", "boolean"),
    ("upsell_ids", "array"),
    ("cross_sell_ids", "array"),
    ("purchase_note", "string"),
    ("categories", "array"),
    ("tags", "array"),
    ("images", "array"),
    ("attributes", "array"),
    ("default_attributes", "array"),
    ("menu_order", "integer"),
    ("meta_data", "array"),
];

/// The collection of products.
pub(in crate::simulator::woocommerce) struct Products {
    /// Whether a GET shows the texts as they are kept (`context=edit`).
    pub(in crate::simulator::woocommerce) edits: bool,
}

impl Products {
    const WRITES: Self = Self { edits: true };
}

impl Resource for Products {
    const PATH: &'static str = "products";
    const REQUIRED: &'static [&'static str] = &[];

    fn check(given: &Fields, _creates: bool) -> Result<(), ApiError> {
        check_fields(given, &[("status", STATUSES), ("type", TYPES)])
    }

    /// Variations are among them only when a SKU is asked for.
    fn list(&self, shop: &Shop, query: &Query) -> Result<Answer, ApiError> {
        let with_sku = !query.list("sku").is_empty();
        let category = query.get("category").and_then(|id| id.parse::<u64>().ok());
        let ids = shop.products.listed(query, || {
            let mut found = find(shop, query, |product| with_sku || !is_variation(product))?;
            if query.get("type").is_some() {
                let kind = query.one_of("type", TYPES)?;
                found.retain(|(_, product)| text_of(product, "type") == kind);
            }
            if let Some(category) = category {
                let is_in = |product: &Fields| {
                    let categories = product["categories"].as_array().into_iter().flatten();
                    categories.into_iter().any(|other| other["id"] == json!(category))
                };
                found.retain(|(_, product)| is_in(product));
            }
            Ok(found.into_iter().map(|(id, _)| id).collect())
        })?;
        query.page(&format!("{}/products", shop.rest()), ids.iter(), &[], |&id| {
            view(shop, id, &shop.products[&id], self.edits)
        })
    }

    fn get(&self, shop: &Shop, id: u64) -> Result<Value, ApiError> {
        let product = shop.products.get(&id).ok_or_else(|| invalid_id(404))?;
        Ok(view(shop, id, product, self.edits))
    }

    fn create(&self, shop: &mut Shop, given: &Fields) -> Result<Value, ApiError> {
        if id_of(given, "id") != 0 {
            return Err(ApiError::new(
                400,
                "woocommerce_rest_product_exists",
                "Cannot create existing product.",
            ));
        }
        check_sku(shop, 0, given)?;
        let id = add(shop, given);
        Self::WRITES.get(shop, id)
    }

    fn update(&self, shop: &mut Shop, id: u64, given: &Fields) -> Result<Value, ApiError> {
        let product = shop.products.get(&id).ok_or_else(|| invalid_id(400))?;
        refuse_variation(product)?;
        check_sku(shop, id, given)?;
        edit(shop, id, given);
        Self::WRITES.get(shop, id)
    }

    fn delete(&self, shop: &mut Shop, id: u64, force: bool) -> Result<Value, ApiError> {
        let product = shop.products.get(&id).ok_or_else(|| invalid_id(404))?;
        refuse_variation(product)?;
        let was_trashed = is_trashed(product);
        let was = Self::WRITES.get(shop, id)?;
        if force {
            remove(shop, id);
        } else if was_trashed {
            return Err(already_trashed());
        } else {
            trash(shop, id);
        }
        Ok(was)
    }
}

/// Refuses fields of the wrong kind, and values that are none of the allowed ones.
pub(super) fn check_fields(given: &Fields, enums: &[(&str, &[&str])]) -> Result<(), ApiError> {
    let mut wrong = fields::wrong_types(given, SCHEMA);
    for (name, allowed) in enums.iter().chain(&ENUMS) {
        wrong.extend(fields::not_one_of(given, name, allowed));
    }
    ApiError::of_invalid(&wrong)
}

/// The products or variations that the query asks for, in its order.
pub(super) fn find<'a>(
    shop: &'a Shop,
    query: &Query,
    is_here: impl Fn(&Fields) -> bool,
) -> Result<Vec<(u64, &'a Fields)>, ApiError> {
    let orderby = query.one_of("orderby", ORDERS_BY)?;
    let ascends = query.one_of("order", &["desc", "asc"])? == "asc";
    let status = query.one_of("status", LISTED)?;
    let bounds = query.dates()?;
    let (include, exclude, skus) = (query.ids("include"), query.ids("exclude"), query.list("sku"));
    let search = query.get("search").map(str::to_lowercase);
    let matches = |id: &u64, product: &Fields| {
        let has_status = match status {
            "any" => !is_trashed(product),
            status => text_of(product, "status") == status,
        };
        let has_sku = |sku: &&str| text_of(product, "sku").eq_ignore_ascii_case(sku);
        has_status
            && is_here(product)
            && bounds.hold(product)
            && (include.is_empty() || include.contains(id))
            && !exclude.contains(id)
            && (skus.is_empty() || skus.iter().any(has_sku))
            && search.as_ref().is_none_or(|search| has_text(product, search))
    };
    let mut found: Vec<_> = shop
        .products
        .iter()
        .filter(|(id, product)| matches(id, product))
        .map(|(&id, product)| (id, product))
        .collect();
    let by_text =
        |name: &'static str| move |(_, product): &(u64, &Fields)| text_of(product, name).to_lowercase();
    match orderby {
        "date" => found.sort_by_cached_key(by_text("date_created_gmt")),
        "modified" => found.sort_by_cached_key(by_text("date_modified_gmt")),
        "title" => found.sort_by_cached_key(by_text("name")),
        "slug" => found.sort_by_cached_key(by_text("slug")),
        "price" => found.sort_by_cached_key(|(_, product)| {
            let price: Decimal = text_of(product, "regular_price").parse().unwrap_or_default();
            price
        }),
        "menu_order" => found.sort_by_key(|(_, product)| product["menu_order"].as_i64()),
        "include" => found.sort_by_key(|(id, _)| include.iter().position(|wanted| wanted == id)),
        _ => {}
    }
    if !ascends && orderby != "include" {
        found.reverse();
    }
    Ok(found)
}

/// Whether a product is found by a text in lower case.
fn has_text(product: &Fields, search: &str) -> bool {
    let mut texts = ["name", "sku", "description"].into_iter();
    texts.any(|name| text_of(product, name).to_lowercase().contains(search))
}

pub(super) fn already_trashed() -> ApiError {
    ApiError::new(
        410,
        "woocommerce_rest_already_trashed",
        "The product has already been deleted.",
    )
}

fn refuse_variation(product: &Fields) -> Result<(), ApiError> {
    if !is_variation(product) {
        return Ok(());
    }
    Err(ApiError::new(
        404,
        "woocommerce_rest_invalid_product_id",
        "To manipulate product variations you should use the \
         /products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint.",
    ))
}

fn invalid_id(status: u16) -> ApiError {
    ApiError::new(status, "woocommerce_rest_product_invalid_id", "Invalid ID.")
}
