//! Texts that are hard to carry: what the other system can keep arrives unchanged, and what it can't is foreseen and
//! never comes back to the shop.

use serde_json::{Value as Json, json};

use crate::scene::{Scene, next_second};

/// Texts that both systems can keep as they are.
const KEPT: [&str; 6] = [
    "Größe ÆØÅ ñ Łódź",
    "李小明 Ольга שלום",
    "O'Brien \"Bob\" “x” ‘y’",
    "Fish & chips",
    "50 % + 3; x=y",
    "{$x} %s :name",
];

/// Texts that one of the two damages: Vtiger loses emoji, WordPress backslashes and what looks like a tag.
const DAMAGED: [&str; 4] = ["1 < 2 > 0", "a\\b\\\\c", "Gift 🎁 wrap", "Thumbs 👍🏽 up"];

fn customer(nth: usize, text: &str) -> Json {
    json!({
        "email": format!("buyer{nth}@shop.example"), "first_name": text, "last_name": text,
        "billing": { "phone": "1", "company": text, "address_1": text, "city": text, "state": text,
                     "postcode": "1", "country": "US" },
    })
}

/// A shop with a customer, a product and an order for each text, as WordPress lets people enter it.
async fn fill(scene: &Scene, texts: &[&str]) -> Vec<[u64; 3]> {
    let mut ids = Vec::new();
    for (nth, text) in texts.iter().enumerate() {
        let customer_id = scene.shop.register_customer(customer(nth, text));
        let product = scene.shop.add_product(json!({
            "name": text, "sku": format!("SKU-{nth}"), "regular_price": "12.50",
        }));
        let address = json!({
            "first_name": text, "last_name": text, "company": text, "address_1": text, "city": text,
            "email": format!("buyer{nth}@shop.example"), "country": "US",
        });
        let order = scene.shop.place_order(json!({
            "customer_id": customer_id, "billing": address, "customer_note": format!("{text}\n{text}"),
            "line_items": [{ "product_id": product, "quantity": 1 }],
            "fee_lines": [{ "name": text, "total": "1.00" }],
        }));
        ids.push([customer_id, product, order]);
    }
    scene.quiet().await;
    ids
}

/// What the shop has, without times and the notes that the service leaves.
fn in_shop(scene: &Scene) -> Vec<Json> {
    let (shop, mut all) = (&scene.shop, Vec::new());
    for mut record in [shop.customers(), shop.products(), shop.orders()].concat() {
        for name in ["date_modified", "date_modified_gmt", "meta_data"] {
            record[name] = json!(null);
        }
        all.push(record);
    }
    all
}

/// Each record of the CRM is saved as it is, and then with another field edited.
async fn touch_in_crm(scene: &Scene) {
    for (module, field) in [
        ("Contacts", "mailingzip"),
        ("Products", "weight"),
        ("SalesOrder", "bill_code"),
    ] {
        for record in scene.crm.records(module) {
            let id = record["id"].as_str().unwrap();
            assert!(scene.crm.edit_record(id, json!({})));
            assert!(scene.crm.edit_record(id, json!({ (field): "7" })));
        }
        scene.quiet().await;
    }
}

/// The same record without the field that is edited.
fn without_edit(mut records: Vec<Json>) -> Vec<Json> {
    for record in &mut records {
        record["weight"] = json!(null);
        record["billing"]["postcode"] = json!(null);
    }
    records
}

async fn check_that_the_shop_keeps(texts: &[&str]) {
    let scene = Scene::start().await;
    fill(&scene, texts).await;
    let before = in_shop(&scene);
    next_second().await;
    scene.forget_calls();
    scene.sweep_all().await;
    assert_eq!(scene.writes(), Vec::<String>::new());

    touch_in_crm(&scene).await;
    scene.sweep_all().await;
    let after = in_shop(&scene);
    for (before, after) in without_edit(before).iter().zip(&without_edit(after)) {
        for (name, value) in before.as_object().unwrap() {
            assert_eq!(value, &after[name], "{name} of {}", before["id"]);
        }
    }
    for customer in scene.shop.customers() {
        assert_eq!(customer["billing"]["postcode"], "7", "the edit arrived");
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_both_can_keep_arrive_unchanged() {
    let scene = Scene::start().await;
    fill(&scene, &KEPT).await;
    for (nth, text) in KEPT.iter().enumerate() {
        let contact = scene
            .contact(&format!("buyer{nth}@shop.example"))
            .expect("a contact");
        for field in [
            "firstname",
            "lastname",
            "mailingstreet",
            "mailingcity",
            "mailingstate",
        ] {
            assert_eq!(contact[field], *text, "{field}");
        }
        let account = scene.crm.record(contact["account_id"].as_str().unwrap()).unwrap();
        assert_eq!(account["accountname"], *text);
        let products = scene.crm.records("Products");
        let product = products
            .iter()
            .find(|product| product["productcode"] == format!("SKU-{nth}"));
        assert_eq!(product.expect("a product")["productname"], *text);
        let orders = scene.crm.records("SalesOrder");
        let order = orders
            .iter()
            .find(|order| order["contact_id"] == contact["id"])
            .expect("an order");
        assert_eq!(order["description"], format!("{text}\n{text}"));
        assert_eq!(
            (&order["bill_street"], &order["bill_city"]),
            (&json!(text), &json!(text))
        );
        assert_eq!(order["LineItems"][1]["comment"], *text);
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_the_crm_arrive_in_the_shop_unchanged() {
    let scene = Scene::start().await;
    for (nth, text) in KEPT.iter().enumerate() {
        let contact = json!({
            "email": format!("buyer{nth}@shop.example"), "firstname": text, "lastname": text, "mailingcity": text,
        });
        scene.crm.add_record("Contacts", contact);
        let product = json!({ "productname": text, "productcode": format!("SKU-{nth}"), "discontinued": "1",
                              "unit_price": "5", "description": text });
        scene.crm.add_record("Products", product);
    }
    scene.quiet().await;
    for (nth, text) in KEPT.iter().enumerate() {
        let customer = scene
            .customer(&format!("buyer{nth}@shop.example"))
            .expect("a customer");
        for value in [
            &customer["first_name"],
            &customer["last_name"],
            &customer["billing"]["city"],
        ] {
            assert_eq!(html_decoded(value), *text);
        }
        let products = scene.shop.products();
        let product = products
            .iter()
            .find(|product| product["sku"] == format!("SKU-{nth}"));
        assert_eq!(html_decoded(&product.expect("a product")["name"]), *text);
    }
    let before = (scene.crm.records("Contacts"), scene.crm.records("Products"));
    next_second().await;
    scene.forget_calls();
    scene.sweep_all().await;
    assert_eq!(scene.writes(), Vec::<String>::new());
    assert_eq!(
        before,
        (scene.crm.records("Contacts"), scene.crm.records("Products"))
    );
    scene.stop().await;
}

fn html_decoded(value: &Json) -> String {
    html_escape::decode_html_entities(value.as_str().unwrap()).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_both_can_keep_stays_in_the_shop() {
    check_that_the_shop_keeps(&KEPT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_vtiger_damages_stays_whole_in_the_shop() {
    check_that_the_shop_keeps(&DAMAGED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_texts_and_scripts_stay_whole_in_the_shop() {
    let long = "Ä long text ".repeat(40);
    check_that_the_shop_keeps(&[long.trim(), "A <script>alert(1)</script> b"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loss_is_told_in_the_journal() {
    let scene = Scene::start().await;
    fill(&scene, &DAMAGED[2..3]).await;
    let journal = scene.journal().await;
    for name in [
        "first_name = firstname",
        "name = productname",
        "customer_note = description",
    ] {
        let mut fields = journal.iter().flat_map(|stored| &stored.entry.fields);
        let is_told = fields.any(|field| field.field == name && field.lossy);
        assert!(is_told, "{name}");
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_vtiger_rounds_stay_whole_in_the_shop() {
    let scene = Scene::start().await;
    let ids: Vec<u64> = ["12.3456", "0.005", "1999.999"]
        .iter()
        .enumerate()
        .map(|(nth, price)| {
            scene.shop.add_product(json!({
                "name": "Lamp", "sku": format!("LAMP-{nth}"), "regular_price": price, "weight": "1.23456",
                "manage_stock": true, "stock_quantity": 7,
            }))
        })
        .collect();
    scene.quiet().await;
    next_second().await;
    let shown = |id: &u64| {
        let product = scene.shop.product(*id).unwrap();
        ["regular_price", "weight", "stock_quantity"].map(|name| product[name].clone())
    };
    let before: Vec<_> = ids.iter().map(shown).collect();
    for product in scene.crm.records("Products") {
        let id = product["id"].as_str().unwrap();
        assert!(scene.crm.edit_record(id, json!({})));
        assert!(scene.crm.edit_record(id, json!({ "productname": "Big lamp" })));
    }
    scene.quiet().await;
    scene.sweep_all().await;

    let after: Vec<_> = ids.iter().map(shown).collect();
    assert_eq!(before, after);
    let names = scene.shop.products();
    assert!(
        names.iter().all(|product| product["name"] == "Big lamp"),
        "{names:?}"
    );
    scene.stop().await;
}
