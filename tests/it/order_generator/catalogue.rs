//! What a shop has: products, customers, tax rates. Generated orders are made of these.

use rand::RngExt;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use woo_vtiger_sync::simulator::woocommerce::WooCommerceSimulator;

/// A shop's products, customers and tax rates, by the ids that they have in the shop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalogue {
    pub(crate) products: Vec<Product>,
    pub(crate) customers: Vec<u64>,
    pub(crate) rates: Vec<Rate>,
}

/// A product or a variation.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(crate) id: u64,
    /// The variable product that it is a variation of.
    pub(crate) parent: Option<u64>,
    pub(crate) name: String,
    pub(crate) sku: String,
    pub(crate) price: Decimal,
}

/// A tax rate.
#[derive(Clone, Debug)]
pub(crate) struct Rate {
    pub(crate) id: u64,
    pub(crate) label: String,
    pub(crate) percent: Decimal,
    /// Whether it is reckoned on top of the other taxes.
    pub(crate) compound: bool,
}

const THINGS: [&str; 10] = [
    "Desk",
    "Chair “Åse”",
    "Lamp 60 W",
    "Kaffeetasse",
    "Fish & chips",
    "茶碗",
    "T-shirt <XL>",
    "Café crème",
    "Shelf 1/2\"",
    "Ложка",
];

/// Label, percent in WooCommerce's four decimals, compound.
const RATES: [(&str, i64, bool); 10] = [
    ("MwSt", 190_000, false),
    ("MwSt ermäßigt", 70_000, false),
    ("CA Sales Tax", 85_000, false),
    ("NY Sales Tax", 88_750, false),
    ("GST", 50_000, false),
    ("QST", 99_750, false),
    ("Environment", 12_500, false),
    ("City & county", 6_250, false),
    ("PST", 70_000, true),
    ("Luxury", 31_255, true),
];

impl Catalogue {
    /// Makes up a catalogue, with ids from 1 on.
    pub(crate) fn made_up(random: &mut SmallRng) -> Self {
        let count = random.random_range(5..40_u64);
        let products = (1..=count).map(|nth| {
            let thing = THINGS.choose(random).unwrap();
            let is_variation = random.random_bool(0.3);
            Product {
                id: 100 + nth,
                parent: is_variation.then_some(90),
                name: if is_variation {
                    format!("{thing} No. {nth} - S, Red")
                } else {
                    format!("{thing} No. {nth}")
                },
                sku: format!("SKU-{nth:03}"),
                price: price(random),
            }
        });
        Self {
            products: products.collect(),
            customers: (1..=random.random_range(1..9)).collect(),
            rates: RATES
                .iter()
                .zip(1..)
                .map(|((label, percent, compound), id)| Rate {
                    id,
                    label: (*label).to_owned(),
                    percent: Decimal::new(*percent, 4),
                    compound: *compound,
                })
                .collect(),
        }
    }
}

impl Catalogue {
    /// Puts all of it into a shop, and gives it back with the shop's ids.
    pub(crate) fn put_into(&self, shop: &WooCommerceSimulator) -> Self {
        let product = |product: &Product| {
            let mut fields = product.to_json();
            // WooCommerce makes a variation's name out of its product's and its attributes.
            let parent = product
                .parent
                .and(product.name.split_once(" - "))
                .map(|(name, _)| {
                    let attributes = json!([
                        { "name": "Size", "variation": true, "options": ["S"] },
                        { "name": "Color", "variation": true, "options": ["Red"] },
                    ]);
                    shop.add_product(json!({ "name": name, "type": "variable", "attributes": attributes }))
                });
            if let Some(parent) = parent {
                fields["type"] = json!("variation");
                fields["parent_id"] = json!(parent);
                fields["attributes"] =
                    json!([{ "name": "Size", "option": "S" }, { "name": "Color", "option": "Red" }]);
            }
            Product {
                id: shop.add_product(fields),
                parent,
                ..product.clone()
            }
        };
        let customer = |id: &u64| {
            shop.register_customer(
                json!({ "email": format!("customer{id:02}@shop.example"), "last_name": "Lovelace" }),
            )
        };
        Self {
            products: self.products.iter().map(product).collect(),
            customers: self.customers.iter().map(customer).collect(),
            rates: self
                .rates
                .iter()
                .map(|rate| Rate {
                    id: shop.add_tax(rate.to_json()),
                    ..rate.clone()
                })
                .collect(),
        }
    }
}

impl Product {
    /// As the shop's API takes it when it is created.
    fn to_json(&self) -> Json {
        json!({ "name": self.name, "sku": self.sku, "regular_price": self.price.to_string() })
    }
}

impl Rate {
    /// As the shop's API takes it when it is created.
    fn to_json(&self) -> Json {
        json!({ "name": self.label, "rate": format!("{:.4}", self.percent), "compound": self.compound })
    }
}

/// A price as shops have them: mostly two decimals, now and then more, dear things and such that cost nothing.
fn price(random: &mut SmallRng) -> Decimal {
    match random.random_range(0..20) {
        0 => Decimal::ZERO,
        1 => Decimal::new(random.random_range(1..99_999), 3),
        2 => Decimal::new(random.random_range(1..999_999), 4),
        3 => Decimal::new(random.random_range(100_000..9_999_999), 2),
        4 | 5 => Decimal::new(random.random_range(1..500), 0),
        _ => Decimal::new(random.random_range(1..30_000), 2),
    }
}
