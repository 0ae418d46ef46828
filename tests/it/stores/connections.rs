//! Connections that are kept, and shops that were asked for keys.

use woo_vtiger_sync::store::{Belongings, Consent, KeptConnection};
use woo_vtiger_sync::sync::{Module, ModuleSettings};

use super::{at, contacts, on_both};

fn kept(name: &str, revision: &str) -> KeptConnection {
    KeptConnection {
        name: name.to_owned(),
        revision: revision.to_owned(),
        settings: format!("{{\"of\":\"{revision}\"}}"),
        sealed: format!("sealed {revision}"),
        created: at(1),
        updated: at(1),
    }
}

#[tokio::test]
async fn a_connection_is_kept_once_and_changed_only_from_what_it_was() {
    on_both(async |store| {
        assert!(store.connection_revisions().await.unwrap().is_empty());
        assert_eq!(store.any_sealed().await.unwrap(), None);

        assert!(store.keep_connection(&kept("shop", "a")).await.unwrap());
        assert!(!store.keep_connection(&kept("shop", "b")).await.unwrap());
        assert_eq!(
            store.kept_connection("shop").await.unwrap(),
            Some(kept("shop", "a"))
        );

        let changed = KeptConnection {
            updated: at(2),
            ..kept("shop", "c")
        };
        assert!(!store.change_connection(&changed, "b").await.unwrap());
        assert!(store.change_connection(&changed, "a").await.unwrap());
        assert_eq!(store.kept_connection("shop").await.unwrap(), Some(changed));
        assert!(!store.change_connection(&kept("outlet", "c"), "c").await.unwrap());
        let revisions = store.connection_revisions().await.unwrap();
        assert_eq!(
            revisions.into_iter().collect::<Vec<_>>(),
            [("shop".to_owned(), "c".to_owned())]
        );
        let sealed = store.any_sealed().await.unwrap();
        assert_eq!(sealed, Some(("shop".to_owned(), "sealed c".to_owned())));
    })
    .await;
}

#[tokio::test]
async fn what_belongs_to_a_connection_goes_only_where_that_is_asked_for() {
    on_both(async |store| {
        let settings = ModuleSettings::default_for(Module::Contacts).unwrap();
        store.put_settings(&contacts(), &settings, at(1)).await.unwrap();
        store.keep_connection(&kept("shop", "a")).await.unwrap();

        assert!(store.forget_connection("shop", Belongings::Stay).await.unwrap());
        assert!(!store.forget_connection("shop", Belongings::Stay).await.unwrap());
        assert!(store.settings(&contacts()).await.unwrap().is_some());

        store.keep_connection(&kept("shop", "a")).await.unwrap();
        store.keep_connection(&kept("outlet", "a")).await.unwrap();
        assert!(store.forget_connection("shop", Belongings::Go).await.unwrap());
        assert!(store.settings(&contacts()).await.unwrap().is_none());
        assert!(store.settings_in_force(&contacts()).await.unwrap().is_none());
        store.put_settings(&contacts(), &settings, at(2)).await.unwrap();
        assert_eq!(
            store
                .settings_in_force(&contacts())
                .await
                .unwrap()
                .unwrap()
                .version,
            1
        );
        assert!(store.kept_connection("outlet").await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn keys_are_kept_once_and_not_too_late() {
    on_both(async |store| {
        let asked = |digest: &str, seconds| Consent {
            digest: digest.to_owned(),
            shop_url: "https://shop.example/".to_owned(),
            sealed: None,
            asked: at(seconds),
        };
        store.ask_consent(&asked("one", 1), at(0)).await.unwrap();
        store.ask_consent(&asked("two", 5), at(1)).await.unwrap();

        assert!(!store.grant_consent("one", "late", at(2)).await.unwrap());
        assert!(!store.grant_consent("none", "sealed", at(0)).await.unwrap());
        assert!(store.grant_consent("two", "sealed", at(2)).await.unwrap());
        assert!(!store.grant_consent("two", "again", at(2)).await.unwrap());
        let two = store.consent("two").await.unwrap().unwrap();
        assert_eq!(two.sealed.as_deref(), Some("sealed"));

        store.ask_consent(&asked("three", 9), at(4)).await.unwrap();
        assert_eq!(store.consent("one").await.unwrap(), None);
        store.end_consent("two").await.unwrap();
        assert_eq!(store.consent("two").await.unwrap(), None);
        assert_eq!(store.consent("three").await.unwrap(), Some(asked("three", 9)));
    })
    .await;
}
