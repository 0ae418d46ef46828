//! Mappings that people make, end to end: fields of their own on both sides, each transform, what else a row can say.

use serde_json::{Value as Json, json};
use woo_vtiger_sync::app::import_settings;
use woo_vtiger_sync::sync::Skip;

use crate::scene::{Scene, ann, next_second};

const EMAIL: &str = "ann@shop.example";

/// A scene where the CRM's module has these texts of its own.
async fn scene(settings: &str, module: &str, fields: &[&str]) -> Scene {
    let scene = Scene::in_utc(settings).await;
    for field in fields {
        scene
            .crm
            .add_field(module, field, field, &json!({ "name": "string" }));
    }
    scene
}

/// A further row of a module's mappings.
fn row(module: &str, woocommerce: &str, vtiger: &str, rest: &str) -> String {
    format!(
        "[[connections.shop.modules.{module}.extra_mappings]]\nwoocommerce = \"{woocommerce}\"\n\
         vtiger = \"{vtiger}\"\n{rest}\n"
    )
}

fn with_meta(mut record: Json, key: &str, value: &str) -> Json {
    record["meta_data"] = json!([{ "key": key, "value": value }]);
    record
}

/// The text of a key of `meta_data`; blank where there is none.
fn meta(record: &Json, key: &str) -> String {
    let entries = record["meta_data"].as_array().unwrap();
    let entry = entries.iter().find(|entry| entry["key"] == key);
    entry.map_or_else(String::new, |entry| entry["value"].as_str().unwrap().to_owned())
}

async fn skips(scene: &Scene) -> Vec<Skip> {
    let entries = scene.journal().await;
    entries
        .into_iter()
        .filter_map(|stored| stored.entry.skip)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contacts_own_field_travels_both_ways() {
    let scene = scene(
        &row("contacts", "meta_data[vat_id]", "cf_851", ""),
        "Contacts",
        &["cf_851"],
    )
    .await;
    let id = scene
        .shop
        .register_customer(with_meta(ann(EMAIL), "vat_id", "DE123"));
    scene.quiet().await;
    let contact = scene.contact(EMAIL).expect("a contact");
    assert_eq!(contact["cf_851"], "DE123");

    next_second().await;
    assert!(
        scene
            .crm
            .edit_record(contact["id"].as_str().unwrap(), json!({ "cf_851": "AT456" }))
    );
    scene.quiet().await;
    assert_eq!(meta(&scene.shop.customer(id).unwrap(), "vat_id"), "AT456");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_products_own_field_travels_both_ways() {
    let scene = scene(
        &row("products", "meta_data[ean]", "cf_861", ""),
        "Products",
        &["cf_861"],
    )
    .await;
    let lamp = json!({ "name": "Lamp", "sku": "LAMP", "regular_price": "12.50" });
    let id = scene.shop.add_product(with_meta(lamp, "ean", "4006381333931"));
    scene.quiet().await;
    let product = scene
        .crm
        .records("Products")
        .into_iter()
        .find(|product| product["productcode"] == "LAMP");
    let product = product.expect("a product");
    assert_eq!(product["cf_861"], "4006381333931");

    next_second().await;
    assert!(scene.crm.edit_record(
        product["id"].as_str().unwrap(),
        json!({ "cf_861": "9780306406157" })
    ));
    scene.quiet().await;
    assert_eq!(meta(&scene.shop.product(id).unwrap(), "ean"), "9780306406157");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orders_own_field_travels_both_ways() {
    let settings = row("sales_orders", "meta_data[cost_center]", "cf_871", "");
    let scene = scene(&settings, "SalesOrder", &["cf_871"]).await;
    let product = scene
        .shop
        .add_product(json!({ "name": "Lamp", "sku": "LAMP", "regular_price": "12.50" }));
    let order = json!({
        "billing": { "email": EMAIL, "first_name": "Ann", "last_name": "Lee", "country": "US" },
        "line_items": [{ "product_id": product, "quantity": 2 }],
    });
    let id = scene.shop.place_order(with_meta(order, "cost_center", "K 12"));
    scene.quiet().await;
    let orders = scene.crm.records("SalesOrder");
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0]["cf_871"], "K 12");

    next_second().await;
    let lines = orders[0]["LineItems"].clone();
    assert!(
        scene
            .crm
            .edit_record(orders[0]["id"].as_str().unwrap(), json!({ "cf_871": "K 13" }))
    );
    scene.quiet().await;
    assert_eq!(meta(&scene.shop.order(id).unwrap(), "cost_center"), "K 13");
    assert_eq!(scene.crm.records("SalesOrder")[0]["LineItems"], lines);
    scene.stop().await;
}

/// A transform, what the shop has, what the CRM shows of it, what is written there, what the shop shows of that.
const TRANSFORMS: [(&str, &str, &str, &str, &str); 10] = [
    ("[\"trim\"]", "  oak ", "oak", " ash ", "ash"),
    ("[{ case = \"upper\" }]", "oak", "OAK", "Ash", "ASH"),
    (
        "[{ map = { de = \"German\" } }]",
        "de",
        "German",
        "French",
        "French",
    ),
    (
        "[{ table = { to_vtiger = { a = \"One\", b = \"One\", c = \"Two\" }, to_woocommerce = { One = \"a\", Two = \"c\" } } }]",
        "b",
        "One",
        "Two",
        "c",
    ),
    ("[{ prefix = \"No. \" }]", "7", "No. 7", "No. 8", "8"),
    ("[\"zero_is_blank\"]", "7", "7", "0", ""),
    (
        "[\"strip_html\"]",
        "<b>Oak</b> &amp; ash",
        "Oak & ash",
        "Elm",
        "Elm",
    ),
    ("[{ number = 2 }]", "1.005", "1.01", "2.345", "2.35"),
    ("[{ default = \"none\" }]", "", "none", "some", "some"),
    (
        "[{ fixed = \"web\" }]\ndirection = \"to_vtiger\"",
        "oak",
        "web",
        "ash",
        "oak",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_transform_works_on_both_ways() {
    let names: Vec<String> = (0..TRANSFORMS.len())
        .map(|nth| format!("cf_{}", 900 + nth))
        .collect();
    let fields: Vec<&str> = names.iter().map(String::as_str).collect();
    let rows = TRANSFORMS.iter().zip(&fields).map(|((transforms, ..), field)| {
        row(
            "contacts",
            &format!("meta_data[{field}]"),
            field,
            &format!("transforms = {transforms}"),
        )
    });
    let scene = scene(&rows.collect::<String>(), "Contacts", &fields).await;
    let mut customer = ann(EMAIL);
    let in_shop = TRANSFORMS.iter().zip(&fields);
    let in_shop: Vec<Json> = in_shop
        .map(|((_, value, ..), field)| json!({ "key": field, "value": value }))
        .collect();
    customer["meta_data"] = in_shop.into();
    let id = scene.shop.register_customer(customer);
    scene.quiet().await;

    let contact = scene.contact(EMAIL).expect("a contact");
    for ((transform, _, shown, ..), field) in TRANSFORMS.iter().zip(&fields) {
        assert_eq!(contact[field], *shown, "{transform}");
    }
    // The shop's values stay as they are.
    scene.sweep().await;
    let customer = scene.shop.customer(id).unwrap();
    for ((transform, value, ..), field) in TRANSFORMS.iter().zip(&fields) {
        assert_eq!(meta(&customer, field), *value, "{transform}");
    }

    next_second().await;
    let edit = TRANSFORMS.iter().zip(&fields);
    let edit: serde_json::Map<String, Json> = edit
        .map(|((_, _, _, value, _), field)| ((*field).to_owned(), json!(value)))
        .collect();
    assert!(
        scene
            .crm
            .edit_record(contact["id"].as_str().unwrap(), edit.into())
    );
    scene.quiet().await;
    let customer = scene.shop.customer(id).unwrap();
    for ((transform, _, _, _, shown), field) in TRANSFORMS.iter().zip(&fields) {
        assert_eq!(meta(&customer, field), *shown, "{transform}");
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rows_own_conflict_rule_counts_for_its_field_alone() {
    let settings = row(
        "contacts",
        "meta_data[vat_id]",
        "cf_851",
        "conflict = \"woocommerce\"",
    );
    let scene = scene(&settings, "Contacts", &["cf_851"]).await;
    let id = scene
        .shop
        .register_customer(with_meta(ann(EMAIL), "vat_id", "DE1"));
    scene.quiet().await;
    let contact = scene.contact(EMAIL).expect("a contact")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    next_second().await;

    // Both sides change both fields, the CRM's people last.
    scene.set_deaf(true);
    let edit = with_meta(json!({ "billing": { "phone": "1" } }), "vat_id", "DE2");
    assert!(scene.shop.edit_customer(id, edit));
    next_second().await;
    assert!(
        scene
            .crm
            .edit_record(&contact, json!({ "phone": "2", "cf_851": "DE3" }))
    );
    scene.quiet().await;
    scene.set_deaf(false);
    scene.sweep().await;

    let (customer, contact) = (
        scene.shop.customer(id).unwrap(),
        scene.crm.record(&contact).unwrap(),
    );
    assert_eq!(
        (meta(&customer, "vat_id").as_str(), &contact["cf_851"]),
        ("DE2", &json!("DE2"))
    );
    assert_eq!(
        (&customer["billing"]["phone"], &contact["phone"]),
        (&json!("2"), &json!("2"))
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_without_a_mandatory_value_syncs_when_the_row_demands_it_no_more() {
    let mandatory = row("contacts", "meta_data[vat_id]", "cf_851", "mandatory = true");
    let scene = scene(&mandatory, "Contacts", &["cf_851"]).await;
    let id = scene.shop.register_customer(ann(EMAIL));
    scene.quiet().await;
    assert_eq!(scene.contact(EMAIL), None);
    let skip = Skip::Mandatory {
        field: "meta_data[vat_id] = cf_851".to_owned(),
    };
    assert!(skips(&scene).await.contains(&skip), "{:?}", skips(&scene).await);

    let settings = row("contacts", "meta_data[vat_id]", "cf_851", "");
    let imported = import_settings(scene.server.parts(), &settings, true)
        .await
        .unwrap();
    assert!(imported.stored, "{}", imported.report);
    scene.sweep().await;

    let contact = scene.contact(EMAIL).expect("a contact");
    assert_eq!(contact["cf_851"], "");
    assert!(
        scene
            .shop
            .edit_customer(id, with_meta(json!({}), "vat_id", "DE1"))
    );
    scene.quiet().await;
    assert_eq!(scene.contact(EMAIL).expect("a contact")["cf_851"], "DE1");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_the_picklist_lacks_syncs_when_the_row_says_what_it_is() {
    let kind = json!({ "name": "picklist", "picklistValues": [{ "label": "Gold", "value": "Gold" }] });
    let scene = scene(
        &row("contacts", "meta_data[level]", "cf_851", ""),
        "Contacts",
        &[],
    )
    .await;
    scene.crm.add_field("Contacts", "cf_851", "Level", &kind);
    let id = scene.shop.register_customer(with_meta(ann(EMAIL), "level", "3"));
    scene.quiet().await;
    assert_eq!(scene.contact(EMAIL), None);
    let found = skips(&scene).await;
    let is_it =
        |skip: &Skip| matches!(skip, Skip::Rejected { field, .. } if field.as_deref() == Some("cf_851"));
    assert!(found.iter().any(is_it), "{found:?}");

    let table = "transforms = [{ map = { \"3\" = \"Gold\" } }]";
    let settings = row("contacts", "meta_data[level]", "cf_851", table);
    let imported = import_settings(scene.server.parts(), &settings, true)
        .await
        .unwrap();
    assert!(imported.stored, "{}", imported.report);
    scene.sweep().await;

    assert_eq!(scene.contact(EMAIL).expect("a contact")["cf_851"], "Gold");
    assert_eq!(meta(&scene.shop.customer(id).unwrap(), "level"), "3");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_switched_off_writes_nothing() {
    let settings = "[connections.shop.modules.contacts]\ndisabled_mappings = [\"billing.phone = phone\"]";
    let scene = scene(settings, "Contacts", &[]).await;
    let id = scene.shop.register_customer(ann(EMAIL));
    scene.quiet().await;
    let contact = scene.contact(EMAIL).expect("a contact");
    assert_eq!(contact["phone"], "");

    let edit = json!({ "phone": "555 9", "mailingcity": "Berkeley" });
    assert!(scene.crm.edit_record(contact["id"].as_str().unwrap(), edit));
    scene.quiet().await;
    scene.sweep().await;
    let customer = scene.shop.customer(id).unwrap();
    assert_eq!(customer["billing"]["phone"], "555 1000");
    assert_eq!(customer["billing"]["city"], "Berkeley");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_is_filled_by_the_name_of_what_it_refers_to() {
    let settings = row("contacts", "meta_data[employer]", "account_id.accountname", "");
    let scene = scene(&settings, "Contacts", &[]).await;
    let id = scene
        .shop
        .register_customer(with_meta(ann(EMAIL), "employer", "Lee & Sons"));
    scene.quiet().await;
    let contact = scene.contact(EMAIL).expect("a contact");
    let account = scene.crm.record(contact["account_id"].as_str().unwrap()).unwrap();
    assert_eq!(account["accountname"], "Lee & Sons");

    let other = scene
        .crm
        .add_record("Accounts", json!({ "accountname": "Oak Inc." }));
    next_second().await;
    assert!(
        scene
            .crm
            .edit_record(contact["id"].as_str().unwrap(), json!({ "account_id": other }))
    );
    scene.quiet().await;
    assert_eq!(meta(&scene.shop.customer(id).unwrap(), "employer"), "Oak Inc.");
    scene.stop().await;
}
