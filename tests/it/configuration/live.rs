//! Mappings held against the fields that both systems tell, by `config import` and by `check`.

use std::sync::Arc;

use async_trait::async_trait;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use woo_vtiger_sync::app::{Imported, Parts, import_settings};
use woo_vtiger_sync::check::check;
use woo_vtiger_sync::clock::{SystemClock, Timestamp};
use woo_vtiger_sync::http;
use woo_vtiger_sync::roster::{Member, Origin, Roster};
use woo_vtiger_sync::store::Place;
use woo_vtiger_sync::sync::{
    FieldMapping, FieldPath, Module, ModuleSettings, Patch, Record, RecordId, Side, Sides, Value,
};
use woo_vtiger_sync::system::{
    Census, Fault, FieldInfo, FieldType, Finding, Glance, Page, Reach, System, SystemError,
};
use woo_vtiger_sync::webhooks::Secrets;

use super::shop_with;
use crate::connections::Nowhere;

/// A system that tells its fields, or does not answer, and is asked for nothing else.
#[derive(Debug)]
struct Teller {
    side: Side,
    fields: Option<Vec<FieldInfo>>,
}

#[async_trait]
impl System for Teller {
    fn side(&self) -> Side {
        self.side
    }

    async fn full_id(&self, _: Module, _: &RecordId) -> Result<RecordId, SystemError> {
        unreachable!()
    }

    async fn fetch(&self, _: Module, _: &RecordId) -> Result<Option<Record>, SystemError> {
        unreachable!()
    }

    async fn find(&self, _: Module, _: &str, _: Option<Timestamp>) -> Result<Vec<Record>, SystemError> {
        unreachable!()
    }

    async fn create(&self, _: Module, _: &Patch) -> Result<Record, SystemError> {
        unreachable!()
    }

    async fn update(&self, _: Module, _: &RecordId, _: &Patch) -> Result<Record, SystemError> {
        unreachable!()
    }

    async fn delete(&self, _: Module, _: &RecordId) -> Result<(), SystemError> {
        unreachable!()
    }

    async fn fields(&self, module: Module) -> Result<Vec<FieldInfo>, SystemError> {
        let Some(fields) = &self.fields else {
            return Err(SystemError {
                system: self.side,
                operation: "read the fields",
                fault: Fault::Unavailable { retry_after: None },
                message: "timed out".to_owned(),
            });
        };
        Ok(if module == Module::Contacts {
            fields.clone()
        } else {
            Vec::new()
        })
    }

    async fn page(&self, _: Module, _: Option<&str>) -> Result<Page, SystemError> {
        unreachable!()
    }

    async fn changes(&self, _: Module, _: Timestamp, _: Option<&str>) -> Result<Page, SystemError> {
        unreachable!()
    }

    async fn reach(&self, _: Module) -> Result<Reach, SystemError> {
        unreachable!()
    }

    async fn census(&self, _: Module, _: Census) -> Result<Census, SystemError> {
        unreachable!()
    }

    async fn ids(&self, _: Module, _: Option<&str>) -> Result<Page, SystemError> {
        unreachable!()
    }

    async fn read(
        &self,
        _: Module,
        _: &serde_json::Value,
        _: &[FieldPath],
    ) -> Result<Option<Record>, SystemError> {
        unreachable!()
    }

    fn stored(&self, _: Module, _: &FieldPath, _: &Value) -> Value {
        unreachable!()
    }

    fn glance(&self, _: &serde_json::Value) -> Glance {
        unreachable!()
    }

    async fn check(&self) -> Vec<Finding> {
        Vec::new()
    }
}

/// All fields of contacts that the built-in mappings have on this side.
fn built_in_fields(side: Side) -> Vec<FieldInfo> {
    let settings = ModuleSettings::default_for(Module::Contacts).unwrap();
    let paths = settings.needed(side);
    paths
        .into_iter()
        .map(|path| FieldInfo {
            path: path.to_string(),
            label: path.to_string(),
            writable: true,
            mandatory: false,
            kind: FieldType::Text,
            length: None,
        })
        .collect()
}

/// Parts whose systems tell these fields of contacts.
async fn parts(woocommerce: Option<Vec<FieldInfo>>, vtiger: Option<Vec<FieldInfo>>) -> (TempDir, Parts) {
    http::install_tls_provider();
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("sync.sqlite").display());
    let config = shop_with(&[("WVS_DATABASE__URL", &database)]).unwrap();
    let mut parts = Parts::open(&config, SystemClock::shared()).await.unwrap();
    let systems: Sides<Arc<dyn System>> = Sides {
        woocommerce: Arc::new(Teller {
            side: Side::WooCommerce,
            fields: woocommerce,
        }),
        vtiger: Arc::new(Teller {
            side: Side::Vtiger,
            fields: vtiger,
        }),
    };
    let shop = parts.roster.get("shop").unwrap();
    let teller = Member {
        name: shop.name.clone(),
        origin: Origin::Configuration,
        is_paused: false,
        connection: shop.connection.clone(),
        systems,
        engine: shop.engine.clone(),
        sweeper: shop.sweeper.clone(),
        registration: None,
        webhook_secrets: Secrets::new("shop", Vec::new(), parts.store.clone()),
        limiters: Vec::new(),
        stop: CancellationToken::new(),
        tasks: TaskTracker::new(),
    };
    parts.roster = Arc::new(Roster::new(Box::new(Nowhere), vec![teller]));
    (folder, parts)
}

async fn good_parts() -> (TempDir, Parts) {
    parts(
        Some(built_in_fields(Side::WooCommerce)),
        Some(built_in_fields(Side::Vtiger)),
    )
    .await
}

/// Imports contacts with one more mapping.
async fn import(parts: &Parts, vtiger: &str, live: bool) -> Imported {
    let text = format!(
        "[[connections.shop.modules.contacts.extra_mappings]]\nwoocommerce = \"billing.phone\"\nvtiger = \"{vtiger}\"\n\
         [connections.shop.modules.contacts]\ndisabled_mappings = [\"billing.phone = phone\"]\n"
    );
    import_settings(parts, &text, live).await.unwrap()
}

async fn contacts(parts: &Parts) -> ModuleSettings {
    let at = Place {
        connection: "shop".to_owned(),
        module: Module::Contacts,
    };
    parts.store.settings(&at).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_mapping_of_a_field_that_is_not_there_is_not_imported() {
    let (_folder, parts) = good_parts().await;

    let imported = import(&parts, "phne", true).await;

    assert!(!imported.stored);
    assert_eq!(
        imported.report,
        "FAIL  shop: contacts: mapping `billing.phone = phne`: Vtiger CRM `phne`: there is no such field; did you mean \
         `phone`?\nNothing was stored. Mend what is marked FAIL, and import the file again.\n"
    );
    let before = ModuleSettings::default_for(Module::Contacts).unwrap();
    assert_eq!(contacts(&parts).await, before);
    parts.close().await;
}

#[tokio::test]
async fn offline_the_fields_are_not_asked_for() {
    let (_folder, parts) = good_parts().await;

    let imported = import(&parts, "phne", false).await;

    assert!(imported.stored, "{}", imported.report);
    let keys: Vec<String> = contacts(&parts).await.active().map(FieldMapping::key).collect();
    assert!(keys.contains(&"billing.phone = phne".to_owned()), "{keys:?}");
    parts.close().await;
}

#[tokio::test]
async fn a_system_that_does_not_answer_is_noted_and_the_settings_stored() {
    let (_folder, parts) = parts(Some(built_in_fields(Side::WooCommerce)), None).await;

    let imported = import(&parts, "phne", true).await;

    assert!(imported.stored);
    assert!(
        imported.report.starts_with(
            "note  shop: contacts: the mappings were not checked against the systems' fields: vtiger: read the fields: \
             timed out\n"
        ),
        "{}",
        imported.report
    );
    parts.close().await;
}

#[tokio::test]
async fn what_is_only_noted_does_not_keep_settings_from_being_stored() {
    let mut fields = built_in_fields(Side::Vtiger);
    let phone = fields.iter_mut().find(|field| field.path == "phone").unwrap();
    phone.kind = FieldType::Number;
    let (_folder, parts) = parts(Some(built_in_fields(Side::WooCommerce)), Some(fields)).await;

    let imported = import_settings(
        &parts,
        "[connections.shop.modules.contacts]\nconflict = \"vtiger\"\n",
        true,
    )
    .await
    .unwrap();

    assert!(imported.stored);
    assert!(
        imported.report.contains(
            "note  shop: contacts: mapping `billing.phone = phone`: Vtiger CRM `phone`: it holds a number"
        ),
        "{}",
        imported.report
    );
    assert!(
        imported.report.contains("shop: contacts: stored"),
        "{}",
        imported.report
    );
    parts.close().await;
}

#[tokio::test]
async fn check_tells_of_mappings_that_fit() {
    let (_folder, parts) = good_parts().await;

    let checked = check(&parts).await;

    assert!(checked.good, "{}", checked.report);
    assert!(
        checked
            .report
            .ends_with("shop: mappings\n  ok    contacts: 15 mappings fit the fields of both\n"),
        "{}",
        checked.report
    );
    parts.close().await;
}

#[tokio::test]
async fn check_fails_on_a_mapping_that_does_not_fit_with_the_remedy() {
    let (_folder, parts) = good_parts().await;
    import(&parts, "phne", false).await;

    let checked = check(&parts).await;

    assert!(!checked.good);
    assert!(
        checked.report.ends_with(
            "shop: mappings\n  FAIL  contacts: mapping `billing.phone = phne`: Vtiger CRM `phne`: there is no such \
             field\n        → did you mean `phone`?\n"
        ),
        "{}",
        checked.report
    );
    parts.close().await;
}

#[tokio::test]
async fn check_notes_a_system_whose_fields_cant_be_read() {
    let (_folder, parts) = parts(None, Some(built_in_fields(Side::Vtiger))).await;

    let checked = check(&parts).await;

    assert!(checked.good, "{}", checked.report);
    assert!(
        checked.report.contains(
            "  note  contacts: the mappings were not checked: woocommerce: read the fields: timed out\n"
        ),
        "{}",
        checked.report
    );
    parts.close().await;
}
