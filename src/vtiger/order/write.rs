//! Creates and changes orders, and sees to it that their totals are what they should be.
//!
//! Vtiger reckons by itself. Where its total differs from the basket's (a tax that doesn't count, another release's
//! arithmetic), the difference goes to the adjustment, which counts only when it is sent along with the lines.

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};

use super::element::{Writing, element};
use super::operation::Operations;
use super::prepare::{Prepared, refused};
use super::read;
use super::seen::Kept;
use crate::sync::{Basket, FieldPath, Module, Patch, Record, RecordId, Taxation, rounded};
use crate::system::{Fault, SystemError};
use crate::vtiger::answer::CallError;
use crate::vtiger::extension::names_record;
use crate::vtiger::fault::{failed, system_error};
use crate::vtiger::operation::Doing;
use crate::vtiger::webservice::literal;
use crate::vtiger::{Vtiger, row};

/// What two totals may differ by and still be the same to the cent.
const TOLERANCE: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

/// What Vtiger demands of a new order, and what stands there where nothing is known.
const DEMANDED: [(&str, &str); 4] = [
    ("sostatus", "Created"),
    ("invoicestatus", "Created"),
    ("bill_street", "-"),
    ("ship_street", "-"),
];

/// What to do about a Vtiger that can't do this with sales orders.
fn remedy(what: &str) -> String {
    format!(
        "this Vtiger 8.3.0 can't {what} sales orders through its webservice: write the extension with `woo-vtiger-sync \
         vtiger-extension` and install it in Vtiger, Settings, Module Management, Modules, Import; the orders then follow \
         by themselves"
    )
}

impl Vtiger {
    /// Creates an order.
    pub(crate) async fn create_order(&self, patch: &Patch) -> Result<Record, SystemError> {
        let operation = Doing::Create.to(Module::SalesOrders);
        let basket = basket_of(operation, patch)?.unwrap_or_default();
        let mut header = self.header(operation, patch).await?;
        if !header.contains_key("currency_id") && !basket.currency.is_empty() {
            self.put_currency(operation, &basket.currency, &mut header)
                .await?;
        }
        for (name, otherwise) in DEMANDED {
            if row::text(&header, name).trim().is_empty() {
                header.insert(name.to_owned(), json!(otherwise));
            }
        }
        if !header.contains_key("assigned_user_id") {
            let owner = self.owner(operation).await?;
            header.insert("assigned_user_id".to_owned(), json!(owner));
        }
        let by = self.order_operations(operation).await?;
        let order = self.prepare(operation, by, &basket, Kept::default()).await?;
        header.extend(element(&order.basket, &order.lines, &order.taxes, Writing::New));
        let field = &self.orders.reference_field;
        match by
            .create(&self.webservice, header, order.basket.total, field)
            .await
        {
            Ok(row) => self.settled(operation, patch, row, order).await,
            Err(error) if by == Operations::Extension && names_record(&error) => {
                Err(self.record_refused(operation, None, &order, error).await)
            }
            Err(error) if error.is_refused_with("INVALID_ID_ATTRIBUTE") => {
                Err(self.create_refused(operation, &order, error).await)
            }
            Err(error) => Err(system_error(operation, &error)),
        }
    }

    /// Changes an order: the header alone where its lines stay.
    pub(crate) async fn update_order(&self, id: &RecordId, patch: &Patch) -> Result<Record, SystemError> {
        let operation = Doing::Update.to(Module::SalesOrders);
        let basket = basket_of(operation, patch)?;
        let mut header = self.header(operation, patch).await?;
        header.insert("id".to_owned(), json!(id.as_str()));
        let Some(basket) = basket else {
            if !header.contains_key("conversion_rate")
                && let Some(rate) = self.rate_of(operation, id).await?
            {
                header.insert("conversion_rate".to_owned(), json!(rate));
            }
            return match self.webservice.revise(header).await {
                Ok(row) => {
                    let row = self
                        .mend_references(operation, Module::SalesOrders, patch, row)
                        .await?;
                    self.written(operation, Module::SalesOrders, row).await
                }
                Err(error) => Err(self.judge(operation, Module::SalesOrders, id, error).await),
            };
        };
        let kept = self.kept(operation, id).await?;
        if !header.contains_key("conversion_rate") && !kept.rate.is_empty() {
            header.insert("conversion_rate".to_owned(), json!(kept.rate));
        }
        let by = self.order_operations(operation).await?;
        let order = self.prepare(operation, by, &basket, kept).await?;
        let row = self.revise_lines(operation, id, header, &order).await?;
        self.settled(operation, patch, row, order).await
    }

    async fn order_operations(&self, operation: &'static str) -> Result<Operations, SystemError> {
        let operations = Operations::of(&self.webservice, &self.extension).await;
        operations.map_err(|error| system_error(operation, &error))
    }

    /// The patch's fields but the lines, as the webservice takes them.
    async fn header(&self, operation: &'static str, patch: &Patch) -> Result<Map<String, Json>, SystemError> {
        let is_derived =
            |path: &FieldPath| matches!(path.root(), "LineItems" | "counterpart" | "currency_id");
        let plain = patch.0.iter().filter(|(path, _)| !is_derived(path));
        let plain = Patch(plain.map(|(path, value)| (path.clone(), value.clone())).collect());
        let mut header = self.element(operation, Module::SalesOrders, &plain).await?;
        for (path, value) in &patch.0 {
            match path.root() {
                "counterpart" => {
                    let reference = self.orders.reference(&value.as_text());
                    header.insert(self.orders.reference_field.clone(), json!(reference));
                }
                "currency_id" if !value.is_blank() => {
                    self.put_currency(operation, &value.as_text(), &mut header)
                        .await?;
                }
                _ => {}
            }
        }
        Ok(header)
    }

    async fn put_currency(
        &self,
        operation: &'static str,
        code: &str,
        header: &mut Map<String, Json>,
    ) -> Result<(), SystemError> {
        let currency = self.orders.currencies.of_code(&self.webservice, code).await;
        let currency = currency.map_err(|error| system_error(operation, &error))?;
        header.insert("currency_id".to_owned(), json!(currency.id));
        header.insert("conversion_rate".to_owned(), json!(currency.rate));
        Ok(())
    }

    /// What of the order must be sent again with its lines.
    async fn kept(&self, operation: &'static str, id: &RecordId) -> Result<Kept, SystemError> {
        if let Some(kept) = self.orders.seen.of(id.as_str()) {
            return Ok(kept);
        }
        match self.webservice.retrieve(id.as_str()).await {
            Ok(row) => {
                self.orders.seen.learn(&row, &read::lines(&row));
                Ok(self.orders.seen.of(id.as_str()).unwrap_or_default())
            }
            // A header without lines has nothing to keep.
            Err(error) if error.is_fatal() => Ok(Kept::default()),
            Err(error) => Err(self.judge(operation, Module::SalesOrders, id, error).await),
        }
    }

    /// The order's conversion rate, which a write would set to 1; `None` where that is right, or nobody knows.
    async fn rate_of(&self, operation: &'static str, id: &RecordId) -> Result<Option<String>, SystemError> {
        let is_told = |rate: &String| !rate.is_empty();
        if let Some(kept) = self.orders.seen.of(id.as_str()) {
            return Ok(Some(kept.rate).filter(is_told));
        }
        let fail = |error: CallError| system_error(operation, &error);
        let currencies = self.orders.currencies.all(&self.webservice).await.map_err(fail)?;
        if currencies.len() < 2 {
            return Ok(None);
        }
        let query = format!(
            "SELECT id, conversion_rate FROM SalesOrder WHERE id = {};",
            literal(id.as_str())
        );
        let rows = self.webservice.query(&query).await.map_err(fail)?;
        let rate = rows
            .first()
            .map(|row| row::text(row, "conversion_rate").to_owned());
        Ok(rate.filter(is_told))
    }

    async fn revise_lines(
        &self,
        operation: &'static str,
        id: &RecordId,
        mut header: Map<String, Json>,
        order: &Prepared,
    ) -> Result<Map<String, Json>, SystemError> {
        header.extend(element(
            &order.basket,
            &order.lines,
            &order.taxes,
            Writing::Existing,
        ));
        let total = order.basket.total;
        match order.by.replace_lines(&self.webservice, header, total).await {
            Ok(row) => Ok(row),
            Err(error) if order.by == Operations::Extension && names_record(&error) => {
                Err(self.record_refused(operation, Some(id), order, error).await)
            }
            Err(error) if error.is_fatal() => self.half_done(operation, id, order, error).await,
            Err(error) if error.is_refused_with("INVALID_ID_ATTRIBUTE") => {
                let products: Vec<&str> = order.lines.iter().map(|line| line.product.as_str()).collect();
                Err(self.lines_refused(operation, &products, error).await)
            }
            Err(error) => Err(self.judge(operation, Module::SalesOrders, id, error).await),
        }
    }

    /// What became of a write that PHP gave up: where it did all but the totals, it will do so each time.
    async fn half_done(
        &self,
        operation: &'static str,
        id: &RecordId,
        order: &Prepared,
        error: CallError,
    ) -> Result<Map<String, Json>, SystemError> {
        let Ok(row) = self.webservice.retrieve(id.as_str()).await else {
            return Err(system_error(operation, &error));
        };
        let lines = read::lines(&row);
        let are_written = lines.len() == order.lines.len()
            && lines.iter().zip(&order.lines).all(|(line, wanted)| {
                row::text(line, "productid") == wanted.product
                    && row::decimal(line, "quantity") == wanted.quantity
                    && row::decimal(line, "listprice") == wanted.price
            });
        if !are_written {
            return Err(system_error(operation, &error));
        }
        if is_right(&row, order.basket.total) {
            return Ok(row);
        }
        self.extension.forget();
        Err(failed(
            operation,
            Fault::Unsupported {
                remedy: remedy("change the lines of"),
            },
            "Vtiger replaced the order's lines and then failed (HTTP 500), so that its total is wrong",
        ))
    }

    /// What `INVALID_ID_ATTRIBUTE` means: a product that isn't there, or a Vtiger that refuses every order.
    async fn create_refused(
        &self,
        operation: &'static str,
        order: &Prepared,
        error: CallError,
    ) -> SystemError {
        let products: Vec<&str> = order.lines.iter().map(|line| line.product.as_str()).collect();
        match self.missing(operation, &products).await {
            Ok(missing) if missing.is_empty() => {
                self.extension.forget();
                let remedy = remedy("create");
                failed(operation, Fault::Unsupported { remedy }, error.to_string())
            }
            Ok(missing) => self.products_missing(operation, &missing).await,
            Err(error) => error,
        }
    }

    /// What it means that the extension doesn't find a record: a product of the order, or the order itself.
    async fn record_refused(
        &self,
        operation: &'static str,
        id: Option<&RecordId>,
        order: &Prepared,
        error: CallError,
    ) -> SystemError {
        let products: Vec<&str> = order.lines.iter().map(|line| line.product.as_str()).collect();
        match self.missing(operation, &products).await {
            Ok(missing) if !missing.is_empty() => self.products_missing(operation, &missing).await,
            Ok(_) => match id {
                Some(id) => match self.exists(operation, Module::SalesOrders, id).await {
                    Ok(true) => refused(operation, error.to_string()),
                    Ok(false) => failed(operation, Fault::Gone, "the record isn't in Vtiger (any more)"),
                    Err(error) => error,
                },
                None if error.is_refused_with("ACCESS_DENIED") => system_error(operation, &error),
                None => refused(operation, error.to_string()),
            },
            Err(error) => error,
        }
    }

    /// The order as stored, after its total was brought to what it should be.
    async fn settled(
        &self,
        operation: &'static str,
        patch: &Patch,
        row: Map<String, Json>,
        mut order: Prepared,
    ) -> Result<Record, SystemError> {
        let mut row = self
            .mend_references(operation, Module::SalesOrders, patch, row)
            .await?;
        let total = order.basket.total;
        let id = RecordId::new(row::text(&row, "id"));
        let kept = ["id", "conversion_rate"].map(|name| (name.to_owned(), json!(row::text(&row, name))));
        let header: Map<String, Json> = kept.into_iter().collect();
        if !is_right(&row, total) && order.basket.taxation == Taxation::Individual {
            // Somebody may have taken a tax off a product.
            for line in &order.lines {
                self.orders.links.forget(&line.product);
            }
            if self.link_taxes(operation, &order).await? {
                row = self.revise_lines(operation, &id, header.clone(), &order).await?;
            }
        }
        if !is_right(&row, total) {
            let difference = total - row::decimal(&row, "hdnGrandTotal");
            order.basket.adjustment = rounded(order.basket.adjustment + difference, row::DECIMALS);
            tracing::info!(
                vtiger.id = %id,
                %difference,
                "Vtiger reckons another total; the difference goes to the order's adjustment"
            );
            row = self.revise_lines(operation, &id, header, &order).await?;
        }
        if !is_right(&row, total) {
            let message = format!(
                "the order's total is {} in Vtiger where it should be {total}, whatever its adjustment; look whether \
                 a workflow or an add-on in Vtiger changes it",
                row::decimal(&row, "hdnGrandTotal")
            );
            return Err(refused(operation, message));
        }
        self.written(operation, Module::SalesOrders, row).await
    }
}

fn is_right(order: &Map<String, Json>, total: Decimal) -> bool {
    (row::decimal(order, "hdnGrandTotal") - total).abs() < TOLERANCE
}

/// The basket that a patch writes, if it does.
fn basket_of(operation: &'static str, patch: &Patch) -> Result<Option<Basket>, SystemError> {
    let Some((_, value)) = patch.0.iter().find(|(path, _)| path.root() == "LineItems") else {
        return Ok(None);
    };
    let unreadable = || refused(operation, "the order's lines can't be read".to_owned());
    Basket::of(value).map(Some).ok_or_else(unreadable)
}
