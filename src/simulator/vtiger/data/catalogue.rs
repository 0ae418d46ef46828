//! What products are sold for: taxes and currencies, Vtiger's own tables, and what a product has of them.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::{Data, Mandatory, Record, Writer};
use crate::clock::Timestamp;
use crate::simulator::vtiger::answer::Failure;
use crate::simulator::vtiger::id::WebserviceId;
use crate::simulator::vtiger::schema::{CURRENCY, Kind, Module, TAX};
use crate::simulator::vtiger::value::{number, scalar, stored};

/// How a percentage is stored.
const PERCENTAGE: Kind = Kind::Number(3);

impl Data {
    /// The taxes and the currency that an installation begins with.
    pub(super) fn furnish_catalogue(&mut self, now: Timestamp) {
        for (label, percentage) in [("VAT", "4.500"), ("Sales", "10.000"), ("Service", "12.500")] {
            self.add_tax(label, percentage, now);
        }
        let dollar = [
            ("currency_name", "USA, Dollars"),
            ("currency_code", "USD"),
            ("currency_symbol", "$"),
            ("conversion_rate", "1.00000"),
            ("currency_status", "Active"),
            ("defaultid", "-11"),
            ("deleted", "0"),
        ];
        self.furnish(WebserviceId::new(CURRENCY, 1), &dollar, now);
        Arc::make_mut(&mut self.schema).add_currency(1, "USA, Dollars USD");
    }

    fn add_tax(&mut self, label: &str, percentage: &str, now: Timestamp) -> WebserviceId {
        let id = self.next_id(TAX);
        let name = format!("tax{}", id.number);
        let fields = [
            ("taxname", name.as_str()),
            ("taxlabel", label),
            ("percentage", percentage),
            ("deleted", "0"),
            ("method", "Simple"),
            ("type", "Fixed"),
            ("compoundon", "[]"),
            ("regions", "[]"),
        ];
        self.furnish(id, &fields, now);
        Arc::make_mut(&mut self.schema).add_tax(id.number, label, percentage);
        id
    }

    /// Although `describe` calls its fields not editable, a tax can be created by them.
    pub(super) fn create_tax(
        &mut self,
        element: &Map<String, Json>,
        writer: Writer,
    ) -> Result<WebserviceId, Failure> {
        let label = text(element, "taxlabel")?.unwrap_or_default();
        let percentage = text(element, "percentage")?.unwrap_or_default();
        Ok(self.add_tax(&label, &stored(&PERCENTAGE.into(), &percentage), writer.at))
    }

    pub(super) fn save_tax(&mut self, id: WebserviceId, element: &Map<String, Json>) -> Result<(), Failure> {
        let label = text(element, "taxlabel")?;
        let percentage = text(element, "percentage")?;
        let tax = self.records.get_mut(&id).ok_or_else(Failure::denied)?;
        if let Some(label) = label {
            tax.values.insert("taxlabel".to_owned(), label);
        }
        if let Some(percentage) = percentage {
            let percentage = stored(&PERCENTAGE.into(), &percentage);
            tax.values.insert("percentage".to_owned(), percentage);
        }
        Ok(())
    }

    pub(super) fn create_currency(
        &mut self,
        module: &Module,
        element: &Map<String, Json>,
        writer: Writer,
    ) -> Result<WebserviceId, Failure> {
        let sent = self.sent(module, element, Mandatory::Demanded)?;
        let id = self.next_id(CURRENCY);
        self.furnish(id, &[], writer.at);
        if let Some(record) = self.records.get_mut(&id) {
            record.values = sent;
            let label = format!(
                "{} {}",
                record.value("currency_name"),
                record.value("currency_code")
            );
            Arc::make_mut(&mut self.schema).add_currency(id.number, &label);
        }
        Ok(id)
    }

    /// The taxes that haven't been deleted.
    pub(super) fn taxes(&self) -> Vec<String> {
        self.of_prefix(TAX)
            .filter(|tax| tax.value("deleted") != "1")
            .map(|tax| tax.value("taxname").to_owned())
            .collect()
    }

    /// What a product's element says of taxes and of prices in other currencies than the first.
    pub(super) fn save_prices(
        &mut self,
        id: WebserviceId,
        element: &Map<String, Json>,
    ) -> Result<(), Failure> {
        let currencies = self.of_prefix(CURRENCY).skip(1);
        let prices = currencies.map(|currency| (format!("currency{}", currency.id.number), Kind::Number(8)));
        let taxes = self.taxes().into_iter().map(|name| (name, PERCENTAGE));
        let mut sent = Vec::new();
        for (name, kind) in prices.chain(taxes) {
            if let Some(text) = text(element, &name)?.filter(|text| !text.is_empty()) {
                let text = stored(&kind.into(), &text);
                sent.push((name, text));
            }
        }
        if let Some(record) = self.records.get_mut(&id) {
            record.values.extend(sent);
        }
        Ok(())
    }

    /// What `retrieve` adds to a product: linked taxes, and its price in each currency.
    pub(super) fn show_prices(&self, product: &Record, shown: &mut Map<String, Json>) {
        for name in self.taxes() {
            if let Some(percentage) = product.values.get(&name) {
                shown.insert(name, json!(percentage));
            }
        }
        shown.insert("currency1".to_owned(), number(product.value("unit_price")));
        shown.insert("currency_id".to_owned(), json!("21x1"));
        for currency in self.of_prefix(CURRENCY).skip(1) {
            let name = format!("currency{}", currency.id.number);
            let price = number(product.value(&name));
            shown.insert(name, price);
        }
    }
}

/// What is sent under that name, if anything is.
pub(super) fn text(element: &Map<String, Json>, name: &str) -> Result<Option<String>, Failure> {
    element
        .get(name)
        .map(|value| scalar(value).map_err(|_| Failure::Fatal))
        .transpose()
}
