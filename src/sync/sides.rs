//! One thing for each of the two systems.

use serde::{Deserialize, Serialize};

use super::Side;

/// A value for WooCommerce and one for Vtiger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sides<T> {
    /// The shop's.
    pub woocommerce: T,
    /// The CRM's.
    pub vtiger: T,
}

impl<T> Sides<T> {
    /// Makes both from what `make` gives for each side.
    pub fn new(mut make: impl FnMut(Side) -> T) -> Self {
        Self {
            woocommerce: make(Side::WooCommerce),
            vtiger: make(Side::Vtiger),
        }
    }

    /// That of one side.
    pub const fn of(&self, side: Side) -> &T {
        match side {
            Side::WooCommerce => &self.woocommerce,
            Side::Vtiger => &self.vtiger,
        }
    }

    /// That of one side, to change.
    pub const fn of_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::WooCommerce => &mut self.woocommerce,
            Side::Vtiger => &mut self.vtiger,
        }
    }

    /// References to both.
    pub const fn as_ref(&self) -> Sides<&T> {
        Sides {
            woocommerce: &self.woocommerce,
            vtiger: &self.vtiger,
        }
    }
}
