//! What can be settled for a module beyond its mappings.

use serde::{Deserialize, Serialize};

use super::Taxing;

/// What becomes of a record whose counterpart is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deletes {
    /// It stays.
    #[default]
    Ignore,
    /// It is deleted, too: put into the trash where its system has one. The journal keeps the values.
    Propagate,
}

/// What only products have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProductSettings {
    /// Whether variable products are kept in step themselves, and not only their variations.
    pub variable_parents: bool,
    /// What becomes of a product that has no SKU.
    pub missing_sku: MissingSku,
}

impl Default for ProductSettings {
    fn default() -> Self {
        Self {
            variable_parents: true,
            missing_sku: MissingSku::Leave,
        }
    }
}

/// What becomes of a product that has no SKU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingSku {
    /// It stays without one; the two records are linked by their ids.
    #[default]
    Leave,
    /// It gets one that is made of its id.
    Write,
}

/// What only sales orders have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrderSettings {
    /// Whose orders those of guests are in Vtiger.
    pub guests: Guests,
    /// How taxes are written.
    pub taxing: Taxing,
}

/// Whose the orders are of people without a customer account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guests {
    /// One contact per e-mail address, also that of a customer with it.
    #[default]
    ByEmail,
    /// A contact of its own for each order.
    PerOrder,
    /// One contact for all of them, by its id in Vtiger such as `12x34`.
    House(String),
    /// Nobody's: they are not brought to Vtiger.
    Skip,
}
