//! The page in a real browser: it shows what was done, and what is done later comes in without a reload.

mod accessibility;
pub(crate) mod driver;
mod hands;
mod settings;
mod setup;
mod work;

use serde_json::{Value as Json, json};

use crate::scene::{Scene, wait_until};
use driver::Browser;

/// The counts of each table, by its caption: created, updated, skipped of all rows.
const COUNTS: &str = r"
    const counts = {};
    for (const table of document.querySelectorAll('table')) {
        const sum = [0, 0, 0];
        for (const row of table.querySelectorAll('tbody tr')) {
            [...row.querySelectorAll('td.number')].forEach((cell, nth) => sum[nth] += Number(cell.textContent));
        }
        counts[table.caption.textContent.trim()] = sum;
    }
    return counts;
";

/// The section of this heading, as a person reads it.
const LATEST_CHANGES: &str = r"
    const headings = [...document.querySelectorAll('h2')];
    return headings.find(heading => heading.textContent === 'Latest changes').closest('section').innerText;
";

#[tokio::test]
async fn the_page_shows_changes_and_later_ones_without_a_reload() {
    let scene = Scene::start().await;

    Browser::with(async |browser| watch(&scene, browser).await).await;

    scene.stop().await;
}

async fn watch(scene: &Scene, browser: &Browser) {
    let (customer, contact) = scene.pair("ann@shop.example").await;

    browser.sign_in(scene).await;

    assert_eq!(browser.run("return document.title").await, "woo-vtiger-sync");
    assert_eq!(
        browser.run(COUNTS).await,
        json!({ "WooCommerce": [0, 0, 0], "Vtiger CRM": [1, 0, 0] })
    );
    let changes = text(browser).await;
    for words in ["Ann Lee", "created", "Billing phone", "555 1000", "Oakland"] {
        assert!(changes.contains(words), "{words}: {changes}");
    }

    // A reload would forget this.
    browser.run("window.marked = true").await;
    scene
        .shop
        .edit_customer(customer, json!({ "billing": { "phone": "555 2000" } }));
    scene.quiet().await;
    wait_until("the page shows the customer's new phone number", || async {
        text(browser).await.contains("555 2000")
    })
    .await;
    scene
        .crm
        .edit_record(&contact, json!({ "mailingcity": "Berkeley" }));
    scene.quiet().await;
    wait_until("the page shows the contact's new city", || async {
        text(browser).await.contains("Berkeley")
    })
    .await;

    assert_eq!(browser.run("return window.marked === true").await, true);
    assert_eq!(
        browser.run(COUNTS).await,
        json!({ "WooCommerce": [0, 1, 0], "Vtiger CRM": [1, 1, 0] })
    );
    let changes = text(browser).await;
    assert!(
        changes.find("Berkeley") < changes.find("555 2000"),
        "the newest is not the first: {changes}"
    );
    let errors: Vec<Json> = browser.console().await;
    assert!(errors.is_empty(), "{errors:#?}");
}

async fn text(browser: &Browser) -> String {
    let text = browser.run(LATEST_CHANGES).await;
    text.as_str().unwrap().to_owned()
}
