//! What sales orders need of products: the stand-in items, and which taxes a product is linked to.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value as Json, json};

use super::answer::CallError;
use super::remembered::Remembered;
use super::webservice::{Webservice, literal};
use super::{row, tax};

/// How many products' links are kept.
const CAPACITY: usize = 10_000;

/// The two products that stand for what is no product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StandIn {
    /// Stands for a line without a product.
    Item,
    /// Stands for a fee or a note of a refund.
    Fee,
}

impl StandIn {
    /// The product's name when it is made.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Item => "Other item (WooCommerce)",
            Self::Fee => "Fee (WooCommerce)",
        }
    }
}

/// The ids of the stand-in items, as far as they exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StandInIds {
    pub(crate) item: Option<String>,
    pub(crate) fee: Option<String>,
}

impl StandInIds {
    /// Which of them a product is.
    pub(crate) fn which(&self, id: &str) -> Option<StandIn> {
        if self.item.as_deref() == Some(id) {
            Some(StandIn::Item)
        } else if self.fee.as_deref() == Some(id) {
            Some(StandIn::Fee)
        } else {
            None
        }
    }

    fn of(&self, which: StandIn) -> Option<&String> {
        match which {
            StandIn::Item => self.item.as_ref(),
            StandIn::Fee => self.fee.as_ref(),
        }
    }
}

/// The stand-in items, remembered for a while.
#[derive(Debug)]
pub(crate) struct StandIns {
    item: String,
    fee: String,
    known: Remembered<StandInIds>,
    /// Held from looking one up to creating it, so that it isn't created twice.
    creating: tokio::sync::Mutex<()>,
}

impl StandIns {
    /// The products with these `productcode`s.
    pub(crate) fn new(item: &str, fee: &str, known: Remembered<StandInIds>) -> Self {
        Self {
            item: item.trim().to_owned(),
            fee: fee.trim().to_owned(),
            known,
            creating: tokio::sync::Mutex::default(),
        }
    }

    /// Whether a product with this code is one of them.
    pub(crate) fn is_code(&self, code: &str) -> bool {
        let code = code.trim();
        !code.is_empty() && (is_same(code, &self.item) || is_same(code, &self.fee))
    }

    /// Asks again next time: one of them may be gone.
    pub(crate) fn forget(&self) {
        self.known.forget();
    }

    /// The ids of those that exist.
    pub(crate) async fn ids(&self, webservice: &Webservice) -> Result<Arc<StandInIds>, CallError> {
        match self.known.fresh() {
            Some(ids) => Ok(ids),
            None => self.ask(webservice).await,
        }
    }

    /// The id of one of them, which is created for `owner` when it isn't there.
    pub(crate) async fn id_of(
        &self,
        webservice: &Webservice,
        which: StandIn,
        owner: &str,
    ) -> Result<String, CallError> {
        if let Some(id) = self.ids(webservice).await?.of(which) {
            return Ok(id.clone());
        }
        let _one_at_a_time = self.creating.lock().await;
        let mut ids = self.ask(webservice).await?.as_ref().clone();
        if let Some(id) = ids.of(which) {
            return Ok(id.clone());
        }
        let (code, slot) = match which {
            StandIn::Item => (&self.item, &mut ids.item),
            StandIn::Fee => (&self.fee, &mut ids.fee),
        };
        let fields = [
            ("productname", which.name()),
            ("productcode", code),
            ("discontinued", "1"),
            ("assigned_user_id", owner),
        ];
        let element = fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), json!(value)));
        let created = webservice.create("Products", element.collect()).await?;
        let id = row::text(&created, "id").to_owned();
        tracing::info!(vtiger.id = %id, productcode = %code, "created the product that stands for what is none");
        *slot = Some(id.clone());
        self.known.put(ids);
        Ok(id)
    }

    async fn ask(&self, webservice: &Webservice) -> Result<Arc<StandInIds>, CallError> {
        let query = format!(
            "SELECT id, productcode FROM Products WHERE productcode IN ({}, {}) ORDER BY id;",
            literal(&self.item),
            literal(&self.fee)
        );
        let rows = webservice.query(&query).await?;
        let find = |code: &str| {
            let found = rows
                .iter()
                .find(|row| is_same(row::text(row, "productcode").trim(), code));
            found.map(|row| row::text(row, "id").to_owned())
        };
        Ok(self.known.put(StandInIds {
            item: find(&self.item),
            fee: find(&self.fee),
        }))
    }
}

fn is_same(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

/// The taxes that products are linked to, as far as they were seen: in an order that is taxed by line, no others
/// count.
#[derive(Debug, Default)]
pub(crate) struct Links(Mutex<HashMap<String, BTreeSet<String>>>);

impl Links {
    /// Takes note of what a product shows that was retrieved or written; queries don't tell of taxes.
    pub(crate) fn learn(&self, product: &Map<String, Json>) {
        let columns = product.keys().filter(|name| tax::is_column(name)).cloned();
        let mut known = self.known();
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert(row::text(product, "id").to_owned(), columns.collect());
    }

    /// The columns of a product's taxes; `None` where they aren't known.
    pub(crate) fn of(&self, product: &str) -> Option<BTreeSet<String>> {
        self.known().get(product).cloned()
    }

    pub(crate) fn forget(&self, product: &str) {
        self.known().remove(product);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, BTreeSet<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
