//! Which way values travel, and who wins when both sides changed one.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Side, Sides};
use crate::clock::Timestamp;

/// Which way values travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Both ways.
    #[default]
    Both,
    /// From WooCommerce to Vtiger only.
    ToVtiger,
    /// From Vtiger to WooCommerce only.
    #[serde(rename = "to_woocommerce")]
    ToWooCommerce,
}

impl Direction {
    /// Whether values may be written to `side`.
    pub const fn writes_to(self, side: Side) -> bool {
        match self {
            Self::Both => true,
            Self::ToVtiger => matches!(side, Side::Vtiger),
            Self::ToWooCommerce => matches!(side, Side::WooCommerce),
        }
    }

    /// The direction that writes to this side only.
    pub const fn towards(side: Side) -> Self {
        match side {
            Side::WooCommerce => Self::ToWooCommerce,
            Side::Vtiger => Self::ToVtiger,
        }
    }
}

/// Who wins when both sides changed the same field to different values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictRule {
    /// The side whose record changed last. In the same second, or where neither tells, WooCommerce wins: its
    /// record is the one that customers edit themselves.
    #[default]
    LastUpdated,
    /// Always Vtiger.
    Vtiger,
    /// Always WooCommerce.
    #[serde(rename = "woocommerce")]
    WooCommerce,
}

impl ConflictRule {
    /// The winning side, given when each side's record changed last.
    pub fn winner(self, modified: Sides<Option<Timestamp>>) -> Side {
        match self {
            Self::Vtiger => Side::Vtiger,
            Self::LastUpdated if modified.vtiger > modified.woocommerce => Side::Vtiger,
            Self::LastUpdated | Self::WooCommerce => Side::WooCommerce,
        }
    }
}

impl fmt::Display for ConflictRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LastUpdated => "last updated wins",
            Self::Vtiger => "Vtiger wins",
            Self::WooCommerce => "WooCommerce wins",
        })
    }
}
