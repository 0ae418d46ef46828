//! A line as an order shows it: rounded amounts, and what the catalogue has of its product now.

use serde_json::{Value, json};

use crate::simulator::woocommerce::answer::Fields;
use crate::simulator::woocommerce::fields::{as_integer, id_of, text_of};
use crate::simulator::woocommerce::money::{amount, shown};
use crate::simulator::woocommerce::shop::Shop;

const AMOUNTS: [&str; 4] = ["subtotal", "subtotal_tax", "total", "total_tax"];

/// The line with amounts of this many decimals.
pub(in crate::simulator::woocommerce) fn view(
    shop: &Shop,
    kind: &str,
    line: &Fields,
    decimals: u32,
) -> Value {
    let mut view = line.clone();
    if ["line_items", "fee_lines", "shipping_lines"].contains(&kind) {
        for name in AMOUNTS {
            if line.contains_key(name) {
                view.insert(name.into(), json!(shown(amount(line, name), decimals)));
            }
        }
    }
    if let Some(Value::Array(meta)) = view.get_mut("meta_data") {
        for entry in meta {
            let (key, value) = (entry["key"].clone(), entry["value"].clone());
            entry["display_key"] = key;
            entry["display_value"] = value;
        }
    }
    if kind == "line_items" {
        show_product(shop, line, &mut view);
    }
    view.into()
}

fn show_product(shop: &Shop, line: &Fields, view: &mut Fields) {
    let variation = id_of(line, "variation_id");
    let product = shop.products.get(&id_of(line, "product_id"));
    let sold = if variation == 0 {
        product
    } else {
        shop.products.get(&variation)
    };
    if sold.is_none() {
        // Nothing but the name is left of what was deleted for good.
        view.insert("product_id".into(), json!(0));
        view.insert("variation_id".into(), json!(0));
    }
    let sku = sold.map(|sold| text_of(sold, "sku"));
    view.insert("sku".into(), json!(sku));
    view.insert("price".into(), each(line));
    let image = if sold.is_some() && variation == 0 {
        json!("")
    } else {
        json!(0)
    };
    view.insert("image".into(), json!({"id": image, "src": ""}));
    let parent = product.filter(|_| sold.is_some() && variation != 0);
    let parent = parent.map(|parent| text_of(parent, "name"));
    view.insert("parent_name".into(), json!(parent));
}

/// What each of a line's goods costs after discounts: divided as PHP does it, and a whole number written as one.
fn each(line: &Fields) -> Value {
    let quantity = line.get("quantity").and_then(as_integer).unwrap_or(1).max(1);
    let float = |number: String| number.parse::<f64>().unwrap_or_default();
    let each = float(amount(line, "total").to_string()) / float(quantity.to_string());
    each.to_string().parse().unwrap_or_default()
}
