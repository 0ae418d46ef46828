//! Stock that an order moved: Vtiger takes the goods of a sales order that is written through its webservice off its
//! stock, gives them back when lines are replaced or the order is deleted, and tells nobody.
//!
//! Such a movement is no change of the product and never travels back. Where the shop's stock counts, the product is
//! given the shop's figure again if it differs: the shop has its own moment to take goods off.

use crate::queue::{Cause, Change, Event, Lane, Subject};
use crate::store::Link;
use crate::sync::{
    Basket, Direction, FieldMapping, FieldPath, Item, Module, ModuleSettings, Record, Side, Value, from_base,
};

use super::apply::{Pair, order_basket, sides};
use super::source::Source;
use super::subject::Case;
use super::{Engine, EngineError};

/// Vtiger's field of a product's stock.
const STOCK: &str = "qtyinstock";

impl Engine {
    /// Looks what became of the stock with a change of this order of Vtiger's, and has the products see to it.
    ///
    /// `before` is the basket that it had before, whose goods may have been given back.
    pub(super) async fn follow_stock(
        &self,
        case: &Case<'_>,
        order: &Record,
        before: Option<Basket>,
    ) -> Result<(), EngineError> {
        let side = Side::Vtiger;
        if case.at.module != Module::SalesOrders {
            return Ok(());
        }
        let at = self.place(Module::Products);
        let settings = self.settings(&at).await?;
        let Some(mapping) = stock_mapping(&settings).filter(|_| settings.enabled) else {
            return Ok(());
        };
        let mut basket = order_basket(&case.settings, side, order).unwrap_or_default();
        basket
            .lines
            .extend(before.into_iter().flat_map(|before| before.lines));
        let sold = basket.lines.iter().filter_map(|line| match &line.item {
            Item::Product(id) => Some(id.clone()),
            _ => None,
        });
        let links = self.store.links_of(&at, side, &sold.collect::<Vec<_>>()).await?;
        // A product whose stock the shop doesn't manage has none that could differ.
        if !links.iter().any(|link| is_managed(mapping, link)) {
            return Ok(());
        }
        let mut order = order.clone();
        order.fields.insert("LineItems".to_owned(), basket.to_json());
        let moved = self.system(side).stock_moved(&order).await?;
        let events: Vec<Event> = moved
            .iter()
            .map(|product| {
                let subject = Subject::Record {
                    module: Module::Products,
                    side,
                    id: product.id.clone(),
                    change: Change::StockMoved(stock_of(mapping, product)),
                };
                Event::new(&at.connection, subject, Cause::Retry, self.clock.now())
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
        let shop_counts =
            settings.direction.writes_to(Side::Vtiger) && mapping.direction.writes_to(Side::Vtiger);
        if !shop_counts || link.is_broken() || !is_managed(mapping, &link) {
            return self.commit(case, Some(link), Vec::new(), None).await;
        }
        let id = link.ids.of(Side::WooCommerce);
        let Some(product) = self.system(Side::WooCommerce).fetch(Module::Products, id).await? else {
            return self.commit(case, Some(link), Vec::new(), None).await;
        };
        let there = mapping.read(Side::WooCommerce, &product);
        if let Some(base) = link.base.get_mut(&mapping.key()) {
            // Equal: both have taken the goods off. Else the shop's figure counts as the one that changed.
            base.woocommerce = if mapping.kind.same(&there, stock) {
                there
            } else {
                Value::Null
            };
        }
        self.commit(case, Some(link.clone()), Vec::new(), None).await?;
        let counterpart = if settings.direction == Direction::ToVtiger {
            from_base(settings, &link.base, Side::Vtiger, link.ids.of(Side::Vtiger))
        } else if crate::sync::unchanged_since(settings, &link.base, Side::WooCommerce, &product) {
            return Ok(());
        } else {
            match self.fetched(case).await? {
                Source::Record { record, .. } => record,
                Source::Gone | Source::Nothing => return self.bury(case, link, case.side).await,
            }
        };
        let pair = Pair {
            link,
            known: true,
            noted: true,
            records: sides(Side::WooCommerce, product, counterpart),
            fresh: true,
        };
        self.settle(case, pair, None).await
    }
}

/// The mapping of the stock, where there is one.
fn stock_mapping(settings: &ModuleSettings) -> Option<&FieldMapping> {
    settings.active().find(|mapping| mapping.vtiger.root() == STOCK)
}

fn is_managed(mapping: &FieldMapping, link: &Link) -> bool {
    link.base
        .get(&mapping.key())
        .is_some_and(|base| !base.woocommerce.is_blank())
}

fn stock_of(mapping: &FieldMapping, product: &Record) -> Value {
    let path: &FieldPath = &mapping.vtiger;
    product.get(path)
}
