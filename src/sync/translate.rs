//! How one side's basket becomes the other's. Pure.
//!
//! Towards Vtiger, lines, fees and refunds become lines, and what Vtiger's arithmetic can't reproduce goes to the
//! adjustment, so that the grand totals are equal to the last decimal. Towards WooCommerce, lines are matched with
//! those that the order has, so that what did not change is not touched.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::basket::{currency_decimals, rounded};
use super::{Basket, Item, Line, Module, RecordId, Taxation};

/// The most decimals that Vtiger keeps of an amount.
const VTIGER_DECIMALS: u32 = 8;

/// What the fee is called that a discount on a whole order becomes in WooCommerce.
const DISCOUNT: &str = "Discount";

/// How taxes are written to Vtiger's orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taxing {
    /// On the whole order where all its lines bear the same taxes, else by line.
    #[default]
    Auto,
    /// On the whole order, with the first line's taxes; the difference goes to the adjustment.
    Group,
    /// By line.
    Individual,
}

/// Finds what another module's record of the one side is on the other.
pub type Counterpart<'a> = &'a dyn Fn(Module, &str) -> Option<String>;

/// WooCommerce's basket as Vtiger should show it.
#[must_use]
pub fn towards_vtiger(basket: &Basket, counterpart: Counterpart<'_>, taxing: Taxing) -> Basket {
    let mut lines: Vec<Line> = basket
        .lines
        .iter()
        .map(|line| line_towards_vtiger(line, counterpart))
        .collect();
    let taxation = match taxing {
        Taxing::Group => Taxation::Group,
        Taxing::Individual => Taxation::Individual,
        Taxing::Auto if are_taxed_alike(&lines) => Taxation::Group,
        Taxing::Auto => Taxation::Individual,
    };
    if taxation == Taxation::Group
        && let Some(first) = lines
            .iter()
            .find(|line| counts(line))
            .map(|line| line.taxes.clone())
    {
        for line in &mut lines {
            line.taxes.clone_from(&first);
        }
    }
    let mut translated = Basket {
        currency: basket.currency.clone(),
        lines,
        shipping: rounded(basket.shipping, VTIGER_DECIMALS),
        discount: Decimal::ZERO,
        adjustment: Decimal::ZERO,
        taxation,
        total: basket.total,
        removed: Vec::new(),
    };
    translated.adjustment = rounded(basket.total - translated.reckoned(), VTIGER_DECIMALS);
    translated
}

fn line_towards_vtiger(line: &Line, counterpart: Counterpart<'_>) -> Line {
    let item = match &line.item {
        Item::Product(id) => match counterpart(Module::Products, id.as_str()) {
            Some(id) => Item::Product(RecordId::new(id)),
            None => Item::Other,
        },
        other => other.clone(),
    };
    let taxes: BTreeMap<String, Decimal> = line
        .taxes
        .iter()
        .filter_map(|(tax, percentage)| {
            // Vtiger cuts percentages to three decimals.
            Some((counterpart(Module::Taxes, tax)?, percentage.trunc_with_scale(3)))
        })
        .collect();
    Line {
        id: None,
        item,
        name: line.name.clone(),
        quantity: line.quantity,
        price: rounded(line.price, VTIGER_DECIMALS),
        discount: rounded(line.discount, VTIGER_DECIMALS),
        taxes,
        tax: Decimal::ZERO,
        kept: false,
    }
}

/// Whether a line's taxes matter: a note of a refund costs nothing.
fn counts(line: &Line) -> bool {
    line.item != Item::Refund
}

fn are_taxed_alike(lines: &[Line]) -> bool {
    let mut taxed = lines.iter().filter(|line| counts(line)).map(|line| &line.taxes);
    let first = taxed.next();
    taxed.all(|taxes| Some(taxes) == first)
}

/// Vtiger's basket as WooCommerce should show it; `now` is what WooCommerce shows at present.
#[must_use]
pub fn towards_woocommerce(basket: &Basket, now: Option<&Basket>, counterpart: Counterpart<'_>) -> Basket {
    let decimals = currency_decimals(&basket.currency);
    let nothing = Basket::default();
    let mut matching = Matching {
        there: &now.unwrap_or(&nothing).lines,
        used: vec![false; now.map_or(0, |now| now.lines.len())],
        decimals,
    };
    let mut lines: Vec<Line> = basket
        .lines
        .iter()
        .filter(|line| line.item != Item::Refund)
        .enumerate()
        .map(|(at, line)| matching.find(at, &line_towards_woocommerce(line, counterpart, decimals)))
        .collect();
    if !basket.discount.is_zero() {
        let reduction = Line {
            item: Item::Fee,
            name: DISCOUNT.to_owned(),
            quantity: Decimal::ONE,
            price: -rounded(basket.discount, decimals),
            ..Line::default()
        };
        lines.push(matching.find(usize::MAX, &reduction));
    }
    let removed = matching.unused();
    // What was given back stays noted in the shop, whatever becomes of the note in Vtiger.
    let refunds = now.into_iter().flat_map(|now| &now.lines);
    lines.extend(refunds.filter(|line| line.item == Item::Refund).cloned());
    Basket {
        currency: basket.currency.clone(),
        lines,
        shipping: rounded(basket.shipping, decimals),
        discount: Decimal::ZERO,
        adjustment: now.map(|now| now.adjustment).unwrap_or_default(),
        taxation: Taxation::Amounts,
        total: rounded(basket.total, decimals),
        removed,
    }
}

fn line_towards_woocommerce(line: &Line, counterpart: Counterpart<'_>, decimals: u32) -> Line {
    let item = match &line.item {
        Item::Product(id) => match counterpart(Module::Products, id.as_str()) {
            Some(id) => Item::Product(RecordId::new(id)),
            None => Item::Other,
        },
        other => other.clone(),
    };
    // WooCommerce sells whole pieces.
    let is_whole = line.quantity.fract().is_zero() && !line.quantity.is_zero();
    let quantity = if is_whole { line.quantity } else { Decimal::ONE };
    let gross = rounded(line.quantity * line.price, decimals);
    let net = rounded(line.net(), decimals);
    Line {
        id: None,
        item,
        name: line.name.clone(),
        quantity,
        price: gross / quantity,
        discount: gross - net,
        ..Line::default()
    }
}

/// Which lines WooCommerce's order has already.
struct Matching<'a> {
    there: &'a [Line],
    used: Vec<bool>,
    decimals: u32,
}

impl Matching<'_> {
    /// The line as it should be written: that of the order where it costs the same, else with its id.
    fn find(&mut self, at: usize, wanted: &Line) -> Line {
        let is_alike = |line: &Line| line.item == wanted.item && self.costs_the_same(line, wanted);
        let found = self
            .unused_where(|line| is_alike(line) && is_named_alike(line, wanted))
            .or_else(|| self.unused_where(|line| line.item == wanted.item && is_named_alike(line, wanted)))
            // A product that is gone is known on one side only.
            .or_else(|| {
                let there = self.there.get(at)?;
                let is_it = !self.used[at]
                    && there.item != Item::Refund
                    && (wanted.item == Item::Other || there.item == Item::Other)
                    && self.costs_the_same(there, wanted);
                is_it.then_some(at)
            });
        let Some(found) = found else {
            // WooCommerce adds no line without a product.
            let item = match &wanted.item {
                Item::Other => Item::Fee,
                item => item.clone(),
            };
            return Line {
                item,
                ..wanted.clone()
            };
        };
        self.used[found] = true;
        let there = &self.there[found];
        if self.costs_the_same(there, wanted) {
            return Line {
                kept: true,
                ..there.clone()
            };
        }
        Line {
            id: there.id.clone(),
            item: there.item.clone(),
            taxes: there.taxes.clone(),
            ..wanted.clone()
        }
    }

    fn unused_where(&self, is_it: impl Fn(&Line) -> bool) -> Option<usize> {
        self.there
            .iter()
            .zip(&self.used)
            .position(|(line, used)| !used && line.item != Item::Refund && is_it(line))
    }

    fn costs_the_same(&self, there: &Line, wanted: &Line) -> bool {
        let amount = |amount| rounded(amount, self.decimals);
        there.quantity == wanted.quantity
            && amount(there.net()) == amount(wanted.net())
            && amount(there.discount) == amount(wanted.discount)
    }

    fn unused(&self) -> Vec<Line> {
        let lines = self.there.iter().zip(&self.used);
        lines
            .filter(|(line, used)| !**used && line.item != Item::Refund)
            .map(|(line, _)| line.clone())
            .collect()
    }
}

fn is_named_alike(there: &Line, wanted: &Line) -> bool {
    matches!(there.item, Item::Product(_)) || there.name.trim() == wanted.name.trim()
}
