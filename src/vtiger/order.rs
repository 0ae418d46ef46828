//! Sales orders: a header with lines, which is read as a [`crate::sync::Basket`] and written from one.
//!
//! [`read`] and [`element`] say what is what, [`write`] does it, by the few operations in [`operation`]. What an order
//! refers to (taxes, currencies, stand-in items, what products are linked to) is remembered, so that an order costs
//! no more than its own call.

mod element;
mod operation;
mod prepare;
mod read;
mod seen;
mod write;

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use self::seen::Seen;
use super::answer::CallError;
use super::currency::Currencies;
use super::extension;
use super::fault::system_error;
use super::operation::Doing;
use super::product::{Links, StandIns};
use super::remembered::Remembered;
use super::tax::{self, Taxes};
use super::webservice::{Webservice, literal};
use super::{Vtiger, VtigerSettings, row};
use crate::clock::Clock;
use crate::sync::{FieldPath, Module, Record, RecordId};
use crate::system::{Fault, SystemError};

/// The comment of the one line that stands for none: Vtiger takes no order without lines.
const NO_ITEMS: &str = "No items";

/// What orders need to know, and what was seen of them.
#[derive(Debug)]
pub(crate) struct Orders {
    mark: String,
    reference_field: String,
    pub(crate) taxes: Taxes,
    pub(crate) currencies: Currencies,
    pub(crate) stand_ins: StandIns,
    pub(crate) links: Links,
    seen: Seen,
}

impl Orders {
    pub(crate) fn new(settings: &VtigerSettings, clock: &Arc<dyn Clock>) -> Self {
        Self {
            mark: settings.mark.clone(),
            reference_field: settings.order_reference_field.clone(),
            taxes: Taxes::new(Remembered::new(Arc::clone(clock))),
            currencies: Currencies::new(Remembered::new(Arc::clone(clock))),
            stand_ins: StandIns::new(
                &settings.stand_in_item,
                &settings.fee_item,
                Remembered::new(Arc::clone(clock)),
            ),
            links: Links::default(),
            seen: Seen::default(),
        }
    }

    /// Asks for what orders refer to ahead of the first one, as far as it can be had.
    pub(crate) async fn warm_up(&self, webservice: &Webservice) -> Result<(), CallError> {
        self.taxes.all(webservice).await?;
        self.currencies.all(webservice).await?;
        self.stand_ins.ids(webservice).await?;
        Ok(())
    }

    /// The text that keeps the other side's id.
    fn reference(&self, counterpart: &str) -> String {
        if counterpart.trim().is_empty() {
            String::new()
        } else {
            format!("{} #{}", self.mark, counterpart.trim())
        }
    }

    /// The other side's id that an order keeps; empty where it keeps none, or another shop's.
    fn counterpart<'a>(&self, order: &'a Map<String, Json>) -> &'a str {
        let reference = row::text(order, &self.reference_field).trim();
        let id = reference
            .strip_prefix(self.mark.as_str())
            .and_then(|rest| rest.strip_prefix(" #"));
        id.unwrap_or_default()
    }
}

impl Vtiger {
    /// An order's row in the shape of a record's fields.
    pub(crate) async fn order_fields(
        &self,
        operation: &'static str,
        mut order: Map<String, Json>,
    ) -> Result<Map<String, Json>, SystemError> {
        let fail = |error: CallError| system_error(operation, &error);
        if read::hides_shipping_taxes(&order) {
            let whole = self.webservice.retrieve(row::text(&order, "id")).await;
            order = whole.map_err(fail)?;
        }
        read::even_out(&mut order);
        let lines = read::lines(&order);
        let columns = lines.iter().flat_map(|line| tax::percentages(line));
        let columns: Vec<&str> = columns.map(|(column, _)| column).collect();
        let taxes = self.orders.taxes.with_columns(&self.webservice, &columns).await;
        let taxes = taxes.map_err(fail)?;
        let stand_ins = self.orders.stand_ins.ids(&self.webservice).await.map_err(fail)?;
        let currency = row::reference(&order, "currency_id")
            .unwrap_or_default()
            .to_owned();
        let code = match currency.as_str() {
            "" => String::new(),
            id => {
                let code = self.orders.currencies.code_of(&self.webservice, id).await;
                code.map_err(fail)?
            }
        };
        self.orders.seen.learn(&order, &lines);
        let basket = read::basket(
            &order,
            read::Known {
                taxes: &taxes,
                stand_ins: &stand_ins,
                currency: &code,
            },
        );
        read::without_charges(&mut order);
        let counterpart = self.orders.counterpart(&order).to_owned();
        order.insert("LineItems".to_owned(), basket.to_json());
        order.insert(
            "currency_id".to_owned(),
            json!({ "id": currency, "currency_code": code }),
        );
        order.insert("counterpart".to_owned(), json!(counterpart));
        Ok(order)
    }

    /// Moves an order to the recycle bin, if it is there.
    pub(crate) async fn delete_order(&self, id: &RecordId) -> Result<(), SystemError> {
        let operation = Doing::Delete.to(Module::SalesOrders);
        let Err(error) = operation::delete(&self.webservice, &self.extension, id.as_str()).await else {
            return Ok(());
        };
        let is_there =
            !extension::names_record(&error) || self.exists(operation, Module::SalesOrders, id).await?;
        if is_there {
            return Err(system_error(operation, &error));
        }
        Ok(())
    }

    /// Reads one order; `None` when it is not there.
    pub(crate) async fn fetch_order(&self, id: &RecordId) -> Result<Option<Record>, SystemError> {
        let operation = Doing::Read.to(Module::SalesOrders);
        match self.webservice.retrieve(id.as_str()).await {
            Ok(row) => self.one(operation, Module::SalesOrders, row).await.map(Some),
            Err(error) if error.is_fatal() => match self.header_without_lines(operation, id).await? {
                Some(row) => self.one(operation, Module::SalesOrders, row).await.map(Some),
                None => Err(system_error(operation, &error)),
            },
            Err(error) => match self.judge(operation, Module::SalesOrders, id, error).await {
                SystemError {
                    fault: Fault::Gone, ..
                } => Ok(None),
                error => Err(error),
            },
        }
    }

    /// The header that a create left behind which failed at the lines: PHP gives up when it is to be retrieved.
    async fn header_without_lines(
        &self,
        operation: &'static str,
        id: &RecordId,
    ) -> Result<Option<Map<String, Json>>, SystemError> {
        let fail = |error: CallError| system_error(operation, &error);
        let id = literal(id.as_str());
        let query = format!("SELECT id FROM LineItem WHERE parent_id = {id} LIMIT 1;");
        if !self.webservice.query(&query).await.map_err(fail)?.is_empty() {
            return Ok(None);
        }
        let description = self.schemas.of(&self.webservice, Module::SalesOrders).await;
        let description = description.map_err(fail)?;
        let fields: Vec<&str> = description.header_fields().collect();
        let query = format!("SELECT {} FROM SalesOrder WHERE id = {id};", fields.join(","));
        let mut rows = self.webservice.query(&query).await.map_err(fail)?;
        Ok(rows.pop().map(|mut header| {
            header.insert("LineItems".to_owned(), json!([]));
            // Told, so that nobody asks for it.
            header.insert("shipping_&_handling".to_owned(), Json::Null);
            header
        }))
    }

    /// The orders that keep this id of the other side, two at most.
    pub(crate) async fn find_orders(&self, counterpart: &str) -> Result<Vec<Record>, SystemError> {
        let operation = Doing::Find.to(Module::SalesOrders);
        let field = &self.orders.reference_field;
        let query = format!(
            "SELECT id, {field} FROM SalesOrder WHERE {field} = {} ORDER BY id LIMIT 10;",
            literal(&self.orders.reference(counterpart))
        );
        let rows = self.webservice.query(&query).await;
        let rows = rows.map_err(|error| system_error(operation, &error))?;
        let mut found = Vec::new();
        for row in rows
            .iter()
            .filter(|row| self.orders.counterpart(row) == counterpart)
            .take(2)
        {
            let order = self.fetch_order(&RecordId::new(row::text(row, "id"))).await?;
            found.extend(order);
        }
        Ok(found)
    }

    /// Whether a callback's fields hold a whole order.
    pub(crate) fn holds_order(&self, fields: &Map<String, Json>, needed: &[FieldPath]) -> bool {
        let lines = read::lines(fields);
        let columns = ["productid", "quantity", "listprice", "sequence_no"];
        let are_whole = lines
            .iter()
            .all(|line| columns.iter().all(|name| line.contains_key(*name)));
        let header = ["hdnTaxType", "hdnGrandTotal", "currency_id", "contact_id"];
        fields.contains_key("LineItems")
            && are_whole
            && header.iter().all(|name| fields.contains_key(*name))
            && fields.contains_key(&self.orders.reference_field)
            && needed
                .iter()
                .all(|path| path.root() == "counterpart" || fields.contains_key(path.root()))
    }
}
