//! Secrets that are in the database: what is known of them is kept while the database is away.

use sqlx::{Connection as _, SqliteConnection};

use crate::scene::{ann, wait_until};
use crate::webhooks::Place;

/// Takes the secrets away, or brings them back.
async fn rename(database: &mut SqliteConnection, from: &str, to: &str) {
    let rename = format!("alter table {from} rename to {to}");
    sqlx::query(sqlx::AssertSqlSafe(rename))
        .execute(database)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_database_is_read_once_it_is_needed_and_then_kept() {
    let place = Place::new().await;
    let server = place.serve("24h").await;
    place.registered().await;
    let url = format!("sqlite://{}", place.stack.database().display());
    let mut database = SqliteConnection::connect(&url).await.unwrap();
    let arrived = async |email: &str| {
        place.shop.register_customer(ann(email));
        wait_until("it is sent", async || place.shop.pending_deliveries() == 0).await;
    };

    // Nothing was signed yet, so no secret is known.
    rename(&mut database, "webhook_secret", "away").await;
    arrived("ann@shop.example").await;
    let refused = place.street.refused();
    assert!(refused > 0);

    rename(&mut database, "away", "webhook_secret").await;
    wait_until("a delivery is taken", async || {
        let before = place.street.refused();
        arrived(&format!("{before}@shop.example")).await;
        place.street.refused() == before
    })
    .await;

    rename(&mut database, "webhook_secret", "away").await;
    let refused = place.street.refused();
    arrived("bob@shop.example").await;
    assert_eq!(place.street.refused(), refused);
    wait_until("the contact is there", async || {
        place.phone_in_crm("bob@shop.example").is_some()
    })
    .await;
    server.stop().await;
    place.stop().await;
}
