//! The secrets of webhooks, and what comes from a shop.

use secrecy::{ExposeSecret, SecretString};

use woo_vtiger_sync::store::Arrivals;

use super::{at, on_both};

#[tokio::test]
async fn a_webhook_secret_is_made_once_and_changed_only_from_what_it_was() {
    on_both(async |store| {
        let secrets: Vec<SecretString> = ["one", "two", "three"].map(SecretString::from).into();
        assert!(store.webhook_secret("shop").await.unwrap().is_none());

        let made = store.put_webhook_secret("shop", &secrets[0], None, at(1)).await;
        assert!(made.unwrap());
        let again = store.put_webhook_secret("shop", &secrets[1], None, at(2)).await;
        assert!(!again.unwrap());
        let first = store.webhook_secret("shop").await.unwrap().unwrap();
        assert_eq!(first.present.expose_secret(), "one");
        assert!(first.previous.is_none());
        assert_eq!(first.changed, at(1));

        let changed = store.put_webhook_secret("shop", &secrets[1], Some(&secrets[0]), at(3));
        assert!(changed.await.unwrap());
        let late = store.put_webhook_secret("shop", &secrets[2], Some(&secrets[0]), at(4));
        assert!(!late.await.unwrap());
        let second = store.webhook_secret("shop").await.unwrap().unwrap();
        assert_eq!(second.present.expose_secret(), "two");
        assert_eq!(second.previous.unwrap().expose_secret(), "one");
        assert_eq!(second.changed, at(3));
        assert!(store.webhook_secret("outlet").await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn it_is_noted_what_the_webhooks_were_given_and_when_the_last_delivery_came() {
    on_both(async |store| {
        assert_eq!(store.webhook_secret_given("shop").await.unwrap(), None);
        assert_eq!(store.last_delivery("shop").await.unwrap(), None);

        store.note_delivery("shop", at(1), None).await.unwrap();
        assert_eq!(store.webhook_secret_given("shop").await.unwrap(), None);
        store.note_webhook_secret_given("shop", "ab").await.unwrap();
        store.note_delivery("shop", at(2), Some(7)).await.unwrap();
        store.note_webhook_secret_given("shop", "cd").await.unwrap();

        assert_eq!(store.last_delivery("shop").await.unwrap(), Some(at(2)));
        store.note_callback("shop", at(3)).await.unwrap();
        store.note_callback("outlet", at(4)).await.unwrap();
        let expected = Arrivals {
            delivery: Some(at(2)),
            delivery_late_ms: Some(7),
            callback: Some(at(3)),
        };
        assert_eq!(store.arrivals("shop").await.unwrap(), expected);
        let given = store.webhook_secret_given("shop").await.unwrap();
        assert_eq!(given.as_deref(), Some("cd"));
        assert_eq!(store.last_delivery("outlet").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn tests_of_our_address_are_noted_for_a_while() {
    on_both(async |store| {
        for (connection, webhook, seconds) in
            [("shop", 1, 1), ("shop", 2, 5), ("outlet", 3, 5), ("shop", 1, 6)]
        {
            store
                .note_ping(connection, webhook, at(seconds), at(0))
                .await
                .unwrap();
        }
        // Nobody has so many webhooks.
        store.note_ping("shop", u64::MAX, at(6), at(0)).await.unwrap();
        let mut pings = store.pings("shop").await.unwrap();
        pings.sort_unstable();
        assert_eq!(pings, [1, 2]);

        store.note_ping("shop", 4, at(9), at(6)).await.unwrap();
        let mut pings = store.pings("shop").await.unwrap();
        pings.sort_unstable();
        assert_eq!(pings, [1, 4]);
        assert_eq!(store.pings("outlet").await.unwrap(), [] as [u64; 0]);

        store.forget_pings("shop").await.unwrap();
        assert_eq!(store.pings("shop").await.unwrap(), [] as [u64; 0]);
    })
    .await;
}
