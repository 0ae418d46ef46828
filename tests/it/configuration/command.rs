//! `config export` and `config import`, run as people run them.

use std::path::PathBuf;

use tempfile::TempDir;
use woo_vtiger_sync::store::{Database, Place, Settings, SqlStore, Sweeps};
use woo_vtiger_sync::sync::{ConflictRule, Module, ModuleSettings};

use super::SHOP;
use crate::process::{Ended, Program};

/// A folder with a database and a settings file.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("settings.toml")
    }

    fn environment(&self) -> Vec<(String, String)> {
        let database = format!("sqlite:{}", self.folder.path().join("sync.sqlite").display());
        let shop = SHOP.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut environment = shop.to_vec();
        environment.push(("WVS_DATABASE__URL".to_owned(), database));
        environment
    }

    async fn run(&self, arguments: &[&str]) -> Ended {
        Program::run(arguments, &self.environment()).await
    }

    /// Imports this text without asking the systems, which are not there.
    async fn import(&self, text: &str) -> Ended {
        std::fs::write(self.file(), text).unwrap();
        let file = self.file();
        self.run(&["config", "import", "--offline", file.to_str().unwrap()])
            .await
    }

    async fn store(&self) -> SqlStore {
        let path = self.folder.path().join("sync.sqlite");
        SqlStore::new(Database::sqlite(&path).await.unwrap())
    }

    /// The settings in force.
    async fn settings(&self, module: Module) -> ModuleSettings {
        let at = Place {
            connection: "shop".to_owned(),
            module,
        };
        self.store().await.settings(&at).await.unwrap().unwrap()
    }

    /// The modules that a sweep is asked for, which is so no more afterwards.
    async fn sweeps(&self) -> Vec<Module> {
        let asked = self.store().await.take_sweep_requests("shop").await.unwrap();
        asked.into_iter().map(|request| request.at.module).collect()
    }
}

#[tokio::test]
async fn what_is_exported_can_be_imported_and_changes_nothing() {
    let desk = Desk::new();
    let file = desk.file();

    let exported = desk.run(&["config", "export", file.to_str().unwrap()]).await;
    let text = std::fs::read_to_string(&file).unwrap();
    let imported = desk.import(&text).await;
    let printed = desk.run(&["config", "export"]).await;

    assert_eq!((exported.code, imported.code), (Some(0), Some(0)), "{imported:?}");
    assert_eq!(
        imported.out,
        "shop: products: as it was\nshop: contacts: as it was\nshop: sales_orders: as it was\n"
    );
    assert_eq!(printed.out, text);
    assert_eq!(desk.sweeps().await, []);
}

#[tokio::test]
async fn changed_settings_are_stored_and_their_module_swept() {
    let desk = Desk::new();
    let exported = desk.run(&["config", "export"]).await.out;
    let orders = exported.find("[connections.shop.modules.sales_orders]").unwrap();
    let (before, after) = exported.split_at(orders);
    let changed = after.replacen("conflict = \"last_updated\"", "conflict = \"vtiger\"", 1);

    let imported = desk.import(&format!("{before}{changed}")).await;

    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert!(
        imported
            .out
            .contains("shop: sales_orders: stored; a running service sweeps it soon"),
        "{}",
        imported.out
    );
    assert_eq!(
        desk.settings(Module::SalesOrders).await.conflict,
        ConflictRule::Vtiger
    );
    assert_eq!(
        desk.settings(Module::Contacts).await.conflict,
        ConflictRule::LastUpdated
    );
    assert_eq!(desk.sweeps().await, [Module::SalesOrders]);
}

#[tokio::test]
async fn a_module_that_is_switched_off_is_not_swept() {
    let desk = Desk::new();

    let imported = desk
        .import("[connections.shop.modules.products]\nenabled = false\n")
        .await;

    assert_eq!(
        imported.out, "shop: products: stored; it is switched off\n",
        "{imported:?}"
    );
    assert!(!desk.settings(Module::Products).await.enabled);
    assert_eq!(desk.sweeps().await, []);
}

#[tokio::test]
async fn of_a_file_with_a_mistake_nothing_is_imported() {
    let desk = Desk::new();
    desk.run(&["migrate"]).await;

    let imported = desk
        .import(
            "[connections.shop.modules.products]\nenabled = false\n\
             [connections.shop.modules.contacts]\ndirection = \"up\"\nguests = \"skip\"\n",
        )
        .await;

    assert_eq!(imported.code, Some(1));
    assert!(
        imported
            .log
            .contains("connections.shop.modules.contacts.direction: it is `up` but must be")
            && imported
                .log
                .contains("connections.shop.modules.contacts.guests: contacts have no such setting"),
        "{}",
        imported.log
    );
    assert!(desk.settings(Module::Products).await.enabled);
}

#[tokio::test]
async fn of_a_file_with_an_unknown_connection_nothing_is_imported() {
    let desk = Desk::new();

    let imported = desk
        .import(
            "[connections.shop.modules.products]\nenabled = false\n\
             [connections.shp.modules.products]\nenabled = false\n",
        )
        .await;

    assert_eq!(imported.code, Some(1));
    assert_eq!(
        imported.out,
        "FAIL  connections.shp: there is no such connection; did you mean `shop`?\n\
         Nothing was stored. Mend what is marked FAIL, and import the file again.\n"
    );
    assert!(desk.settings(Module::Products).await.enabled);
}

#[tokio::test]
async fn a_file_that_names_nothing_is_told() {
    let desk = Desk::new();

    let imported = desk.import("").await;

    assert_eq!(imported.code, Some(0));
    assert_eq!(imported.out, "The file names no module; nothing was changed.\n");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_told() {
    let desk = Desk::new();

    let imported = desk.run(&["config", "import", "/nowhere/settings.toml"]).await;

    assert_eq!(imported.code, Some(1));
    assert!(
        imported
            .log
            .contains("the file /nowhere/settings.toml can't be read"),
        "{}",
        imported.log
    );
}

#[tokio::test]
async fn config_and_config_show_print_the_same() {
    let desk = Desk::new();

    let bare = desk.run(&["config"]).await;
    let shown = desk.run(&["config", "show"]).await;

    assert!(
        bare.out.contains("[connections.shop.modules.sales_orders]"),
        "{}",
        bare.out
    );
    assert!(bare.out.contains("access_key = \"***\""), "{}", bare.out);
    assert_eq!(bare.out, shown.out);
}

#[tokio::test]
async fn a_record_of_an_unknown_connection_is_told_with_those_there_are() {
    let desk = Desk::new();
    let plan = ["plan", "--module", "contacts", "--id", "4", "--connection"];

    let near = desk.run(&[&plan[..], &["shp"]].concat()).await;
    let far = desk.run(&[&plan[..], &["berlin"]].concat()).await;

    assert_eq!((near.code, far.code), (Some(1), Some(1)));
    assert!(
        near.log
            .contains("there is no connection `shp`; did you mean `shop`?"),
        "{}",
        near.log
    );
    assert!(
        far.log
            .contains("there is no connection `berlin`; there is `shop`"),
        "{}",
        far.log
    );
}

#[tokio::test]
async fn of_several_connections_one_must_be_named() {
    let desk = Desk::new();
    let mut environment = desk.environment();
    for (name, value) in SHOP {
        environment.push((name.replace("__SHOP__", "__OTHER__"), value.to_owned()));
    }

    let told = Program::run(
        &[
            "retry", "--module", "contacts", "--side", "vtiger", "--id", "12x4",
        ],
        &environment,
    )
    .await;

    assert_eq!(told.code, Some(1));
    assert!(
        told.log
            .contains("say with --connection which one: `other` or `shop`"),
        "{}",
        told.log
    );
}
