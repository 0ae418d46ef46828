//! Products and their variations, and what happens to them in the shop.
//!
//! Nothing is refused here; `collection` and `variation` do that for REST. Both kinds are kept in one place, as
//! in WordPress: a variation is a product of type `variation` that names its parent.

mod collection;
mod html;
mod merge;
mod stock;
mod variation;
mod view;

use serde_json::{Value, json};

pub(super) use self::collection::Products;
pub(super) use self::stock::{follow_lines, follow_order};
pub(super) use self::variation::Variations;
pub(super) use self::view::{name_of, price_of, view};
use super::answer::{ApiError, Fields};
use super::fields::{self, id_of, text_of};
use super::shop::Shop;

/// What the trash notes in `meta_data`.
const TRASH_META: [&str; 3] = [
    "_wp_trash_meta_status",
    "_wp_trash_meta_time",
    "_wp_desired_post_slug",
];

/// Adds a product without any check; a variation if it says so and names its parent.
pub(super) fn add(shop: &mut Shop, given: &Fields) -> u64 {
    let id = shop.next_post;
    shop.next_post += 1;
    let parent = match text_of(given, "type") {
        "variation" => id_of(given, "parent_id"),
        _ => 0,
    };
    let mut product = empty(shop, id, parent);
    merge::merge(shop, &mut product, given);
    shop.products.insert(id, product);
    touch(shop, parent);
    shop.fire("product.created", id);
    id
}

/// Changes a product without any check. Even a change of nothing moves `date_modified` and is announced.
pub(super) fn edit(shop: &mut Shop, id: u64, given: &Fields) -> bool {
    let Some(mut product) = shop.products.get(&id).cloned() else {
        return false;
    };
    let was_trashed = is_trashed(&product);
    merge::merge(shop, &mut product, given);
    if was_trashed && !is_trashed(&product) {
        // Restored this way, it keeps the trash's other notes.
        leave_trash(&mut product, &TRASH_META[2..]);
    }
    store(shop, id, product);
    shop.fire("product.updated", id);
    true
}

/// Moves a product to the trash, its variations with it. Says whether there was one outside of it.
pub(super) fn trash(shop: &mut Shop, id: u64) -> bool {
    let Some(mut product) = shop.products.get(&id).cloned() else {
        return false;
    };
    if is_trashed(&product) {
        return false;
    }
    let slug = text_of(&product, "slug").to_owned();
    let noted = [
        text_of(&product, "status").to_owned(),
        shop.now().as_seconds().to_string(),
        slug.clone(),
    ];
    let meta: Vec<_> = TRASH_META
        .iter()
        .zip(noted)
        .map(|(key, value)| json!({"key": key, "value": value}))
        .collect();
    let mut note = Fields::new();
    note.insert("meta_data".into(), meta.into());
    fields::merge_meta(&mut product, &note, &mut shop.next_meta);
    product.insert("status".into(), json!("trash"));
    product.insert("slug".into(), json!(format!("{slug}__trashed")));
    let is_variation = is_variation(&product);
    store(shop, id, product);
    for variation in variations_of(shop, id) {
        trash(shop, variation);
    }
    // What was seen of variations' deletions was never announced.
    if !is_variation {
        shop.fire("product.deleted", id);
    }
    true
}

/// Takes a product out of the trash as the shop's people do, its variations with it.
pub(super) fn restore(shop: &mut Shop, id: u64) -> bool {
    let Some(mut product) = shop
        .products
        .get(&id)
        .filter(|product| is_trashed(product))
        .cloned()
    else {
        return false;
    };
    let status = meta_of(&product, TRASH_META[0]).unwrap_or_else(|| "publish".to_owned());
    product.insert("status".into(), json!(status));
    leave_trash(&mut product, &TRASH_META);
    let is_variation = is_variation(&product);
    store(shop, id, product);
    for variation in variations_of(shop, id) {
        restore(shop, variation);
    }
    if !is_variation {
        shop.fire("product.updated", id);
        shop.fire("product.restored", id);
    }
    true
}

/// Deletes a product and its variations for good, which no webhook tells. Says whether there was one.
pub(super) fn remove(shop: &mut Shop, id: u64) -> bool {
    for variation in variations_of(shop, id) {
        shop.products.remove(&variation);
    }
    let Some(product) = shop.products.remove(&id) else {
        return false;
    };
    touch(shop, id_of(&product, "parent_id"));
    true
}

/// Refuses a SKU that another product has. To a new product, that of a trashed one is taken as well.
fn check_sku(shop: &Shop, id: u64, given: &Fields) -> Result<(), ApiError> {
    let sku = super::text::cleaned(text_of(given, "sku"));
    if sku.is_empty() {
        return Ok(());
    }
    let owner = |sku: &str, trashed: bool| {
        let mut products = shop.products.iter().filter(|(owner, _)| **owner != id);
        products
            .find(|(_, product)| {
                text_of(product, "sku").eq_ignore_ascii_case(sku) && is_trashed(product) == trashed
            })
            .map(|(&owner, _)| owner)
    };
    if let Some(owner) = owner(&sku, false) {
        let mut candidates = (1..).map(|number: u32| format!("{sku}-{number}"));
        let unique = candidates.find(|candidate| owner_of_sku(shop, candidate).is_none());
        let error = ApiError::new(400, "product_invalid_sku", "Invalid or duplicated SKU.");
        return Err(error
            .with("resource_id", json!(owner))
            .with("unique_sku", json!(unique)));
    }
    if id == 0 && owner(&sku, true).is_some() {
        let message = format!(
            "The product with SKU ({sku}) you are trying to insert is already present in the lookup table"
        );
        return Err(ApiError::new(
            400,
            "woocommerce_rest_product_not_created",
            message,
        ));
    }
    Ok(())
}

/// The product or variation that has a SKU.
pub(super) fn owner_of_sku(shop: &Shop, sku: &str) -> Option<u64> {
    let mut products = shop.products.iter();
    products.find_map(|(&id, product)| text_of(product, "sku").eq_ignore_ascii_case(sku).then_some(id))
}

fn is_trashed(product: &Fields) -> bool {
    text_of(product, "status") == "trash"
}

fn is_variation(product: &Fields) -> bool {
    text_of(product, "type") == "variation"
}

/// The variations of a product, by id.
fn variations_of(shop: &Shop, parent: u64) -> Vec<u64> {
    let variations = shop
        .products
        .iter()
        .filter(|(_, product)| is_variation(product) && id_of(product, "parent_id") == parent);
    variations.map(|(&id, _)| id).collect()
}

/// Keeps a changed product. A variation's change dates its parent too, without a word.
fn store(shop: &mut Shop, id: u64, mut product: Fields) {
    fields::set_date(&mut product, "date_modified", Some(shop.now()));
    let parent = if is_variation(&product) {
        id_of(&product, "parent_id")
    } else {
        0
    };
    shop.products.insert(id, product);
    touch(shop, parent);
}

fn touch(shop: &mut Shop, id: u64) {
    let now = shop.now();
    if let Some(product) = shop.products.get_mut(&id) {
        fields::set_date(product, "date_modified", Some(now));
    }
}

fn leave_trash(product: &mut Fields, notes: &[&str]) {
    let slug = text_of(product, "slug").trim_end_matches("__trashed").to_owned();
    product.insert("slug".into(), json!(slug));
    if let Some(Value::Array(meta)) = product.get_mut("meta_data") {
        meta.retain(|entry| !entry["key"].as_str().is_some_and(|key| notes.contains(&key)));
    }
}

fn meta_of(product: &Fields, key: &str) -> Option<String> {
    let meta = product.get("meta_data")?.as_array()?;
    let entry = meta.iter().find(|entry| entry["key"] == key)?;
    entry["value"].as_str().map(str::to_owned)
}

/// A product of which nothing is known yet; a variation if it has a parent.
fn empty(shop: &Shop, id: u64, parent: u64) -> Fields {
    let is_variation = parent != 0;
    let of_all = json!({
        "id": id, "name": "", "slug": "", "type": if is_variation { "variation" } else { "simple" },
        "status": "publish", "featured": false, "catalog_visibility": "visible", "description": "",
        "short_description": "", "sku": "", "regular_price": "", "sale_price": "",
        "meta_data": [], "stock_status": "instock", "post_password": "", "global_unique_id": "",
    });
    let of_kinds = json!({
        "total_sales": 0, "virtual": false, "downloadable": false, "downloads": [],
        "download_limit": -1, "download_expiry": -1, "external_url": "", "button_text": "",
        "tax_status": "taxable", "tax_class": if is_variation { "parent" } else { "" },
        "manage_stock": false, "stock_quantity": null, "backorders": "no", "low_stock_amount": null,
        "sold_individually": false, "weight": "", "dimensions": {"length": "", "width": "", "height": ""},
        "shipping_class": "", "shipping_class_id": 0, "reviews_allowed": !is_variation,
        "rating_count": 0, "upsell_ids": [], "cross_sell_ids": [], "parent_id": parent,
        "purchase_note": "", "categories": [], "brands": [], "tags": [], "images": [], "attributes": [],
        "default_attributes": [], "grouped_products": [], "menu_order": 0, "related_ids": [],
    });
    let mut product = Fields::new();
    for fields in [of_all, of_kinds] {
        if let Value::Object(fields) = fields {
            product.extend(fields);
        }
    }
    for (date, at) in [
        ("date_created", Some(shop.now())),
        ("date_modified", Some(shop.now())),
        ("date_on_sale_from", None),
        ("date_on_sale_to", None),
    ] {
        fields::set_date(&mut product, date, at);
    }
    product
}
