//! Every delivery and callback that a real WooCommerce and a real Vtiger sent, sent to the service once more.

mod outcomes;
mod shown;

use serde_json::{Value as Json, json};
use woo_vtiger_sync::sync::Module;

use crate::recording;
use crate::scene::{Scene, wait_until};
use crate::wire::{names_in, recorded_body, recorded_callback, recorded_delivery};
use outcomes::Outcome::{Contact, GuestOrder, Nothing, Order, Product, Sweep};
use outcomes::{DELIVERIES, LAST_ORDERS, LAST_PRODUCTS, LAST_STATES};
use shown::{assert_contact, assert_order, assert_product};

/// Sends a recorded delivery, which is answered with 200 whatever it is.
fn deliver(scene: &Scene, file: &str) {
    let answer = recorded_delivery(file).send(scene.server.address());
    assert_eq!(answer.status, 200, "{file}");
    assert_eq!(answer.json()["status"], "accepted", "{file}");
}

/// The recorded files, the first received first.
fn in_recorded_order() -> Vec<&'static str> {
    let mut files: Vec<&str> = DELIVERIES.iter().map(|(file, _)| *file).collect();
    let received = |file: &str| {
        recording::json(&format!("woo/webhooks/{file}.json"))["received_unix"]
            .as_f64()
            .unwrap()
    };
    files.sort_by(|one, other| received(one).total_cmp(&received(other)));
    files
}

/// What a sweep of a module asks both systems; guests are in the orders.
fn pages(module: Module) -> &'static [&'static str] {
    match module {
        Module::Contacts => &["GET /customers", "GET /orders", "query SELECT * FROM Contacts"],
        Module::Products => &["GET /products", "query SELECT * FROM Products"],
        Module::SalesOrders => &[
            "GET /orders",
            "query SELECT id, modifiedtime, modifiedby FROM SalesOrder",
        ],
        Module::Taxes => &["GET /taxes", "query SELECT * FROM Tax"],
    }
}

/// Waits until what a genuine delivery without a readable record asks for was done: both systems were read.
async fn swept(scene: &Scene, modules: &[Module]) {
    wait_until("a sweep has read both systems", || async {
        let calls = scene.calls();
        let mut pages = modules.iter().flat_map(|module| pages(*module));
        pages.all(|page| calls.iter().any(|call| call.starts_with(page)))
    })
    .await;
    scene.quiet().await;
}

fn assert_nothing_written(scene: &Scene, what: &str) {
    for module in ["Contacts", "Accounts", "Products", "SalesOrder"] {
        assert_eq!(scene.crm.records(module), [] as [Json; 0], "{what}");
    }
    assert_nothing_in_the_shop(scene, what);
}

/// The shop has nothing, so whatever was there came from the CRM.
fn assert_nothing_in_the_shop(scene: &Scene, what: &str) {
    let shop = &scene.shop;
    for records in [shop.customers(), shop.products(), shop.orders()] {
        assert_eq!(records, [] as [Json; 0], "{what}");
    }
    assert!(shop.calls().iter().all(|call| call.method == "GET"), "{what}");
}

/// The modules of the records that were created, sorted.
fn created(calls: &[String]) -> Vec<&str> {
    let mut created: Vec<&str> = calls
        .iter()
        .filter_map(|call| call.strip_prefix("create "))
        .collect();
    created.sort_unstable();
    created
}

/// Sends a delivery, and then once more. Says the calls that the one and the other made.
async fn deliver_twice(scene: &Scene, file: &str) -> (Vec<String>, Vec<String>) {
    deliver(scene, file);
    scene.quiet().await;
    let first = scene.calls();
    assert!(
        !first.iter().any(|call| call.starts_with("revise ")),
        "{file}: {first:?}"
    );
    assert_nothing_in_the_shop(scene, file);

    scene.forget_calls();
    deliver(scene, file);
    scene.quiet().await;

    (first, scene.calls_signed_in())
}

#[test]
fn the_table_holds_every_recorded_delivery() {
    assert_eq!(
        DELIVERIES.map(|(file, _)| file.to_owned()).to_vec(),
        names_in("woo/webhooks")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_delivery_of_a_person_or_product_alone_creates_it_and_its_repetition_writes_nothing() {
    for (file, outcome) in DELIVERIES {
        let module = match outcome {
            Contact(_) => "Contacts",
            Product(_) => "Products",
            _ => continue,
        };
        let scene = Scene::start().await;

        let (first, again) = deliver_twice(&scene, file).await;

        assert_eq!(created(&first), [module], "{file}");
        match outcome {
            Contact(email) => assert_contact(&scene, email, file),
            Product(sku) => assert_product(&scene, sku, file),
            _ => {}
        }
        // The payload is enough, but for a variation's SKU, which may be its product's; this shop lacks the product.
        let expected: &[&str] = match outcome {
            Product("HOOKV-R") => &["GET /products/118?context=edit"],
            _ => &[],
        };
        let of_shop: Vec<&String> = first.iter().filter(|call| call.starts_with("GET /")).collect();
        assert_eq!(of_shop, expected, "{file}");
        assert_eq!(again, expected, "{file}");
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_delivery_of_an_order_alone_creates_it_and_its_repetition_costs_nothing() {
    for (file, outcome) in DELIVERIES {
        let (number, guest) = match outcome {
            Order(number) => (number, None),
            GuestOrder(number, email) => (number, Some(email)),
            _ => continue,
        };
        let scene = Scene::start().await;

        let (first, again) = deliver_twice(&scene, file).await;

        assert_order(&scene, number, file);
        // The buyer's organization, and what stands for products that this shop lacks, and for fees.
        let mut expected = vec!["Accounts", "Products", "SalesOrder"];
        if recorded_body(file)["fee_lines"] != json!([]) {
            expected.insert(1, "Products");
        }
        if let Some(email) = guest {
            assert_contact(&scene, email, file);
            expected.insert(1, "Contacts");
        }
        assert_eq!(created(&first), expected, "{file}");
        assert_eq!(again, [] as [&str; 0], "{file}");
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_of_no_concern_are_accepted_and_cost_nothing() {
    let scene = Scene::start().await;

    for (file, _) in DELIVERIES.iter().filter(|(_, outcome)| *outcome == Nothing) {
        deliver(&scene, file);
        scene.quiet().await;

        assert_eq!(scene.calls_signed_in(), [] as [&str; 0], "{file}");
        assert_nothing_written(&scene, file);
    }

    assert!(scene.journal().await.is_empty());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_whose_record_is_gone_makes_a_sweep_look_and_changes_nothing() {
    for (file, outcome) in DELIVERIES {
        let Sweep(modules) = outcome else { continue };
        let scene = Scene::start().await;

        deliver(&scene, file);
        swept(&scene, modules).await;

        assert_nothing_written(&scene, file);
        let expected: Vec<&str> = modules
            .iter()
            .flat_map(|module| pages(*module))
            .copied()
            .collect();
        for call in scene.calls_signed_in() {
            assert!(
                expected.iter().any(|page| call.starts_with(page)),
                "{file}: {call}"
            );
        }
        assert!(scene.journal().await.is_empty(), "{file}");
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_deliveries_one_after_the_other_cost_no_more_than_their_changes() {
    let scene = Scene::start().await;
    deliver(&scene, "customer.created");
    scene.quiet().await;
    let contact = scene.contact("hook1@shop.example").expect("a contact")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let change = [format!("retrieve {contact}"), format!("revise {contact}")];

    for (file, expected) in [
        ("customer.created-1-customer.created", &[][..]),
        ("customer.created-2-customer.updated", &[]),
        ("customer.updated", &change),
        ("customer.updated-billing", &change),
        ("customer.updated-nochange", &[]),
        // Late ones.
        ("customer.updated", &[]),
        ("customer.created", &[]),
    ] {
        scene.forget_calls();
        deliver(&scene, file);
        scene.quiet().await;

        assert_eq!(scene.calls(), expected, "{file}");
    }

    assert_contact(&scene, "hook1@shop.example", "customer.updated-nochange");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contact_of_a_deleted_customer_stays_and_the_journal_tells() {
    let scene = Scene::start().await;
    deliver(&scene, "customer.updated-nochange");
    scene.quiet().await;
    scene.forget_calls();

    deliver(&scene, "customer.deleted");
    scene.quiet().await;

    // The event is a hint: the shop is asked, and has no such customer, nor another that this one was merged into.
    let merged = "GET /customers?email=hook1%40shop.example&role=all&per_page=2";
    assert_eq!(scene.calls(), ["GET /customers/32", merged]);
    assert_contact(&scene, "hook1@shop.example", "customer.updated-nochange");
    let journal = scene.journal().await;
    let skip = journal[0].entry.skip.as_ref().expect("a reason");
    assert!(skip.to_string().contains("deleted"), "{skip}");

    scene.forget_calls();
    deliver(&scene, "customer.deleted");
    scene.quiet().await;
    assert_eq!(scene.journal().await.len(), journal.len());
    scene.stop().await;
}

async fn all_at_once(files: impl Iterator<Item = &'static str>) {
    let scene = Scene::start().await;

    for file in files {
        deliver(&scene, file);
    }
    scene.quiet().await;
    swept(&scene, &[Module::Contacts, Module::Products, Module::SalesOrders]).await;

    for (email, file) in LAST_STATES {
        assert_contact(&scene, email, file);
    }
    for (sku, file) in LAST_PRODUCTS {
        assert_product(&scene, sku, file);
    }
    for (number, file) in LAST_ORDERS {
        assert_order(&scene, number, file);
    }
    let count = |module: &str| scene.crm.records(module).len();
    assert_eq!(count("Contacts"), LAST_STATES.len());
    // Two more stand for products and fees that the CRM doesn't know.
    assert_eq!(count("Products"), LAST_PRODUCTS.len() + 2);
    assert_eq!(count("SalesOrder"), LAST_ORDERS.len());
    assert_eq!(
        count("Accounts"),
        2,
        "each buyer's name is an organization's once"
    );
    assert_nothing_in_the_shop(&scene, "all deliveries");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_deliveries_in_recorded_order_make_each_record_one_with_the_last_state() {
    all_at_once(in_recorded_order().into_iter()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_deliveries_in_reverse_order_make_each_record_one_with_the_last_state() {
    all_at_once(in_recorded_order().into_iter().rev()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_deliveries_twice_and_mixed_make_each_record_one_with_the_last_state() {
    let files = in_recorded_order();
    all_at_once(files.clone().into_iter().rev().chain(files)).await;
}

/// The record that each recorded callback makes the service read.
const CALLBACKS: [(&str, Option<(&str, &str)>); 13] = [
    ("afterdelete", None),
    ("afterrestore", Some(("Contacts", "12x378"))),
    ("aftersave", Some(("Contacts", "12x382"))),
    ("aftersave_final", Some(("Contacts", "12x382"))),
    ("beforedelete", None),
    ("products_afterdelete", None),
    ("products_aftersave", Some(("Products", "14x47"))),
    ("products_workflow_save", Some(("Products", "14x47"))),
    ("salesorder_afterdelete", None),
    ("salesorder_aftersave_final", Some(("SalesOrder", "6x114"))),
    ("salesorder_beforedelete", None),
    ("salesorder_workflow_save", Some(("SalesOrder", "6x114"))),
    ("workflow_save", Some(("Contacts", "12x382"))),
];

#[tokio::test(flavor = "multi_thread")]
async fn recorded_callbacks_are_accepted_and_ask_for_the_record_that_they_tell_of() {
    assert_eq!(
        CALLBACKS.map(|(file, _)| file.to_owned()).to_vec(),
        names_in("vtiger/callbacks")
    );
    let scene = Scene::start().await;
    // Signs in, which is no matter of these callbacks.
    let known = json!({ "email": "known@crm.example", "lastname": "Known" });
    scene.crm.add_record("Contacts", known);
    scene.quiet().await;
    recorded_callback("aftersave").send(scene.server.address());
    scene.quiet().await;

    for (file, expected) in CALLBACKS {
        scene.forget_calls();
        let answer = recorded_callback(file).send(scene.server.address());
        scene.quiet().await;

        assert_eq!(answer.status, 200, "{file}");
        // The CRM at hand doesn't have these records, so it is asked whether they are gone or hidden.
        let expected = expected.map_or_else(Vec::new, |(module, id)| {
            let query = format!("query SELECT id FROM {module} WHERE id = '{id}';");
            vec![format!("retrieve {id}"), query]
        });
        assert_eq!(scene.calls(), expected, "{file}");
    }

    assert_eq!(scene.crm.records("Contacts").len(), 1);
    assert_eq!(scene.shop.customers().len(), 1);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_is_told_of_after_the_deletion_still_reaches_the_contact() {
    let scene = Scene::start().await;
    deliver(&scene, "customer.created");
    scene.quiet().await;
    deliver(&scene, "customer.deleted");
    scene.quiet().await;

    deliver(&scene, "customer.updated-nochange");
    scene.quiet().await;

    assert_contact(&scene, "hook1@shop.example", "customer.updated-nochange");
    assert!(scene.shop.calls().iter().all(|call| call.method == "GET"));
    scene.stop().await;
}
