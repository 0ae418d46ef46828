//! The shop's tax rates as taxes of the CRM, and how orders use them.

use serde_json::{Value as Json, json};
use woo_vtiger_sync::sync::{Module, Side, Skip};

use crate::sales_orders::{amount, sales_order};
use crate::scene::{Scene, ann, place};

/// The three that an installation begins with.
const BUILT_IN: usize = 3;

fn rate(name: &str, rate: &str) -> Json {
    json!({ "name": name, "rate": rate, "country": "US" })
}

/// The CRM's taxes that can be charged, with this label.
fn labelled(scene: &Scene, label: &str) -> Vec<Json> {
    let mut taxes = scene.crm.records("Tax");
    taxes.retain(|tax| tax["deleted"] != "1" && tax["taxlabel"] == label);
    taxes
}

fn percentage(tax: &Json) -> String {
    amount(&tax["percentage"]).normalize().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn rates_become_taxes_once() {
    let scene = Scene::start().await;
    scene.shop.add_tax(rate("CA State", "7.2500"));
    scene.shop.add_tax(rate("County", "1"));

    for _ in 0..2 {
        scene.sweep_all().await;
        assert_eq!(scene.crm.records("Tax").len(), BUILT_IN + 2);
    }
    assert_eq!(percentage(&labelled(&scene, "CA State")[0]), "7.25");
    assert_eq!(percentage(&labelled(&scene, "County")[0]), "1");
    scene.forget_calls();
    assert!(scene.sweep_all().await);
    assert_eq!(scene.writes(), Vec::<String>::new());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rates_of_one_name_and_percentage_are_taxes_of_their_own() {
    let scene = Scene::start().await;
    let first = scene.shop.add_tax(rate("VAT", "19"));
    let second = scene.shop.add_tax(rate("VAT", "19"));

    scene.sweep_all().await;
    assert_eq!(labelled(&scene, "VAT").len(), 3, "these and the built-in one");
    assert!(scene.shop.edit_tax(second, json!({ "rate": "20" })));
    scene.sweep_all().await;
    let mut rates: Vec<String> = labelled(&scene, "VAT").iter().map(percentage).collect();
    rates.sort();
    assert_eq!(rates, ["19", "20", "4.5"]);
    assert!(scene.shop.delete_tax(first));
    scene.sweep_all().await;
    let mut rates: Vec<String> = labelled(&scene, "VAT").iter().map(percentage).collect();
    rates.sort();
    assert_eq!(rates, ["20", "4.5"]);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tax_is_renamed_rerated_and_retired_with_its_rate() {
    let scene = Scene::start().await;
    let state = scene.shop.add_tax(rate("State", "7"));
    scene.sweep_all().await;
    let id = labelled(&scene, "State")[0]["id"].clone();

    assert!(scene.shop.edit_tax(state, rate("California", "7.5")));
    scene.sweep_all().await;
    let renamed = labelled(&scene, "California").remove(0);
    assert_eq!((&renamed["id"], percentage(&renamed)), (&id, "7.5".to_owned()));
    assert!(labelled(&scene, "State").is_empty());

    assert!(scene.shop.delete_tax(state));
    scene.sweep_all().await;
    assert!(labelled(&scene, "California").is_empty());
    let last = scene.journal().await.remove(0).entry;
    assert_eq!(last.title, "California 7.500");
    assert!(scene.sweep_all().await);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tax_that_is_there_is_taken_by_label_and_rate() {
    let scene = Scene::start().await;
    scene.shop.add_tax(rate("sales", "10.0000"));

    scene.sweep_all().await;

    assert_eq!(scene.crm.records("Tax").len(), BUILT_IN);
    let at = place(Module::Taxes);
    let store = &scene.server.parts().store;
    let links = store.links_after(&at, "", 10).await.unwrap();
    assert_eq!(links.len(), 1);
    assert_eq!(links[0].ids.of(Side::Vtiger).as_str(), "34x2");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_ever_written_to_the_shops_rates() {
    let scene = Scene::start().await;
    let state = scene.shop.add_tax(rate("State", "7"));
    scene.sweep_all().await;
    let id = labelled(&scene, "State")[0]["id"].as_str().unwrap().to_owned();
    let before = scene.shop.taxes();
    scene.forget_calls();

    scene
        .crm
        .edit_record(&id, json!({ "taxlabel": "By hand", "percentage": "3" }));
    scene.sweep_all().await;
    scene.crm.delete_record(&id);
    scene.sweep_all().await;

    assert_eq!(scene.shop.taxes(), before);
    let written: Vec<_> = scene
        .shop
        .calls()
        .into_iter()
        .filter(|call| call.method != "GET")
        .collect();
    assert_eq!(written, []);
    // What was deleted by hand stays so, and the log tells when the rate changes.
    assert!(scene.shop.edit_tax(state, rate("State", "8")));
    scene.sweep_all().await;
    let last = scene
        .last_entry(Module::Taxes, Side::WooCommerce, &state.to_string())
        .await;
    let side = Side::Vtiger;
    assert_eq!(last.skip, Some(Skip::Deleted { side }));
    scene.stop().await;
}

/// An order of two goods that bear these rates.
async fn taxed_order(scene: &Scene, rates: &[(u64, &str)]) -> Json {
    let customer = scene.shop.register_customer(ann("ann@shop.example"));
    let lines: Vec<Json> = rates
        .iter()
        .enumerate()
        .map(|(nth, (rate, tax))| {
            let product = json!({ "name": format!("Desk {nth}"), "sku": format!("D{nth}"), "regular_price": "100" });
            json!({ "product_id": scene.shop.add_product(product), "name": "Desk", "quantity": 1, "subtotal": "100.00",
                    "total": "100.00", "subtotal_tax": tax, "total_tax": tax,
                    "taxes": [{ "id": rate, "total": tax, "subtotal": tax }] })
        })
        .collect();
    let mut tax_lines: Vec<Json> = Vec::new();
    for (rate, _) in rates {
        if !tax_lines.iter().any(|line| line["rate_id"] == *rate) {
            let taxes = scene.shop.taxes();
            let known = taxes.iter().find(|tax| tax["id"] == *rate).unwrap();
            let percent = amount(&known["rate"]);
            let total: rust_decimal::Decimal = rates
                .iter()
                .filter(|(other, _)| other == rate)
                .map(|(_, tax)| tax.parse::<rust_decimal::Decimal>().unwrap())
                .sum();
            tax_lines.push(
                json!({ "rate_id": rate, "rate_code": "US", "label": known["name"], "compound": false,
                                   "tax_total": total.to_string(), "shipping_tax_total": "0.00",
                                   "rate_percent": percent.to_string().parse::<f64>().unwrap() }),
            );
        }
    }
    let order = scene.shop.place_order(json!({
        "customer_id": customer,
        "billing": { "first_name": "Ann", "last_name": "Lee", "email": "ann@shop.example", "country": "US" },
        "line_items": lines, "tax_lines": tax_lines,
    }));
    scene.quiet().await;
    let shown = sales_order(scene, order);
    assert_eq!(
        amount(&shown["hdnGrandTotal"]),
        amount(&scene.shop.order(order).unwrap()["total"])
    );
    shown
}

/// The column of the tax with this label, such as `tax4`.
fn column(scene: &Scene, label: &str) -> String {
    labelled(scene, label)[0]["taxname"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_pulls_its_rates_in_and_bears_one_tax_as_a_whole() {
    let scene = Scene::start().await;
    let state = scene.shop.add_tax(rate("State", "7"));

    let order = taxed_order(&scene, &[(state, "7.00"), (state, "7.00")]).await;

    assert_eq!(labelled(&scene, "State").len(), 1);
    assert_eq!(order["hdnTaxType"], "group");
    let tax = column(&scene, "State");
    assert_eq!(
        amount(&order["LineItems"][0][tax.as_str()])
            .normalize()
            .to_string(),
        "7"
    );
    scene.sweep_all().await;
    assert_eq!(labelled(&scene, "State").len(), 1, "the sweep adds none");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_bear_different_taxes_have_each_their_own() {
    let scene = Scene::start().await;
    let state = scene.shop.add_tax(rate("State", "7"));
    let books = scene.shop.add_tax(rate("Books", "5"));

    let order = taxed_order(&scene, &[(state, "7.00"), (books, "5.00")]).await;

    assert_eq!(order["hdnTaxType"], "individual");
    let (state, books) = (column(&scene, "State"), column(&scene, "Books"));
    let percent = |line: usize, tax: &str| amount(&order["LineItems"][line][tax]).normalize().to_string();
    assert_eq!(percent(0, &state), "7");
    assert_eq!(percent(1, &books), "5");
    assert!(
        order["LineItems"][1]
            .get(state.as_str())
            .is_none_or(|tax| tax.is_null() || amount(tax).is_zero())
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_setting_individual_each_line_has_its_taxes_even_where_all_are_alike() {
    let scene = Scene::with("[connections.shop.modules.sales_orders]\ntaxing = \"individual\"").await;
    let state = scene.shop.add_tax(rate("State", "7"));

    let order = taxed_order(&scene, &[(state, "7.00"), (state, "7.00")]).await;

    assert_eq!(order["hdnTaxType"], "individual");
    scene.stop().await;
}
