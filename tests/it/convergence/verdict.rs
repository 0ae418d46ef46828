//! Whether both sides are in step once all is quiet: pairs show the same in every mapped field, nobody lacks a
//! counterpart without a reason, and nobody is there twice.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::Value as Json;
use woo_vtiger_sync::store::{Link, Place};
use woo_vtiger_sync::sync::{
    FieldPath, Guests, Module, ModuleSettings, Record, RecordId, Side, Sides, Skip, Storage, Value, eligible,
    plan,
};
use woo_vtiger_sync::system::{System, SystemError};

use crate::sales_orders::amount;
use crate::scene::{Scene, place};

/// Looks at a scene again and again; what looks as it did when it was in step is not looked at twice.
#[derive(Default)]
pub(crate) struct Judge {
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
        let mut settings = store.settings(&at).await.unwrap().unwrap();
        let orders = store
            .settings(&place(Module::SalesOrders))
            .await
            .unwrap()
            .unwrap();
        settings.sales_orders = orders.sales_orders;
        Self {
            settings,
            links: store.links_after(&at, "", 100_000).await.unwrap(),
            at,
        }
    }
}

impl Judge {
    /// What is wrong, in words.
    pub(crate) async fn problems(&mut self, scene: &Scene) -> Vec<String> {
        let mut stocks = BTreeMap::new();
        for module in Module::ALL {
            stocks.insert(module, Stock::of(scene, module).await);
        }
        let guests = stocks[&Module::SalesOrders].settings.sales_orders.guests.clone();
        let mut problems = twins(scene, guests != Guests::PerOrder);
        for (module, stock) in &stocks {
            let storage = Known {
                systems: &scene.server.parts().roster.get("shop").unwrap().systems.clone(),
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
            return unnoticed(scene, stock, link);
        };
        if self.in_step.get(&link.id) == Some(&raw) {
            return Vec::new();
        }
        let mut problems = Vec::new();
        if module == Module::SalesOrders {
            let (shop, crm) = (amount(&raw.0["total"]), amount(&raw.1["hdnGrandTotal"]));
            // In the shop no fee brings an order below nothing, whatever the sales team enters.
            let is_floor = shop.is_zero() && crm.is_sign_negative();
            // Vtiger rounds nothing of what the sales team enters.
            if !is_floor && (shop - crm).abs() > Decimal::new(5, shop.scale() + 1) {
                problems.push(format!("the totals are {shop} and {crm}"));
            }
        }
        let (left, right) = (&storage.systems.woocommerce, &storage.systems.vtiger);
        let shop = patiently(|| left.fetch(module, &link.ids.woocommerce)).await;
        let crm = patiently(|| right.fetch(module, &link.ids.vtiger)).await;
        let both = Sides {
            woocommerce: shop.as_ref(),
            vtiger: crm.as_ref(),
        };
        if both.woocommerce.is_none() || both.vtiger.is_none() {
            return problems;
        }
        // As if they met for the first time: what differs would move or be in conflict.
        let plan = plan(&stock.settings, None, both, storage);
        let rates: Vec<Json> = scene
            .shop
            .taxes()
            .into_iter()
            .map(|tax| tax["id"].clone())
            .collect();
        let differing = plan.notable().filter(|field| {
            let is_contact = field.field == "contact = contact_id";
            // Each order of a guest has a contact that no other order tells of.
            let is_own = is_contact
                && stock.settings.sales_orders.guests == Guests::PerOrder
                && raw.0["customer_id"] == 0
                && raw.1["contact_id"].is_string();
            // Nobody may have told that the contact is gone.
            let customer = raw.0["customer_id"].to_string();
            let is_gone = is_contact
                && storage
                    .counterpart(Side::Vtiger, Module::Contacts, &customer)
                    .is_some_and(|contact| scene.crm.record(&contact).is_none());
            !is_own && !is_gone && !is_by_design(&field.field, &raw, &rates)
        });
        problems.extend(differing.map(|field| {
            let [shop, crm] = [&field.before.woocommerce, &field.before.vtiger].map(Value::as_text);
            format!("{}: {shop:?} / {crm:?}", field.field)
        }));
        if problems.is_empty() {
            self.in_step.insert(link.id.clone(), raw);
        }
        problems
    }
}

/// Whether a field differs as it should.
fn is_by_design(field: &str, (shop, crm): &(Json, Json), rates: &[Json]) -> bool {
    match field {
        // There WooCommerce puts what is in no category.
        "category = productcategory" => {
            crm["productcategory"] == "" && shop["categories"][0]["name"] == "Uncategorized"
        }
        // A variation has its name from its product and its attributes.
        "name = productname" => shop["type"] == "variation",
        // What the sales team called an order stays.
        "number = subject" => made_from(shop).is_some(),
        "line_items = LineItems" => {
            // What is gone of a retired tax is in the adjustment, so that the totals stay.
            let mut taxes = shop["tax_lines"].as_array().unwrap().iter();
            // A line keeps its product that is gone, or the stand-in for it, though the product may be back.
            let mut lines = crm["LineItems"].as_array().unwrap().iter();
            taxes.any(|tax| !rates.contains(&tax["rate_id"]))
                || lines.any(|line| {
                    line["productid"].is_null() || line["product_name"] == "Other item (WooCommerce)"
                })
        }
        _ => false,
    }
}

/// The CRM's order that an order of the shop was made from.
fn made_from(order: &Json) -> Option<&str> {
    let mut meta = order["meta_data"].as_array()?.iter();
    meta.find(|entry| entry["key"] == "_vtiger_salesorder")?["value"].as_str()
}

/// What both simulators hold of a pair that is there on both sides. A guest is not there: orders tell who it is, each
/// something else.
fn raw(scene: &Scene, module: Module, ids: &Sides<RecordId>) -> Option<(Json, Json)> {
    let shop = in_shop(scene, module, &ids.woocommerce)?;
    Some((shop, scene.crm.record(ids.vtiger.as_str())?))
}

/// What the shop holds of a record that is not in its trash.
fn in_shop(scene: &Scene, module: Module, id: &RecordId) -> Option<Json> {
    let id = id.as_str().parse().ok()?;
    let record = match module {
        Module::Taxes => scene.shop.taxes().into_iter().find(|tax| tax["id"] == id),
        Module::Products => scene.shop.product(id),
        Module::Contacts => scene.shop.customer(id),
        Module::SalesOrders => scene.shop.order(id),
    };
    record.filter(|record| record["status"] != "trash")
}

/// Records of a link that are gone though it counts as whole, on the sides that are swept.
fn unnoticed(scene: &Scene, stock: &Stock, link: &Link) -> Vec<String> {
    let mut gone = Vec::new();
    let direction = stock.settings.direction;
    let (shop, crm) = (&link.ids.woocommerce, &link.ids.vtiger);
    if direction.writes_to(Side::Vtiger)
        && !shop.is_guest()
        && in_shop(scene, stock.at.module, shop).is_none()
    {
        gone.push("it is gone in the shop, and nobody noticed".to_owned());
    }
    if direction.writes_to(Side::WooCommerce) && scene.crm.record(crm.as_str()).is_none() {
        gone.push("it is gone in the CRM, and nobody noticed".to_owned());
    }
    gone
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
        for record in all(
            &**scene
                .server
                .parts()
                .roster
                .get("shop")
                .unwrap()
                .systems
                .clone()
                .of(side),
            module,
        )
        .await
        {
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
        let page = patiently(|| system.page(module, cursor.as_deref())).await;
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
    note(
        "sales order",
        scene.crm.records("SalesOrder"),
        "vtiger_purchaseorder",
    );
    let mut orders = scene.shop.orders();
    orders.retain(|order| order["status"] != "trash");
    for order in &orders {
        keys.extend(made_from(order).map(|id| ("order", id.to_owned())));
    }
    let mut products = scene.shop.products();
    products.retain(|product| product["status"] != "trash" && product["sku"] != "");
    keys.extend(
        products
            .iter()
            .map(|product| ("product", product["sku"].to_string())),
    );
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

/// What a system answers, be it that a connection still breaks that met a fault earlier.
async fn patiently<T, F>(mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, SystemError>>,
{
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    for _ in 0..100 {
        ticks.tick().await;
        if let Ok(answer) = ask().await {
            return answer;
        }
    }
    ask().await.unwrap()
}
