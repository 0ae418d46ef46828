//! What was ordered, in a form that both systems' orders can be read into and written from. Pure.
//!
//! A side's basket is what *it* shows, so each has some of the fields only: WooCommerce rounds taxes to amounts by
//! line, Vtiger reckons with percentages, has a discount on the whole order and an adjustment, and rounds nothing.
//! How one becomes the other is told in [`super::translate`].

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::{RecordId, Sides, Value};

/// Digits by which two amounts may differ and still be the same: Vtiger keeps eight.
const COMPARED: u32 = 6;

/// What was ordered, and what it costs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basket {
    /// The currency's code, such as `EUR`; not compared, as it is a field of its own.
    #[serde(default)]
    pub currency: String,
    /// The lines, in the order's order.
    pub lines: Vec<Line>,
    /// What shipping costs, its taxes included.
    pub shipping: Decimal,
    /// What is taken off the whole order; Vtiger's only.
    pub discount: Decimal,
    /// What is added to (or taken off) the total in the end: Vtiger's adjustment, WooCommerce's fee of that name.
    pub adjustment: Decimal,
    /// How the lines' taxes count.
    pub taxation: Taxation,
    /// The grand total: WooCommerce's `total`, Vtiger's `hdnGrandTotal`.
    pub total: Decimal,
    /// Lines of WooCommerce's order that are to be taken away; of a basket that is to be written only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<Line>,
}

/// How the taxes of an order's lines count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taxation {
    /// Each line has its amount of tax: WooCommerce.
    #[default]
    Amounts,
    /// The first line's percentages are the whole order's: Vtiger's `group`.
    Group,
    /// Each line has its percentages: Vtiger's `individual`.
    Individual,
}

/// One line of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// WooCommerce's id of the line; not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is sold.
    pub item: Item,
    /// Its name. Compared only where no product stands for it.
    pub name: String,
    /// How many; whole in WooCommerce, three decimals in Vtiger.
    pub quantity: Decimal,
    /// The price of one, before discount, without tax.
    pub price: Decimal,
    /// What is taken off the line's price (of all pieces), without tax.
    pub discount: Decimal,
    /// The taxes' ids on this side, with their percentages.
    #[serde(default)]
    pub taxes: BTreeMap<String, Decimal>,
    /// The amount of tax, where the side has one; not compared, as it follows from the rest.
    #[serde(default)]
    pub tax: Decimal,
    /// Whether a line that is to be written is in WooCommerce as it should be; not compared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kept: bool,
}

/// What a line is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// A product (in WooCommerce perhaps a variation), by its id on this side.
    Product(RecordId),
    /// Something that is no product (any more): told by the line's name.
    #[default]
    Other,
    /// A fee, or with a negative price a reduction, told by the line's name.
    Fee,
    /// A note that money was given back; its price is 0, as the order's total stays.
    Refund,
}

impl Line {
    /// What the line costs without tax.
    pub fn net(&self) -> Decimal {
        self.quantity * self.price - self.discount
    }

    /// The sum of its percentages.
    pub fn percentage(&self) -> Decimal {
        self.taxes.values().sum()
    }
}

impl Basket {
    /// Reads the basket that a record's field holds; `None` where there is none.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Text(json) => serde_json::from_str(json).ok(),
            _ => None,
        }
    }

    /// Whether Vtiger has more or fewer notes of money given back than the shop gave back.
    pub(super) fn refunds_differ(now: &Sides<Value>) -> bool {
        let refunds = |value| {
            let lines = Self::of(value).unwrap_or_default().lines;
            lines.iter().filter(|line| line.item == Item::Refund).count()
        };
        refunds(&now.woocommerce) != refunds(&now.vtiger)
    }

    /// As a field's value.
    pub fn to_value(&self) -> Value {
        // A struct of texts and numbers always has a JSON form.
        serde_json::to_string(self).map_or(Value::Null, Value::Text)
    }

    /// As a record's field.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// What the whole costs, as Vtiger reckons it (measured on 8.3.0): exact, nothing rounded on the way.
    ///
    /// `group`: (Σ net − discount) × (1 + the first line's taxes) + shipping + adjustment. `individual`:
    /// Σ net × (1 + the line's taxes) − discount + shipping + adjustment.
    pub fn reckoned(&self) -> Decimal {
        let hundredth = Decimal::new(1, 2);
        let goods = match self.taxation {
            Taxation::Group => {
                let net: Decimal = self.lines.iter().map(Line::net).sum();
                let percentage = self.lines.first().map(Line::percentage).unwrap_or_default();
                let discounted = net - self.discount;
                discounted + discounted * percentage * hundredth
            }
            Taxation::Individual => {
                let taxed = |line: &Line| line.net() + line.net() * line.percentage() * hundredth;
                self.lines.iter().map(taxed).sum::<Decimal>() - self.discount
            }
            Taxation::Amounts => {
                self.lines
                    .iter()
                    .map(|line| line.net() + line.tax)
                    .sum::<Decimal>()
                    - self.discount
            }
        };
        goods + self.shipping + self.adjustment
    }

    /// What counts when two baskets of one side are compared.
    #[must_use]
    pub fn normal(&self) -> Self {
        let lines = self.lines.iter().map(|line| Line {
            id: None,
            item: line.item.clone(),
            name: match line.item {
                Item::Product(_) => String::new(),
                _ => line.name.trim().to_owned(),
            },
            quantity: even(line.quantity),
            price: even(line.price),
            discount: even(line.discount),
            taxes: line
                .taxes
                .iter()
                .filter(|(_, percentage)| !percentage.is_zero())
                .map(|(tax, percentage)| (tax.clone(), even(*percentage)))
                .collect(),
            tax: Decimal::ZERO,
            kept: false,
        });
        Self {
            currency: String::new(),
            lines: lines.collect(),
            shipping: even(self.shipping),
            discount: even(self.discount),
            adjustment: even(self.adjustment),
            taxation: self.taxation,
            total: even(self.total),
            removed: Vec::new(),
        }
    }
}

/// In one line, for people.
impl fmt::Display for Basket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}:", self.total.normalize(), self.currency)?;
        for (nth, line) in self.lines.iter().enumerate() {
            let name = if line.name.is_empty() {
                "item"
            } else {
                line.name.as_str()
            };
            let comma = if nth > 0 { "," } else { "" };
            match line.item {
                Item::Refund => write!(f, "{comma} {name}")?,
                _ => write!(f, "{comma} {} × {name}", line.quantity.normalize())?,
            }
        }
        Ok(())
    }
}

fn even(amount: Decimal) -> Decimal {
    rounded(amount, COMPARED).normalize()
}

/// Rounds half away from zero, as both systems do.
pub fn rounded(amount: Decimal, decimals: u32) -> Decimal {
    amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

/// How many decimals a currency's amounts have (ISO 4217).
pub fn currency_decimals(code: &str) -> u32 {
    match code {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn line(quantity: &str, price: &str, taxes: &[(&str, &str)]) -> Line {
        Line {
            quantity: number(quantity),
            price: number(price),
            taxes: taxes
                .iter()
                .map(|(tax, percentage)| ((*tax).to_owned(), number(percentage)))
                .collect(),
            ..Line::default()
        }
    }

    /// The orders of which it was measured what Vtiger 8.3.0 makes.
    #[test]
    fn an_order_costs_what_was_measured() {
        let order = |taxation, lines: Vec<Line>, [discount, shipping, adjustment]: [&str; 3]| Basket {
            taxation,
            lines,
            discount: number(discount),
            shipping: number(shipping),
            adjustment: number(adjustment),
            ..Basket::default()
        };
        let (group, individual) = (Taxation::Group, Taxation::Individual);
        let both = [("1", "8.875"), ("2", "4.5")];
        for (order, total) in [
            (
                order(
                    group,
                    vec![line("3", "3.333333", &both[..1])],
                    ["0", "0", "-0.0075"],
                ),
                "10.87999891",
            ),
            (
                order(group, vec![line("1", "10", &[("1", "5")])], ["1.5", "4", "0"]),
                "12.925",
            ),
            (
                order(
                    individual,
                    vec![line("1", "10", &both[..1]), line("2", "7.77", &both)],
                    ["0", "0", "0"],
                ),
                "28.505975",
            ),
            (
                order(
                    individual,
                    vec![line("1", "10", &[("1", "5")]), line("2", "7.77", &both[1..])],
                    ["0", "0", "0"],
                ),
                "26.7393",
            ),
            (
                order(
                    individual,
                    vec![line("1", "10", &[("1", "5")])],
                    ["1.5", "4", "-0.333"],
                ),
                "12.667",
            ),
        ] {
            assert_eq!(rounded(order.reckoned(), 8).normalize(), number(total));
        }
    }

    #[test]
    fn what_follows_from_the_rest_is_not_compared() {
        let one = Basket {
            currency: "EUR".to_owned(),
            lines: vec![Line {
                id: Some("1".to_owned()),
                item: Item::Product(RecordId::new("7")),
                name: "Desk".to_owned(),
                tax: number("1.9"),
                ..line("1.0", "3.33333333333", &[("1", "0"), ("2", "19.000")])
            }],
            ..Basket::default()
        };
        let mut other = one.clone();
        other.currency = String::new();
        other.lines = vec![Line {
            item: Item::Product(RecordId::new("7")),
            ..line("1", "3.3333333", &[("2", "19")])
        }];

        assert_eq!(one.normal(), other.normal());
        for change in [
            |line: &mut Line| line.quantity = Decimal::TWO,
            |line: &mut Line| line.price = Decimal::TWO,
            |line: &mut Line| line.discount = Decimal::ONE,
            |line: &mut Line| line.item = Item::Other,
            |line: &mut Line| line.taxes.clear(),
        ] {
            let mut changed = other.clone();
            change(&mut changed.lines[0]);
            assert_ne!(one.normal(), changed.normal());
        }
    }

    #[test]
    fn a_basket_reads_as_it_was_written() {
        let basket = Basket {
            lines: vec![line("1", "10.50", &[("1", "5")])],
            total: number("11.03"),
            ..Basket::default()
        };

        assert_eq!(Basket::of(&basket.to_value()), Some(basket.clone()));
        assert_eq!(Basket::of(&Value::from_json(&basket.to_json())), Some(basket));
        assert_eq!(Basket::of(&Value::text("[]")), None);
    }
}
