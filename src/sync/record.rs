//! A record of either system, and what identifies it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::{FieldPath, Value};
use crate::clock::Timestamp;

/// One of the two systems that are kept in step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The shop.
    WooCommerce,
    /// The CRM.
    Vtiger,
}

impl Side {
    /// Both sides.
    pub const BOTH: [Self; 2] = [Self::WooCommerce, Self::Vtiger];

    /// The other system.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::WooCommerce => Self::Vtiger,
            Self::Vtiger => Self::WooCommerce,
        }
    }

    /// The name used in the database, in metrics and in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WooCommerce => "woocommerce",
            Self::Vtiger => "vtiger",
        }
    }

    /// The name shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::WooCommerce => "WooCommerce",
            Self::Vtiger => "Vtiger CRM",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A kind of record that is kept in step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Module {
    /// WooCommerce tax rates, Vtiger Tax.
    Taxes,
    /// WooCommerce products and variations, Vtiger Products.
    Products,
    /// WooCommerce customers (and guests of orders), Vtiger Contacts.
    Contacts,
    /// WooCommerce orders, Vtiger `SalesOrder`.
    SalesOrders,
}

impl Module {
    /// All modules, those that others refer to first.
    pub const ALL: [Self; 4] = [Self::Taxes, Self::Products, Self::Contacts, Self::SalesOrders];

    /// The name used in the configuration, in the database, in metrics and in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Taxes => "taxes",
            Self::Products => "products",
            Self::Contacts => "contacts",
            Self::SalesOrders => "sales_orders",
        }
    }

    /// The name shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Taxes => "Taxes",
            Self::Products => "Products",
            Self::Contacts => "Contacts",
            Self::SalesOrders => "Sales orders",
        }
    }

    /// What one of its records is called.
    pub const fn one(self) -> &'static str {
        match self {
            Self::Taxes => "tax",
            Self::Products => "product",
            Self::Contacts => "contact",
            Self::SalesOrders => "sales order",
        }
    }
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What stands before the order's id in the id of a guest order's person.
const GUEST_ORDER: &str = "guest-order:";

/// A record's id as its system writes it: `42` (WooCommerce), `12x34` (Vtiger), or for a person known to WooCommerce
/// only by an order's billing address `guest:<e-mail>`, or `guest-order:<order>` where each order has its own.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordId(String);

impl RecordId {
    /// An id, as the system writes it.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id of a guest with this e-mail address.
    pub fn guest(email: &str) -> Self {
        Self(format!("guest:{}", email.trim().to_lowercase()))
    }

    /// The id of the person of one guest order, where each such order gets a contact of its own.
    pub fn guest_order(order: &str) -> Self {
        Self(format!("{GUEST_ORDER}{order}"))
    }

    /// The order's id, where this is the person of one guest order.
    pub fn as_guest_order(&self) -> Option<&str> {
        self.0.strip_prefix(GUEST_ORDER)
    }

    /// Whether this is a person known to WooCommerce by orders alone, who can't be written to.
    pub fn is_guest(&self) -> bool {
        self.guest_email().is_some() || self.as_guest_order().is_some()
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The guest's e-mail address, where this is a guest.
    pub fn guest_email(&self) -> Option<&str> {
        self.0.strip_prefix("guest:")
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Leaves a guest's e-mail address out, as debug output ends in logs.
impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.guest_email().is_some() {
            "guest"
        } else {
            &self.0
        })
    }
}

/// What one system shows of a record at one moment.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The record's id in its system.
    pub id: RecordId,
    /// When its system says that it last changed, in whole seconds; moved by writes that change nothing, too.
    pub modified: Option<Timestamp>,
    /// Who changed it last, where the system tells (Vtiger's `modifiedby`, such as `19x1`).
    pub modified_by: Option<String>,
    /// The record's fields, in the shape of its API, with text decoded and references resolved.
    pub fields: Map<String, Json>,
}

impl Record {
    /// Reads one field; [`Value::Null`] when it isn't there.
    pub fn get(&self, path: &FieldPath) -> Value {
        path.get(&self.fields)
    }
}

/// Leaves the fields out, as they are personal data.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("id", &self.id)
            .field("modified", &self.modified)
            .finish_non_exhaustive()
    }
}

/// What to write to a record: only the fields that must change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch(pub BTreeMap<FieldPath, Value>);

impl Patch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
