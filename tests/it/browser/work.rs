//! What shop owners and admins do in the browser day by day, and what comes of it in the shop and the CRM.

use serde_json::json;
use woo_vtiger_sync::queue::{Cause, Change, Event, Lane, Seen, Subject};
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::sync::{Module, RecordId, Side};

use super::driver::Browser;
use crate::scene::{Scene, ann, next_second, wait_until};
use crate::visitor::{ADMIN, PASSWORD};

const EMAIL: &str = "ann@shop.example";

/// Has the browser of an admin at hand.
async fn at_work(scene: Scene, steps: impl AsyncFnOnce(&Scene, &Browser)) {
    Browser::with(async |browser| {
        browser.sign_in(&scene).await;
        steps(&scene, browser).await;
    })
    .await;
    scene.stop().await;
}

/// Answers the browser's own questions with yes from now on, on this page.
async fn say_yes(browser: &Browser) {
    browser.run("window.confirm = () => true").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sync_now_finds_what_nobody_announced_and_each_number_leads_to_its_records() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(EMAIL).await;
    scene.set_deaf(true);
    scene
        .shop
        .edit_customer(customer, json!({ "billing": { "phone": "555 7777" } }));
    scene.quiet().await;

    at_work(scene, async |scene, browser| {
        browser.inspect("overview").await;
        browser.click("form.sync button").await;
        browser.wait_for_text("Everything that was found is dealt with").await;
        browser.inspect("sync-now").await;
        assert_eq!(scene.crm.record(&contact).unwrap()["phone"], "555 7777");

        browser.go_to(&format!("{}/log", scene.url)).await;
        browser.inspect("log").await;
        browser.click("td.number a").await;
        browser.wait_for_text("Ann Lee").await;
        browser.inspect("log-records").await;
        let csv = browser
            .run("return fetch('/log.csv').then(answer => answer.arrayBuffer()).then(bytes => [new Uint8Array(bytes)[0], new TextDecoder().decode(bytes)])")
            .await;
        assert_eq!(csv[0], 0xEF, "spreadsheets need the mark to read Unicode");
        assert!(csv[1].as_str().unwrap().contains("Ann Lee"), "{csv}");
        browser.go_to(&format!("{}/runs", scene.url)).await;
        browser.inspect("runs").await;
        browser.click("main table a").await;
        browser.wait_for_text("Ann Lee").await;
        browser.inspect("run").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_value_that_lost_a_conflict_is_taken_by_one_click() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(EMAIL).await;
    scene.set_deaf(true);
    scene
        .shop
        .edit_customer(customer, json!({ "billing": { "phone": "555 1111" } }));
    next_second().await;
    scene.crm.edit_record(&contact, json!({ "phone": "555 2222" }));
    scene.quiet().await;
    scene.set_deaf(false);
    scene.sweep().await;
    assert_eq!(
        scene.shop.customer(customer).unwrap()["billing"]["phone"],
        "555 2222"
    );

    at_work(scene, async |scene, browser| {
        browser.go_to(&format!("{}/attention", scene.url)).await;
        browser.wait_for_text("555 1111").await;
        browser.inspect("attention-conflict").await;
        browser.click("form[action$='/take'] button").await;

        wait_until("the value that had lost is on both sides", async || {
            let shop = scene.shop.customer(customer).unwrap();
            let crm = scene.crm.record(&contact).unwrap();
            shop["billing"]["phone"] == "555 1111" && crm["phone"] == "555 1111"
        })
        .await;
        browser.go_to(&format!("{}/records?q=ann", scene.url)).await;
        browser.wait_for_text("Ann Lee").await;
        browser.inspect("records").await;
        browser.click("main table a").await;
        browser.wait_for_text("was taken by hand").await;
        browser.wait_for_text("Agreed last").await;
        browser.inspect("record").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_unlinked_and_linked_by_hand() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(EMAIL).await;

    at_work(scene, async |scene, browser| {
        let page = format!("{}/records/shop/contacts/woocommerce/{customer}", scene.url);
        let is_linked = async || {
            let at = crate::scene::contacts();
            let id = RecordId::new(customer.to_string());
            let link = scene
                .server
                .parts()
                .store
                .link_of(&at, Side::WooCommerce, &id)
                .await;
            link.unwrap().is_some()
        };
        browser.go_to(&page).await;
        browser.wait_for("form[action$='/unlink']").await;
        say_yes(browser).await;
        browser.click("form[action$='/unlink'] button").await;
        wait_until("the two are unlinked", async || !is_linked().await).await;

        browser.go_to(&page).await;
        browser.inspect("record-unlinked").await;
        browser.click(".record-actions summary").await;
        browser
            .type_into("form[action$='/link'] [name=id]", &contact)
            .await;
        browser.click("form[action$='/link'] button").await;
        wait_until("the two are linked again", &is_linked).await;
        scene
            .crm
            .edit_record(&contact, json!({ "mailingcity": "Berkeley" }));
        wait_until("the pair is kept in step", async || {
            scene.shop.customer(customer).unwrap()["billing"]["city"] == "Berkeley"
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skipped_record_says_why_and_is_retried_once_it_is_mended() {
    let scene = Scene::start().await;
    let contact = scene.crm.add_record(
        "Contacts",
        json!({ "firstname": "Bo", "lastname": "Berg", "email": "" }),
    );
    scene.quiet().await;
    // Nobody tells that it was mended.
    scene.set_deaf(true);

    at_work(scene, async |scene, browser| {
        browser.go_to(&format!("{}/attention", scene.url)).await;
        browser.wait_for_text("it has no e-mail address").await;
        browser.inspect("attention-skipped").await;
        scene
            .crm
            .edit_record(&contact, json!({ "email": "bo@crm.example" }));
        browser.click("input[name=ids]").await;
        browser
            .click("form[action='/attention/retry'] button:not([name])")
            .await;

        wait_until("the mended contact arrives in the shop", async || {
            scene.customer("bo@crm.example").is_some()
        })
        .await;
        scene.quiet().await;
        browser.go_to(&format!("{}/attention", scene.url)).await;
        browser.wait_for(".empty").await;
        browser.inspect("attention-none").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_event_is_looked_at_and_replayed() {
    let scene = Scene::with("[worker]\nretry_limit = 1").await;
    scene.set_deaf(true);
    let customer = scene.shop.register_customer(ann(EMAIL));
    scene.quiet().await;
    scene.set_deaf(false);
    let broken = |is_broken| FaultPlan {
        request_faults: if is_broken { 1.0 } else { 0.0 },
        ..FaultPlan::default()
    };
    scene.crm.set_faults(broken(true));
    let subject = Subject::Record {
        module: Module::Contacts,
        side: Side::WooCommerce,
        id: RecordId::new(customer.to_string()),
        change: Change::Changed(Seen::of(scene.shop.customer(customer).unwrap())),
    };
    let parts = scene.server.parts();
    let event = Event::new("shop", subject, Cause::Webhook, parts.clock.now());
    parts.queue.publish(Lane::Live, &[event]).await.unwrap();
    scene.quiet().await;
    scene.crm.set_faults(broken(false));

    at_work(scene, async |scene, browser| {
        browser.go_to(&format!("{}/failed", scene.url)).await;
        browser.inspect("failed").await;
        browser.click("main table a").await;
        browser.wait_for("form[action$='/replay']").await;
        browser.inspect("failed-one").await;
        let shown = browser.text_of("main").await;
        assert!(!shown.contains("555 1000"), "a value is shown: {shown}");
        browser.click("form[action$='/replay'] button").await;

        wait_until("the customer arrives in the CRM", async || {
            scene.contact(EMAIL).is_some()
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_lets_a_reader_in_who_may_look_and_change_nothing() {
    let scene = Scene::start().await;
    scene.pair(EMAIL).await;

    at_work(scene, async |scene, browser| {
        browser.go_to(&format!("{}/accounts", scene.url)).await;
        browser.type_into("#name", "Rita").await;
        browser.type_into("#password", "a long password").await;
        browser.type_into("#role", "Reader").await;
        browser.click("form[action='/accounts'] button").await;
        browser.wait_for_text("The account Rita can sign in now").await;
        browser.type_into("form[action='/accounts/tokens'] [name=name]", "reports").await;
        browser.click("form[action='/accounts/tokens'] button").await;
        browser.wait_for("#token").await;
        browser.inspect("accounts").await;
        browser.go_to(&format!("{}/account", scene.url)).await;
        browser.inspect("account").await;

        browser.click("form[action='/logout'] button").await;
        browser.wait_for("#password").await;
        browser.inspect("sign-in").await;
        browser.type_into("#name", "rita").await;
        browser.type_into("#password", "wrong").await;
        browser.click("main button").await;
        browser.wait_for_text("The name or the password is wrong").await;
        browser.type_into("#password", "a long password").await;
        browser.click("main button").await;
        browser.wait_for_text("Ann Lee").await;
        for path in ["", "records?q=ann", "attention", "failed", "connections/shop", "settings", "health", "debug", "accounts"] {
            browser.go_to(&format!("{}/{path}", scene.url)).await;
            let acts = browser
                .run("return [...document.querySelectorAll('main form[method=post] button')].map(button => button.innerText)")
                .await;
            assert_eq!(acts, json!([]), "a reader is offered to act on /{path}");
        }

        browser.click("form[action='/logout'] button").await;
        browser.type_into("#name", ADMIN).await;
        browser.type_into("#password", PASSWORD).await;
        browser.click("main button").await;
        browser.wait_for("form.sync button").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_with_markup_are_shown_as_text_on_every_page() {
    const EVIL: &str = "<img src=x onerror=window.evil=1>";
    let scene = Scene::start().await;
    let mut customer = ann(EMAIL);
    customer["first_name"] = json!(EVIL);
    customer["last_name"] = json!("Lee <script>window.evil=2</script>");
    let customer = scene.shop.register_customer(customer);
    scene.crm.add_record(
        "Contacts",
        json!({ "firstname": EVIL, "lastname": "Berg", "email": "bo@crm.example" }),
    );
    // One that is skipped.
    scene
        .crm
        .add_record("Contacts", json!({ "firstname": EVIL, "lastname": "Nomail" }));
    scene.quiet().await;

    at_work(scene, async |scene, browser| {
        let record = format!("records/shop/contacts/woocommerce/{customer}");
        for (path, shown) in [
            ("", "Lee"),
            ("log/records", "Lee"),
            ("records?q=lee", "Lee"),
            ("records?q=berg", "Berg"),
            (record.as_str(), "Agreed last"),
            ("attention", "Nomail"),
            ("settings/shop/contacts/mappings/new", "WooCommerce"),
        ] {
            browser.go_to(&format!("{}/{path}", scene.url)).await;
            browser.wait_for_text(shown).await;
            let harm = browser
                .run("return [window.evil ?? null, document.querySelectorAll('main img[src=x]').length]")
                .await;
            assert_eq!(harm, json!([null, 0]), "/{path}");
        }
        let complaints = browser.console().await;
        assert!(complaints.is_empty(), "{complaints:#?}");
    })
    .await;
}
