//! The simulators' pages: what a person does there goes the way of all changes.

use std::time::Duration;

use reqwest::{Response, StatusCode, header, redirect};
use serde_json::json;
use woo_vtiger_sync::http;

use crate::scene::{Scene, wait_until};

/// Somebody at a browser, who follows no redirects.
struct Browser(reqwest::Client);

impl Browser {
    fn open() -> Self {
        http::install_tls_provider();
        let builder = reqwest::Client::builder().timeout(Duration::from_secs(10));
        Self(builder.redirect(redirect::Policy::none()).build().unwrap())
    }

    async fn page(&self, url: &str) -> String {
        let response = self.0.get(url).send().await.unwrap();
        response.text().await.unwrap()
    }

    async fn submit(&self, url: &str, fields: &[(&str, &str)]) -> Response {
        self.0.post(url).form(fields).send().await.unwrap()
    }

    /// Submits what is taken.
    async fn save(&self, url: &str, fields: &[(&str, &str)]) {
        let response = self.submit(url, fields).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[header::LOCATION], "/");
    }

    /// Submits what is refused; the page that says why.
    async fn refused(&self, url: &str, fields: &[(&str, &str)]) -> String {
        let response = self.submit(url, fields).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        response.text().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_edited_by_hand_arrives_in_vtiger() {
    let (scene, browser) = (Scene::start().await, Browser::open());
    let (customer, contact) = scene.pair("ann@shop.example").await;
    let form = browser
        .page(&format!("{}/?edit={customer}", scene.shop.url()))
        .await;
    assert!(
        form.contains(r#"name="billing.phone" value="555 1000""#),
        "{form}"
    );
    assert!(!form.contains("http-equiv=\"refresh\""));

    let address = format!("{}/edit/{customer}", scene.shop.url());
    browser
        .save(
            &address,
            &[("last_name", "O'Hara & Co"), ("billing.phone", "555 2000")],
        )
        .await;
    scene.quiet().await;

    let contact = scene.crm.record(&contact).unwrap();
    assert_eq!(
        (&contact["lastname"], &contact["phone"], &contact["mailingcity"]),
        (&json!("O'Hara & Co"), &json!("555 2000"), &json!("Oakland"))
    );
    let list = browser.page(&scene.shop.url()).await;
    assert!(list.contains("Ann O&#39;Hara &#38; Co</th>"), "{list}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_edited_by_hand_arrives_in_the_shop() {
    let (scene, browser) = (Scene::start().await, Browser::open());
    let (customer, contact) = scene.pair("ann@shop.example").await;

    let address = format!("{}/edit/{contact}", scene.crm.url());
    browser
        .save(
            &address,
            &[
                ("mailingstreet", "2 Oak Ave\r\nApt 4"),
                ("mailingcity", "Berkeley"),
            ],
        )
        .await;
    scene.quiet().await;

    let billing = &scene.shop.customer(customer).unwrap()["billing"];
    assert_eq!(
        (&billing["address_1"], &billing["address_2"], &billing["city"]),
        (&json!("2 Oak Ave"), &json!("Apt 4"), &json!("Berkeley"))
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_added_at_each_page_and_orders_placed_by_guests() {
    let (scene, browser) = (Scene::start().await, Browser::open());
    let (shop, crm) = (scene.shop.url(), scene.crm.url());

    browser
        .save(
            &format!("{shop}/new/customer"),
            &[("email", "cy@shop.example"), ("last_name", "Cy")],
        )
        .await;
    browser
        .save(
            &format!("{shop}/new/order"),
            &[
                ("billing.email", "guy@guest.example"),
                ("billing.last_name", "Guy"),
            ],
        )
        .await;
    browser
        .save(
            &format!("{crm}/new/contact"),
            &[("email", "di@crm.example"), ("lastname", "Di")],
        )
        .await;

    wait_until("all have arrived", || async {
        scene.contact("cy@shop.example").is_some()
            && scene.contact("guy@guest.example").is_some()
            && scene.customer("di@crm.example").is_some()
    })
    .await;
    let list = browser.page(&shop).await;
    let orders = list.split_once("<h2>Orders</h2>").unwrap().1;
    assert!(orders.contains("guy@guest.example"), "{orders}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_deleted_is_gone() {
    let (scene, browser) = (Scene::start().await, Browser::open());
    let (customer, contact) = scene.pair("ann@shop.example").await;
    let (shop, crm) = (scene.shop.url(), scene.crm.url());
    let gone = [
        (
            format!("{crm}/delete/{contact}"),
            format!("{crm}/?edit={contact}"),
        ),
        (
            format!("{shop}/delete/{customer}"),
            format!("{shop}/?edit={customer}"),
        ),
    ];

    for (delete, edit) in gone {
        browser.save(&delete, &[]).await;
        scene.quiet().await;

        let again = browser.submit(&delete, &[]).await;
        assert_eq!(again.status(), StatusCode::NOT_FOUND);
        let page = browser.page(&edit).await;
        assert!(page.contains("is no longer there."), "{page}");
    }
    assert_eq!(scene.crm.record(&contact), None);
    assert_eq!(scene.shop.customer(customer), None);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_enter_is_no_html() {
    let (scene, browser) = (Scene::start().await, Browser::open());
    let (customer, _) = scene.pair("ann@shop.example").await;
    let script = "\"><script>alert(1)</script>";
    let bold = "<b>\"Bo\"</b>";

    let address = format!("{}/edit/{customer}", scene.shop.url());
    browser.save(&address, &[("billing.city", script)]).await;
    scene.quiet().await;
    let bo = json!({ "firstname": bold, "lastname": script, "mailingstreet": "</textarea>" });
    let bo = scene.crm.add_record("Contacts", bo);

    for (simulator, id) in [(scene.shop.url(), customer.to_string()), (scene.crm.url(), bo)] {
        for address in [simulator.clone(), format!("{simulator}/?edit={id}")] {
            let page = browser.page(&address).await;
            assert!(page.contains("alert(1)"), "{page}");
            for html in ["<script", "<b>", "</textarea>\"", "</textarea></textarea>"] {
                assert!(!page.contains(html), "{html} in {page}");
            }
        }
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_and_what_was_entered_kept() {
    let (scene, browser) = (Scene::start().await, Browser::open());
    let (customer, contact) = scene.pair("ann@shop.example").await;
    scene
        .shop
        .register_customer(json!({ "email": "bea@shop.example", "last_name": "Bea" }));
    scene.quiet().await;
    scene.forget_calls();
    let (shop, crm) = (scene.shop.url(), scene.crm.url());

    for (address, name, value, problem) in [
        (
            format!("{shop}/edit/{customer}"),
            "email",
            "",
            "E-mail is missing.",
        ),
        (
            format!("{shop}/edit/{customer}"),
            "email",
            "ann at home",
            "This is not an e-mail address.",
        ),
        (
            format!("{shop}/edit/{customer}"),
            "email",
            "BEA@shop.example",
            "Another customer has this e-mail address.",
        ),
        (
            format!("{shop}/new/customer"),
            "email",
            "ann@shop.example",
            "Another customer has this e-mail address.",
        ),
        (
            format!("{shop}/new/order"),
            "billing.last_name",
            "",
            "Last name is missing.",
        ),
        (
            format!("{crm}/edit/{contact}"),
            "lastname",
            " ",
            "Last name is missing.",
        ),
        (
            format!("{crm}/new/contact"),
            "lastname",
            "",
            "Last name is missing.",
        ),
    ] {
        let phone = if address.starts_with(&crm) {
            "phone"
        } else {
            "billing.phone"
        };
        let page = browser
            .refused(&address, &[(name, value), (phone, "555 9999")])
            .await;

        assert!(page.contains(problem), "no `{problem}` at {address}: {page}");
        assert!(page.contains("value=\"555 9999\""), "{page}");
    }
    scene.quiet().await;
    assert_eq!(scene.calls(), Vec::<String>::new());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_other_sites_are_refused() {
    let (scene, browser) = (Scene::start().await, Browser::open());
    let (customer, _) = scene.pair("ann@shop.example").await;
    let address = format!("{}/delete/{customer}", scene.shop.url());
    let post_from = |origin: String| {
        browser
            .0
            .post(&address)
            .header(header::ORIGIN, origin)
            .form(&[("", "")])
    };

    for origin in ["https://elsewhere.example", "null", &scene.crm.url()] {
        let response = post_from(origin.to_owned()).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{origin}");
        assert!(scene.shop.customer(customer).is_some());
    }

    let response = post_from(scene.shop.url()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(scene.shop.customer(customer), None);
    scene.stop().await;
}
