//! How one side's basket becomes the other's. Pure.
//!
//! Towards Vtiger, lines, fees and refunds become lines, and what Vtiger's arithmetic can't reproduce goes to the
//! adjustment, so that the grand totals are equal to the last decimal. Towards WooCommerce, lines are matched with
//! those that the order has, so that what did not change is not touched.

mod lines;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use self::lines::{Wanted, matched};
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
    let is_grouped = match taxing {
        Taxing::Auto => are_taxed_alike(&lines),
        Taxing::Group => true,
        Taxing::Individual => false,
    };
    let taxation = if is_grouped {
        Taxation::Group
    } else {
        Taxation::Individual
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
        item: counterpart_of(&line.item, counterpart),
        name: line.name.clone(),
        quantity: line.quantity,
        price: rounded(line.price, VTIGER_DECIMALS),
        discount: rounded(line.discount, VTIGER_DECIMALS),
        taxes,
        tax: Decimal::ZERO,
        kept: false,
    }
}

/// The other side's item; a product that isn't there is told by the line's name.
fn counterpart_of(item: &Item, counterpart: Counterpart<'_>) -> Item {
    match item {
        Item::Product(id) => match counterpart(Module::Products, id.as_str()) {
            Some(id) => Item::Product(RecordId::new(id)),
            None => Item::Other,
        },
        other => other.clone(),
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
///
/// Lines come in the shop's order, which can't be changed, and new ones after them.
#[must_use]
pub fn towards_woocommerce(basket: &Basket, now: Option<&Basket>, counterpart: Counterpart<'_>) -> Basket {
    let decimals = shop_decimals(basket, now);
    let (refunds, there): (Vec<&Line>, Vec<&Line>) = now
        .into_iter()
        .flat_map(|now| &now.lines)
        .partition(|line| line.item == Item::Refund);
    let lines = basket.lines.iter().filter(|line| line.item != Item::Refund);
    let mut wanted: Vec<Wanted> = lines
        .map(|line| Wanted::new(line, counterpart, decimals))
        .collect();
    if !basket.discount.is_zero() {
        let amount = -rounded(basket.discount, decimals);
        wanted.push(Wanted {
            item: Item::Fee,
            name: DISCOUNT.to_owned(),
            quantity: Decimal::ONE,
            gross: amount,
            net: amount,
        });
    }
    let found = matched(&there, &wanted, decimals);
    let gone = (0..there.len()).filter(|at| !found.contains(&Some(*at)));
    let removed = gone.map(|at| there[at].clone()).collect();
    let lines = wanted.iter().zip(&found).map(|(wanted, at)| match at {
        Some(at) if wanted.costs_as(there[*at], decimals) => Line {
            kept: true,
            ..there[*at].clone()
        },
        Some(at) => wanted.edited(there[*at]),
        None => wanted.added(),
    });
    let mut lines: Vec<(Option<usize>, Line)> = found.iter().copied().zip(lines).collect();
    lines.sort_by_key(|(at, line)| (line.item == Item::Fee, at.is_none(), *at));
    // What was given back stays noted in the shop, whatever becomes of the note in Vtiger.
    let refunds = refunds.into_iter().cloned();
    Basket {
        currency: basket.currency.clone(),
        lines: lines.into_iter().map(|(_, line)| line).chain(refunds).collect(),
        shipping: shipping(basket, now, decimals),
        discount: Decimal::ZERO,
        adjustment: now.map(|now| now.adjustment).unwrap_or_default(),
        taxation: Taxation::Amounts,
        total: rounded(basket.total, decimals),
        removed,
    }
}

/// What shipping costs in the shop. Its taxes are rounded, so that some prices can't be met to the last coin; what such
/// a price lacks is in the shop's adjustment then.
fn shipping(basket: &Basket, now: Option<&Basket>, decimals: u32) -> Decimal {
    let wanted = rounded(basket.shipping, decimals);
    let is_met = |now: &&Basket| {
        now.total == rounded(basket.total, decimals)
            && (now.shipping - wanted).abs() <= Decimal::new(1, decimals)
    };
    now.filter(is_met).map_or(wanted, |now| now.shipping)
}

/// How many decimals the shop's amounts have: as many as the currency's, or more where it is set up so.
fn shop_decimals(basket: &Basket, now: Option<&Basket>) -> u32 {
    let shown = now.map_or(0, |now| now.total.scale()).min(VTIGER_DECIMALS);
    currency_decimals(&basket.currency).max(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn line(item: Item, name: &str, quantity: &str, price: &str) -> Line {
        Line {
            item,
            name: name.to_owned(),
            quantity: number(quantity),
            price: number(price),
            ..Line::default()
        }
    }

    fn product(id: &str, quantity: &str, price: &str) -> Line {
        line(Item::Product(RecordId::new(id)), "Desk", quantity, price)
    }

    fn numbered(lines: Vec<Line>) -> Vec<Line> {
        let ids = (1..).map(|id: u32| Some(id.to_string()));
        lines
            .into_iter()
            .zip(ids)
            .map(|(line, id)| Line { id, ..line })
            .collect()
    }

    fn basket(lines: Vec<Line>) -> Basket {
        Basket {
            currency: "EUR".to_owned(),
            lines,
            ..Basket::default()
        }
    }

    /// The other side has everything under the same id, but product 9.
    fn back(crm: Vec<Line>, shop: Vec<Line>) -> Basket {
        let known = |_: Module, id: &str| (id != "9").then(|| id.to_owned());
        towards_woocommerce(&basket(crm), Some(&basket(numbered(shop))), &known)
    }

    /// The lines' ids, and whether they are left alone.
    fn ids(basket: &Basket) -> Vec<(Option<&str>, bool)> {
        basket
            .lines
            .iter()
            .map(|line| (line.id.as_deref(), line.kept))
            .collect()
    }

    #[test]
    fn of_two_lines_of_one_product_the_changed_one_is_edited() {
        let written = back(
            vec![product("7", "5", "10"), product("7", "1", "10")],
            vec![product("7", "1", "10"), product("7", "2", "10")],
        );

        assert_eq!(ids(&written), [(Some("1"), true), (Some("2"), false)]);
        assert_eq!(written.lines[1].quantity, number("5"));
        assert_eq!(written.removed, []);
    }

    #[test]
    fn a_line_whose_product_is_gone_from_the_shop_is_told_by_its_price() {
        let written = back(
            vec![
                product("7", "1", "10"),
                line(Item::Fee, "COD", "1", "2"),
                product("9", "1", "86"),
            ],
            vec![
                product("7", "1", "10"),
                line(Item::Other, "", "1", "86"),
                line(Item::Fee, "COD", "1", "2"),
            ],
        );

        assert_eq!(
            ids(&written),
            [(Some("1"), true), (Some("2"), true), (Some("3"), true)]
        );
        assert_eq!(written.removed, []);
    }

    #[test]
    fn shipping_that_the_shop_cant_charge_to_the_coin_is_left_once_the_total_is_met() {
        let priced = |shipping: &str, total: &str| Basket {
            shipping: number(shipping),
            total: number(total),
            ..basket(Vec::new())
        };
        let none = |_: Module, _: &str| None;
        let written = |now: &Basket| towards_woocommerce(&priced("49.14", "60"), Some(now), &none).shipping;

        assert_eq!(written(&priced("49.15", "60.00")), number("49.15"));
        assert_eq!(written(&priced("49.15", "60.01")), number("49.14"));
        assert_eq!(written(&priced("49.16", "60.00")), number("49.14"));
    }

    #[test]
    fn a_line_whose_product_is_not_in_step_is_told_by_its_name() {
        let written = back(
            vec![line(Item::Other, "Chair", "2", "4"), product("7", "1", "10")],
            vec![
                product("7", "1", "10"),
                line(Item::Product(RecordId::new("8")), "Chair", "1", "4"),
            ],
        );

        assert_eq!(ids(&written), [(Some("1"), true), (Some("2"), false)]);
        assert_eq!(written.lines[1].item, Item::Product(RecordId::new("8")));
    }

    #[test]
    fn a_product_that_the_shop_lacks_becomes_a_fee_and_stays_one() {
        let crm = vec![line(Item::Product(RecordId::new("9")), "Service", "2.5", "10")];

        let written = back(crm.clone(), Vec::new());
        let again = back(crm, written.lines.clone());

        let fee = &written.lines[0];
        assert_eq!(
            (&fee.item, fee.quantity, fee.price),
            (&Item::Fee, number("1"), number("25"))
        );
        assert_eq!(ids(&again), [(Some("1"), true)]);
    }

    #[test]
    fn a_fee_is_written_under_a_name_that_the_shop_takes() {
        let fees = vec![
            line(Item::Fee, "Adjustment", "1", "1"),
            line(Item::Fee, " ", "1", "2"),
        ];

        let written = back(fees.clone(), Vec::new());

        let names: Vec<&str> = written.lines.iter().map(|line| line.name.as_str()).collect();
        assert_eq!(names, ["Adjustment (line)", "Fee"]);
        assert_eq!(
            ids(&back(fees, written.lines)),
            [(Some("1"), true), (Some("2"), true)]
        );
    }

    #[test]
    fn a_fee_whose_name_vtiger_cant_hold_is_the_same_fee() {
        let written = back(
            vec![line(Item::Fee, "Gift wrap ????", "1", "3")],
            vec![line(Item::Fee, "Gift wrap 🎁", "1", "3")],
        );

        assert_eq!(ids(&written), [(Some("1"), true)]);
    }

    #[test]
    fn parts_of_a_piece_are_sold_where_the_shop_does_so_already() {
        let written = back(
            vec![product("7", "1.5", "12"), product("8", "1.5", "12")],
            vec![product("7", "1.5", "10"), product("8", "1", "10")],
        );

        let sold: Vec<_> = written
            .lines
            .iter()
            .map(|line| (line.quantity, line.price))
            .collect();
        assert_eq!(sold, [(number("1.5"), number("12")), (number("1"), number("18"))]);
    }

    #[test]
    fn an_order_of_a_shop_with_more_decimals_keeps_them() {
        let shop = Basket {
            total: number("1.2345"),
            ..basket(numbered(vec![product("7", "1", "1.2345")]))
        };

        let same = |_: Module, id: &str| Some(id.to_owned());
        let crm = towards_vtiger(&shop, &same, Taxing::Auto);
        let written = towards_woocommerce(&crm, Some(&shop), &same);

        assert_eq!(written.total, shop.total);
        assert_eq!(ids(&written), [(Some("1"), true)]);
    }

    #[test]
    fn a_note_of_money_given_back_does_not_count_as_a_line_taxed_otherwise() {
        let taxed = |line: Line| Line {
            taxes: [("1".to_owned(), number("19.00005"))].into(),
            ..line
        };
        let refund = line(Item::Refund, "Refunded 1.50: broken", "1", "0");
        let shop = basket(vec![taxed(product("7", "1", "10")), refund]);

        let crm = towards_vtiger(&shop, &|_, id| Some(id.to_owned()), Taxing::Auto);

        assert_eq!(crm.taxation, Taxation::Group);
        assert_eq!(crm.lines[0].taxes["1"], number("19"));
    }
}
