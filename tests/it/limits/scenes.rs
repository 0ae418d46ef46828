//! The service between systems that are down, or count its requests.

use std::time::Duration;

use serde_json::json;
use sqlx::{Connection, Row, SqliteConnection};
use woo_vtiger_sync::clock::{Clock, SystemClock};
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::simulator::vtiger::{FloodControl, VtigerOptions};
use woo_vtiger_sync::simulator::woocommerce::WooCommerceOptions;

use crate::scene::{Scene, ann, asked, next_second, wait_until};

const PEOPLE: usize = 6;

fn email(number: usize) -> String {
    format!("person{number}@shop.example")
}

async fn number(scene: &Scene, query: &'static str) -> i64 {
    let url = format!("sqlite://{}", scene.database().display());
    let mut database = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(query)
        .fetch_one(&mut database)
        .await
        .unwrap()
        .get::<i64, _>(0)
}

/// A shop that tells of changes at once.
fn prompt() -> WooCommerceOptions {
    WooCommerceOptions {
        delivery_delay: Duration::ZERO,
        ..WooCommerceOptions::default()
    }
}

fn outage() -> FaultPlan {
    FaultPlan {
        is_down: true,
        ..FaultPlan::default()
    }
}

/// Waits until a system that is down was tried some times, or as long as whoever runs the tests asks for. Says how many
/// requests it may have got meanwhile.
async fn outlast(scene: &Scene) -> usize {
    // Five failures show that it is down; after a second, two and four it is tried again.
    wait_until("it was tried some times", async || scene.calls().len() >= 8).await;
    let seconds = asked("WVS_TEST_OUTAGE_S").unwrap_or(0);
    let end = SystemClock.now() + Duration::from_secs(seconds);
    while SystemClock.now() < end {
        next_second().await;
    }
    20 + usize::try_from(seconds / 5).unwrap()
}

/// What an outage came to: few requests, and few attempts of all events together.
async fn assert_spared(scene: &Scene, most: usize) {
    let calls = scene.calls().len();
    let attempts = number(scene, "select coalesce(sum(attempts), 0) from queue").await;
    assert!(attempts <= 4, "{attempts} attempts");
    assert!(calls <= most, "{calls} requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_wait_while_the_crm_is_down_without_using_up_their_attempts() {
    let scene = Scene::start().await;
    scene.pair("first@shop.example").await;
    scene.crm.set_faults(outage());

    for person in 0..PEOPLE {
        scene.shop.register_customer(ann(&email(person)));
    }
    let most = outlast(&scene).await;
    assert_spared(&scene, most).await;
    scene.crm.set_faults(FaultPlan::default());
    scene.quiet().await;

    for person in 0..PEOPLE {
        assert!(scene.contact(&email(person)).is_some(), "{person}");
    }
    assert_eq!(number(&scene, "select count(*) from failed").await, 0);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_wait_while_the_shop_is_down_without_using_up_their_attempts() {
    let scene = Scene::start().await;
    scene.pair("first@shop.example").await;
    scene.shop.set_faults(outage());

    for person in 0..PEOPLE {
        let fields = json!({ "email": email(person), "firstname": "Carl", "lastname": "Crm" });
        scene.crm.add_record("Contacts", fields);
    }
    let most = outlast(&scene).await;
    assert_spared(&scene, most).await;
    scene.shop.set_faults(FaultPlan::default());
    scene.quiet().await;

    for person in 0..PEOPLE {
        assert!(scene.customer(&email(person)).is_some(), "{person}");
    }
    assert_eq!(number(&scene, "select count(*) from failed").await, 0);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limits_that_vtiger_tells_are_kept() {
    let crm = VtigerOptions {
        flood_control: Some(FloodControl {
            a_minute: 60,
            a_day: 3000,
        }),
        ..VtigerOptions::default()
    };
    let scene = Scene::with_systems("", prompt(), crm).await;

    for person in 0..PEOPLE {
        scene.shop.register_customer(ann(&email(person)));
    }
    scene.quiet().await;

    assert_eq!(scene.crm.refused(), 0);
    for person in 0..PEOPLE {
        assert!(scene.contact(&email(person)).is_some(), "{person}");
    }
    assert_eq!(
        number(&scene, "select minute_limit from gate where name = 'shop:vtiger'").await,
        60
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_vtigers_limits_waits_without_using_up_attempts() {
    let crm = VtigerOptions {
        flood_control: Some(FloodControl {
            a_minute: 3000,
            a_day: 6,
        }),
        ..VtigerOptions::default()
    };
    let scene = Scene::with_systems("", prompt(), crm).await;

    for person in 0..PEOPLE {
        scene.shop.register_customer(ann(&email(person)));
    }
    wait_until("all have told, and the day is spent", async || {
        scene.shop.pending_deliveries() == 0
            && number(&scene, "select count(*) from gate where day_left = 0").await == 1
            && number(&scene, "select count(*) from queue where state = 'taken'").await == 0
    })
    .await;

    assert!(number(&scene, "select count(*) from queue").await > 0);
    assert_eq!(number(&scene, "select sum(attempts) from queue").await, 0);
    let made = (0..PEOPLE)
        .filter(|person| scene.contact(&email(*person)).is_some())
        .count();
    assert!(made < PEOPLE, "{made}");
    scene.stop().await;
}
