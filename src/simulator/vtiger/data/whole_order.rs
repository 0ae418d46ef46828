//! An order saved by the extension's operation: all of it or nothing, once for each reference, with the total that is
//! asked for, and without moving the stock.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::catalogue::text;
use super::order::{of_header, sent_lines};
use super::{Data, Mandatory, Record, Writer};
use crate::simulator::vtiger::answer::Failure;
use crate::simulator::vtiger::id::WebserviceId;
use crate::simulator::vtiger::schema::{Kind, Module};
use crate::simulator::vtiger::value::stored;

/// The fields that are reckoned with, and so can't be sent without lines.
const MONEY: [&str; 5] = [
    "hdnTaxType",
    "hdnDiscountPercent",
    "hdnDiscountAmount",
    "hdnS_H_Amount",
    "txtAdjustment",
];

impl Data {
    /// Saves an order; tells which, and whether anything about it changed.
    pub(in crate::simulator::vtiger) fn save_whole_order(
        &mut self,
        module: &Module,
        element: &Map<String, Json>,
        writer: Writer,
    ) -> Result<(WebserviceId, bool), Failure> {
        let mut element = element.clone();
        let known = self.meant(module, &mut element)?;
        let lines = sent_lines(&element);
        let has_money = MONEY.iter().any(|name| element.contains_key(*name));
        if lines.is_none() && (known.is_none() || has_money) {
            return Err(Failure::mandatory("LineItems"));
        }
        // All that can be refused is refused before anything is written.
        let mandatory = match known {
            Some(_) => Mandatory::IfSent,
            None => Mandatory::Demanded,
        };
        let header = of_header(module, self.sent(module, &element, mandatory)?);
        for line in lines.iter().flatten() {
            let order = WebserviceId::new(module.prefix, 0);
            self.line(order, 0, line, false, writer).map_err(|_| {
                Failure::refused("RECORD_NOT_FOUND", "Record you are trying to access is not found")
            })?;
        }
        let before = known.and_then(|id| Some((self.records.get(&id)?.clone(), self.values_of_lines(id))));
        let id = match known {
            Some(id) => {
                self.save_order(module, id, &element, Mandatory::IfSent, writer)?;
                id
            }
            None => self.create_order(module, &element, writer)?,
        };
        if lines.is_some() {
            self.link_taxes(id, header.get("hdnTaxType"));
            self.total(id);
            self.bring_to(id, &element)?;
        }
        let Some((before, lines)) = before else {
            return Ok((id, true));
        };
        let now = self.values_of_lines(id);
        let is_changed = now.len() != lines.len()
            || now.iter().zip(&lines).any(|(now, before)| !is_same(now, before))
            || self
                .records
                .get(&id)
                .is_some_and(|order| !is_same(&order.values, &before.values));
        if let Some(order) = self.records.get_mut(&id).filter(|_| !is_changed) {
            *order = before;
        }
        Ok((id, is_changed))
    }

    /// The order that is to be changed: the one that is named, or the one that has the reference.
    fn meant(
        &self,
        module: &Module,
        element: &mut Map<String, Json>,
    ) -> Result<Option<WebserviceId>, Failure> {
        if let Some(id) = element.get("id").and_then(Json::as_str) {
            return self.find(id).map(|record| Some(record.id));
        }
        let Some(reference) = element.get("reference").cloned() else {
            return Ok(None);
        };
        let (Some(field), Some(value)) = (reference["field"].as_str(), reference["value"].as_str()) else {
            return Err(Failure::internal());
        };
        element.insert(field.to_owned(), value.into());
        let mut orders = self.all(module).filter(|order| !order.deleted);
        Ok(orders
            .find(|order| order.value(field) == value)
            .map(|order| order.id))
    }

    /// Taxes that lines have count, whether their product is linked to them or not: it is from now on.
    fn link_taxes(&mut self, order: WebserviceId, taxation: Option<&String>) {
        if taxation.is_none_or(|taxation| taxation != "individual") {
            return;
        }
        for line in self.values_of_lines(order) {
            let product = line
                .get("productid")
                .and_then(|id| id.parse::<WebserviceId>().ok());
            let taxes = self.taxes();
            let Some(product) = product.and_then(|id| self.records.get_mut(&id)) else {
                continue;
            };
            for name in taxes {
                let percentage = line.get(&name).filter(|percentage| !is_zero(percentage));
                if let Some(percentage) = percentage {
                    product.values.entry(name).or_insert_with(|| percentage.clone());
                }
            }
        }
    }

    /// What is left between Vtiger's arithmetic and the total that is asked for goes to the adjustment.
    fn bring_to(&mut self, id: WebserviceId, element: &Map<String, Json>) -> Result<(), Failure> {
        let Some(total) = text(element, "total")? else {
            return Ok(());
        };
        let total: Decimal = total.parse().map_err(|_| Failure::internal())?;
        if let Some(order) = self.records.get_mut(&id) {
            let adjustment = order.number("txtAdjustment") + total - order.number("hdnGrandTotal");
            let adjustment = stored(&Kind::Number(8).into(), &adjustment.to_string());
            order.values.insert("txtAdjustment".to_owned(), adjustment);
        }
        self.total(id);
        Ok(())
    }

    fn values_of_lines(&self, order: WebserviceId) -> Vec<BTreeMap<String, String>> {
        let lines = self.lines(order).into_iter();
        lines.map(|line: &Record| line.values.clone()).collect()
    }
}

/// Whether all fields are the same; no number is 0.
fn is_same(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> bool {
    let number = |text: &str| match text {
        "" => Some(Decimal::ZERO),
        text => text.parse::<Decimal>().ok(),
    };
    let is_covered = |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
        one.iter().all(|(name, value)| {
            let there = other.get(name).map_or("", String::as_str);
            value == there || number(value).is_some_and(|value| number(there) == Some(value))
        })
    };
    is_covered(one, other) && is_covered(other, one)
}

fn is_zero(number: &str) -> bool {
    number.parse::<Decimal>().is_ok_and(|number| number.is_zero())
}
