//! Products and variations as REST shows them: the shape of `/products`, and that of a product's `/variations`.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{html, is_trashed, is_variation, stock, variations_of};
use crate::simulator::woocommerce::answer::Fields;
use crate::simulator::woocommerce::fields::{self, ALLOW_ALL, id_of, text_of};
use crate::simulator::woocommerce::shop::Shop;
use crate::simulator::woocommerce::text;

/// The keys that the shape of `/variations` has in common with that of `/products`.
const OF_VARIATION: [&str; 38] = [
    "id",
    "type",
    "date_created",
    "date_created_gmt",
    "date_modified",
    "date_modified_gmt",
    "description",
    "permalink",
    "sku",
    "global_unique_id",
    "price",
    "regular_price",
    "sale_price",
    "date_on_sale_from",
    "date_on_sale_from_gmt",
    "date_on_sale_to",
    "date_on_sale_to_gmt",
    "on_sale",
    "status",
    "purchasable",
    "virtual",
    "downloadable",
    "downloads",
    "download_limit",
    "download_expiry",
    "tax_status",
    "tax_class",
    "manage_stock",
    "stock_quantity",
    "stock_status",
    "backorders",
    "backorders_allowed",
    "backordered",
    "low_stock_amount",
    "weight",
    "dimensions",
    "shipping_class",
    "shipping_class_id",
];

/// A product or variation in the shape of `/products`; `edits` leaves texts as they are kept.
///
/// Writes are answered as for editing.
pub(in crate::simulator::woocommerce) fn view(shop: &Shop, id: u64, product: &Fields, edits: bool) -> Value {
    let mut shown = product.clone();
    let parent_id = id_of(product, "parent_id");
    let parent = shop.products.get(&parent_id).filter(|_| is_variation(product));
    show_texts(&mut shown, parent, edits);
    show_price(shop, id, &mut shown);
    show_stock(shop, id, &mut shown);
    let (slug, is_public) = (
        text_of(product, "slug"),
        ["publish", "private"].contains(&text_of(product, "status")),
    );
    let permalink = match parent {
        Some(parent) => {
            format!(
                "{}/product/{}/?{}",
                shop.url,
                text_of(parent, "slug"),
                options_as_query(product)
            )
        }
        None if is_public => format!("{}/product/{slug}/", shop.url),
        None => format!("{}/?post_type=product&p={id}", shop.url),
    };
    shown.insert("permalink".into(), json!(permalink));
    let needs_shipping = product["virtual"] != json!(true);
    shown.insert("shipping_required".into(), json!(needs_shipping));
    let is_taxed = text_of(product, "tax_status") != "none";
    shown.insert("shipping_taxable".into(), json!(needs_shipping && is_taxed));
    let is_variable = text_of(product, "type") == "variable";
    let mut variations = if is_variable {
        variations_of(shop, id)
    } else {
        Vec::new()
    };
    variations.retain(|variation| shop.products.get(variation).is_some_and(|it| !is_trashed(it)));
    shown.insert("has_options".into(), json!(is_variable));
    shown.insert("variations".into(), json!(variations));
    shown.insert("average_rating".into(), json!(if edits { "0" } else { "0.00" }));
    let mut links = fields::links(&shop.rest(), "products", id, ALLOW_ALL);
    if parent_id != 0 {
        links["up"] = json!([{"href": format!("{}/products/{parent_id}", shop.rest())}]);
    }
    if parent.is_some() {
        let name = name_of(shop, product);
        shown.insert("slug".into(), json!(html::slug(&name)));
        shown.insert("name".into(), json!(name));
        shown.insert("total_sales".into(), json!(product["total_sales"].to_string()));
    } else if edits {
        let template = format!("{}/product/%pagename%/", shop.url);
        shown.insert("permalink_template".into(), json!(template));
        let generated = html::slug(text_of(product, "name"));
        shown.insert("generated_slug".into(), json!(generated));
    }
    shown.insert("_links".into(), links);
    shown.into()
}

/// A variation in the shape of its parent's `/variations`.
pub(super) fn variation_view(shop: &Shop, id: u64, variation: &Fields, edits: bool) -> Value {
    let full = view(shop, id, variation, edits);
    let mut shown = Fields::new();
    for name in OF_VARIATION {
        shown.insert(name.to_owned(), full[name].clone());
    }
    let parent = id_of(variation, "parent_id");
    let variations = format!("products/{parent}/variations");
    let mut links = fields::links(&shop.rest(), &variations, id, ALLOW_ALL);
    links["up"] = full["_links"]["up"].clone();
    shown.insert("image".into(), Value::Null);
    for name in ["attributes", "menu_order", "meta_data", "parent_id"] {
        shown.insert(name.to_owned(), full[name].clone());
    }
    shown.insert("name".into(), json!(options(variation).join(", ")));
    shown.insert("_links".into(), links);
    shown.into()
}

fn show_texts(shown: &mut Fields, parent: Option<&Fields>, edits: bool) {
    if edits {
        return;
    }
    for name in ["description", "short_description"] {
        let html = html::as_shown(text_of(shown, name));
        shown.insert(name.into(), json!(html));
    }
    if let Some(parent) = parent
        && text_of(shown, "tax_class") == "parent"
    {
        shown.insert("tax_class".into(), parent["tax_class"].clone());
    }
}

/// The price follows from the regular one and a sale; a variable product has its cheapest variation's.
fn show_price(shop: &Shop, id: u64, shown: &mut Fields) {
    let (price, on_sale) = if text_of(shown, "type") == "variable" {
        let variations = variations_of(shop, id);
        let prices: Vec<_> = variations
            .iter()
            .filter_map(|variation| shop.products.get(variation))
            .filter(|variation| text_of(variation, "status") == "publish")
            .map(|variation| price_of(shop, variation))
            .filter(|(price, _)| !price.is_empty())
            .collect();
        let cheapest = prices
            .iter()
            .min_by_key(|(price, _)| price.parse::<Decimal>().unwrap_or_default());
        (
            cheapest.map(|(price, _)| price.clone()).unwrap_or_default(),
            prices.iter().any(|(_, on_sale)| *on_sale),
        )
    } else {
        price_of(shop, shown)
    };
    let html = if price.is_empty() {
        String::new()
    } else {
        format!("<span class=\"woocommerce-Price-amount amount\"><bdi>&#36;{price}</bdi></span>")
    };
    shown.insert("price_html".into(), json!(html));
    shown.insert("purchasable".into(), json!(!price.is_empty()));
    shown.insert("price".into(), json!(price));
    shown.insert("on_sale".into(), json!(on_sale));
}

/// A product's name; a variation's is made of its parent's and of what it is of each attribute.
pub(in crate::simulator::woocommerce) fn name_of(shop: &Shop, product: &Fields) -> String {
    match shop.products.get(&id_of(product, "parent_id")) {
        Some(parent) if is_variation(product) => {
            format!("{} - {}", text_of(parent, "name"), options(product).join(", "))
        }
        _ => text_of(product, "name").to_owned(),
    }
}

/// What a product costs, and whether that is a sale's price.
pub(in crate::simulator::woocommerce) fn price_of(shop: &Shop, product: &Fields) -> (String, bool) {
    let now = text::gmt(shop.now());
    let (from, to) = (
        text_of(product, "date_on_sale_from_gmt"),
        text_of(product, "date_on_sale_to_gmt"),
    );
    let is_time = from <= now.as_str() && (to.is_empty() || now.as_str() <= to);
    let sale = text_of(product, "sale_price");
    if !sale.is_empty() && is_time {
        (sale.to_owned(), true)
    } else {
        (text_of(product, "regular_price").to_owned(), false)
    }
}

/// A variation whose own stock is not managed shows its parent's.
fn show_stock(shop: &Shop, id: u64, shown: &mut Fields) {
    if let Some(holder) = stock::holder(shop, id).filter(|holder| *holder != id)
        && let Some(parent) = shop.products.get(&holder)
    {
        shown.insert("manage_stock".into(), json!("parent"));
        for name in ["stock_quantity", "stock_status", "backorders"] {
            shown.insert(name.into(), parent[name].clone());
        }
    } else if text_of(shown, "type") == "variable" && shown["manage_stock"] == json!(false) {
        let mut variations = variations_of(shop, id).into_iter();
        let has_stock = variations.any(|variation| {
            let variation = shop.products.get(&variation);
            variation.is_some_and(|variation| text_of(variation, "stock_status") != "outofstock")
        });
        let status = if has_stock { "instock" } else { "outofstock" };
        shown.insert("stock_status".into(), json!(status));
    }
    let allowed = text_of(shown, "backorders") != "no";
    shown.insert("backorders_allowed".into(), json!(allowed));
    let backordered = text_of(shown, "stock_status") == "onbackorder";
    shown.insert("backordered".into(), json!(backordered));
}

/// What a variation is of each attribute.
fn options(variation: &Fields) -> Vec<&str> {
    let attributes = variation.get("attributes").and_then(Value::as_array);
    attributes
        .into_iter()
        .flatten()
        .filter_map(|attribute| attribute["option"].as_str())
        .collect()
}

fn options_as_query(variation: &Fields) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let attributes = variation.get("attributes").and_then(Value::as_array);
    for attribute in attributes.into_iter().flatten() {
        let slug = attribute["slug"].as_str().unwrap_or_default();
        let option = attribute["option"].as_str().unwrap_or_default();
        let option = if slug.starts_with("pa_") {
            html::slug(option)
        } else {
            option.to_owned()
        };
        query.append_pair(&format!("attribute_{slug}"), &option);
    }
    query.finish()
}
