//! The versions of a module's settings.

use futures_util::future::join_all;
use secrecy::SecretString;
use sqlx::{Connection, PgConnection, SqliteConnection};
use woo_vtiger_sync::store::{CONFIGURATION, Database, Settings, Signature, SqlStore};
use woo_vtiger_sync::sync::{Direction, Module, ModuleSettings};

use super::{at, contacts, on_both};
use crate::servers;

fn defaults() -> ModuleSettings {
    ModuleSettings::default_for(Module::Contacts).unwrap()
}

fn towards_vtiger() -> ModuleSettings {
    ModuleSettings {
        direction: Direction::ToVtiger,
        ..defaults()
    }
}

#[tokio::test]
async fn each_change_of_settings_is_a_version() {
    on_both(async |store| {
        let place = contacts();
        assert!(store.settings_in_force(&place).await.unwrap().is_none());
        store.put_settings(&place, &defaults(), at(0)).await.unwrap();
        let ann = Signature::new("ann", "one way, please");

        let saved = store
            .save_settings(&place, &towards_vtiger(), &ann, Some(1), at(5))
            .await
            .unwrap();

        assert_eq!(saved, Some(2));
        assert_eq!(store.settings(&place).await.unwrap(), Some(towards_vtiger()));
        let versions = store.settings_versions(&place, None, 10).await.unwrap();
        let told: Vec<_> = versions
            .iter()
            .map(|version| (version.version, version.signature.by.as_str(), version.saved_at))
            .collect();
        assert_eq!(told, [(2, "ann", at(5)), (1, CONFIGURATION, at(0))]);
        assert_eq!(versions[0].signature, ann);
        assert_eq!(versions[1].settings, Some(defaults()));
        assert_eq!(
            store.settings_in_force(&place).await.unwrap(),
            Some(versions[0].clone())
        );
        assert_eq!(
            store.settings_version(&place, 1).await.unwrap(),
            Some(versions[1].clone())
        );
        assert_eq!(store.settings_version(&place, 3).await.unwrap(), None);
        let earlier = store.settings_versions(&place, Some(2), 10).await.unwrap();
        assert_eq!(earlier, versions[1..]);
    })
    .await;
}

#[tokio::test]
async fn nobody_saves_over_a_version_that_is_not_the_one_in_force() {
    on_both(async |store| {
        let place = contacts();
        let ann = Signature::new("ann", "");
        let save = async |settings: &ModuleSettings, over| {
            let saved = store.save_settings(&place, settings, &ann, over, at(1)).await;
            saved.unwrap()
        };
        assert_eq!(save(&defaults(), Some(1)).await, None);
        assert_eq!(save(&defaults(), Some(0)).await, Some(1));
        assert_eq!(save(&towards_vtiger(), Some(0)).await, None);
        assert_eq!(save(&towards_vtiger(), Some(1)).await, Some(2));

        assert_eq!(save(&defaults(), Some(1)).await, None);

        assert_eq!(store.settings(&place).await.unwrap(), Some(towards_vtiger()));
        assert_eq!(store.settings_versions(&place, None, 10).await.unwrap().len(), 2);
        assert_eq!(save(&defaults(), None).await, Some(3));
    })
    .await;
}

#[tokio::test]
async fn of_many_who_save_at_once_one_does() {
    on_both(async |store| {
        let place = contacts();
        store.put_settings(&place, &defaults(), at(0)).await.unwrap();
        let ann = Signature::new("ann", "");
        let settings = towards_vtiger();

        let attempts = (0..8).map(|_| store.save_settings(&place, &settings, &ann, Some(1), at(1)));
        let saved = join_all(attempts).await;

        let won: Vec<u32> = saved.into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(won, [2]);
    })
    .await;
}

const EARLIER: &str = "delete from _sqlx_migrations where version = 14";
const WITHOUT: &str = "drop table setting_version";
const COLUMN: &str = "alter table setting drop column version";

#[tokio::test]
async fn settings_of_an_earlier_program_become_the_first_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.sqlite");
    let database = Database::sqlite(&path).await.unwrap();
    let store = SqlStore::new(database.clone());
    store
        .put_settings(&contacts(), &towards_vtiger(), at(7))
        .await
        .unwrap();
    database.close().await;
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}", path.display()))
        .await
        .unwrap();
    for statement in [EARLIER, WITHOUT, COLUMN] {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();

    let database = Database::sqlite(&path).await.unwrap();

    first_version_is_kept(database).await;
    let server = servers::database().await;
    let url = SecretString::from(server.url());
    let database = Database::postgres(&url).await.unwrap();
    let store = SqlStore::new(database.clone());
    store
        .put_settings(&contacts(), &towards_vtiger(), at(7))
        .await
        .unwrap();
    database.close().await;
    let mut connection = PgConnection::connect(&server.url()).await.unwrap();
    for statement in [EARLIER, WITHOUT, COLUMN] {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    first_version_is_kept(Database::postgres(&url).await.unwrap()).await;
}

async fn first_version_is_kept(database: Database) {
    let store = SqlStore::new(database.clone());
    let first = store.settings_in_force(&contacts()).await.unwrap().unwrap();
    assert_eq!((first.version, first.saved_at), (1, at(7)));
    assert_eq!(
        first.signature,
        Signature::new(CONFIGURATION, "from the configuration")
    );
    assert_eq!(first.settings, Some(towards_vtiger()));
    database.close().await;
}
