//! Sales orders and their lines: what saving one does to lines, totals and stock.
//!
//! How they are answered is for `shown`.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::catalogue::text;
use super::total::{Discount, Line, Order};
use super::{Data, Mandatory, Record, Writer};
use crate::simulator::vtiger::answer::Failure;
use crate::simulator::vtiger::id::WebserviceId;
use crate::simulator::vtiger::schema::{Field, Kind, LINE_ITEM, Module};
use crate::simulator::vtiger::value::stored;

pub(super) const SHIPPING: &str = "shipping_&_handling";

impl Data {
    /// Creates an order; its header stays when its lines turn out to be wrong.
    pub(super) fn create_order(
        &mut self,
        module: &Module,
        element: &Map<String, Json>,
        writer: Writer,
    ) -> Result<WebserviceId, Failure> {
        let sent = self.sent(module, element, Mandatory::Demanded)?;
        let lines = sent_lines(element)
            .ok_or_else(|| Failure::refused("MANDATORY_FIELDS_MISSING", "Mandatory Fields Missing.."))?;
        if writer.fails_on_lines {
            return Err(Failure::invalid_id());
        }
        let mut header = of_header(module, sent);
        let rate = header.entry("conversion_rate".to_owned()).or_default();
        if rate.is_empty() {
            "1.000".clone_into(rate);
        }
        let id = self.insert(module, header, element, writer);
        self.replace_lines(id, element, &lines, writer)?;
        Ok(id)
    }

    /// Saves what is sent. With lines, they replace the order's and it is totalled anew.
    pub(super) fn save_order(
        &mut self,
        module: &Module,
        id: WebserviceId,
        element: &Map<String, Json>,
        mandatory: Mandatory,
        writer: Writer,
    ) -> Result<(), Failure> {
        let mut header = of_header(module, self.sent(module, element, mandatory)?);
        let lines = sent_lines(element);
        if lines.is_none() {
            header.retain(|name, _| !matches!(name.as_str(), "hdnDiscountPercent" | "hdnDiscountAmount"));
        }
        self.write(id, header, writer)?;
        match lines {
            Some(lines) => self.replace_lines(id, element, &lines, writer),
            None => Ok(()),
        }
    }

    /// Removes an order's lines and gives the stock back what they took.
    pub(super) fn remove_lines(&mut self, order: WebserviceId) {
        self.give_back(order);
        for line in self.lines.remove(&order).unwrap_or_default() {
            self.records.remove(&line);
        }
    }

    /// Whether it is an order whose taxes stand on its lines.
    pub(super) fn is_taxed_by_line(&self, id: WebserviceId) -> bool {
        let order = self.records.get(&id);
        order.is_some_and(|order| order.value("hdnTaxType") == "individual")
    }

    /// Removes a line by itself.
    pub(super) fn remove_line(&mut self, line: WebserviceId) {
        self.records.remove(&line);
        for lines in self.lines.values_mut() {
            lines.remove(&line);
        }
    }

    /// Hides the lines of a deleted order and gives the stock back what they took.
    pub(super) fn give_back(&mut self, order: WebserviceId) {
        let lines: Vec<Record> = self.lines(order).into_iter().cloned().collect();
        for line in lines.iter().filter(|line| line.value("incrementondel") == "1") {
            self.move_stock(line, line.number("quantity"));
        }
        self.each_line(order, |line| {
            line.deleted = true;
            line.values.insert("incrementondel".to_owned(), "0".to_owned());
        });
    }

    /// Lets `change` at each of an order's lines.
    pub(super) fn each_line(&mut self, order: WebserviceId, change: impl Fn(&mut Record)) {
        for line in self.lines.get(&order).into_iter().flatten() {
            if let Some(line) = self.records.get_mut(line) {
                change(line);
            }
        }
    }

    fn replace_lines(
        &mut self,
        order: WebserviceId,
        element: &Map<String, Json>,
        lines: &[Map<String, Json>],
        writer: Writer,
    ) -> Result<(), Failure> {
        let is_individual = self
            .records
            .get(&order)
            .is_some_and(|order| order.value("hdnTaxType") == "individual");
        let mut made = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            made.push(self.line(order, at + 1, line, is_individual, writer)?);
        }
        self.remove_lines(order);
        for values in made {
            self.insert_line(values, writer);
        }
        let has_percentage = text(element, "hdnDiscountPercent")?.is_some_and(|percent| !percent.is_empty());
        let is_blank = text(element, "hdnDiscountAmount")?.is_some_and(|amount| amount.is_empty());
        if writer.fails_on_lines || (is_blank && !has_percentage) {
            return Err(Failure::Fatal);
        }
        self.charge(order, element)?;
        self.total(order);
        Ok(())
    }

    fn insert_line(&mut self, values: BTreeMap<String, String>, writer: Writer) -> WebserviceId {
        let id = self.next_id(LINE_ITEM);
        self.furnish(id, &[], writer.at);
        if let Some(order) = values.get("parent_id").and_then(|order| order.parse().ok()) {
            self.lines.entry(order).or_default().insert(id);
        }
        if let Some(line) = self.records.get_mut(&id) {
            line.values = values;
            let line = line.clone();
            if writer.moves_stock {
                self.move_stock(&line, -line.number("quantity"));
            }
        }
        id
    }

    /// A line's values as the table will hold them.
    pub(super) fn line(
        &self,
        order: WebserviceId,
        sequence: usize,
        sent: &Map<String, Json>,
        is_individual: bool,
        writer: Writer,
    ) -> Result<BTreeMap<String, String>, Failure> {
        let product = text(sent, "productid")?.unwrap_or_default();
        let product: WebserviceId = product.parse().map_err(|_| Failure::invalid_id())?;
        let is_sold = self.schema.by_prefix(product.prefix).is_some_and(Module::is_sold);
        let record = self
            .records
            .get(&product)
            .filter(|record| is_sold && !record.deleted)
            .ok_or_else(Failure::invalid_id)?;

        let mut values = self.line_values(sent)?;
        if text(sent, "listprice")?.is_none_or(|price| price.is_empty()) {
            values.insert("listprice".to_owned(), record.value("unit_price").to_owned());
        }
        let taxes = self.taxes();
        let defaults_to_products = is_individual && !taxes.iter().any(|name| sent.contains_key(name));
        for name in taxes {
            let percentage = if defaults_to_products {
                record.value(&name).to_owned()
            } else {
                text(sent, &name)?.unwrap_or_default()
            };
            values.insert(name, cut(&percentage));
        }
        values.insert("parent_id".to_owned(), order.to_string());
        values.insert("sequence_no".to_owned(), sequence.to_string());
        values.insert(
            "incrementondel".to_owned(),
            u8::from(writer.moves_stock).to_string(),
        );
        Ok(values)
    }

    /// Plain columns of a line, sent or not.
    fn line_values(&self, sent: &Map<String, Json>) -> Result<BTreeMap<String, String>, Failure> {
        let fields = self
            .schema
            .by_prefix(LINE_ITEM)
            .map_or(&[][..], |module| &module.fields);
        fields
            .iter()
            .filter(|field| !matches!(field.kind, Kind::Id | Kind::NumberOrNull(_)))
            .map(|field| {
                let text = text(sent, &field.name)?.unwrap_or_default();
                Ok((field.name.clone(), stored(field, &text)))
            })
            .collect()
    }

    /// Services have no stock. A product's own times stay, and nobody is told.
    fn move_stock(&mut self, line: &Record, by: Decimal) {
        let product = line.value("productid").parse::<WebserviceId>().ok();
        let record = product.and_then(|id| self.records.get_mut(&id));
        if let Some(stock) = record.and_then(|record| record.values.get_mut("qtyinstock")) {
            let moved = stock.parse::<Decimal>().unwrap_or_default() + by;
            *stock = format!("{moved:.3}");
            self.moved.extend(product);
        }
    }

    /// The products whose stock was moved since this was last asked for.
    pub(in crate::simulator::vtiger) fn take_moved(&mut self) -> BTreeSet<WebserviceId> {
        std::mem::take(&mut self.moved)
    }

    /// Shipping comes as the order's field, or as a charge with taxes of its own.
    fn charge(&mut self, order: WebserviceId, element: &Map<String, Json>) -> Result<(), Failure> {
        let sent = text(element, SHIPPING)?.filter(|text| !text.is_empty());
        let in_header = text(element, "hdnS_H_Amount")?.filter(|text| !text.is_empty());
        let mut charges = Vec::new();
        if let Some(amount) = sent {
            charges.push((
                "hdnS_H_Amount".to_owned(),
                stored(&Kind::Number(8).into(), &amount),
            ));
            charges.push((
                "hdnS_H_Percent".to_owned(),
                stored(&Kind::Number(3).into(), &amount),
            ));
            charges.push((SHIPPING.to_owned(), amount));
            for tax in shipping_taxes() {
                charges.extend(text(element, &tax)?.map(|percentage| (tax, percentage)));
            }
        } else if let Some(amount) = in_header {
            charges.push((SHIPPING.to_owned(), amount));
        }
        if let Some(record) = self.records.get_mut(&order).filter(|_| !charges.is_empty()) {
            record.values.retain(|name, _| !name.starts_with(SHIPPING));
            record.values.extend(charges);
        }
        Ok(())
    }

    pub(super) fn total(&mut self, id: WebserviceId) {
        let Some(order) = self.records.get(&id) else {
            return;
        };
        let is_individual = order.value("hdnTaxType") == "individual";
        let totals = Order {
            is_individual,
            lines: self
                .lines(id)
                .into_iter()
                .map(|line| self.counted(line, is_individual))
                .collect(),
            discount: discount(order, "hdnDiscountPercent", "hdnDiscountAmount"),
            shipping: order.number("hdnS_H_Amount"),
            shipping_tax: shipping_taxes().map(|tax| order.number(&tax)).sum(),
            adjustment: order.number("txtAdjustment"),
        }
        .totals();
        if let Some(order) = self.records.get_mut(&id) {
            for (name, total) in [
                ("hdnSubTotal", totals.sub),
                ("pre_tax_total", totals.pre_tax),
                ("hdnGrandTotal", totals.grand),
            ] {
                let total = stored(&Kind::Number(8).into(), &total.to_string());
                order.values.insert(name.to_owned(), total);
            }
        }
    }

    /// A line with the taxes that count: in an individual order those that its product is linked to.
    fn counted(&self, line: &Record, is_individual: bool) -> Line {
        let product = line.value("productid").parse::<WebserviceId>().ok();
        let product = product.and_then(|id| self.records.get(&id));
        let is_linked = |name: &String| product.is_some_and(|product| product.values.contains_key(name));
        Line {
            quantity: line.number("quantity"),
            list_price: line.number("listprice"),
            discount: discount(line, "discount_percent", "discount_amount"),
            tax: self
                .taxes()
                .iter()
                .filter(|name| !is_individual || is_linked(name))
                .map(|name| line.number(name))
                .sum(),
        }
    }

    /// An order's lines, in their order.
    pub(in crate::simulator::vtiger) fn lines(&self, order: WebserviceId) -> Vec<&Record> {
        let lines = self.lines.get(&order).into_iter().flatten();
        let mut lines: Vec<&Record> = lines.filter_map(|line| self.records.get(line)).collect();
        lines.sort_by_key(|line| (line.number("sequence_no"), line.id));
        lines
    }

    /// Creates a line by itself, which leaves the order's totals as they are.
    pub(super) fn create_line(
        &mut self,
        element: &Map<String, Json>,
        writer: Writer,
    ) -> Result<WebserviceId, Failure> {
        let order = text(element, "parent_id")?.unwrap_or_default();
        let order = self.find(&order)?.id;
        let values = self.line(order, 0, element, false, writer)?;
        Ok(self.insert_line(values, writer))
    }

    /// Saves what is sent of a line.
    pub(super) fn save_line(&mut self, id: WebserviceId, element: &Map<String, Json>) -> Result<(), Failure> {
        let mut values = self.line_values(element)?;
        values.retain(|name, _| element.contains_key(name));
        let line = self.records.get_mut(&id).ok_or_else(Failure::denied)?;
        line.values.extend(values);
        Ok(())
    }
}

/// What is an order's own; the status of its invoice would need a recurring one.
pub(super) fn of_header(module: &Module, mut sent: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let is_of_lines = |name: &str| module.field(name).is_some_and(|field: &Field| field.of_lines);
    sent.retain(|name, _| !is_of_lines(name) && name != "invoicestatus");
    sent
}

/// The lines that an element brings, if it does.
pub(super) fn sent_lines(element: &Map<String, Json>) -> Option<Vec<Map<String, Json>>> {
    let lines = element.get("LineItems")?.as_array()?;
    let lines: Vec<_> = lines.iter().filter_map(Json::as_object).cloned().collect();
    (!lines.is_empty()).then_some(lines)
}

fn discount(record: &Record, percent: &str, amount: &str) -> Discount {
    let percent = record.number(percent);
    if percent.is_zero() {
        Discount::Amount(record.number(amount))
    } else {
        Discount::Percent(percent)
    }
}

/// A percentage, cut to three decimals.
fn cut(text: &str) -> String {
    let percentage: Decimal = text.trim().parse().unwrap_or_default();
    format!("{:.3}", percentage.trunc_with_scale(3))
}

pub(super) fn shipping_taxes() -> impl Iterator<Item = String> {
    (1..=3).map(|number| format!("{SHIPPING}_shtax{number}"))
}
