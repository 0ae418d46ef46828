//! What is edited in Vtiger's order is edited in the shop's, line by line, and nothing else: law 13.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use rust_decimal::Decimal;
use woo_vtiger_sync::sync::{Basket, FieldKind, Item, Line, RecordId, Taxing, currency_decimals, rounded};

use super::orders::{to_vtiger, to_woocommerce};
use crate::order_generator::{Generator, basket};

/// What a person does to an order in Vtiger.
#[derive(Clone, Debug)]
enum Edit {
    Quantity(prop::sample::Index, Decimal),
    Price(prop::sample::Index, Decimal),
    Discount(prop::sample::Index, Decimal),
    Remove(prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
    Add(Line),
    OrderDiscount(Decimal),
    Shipping(Decimal),
}

fn amount() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        (0_i64..50_000).prop_map(|cents| Decimal::new(cents, 2)),
        (0_i64..500).prop_map(Decimal::from),
        (0_i64..5_000_000).prop_map(|digits| Decimal::new(digits, 5)),
    ]
}

fn quantity() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        4 => (1_i64..20).prop_map(Decimal::from),
        1 => (1_i64..9_999).prop_map(|digits| Decimal::new(digits, 3)),
        1 => (-3_i64..1).prop_map(Decimal::from),
    ]
}

/// A line that the order doesn't have: a product of the shop's, one that the shop doesn't know, or a fee.
fn line() -> impl Strategy<Value = Line> {
    let item = prop_oneof![
        (900_u32..903).prop_map(|id| (
            Item::Product(RecordId::new(format!("14x{id}"))),
            format!("New {id}")
        )),
        Just((Item::Product(RecordId::new("26x7")), "A service".to_owned())),
        Just((Item::Fee, "Assembly 🔧".to_owned())),
        Just((Item::Fee, "Adjustment".to_owned())),
        Just((Item::Other, String::new())),
    ];
    (item, quantity(), amount(), amount()).prop_map(|((item, name), quantity, price, discount)| Line {
        item,
        name,
        quantity,
        price,
        discount: discount / Decimal::from(100),
        ..Line::default()
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), quantity()).prop_map(|(at, quantity)| Edit::Quantity(at, quantity)),
        (at(), amount()).prop_map(|(at, price)| Edit::Price(at, price)),
        (at(), amount()).prop_map(|(at, discount)| Edit::Discount(at, discount)),
        at().prop_map(Edit::Remove),
        (at(), at()).prop_map(|(one, other)| Edit::Swap(one, other)),
        line().prop_map(Edit::Add),
        amount().prop_map(Edit::OrderDiscount),
        amount().prop_map(Edit::Shipping),
    ]
}

/// A line of Vtiger's basket, and the id of the shop's line that it is.
type Traced = (Option<String>, Line);

fn carry_out(edits: &[Edit], lines: &mut Vec<Traced>, basket: &mut Basket) {
    for edit in edits {
        let at = |at: &prop::sample::Index| (!lines.is_empty()).then(|| at.index(lines.len()));
        match edit {
            Edit::Quantity(index, quantity) => {
                if let Some(at) = at(index) {
                    lines[at].1.quantity = *quantity;
                }
            }
            Edit::Price(index, price) => {
                if let Some(at) = at(index) {
                    lines[at].1.price = *price;
                }
            }
            Edit::Discount(index, discount) => {
                if let Some(at) = at(index) {
                    lines[at].1.discount = *discount;
                }
            }
            Edit::Remove(index) => {
                if let Some(at) = at(index) {
                    lines.remove(at);
                }
            }
            Edit::Swap(one, other) => {
                if let (Some(one), Some(other)) = (at(one), at(other)) {
                    lines.swap(one, other);
                }
            }
            Edit::Add(line) => lines.push((None, line.clone())),
            Edit::OrderDiscount(discount) => basket.discount = *discount,
            Edit::Shipping(shipping) => basket.shipping = *shipping,
        }
    }
}

/// A shop that takes what it is told of an order's lines, by its own rules, and sees to the total by the fee
/// `Adjustment`.
fn shop_after(shop: &Basket, written: &Basket) -> Basket {
    let decimals = currency_decimals(&shop.currency);
    let removed: BTreeSet<_> = written.removed.iter().map(|line| line.id.clone()).collect();
    let mut lines: Vec<Line> = shop
        .lines
        .iter()
        .filter(|line| !removed.contains(&line.id))
        .cloned()
        .collect();
    for (nth, line) in written.lines.iter().enumerate().filter(|(_, line)| !line.kept) {
        if line.item == Item::Refund {
            continue;
        }
        // What is sent are the quantity, the subtotal and the total.
        let subtotal = rounded(line.quantity * line.price, decimals);
        let mut shown = Line {
            price: subtotal / line.quantity,
            discount: subtotal - rounded(line.net(), decimals),
            kept: false,
            ..line.clone()
        };
        let there = lines
            .iter_mut()
            .find(|there| there.id.is_some() && there.id == line.id);
        if let Some(there) = there {
            let (item, name, taxes) = (there.item.clone(), there.name.clone(), there.taxes.clone());
            *there = Line {
                item,
                name,
                taxes,
                ..shown
            };
            continue;
        }
        assert_eq!(line.id, None, "a line is edited that the order doesn't have");
        assert_ne!(line.item, Item::Other, "the shop adds no line without a product");
        assert!(
            !line.name.trim().is_empty() || line.item != Item::Fee,
            "the shop demands a fee's name"
        );
        shown.id = Some(format!("new {nth}"));
        lines.push(shown);
    }
    let place = |line: &Line| match line.item {
        Item::Product(_) | Item::Other => 0,
        Item::Fee => 1,
        Item::Refund => 2,
    };
    lines.sort_by_key(place);
    // A fee of this name is none of the lines.
    lines.retain(|line| line.item != Item::Fee || line.name != "Adjustment");
    Basket {
        lines,
        shipping: written.shipping,
        total: written.total,
        removed: Vec::new(),
        ..shop.clone()
    }
}

/// Whether the shop's line has to change so that it costs what Vtiger's does.
fn differs(shop: &Line, crm: &Line, decimals: u32) -> bool {
    let amounts = |line: &Line| {
        (
            rounded(line.quantity * line.price, decimals),
            rounded(line.net(), decimals),
        )
    };
    let whole = crm.quantity.fract().is_zero() && crm.quantity > Decimal::ZERO;
    let quantity = if whole { crm.quantity } else { Decimal::ONE };
    match shop.item {
        Item::Fee => amounts(shop).1 != amounts(crm).1,
        _ => quantity != shop.quantity || amounts(shop) != amounts(crm),
    }
}

fn is_refund(line: &Line) -> bool {
    line.item == Item::Refund
}

/// An order whose lines can be told apart by what they sell.
fn order_of_different_lines(seed: u64) -> Basket {
    let mut generator = Generator::with_own_catalogue(seed);
    let orders = std::iter::repeat_with(|| basket(&generator.order()));
    let is_of_different_lines = |order: &Basket| {
        let lines = order.lines.iter().filter(|line| !is_refund(line));
        let lines: Vec<_> = lines
            .map(|line| format!("{:?}", (&line.item, &line.name)))
            .collect();
        lines.iter().collect::<BTreeSet<_>>().len() == lines.len()
    };
    orders
        .take(100)
        .find(is_of_different_lines)
        .expect("an order of different lines")
}

proptest! {
    /// Law 13.
    #[test]
    fn edits_change_the_lines_that_they_are_about(seed in any::<u64>(), edits in vec(edit(), 1..6)) {
        let shop = order_of_different_lines(seed);
        let sold: Vec<_> = shop.lines.iter().filter(|line| !is_refund(line)).collect();
        let mut crm = to_vtiger(&shop, Taxing::Auto);
        let ids = shop.lines.iter().map(|line| line.id.clone());
        let mut traced: Vec<Traced> =
            ids.zip(crm.lines.clone()).filter(|(_, line)| !is_refund(line)).collect();
        carry_out(&edits, &mut traced, &mut crm);
        let added = traced.iter().filter(|(id, _)| id.is_none()).count() + usize::from(!crm.discount.is_zero());
        crm.lines = traced.iter().map(|(_, line)| line.clone()).collect();
        crm.total = crm.reckoned();

        let written = to_woocommerce(&crm, Some(&shop));

        let decimals = currency_decimals(&shop.currency);
        for there in &sold {
            let wanted = traced.iter().find(|(id, _)| *id == there.id);
            let line = written.lines.iter().find(|line| line.id == there.id);
            let is_removed = written.removed.iter().any(|line| line.id == there.id);
            match (wanted, line) {
                (None, line) => prop_assert!(is_removed && line.is_none(), "{there:?} is not removed"),
                (Some(_), None) => prop_assert!(false, "{there:?} is gone"),
                (Some((_, wanted)), Some(line)) => {
                    prop_assert!(!is_removed);
                    prop_assert_eq!(line.kept, !differs(there, wanted, decimals), "{:?} {:?}", there, wanted);
                    prop_assert_eq!(rounded(line.net(), decimals), rounded(wanted.net(), decimals));
                }
            }
        }
        prop_assert_eq!(written.lines.iter().filter(|line| line.id.is_none()).count(), added);
        let refunds = |basket: &Basket| basket.lines.iter().filter(|line| is_refund(line)).cloned().collect::<Vec<_>>();
        prop_assert_eq!(refunds(&written), refunds(&shop));
        prop_assert!(!written.removed.iter().any(is_refund));
        prop_assert_eq!(written.total, rounded(crm.total, decimals));
    }

    /// Law 13: also where lines sell the same thing.
    #[test]
    fn an_edited_order_is_in_step_once_it_is_written(seed in any::<u64>(), edits in vec(edit(), 1..6)) {
        let shop = basket(&Generator::with_own_catalogue(seed).order());
        let mut crm = to_vtiger(&shop, Taxing::Auto);
        let mut traced: Vec<Traced> = crm.lines.drain(..).map(|line| (None, line)).collect();
        carry_out(&edits, &mut traced, &mut crm);
        crm.lines = traced.into_iter().map(|(_, line)| line).collect();
        crm.total = crm.reckoned();
        let written = to_woocommerce(&crm, Some(&shop));
        let ids: Vec<_> = written.lines.iter().chain(&written.removed).filter_map(|line| line.id.clone()).collect();
        prop_assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "a line is there twice");

        let after = shop_after(&shop, &written);
        let again = to_woocommerce(&crm, Some(&after));

        let changed: Vec<_> = again.lines.iter().filter(|line| !line.kept && !is_refund(line)).collect();
        prop_assert!(changed.is_empty(), "{changed:?}\n{after:?}");
        prop_assert_eq!(&again.removed, &[]);
        prop_assert!(FieldKind::Basket.same(&after.to_value(), &again.to_value()), "{after:?}\n{again:?}");
    }
}

/// Law 13: the shop can't reorder its lines, so there is nothing to write.
#[test]
fn lines_that_only_change_places_are_no_edit() {
    for seed in 0..200 {
        let shop = basket(&Generator::with_own_catalogue(seed).order());
        let mut crm = to_vtiger(&shop, Taxing::Individual);
        crm.lines.reverse();

        let back = to_woocommerce(&crm, Some(&shop));

        assert!(
            FieldKind::Basket.same(&shop.to_value(), &back.to_value()),
            "{shop:?}\n{back:?}"
        );
    }
}
