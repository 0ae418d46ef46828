//! Whether both sides are in step once all is quiet: pairs show the same in every mapped field, nobody lacks a
//! counterpart without a reason, and nobody is there twice.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;
use woo_vtiger_sync::store::{Link, Place};
use woo_vtiger_sync::sync::{
    FieldPath, Guests, Module, ModuleSettings, Record, RecordId, Side, Sides, Skip, Storage,
    Value, eligible, plan,
};
use woo_vtiger_sync::system::System;

use crate::sales_orders::amount;
use crate::scene::{Scene, place};

/// Looks at a scene again and again; what looks as it did when it was in step is not looked at twice.
#[derive(Default)]
pub(super) struct Judge {
    in_step: HashMap<String, (Json, Json)>,
}

/// What one module has, and how it is kept in step.
struct Stock {
    at: Place,
    settings: ModuleSettings,
    links: Vec<Link>,
}

impl Stock {
    async fn of(scene: &Scene, module: Module) -> Self {
        let store = &scene.server.parts().store;
        let at = place(module);
        let settings = store.settings(&at).await.unwrap();
        Self {
            settings: settings.unwrap_or_else(|| ModuleSettings::default_for(module).unwrap()),
            links: store.links_after(&at, "", 100_000).await.unwrap(),
            at,
        }
    }
}

impl Judge {
    /// What is wrong, in words.
    pub(super) async fn problems(&mut self, scene: &Scene) -> Vec<String> {
        let mut stocks = BTreeMap::new();
        for module in Module::ALL {
            stocks.insert(module, Stock::of(scene, module).await);
        }
        let guests = stocks[&Module::SalesOrders].settings.sales_orders.guests.clone();
        let mut problems = twins(scene, guests != Guests::PerOrder);
        for (module, stock) in &stocks {
            let storage = Known {
                systems: &scene.server.parts().systems["shop"],
                module: *module,
                stocks: &stocks,
            };
            for link in &stock.links {
                let name = format!("{module} {:?} = {:?}", link.ids.woocommerce, link.ids.vtiger);
                if link.quarantined_until.is_some() {
                    problems.push(format!("{name}: quarantined"));
                }
                if link.is_broken() {
                    continue;
                }
                let found = self.differences(scene, stock, link, &storage).await;
                problems.extend(found.into_iter().map(|problem| format!("{name}: {problem}")));
            }
            problems.extend(strangers(scene, stock).await);
        }
        problems
    }

    async fn differences(
        &mut self,
        scene: &Scene,
        stock: &Stock,
        link: &Link,
        storage: &Known<'_>,
    ) -> Vec<String> {
        let module = stock.at.module;
        let Some(raw) = raw(scene, module, &link.ids) else {
            // One of the two was deleted, and nobody told.
            return Vec::new();
        };
        if self.in_step.get(&link.id) == Some(&raw) {
            return Vec::new();
        }
        let mut problems = Vec::new();
        if module == Module::SalesOrders {
            let (shop, crm) = (amount(&raw.0["total"]), amount(&raw.1["hdnGrandTotal"]));
            if shop != crm {
                problems.push(format!("the totals are {shop} and {crm}"));
            }
        }
        let (left, right) = (&storage.systems.woocommerce, &storage.systems.vtiger);
        let shop = left.fetch(module, &link.ids.woocommerce).await.unwrap();
        let crm = right.fetch(module, &link.ids.vtiger).await.unwrap();
        let both = Sides {
            woocommerce: shop.as_ref(),
            vtiger: crm.as_ref(),
        };
        if both.woocommerce.is_none() || both.vtiger.is_none() {
            return problems;
        }
        // As if they met for the first time: what differs would move or be in conflict.
        let plan = plan(&stock.settings, None, both, storage);
        problems.extend(plan.notable().map(|field| {
            let [shop, crm] = [&field.before.woocommerce, &field.before.vtiger].map(Value::as_text);
            format!("{}: {shop:?} / {crm:?}", field.field)
        }));
        if problems.is_empty() {
            self.in_step.insert(link.id.clone(), raw);
        }
        problems
    }
}

/// What both simulators hold of a pair that is there on both sides. A guest is not there: orders tell who it is, each
/// something else.
fn raw(scene: &Scene, module: Module, ids: &Sides<RecordId>) -> Option<(Json, Json)> {
    let id = ids.woocommerce.as_str().parse().ok()?;
    let shop = match module {
        Module::Taxes => scene.shop.taxes().into_iter().find(|tax| tax["id"] == id)?,
        Module::Products => scene.shop.product(id)?,
        Module::Contacts => scene.shop.customer(id)?,
        Module::SalesOrders => scene.shop.order(id)?,
    };
    if shop["status"] == "trash" {
        return None;
    }
    Some((shop, scene.crm.record(ids.vtiger.as_str())?))
}

/// Records without counterpart, where nothing tells why.
async fn strangers(scene: &Scene, stock: &Stock) -> Vec<String> {
    let Place { module, .. } = stock.at;
    let mut problems = Vec::new();
    for side in Side::BOTH {
        if !stock.settings.direction.writes_to(side.opposite()) {
            continue;
        }
        let ids: Vec<&RecordId> = stock.links.iter().map(|link| link.ids.of(side)).collect();
        for record in all(&**scene.server.parts().systems["shop"].of(side), module).await {
            if ids.contains(&&record.id) || !eligible(module, &stock.settings, side, &record) {
                continue;
            }
            let is_customer = record.id.guest_email().is_some_and(|email| {
                let mut links = stock.links.iter();
                links.any(|link| link.match_key == email)
            });
            let store = &scene.server.parts().store;
            let last = store.entries_of(&stock.at, side, &record.id, 1).await.unwrap();
            let skip = last.into_iter().next().and_then(|stored| stored.entry.skip);
            if !is_customer && !skip.as_ref().is_some_and(is_in_order) {
                problems.push(format!(
                    "{module} {:?} of {side} has no counterpart: {skip:?}",
                    record.id
                ));
            }
        }
    }
    problems
}

fn is_in_order(skip: &Skip) -> bool {
    matches!(skip, Skip::Deleted { .. } | Skip::Guest)
}

/// All of a module's records.
async fn all(system: &dyn System, module: Module) -> Vec<Record> {
    let mut records = Vec::new();
    let mut cursor = None;
    loop {
        let page = system.page(module, cursor.as_deref()).await.unwrap();
        records.extend(page.records);
        cursor = page.next;
        if cursor.is_none() {
            return records;
        }
    }
}

/// Records that are there twice.
fn twins(scene: &Scene, by_email: bool) -> Vec<String> {
    let mut keys: Vec<(&str, String)> = Vec::new();
    let mut note = |what: &'static str, records: Vec<Json>, field: &str| {
        let texts = records
            .iter()
            .filter_map(|record| record[field].as_str())
            .filter(|text| !text.is_empty());
        keys.extend(texts.map(|text| (what, text.to_lowercase())));
    };
    if by_email {
        note("contact", scene.crm.records("Contacts"), "email");
    }
    note("customer", scene.shop.customers(), "email");
    note("product of the CRM", scene.crm.records("Products"), "productcode");
    note("sales order", scene.crm.records("SalesOrder"), "vtiger_purchaseorder");
    let mut orders = scene.shop.orders();
    orders.retain(|order| order["status"] != "trash");
    for order in orders {
        let meta = order["meta_data"].as_array().unwrap();
        let made_from = meta.iter().find(|entry| entry["key"] == "_vtiger_salesorder");
        keys.extend(made_from.map(|entry| ("order", entry["value"].to_string())));
    }
    let mut products = scene.shop.products();
    products.retain(|product| product["status"] != "trash" && product["sku"] != "");
    keys.extend(products.iter().map(|product| ("product", product["sku"].to_string())));
    keys.sort();
    let twice = keys.windows(2).filter(|pair| pair[0] == pair[1]);
    twice
        .map(|pair| format!("the {} {} is there twice", pair[0].0, pair[0].1))
        .collect()
}

/// What the plan must know.
struct Known<'a> {
    systems: &'a Sides<std::sync::Arc<dyn System>>,
    module: Module,
    stocks: &'a BTreeMap<Module, Stock>,
}

impl Storage for Known<'_> {
    fn stored(&self, side: Side, path: &FieldPath, value: &Value) -> Value {
        self.systems.of(side).stored(self.module, path, value)
    }

    fn is_writable(&self, side: Side, path: &FieldPath, record: Option<&Record>) -> bool {
        self.systems.of(side).is_writable(self.module, path, record)
    }

    fn counterpart(&self, to: Side, module: Module, id: &str) -> Option<String> {
        let id = RecordId::new(id);
        let is_it = |link: &&Link| {
            !link.deleted.of(to)
                && (*link.ids.of(to.opposite()) == id || id.guest_email() == Some(link.match_key.as_str()))
        };
        let link = self.stocks[&module].links.iter().find(is_it)?;
        Some(link.ids.of(to).to_string())
    }
}
