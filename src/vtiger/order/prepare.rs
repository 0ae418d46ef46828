//! Makes Vtiger ready for an order's lines: stand-in items exist, and products are linked to the taxes that are to
//! count. Costs nothing where that is known already.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};

use super::NO_ITEMS;
use super::element::WrittenLine;
use super::operation::Operations;
use super::seen::Kept;
use crate::sync::{Basket, Item, Line, Module, Taxation};
use crate::system::{Fault, SystemError};
use crate::vtiger::answer::CallError;
use crate::vtiger::fault::{failed, system_error};
use crate::vtiger::product::StandIn;
use crate::vtiger::tax::Tax;
use crate::vtiger::webservice::literal;
use crate::vtiger::{Vtiger, row, stored};

/// An order, ready to be written.
#[derive(Debug)]
pub(super) struct Prepared {
    /// What it is to be written by.
    pub(super) by: Operations,
    pub(super) basket: Basket,
    pub(super) lines: Vec<WrittenLine>,
    /// All taxes that there are.
    pub(super) taxes: Vec<Tax>,
}

/// A refusal of what the order holds.
pub(super) fn refused(operation: &'static str, message: String) -> SystemError {
    let field = Some("LineItems".to_owned());
    failed(operation, Fault::Rejected { field }, message)
}

impl Vtiger {
    /// Makes everything ready for `basket` to be written `by` these operations; products keep the comments that they have in `kept`.
    pub(super) async fn prepare(
        &self,
        operation: &'static str,
        by: Operations,
        basket: &Basket,
        mut kept: Kept,
    ) -> Result<Prepared, SystemError> {
        let basket = stored::basket(basket);
        let ids: Vec<&str> = basket
            .lines
            .iter()
            .flat_map(|line| line.taxes.keys().map(String::as_str))
            .collect();
        let taxes = self.orders.taxes.with_ids(&self.webservice, &ids).await;
        let taxes = taxes.map_err(|error| system_error(operation, &error))?.to_vec();
        let nothing = Line {
            name: NO_ITEMS.to_owned(),
            quantity: Decimal::ONE,
            ..Line::default()
        };
        let read: Vec<&Line> = match basket.lines.as_slice() {
            [] => vec![&nothing],
            lines => lines.iter().collect(),
        };
        let mut lines = Vec::new();
        for line in read {
            let (product, comment) = match &line.item {
                Item::Product(id) => (id.to_string(), kept.take_comment(id.as_str())),
                Item::Other => (self.stand_in(operation, StandIn::Item).await?, line.name.clone()),
                Item::Fee | Item::Refund => {
                    (self.stand_in(operation, StandIn::Fee).await?, line.name.clone())
                }
            };
            lines.push(WrittenLine {
                product,
                comment,
                quantity: line.quantity,
                price: line.price,
                discount: line.discount,
                taxes: columns(operation, line, &taxes)?,
            });
        }
        let prepared = Prepared {
            by,
            basket,
            lines,
            taxes,
        };
        self.link_taxes(operation, &prepared).await?;
        Ok(prepared)
    }

    async fn stand_in(&self, operation: &'static str, which: StandIn) -> Result<String, SystemError> {
        let owner = self.owner(operation).await?;
        let id = self.orders.stand_ins.id_of(&self.webservice, which, &owner).await;
        id.map_err(|error| system_error(operation, &error))
    }

    /// Links the lines' products to their taxes where only linked ones count; tells whether any had to be.
    pub(super) async fn link_taxes(
        &self,
        operation: &'static str,
        order: &Prepared,
    ) -> Result<bool, SystemError> {
        if order.basket.taxation != Taxation::Individual || order.by == Operations::Extension {
            return Ok(false);
        }
        let mut wanted: BTreeMap<&str, BTreeMap<&str, Decimal>> = BTreeMap::new();
        for line in &order.lines {
            let taxes = line.taxes.iter().filter(|(_, percentage)| !percentage.is_zero());
            let taxes = taxes.map(|(column, percentage)| (column.as_str(), *percentage));
            wanted.entry(&line.product).or_default().extend(taxes);
        }
        let mut has_linked = false;
        for (product, taxes) in wanted.iter().filter(|(_, taxes)| !taxes.is_empty()) {
            has_linked |= self.link(operation, product, taxes).await?;
        }
        Ok(has_linked)
    }

    async fn link(
        &self,
        operation: &'static str,
        product: &str,
        taxes: &BTreeMap<&str, Decimal>,
    ) -> Result<bool, SystemError> {
        let links = &self.orders.links;
        let linked = match links.of(product) {
            Some(linked) => linked,
            None => match self.webservice.retrieve(product).await {
                Ok(row) => {
                    links.learn(&row);
                    links.of(product).unwrap_or_default()
                }
                Err(error) => return Err(self.lines_refused(operation, &[product], error).await),
            },
        };
        let missing: Map<String, Json> = taxes
            .iter()
            .filter(|(column, _)| !linked.contains(**column))
            .map(|(column, percentage)| ((*column).to_owned(), json!(percentage.normalize().to_string())))
            .collect();
        if missing.is_empty() {
            return Ok(false);
        }
        let mut element = missing;
        element.insert("id".to_owned(), json!(product));
        match self.webservice.revise(element).await {
            Ok(row) => {
                links.learn(&row);
                Ok(true)
            }
            Err(error) => Err(self.lines_refused(operation, &[product], error).await),
        }
    }

    /// What it means that Vtiger refuses an order's products: that one of them is gone, or what it says.
    pub(super) async fn lines_refused(
        &self,
        operation: &'static str,
        products: &[&str],
        error: CallError,
    ) -> SystemError {
        if !error.is_refused_with("ACCESS_DENIED") && !error.is_refused_with("INVALID_ID_ATTRIBUTE") {
            return system_error(operation, &error);
        }
        match self.missing(operation, products).await {
            Ok(missing) if missing.is_empty() => system_error(operation, &error),
            Ok(missing) => self.products_missing(operation, &missing).await,
            Err(error) => error,
        }
    }

    /// The error for products that aren't there.
    pub(super) async fn products_missing(&self, operation: &'static str, missing: &[String]) -> SystemError {
        let stand_ins = self.orders.stand_ins.ids(&self.webservice).await;
        let is_stand_in = |id: &String| stand_ins.as_ref().is_ok_and(|ids| ids.which(id).is_some());
        if missing.iter().any(is_stand_in) {
            self.orders.stand_ins.forget();
            let message =
                "an item that stands for lines without a product was deleted in Vtiger; it is made anew";
            return failed(operation, Fault::Unavailable { retry_after: None }, message);
        }
        refused(
            operation,
            format!(
                "{} of the order isn't in Vtiger (any more); restore it there, or bring its product over again",
                missing.join(", ")
            ),
        )
    }

    /// Which of these products and services aren't there.
    pub(super) async fn missing(
        &self,
        operation: &'static str,
        products: &[&str],
    ) -> Result<Vec<String>, SystemError> {
        let prefix = format!("{}x", self.prefix(Module::Products).await?);
        let all: BTreeSet<&str> = products.iter().copied().collect();
        let (products, services): (Vec<&str>, Vec<&str>) = all.iter().partition(|id| id.starts_with(&prefix));
        let mut found = BTreeSet::new();
        for (module, ids) in [("Products", products), ("Services", services)] {
            for some in ids.chunks(100) {
                let list: Vec<String> = some.iter().map(|id| literal(id)).collect();
                let query = format!("SELECT id FROM {module} WHERE id IN ({});", list.join(","));
                let rows = self.webservice.query(&query).await;
                let rows = rows.map_err(|error| system_error(operation, &error))?;
                found.extend(rows.iter().map(|row| row::text(row, "id").to_owned()));
            }
        }
        let missing = all.into_iter().filter(|id| !found.contains(*id));
        Ok(missing.map(str::to_owned).collect())
    }
}

/// The columns of a line's taxes.
fn columns(
    operation: &'static str,
    line: &Line,
    taxes: &[Tax],
) -> Result<Vec<(String, Decimal)>, SystemError> {
    let columns = line.taxes.iter().map(|(id, percentage)| {
        let tax = taxes.iter().find(|tax| tax.id == *id);
        let tax = tax.ok_or_else(|| {
            let message = format!("the tax {id} isn't in Vtiger (any more); it must be brought over again");
            refused(operation, message)
        })?;
        Ok((tax.column.clone(), *percentage))
    });
    columns.collect()
}
