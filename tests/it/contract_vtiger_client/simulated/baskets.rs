//! Any basket that the core makes comes back as it was, with its total to the cent.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use woo_vtiger_sync::sync::rounded;

use super::*;

const CASES: u32 = 60;

fn item(cups: [String; 2]) -> impl Strategy<Value = (Item, String)> {
    let [cup, hat] = cups;
    prop_oneof![
        Just((product(&cup), "Cup".to_owned())),
        Just((product(&hat), "Cup".to_owned())),
        Just((Item::Other, "Out of print".to_owned())),
        Just((Item::Fee, "Gift wrap".to_owned())),
    ]
}

fn a_line(cups: [String; 2]) -> impl Strategy<Value = Line> {
    let taxes = prop::sample::subsequence(vec![("34x1", "4.5"), ("34x2", "10"), ("34x3", "12.5")], 0..=3);
    (item(cups), 0_i64..20, -5_000_i64..500_000, 0_i64..300, taxes).prop_map(
        |((item, name), quantity, price, discount, taxes)| Line {
            quantity: quantity.into(),
            price: Decimal::new(price, 4),
            discount: Decimal::new(discount, 2),
            ..line(item, &name, "1", "0", &taxes)
        },
    )
}

fn a_basket(cups: [String; 2]) -> impl Strategy<Value = Basket> {
    let lines = prop::collection::vec(a_line(cups), 0..6);
    (lines, any::<bool>(), -500_i64..5_000, -99_i64..100).prop_map(|(lines, is_group, shipping, cents)| {
        let mut basket = Basket {
            currency: "USD".to_owned(),
            lines,
            shipping: Decimal::new(shipping, 2),
            taxation: if is_group {
                Taxation::Group
            } else {
                Taxation::Individual
            },
            ..Basket::default()
        };
        if is_group && let Some(first) = basket.lines.first().map(|line| line.taxes.clone()) {
            for line in &mut basket.lines {
                line.taxes.clone_from(&first);
            }
        }
        basket.total = rounded(basket.reckoned(), 2) + Decimal::new(cents, 2);
        basket.adjustment = rounded(basket.total - basket.reckoned(), 8);
        basket
    })
}

#[tokio::test]
async fn any_basket_comes_back_as_it_was_with_its_total_to_the_cent() {
    let shop = Shop::open().await;
    let cups = [shop.product(&json!({})), shop.product(&json!({ "tax1": "4.5" }))];
    let mut runner = TestRunner::new(Config::default());
    let mut order = None;
    for case in 0..CASES {
        let wanted = a_basket(cups.clone()).new_tree(&mut runner).unwrap().current();

        let record = match &order {
            // Every other one changes the order of the one before.
            Some(before) if case % 2 == 1 => shop.update(before, &wanted).await.unwrap(),
            _ => shop.create(&case.to_string(), &wanted).await.unwrap(),
        };
        let written = basket_of(&record);
        let read = basket_of(&shop.fetch(&record.id).await);

        assert_eq!(written, read, "{wanted:?}");
        assert_eq!(written.normal(), wanted.normal(), "{wanted:?}");
        let difference = total(&shop, &record.id).parse::<Decimal>().unwrap() - wanted.total;
        assert!(difference.abs() <= Decimal::new(1, 8), "{difference}: {wanted:?}");
        order = Some(record.id);
    }
}
