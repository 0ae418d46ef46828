//! What an order is made of: lines, fees, shipping and coupons, with their taxes.

use rand::RngExt;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::arithmetic::{Shop, amount_off, included, on_top, percent_off, share};
use super::catalogue::{Catalogue, Product, Rate};

/// Something with a price and taxes: a line, a fee, a way of shipping.
pub(super) struct Item<'a> {
    pub(super) what: What<'a>,
    pub(super) name: String,
    pub(super) quantity: Decimal,
    /// Without tax, before coupons; not rounded, as WooCommerce keeps it.
    pub(super) subtotal: Decimal,
    /// Without tax, after coupons; not rounded.
    pub(super) total: Decimal,
    pub(super) rates: &'a [&'a Rate],
    /// The tax of each rate, after coupons.
    pub(super) taxes: Vec<Decimal>,
    /// The tax of each rate before coupons.
    subtotal_taxes: Vec<Decimal>,
}

#[derive(Clone, Copy)]
pub(super) enum What<'a> {
    Product(&'a Product),
    /// A line without a product, or one whose product is gone.
    Nothing,
    Fee,
    Shipping,
}

/// A coupon, and what it takes off each line, as prices are entered.
pub(super) struct Coupon {
    kind: &'static str,
    amount: Decimal,
    off: Vec<Decimal>,
}

impl<'a> Item<'a> {
    /// A line of the order at a price as it is entered.
    pub(super) fn line(
        shop: Shop,
        random: &mut SmallRng,
        products: &'a [Product],
        rates: &'a [&'a Rate],
    ) -> (Self, Decimal) {
        let product = products.choose(random).filter(|_| random.random_bool(0.9));
        let quantity = Decimal::from(match random.random_range(0..20) {
            0 => random.random_range(10..300),
            nth if nth < 10 => 1,
            _ => random.random_range(2..9),
        });
        let price = product.map_or_else(
            || Decimal::new(random.random_range(0..20_000), 2),
            |product| product.price,
        );
        // A shop without decimals has prices to match, but need not round those that were entered before.
        let entered = if random.random_bool(0.9) {
            shop.rounded(price)
        } else {
            price
        } * quantity;
        let mut subtotal = entered;
        if shop.prices_include_tax {
            subtotal -= included(entered, rates).iter().sum::<Decimal>();
        }
        let line = Self {
            what: product.map_or(What::Nothing, What::Product),
            name: product.map_or_else(
                || "Repair, as agreed 🛠".to_owned(),
                |product| product.name.clone(),
            ),
            quantity,
            subtotal,
            total: subtotal,
            rates,
            taxes: on_top(subtotal, rates),
            subtotal_taxes: on_top(subtotal, rates),
        };
        (line, entered)
    }

    /// A fee or a way of shipping.
    pub(super) fn charge(what: What<'a>, name: &str, total: Decimal, rates: &'a [&'a Rate]) -> Self {
        Self {
            what,
            name: name.to_owned(),
            quantity: Decimal::ONE,
            subtotal: total,
            total,
            rates,
            taxes: on_top(total, rates),
            subtotal_taxes: Vec::new(),
        }
    }

    /// A fee that takes something off: its tax is spread over the taxes of what is in the order, by what that costs.
    pub(super) fn reduction(total: Decimal, rates: &'a [&'a Rate], costs: &[(Decimal, &[&'a Rate])]) -> Self {
        let mut fee = Self::charge(What::Fee, "Loyalty reduction", total, rates);
        fee.taxes = vec![Decimal::ZERO; rates.len()];
        let whole: Decimal = costs.iter().map(|(cost, _)| *cost).sum();
        for (cost, taxed) in costs.iter().filter(|_| !whole.is_zero()) {
            for (tax, rate) in on_top(total * *cost / whole, taxed).into_iter().zip(*taxed) {
                if let Some(nth) = rates.iter().position(|other| other.id == rate.id) {
                    fee.taxes[nth] += tax;
                }
            }
        }
        fee
    }

    /// Takes an amount off, as prices are entered.
    pub(super) fn take_off(&mut self, shop: Shop, amount: Decimal) {
        let mut net = amount;
        if shop.prices_include_tax {
            net -= included(amount, self.rates).iter().sum::<Decimal>();
        }
        self.total = (self.total - net).max(Decimal::ZERO);
        self.taxes = on_top(self.total, self.rates);
    }

    /// The sum of its taxes, as the shop keeps it.
    pub(super) fn tax(&self, shop: Shop) -> Decimal {
        self.taxes.iter().map(|tax| shop.rounded_line_tax(*tax)).sum()
    }

    /// As the API shows it; `other` is a rate of the order that it does not bear, which some plugins list all the
    /// same, without an amount.
    pub(super) fn to_json(&self, shop: Shop, id: u64, other: Option<&Rate>) -> Json {
        let mut taxes: Vec<Json> = (0..self.rates.len())
            .map(|nth| {
                let subtotal = self
                    .subtotal_taxes
                    .get(nth)
                    .map(|tax| tax.normalize().to_string());
                json!({
                    "id": self.rates[nth].id,
                    "total": self.taxes[nth].normalize().to_string(),
                    "subtotal": subtotal.unwrap_or_default(),
                })
            })
            .collect();
        taxes.extend(other.map(|rate| json!({ "id": rate.id, "total": "", "subtotal": "" })));
        let mut json = json!({
            "id": id,
            "total": shop.shown(self.total),
            "total_tax": shop.shown(self.tax(shop)),
            "taxes": taxes,
            "meta_data": [],
        });
        let own = match self.what {
            What::Shipping => json!({
                "method_title": self.name, "method_id": "flat_rate", "instance_id": "1", "tax_status": "taxable",
            }),
            What::Fee => json!({ "name": self.name, "tax_class": "", "tax_status": "taxable", "amount": "" }),
            What::Product(_) | What::Nothing => {
                let product = match self.what {
                    What::Product(product) => Some(product),
                    _ => None,
                };
                let (id, variation) = match product.map(|product| (product.id, product.parent)) {
                    Some((id, Some(parent))) => (parent, id),
                    Some((id, None)) => (id, 0),
                    None => (0, 0),
                };
                let subtotal_tax: Decimal = self
                    .subtotal_taxes
                    .iter()
                    .map(|tax| shop.rounded_line_tax(*tax))
                    .sum();
                let price = (self.total / self.quantity).round_dp(10).normalize();
                json!({
                    "name": self.name,
                    "product_id": id,
                    "variation_id": variation,
                    "quantity": self.quantity.to_string().parse::<u64>().unwrap(),
                    "tax_class": "",
                    "subtotal": shop.shown(self.subtotal),
                    "subtotal_tax": shop.shown(subtotal_tax),
                    "sku": product.map(|product| &product.sku),
                    "price": price.to_string().parse::<f64>().unwrap(),
                    "image": { "id": "", "src": "" },
                    "parent_name": null,
                })
            }
        };
        json.as_object_mut()
            .unwrap()
            .extend(own.as_object().unwrap().clone());
        json
    }
}

impl Coupon {
    /// Takes a coupon off the lines, each with what is left of its price as it is entered.
    pub(super) fn apply(
        shop: Shop,
        random: &mut SmallRng,
        lines: &mut [Item<'_>],
        entered: &mut [Decimal],
    ) -> Self {
        let (kind, amount, off) = if random.random_bool(0.5) {
            let percent = Decimal::from(*[5, 10, 15, 33, 50, 100].choose(random).unwrap());
            ("percent", percent, percent_off(shop, entered, percent))
        } else {
            let amount = shop
                .rounded(Decimal::new(random.random_range(1..5_000), 2))
                .max(shop.coin());
            let priced: Vec<_> = entered
                .iter()
                .copied()
                .zip(lines.iter().map(|line| line.quantity))
                .collect();
            ("fixed_cart", amount, amount_off(shop, &priced, amount))
        };
        for ((line, entered), off) in lines.iter_mut().zip(entered).zip(&off) {
            line.take_off(shop, *off);
            *entered -= *off;
        }
        Self { kind, amount, off }
    }

    /// As the API shows it.
    pub(super) fn to_json(&self, shop: Shop, id: u64, lines: &[Item<'_>]) -> Json {
        let mut discount: Decimal = self.off.iter().sum();
        let mut tax = Decimal::ZERO;
        for (line, off) in lines.iter().zip(&self.off) {
            let taxes = if shop.prices_include_tax {
                included(*off, line.rates)
            } else {
                on_top(*off, line.rates)
            };
            tax += shop.rounded_line_tax(taxes.iter().sum());
        }
        if shop.prices_include_tax {
            discount -= tax;
        }
        json!({
            "id": id,
            "code": format!("{}{}", if self.kind == "percent" { "OFF" } else { "gutschein-" }, self.amount.normalize()),
            "discount": shop.shown(discount),
            "discount_tax": shop.shown(tax),
            "meta_data": [],
            "discount_type": self.kind,
            "nominal_amount": self.amount.to_string().parse::<f64>().unwrap(),
            "free_shipping": false,
        })
    }
}

/// The sets of taxes that an order's items bear: mostly one, now and then several.
pub(super) fn tax_classes<'a>(random: &mut SmallRng, catalogue: &'a Catalogue) -> Vec<Vec<&'a Rate>> {
    let count = *[1, 1, 1, 2, 3].choose(random).unwrap();
    (0..count)
        .map(|_| {
            let of = random.random_range(0..=3.min(catalogue.rates.len()));
            let mut rates: Vec<&Rate> = catalogue.rates.sample(random, of).collect();
            // WooCommerce takes them by priority and id.
            rates.sort_by_key(|rate| rate.id);
            rates
        })
        .collect()
}

/// The fees and the ways of shipping of an order that has these lines.
pub(super) fn charges<'a>(
    shop: Shop,
    random: &mut SmallRng,
    lines: &[Item<'a>],
    classes: &'a [Vec<&'a Rate>],
    all: &'a [&'a Rate],
) -> (Vec<Item<'a>>, Vec<Item<'a>>) {
    let rates = |random: &mut SmallRng| -> &'a [&'a Rate] {
        if random.random_bool(0.6) {
            classes.choose(random).map_or(&[], Vec::as_slice)
        } else {
            &[]
        }
    };
    let mut shipping = Vec::new();
    for nth in 0..*[0, 1, 1, 1, 2, 3].choose(random).unwrap() {
        let total = shop.rounded(Decimal::new(random.random_range(0..3_000), 2));
        // What a shipping plugin reckons need not be in whole coins.
        let odd = if random.random_bool(0.1) {
            Decimal::new(random.random_range(1..99), shop.decimals + 2)
        } else {
            Decimal::ZERO
        };
        shipping.push(Item::charge(
            What::Shipping,
            ["Flat rate", "DHL – Paket", "Pickup"][nth],
            total + odd,
            rates(random),
        ));
    }
    let mut fees = Vec::new();
    for _ in 0..*[0, 0, 1, 1, 2].choose(random).unwrap() {
        let goods: Decimal = lines.iter().map(|line| shop.rounded(line.total)).sum();
        let most = goods
            + fees
                .iter()
                .chain(&shipping)
                .map(|fee: &Item<'_>| shop.rounded(fee.total))
                .sum::<Decimal>();
        let amount = shop
            .rounded(Decimal::new(random.random_range(1..2_500), 2))
            .max(shop.coin());
        fees.push(match random.random_range(0..6) {
            0 if most > amount => Item::charge(What::Fee, "Reduction", -amount, &[]),
            1 if most > amount => {
                let costs: Vec<_> = lines
                    .iter()
                    .chain(&shipping)
                    .map(|item| (item.total, item.rates))
                    .collect();
                Item::reduction(-share(amount, Decimal::ONE_HUNDRED), all, &costs)
            }
            _ => Item::charge(
                What::Fee,
                ["Gift wrap 🎁", "COD", "Zuschlag"].choose(random).unwrap(),
                amount,
                rates(random),
            ),
        });
    }
    (fees, shipping)
}
