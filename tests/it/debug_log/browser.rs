//! The pages in a real browser.

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use woo_vtiger_sync::accounts::Accounts;

use crate::browser::driver::Browser;
use crate::scene::Scene;

const PASSWORD: &str = "correct horse battery";

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_switched_on_read_and_switched_off_in_the_browser() {
    let scene = Scene::start().await;
    let parts = scene.server.parts();
    let accounts = Accounts::new(parts.store.clone(), parts.clock.clone());
    if let Some(code) = accounts.setup_code().await.unwrap() {
        let password = SecretString::from(PASSWORD);
        accounts
            .found(code.expose_secret(), "Olga", &password)
            .await
            .unwrap();
    }

    Browser::with(async |browser| look(&scene, browser).await).await;

    scene.stop().await;
}

async fn look(scene: &Scene, browser: &Browser) {
    let (customer, _) = scene.pair("ann@shop.example").await;
    browser.go_to(&format!("{}/login", scene.url)).await;
    browser.type_into("[name=name]", "Olga").await;
    browser.type_into("[name=password]", PASSWORD).await;
    browser.click("main form button").await;
    browser.wait_for("form[action='/logout']").await;

    browser.go_to(&format!("{}/debug", scene.url)).await;
    browser.wait_for_text("Nothing is noted").await;
    browser.inspect("debug-log-off").await;
    browser
        .type_into("form[action='/debug/on'] [name=hours]", "4")
        .await;
    browser.click("form[action='/debug/on'] button").await;
    browser.wait_for_text("The debug log is on for shop").await;
    super::hear_of(scene, customer, "").await;
    browser
        .go_to(&format!("{}/debug?record={customer}", scene.url))
        .await;
    browser.wait_for("table tbody tr").await;
    browser.inspect("debug-log").await;
    browser.click("table tbody tr a").await;
    browser.wait_for_text("What was answered").await;
    browser.inspect("debug-log-one").await;
    let answer = browser.text_of("main").await;
    assert!(!answer.contains("ann@shop.example"), "{answer}");
    browser.go_to(&format!("{}/debug", scene.url)).await;
    browser.click("form[action='/debug/off'] button").await;
    browser.wait_for_text("The debug log is off for shop").await;

    browser.go_to(&format!("{}/health", scene.url)).await;
    browser.wait_for_text("Processes at work").await;
    browser.inspect("health").await;
    assert_eq!(json!(browser.console().await), json!([]));
}
