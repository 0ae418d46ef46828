//! Duplicates that are merged: the record that was in step is deleted in favour of its twin. The link passes on, and the
//! other side's record is not deleted.

use serde_json::{Value as Json, json};
use woo_vtiger_sync::sync::{Deletes, Module};

use crate::scene::{Scene, next_second};

const ANN: &str = "ann@shop.example";
const DELETES: [Deletes; 2] = [Deletes::Ignore, Deletes::Propagate];

async fn scene(module: Module, deletes: Deletes) -> Scene {
    let scene = Scene::start().await;
    scene.set(module, |settings| settings.deletes = deletes).await;
    scene
}

fn twin() -> Json {
    json!({ "firstname": "Ann", "lastname": "Lee", "email": ANN, "phone": "555 7000" })
}

fn desk(sku: &str) -> Json {
    json!({ "name": "Desk", "sku": sku, "regular_price": "50" })
}

/// The CRM's product with that SKU; fails when there are several.
fn product(scene: &Scene, sku: &str) -> Option<Json> {
    let mut found = scene.crm.records("Products");
    found.retain(|product| product["productcode"] == sku);
    assert!(found.len() < 2, "{sku} is there twice");
    found.pop()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_passes_to_the_contact_that_the_linked_one_was_merged_into() {
    for deletes in DELETES {
        for is_announced in [true, false] {
            let scene = scene(Module::Contacts, deletes).await;
            let (customer, contact) = scene.pair(ANN).await;
            scene.set_deaf(!is_announced);
            let twin = scene.crm.add_record("Contacts", twin());
            scene.quiet().await;
            scene.set_deaf(false);

            assert!(scene.crm.delete_record(&contact));
            scene.quiet().await;

            let what = format!("{deletes:?}, the twin announced: {is_announced}");
            assert_eq!(scene.shop.customers().len(), 1, "{what}");
            next_second().await;
            assert!(scene.crm.edit_record(&twin, json!({ "phone": "555 8000" })));
            scene.quiet().await;
            let shown = scene.shop.customer(customer).expect("the customer stays");
            assert_eq!(shown["billing"]["phone"], "555 8000", "{what}");
            while !scene.sweep_all().await {}
            assert_eq!(
                scene.contact(ANN).unwrap()["id"],
                twin,
                "{what}: nothing is created again"
            );
            scene.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_deleted_with_the_contact_only_when_no_other_has_the_address() {
    let scene = scene(Module::Contacts, Deletes::Propagate).await;
    let (customer, contact) = scene.pair(ANN).await;
    let other = json!({ "firstname": "Ann", "lastname": "Lee", "email": "other@shop.example" });
    scene.crm.add_record("Contacts", other);
    scene.quiet().await;

    assert!(scene.crm.delete_record(&contact));
    scene.quiet().await;

    assert!(scene.shop.customer(customer).is_none());
    assert!(scene.customer("other@shop.example").is_some());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_two_twins_are_left_nobody_can_tell_and_the_customer_stays() {
    for deletes in DELETES {
        let scene = scene(Module::Contacts, deletes).await;
        let (customer, contact) = scene.pair(ANN).await;
        let twins = [0, 1].map(|_| scene.crm.add_record("Contacts", twin()));
        scene.quiet().await;

        assert!(scene.crm.delete_record(&contact));
        scene.quiet().await;
        let stays = scene.shop.customer(customer).is_some();
        assert!(stays, "{deletes:?}: one of the two is this customer");

        // Once these two are merged, too, it is clear again.
        assert!(scene.crm.delete_record(&twins[0]));
        scene.quiet().await;
        next_second().await;
        assert!(
            scene
                .shop
                .edit_customer(customer, json!({ "billing": { "phone": "555 9000" } }))
        );
        scene.quiet().await;
        assert_eq!(
            scene.crm.record(&twins[1]).unwrap()["phone"],
            "555 9000",
            "{deletes:?}"
        );
        assert_eq!(scene.shop.customers().len(), 1);
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_a_merged_contact_go_to_the_one_that_is_left() {
    let scene = scene(Module::Contacts, Deletes::Propagate).await;
    let (customer, contact) = scene.pair(ANN).await;
    let product = scene.shop.add_product(desk("DESK"));
    let twin = scene.crm.add_record("Contacts", twin());
    scene.quiet().await;
    assert!(scene.crm.delete_record(&contact));
    scene.quiet().await;

    let order = scene.shop.place_order(json!({
        "customer_id": customer, "billing": { "first_name": "Ann", "last_name": "Lee", "email": ANN },
        "line_items": [{ "product_id": product, "name": "Desk", "quantity": 1, "subtotal": "50", "total": "50" }],
    }));
    scene.quiet().await;

    assert_eq!(
        crate::sales_orders::sales_order(&scene, order)["contact_id"],
        twin
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_of_the_shop_passes_to_the_one_that_took_its_counterparts_place() {
    for deletes in DELETES {
        let scene = scene(Module::Products, deletes).await;
        let shops = scene.shop.add_product(desk("DESK"));
        scene.quiet().await;
        let old = product(&scene, "DESK").unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let new =
            json!({ "productname": "Desk", "productcode": "DESK", "unit_price": "50", "discontinued": "1" });
        let new = scene.crm.add_record("Products", new);
        scene.quiet().await;

        assert!(scene.crm.delete_record(&old));
        scene.quiet().await;
        next_second().await;
        assert!(scene.crm.edit_record(&new, json!({ "productname": "New desk" })));
        scene.quiet().await;

        let shown = scene.shop.product(shops).expect("the product stays");
        assert_eq!(
            (&shown["name"], &shown["status"]),
            (&json!("New desk"), &json!("publish")),
            "{deletes:?}"
        );
        while !scene.sweep_all().await {}
        assert_eq!(product(&scene, "DESK").unwrap()["id"], new, "{deletes:?}");
        assert_eq!(scene.shop.products().len(), 1, "{deletes:?}");
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_of_the_crm_passes_to_the_one_that_took_its_counterparts_place() {
    for deletes in DELETES {
        let scene = scene(Module::Products, deletes).await;
        let old = scene.shop.add_product(desk("DESK"));
        scene.quiet().await;
        let id = product(&scene, "DESK").unwrap()["id"].clone();

        // The shop lets no two products have one SKU: the new one gets it when the old one is in the trash.
        scene.set_deaf(true);
        assert!(scene.shop.trash_product(old));
        let new = scene.shop.add_product(desk("DESK"));
        scene.quiet().await;
        scene.set_deaf(false);
        scene.sweep_all().await;
        next_second().await;
        assert!(scene.shop.edit_product(new, json!({ "name": "New desk" })));
        scene.quiet().await;

        let shown = product(&scene, "DESK").expect("the product stays");
        assert_eq!(
            (&shown["id"], &shown["productname"]),
            (&id, &json!("New desk")),
            "{deletes:?}"
        );
        scene.stop().await;
    }
}
