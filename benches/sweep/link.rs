//! Writes down which record is which, as if all had been brought into step.

use std::vec;

use woo_vtiger_sync::app::Parts;
use woo_vtiger_sync::clock::{SystemClock, Timestamp};
use woo_vtiger_sync::config::Config;
use woo_vtiger_sync::store::{Commit, Link, Place};
use woo_vtiger_sync::sync::{Module, ModuleSettings, Record, Sides, advance};
use woo_vtiger_sync::system::System;

/// Links all records of two systems that were filled in the same order.
pub(crate) async fn link_all(environment: &[(String, String)]) {
    let config = Config::load(None, environment.iter().cloned()).unwrap();
    let parts = Parts::open(&config, SystemClock::shared()).await.unwrap();
    let systems = &parts.roster.get("shop").unwrap().systems.clone();
    for module in [Module::Contacts, Module::Products, Module::SalesOrders] {
        let at = Place {
            connection: "shop".to_owned(),
            module,
        };
        let settings = parts.store.settings(&at).await.unwrap().unwrap();
        let mut shop = Records::of(&*systems.woocommerce, module);
        let mut crm = Records::of(&*systems.vtiger, module);
        while let Some(woocommerce) = shop.next().await {
            let vtiger = crm.next().await.unwrap();
            let commit = Commit {
                at: at.clone(),
                now: parts.clock.now(),
                link: Some(link(&settings, &Sides { woocommerce, vtiger })),
                entries: Vec::new(),
                created: None,
                fence: None,
                run: None,
                told_at: None,
            };
            parts.store.commit(&commit).await.unwrap();
        }
        assert!(crm.next().await.is_none(), "{module}");
    }
    parts.close().await;
}

fn link(settings: &ModuleSettings, records: &Sides<Record>) -> Link {
    let ids = Sides {
        woocommerce: records.woocommerce.id.clone(),
        vtiger: records.vtiger.id.clone(),
    };
    // The end of the second in which it was last changed, as it was looked at long afterwards.
    let seen = |record: &Record| {
        record
            .modified
            .map(|at| Timestamp::from_millis(at.as_millis() + 999))
    };
    let key = records
        .woocommerce
        .fields
        .get("email")
        .and_then(|email| email.as_str());
    let references = Sides {
        woocommerce: &records.woocommerce,
        vtiger: &records.vtiger,
    };
    Link {
        base: advance(settings, references),
        modified: Sides {
            woocommerce: seen(&records.woocommerce),
            vtiger: seen(&records.vtiger),
        },
        ..Link::new(ids, key.unwrap_or_default())
    }
}

/// A module's records, read page by page.
struct Records<'a> {
    system: &'a dyn System,
    module: Module,
    page: vec::IntoIter<Record>,
    cursor: Option<String>,
    is_last: bool,
}

impl<'a> Records<'a> {
    fn of(system: &'a dyn System, module: Module) -> Self {
        Self {
            system,
            module,
            page: Vec::new().into_iter(),
            cursor: None,
            is_last: false,
        }
    }

    async fn next(&mut self) -> Option<Record> {
        loop {
            let record = self.page.next();
            if record.is_some() || self.is_last {
                return record;
            }
            let page = self.system.page(self.module, self.cursor.as_deref()).await;
            let page = page.unwrap();
            self.is_last = page.next.is_none();
            (self.page, self.cursor) = (page.records.into_iter(), page.next);
        }
    }
}
