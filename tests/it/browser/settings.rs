//! Settings in a real browser: a mapping is checked and tried as it is typed, and its field shows in the CRM.

use std::time::Duration;

use serde_json::json;

use super::driver::Browser;
use crate::scene::{Scene, ann, wait_until};

const EMAIL: &str = "ann@shop.example";

#[tokio::test]
async fn a_mapping_is_checked_and_tried_as_it_is_typed_and_holds_once_saved() {
    let scene = Scene::in_utc("").await;
    scene
        .crm
        .add_field("Contacts", "cf_851", "VAT number", &json!({ "name": "string" }));
    // The service may have asked for the fields already, and knows them for a while.
    let scene = scene.start_later(Duration::ZERO).await;
    let mut customer = ann(EMAIL);
    customer["meta_data"] = json!([{ "key": "vat_id", "value": "de1" }]);
    scene.shop.register_customer(customer);
    scene.quiet().await;

    Browser::with(async |browser| add_mapping(&scene, browser).await).await;

    scene.stop().await;
}

async fn add_mapping(scene: &Scene, browser: &Browser) {
    browser.sign_in(scene).await;
    browser.go_to(&format!("{}/settings", scene.url)).await;
    browser.inspect("settings").await;
    browser.click("a[href='/settings/shop/sales_orders']").await;
    browser.wait_for("#taxing").await;
    browser.inspect("settings-sales-orders").await;
    browser
        .go_to(&format!("{}/settings/shop/contacts/mappings", scene.url))
        .await;
    browser.inspect("settings-mappings").await;
    browser.click("a[href$='/mappings/new']").await;

    browser.type_into("#woocommerce", "meta_data[vat_id]").await;
    browser.type_into("#vtiger", "cf_815").await;
    browser.wait_for_text("did you mean `cf_851`?").await;
    browser.inspect("settings-mapping-wrong").await;
    browser.type_into("#vtiger", "cf_851").await;
    browser.type_into("[name='step.0']", "All capital").await;
    browser.type_into("[name='step.1']", "Put this before").await;
    browser.type_into("[name='text.1']", "VAT ").await;
    browser.wait_for_text("VAT DE1").await;
    browser.wait_for_text("VAT number · text").await;
    browser.inspect("settings-mapping").await;
    browser.click("form.editor .actions button").await;

    browser.wait_for_text("Saved as version 2.").await;
    wait_until("the field is in the CRM", async || {
        scene.contact(EMAIL).unwrap()["cf_851"] == "VAT DE1"
    })
    .await;
    browser
        .go_to(&format!("{}/settings/shop/contacts/versions", scene.url))
        .await;
    browser
        .wait_for_text("mapping `meta_data[vat_id] = cf_851` added")
        .await;
    browser.inspect("settings-versions").await;
}
