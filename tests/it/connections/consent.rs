//! Keys that a shop gives out on its own consent screen.

use serde_json::{Value as Json, json};
use woo_vtiger_sync::connections::{ConnectionsError, ConsentState, Input, Trial};
use woo_vtiger_sync::sync::Side;
use woo_vtiger_sync::system::Verdict;

use super::lab::Lab;

/// What is entered where the keys are yet to come.
fn without_keys(lab: &Lab) -> Input {
    Input {
        shop_key: String::new(),
        shop_secret: String::new(),
        ..lab.input("shop")
    }
}

fn browser() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// The address of a link of this class.
fn link(page: &str, class: &str) -> String {
    let tag = page.split('<').find(|tag| tag.contains(class)).expect("the link");
    let href = tag.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    html_escape::decode_html_entities(href).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_approves_in_the_shop_and_its_keys_make_a_connection() {
    let lab = Lab::new().await;
    let (connections, browser) = (lab.connections(), browser());
    let input = without_keys(&lab);
    let asked = connections.ask_consent(&input, "/setup/shop").await.unwrap();
    assert_eq!(
        connections.consent(&asked.state).await.unwrap(),
        ConsentState::Waiting
    );

    let page = browser
        .get(&asked.url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        page.contains("woo-vtiger-sync would like to connect to your store"),
        "{page}"
    );
    let approve = format!("{}{}", lab.shop.url(), link(&page, "wc-auth-approve"));
    let approved = browser.get(approve).send().await.unwrap();

    let back = approved.headers()["location"].to_str().unwrap();
    assert_eq!(
        back,
        format!("{}/setup/shop?success=1&user_id={}", lab.url, asked.state)
    );
    assert_eq!(
        connections.consent(&asked.state).await.unwrap(),
        ConsentState::Granted
    );
    let consented = Input {
        consent: asked.state.clone(),
        ..input.clone()
    };
    let findings = connections
        .test(Trial::Entered(&consented), Side::WooCommerce)
        .await
        .unwrap();
    assert!(
        findings
            .iter()
            .all(|one| !matches!(one.verdict, Verdict::Bad(..))),
        "{findings:?}"
    );
    connections.create(&consented).await.unwrap();

    let findings = connections
        .test(Trial::Kept("shop"), Side::WooCommerce)
        .await
        .unwrap();
    assert!(
        findings
            .iter()
            .all(|one| !matches!(one.verdict, Verdict::Bad(..))),
        "{findings:?}"
    );
    assert_eq!(
        connections.consent(&asked.state).await.unwrap(),
        ConsentState::Gone
    );
    let again = Input {
        name: "again".to_owned(),
        ..consented
    };
    assert!(matches!(
        connections.create(&again).await,
        Err(ConnectionsError::Invalid(_))
    ));
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_denies_is_sent_back_without_keys() {
    let lab = Lab::new().await;
    let connections = lab.connections();
    let asked = connections
        .ask_consent(&without_keys(&lab), "/setup")
        .await
        .unwrap();

    let page = browser()
        .get(&asked.url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();

    assert_eq!(
        link(&page, "wc-auth-deny"),
        format!("{}/setup?success=0&user_id={}", lab.url, asked.state)
    );
    assert_eq!(
        connections.consent(&asked.state).await.unwrap(),
        ConsentState::Waiting
    );
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_taken_once_and_only_where_they_are_expected() {
    let lab = Lab::new().await;
    let (connections, browser) = (lab.connections(), browser());
    let asked = connections
        .ask_consent(&without_keys(&lab), "/setup")
        .await
        .unwrap();
    let keys = |user: &str, permissions: &str| {
        json!({ "key_id": 1, "user_id": user, "consumer_key": "ck_1", "consumer_secret": "cs_1",
                "key_permissions": permissions })
    };
    let send = async |state: &str, body: Json| {
        let url = format!("{}/wc-auth/{state}", lab.url);
        let sent = browser.post(url).body(body.to_string()).send().await;
        sent.unwrap().status().as_u16()
    };
    let state = asked.state.as_str();

    assert_eq!(send("0000", keys("0000", "read_write")).await, 404);
    assert_eq!(send(state, keys("0000", "read_write")).await, 404);
    assert_eq!(send(state, keys(state, "read")).await, 403);
    assert_eq!(send(state, json!({ "user_id": state })).await, 400);
    assert_eq!(send(state, json!({ "user_id": "x".repeat(10_000) })).await, 413);
    assert_eq!(connections.consent(state).await.unwrap(), ConsentState::Waiting);
    assert_eq!(send(state, keys(state, "read_write")).await, 200);
    assert_eq!(send(state, keys(state, "read_write")).await, 404);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_one_shop_are_not_sent_to_another() {
    let lab = Lab::new().await;
    let connections = lab.connections();
    let asked = connections
        .ask_consent(&without_keys(&lab), "/setup")
        .await
        .unwrap();
    let keys = woo_vtiger_sync::connections::Keys {
        user_id: asked.state.clone(),
        consumer_key: "ck_1".to_owned(),
        consumer_secret: "cs_1".to_owned(),
        key_permissions: "read_write".to_owned(),
    };
    connections.take_keys(&asked.state, &keys).await.unwrap();

    let elsewhere = Input {
        shop_url: "https://other.example".to_owned(),
        consent: asked.state,
        ..without_keys(&lab)
    };
    let problems = connections.check_input(&elsewhere, false).await.unwrap();

    assert!(
        problems
            .iter()
            .any(|one| one.field == "consent" && one.message.contains("another shop"))
    );
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulated_shop_refuses_what_a_real_one_does() {
    let lab = Lab::new().await;
    let browser = browser();
    let ask = async |query: &str| {
        let url = format!("{}/wc-auth/v1/{query}", lab.shop.url());
        let answer = browser.get(url).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let with = |callback: &str, scope: &str| {
        format!(
            "app_name=a&user_id=1&return_url=https%3A%2F%2Fa.example&callback_url={callback}&scope={scope}"
        )
    };

    for (query, error) in [
        ("authorize?app_name=a".to_owned(), "Missing parameter user_id"),
        (
            format!("authorize?{}", with("https%3A%2F%2Fa.example", "all")),
            "Invalid scope all",
        ),
        (
            format!("authorize?{}", with("http%3A%2F%2Fa.example", "read")),
            "The callback_url needs to be over SSL",
        ),
        (
            format!("access_granted?{}", with("https%3A%2F%2Fa.example", "read")),
            "Invalid nonce verification",
        ),
    ] {
        assert_eq!(ask(&query).await, (401, format!("Error: {error}.")), "{query}");
    }
    lab.stop().await;
}
