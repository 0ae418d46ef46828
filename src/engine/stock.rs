//! Stock that an order moved: Vtiger takes the goods of a sales order that is written through its webservice off its
//! stock, gives them back when lines are replaced or the order is deleted, and tells nobody.
//!
//! Such a movement is no change of the product and never travels back. Where the shop's stock counts, the product is
//! given the shop's figure again if it differs: the shop has its own moment to take goods off.

use std::collections::BTreeSet;

use crate::queue::{Change, Event, Lane, Subject};
use crate::store::Link;
use crate::sync::{
    Basket, Direction, FieldMapping, Item, Module, ModuleSettings, Record, RecordId, Side, Value, from_base,
};

use super::apply::{Pair, sides};
use super::source::Source;
use super::subject::Case;
use super::{Engine, EngineError};

/// Vtiger's field of a product's stock.
const STOCK: &str = "qtyinstock";
/// Differs from whatever figure the shop shows.
const NO_FIGURE: &str = "moved";

impl Engine {
    /// Notes that the stock of these baskets' products is about to be moved by a change of this order, so that it is
    /// looked at afterwards, whatever happens meanwhile: the event waits for the lease that is held here.
    pub(super) async fn touch_stock(
        &self,
        case: &Case<'_>,
        baskets: impl IntoIterator<Item = Basket>,
    ) -> Result<(), EngineError> {
        let at = self.place(Module::Products);
        let settings = self.settings(&at).await?;
        if !settings.enabled || stock_mapping(&settings).is_none() {
            return Ok(());
        }
        let sold = sold(baskets);
        if sold.is_empty() {
            return Ok(());
        }
        let subject = Subject::Record {
            module: case.at.module,
            side: case.side,
            id: case.id.clone(),
            change: Change::StockTouched(sold),
        };
        let event = self.follow_up(case, subject);
        Ok(self.queue.publish(Lane::Live, &[event]).await?)
    }

    /// Looks what became of the stock of these products, and has each see to it.
    pub(super) async fn follow_stock(&self, case: &Case<'_>, ids: &[RecordId]) -> Result<(), EngineError> {
        let settings = self.settings(&self.place(Module::Products)).await?;
        let Some(mapping) = stock_mapping(&settings) else {
            return Ok(());
        };
        self.announce_stock(case, mapping, ids, |_, _| true).await
    }

    /// Somebody saved an order of Vtiger's. That gives back what its lines took, and where the saved lines take nothing
    /// the shop's figure is no longer there, though the order may show what it showed before.
    pub(super) async fn check_stock(
        &self,
        case: &Case<'_>,
        baskets: impl IntoIterator<Item = Basket>,
    ) -> Result<(), EngineError> {
        let settings = self.settings(&self.place(Module::Products)).await?;
        let Some(mapping) = stock_mapping(&settings).filter(|mapping| shop_counts(&settings, mapping)) else {
            return Ok(());
        };
        let is_moved = |link: &Link, stock: &Value| is_moved(mapping, link, stock);
        self.announce_stock(case, mapping, &sold(baskets), is_moved).await
    }

    /// Reads these products' stock, and has each that `is_moved` see to it.
    async fn announce_stock(
        &self,
        case: &Case<'_>,
        mapping: &FieldMapping,
        ids: &[RecordId],
        is_moved: impl Fn(&Link, &Value) -> bool,
    ) -> Result<(), EngineError> {
        let at = self.place(Module::Products);
        let mut links = self.store.links_of(&at, Side::Vtiger, ids).await?;
        // A product that isn't in step, or whose stock the shop doesn't manage, has none that could differ.
        links.retain(|link| is_managed(mapping, link));
        if links.is_empty() {
            return Ok(());
        }
        let ids: Vec<RecordId> = links.iter().map(|link| link.ids.vtiger.clone()).collect();
        let looked = self.system(Side::Vtiger).look(Module::Products, &ids).await?;
        let mut stocks = looked.records;
        stocks.retain(|product| {
            let link = links.iter().find(|link| link.ids.vtiger == product.id);
            link.is_some_and(|link| is_moved(link, &product.get(&mapping.vtiger)))
        });
        let events: Vec<Event> = stocks
            .iter()
            .map(|product| {
                let subject = Subject::Record {
                    module: Module::Products,
                    side: Side::Vtiger,
                    id: product.id.clone(),
                    change: Change::StockMoved(product.get(&mapping.vtiger)),
                };
                self.follow_up(case, subject)
            })
            .collect();
        Ok(self.queue.publish(Lane::Live, &events).await?)
    }

    /// An order moved this product's stock to `stock`.
    pub(super) async fn stock_moved(
        &self,
        case: &Case<'_>,
        mut link: Link,
        stock: &Value,
    ) -> Result<(), EngineError> {
        let settings = &case.settings;
        let Some(mapping) = stock_mapping(settings) else {
            return Ok(());
        };
        let Some(base) = link.base.get_mut(&mapping.key()) else {
            return Ok(());
        };
        base.vtiger = stock.clone();
        if !shop_counts(settings, mapping) || link.is_broken() || !is_managed(mapping, &link) {
            return self.commit(case, Some(link), Vec::new(), None).await;
        }
        let id = link.ids.of(Side::WooCommerce);
        let Some(product) = self.system(Side::WooCommerce).fetch(Module::Products, id).await? else {
            return self.commit(case, Some(link), Vec::new(), None).await;
        };
        let there = mapping.read(Side::WooCommerce, &product);
        if let Some(base) = link.base.get_mut(&mapping.key()) {
            // Equal: both have taken the goods off. Else the shop's figure counts as the one that changed. A base without
            // figure would mean that the shop counts none, also to those who look before this is written.
            base.woocommerce = if mapping.kind.same(&there, stock) || there.is_blank() {
                there
            } else {
                Value::text(NO_FIGURE)
            };
        }
        // What is to be written is not noted down before it is: the event is tried again until it is.
        let counterpart = if settings.direction == Direction::ToVtiger {
            from_base(settings, &link.base, Side::Vtiger, link.ids.of(Side::Vtiger))
        } else if crate::sync::unchanged_since(settings, &link.base, Side::WooCommerce, &product) {
            return self.commit(case, Some(link), Vec::new(), None).await;
        } else {
            match self.fetched(case).await? {
                Source::Record { record, .. } => record,
                Source::Gone | Source::Nothing => return self.bury(case, link, case.side).await,
            }
        };
        let pair = Pair {
            link,
            known: true,
            noted: false,
            records: sides(Side::WooCommerce, product, counterpart),
            fresh: true,
        };
        self.settle(case, pair, None).await
    }
}

/// The products of Vtiger's that show another stock than when they were last in step, so that the shop's figure has to be
/// written again. A sweep finds so what orders moved that nobody told of.
pub(crate) fn moved_stock(
    settings: &ModuleSettings,
    links: &[Link],
    products: &[Record],
) -> Vec<(RecordId, Value)> {
    let Some(mapping) = stock_mapping(settings).filter(|mapping| shop_counts(settings, mapping)) else {
        return Vec::new();
    };
    let moved = products.iter().filter_map(|product| {
        let stock = product.get(&mapping.vtiger);
        let link = links.iter().find(|link| link.ids.vtiger == product.id)?;
        let is_kept = !link.is_broken() && is_managed(mapping, link);
        (is_kept && is_moved(mapping, link, &stock)).then(|| (product.id.clone(), stock))
    });
    moved.collect()
}

/// The mapping of the stock, where there is one.
fn stock_mapping(settings: &ModuleSettings) -> Option<&FieldMapping> {
    settings.active().find(|mapping| mapping.vtiger.root() == STOCK)
}

/// Whether the shop's figure is the one that counts.
fn shop_counts(settings: &ModuleSettings, mapping: &FieldMapping) -> bool {
    settings.direction.writes_to(Side::Vtiger) && mapping.direction.writes_to(Side::Vtiger)
}

/// The products that these baskets hold.
fn sold(baskets: impl IntoIterator<Item = Basket>) -> Vec<RecordId> {
    let lines = baskets.into_iter().flat_map(|basket| basket.lines);
    let products = lines.filter_map(|line| match line.item {
        Item::Product(id) => Some(id),
        _ => None,
    });
    let products: BTreeSet<RecordId> = products.collect();
    products.into_iter().collect()
}

fn is_managed(mapping: &FieldMapping, link: &Link) -> bool {
    link.base
        .get(&mapping.key())
        .is_some_and(|base| !base.woocommerce.is_blank())
}

/// Whether Vtiger's stock is another than when the two were last in step. Held against both: a change of the product that
/// came in between has noted the movement without mending it.
fn is_moved(mapping: &FieldMapping, link: &Link, stock: &Value) -> bool {
    let is_as = |known: &Value| mapping.kind.same(known, stock);
    let base = link.base.get(&mapping.key());
    base.is_some_and(|base| !is_as(&base.vtiger) || !is_as(&base.woocommerce))
}
