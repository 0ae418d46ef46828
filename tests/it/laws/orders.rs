//! Orders keep their totals to the last decimal on the way to Vtiger, and come back as they were: law 12.

use rust_decimal::Decimal;
use serde_json::Value as Json;
use woo_vtiger_sync::sync::{
    Basket, FieldKind, Item, Line, Module, Side, Taxation, Taxing, currency_decimals, rounded,
    towards_vtiger, towards_woocommerce,
};

use crate::order_generator::{Generator, basket};

/// Each catalogue is used for some orders, so that there are many of both.
const SEEDS: u64 = 500;
const ORDERS_PER_SEED: usize = 20;

const TAXINGS: [Taxing; 3] = [Taxing::Auto, Taxing::Group, Taxing::Individual];

/// Decimals to which Vtiger's total is the shop's: one less than it keeps.
const EXACT: u32 = 7;

/// The ids of the other side: every product and tax has a counterpart but product 104.
pub(super) fn counterpart(to: Side, module: Module, id: &str) -> Option<String> {
    let prefix = match module {
        Module::Products => "14x",
        Module::Taxes => "34x",
        _ => "12x",
    };
    match to {
        Side::Vtiger => (id != "104").then(|| format!("{prefix}{id}")),
        Side::WooCommerce => id.strip_prefix(prefix).map(str::to_owned),
    }
}

pub(super) fn to_vtiger(basket: &Basket, taxing: Taxing) -> Basket {
    towards_vtiger(
        basket,
        &|module, id| counterpart(Side::Vtiger, module, id),
        taxing,
    )
}

pub(super) fn to_woocommerce(basket: &Basket, now: Option<&Basket>) -> Basket {
    towards_woocommerce(basket, now, &|module, id| {
        counterpart(Side::WooCommerce, module, id)
    })
}

/// An order's grand total by Vtiger's arithmetic, as measured on 8.3.0, of what Vtiger keeps of the basket: three
/// decimals of quantities and percentages, eight of amounts.
pub(super) fn vtigers_total(basket: &Basket) -> Decimal {
    let net = |line: &Line| {
        let (quantity, price) = (rounded(line.quantity, 3), rounded(line.price, 8));
        quantity * price - rounded(line.discount, 8)
    };
    let taxes = |line: &Line| -> Decimal { line.taxes.values().map(|tax| tax.trunc_with_scale(3)).sum() };
    let with = |amount: Decimal, percent: Decimal| amount * (Decimal::ONE + percent / Decimal::ONE_HUNDRED);
    let discount = rounded(basket.discount, 8);
    let goods = match basket.taxation {
        Taxation::Group => {
            let sub: Decimal = basket.lines.iter().map(net).sum();
            with(
                sub - discount,
                basket.lines.first().map(taxes).unwrap_or_default(),
            )
        }
        Taxation::Individual => {
            basket
                .lines
                .iter()
                .map(|line| with(net(line), taxes(line)))
                .sum::<Decimal>()
                - discount
        }
        Taxation::Amounts => panic!("Vtiger has no such order"),
    };
    goods + rounded(basket.shipping, 8) + rounded(basket.adjustment, 8)
}

fn each_order(seeds: u64, mut check: impl FnMut(&Json, Basket)) {
    for seed in 0..seeds {
        let mut generator = Generator::with_own_catalogue(seed);
        for _ in 0..ORDERS_PER_SEED {
            let order = generator.order();
            let basket = basket(&order);
            check(&order, basket);
        }
    }
}

/// Whether percentages tell the order's taxes: none is reckoned on top of another one, and none is that of a
/// reduction, which WooCommerce spreads over the taxes of all that is in the order.
fn has_plain_taxes(order: &Json, basket: &Basket) -> bool {
    let compound = order["tax_lines"]
        .as_array()
        .unwrap()
        .iter()
        .any(|tax| tax["compound"] == true);
    let spread = |line: &Line| line.price < Decimal::ZERO && !line.taxes.is_empty();
    !compound && !basket.lines.iter().any(spread)
}

/// By how much Vtiger's arithmetic can differ from the shop's where percentages tell the taxes.
///
/// The shop rounds each tax of each line to whole coins (half a coin each), reckons it from an amount that is up to
/// half a coin away from the one that it shows (half a coin × the percentage), and where it rounds taxes only at the
/// end, that half coin itself counts. The order's tax and total are rounded, too. Vtiger cuts percentages to three
/// decimals and prices to eight.
fn bound(basket: &Basket) -> Decimal {
    let half_a_coin = Decimal::new(5, currency_decimals(&basket.currency) + 1);
    let cut = Decimal::new(1, 5);
    let line = |line: &Line| {
        let rates = Decimal::from(line.taxes.len().max(1));
        let roundings = half_a_coin * (rates + line.percentage() / Decimal::ONE_HUNDRED);
        roundings + line.net().abs() * cut * rates + line.quantity * Decimal::new(1, 8)
    };
    let counted = basket.lines.iter().filter(|line| line.item != Item::Refund);
    counted.map(line).sum::<Decimal>() + half_a_coin * Decimal::TWO
}

/// Law 12.
#[test]
fn ten_thousand_orders_cost_the_same_in_vtiger_and_come_back_as_they_were() {
    let (mut grouped, mut plain, mut naive) = (0, 0, 0);
    let mut back_from = TAXINGS.into_iter().cycle();
    each_order(SEEDS, |order, shop| {
        for taxing in TAXINGS {
            let crm = to_vtiger(&shop, taxing);

            let total = vtigers_total(&crm);
            assert_eq!(rounded(total, EXACT), shop.total, "{taxing:?}\n{order}");
            assert_eq!(rounded(crm.reckoned(), EXACT), shop.total);
            assert_eq!(crm.total, shop.total);
            if taxing == Taxing::Auto {
                grouped += usize::from(crm.taxation == Taxation::Group);
                naive += usize::from(crm.adjustment.is_zero());
            }
            if taxing != Taxing::Group && has_plain_taxes(order, &shop) {
                plain += 1;
                assert!(
                    crm.adjustment.abs() <= bound(&shop),
                    "{} > {}\n{order}",
                    crm.adjustment,
                    bound(&shop)
                );
            }
        }
        let crm = to_vtiger(&shop, back_from.next().unwrap());
        let back = to_woocommerce(&Basket::of(&crm.to_value()).unwrap(), Some(&shop));
        let is_kept = |line: &Line| line.kept || line.item == Item::Refund;
        assert!(back.lines.iter().all(is_kept), "{back:?}\n{order}");
        assert_eq!(back.removed, []);
        assert!(
            FieldKind::Basket.same(&shop.to_value(), &back.to_value()),
            "{back:?}\n{order}"
        );
    });

    // Otherwise the orders would not try what they are to try.
    assert!(
        grouped > 1_000 && plain > 1_000 && naive > 100 && naive < 9_000,
        "{grouped} {plain} {naive}"
    );
}

/// Law 12: the generator's own law, without which the others would say little.
#[test]
fn generated_orders_add_up_as_the_shop_shows_them() {
    each_order(SEEDS / 5, |order, shop| {
        let amount = |name: &str| order[name].as_str().unwrap().parse::<Decimal>().unwrap();
        let lines: Decimal = shop.lines.iter().map(Line::net).sum();
        let shown = lines + amount("total_tax") + amount("shipping_total");

        // Where taxes are rounded at the end, so are the lines, of which each is shown up to half a coin off.
        let half_a_coin = Decimal::new(5, currency_decimals(&shop.currency) + 1);
        let off = half_a_coin * Decimal::from(shop.lines.len() + 1);
        assert!((shown - shop.total).abs() <= off, "{shown}\n{order}");
        assert!(shop.total >= Decimal::ZERO, "{order}");
    });
    let orders = |seed| {
        let mut generator = Generator::with_own_catalogue(seed);
        [generator.order(), generator.order()]
    };
    assert_eq!(orders(1), orders(1));
    assert_ne!(orders(1), orders(2));
}
