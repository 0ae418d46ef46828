//! Makes up orders as a WooCommerce shop shows them, with totals by its own arithmetic. The same seed makes the same
//! orders.
//!
//! An order's total is not always what a naive sum of its lines gives: the shop rounds taxes line by line and rate by
//! rate, keeps totals of lines finer than it shows them, and rounds halves down where prices include taxes.

mod arithmetic;
mod catalogue;
mod lines;
mod people;
mod placed;
mod reading;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use arithmetic::Shop;
pub(crate) use catalogue::{Catalogue, Product, Rate};
use lines::{Coupon, Item, charges, tax_classes};
pub(crate) use reading::basket;

/// Makes one order after the other.
pub(crate) struct Generator {
    random: SmallRng,
    catalogue: Catalogue,
    last_id: u64,
}

impl Generator {
    /// Makes orders of what is in this catalogue.
    pub(crate) fn new(seed: u64, catalogue: Catalogue) -> Self {
        Self {
            random: SmallRng::seed_from_u64(seed),
            catalogue,
            last_id: 1_000,
        }
    }

    /// Makes orders of what is in a catalogue that it makes up.
    pub(crate) fn with_own_catalogue(seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(!seed);
        Self::new(seed, Catalogue::made_up(&mut random))
    }

    /// What its orders are made of.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The next order, as `GET /orders/ID` shows it.
    #[expect(clippy::too_many_lines, reason = "an order has many fields")]
    pub(crate) fn order(&mut self) -> Json {
        let (currency, decimals) = *[("USD", 2), ("EUR", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3)]
            .choose(&mut self.random)
            .unwrap();
        let shop = Shop {
            decimals,
            prices_include_tax: self.random.random_bool(0.5),
            rounds_at_subtotal: self.random.random_bool(0.15),
        };
        self.last_id += 1;
        let id = self.last_id;
        let mut next = || {
            self.last_id += 1;
            self.last_id
        };
        let random = &mut self.random;

        let classes = tax_classes(random, &self.catalogue);
        let mut all: Vec<&Rate> = classes.iter().flatten().copied().collect();
        all.sort_by_key(|rate| rate.id);
        all.dedup_by_key(|rate| rate.id);
        let mut lines = Vec::new();
        let mut entered = Vec::new();
        let count = if random.random_bool(0.1) {
            20
        } else {
            random.random_range(1..6)
        };
        for _ in 0..count {
            // Mostly the first class, so that many orders are taxed alike throughout.
            let class = if random.random_bool(0.7) {
                &classes[0]
            } else {
                classes.choose(random).unwrap()
            };
            let (line, price) = Item::line(shop, random, &self.catalogue.products, class);
            lines.push(line);
            entered.push(price);
        }
        let mut coupons = Vec::new();
        for _ in 0..*[0, 0, 0, 1, 1, 2].choose(random).unwrap() {
            coupons.push(Coupon::apply(shop, random, &mut lines, &mut entered));
        }
        let (fees, shipping) = charges(shop, random, &lines, &classes, &all);

        let totals = Totals::of(shop, &lines, &fees, &shipping);
        let refunds = refunds(shop, random, totals.total, &mut next);
        let other = all.first().copied().filter(|_| random.random_bool(0.1));
        let mut shown = |items: &[Item<'_>]| -> Vec<Json> {
            items
                .iter()
                .map(|item| {
                    let other = other.filter(|rate| item.rates.iter().all(|own| own.id != rate.id));
                    item.to_json(shop, next(), other)
                })
                .collect()
        };
        let (line_items, shipping_lines, fee_lines) = (shown(&lines), shown(&shipping), shown(&fees));
        let items: Vec<&Item<'_>> = lines.iter().chain(&fees).collect();
        let tax_lines: Vec<Json> = all
            .iter()
            .filter_map(|rate| {
                let tax = |items: &mut dyn Iterator<Item = &Item<'_>>| -> Option<Decimal> {
                    let taxes = items.filter_map(|item| {
                        let nth = item.rates.iter().position(|own| own.id == rate.id)?;
                        Some(shop.rounded_line_tax(item.taxes[nth]))
                    });
                    taxes.reduce(|sum, tax| sum + tax)
                };
                let cart = tax(&mut items.iter().copied());
                let on_shipping = tax(&mut shipping.iter());
                (cart.is_some() || on_shipping.is_some()).then(|| {
                    json!({
                        "id": next(),
                        "rate_code": format!("{}-1", rate.label.to_uppercase()),
                        "rate_id": rate.id,
                        "label": rate.label,
                        "compound": rate.compound,
                        "tax_total": shop.shown(cart.unwrap_or_default()),
                        "shipping_tax_total": shop.shown(on_shipping.unwrap_or_default()),
                        "rate_percent": rate.percent.to_string().parse::<f64>().unwrap(),
                        "meta_data": [],
                    })
                })
            })
            .collect();
        let coupon_lines: Vec<Json> = coupons
            .iter()
            .map(|coupon| coupon.to_json(shop, next(), &lines))
            .collect();
        let discount: Decimal = lines.iter().map(|line| line.subtotal - line.total).sum();
        let discount_tax = coupon_lines
            .iter()
            .map(|line| line["discount_tax"].as_str().unwrap());
        let discount_tax: Decimal = discount_tax.map(|tax| tax.parse::<Decimal>().unwrap()).sum();
        let is_refunded = refunds
            .iter()
            .any(|refund| refund["reason"] == "Order fully refunded");
        let status = if is_refunded {
            "refunded"
        } else {
            [
                "pending",
                "processing",
                "on-hold",
                "completed",
                "cancelled",
                "failed",
            ]
            .choose(random)
            .unwrap()
        };
        let customer = self
            .catalogue
            .customers
            .choose(random)
            .filter(|_| random.random_bool(0.6));
        let (mut billing, shipping_to) = people::addresses(random);
        if let Some(customer) = customer {
            billing["email"] = json!(format!("customer{customer:02}@shop.example"));
        }
        let created = format!(
            "2026-11-{:02}T{:02}:42:58",
            random.random_range(1..24),
            random.random_range(10..24)
        );
        json!({
            "id": id,
            "parent_id": 0,
            "status": status,
            "currency": currency,
            "version": "9.9.5",
            "prices_include_tax": shop.prices_include_tax,
            "date_created": created,
            "date_modified": created,
            "date_created_gmt": created,
            "date_modified_gmt": created,
            "discount_total": shop.shown(discount),
            "discount_tax": shop.shown(discount_tax),
            "shipping_total": shop.shown(totals.shipping),
            "shipping_tax": shop.shown(totals.shipping_tax),
            "cart_tax": shop.shown(totals.cart_tax),
            "total": shop.shown(totals.total),
            "total_tax": shop.shown(totals.cart_tax + totals.shipping_tax),
            "customer_id": customer.copied().unwrap_or_default(),
            "order_key": format!("wc_order_{id}"),
            "billing": billing,
            "shipping": shipping_to,
            "payment_method": "bacs",
            "payment_method_title": "Bank",
            "transaction_id": "",
            "customer_note": people::note(random),
            "date_completed": null,
            "date_paid": null,
            "number": id.to_string(),
            "meta_data": [{ "id": next(), "key": "is_vat_exempt", "value": "no" }],
            "line_items": line_items,
            "tax_lines": tax_lines,
            "shipping_lines": shipping_lines,
            "fee_lines": fee_lines,
            "coupon_lines": coupon_lines,
            "refunds": refunds,
            "currency_symbol": "¤",
        })
    }
}

/// An order's sums (`WC_Order::calculate_totals`).
struct Totals {
    shipping: Decimal,
    cart_tax: Decimal,
    shipping_tax: Decimal,
    total: Decimal,
}

impl Totals {
    fn of(shop: Shop, lines: &[Item<'_>], fees: &[Item<'_>], shipping: &[Item<'_>]) -> Self {
        let goods: Decimal = lines
            .iter()
            .map(|line| {
                if shop.rounds_at_subtotal {
                    line.total
                } else {
                    shop.rounded(line.total)
                }
            })
            .sum();
        let fees_total: Decimal = fees.iter().map(|fee| fee.total).sum();
        let shipped: Decimal = shipping.iter().map(|line| shop.rounded(line.total)).sum();
        let tax = |items: &mut dyn Iterator<Item = &Item<'_>>| {
            shop.rounded_tax(items.map(|item| item.tax(shop)).sum())
        };
        let cart_tax = tax(&mut lines.iter().chain(fees));
        let shipping_tax = tax(&mut shipping.iter());
        Self {
            shipping: shipped,
            cart_tax,
            shipping_tax,
            total: shop.rounded(goods + fees_total + shipped + cart_tax + shipping_tax),
        }
    }
}

/// Nothing given back, a part, several parts, or all of it.
fn refunds(shop: Shop, random: &mut SmallRng, total: Decimal, next: &mut impl FnMut() -> u64) -> Vec<Json> {
    let mut refund = |reason: &str, amount: Decimal| json!({ "id": next(), "reason": reason, "total": shop.shown(-amount) });
    let part = shop.rounded(total / Decimal::from(7));
    match random.random_range(0..10) {
        0 => vec![refund("partly", part)],
        1 => vec![refund("", part), refund("Zerbrochen: 1 Tasse", part)],
        2 => vec![refund("Order fully refunded", total)],
        _ => Vec::new(),
    }
}
