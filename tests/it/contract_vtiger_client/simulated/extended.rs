//! Orders written by the extension: one call, the shop's total, all or nothing, once, and no stock moved.

use super::*;

const VAT: (&str, &str) = ("34x1", "4.5");
const SALES: (&str, &str) = ("34x2", "10");

/// An order of every kind of amount, whose taxes no product is linked to.
fn rich(cup: &str, taxation: Taxation) -> Basket {
    let lines = vec![
        line(product(cup), "Cup", "3", "3.3333", &[VAT, SALES]),
        line(product(cup), "Cup", "1", "10", &[VAT]),
        line(Item::Fee, "Own cup", "1", "-0.5", &[]),
        line(Item::Other, "Gone", "2", "1.005", &[SALES]),
    ];
    let mut wanted = basket(taxation, lines, "31.07");
    wanted.lines[1].discount = "1.5".parse().unwrap();
    wanted.shipping = "4.76".parse().unwrap();
    wanted
}

fn stock(shop: &Shop, product: &str) -> Json {
    shop.crm.record(product).unwrap()["qtyinstock"].clone()
}

#[tokio::test]
async fn an_order_costs_one_call_and_has_the_shops_total_though_no_product_is_linked_to_its_taxes() {
    let shop = Shop::of(VtigerKind::Extended).await;
    let cup = shop.product(&json!({}));
    for (order, taxation) in [("1", Taxation::Group), ("2", Taxation::Individual)] {
        let wanted = rich(&cup, taxation);
        // The stand-in items are made with the first order.
        shop.create("0", &wanted).await.unwrap();
        shop.calls();

        let created = shop.create(order, &wanted).await.unwrap();
        let calls = shop.calls();
        let mut changed = wanted.clone();
        changed.lines[0].quantity = "7".parse().unwrap();
        changed.total = "46.11".parse().unwrap();
        let updated = shop.update(&created.id, &changed).await.unwrap();

        assert_eq!(calls, ["woovtigersync_save_order "], "{taxation:?}");
        assert_eq!(
            shop.calls(),
            [format!("woovtigersync_save_order {}", created.id)],
            "{taxation:?}"
        );
        assert_eq!(basket_of(&created).total.to_string(), "31.07");
        assert_eq!(basket_of(&updated).total.to_string(), "46.11");
        assert_eq!(basket_of(&updated).lines.len(), 4);
        assert_eq!(total(&shop, &created.id), "46.11000000");
        assert_eq!(stock(&shop, &cup), "10.000", "goods are the shop's to count");
    }
}

#[tokio::test]
async fn an_order_written_twice_is_one_order_and_stays_as_it_is() {
    let shop = Shop::of(VtigerKind::Extended).await;
    let cup = shop.product(&json!({}));
    let wanted = rich(&cup, Taxation::Individual);

    let created = shop.create("7", &wanted).await.unwrap();
    let again = shop.create("7", &wanted).await.unwrap();
    let updated = shop.update(&created.id, &wanted).await.unwrap();

    assert_eq!(again, created);
    assert_eq!(updated, created);
    assert_eq!(shop.crm.records("SalesOrder").len(), 1);
}

#[tokio::test]
async fn a_refused_order_leaves_nothing_behind() {
    let shop = Shop::of(VtigerKind::Extended).await;
    let (cup, gone) = (shop.product(&json!({})), shop.product(&json!({})));
    let mut wanted = rich(&cup, Taxation::Group);
    let order = shop.create("8", &wanted).await.unwrap();
    assert!(shop.crm.delete_record(&gone));
    wanted.lines[0].item = product(&gone);
    wanted.lines[1].quantity = "4".parse().unwrap();

    let refused = shop.create("9", &wanted).await.unwrap_err();
    let unchanged = shop.update(&order.id, &wanted).await.unwrap_err();

    for error in [refused, unchanged] {
        assert_eq!(error.fault, rejected("LineItems"), "{error:?}");
        assert!(error.message.contains(&gone), "{error:?}");
    }
    assert_eq!(shop.crm.records("SalesOrder").len(), 1);
    assert_eq!(shop.fetch(&order.id).await, order);
}

#[tokio::test]
async fn an_order_is_deleted_whatever_its_taxes_where_vtigers_own_operation_fails_half_way() {
    let shop = Shop::of(VtigerKind::Extended).await;
    let cup = shop.product(&json!({}));
    for (order, taxation) in [("12", Taxation::Group), ("13", Taxation::Individual)] {
        let created = shop.create(order, &rich(&cup, taxation)).await.unwrap();
        for _ in 0..2 {
            shop.vtiger
                .delete(Module::SalesOrders, &created.id)
                .await
                .unwrap();
            assert!(shop.crm.record(created.id.as_str()).is_none(), "{taxation:?}");
        }
    }

    let kept = shop
        .create("14", &rich(&cup, Taxation::Individual))
        .await
        .unwrap();
    shop.vtiger
        .webservice()
        .delete(kept.id.as_str())
        .await
        .unwrap_err();
    assert_eq!(shop.crm.record(kept.id.as_str()).unwrap()["LineItems"], json!([]));
    shop.vtiger.delete(Module::SalesOrders, &kept.id).await.unwrap();
    assert!(shop.crm.record(kept.id.as_str()).is_none());
}

#[tokio::test]
async fn the_extension_is_used_as_soon_as_it_is_there_and_asked_for_once() {
    let shop = Shop::of(VtigerKind::Stock830).await;
    let cup = shop.product(&json!({}));
    let wanted = basket(
        Taxation::Group,
        vec![line(product(&cup), "Cup", "1", "10", &[])],
        "10",
    );
    let refused = shop.create("10", &wanted).await.unwrap_err();
    let Fault::Unsupported { remedy } = &refused.fault else {
        panic!("{refused:?}");
    };
    assert!(remedy.contains("woo-vtiger-sync vtiger-extension"), "{remedy}");

    shop.crm.install_extension();
    shop.calls();
    for order in ["10", "11"] {
        shop.create(order, &wanted).await.unwrap();
    }

    assert_eq!(
        shop.calls(),
        [
            "woovtigersync_capabilities ",
            "woovtigersync_save_order ",
            "woovtigersync_save_order "
        ]
    );
}

#[tokio::test]
async fn checking_tells_of_the_extension() {
    let shop = Shop::of(VtigerKind::Extended).await;
    let findings = shop.vtiger.check().await;
    let verdict = |subject: &str| {
        let finding = findings.iter().find(|finding| finding.subject == subject);
        finding.unwrap().verdict.clone()
    };

    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        verdict("extension"),
        Verdict::Good(format!("version {version}; 0 callbacks wait to be sent"))
    );
    assert_eq!(
        verdict("create sales orders"),
        Verdict::Good("created and changed by the extension".to_owned())
    );
}
