//! The modules' settings over the API and in effect: saved, refused, brought back, and mappings tried before.

mod pages;

use std::time::Duration;

use serde_json::{Value as Json, json};
use woo_vtiger_sync::http;
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::sync::{Direction, Module};

use crate::scene::{Scene, ann, contacts, wait_until};

const TOKEN: &str = "a-token-for-tests";
const EMAIL: &str = "ann@shop.example";

/// A scene with a field of its own in the CRM, and with the API open.
async fn scene() -> Scene {
    let scene = Scene::in_utc(&format!("[http]\napi_token = \"{TOKEN}\"")).await;
    scene
        .crm
        .add_field("Contacts", "cf_851", "VAT number", &json!({ "name": "string" }));
    // The service may have asked for the fields already, and knows them for a while.
    scene.start_later(Duration::ZERO).await
}

/// A request with the token: the answer's status and body.
async fn call(scene: &Scene, method: &str, path: &str, body: Option<Json>) -> (u16, Json) {
    let client = http::client(Duration::from_secs(30)).unwrap();
    let url = format!("{}/api/v1/settings/shop/{path}", scene.url);
    let mut request = client.request(method.parse().unwrap(), url).bearer_auth(TOKEN);
    if let Some(body) = body {
        request = request
            .header("content-type", "application/json")
            .body(body.to_string());
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (
        status,
        serde_json::from_str(&response.text().await.unwrap()).unwrap(),
    )
}

async fn get(scene: &Scene, path: &str) -> Json {
    let (status, body) = call(scene, "GET", path, None).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

fn vat() -> Json {
    json!({ "woocommerce": "meta_data[vat_id]", "vtiger": "cf_851", "transforms": [{ "prefix": "VAT " }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_are_saved_hold_at_once() {
    let scene = scene().await;
    let mut customer = ann(EMAIL);
    customer["meta_data"] = json!([{ "key": "vat_id", "value": "DE1" }]);
    scene.shop.register_customer(customer);
    scene.quiet().await;
    let now = get(&scene, "contacts").await;
    assert_eq!(now["version"], 1);
    assert_eq!(now["saved_by"], "configuration");
    let mut settings = now["settings"].clone();
    settings["mappings"].as_array_mut().unwrap().push(vat());

    let body = json!({ "settings": settings, "version": 1, "note": "for the accountant" });
    let (status, saved) = call(&scene, "PUT", "contacts", Some(body)).await;

    assert_eq!((status, &saved["version"]), (200, &json!(2)), "{saved}");
    assert_eq!(
        saved["changes"],
        json!([{
            "what": "mapping `meta_data[vat_id] = cf_851`",
            "before": null,
            "after": "both ways, begins with \"VAT \" in Vtiger CRM",
        }])
    );
    // What did not change since is looked at, too, for the new mapping.
    wait_until("the field is in the CRM", async || {
        scene.contact(EMAIL).unwrap()["cf_851"] == "VAT DE1"
    })
    .await;
    let versions = get(&scene, "contacts/versions").await;
    assert_eq!(versions["versions"][0]["note"], "for the accountant");
    assert_eq!(versions["versions"][0]["saved_by"], "API");
    assert_eq!(versions["versions"][1]["saved_by"], "configuration");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_version_can_be_brought_back() {
    let scene = scene().await;
    let now = get(&scene, "contacts").await;
    let mut settings = now["settings"].clone();
    settings["direction"] = json!("to_vtiger");
    let body = json!({ "settings": settings, "version": 1 });
    assert_eq!(call(&scene, "PUT", "contacts", Some(body)).await.0, 200);

    let (status, saved) = call(
        &scene,
        "POST",
        "contacts/rollback",
        Some(json!({ "version": 1, "over": 2 })),
    )
    .await;

    assert_eq!((status, &saved["version"]), (200, &json!(3)), "{saved}");
    assert_eq!(
        scene
            .server
            .parts()
            .store
            .settings(&contacts())
            .await
            .unwrap()
            .unwrap()
            .direction,
        Direction::Both
    );
    let versions = get(&scene, "contacts/versions?limit=1").await;
    assert_eq!(versions["versions"][0]["note"], "back to version 1");
    assert_eq!(versions["next"], 3);
    let (status, _) = call(
        &scene,
        "POST",
        "contacts/rollback",
        Some(json!({ "version": 9, "over": 3 })),
    )
    .await;
    assert_eq!(status, 404);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_saves_over_a_newer_version_is_told_what_changed() {
    let scene = scene().await;
    let mut settings = get(&scene, "contacts").await["settings"].clone();
    settings["conflict"] = json!("vtiger");
    let body = json!({ "settings": settings, "version": 1 });
    assert_eq!(call(&scene, "PUT", "contacts", Some(body)).await.0, 200);

    settings["enabled"] = json!(false);
    let body = json!({ "settings": settings, "version": 1 });
    let (status, refused) = call(&scene, "PUT", "contacts", Some(body)).await;

    assert_eq!((status, &refused["error"]), (409, &json!("stale")), "{refused}");
    assert_eq!(refused["meanwhile"]["version"], 2);
    assert_eq!(
        refused["meanwhile"]["changes"][0]["after"], "Vtiger CRM wins",
        "{refused}"
    );
    let unsaid = call(&scene, "PUT", "contacts", Some(json!({ "settings": settings }))).await;
    assert_eq!(unsaid.0, 400, "{}", unsaid.1);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_with_its_remedy_and_not_saved() {
    let scene = scene().await;
    let settings = get(&scene, "contacts").await["settings"].clone();
    for (change, key, told) in [
        (json!({ "direction": "sideways" }), "direction", "`to_vtiger`"),
        (json!({ "sync_from": "yesterday" }), "sync_from", "2026-01-31"),
        (json!({ "colour": "red" }), "colour", "no such key"),
        (
            json!({ "missing_sku": "write" }),
            "missing_sku",
            "`modules.products`",
        ),
    ] {
        let mut wrong = settings.clone();
        wrong
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let body = json!({ "settings": wrong, "version": 1 });

        let (status, refused) = call(&scene, "PUT", "contacts", Some(body)).await;

        assert_eq!(status, 422, "{refused}");
        let problem = &refused["problems"][0];
        assert_eq!(problem["key"], key, "{refused}");
        assert!(problem["problem"].as_str().unwrap().contains(told), "{refused}");
    }
    let mut wrong = settings;
    let mut missing = vat();
    missing["vtiger"] = json!("cf_852");
    wrong["mappings"].as_array_mut().unwrap().push(missing);
    let (status, refused) = call(
        &scene,
        "PUT",
        "contacts",
        Some(json!({ "settings": wrong, "version": 1 })),
    )
    .await;
    assert_eq!(status, 422, "{refused}");
    let problem = &refused["problems"][0];
    assert_eq!(problem["key"], "mappings[15].vtiger");
    assert_eq!(problem["remedy"], "did you mean `cf_851`?", "{refused}");
    assert_eq!(get(&scene, "contacts").await["version"], 1);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_is_tried_on_a_real_record_before_it_is_saved() {
    let scene = scene().await;
    let mut customer = ann(EMAIL);
    customer["meta_data"] = json!([{ "key": "vat_id", "value": "DE1" }]);
    let id = scene.shop.register_customer(customer);
    scene.quiet().await;
    scene.forget_calls();

    let (_, tried) = call(
        &scene,
        "POST",
        "contacts/mappings/check",
        Some(json!({ "mapping": vat() })),
    )
    .await;

    assert_eq!(tried["good"], true, "{tried}");
    assert_eq!(tried["tried"]["sample"]["ids"]["woocommerce"], id.to_string());
    let ways = &tried["tried"]["ways"];
    assert_eq!(ways[0]["to"], "vtiger");
    assert_eq!(ways[0]["read"], "DE1");
    assert_eq!(ways[0]["written"], "VAT DE1");
    assert_eq!(ways[0]["outcome"], "written");
    assert_eq!(ways[1]["to"], "woocommerce");
    assert_eq!(ways[1]["now"], "DE1");
    assert_eq!(scene.writes(), [] as [String; 0]);
    for (mapping, key, told) in [
        (
            json!({ "woocommerce": "date_created", "vtiger": "cf_851" }),
            "woocommerce",
            "it can only be read",
        ),
        (
            json!({ "woocommerce": "email", "vtiger": "" }),
            "vtiger",
            "it is empty; fill it in",
        ),
        (
            json!({ "woocommerce": "meta_data[vat_id]", "vtiger": "cf_851", "transforms": [{ "prefix": 1 }] }),
            "transforms[0]",
            "write it like",
        ),
    ] {
        let (_, tried) = call(
            &scene,
            "POST",
            "contacts/mappings/check",
            Some(json!({ "mapping": mapping })),
        )
        .await;
        assert_eq!(tried["good"], false, "{tried}");
        assert_eq!(tried["problems"][0]["key"], key, "{tried}");
        let problem = tried["problems"][0]["problem"].as_str().unwrap();
        assert!(problem.contains(told), "{tried}");
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_are_offered_with_the_keys_of_meta_data_and_a_system_that_is_away_is_told() {
    let scene = scene().await;
    let mut customer = ann(EMAIL);
    customer["meta_data"] = json!([{ "key": "vat_id", "value": "DE1" }]);
    scene.shop.register_customer(customer);
    scene.quiet().await;

    let fields = get(&scene, "contacts/fields").await;

    let find = |side: &str, path: &str| {
        let fields = fields[side]["fields"].as_array().unwrap();
        let found = fields.iter().find(|field| field["path"] == path);
        found.unwrap_or_else(|| panic!("no {path} in {fields:?}")).clone()
    };
    assert_eq!(find("woocommerce", "meta_data[vat_id]")["writable"], true);
    assert_eq!(find("woocommerce", "date_created")["writable"], false);
    assert_eq!(find("vtiger", "cf_851")["label"], "VAT number");
    assert_eq!(find("vtiger", "lastname")["mandatory"], true);
    assert!(
        find("vtiger", "leadsource")["values"]
            .as_array()
            .unwrap()
            .contains(&json!("Web Site"))
    );
    scene.shop.set_faults(FaultPlan {
        request_faults: 1.0,
        ..FaultPlan::default()
    });
    let fields = get(&scene, "products/fields").await;
    assert!(fields["woocommerce"]["away"].is_string(), "{fields}");
    assert!(fields["vtiger"]["away"].is_null(), "{fields}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sets_what_is_not_there() {
    let scene = scene().await;
    for path in ["leads", "CONTACTS"] {
        assert_eq!(call(&scene, "GET", path, None).await.0, 404, "{path}");
    }
    let taxes = get(&scene, "taxes").await;
    let body = json!({ "settings": taxes["settings"], "version": taxes["version"] });
    let (status, refused) = call(&scene, "PUT", "taxes", Some(body)).await;
    assert_eq!(status, 422, "{refused}");
    let before = scene.server.parts().store.settings(&contacts()).await.unwrap();
    scene
        .set(Module::Contacts, |settings| settings.enabled = false)
        .await;
    assert_ne!(
        scene.server.parts().store.settings(&contacts()).await.unwrap(),
        before
    );
    scene.stop().await;
}
