//! Taxes: found by label and rate, and gone once they are deleted.

use super::*;

fn tax(label: &str, percentage: &str) -> Patch {
    let fields = [("taxlabel", label), ("percentage", percentage)];
    Patch(
        fields
            .iter()
            .map(|(field, text)| (path(field), Value::text(*text)))
            .collect(),
    )
}

#[tokio::test]
async fn a_tax_is_found_by_label_and_rate_as_far_as_they_are_kept() {
    let shop = Shop::open().await;
    let find = async |label: &str, rate: &str| {
        let key = woo_vtiger_sync::sync::MatchKey::tax(label, rate);
        shop.vtiger.find(Module::Taxes, key.as_str(), None).await.unwrap()
    };
    for (label, rate) in [("California 😀", "8.8759"), ("Berlin", "19")] {
        assert!(find(label, rate).await.is_empty());

        let created = shop
            .vtiger
            .create(Module::Taxes, &tax(label, rate))
            .await
            .unwrap();

        let found = find(&label.to_uppercase(), rate).await;
        assert_eq!(found.len(), 1, "{label}");
        assert_eq!(found[0].id, created.id);
    }
    assert_eq!(find("California 😀", "8.875").await.len(), 1, "cut, not rounded");
    assert!(find("Berlin", "7").await.is_empty());
    assert_eq!(find("vat", "4.5").await.len(), 1, "one that was there");
}

#[tokio::test]
async fn a_deleted_tax_is_gone_though_vtiger_still_shows_it() {
    let shop = Shop::open().await;
    let created = shop
        .vtiger
        .create(Module::Taxes, &tax("Berlin", "19"))
        .await
        .unwrap();
    let renamed = shop
        .vtiger
        .update(Module::Taxes, &created.id, &tax("Bern", "8.1"))
        .await
        .unwrap();
    assert_eq!(get(&renamed, "percentage"), "8.100");
    assert_eq!(
        shop.vtiger.page(Module::Taxes, None).await.unwrap().records.len(),
        4
    );

    shop.vtiger.delete(Module::Taxes, &created.id).await.unwrap();

    assert_eq!(shop.vtiger.fetch(Module::Taxes, &created.id).await, Ok(None));
    assert_eq!(
        shop.vtiger.page(Module::Taxes, None).await.unwrap().records.len(),
        3
    );
    let error = shop
        .vtiger
        .update(Module::Taxes, &created.id, &tax("Bonn", "7"))
        .await
        .unwrap_err();
    assert_eq!((error.fault, error.operation), (Fault::Gone, "update tax"));
}

#[tokio::test]
async fn a_new_tax_is_known_to_the_next_order() {
    let shop = Shop::open().await;
    let cup = shop.product(json!({}));
    let created = shop
        .vtiger
        .create(Module::Taxes, &tax("Berlin", "19"))
        .await
        .unwrap();
    let lines = vec![line(
        product(&cup),
        "Cup",
        "1",
        "100",
        &[(created.id.as_str(), "19")],
    )];
    let wanted = basket(Taxation::Individual, lines, "119");

    let order = shop.create("1", &wanted).await.unwrap();

    assert_eq!(total(&shop, &order.id), "119.00000000");
    let read = basket_of(&order);
    assert_eq!(read.lines[0].taxes[created.id.as_str()].to_string(), "19");
    assert_eq!(read.adjustment, Default::default());
    let gone = basket(
        Taxation::Group,
        vec![line(product(&cup), "Cup", "1", "1", &[("34x99", "1")])],
        "1",
    );
    assert_eq!(
        shop.create("2", &gone).await.unwrap_err().fault,
        rejected("LineItems")
    );
}
