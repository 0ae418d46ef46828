//! References to other modules' records, shown and written by name: a contact's `account_id` by `accountname`.
//!
//! A record's reference field becomes an object of id and name, so that a mapping can read `account_id.accountname`.
//! Writing goes the other way: the name is looked up, and the record it names is created when it isn't there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value as Json, json};

use super::answer::CallError;
use super::remembered::FRESH_FOR;
use super::row;
use super::stored;
use super::webservice::{Webservice, literal};
use crate::clock::{Clock, Timestamp};
use crate::sync::{FieldPath, Module};

/// How many names are kept.
const CAPACITY: usize = 10_000;

/// A reference field that is shown by name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The field that holds the id.
    pub(crate) field: &'static str,
    /// The module it points to.
    pub(crate) target: &'static str,
    /// That module's field with the name.
    pub(crate) name: &'static str,
}

/// The organization that a contact or an order belongs to.
const ACCOUNT: Reference = Reference {
    field: "account_id",
    target: "Accounts",
    name: "accountname",
};

/// An order's currency, which [`super::currency`] looks up.
const CURRENCY: Reference = Reference {
    field: "currency_id",
    target: "Currency",
    name: "currency_code",
};

const CONTACTS: [Reference; 1] = [ACCOUNT];
const SALES_ORDERS: [Reference; 2] = [ACCOUNT, CURRENCY];

impl Reference {
    /// Whether it points to a currency.
    pub(crate) fn is_currency(&self) -> bool {
        self.target == CURRENCY.target
    }
}

/// A module's references that are shown by name.
pub(crate) fn of(module: Module) -> &'static [Reference] {
    match module {
        Module::Contacts => &CONTACTS,
        Module::SalesOrders => &SALES_ORDERS,
        Module::Taxes | Module::Products => &[],
    }
}

/// The reference that this path steps through.
pub(crate) fn at(module: Module, path: &FieldPath) -> Option<&'static Reference> {
    let (field, name) = path.as_reference()?;
    of(module)
        .iter()
        .find(|reference| reference.field == field && reference.name == name)
}

/// The ids that names were found to stand for, and when, by module and name.
type Ids = HashMap<(&'static str, String), (String, Timestamp)>;

/// Names of referred records, remembered for a while.
#[derive(Debug)]
pub(crate) struct Names {
    clock: Arc<dyn Clock>,
    known: Mutex<HashMap<String, (String, Timestamp)>>,
    ids: Mutex<Ids>,
    /// Held from looking a name up to creating it, so that it isn't created twice.
    creating: tokio::sync::Mutex<()>,
}

impl Names {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            known: Mutex::default(),
            ids: Mutex::default(),
            creating: tokio::sync::Mutex::default(),
        }
    }

    /// Turns the reference fields of these rows into objects of id and name, with one query per reference at most.
    pub(crate) async fn resolve(
        &self,
        webservice: &Webservice,
        module: Module,
        rows: &mut [Map<String, Json>],
    ) -> Result<(), CallError> {
        for reference in of(module).iter().filter(|reference| !reference.is_currency()) {
            let ids = rows
                .iter()
                .filter_map(|row| row::reference(row, reference.field).map(str::to_owned));
            let names = self.names_of(webservice, reference, ids.collect()).await?;
            for row in rows.iter_mut().filter(|row| row.contains_key(reference.field)) {
                let id = row::reference(row, reference.field).unwrap_or_default();
                let name = names.get(id).map_or("", String::as_str);
                let object = json!({ "id": id, (reference.name): name });
                row.insert(reference.field.to_owned(), object);
            }
        }
        Ok(())
    }

    async fn names_of(
        &self,
        webservice: &Webservice,
        reference: &Reference,
        ids: BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>, CallError> {
        let mut names = BTreeMap::new();
        let mut unknown = Vec::new();
        for id in ids {
            match self.known(&id) {
                Some(name) => drop(names.insert(id, name)),
                None => unknown.push(literal(&id)),
            }
        }
        if unknown.is_empty() {
            return Ok(names);
        }
        let Reference { target, name, .. } = reference;
        let query = format!(
            "SELECT id, {name} FROM {target} WHERE id IN ({});",
            unknown.join(",")
        );
        for row in webservice.query(&query).await? {
            let id = row::text(&row, "id").to_owned();
            let name = row::text(&row, name).to_owned();
            self.remember(&id, &name);
            names.insert(id, name);
        }
        Ok(names)
    }

    /// The id of the record with this name, which is created for `owner` when there is none.
    pub(crate) async fn id_of(
        &self,
        webservice: &Webservice,
        reference: &Reference,
        name: &str,
        owner: &str,
    ) -> Result<String, CallError> {
        // Looked up as Vtiger shows it: an emoji in the name would make a new organization with each write.
        let name = stored::accountname(name.trim());
        let Reference {
            target, name: field, ..
        } = reference;
        let query = format!(
            "SELECT id, {field} FROM {target} WHERE {field} = {} ORDER BY id LIMIT 100;",
            literal(&name)
        );

        let _one_at_a_time = self.creating.lock().await;
        if let Some(id) = self.known_id(target, &name) {
            return Ok(id);
        }
        let rows = webservice.query(&query).await?;
        // The database holds `Café` and `cafe` for the same.
        let found = rows.iter().find(|row| row::text(row, field) == name).or_else(|| {
            rows.iter()
                .find(|row| row::text(row, field).to_lowercase() == name.to_lowercase())
        });
        if let Some(row) = found {
            let id = row::text(row, "id").to_owned();
            self.remember(&id, row::text(row, field));
            self.remember_id(target, &name, &id);
            return Ok(id);
        }
        let mut element = Map::new();
        element.insert((*field).to_owned(), json!(name));
        element.insert("assigned_user_id".to_owned(), json!(owner));
        let row = webservice.create(target, element).await?;
        let id = row::text(&row, "id").to_owned();
        tracing::info!(vtiger.module = *target, vtiger.id = %id, "created the record that a name stands for");
        self.remember(&id, row::text(&row, field));
        self.remember_id(target, &name, &id);
        Ok(id)
    }

    /// Looks a name up anew next time, as what it stood for is gone.
    pub(crate) fn forget_name(&self, reference: &Reference, name: &str) {
        let key = (reference.target, stored::accountname(name.trim()));
        self.ids().remove(&key);
    }

    fn known_id(&self, target: &'static str, name: &str) -> Option<String> {
        let ids = self.ids();
        let (id, at) = ids.get(&(target, name.to_owned()))?;
        (self.clock.now() - *at < FRESH_FOR).then(|| id.clone())
    }

    fn remember_id(&self, target: &'static str, name: &str, id: &str) {
        let mut ids = self.ids();
        if ids.len() >= CAPACITY {
            ids.clear();
        }
        ids.insert((target, name.to_owned()), (id.to_owned(), self.clock.now()));
    }

    fn ids(&self) -> MutexGuard<'_, Ids> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, id: &str) -> Option<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, at) = known.get(id)?;
        (self.clock.now() - *at < FRESH_FOR).then(|| name.clone())
    }

    fn remember(&self, id: &str, name: &str) {
        let now = self.clock.now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CAPACITY {
            known.retain(|_, (_, at)| now - *at < FRESH_FOR);
        }
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert(id.to_owned(), (name.to_owned(), now));
    }
}
