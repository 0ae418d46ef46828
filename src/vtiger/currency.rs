//! The currencies that Vtiger knows: an order names one by its id, everybody else by its code.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use super::answer::CallError;
use super::remembered::Remembered;
use super::row;
use super::webservice::Webservice;

/// How old the list may be before a currency that isn't in it is looked for again.
const LOOK_AGAIN_AFTER: Duration = Duration::from_mins(1);

/// A currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Currency {
    /// Its id, such as `21x1`.
    pub(crate) id: String,
    /// Its code, such as `USD`.
    pub(crate) code: String,
    /// How many of it are one of the CRM's first currency: an order keeps what it was at that time.
    pub(crate) rate: String,
}

/// The currencies, remembered for a while.
#[derive(Debug)]
pub(crate) struct Currencies {
    known: Remembered<Vec<Currency>>,
    /// Held from looking a code up to creating it, so that it isn't created twice.
    creating: tokio::sync::Mutex<()>,
}

impl Currencies {
    pub(crate) fn new(known: Remembered<Vec<Currency>>) -> Self {
        Self {
            known,
            creating: tokio::sync::Mutex::default(),
        }
    }

    /// All currencies, asked for where they aren't known.
    pub(crate) async fn all(&self, webservice: &Webservice) -> Result<Arc<Vec<Currency>>, CallError> {
        match self.known.fresh() {
            Some(currencies) => Ok(currencies),
            None => self.ask(webservice).await,
        }
    }

    /// The code of the currency with this id; empty when there is none.
    pub(crate) async fn code_of(&self, webservice: &Webservice, id: &str) -> Result<String, CallError> {
        let code = |currencies: &[Currency]| {
            let found = currencies.iter().find(|currency| currency.id == id);
            found.map(|currency| currency.code.clone())
        };
        if let Some(code) = code(&self.all(webservice).await?) {
            return Ok(code);
        }
        if self.known.not_older_than(LOOK_AGAIN_AFTER).is_some() {
            return Ok(String::new());
        }
        Ok(code(&self.ask(webservice).await?).unwrap_or_default())
    }

    /// The currency with this code, which is created when there is none.
    pub(crate) async fn of_code(&self, webservice: &Webservice, code: &str) -> Result<Currency, CallError> {
        let code = code.trim();
        let find = |currencies: &[Currency]| {
            let mut found = currencies.iter();
            found
                .find(|currency| currency.code.eq_ignore_ascii_case(code))
                .cloned()
        };
        if let Some(currency) = find(&self.all(webservice).await?) {
            return Ok(currency);
        }
        let _one_at_a_time = self.creating.lock().await;
        let there = self.ask(webservice).await?;
        if let Some(currency) = find(&there) {
            return Ok(currency);
        }
        let created = read(&webservice.create("Currency", element(code)).await?);
        tracing::warn!(
            vtiger.id = %created.id,
            currency = %code,
            "created a currency that Vtiger didn't know, with conversion rate 1; set its rate in Vtiger, Settings, \
             Currencies"
        );
        let mut currencies = there.to_vec();
        currencies.push(created.clone());
        self.known.put(currencies);
        Ok(created)
    }

    async fn ask(&self, webservice: &Webservice) -> Result<Arc<Vec<Currency>>, CallError> {
        let rows = webservice.query("SELECT * FROM Currency;").await?;
        let is_there = |row: &&Map<String, Json>| row::text(row, "deleted") != "1";
        let mut currencies: Vec<Currency> = rows.iter().filter(is_there).map(read).collect();
        // One that is switched off can be written; one that isn't is better.
        let is_off = |id: &str| {
            rows.iter().any(|row| {
                row::text(row, "id") == id
                    && row::text(row, "currency_status").eq_ignore_ascii_case("inactive")
            })
        };
        currencies.sort_by_key(|currency| is_off(&currency.id));
        Ok(self.known.put(currencies))
    }
}

fn read(row: &Map<String, Json>) -> Currency {
    let rate = row::decimal(row, "conversion_rate");
    Currency {
        id: row::text(row, "id").to_owned(),
        code: row::text(row, "currency_code").to_owned(),
        rate: if rate.is_zero() {
            "1".to_owned()
        } else {
            rate.to_string()
        },
    }
}

/// What makes a currency.
fn element(code: &str) -> Map<String, Json> {
    let fields = [
        ("currency_name", code),
        ("currency_code", code),
        ("currency_symbol", code),
        ("conversion_rate", "1"),
        ("currency_status", "Active"),
        ("defaultid", "0"),
        ("deleted", "0"),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect()
}
