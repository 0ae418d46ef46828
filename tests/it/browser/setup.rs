//! A newcomer gets from an empty database to a synced shop in the browser only: by mouse, and by keyboard alone.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};
use woo_vtiger_sync::accounts::Accounts;
use woo_vtiger_sync::app::{Server, Stage};
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::config::Config;
use woo_vtiger_sync::http;
use woo_vtiger_sync::simulator::vtiger::{VtigerOptions, VtigerSimulator};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};

use super::driver::Browser;
use super::hands::key;
use crate::scene::{ann, wait_until};
use crate::stack::Stack;
use crate::visitor::{ADMIN, PASSWORD};
use crate::webhooks::street::Street;

/// Most elements that the keyboard's focus passes until it is where it should be.
const MOST_STOPS: usize = 120;

/// A shop, a CRM, and a service that knows neither.
struct Beginning {
    shop: WooCommerceSimulator,
    crm: VtigerSimulator,
    server: Server,
    street: Street,
    _stack: Stack,
}

/// What a person works with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Mouse,
    Keyboard,
}

/// A person in front of a browser.
struct Person<'a> {
    browser: &'a Browser,
    by: By,
}

impl Beginning {
    async fn new() -> Self {
        http::install_tls_provider();
        let options = WooCommerceOptions {
            delivery_delay: Duration::ZERO,
            ..WooCommerceOptions::default()
        };
        let shop = WooCommerceSimulator::start(options).await.unwrap();
        let crm = VtigerSimulator::start(VtigerOptions::default()).await.unwrap();
        let (stack, street) = (Stack::empty().await, Street::new().await);
        let mut variables = stack.variables();
        let more = [
            ("WVS_HTTP__LISTEN", "127.0.0.1:0".to_owned()),
            ("WVS_HTTP__PUBLIC_URL", street.url()),
            ("WVS_ENCRYPTION__KEY", "5e".repeat(32)),
            ("WVS_SWEEP__INTERVAL", "24h".to_owned()),
        ];
        variables.extend(more.map(|(name, value)| (name.to_owned(), value)));
        let config = Config::load(None, variables.into_iter()).unwrap();
        let server = Server::start(&config, SystemClock::shared(), Stage::Real)
            .await
            .unwrap();
        street.lead_to(server.address());
        Self {
            shop,
            crm,
            server,
            street,
            _stack: stack,
        }
    }

    async fn stop(self) {
        self.server.stop().await;
        self.shop.stop().await;
        self.crm.stop().await;
    }
}

impl Person<'_> {
    /// Puts this into a field in place of what is there.
    async fn fill(&self, css: &str, text: &str) {
        match self.by {
            By::Mouse => self.browser.type_into(css, text).await,
            By::Keyboard => {
                self.go_to(css).await;
                // What the keyboard comes to is selected, so that typing takes its place.
                self.browser.press_keys(text).await;
            }
        }
    }

    /// Presses a button, follows a link, or ticks a box.
    async fn press(&self, css: &str) {
        match self.by {
            By::Mouse => self.browser.click(css).await,
            By::Keyboard => {
                self.go_to(css).await;
                let is_box = self.is(css, "arguments.matches('[type=checkbox]')").await;
                let key = if is_box { key::SPACE } else { key::ENTER };
                self.browser.press_keys(key).await;
            }
        }
    }

    /// Moves the keyboard's focus there.
    async fn go_to(&self, css: &str) {
        self.browser.wait_for(css).await;
        for _ in 0..MOST_STOPS {
            if self.is(css, "document.activeElement === arguments").await {
                return;
            }
            self.browser.press_keys(key::TAB).await;
        }
        panic!("the keyboard does not come to {css}");
    }

    async fn is(&self, css: &str, test: &str) -> bool {
        let script = format!(
            "const arguments_ = document.querySelector({}); return {}",
            json!(css),
            test.replace("arguments", "arguments_")
        );
        self.browser.run(&script).await == true
    }
}

async fn with_beginning(by: By) {
    let beginning = Beginning::new().await;
    Browser::with(async |browser| set_up(&beginning, browser, by).await).await;
    beginning.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_gets_from_an_empty_database_to_a_synced_shop_by_mouse() {
    with_beginning(By::Mouse).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_gets_from_an_empty_database_to_a_synced_shop_by_keyboard() {
    with_beginning(By::Keyboard).await;
}

#[expect(clippy::too_many_lines, reason = "it is one way from beginning to end")]
async fn set_up(beginning: &Beginning, browser: &Browser, by: By) {
    let Beginning {
        shop, crm, server, ..
    } = beginning;
    let person = Person { browser, by };
    let is_looked_at = by == By::Mouse;
    let look = async |name: &str| {
        if is_looked_at {
            browser.inspect(name).await;
        }
    };
    shop.register_customer(ann("ann@shop.example"));
    let parts = server.parts();
    let accounts = Accounts::new(parts.store.clone(), parts.clock.clone());
    let code = accounts.setup_code().await.unwrap().unwrap();

    // The link of the log.
    let link = format!("{}/setup?code={}", beginning.street.url(), code.expose_secret());
    browser.go_to(&link).await;
    look("setup").await;
    person.fill("#name", ADMIN).await;
    person.fill("#password", PASSWORD).await;
    person.press("main button").await;

    browser.wait_for_text("No shop is connected yet").await;
    look("connections-none").await;
    person.press("main a.button").await;
    browser.wait_for("#shop_url").await;
    look("connection-new").await;
    // What is missing is said where it is missing.
    person.fill("#shop_url", "shop.example").await;
    person.fill("#shop_key", "ck_x").await;
    person.fill("#shop_secret", "cs_x").await;
    browser
        .run("document.querySelector('form.sides').noValidate = true")
        .await;
    person.press("#save").await;
    browser.wait_for("#shop_url[aria-invalid]").await;
    look("connection-wrong").await;

    // The shop sends its key itself.
    person.fill("#shop_url", &shop.url()).await;
    for field in ["#shop_key", "#shop_secret"] {
        browser
            .run(&format!("document.querySelector('{field}').value = ''"))
            .await;
    }
    person.press("[formaction='/connections/consent']").await;
    browser.wait_for_text("would like to connect to your store").await;
    person.press("a.wc-auth-approve").await;
    browser.wait_for_text("The shop sent its key").await;
    look("connection-granted").await;
    person.press("[hx-target='#tried-woocommerce']").await;
    browser
        .wait_for_text("WooCommerce is reached, and allows what is needed")
        .await;

    let user = VtigerOptions::default();
    person.fill("#crm_url", &crm.url()).await;
    person.fill("#crm_username", &user.username).await;
    person.fill("#crm_access_key", "wrong").await;
    person.press("[hx-target='#tried-vtiger']").await;
    browser
        .wait_for_text("Vtiger CRM does not work like this yet")
        .await;
    person.fill("#crm_access_key", &user.access_key).await;
    person.press("[hx-target='#tried-vtiger']").await;
    browser
        .wait_for_text("Vtiger CRM is reached, and allows what is needed")
        .await;
    look("connection-tried").await;
    person.press("#save").await;

    browser.wait_for_text("The connection shop is saved").await;
    look("connection").await;
    for module in ["contacts", "products", "sales_orders"] {
        person.press(&format!("#enabled-{module}")).await;
    }
    person.press("form[action$='/modules'] button").await;
    browser.wait_for_text("Your choice is saved").await;
    person.press("form[action$='/preview'] button").await;
    browser
        .wait_for_text("This is what the first sync would do")
        .await;
    assert!(crm.records("Contacts").is_empty(), "the preview wrote something");
    look("connection-preview").await;
    person.press("form[action*='/webhooks'] button").await;
    browser.wait_for_text("The shop reaches this service").await;
    look("connection-webhooks").await;
    assert!(
        crm.records("Contacts").is_empty(),
        "something moved before it was to"
    );
    person.press("#start").await;
    browser.wait_for("#synced").await;
    look("connection-synced").await;

    let contact = || {
        let mut contacts = crm.records("Contacts").into_iter();
        contacts.find(|contact| contact["email"] == "ann@shop.example")
    };
    assert!(contact().is_some(), "{:?}", crm.records("Contacts"));
    // And what happens from now on arrives by itself.
    shop.register_customer(ann("bea@shop.example"));
    wait_until("a new customer arrives", async || {
        crm.records("Contacts")
            .iter()
            .any(|contact| contact["email"] == "bea@shop.example")
    })
    .await;
    name_stand_ins(beginning, &person).await;
    look("settings-stand-ins").await;
    let complaints = browser.console().await;
    let ours: Vec<_> = complaints
        .iter()
        .filter(|complaint| complaint["level"] == "SEVERE")
        .filter_map(|complaint| complaint["message"].as_str())
        // What was entered wrongly is answered as such; the shop's pages are not ours.
        .filter(|message| message.starts_with(&beginning.street.url()) && !message.contains("422"))
        .collect();
    assert!(ours.is_empty(), "{ours:#?}");
}

/// Names another product for fees, and sees to it that it is the one that a fee stands as in the CRM.
async fn name_stand_ins(beginning: &Beginning, person: &Person<'_>) {
    let Beginning {
        shop, crm, street, ..
    } = beginning;
    let browser = person.browser;
    browser
        .go_to(&format!("{}/settings/shop/sales_orders", street.url()))
        .await;
    person.fill("#fee_item", "WC-ITEM").await;
    person.press("form[action$='/stand-ins'] button").await;
    browser.wait_for("#fee_item[aria-invalid]").await;
    person.fill("#fee_item", "FEES").await;
    person.press("form[action$='/stand-ins'] button").await;
    browser.wait_for_text("The stand-ins are saved").await;

    let mut billing = ann("cem@shop.example")["billing"].clone();
    let who = [
        ("email", "cem@shop.example"),
        ("first_name", "Cem"),
        ("last_name", "Kaya"),
        ("company", "Kaya Ltd"),
    ];
    for (field, value) in who {
        billing[field] = json!(value);
    }
    shop.place_order(json!({
        "billing": billing,
        "fee_lines": [{ "name": "Gift wrap", "total": "2.00" }],
    }));
    wait_until("the fee is in the CRM", async || {
        let products = crm.records("Products");
        let fees = products.iter().find(|product| product["productcode"] == "FEES");
        let stands_for_fee = |line: &Json| fees.is_some_and(|fees| line["productid"] == fees["id"]);
        crm.records("SalesOrder")
            .iter()
            .any(|order| order["LineItems"].as_array().unwrap().iter().any(stands_for_fee))
    })
    .await;
}
