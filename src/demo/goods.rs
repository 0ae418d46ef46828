//! What the demonstration's shop sells, at what taxes, and what people do with it at both ends.

use rand::RngExt;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use serde_json::{Value as Json, json};

use crate::simulator::vtiger::VtigerSimulator;
use crate::simulator::woocommerce::WooCommerceSimulator;

/// Country, state, percentage, name, class, whether shipping is taxed too.
const RATES: [(&str, &str, &str, &str, &str, bool); 8] = [
    ("DE", "", "19", "MwSt", "standard", true),
    ("DE", "", "7", "MwSt ermäßigt", "reduced-rate", false),
    ("IE", "", "23", "VAT", "standard", true),
    ("FR", "", "20", "TVA", "standard", true),
    ("IT", "", "22", "IVA", "standard", true),
    ("CH", "", "8.1", "MWST", "standard", true),
    ("US", "CA", "8.5", "CA Sales Tax", "standard", false),
    ("US", "WA", "6.5", "WA Sales Tax", "standard", true),
];

/// Name, SKU, category, price, stock, tax class, description.
type Good = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Option<i64>,
    &'static str,
    &'static str,
);

const GOODS: [Good; 8] = [
    (
        "Filter coffee, 500 g",
        "COF-500",
        "Coffee",
        "12.90",
        Some(120),
        "reduced-rate",
        "<p>Washed arabica from <strong>Huila</strong>.</p>\n<ul>\n<li>Cocoa</li>\n<li>Red apple</li>\n</ul>",
    ),
    (
        "Espresso \"Notte\", 1 kg",
        "ESP-1000",
        "Coffee",
        "24.50",
        Some(80),
        "reduced-rate",
        "<p>Dark &amp; round. Fits every machine.</p>",
    ),
    (
        "Hand grinder",
        "GRI-1",
        "Tools",
        "89.00",
        Some(14),
        "",
        "<h2>Ceramic burrs</h2>\n<p>38 steps, 30 g.</p>",
    ),
    (
        "Kettle, gooseneck",
        "KET-1",
        "Tools",
        "64.95",
        None,
        "",
        "<p>0.9 l, steel.</p>",
    ),
    (
        "Cup & saucer",
        "CUP-2",
        "Tableware",
        "17.333",
        Some(200),
        "",
        "Stoneware, 180 ml.\n\nDishwasher safe.",
    ),
    (
        "Paper filters, 100 pcs",
        "FIL-100",
        "Tools",
        "4.99",
        Some(400),
        "",
        "",
    ),
    (
        "Tasting class",
        "CLS-1",
        "Classes",
        "49.00",
        None,
        "",
        "<p>Two hours, <em>six</em> coffees.</p>",
    ),
    ("Descaler", "DES-1", "", "7.20", Some(33), "", ""),
];

const COLORS: [&str; 2] = ["Black", "Sand"];
const SIZES: [&str; 2] = ["S", "L"];

/// Fills the shop's shelves; some of it the CRM knows as well, and some only the CRM.
pub(super) fn stock_up(shop: &WooCommerceSimulator, crm: &VtigerSimulator) {
    for (country, state, rate, name, class, shipping) in RATES {
        shop.add_tax(json!({
            "country": country, "state": state, "rate": rate, "name": name, "class": class, "shipping": shipping,
        }));
    }
    // Some orders bear two rates at once.
    shop.add_tax(json!({
        "country": "US", "state": "CA", "rate": "1.25", "name": "County Tax", "priority": 2, "shipping": false,
    }));
    let shelves = ["Coffee", "Tools", "Tableware", "Classes"].map(|name| (name, shop.add_category(name)));
    for (name, sku, category, price, stock, class, description) in GOODS {
        let shelf = shelves.iter().find(|(name, _)| *name == category);
        let categories: Json = shelf.iter().map(|(_, id)| json!({ "id": id })).collect();
        shop.add_product(json!({
            "name": name, "sku": sku, "regular_price": price, "description": description, "tax_class": class,
            "manage_stock": stock.is_some(), "stock_quantity": stock, "categories": categories,
        }));
    }
    shop.add_product(
        json!({"name": "Winter blend", "sku": "COF-W", "status": "draft", "regular_price": "15.00"}),
    );
    let shirt = shop.add_product(json!({
        "name": "Staff T-shirt", "sku": "SHIRT", "type": "variable",
        "attributes": [{"name": "Size", "variation": true, "options": SIZES},
                       {"name": "Color", "variation": true, "options": COLORS}],
    }));
    for size in SIZES {
        for color in COLORS {
            shop.add_variation(
                shirt,
                json!({
                    "sku": format!("SHIRT-{size}-{color}").to_uppercase(), "regular_price": "19.90",
                    "manage_stock": true, "stock_quantity": 25,
                    "attributes": [{"name": "Size", "option": size}, {"name": "Color", "option": color}],
                }),
            );
        }
    }
    crm.add_record(
        "Products",
        json!({
            "productname": "Hand grinder", "productcode": "GRI-1", "unit_price": "89", "discontinued": "1",
        }),
    );
    for (name, sku, price) in [
        ("Machine service", "SRV-1", "140"),
        ("Milk jug, 0.3 l", "JUG-3", "22.5"),
    ] {
        crm.add_record(
            "Products",
            json!({
                "productname": name, "productcode": sku, "unit_price": price, "discontinued": "1",
                "description": "Sold by phone.\nAsk for a date.",
            }),
        );
    }
}

/// The products and variations that can be bought.
pub(super) fn on_sale(shop: &WooCommerceSimulator) -> Vec<Json> {
    let is_on_sale = |product: &Json| {
        product["status"] == "publish" && product["type"] != "variable" && product["purchasable"] == true
    };
    shop.products().into_iter().filter(is_on_sale).collect()
}

/// Somebody in the shop edits a product or variation.
pub(super) fn edit_product(random: &mut SmallRng, shop: &WooCommerceSimulator) {
    let products = shop.products();
    let Some((id, product)) = products
        .choose(random)
        .and_then(|product| Some((product["id"].as_u64()?, product)))
    else {
        return;
    };
    let edit = match random.random_range(0..4) {
        0 if product["type"] != "variable" => json!({ "regular_price": price(random) }),
        1 if product["manage_stock"] == true => json!({ "stock_quantity": random.random_range(1..200) }),
        2 => {
            json!({ "description": format!("<p>Batch <b>{}</b> is <i>here</i>.</p>", random.random_range(1..99)) })
        }
        _ => {
            let status = if random.random_bool(0.3) {
                "draft"
            } else {
                "publish"
            };
            json!({ "status": status })
        }
    };
    shop.edit_product(id, edit);
}

/// Somebody in sales edits a product.
pub(super) fn edit_crm_product(random: &mut SmallRng, shop: &WooCommerceSimulator, crm: &VtigerSimulator) {
    let is_simple = |sku: &Json| {
        let products = shop.products();
        products
            .iter()
            .any(|product| product["sku"] == *sku && product["type"] == "simple")
    };
    let mut products = crm.records("Products");
    products.retain(|product| is_simple(&product["productcode"]));
    let Some(product) = products.choose(random) else {
        return;
    };
    let [id, name] = ["id", "productname"].map(|name| product[name].as_str().unwrap_or_default());
    let edit = match random.random_range(0..3) {
        0 => json!({ "unit_price": price(random) }),
        1 => json!({ "description": format!("Ask us about batch {}.", random.random_range(1..99)) }),
        _ => json!({ "productname": format!("{} (new)", name.trim_end_matches(" (new)")) }),
    };
    crm.edit_record(id, edit);
}

fn price(random: &mut SmallRng) -> String {
    format!(
        "{}.{:02}",
        random.random_range(3..120),
        random.random_range(0..100)
    )
}
