//! Whether both sides are in step: what each simulator holds is compared field by field, as a person would.
//!
//! Nothing here is read through the configuration: a mapping that is wrong must not be able to vouch for itself.

mod goods;
mod orders;
mod people;

use std::fmt;

use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::stage::{CONNECTION, Stage};

/// What the comparison found.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    people: usize,
    products: usize,
    orders: usize,
    taxes: usize,
    problems: Vec<String>,
}

impl Verdict {
    pub(super) fn is_good(&self) -> bool {
        self.problems.is_empty() && self.people > 0
    }

    /// Holds the values of a record's fields on both sides against each other.
    fn hold(&mut self, record: &str, fields: &[(&str, String, String)]) {
        let different = fields.iter().filter(|(_, shop, crm)| shop != crm);
        let told: Vec<String> = different
            .map(|(name, shop, crm)| format!("{name}: {shop:?} / {crm:?}"))
            .collect();
        if !told.is_empty() {
            self.problems.push(format!("{record}: {}", told.join("; ")));
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            people,
            products,
            orders,
            taxes,
            problems,
        } = self;
        if self.is_good() {
            return write!(
                f,
                "In step: {people} people, {products} products, {orders} orders, {taxes} tax rates; every field \
                 equal on both sides, all orders to the cent, nothing twice."
            );
        }
        let compared = people + products + orders + taxes;
        writeln!(f, "NOT in step: {} of {compared} records differ.", problems.len())?;
        for problem in problems.iter().take(20) {
            writeln!(f, "  {problem}")?;
        }
        Ok(())
    }
}

/// Compares both sides.
pub(super) fn compare(stage: &Stage) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict::default();
    people::compare(stage, &mut verdict)?;
    goods::compare(stage, &mut verdict);
    orders::compare(stage, &mut verdict);
    Ok(verdict)
}

/// A field's text; what `.` leads into is an object.
fn text(record: &Json, path: &str) -> String {
    let value = path.split('.').try_fold(record, |inner, key| inner.get(key));
    value.and_then(Json::as_str).unwrap_or_default().trim().to_owned()
}

/// A number in its shortest form; nothing is 0.
fn number(value: &Json) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let number: Decimal = text.parse().unwrap_or_default();
    number.normalize().to_string()
}
