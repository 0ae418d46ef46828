//! The settings' pages: a person changes something, and it shows in the other system.

use std::time::Duration;

use serde_json::json;
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::sync::{ConflictRule, Direction, Guests, Module, Transform};

use super::scene;
use crate::scene::{Scene, ann, next_second, place, wait_until};
use crate::visitor::{ADMIN, Visitor};

const EMAIL: &str = "ann@shop.example";
const CONTACTS: &str = "/settings/shop/contacts";

/// What a person fills in for a mapping of a field of their own.
const VAT: [(&str, &str); 9] = [
    ("version", "1"),
    ("woocommerce", "meta_data[vat_id]"),
    ("vtiger", "cf_851"),
    ("direction", "both"),
    ("kind", ""),
    ("step.0", "trim"),
    ("step.1", "upper"),
    ("enabled", "on"),
    ("note", "for the accountant"),
];

/// The form with some fields otherwise.
fn but<'a>(form: &[(&'a str, &'a str)], changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let is_changed = |name: &str| changes.iter().any(|(changed, _)| *changed == name);
    let kept = form.iter().filter(|(name, _)| !is_changed(name)).copied();
    kept.chain(changes.iter().copied()).collect()
}

/// The settings of contacts as they are filled in at first.
const AS_IT_WAS: [(&str, &str); 6] = [
    ("version", "1"),
    ("enabled", "on"),
    ("direction", "both"),
    ("conflict", "last_updated"),
    ("deletes", "ignore"),
    ("sync_from", ""),
];

async fn with_vat_number(scene: &Scene, number: &str) -> u64 {
    let mut customer = ann(EMAIL);
    customer["meta_data"] = json!([{ "key": "vat_id", "value": number }]);
    let id = scene.shop.register_customer(customer);
    scene.quiet().await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_mapping_that_is_added_brings_the_field_to_the_other_system_and_back() {
    let scene = scene().await;
    let id = with_vat_number(&scene, " de1").await;
    let admin = Visitor::admin(&scene.server).await;
    let page = admin.page(&format!("{CONTACTS}/mappings/new")).await;
    assert!(
        page.contains(r#"<option value="meta_data[vat_id]">Meta data · text</option>"#),
        "{page}"
    );
    assert!(page.contains(r#"<option value="cf_851">VAT number · text</option>"#));
    assert!(page.contains(r#"<option value="date_created">Created · date · read only</option>"#));
    assert!(page.contains(r#"<option value="lastname">Last Name · text · mandatory</option>"#));

    let saved = admin.post(&format!("{CONTACTS}/mappings/save"), &VAT).await;

    assert_eq!(saved.status(), 303);
    wait_until("the field is in the CRM", async || {
        scene.contact(EMAIL).unwrap()["cf_851"] == "DE1"
    })
    .await;
    scene.quiet().await;
    next_second().await;
    let contact = scene.contact(EMAIL).unwrap()["id"].as_str().unwrap().to_owned();
    assert!(scene.crm.edit_record(&contact, json!({ "cf_851": "DE2" })));
    scene.quiet().await;
    let meta = scene.shop.customer(id).unwrap()["meta_data"].clone();
    assert!(meta.to_string().contains("DE2"), "{meta}");
    let page = admin.page(&format!("{CONTACTS}/mappings")).await;
    assert!(page.contains("Saved as version 2."), "{page}");
    assert!(page.contains("trim, then CAPITALS"));
    let page = admin.page(&format!("{CONTACTS}/versions")).await;
    assert!(
        page.contains(ADMIN) && page.contains("for the accountant"),
        "{page}"
    );
    assert!(
        page.contains("mapping `meta_data[vat_id] = cf_851` added"),
        "{page}"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_is_previewed_and_checked_before_it_is_saved() {
    let scene = scene().await;
    with_vat_number(&scene, "de1").await;
    let admin = Visitor::admin(&scene.server).await;
    scene.forget_calls();

    let checked = admin.post(&format!("{CONTACTS}/mappings/check"), &VAT).await;
    let fragment = checked.text().await.unwrap();

    assert!(fragment.contains("<q><b>DE1</b></q>"), "{fragment}");
    assert!(fragment.contains("It would be written when the other side changes."));
    assert!(fragment.contains(r#"id="marks-vtiger" aria-live="polite" hx-swap-oob="true"></div>"#));
    assert!(!fragment.contains("<html"));
    let wrong = but(&VAT, &[("vtiger", "cf_852")]);
    let fragment = admin.post(&format!("{CONTACTS}/mappings/check"), &wrong).await;
    let fragment = fragment.text().await.unwrap();
    let marked = r#"hx-swap-oob="true"><p class="problem">Vtiger CRM `cf_852`: there is no such field; did you mean `cf_851`?</p>"#;
    assert!(fragment.contains(marked), "{fragment}");
    let unfinished = but(&VAT, &[("vtiger", "")]);
    let fragment = admin
        .post(&format!("{CONTACTS}/mappings/check"), &unfinished)
        .await;
    assert!(!fragment.text().await.unwrap().contains("problem\""));
    let page = admin.post(&format!("{CONTACTS}/mappings/preview"), &VAT).await;
    let page = page.text().await.unwrap();
    assert!(
        page.contains("<html") && page.contains("<q><b>DE1</b></q>"),
        "{page}"
    );
    assert!(page.contains(r#"value="meta_data[vat_id]" list="#));
    assert_eq!(scene.writes(), [] as [String; 0]);
    let versions = admin.page(&format!("{CONTACTS}/versions")).await;
    assert!(!versions.contains("Version 2"));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_mapping_is_not_saved_and_says_what_to_mend() {
    let scene = scene().await;
    let admin = Visitor::admin(&scene.server).await;
    for (change, told) in [
        (
            &[("vtiger", "cf_852")][..],
            "there is no such field; did you mean `cf_851`?",
        ),
        (
            &[("woocommerce", "date_created")],
            "it can only be read; give the mapping the direction",
        ),
        (&[("vtiger", "")], "it is empty; fill it in"),
        (
            &[("step.0", "number"), ("text.0", "two")],
            "write it like &quot;trim&quot;",
        ),
        (
            &[("vtiger", "email")],
            "writes Vtiger CRM `email` too; switch one of the two off",
        ),
        (
            &[("step.0", "fixed"), ("text.0", "x")],
            "a fixed value needs a direction",
        ),
    ] {
        let form = but(&VAT, change);

        let refused = admin.post(&format!("{CONTACTS}/mappings/save"), &form).await;

        assert_eq!(refused.status(), 422, "{change:?}");
        let page = refused.text().await.unwrap().replace("&#34;", "&quot;");
        assert!(page.contains(told), "{change:?}: {page}");
    }
    let settings = scene
        .server
        .parts()
        .store
        .settings(&place(Module::Contacts))
        .await;
    assert_eq!(settings.unwrap().unwrap().mappings.len(), 15);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_changed_by_a_form_and_brought_back_by_a_click() {
    let scene = scene().await;
    let admin = Visitor::admin(&scene.server).await;
    let form = but(
        &AS_IT_WAS,
        &[
            ("direction", "to_vtiger"),
            ("sweep_interval", "15m"),
            ("conflict", "vtiger"),
        ],
    );

    let saved = admin.post(CONTACTS, &form).await;

    assert_eq!(saved.status(), 303);
    let store = &scene.server.parts().store;
    let settings = store.settings(&place(Module::Contacts)).await.unwrap().unwrap();
    assert_eq!(
        (settings.direction, settings.conflict),
        (Direction::ToVtiger, ConflictRule::Vtiger)
    );
    let page = admin.page(&format!("{CONTACTS}/versions")).await;
    assert!(
        page.contains("direction: both ways → to Vtiger CRM only"),
        "{page}"
    );
    assert!(page.contains("time between sweeps: as for all modules → 15m"));
    let back = admin
        .post(&format!("{CONTACTS}/versions"), &[("to", "1"), ("version", "2")])
        .await;
    assert_eq!(back.status(), 303);
    let settings = store.settings(&place(Module::Contacts)).await.unwrap().unwrap();
    assert_eq!(settings.direction, Direction::Both);
    let page = admin.page(&format!("{CONTACTS}/versions")).await;
    assert!(page.contains("back to version 1"), "{page}");
    let overview = admin.page("/settings").await;
    assert!(
        overview.contains("Version 3") && overview.contains("15 mappings"),
        "{overview}"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_setting_is_marked_at_its_field() {
    let scene = scene().await;
    let admin = Visitor::admin(&scene.server).await;
    let form = but(&AS_IT_WAS, &[("sweep_interval", "often"), ("owner", "Ann <b>")]);

    let refused = admin.post(CONTACTS, &form).await;

    assert_eq!(refused.status(), 422);
    let page = refused.text().await.unwrap();
    assert!(
        page.contains(r#"id="sweep_interval-problem">`often` is no period of time"#),
        "{page}"
    );
    assert!(
        page.contains(r#"id="owner-problem">`Ann &#60;b&#62;` is no id of Vtiger"#),
        "{page}"
    );
    assert!(page.contains(r#"value="often""#));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_older_than_the_settings_is_refused_and_shows_what_changed() {
    let scene = scene().await;
    let admin = Visitor::admin(&scene.server).await;
    let first = but(&AS_IT_WAS, &[("direction", "to_vtiger")]);
    assert_eq!(admin.post(CONTACTS, &first).await.status(), 303);
    let late = but(&AS_IT_WAS, &[("deletes", "propagate")]);

    let refused = admin.post(CONTACTS, &late).await;
    let editor = admin.post(&format!("{CONTACTS}/mappings/save"), &VAT).await;
    let switched = admin
        .post(
            &format!("{CONTACTS}/mappings/switch"),
            &[("version", "1"), ("row", "0")],
        )
        .await;

    assert_eq!((refused.status().as_u16(), editor.status().as_u16()), (409, 409));
    for page in [refused.text().await.unwrap(), editor.text().await.unwrap()] {
        assert!(
            page.contains("Ann saved version 2 while this form was open"),
            "{page}"
        );
        assert!(page.contains("direction: both ways → to Vtiger CRM only"));
    }
    assert_eq!(switched.status(), 303);
    let page = admin.page(&format!("{CONTACTS}/mappings")).await;
    assert!(page.contains("Ann saved version 2 meanwhile"), "{page}");
    let versions = scene
        .server
        .parts()
        .store
        .settings_versions(&place(Module::Contacts), None, 10)
        .await;
    assert_eq!(versions.unwrap().len(), 2);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mappings_are_switched_off_and_own_ones_taken_away() {
    let scene = scene().await;
    let admin = Visitor::admin(&scene.server).await;
    let post = async |path: &str, version: &str, row: &str| {
        let form = [("version", version), ("row", row)];
        admin
            .post(&format!("{CONTACTS}/mappings/{path}"), &form)
            .await
            .status()
    };
    assert_eq!(
        admin
            .post(&format!("{CONTACTS}/mappings/save"), &VAT)
            .await
            .status(),
        303
    );

    assert_eq!(post("switch", "2", "3").await, 303);
    assert_eq!(post("remove", "3", "15").await, 303);
    assert_eq!(post("remove", "4", "15").await, 409);

    let settings = scene
        .server
        .parts()
        .store
        .settings(&place(Module::Contacts))
        .await;
    let settings = settings.unwrap().unwrap();
    assert_eq!(settings.mappings.len(), 15);
    assert!(!settings.mappings[3].enabled);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_statuses_offers_both_systems_values_and_holds() {
    let scene = scene().await;
    let admin = Visitor::admin(&scene.server).await;
    let path = "/settings/shop/sales_orders";
    let page = admin.page(path).await;
    assert!(
        page.contains(r#"<option value="Delivered" selected>Delivered</option>"#),
        "{page}"
    );
    assert!(
        page.contains(r#"name="to_vtiger.on-hold""#) && page.contains(r#"name="to_woocommerce.Approved""#)
    );
    let form = but(
        &AS_IT_WAS,
        &[
            ("guests", "per_order"),
            ("taxing", "auto"),
            ("statuses", "on"),
            ("to_vtiger.completed", "Approved"),
            ("to_woocommerce.Approved", "completed"),
        ],
    );

    assert_eq!(admin.post(path, &form).await.status(), 303);

    let settings = scene
        .server
        .parts()
        .store
        .settings(&place(Module::SalesOrders))
        .await;
    let settings = settings.unwrap().unwrap();
    assert_eq!(settings.sales_orders.guests, Guests::PerOrder);
    let row = settings
        .mappings
        .iter()
        .find(|row| row.vtiger.to_string() == "sostatus")
        .unwrap();
    let [Transform::Table(table)] = row.transforms.as_slice() else {
        panic!("{row:?}");
    };
    assert_eq!(table.to_vtiger.len(), 1);
    assert_eq!(table.to_woocommerce["Approved"], "completed");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stand_ins_of_a_configured_connection_are_shown_and_set_in_the_configuration() {
    let scene = scene().await;
    let admin = Visitor::admin(&scene.server).await;

    let page = admin.page("/settings/shop/sales_orders").await;
    assert!(
        page.contains(r#"name="fee_item" value="WC-FEE""#) && page.contains("They are set there"),
        "{page}"
    );
    let form = [("stand_in_item", "LINE"), ("fee_item", "FEE")];
    let refused = admin.post("/settings/shop/sales_orders/stand-ins", &form).await;

    assert_eq!(refused.status(), 409);
    assert!(
        refused
            .text()
            .await
            .unwrap()
            .contains("is set up in the configuration")
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_is_away_leaves_the_forms_usable() {
    let scene = scene().await;
    scene.crm.set_faults(FaultPlan {
        request_faults: 1.0,
        ..FaultPlan::default()
    });
    let scene = scene.start_later(Duration::ZERO).await;
    let admin = Visitor::admin(&scene.server).await;

    let page = admin.page("/settings/shop/products/mappings/new").await;

    assert!(page.contains("Names can be typed in all the same."), "{page}");
    let form = but(&VAT, &[("woocommerce", "meta_data[ean]"), ("vtiger", "cf_999")]);
    let saved = admin.post("/settings/shop/products/mappings/save", &form).await;
    assert_eq!(saved.status(), 303);
    let page = admin.page("/settings/shop/products/mappings").await;
    assert!(
        page.contains("were not looked at, as Vtiger CRM is away"),
        "{page}"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_look_at_settings_and_change_nothing() {
    let scene = scene().await;
    let reader = Visitor::reader(&scene.server).await;
    for path in [
        "/settings",
        CONTACTS,
        "/settings/shop/contacts/mappings",
        "/settings/shop/contacts/versions",
    ] {
        let page = reader.page(path).await;
        let forms = page.matches("<button").count();
        assert_eq!(forms, 1, "{path} has more than the button to sign out: {page}");
    }
    for (path, form) in [
        (CONTACTS.to_owned(), &AS_IT_WAS[..]),
        (format!("{CONTACTS}/mappings/save"), &VAT),
        (format!("{CONTACTS}/mappings/check"), &VAT),
        (
            format!("{CONTACTS}/mappings/switch"),
            &[("version", "1"), ("row", "0")],
        ),
        (format!("{CONTACTS}/versions"), &[("version", "1"), ("to", "1")]),
    ] {
        assert_eq!(reader.post(&path, form).await.status(), 403, "{path}");
    }
    let versions = scene
        .server
        .parts()
        .store
        .settings_versions(&place(Module::Contacts), None, 10)
        .await;
    assert_eq!(versions.unwrap().len(), 1);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_has_no_page() {
    let scene = scene().await;
    let admin = Visitor::admin(&scene.server).await;
    for path in [
        "/settings/nobody/contacts",
        "/settings/shop/leads",
        "/settings/nobody/contacts/mappings",
        "/settings/nobody/contacts/versions",
        "/settings/shop/contacts/mappings/edit?row=99",
    ] {
        assert_eq!(
            admin.post("/settings/nobody/contacts", &AS_IT_WAS).await.status(),
            404
        );
        assert_eq!(admin.status(path).await, 404, "{path}");
    }
    assert_eq!(admin.status("/settings/shop/taxes").await, 409);
    let page = admin.page("/settings").await;
    assert!(
        page.contains("Taxes always travel from WooCommerce to Vtiger CRM"),
        "{page}"
    );
    scene.stop().await;
}
