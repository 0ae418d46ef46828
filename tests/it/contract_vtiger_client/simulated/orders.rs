//! Sales orders: totals to the cent, whatever they are made of, and no call more than needed.

use super::*;

const VAT: (&str, &str) = ("34x1", "4.5");
const SALES: (&str, &str) = ("34x2", "10");

#[tokio::test]
async fn an_order_taxed_as_a_whole_costs_one_create_and_has_the_shops_total() {
    let shop = Shop::open().await;
    let cup = shop.product(&json!({}));
    let lines = vec![
        line(product(&cup), "Cup", "3", "3.3333", &[VAT, SALES]),
        line(product(&cup), "Cup", "1", "10", &[VAT, SALES]),
    ];
    let mut wanted = basket(Taxation::Group, lines, "29.04");
    wanted.lines[1].discount = "1.5".parse().unwrap();
    wanted.shipping = "4.76".parse().unwrap();
    wanted.adjustment = Decimal::ZERO;
    wanted.adjustment = wanted.total - wanted.reckoned();
    shop.create("1", &wanted).await.unwrap();
    shop.calls();

    let created = shop.create("2", &wanted).await.unwrap();

    assert_eq!(shop.calls(), ["create SalesOrder"]);
    assert_eq!(total(&shop, &created.id), "29.04000000");
    assert_eq!(basket_of(&created).normal(), shop_shows(&shop, &wanted).normal());
    assert_eq!(get(&created, "account_id.accountname"), "Lee");
    assert_eq!(get(&created, "currency_id.currency_code"), "USD");
    assert_eq!(get(&created, "counterpart"), "2");
    let fetched = shop.fetch(&created.id).await;
    assert_eq!(
        visible(&created),
        visible(&fetched),
        "the answer is as it will be read"
    );
}

/// What [`System::stored`] promises of a basket.
fn shop_shows(shop: &Shop, wanted: &Basket) -> Basket {
    let stored = shop
        .vtiger
        .stored(Module::SalesOrders, &path("LineItems"), &wanted.to_value());
    Basket::of(&stored).unwrap()
}

#[tokio::test]
async fn writing_the_same_again_is_one_revise_and_changes_nothing() {
    let shop = Shop::open().await;
    let cup = shop.product(&json!({ "tax1": "4.5" }));
    for taxation in [Taxation::Group, Taxation::Individual] {
        let lines = vec![
            line(product(&cup), "Cup", "2", "7.77", &[VAT]),
            line(Item::Fee, "Gift wrap", "1", "-1.005", &[VAT]),
        ];
        let wanted = basket(taxation, lines, "15.19");
        let created = shop.create("3", &wanted).await.unwrap();
        shop.calls();

        let written = shop.update(&created.id, &wanted).await.unwrap();

        assert_eq!(shop.calls(), [format!("revise {}", created.id)], "{taxation:?}");
        assert_eq!(visible(&written), visible(&created), "{taxation:?}");
        assert_eq!(total(&shop, &created.id), "15.19000000");
    }
}

#[tokio::test]
async fn a_changed_basket_replaces_lines_and_money() {
    let shop = Shop::open().await;
    let (cup, hat) = (shop.product(&json!({})), shop.product(&json!({})));
    let before = basket(
        Taxation::Group,
        vec![
            line(product(&cup), "Cup", "2", "10", &[VAT]),
            line(Item::Other, "Old thing", "1", "5", &[VAT]),
        ],
        "26.13",
    );
    let created = shop.create("4", &before).await.unwrap();
    let mut after = basket(
        Taxation::Individual,
        vec![line(product(&hat), "Hat", "1", "8", &[SALES])],
        "8.80",
    );
    after.shipping = "2".parse().unwrap();
    after.total = "10.80".parse().unwrap();

    let written = shop.update(&created.id, &after).await.unwrap();

    assert_eq!(basket_of(&written).normal(), shop_shows(&shop, &after).normal());
    assert_eq!(total(&shop, &created.id), "10.80000000");
}

#[tokio::test]
async fn a_product_is_linked_to_a_lines_tax_once() {
    let shop = Shop::open().await;
    let cup = shop.product(&json!({ "tax2": "10" }));
    let lines = vec![line(product(&cup), "Cup", "1", "10", &[VAT])];
    let wanted = basket(Taxation::Individual, lines, "10.45");
    shop.calls();

    let created = shop.create("5", &wanted).await.unwrap();
    let first = shop.calls();
    shop.create("6", &wanted).await.unwrap();

    assert_eq!(
        first,
        [
            "query SELECT id, accountname FROM Accounts WHERE accountname = 'Lee' ORDER BY id LIMIT 100;"
                .to_owned(),
            format!("retrieve {cup}"),
            format!("revise {cup}"),
            "create SalesOrder".to_owned(),
        ]
    );
    assert_eq!(shop.calls(), ["create SalesOrder"]);
    assert_eq!(basket_of(&created).adjustment, Decimal::ZERO, "the tax counts");
    assert_eq!(shop.crm.record(&cup).unwrap()["tax1"], "4.500");
    assert_eq!(total(&shop, &created.id), "10.45000000");
}

#[tokio::test]
async fn what_vtiger_reckons_otherwise_goes_to_the_adjustment() {
    let shop = Shop::open().await;
    let cup = shop.product(&json!({}));
    let mut wanted = basket(
        Taxation::Group,
        vec![line(product(&cup), "Cup", "1", "10", &[])],
        "10",
    );
    wanted.total = "10.31".parse().unwrap();
    shop.create("1", &wanted).await.unwrap();
    shop.calls();

    let created = shop.create("7", &wanted).await.unwrap();

    assert_eq!(
        shop.calls(),
        ["create SalesOrder".to_owned(), format!("revise {}", created.id)]
    );
    assert_eq!(total(&shop, &created.id), "10.31000000");
    assert_eq!(basket_of(&created).adjustment.to_string(), "0.31");
}

#[tokio::test]
async fn what_is_no_product_is_written_with_items_that_stand_for_it() {
    let shop = Shop::open().await;
    let lines = vec![
        line(Item::Other, "Something from 2019", "2", "4", &[]),
        line(Item::Fee, "Express 🚀", "1", "2", &[]),
        line(Item::Refund, "Refunded 1.50: broken", "1", "0", &[]),
    ];
    let wanted = basket(Taxation::Group, lines, "10");

    let created = shop.create("8", &wanted).await.unwrap();
    shop.create("9", &wanted).await.unwrap();

    assert_eq!(basket_of(&created).normal(), shop_shows(&shop, &wanted).normal());
    assert_eq!(basket_of(&created).lines[1].name, "Express ????");
    let products = shop.crm.records("Products");
    let codes: Vec<_> = products
        .iter()
        .map(|item| item["productcode"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["WC-ITEM", "WC-FEE"], "made once");
    let found = shop.vtiger.find(Module::Products, "wc-fee", None).await.unwrap();
    assert_eq!(found[0].fields["stand_in"], true);
}

#[tokio::test]
async fn an_order_without_lines_has_one_that_nobody_sees() {
    let shop = Shop::open().await;
    let mut wanted = basket(Taxation::Group, Vec::new(), "0");
    wanted.shipping = "5".parse().unwrap();
    wanted.total = "5".parse().unwrap();

    let created = shop.create("10", &wanted).await.unwrap();

    assert_eq!(basket_of(&created).lines, []);
    assert_eq!(total(&shop, &created.id), "5.00000000");
    assert_eq!(visible(&shop.fetch(&created.id).await), visible(&created));
}

#[tokio::test]
async fn a_product_that_is_gone_is_named_and_a_line_of_one_keeps_its_name() {
    let shop = Shop::open().await;
    let cup = shop.product(&json!({}));
    let wanted = basket(
        Taxation::Group,
        vec![line(product(&cup), "Cup", "1", "10", &[])],
        "10",
    );
    let created = shop.create("11", &wanted).await.unwrap();
    shop.crm.delete_record(&cup);

    let error = shop.create("12", &wanted).await.unwrap_err();
    let read = shop.fetch(&created.id).await;

    assert_eq!(error.fault, rejected("LineItems"));
    assert_eq!(error.operation, "create sales order");
    assert!(error.message.contains(&cup), "{}", error.message);
    let lines = basket_of(&read).lines;
    assert_eq!((&lines[0].item, lines[0].name.as_str()), (&Item::Other, "Cup"));
    assert_eq!(
        shop.update(&created.id, &wanted).await.unwrap_err().fault,
        rejected("LineItems")
    );
}

#[tokio::test]
async fn a_header_that_was_left_behind_is_found_and_completed() {
    let shop = Shop::open().await;
    let (cup, gone) = (shop.product(&json!({})), shop.product(&json!({})));
    shop.crm.delete_record(&gone);
    let bad = basket(
        Taxation::Group,
        vec![line(product(&gone), "Gone", "1", "1", &[])],
        "1",
    );
    shop.create("13", &bad).await.unwrap_err();
    let wanted = basket(
        Taxation::Group,
        vec![line(product(&cup), "Cup", "1", "9", &[VAT])],
        "9.41",
    );

    let found = shop.vtiger.find(Module::SalesOrders, "13", None).await.unwrap();
    let completed = shop.update(&found[0].id, &wanted).await.unwrap();

    assert_eq!(found.len(), 1);
    assert_eq!(basket_of(&found[0]).lines, []);
    assert_eq!(get(&completed, "counterpart"), "13");
    assert_eq!(total(&shop, &completed.id), "9.41000000");
    assert!(
        shop.vtiger
            .find(Module::SalesOrders, "1", None)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_currency_is_created_where_it_is_missing_and_its_rate_survives_a_change_of_status() {
    let shop = Shop::open().await;
    let cup = shop.product(&json!({}));
    let mut wanted = basket(
        Taxation::Group,
        vec![line(product(&cup), "Cup", "1", "100", &[])],
        "100",
    );
    wanted.currency = "EUR".to_owned();
    let created = shop.create("14", &wanted).await.unwrap();
    shop.crm
        .edit_record(created.id.as_str(), json!({ "conversion_rate": "0.9" }));
    shop.fetch(&created.id).await;

    let approved = Patch([(path("sostatus"), Value::text("Delivered"))].into());
    let written = shop
        .vtiger
        .update(Module::SalesOrders, &created.id, &approved)
        .await
        .unwrap();

    assert_eq!(get(&created, "currency_id.currency_code"), "EUR");
    assert_eq!(basket_of(&created).currency, "EUR");
    assert_eq!(get(&written, "sostatus"), "Delivered");
    assert_eq!(get(&written, "conversion_rate"), "0.900");
    assert_eq!(shop.crm.record("21x2").unwrap()["conversion_rate"], "1.00000");
}

#[tokio::test]
async fn a_change_of_the_header_is_one_revise_and_looks_as_it_will_be_read() {
    let shop = Shop::open().await;
    let cup = shop.product(&json!({}));
    let mut wanted = basket(
        Taxation::Group,
        vec![line(product(&cup), "Cup", "1", "10", &[VAT])],
        "15",
    );
    wanted.shipping = "4.5".parse().unwrap();
    wanted.adjustment = "0.05".parse().unwrap();
    let created = shop.create("15", &wanted).await.unwrap();
    shop.calls();

    let city = Patch([(path("bill_city"), Value::text("Oakland"))].into());
    let written = shop
        .vtiger
        .update(Module::SalesOrders, &created.id, &city)
        .await
        .unwrap();

    assert_eq!(shop.calls(), [format!("revise {}", created.id)]);
    assert_eq!(visible(&written), visible(&shop.fetch(&created.id).await));
    assert_eq!(basket_of(&written), basket_of(&created));
}

#[tokio::test]
async fn an_organization_that_was_deleted_meanwhile_is_made_again() {
    let shop = Shop::open().await;
    let cup = shop.product(&json!({}));
    let wanted = basket(
        Taxation::Group,
        vec![line(product(&cup), "Cup", "1", "10", &[])],
        "10",
    );
    let first = shop.create("20", &wanted).await.unwrap();
    let before = get(&first, "account_id.id");
    shop.crm.delete_record(&before);

    let second = shop.create("21", &wanted).await.unwrap();

    assert_eq!(get(&second, "account_id.accountname"), "Lee");
    assert_ne!(get(&second, "account_id.id"), before);
    assert_eq!(basket_of(&second).normal(), basket_of(&first).normal());
}
