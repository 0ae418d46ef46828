//! What must be known of an order to write its lines without doubling any: its shipping, its adjustment, its total.

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::basket::{ADJUSTMENT, amount, list, string};
use super::is_shipping_blank;

/// A shipping line, or the fee that is the adjustment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Charge {
    pub(super) id: u64,
    pub(super) total: Decimal,
    pub(super) tax: Decimal,
}

/// What an order shows now, as far as writing its lines depends on it.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::woocommerce) struct Layout {
    /// The first shipping line, which bears what is changed.
    pub(super) shipping_line: Option<Charge>,
    /// All shipping, its taxes included.
    pub(super) shipping: Decimal,
    pub(super) adjustment: Option<Charge>,
    /// Whether the adjustment bears tax although it is not to: WooCommerce takes a fee below zero for a discount, which
    /// lessens the taxes whatever its tax status says.
    pub(super) is_adjustment_taxed: bool,
    /// A second fee of that name, for what the rounding of the first one's tax leaves.
    pub(super) rest: Option<Charge>,
    pub(super) total: Decimal,
    /// The billing address, where the goods go there for want of another.
    pub(super) ships_to_bill: Option<Map<String, Json>>,
}

/// Leaves the address out, as debug output ends in logs.
impl std::fmt::Debug for Layout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Layout")
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

impl Layout {
    /// What this order shows.
    pub(in crate::woocommerce) fn of(order: &Json) -> Self {
        let charge = |line: &Json| {
            Some(Charge {
                id: line.get("id")?.as_u64()?,
                total: amount(line, "total"),
                tax: amount(line, "total_tax"),
            })
        };
        let mut fees = list(order, "fee_lines").filter(|fee| string(fee, "name") == ADJUSTMENT);
        let (fee, rest) = (fees.next(), fees.next());
        let adjustment = fee.and_then(charge);
        let ships_to_bill = is_shipping_blank(order).then(|| {
            let mut billing = order
                .get("billing")
                .and_then(Json::as_object)
                .cloned()
                .unwrap_or_default();
            billing.remove("email");
            billing
        });
        Self {
            shipping_line: list(order, "shipping_lines").find_map(charge),
            shipping: amount(order, "shipping_total") + amount(order, "shipping_tax"),
            is_adjustment_taxed: fee.is_some_and(|fee| string(fee, "tax_status") == "none")
                && adjustment.as_ref().is_some_and(|fee| !fee.tax.is_zero()),
            adjustment,
            rest: rest.and_then(charge),
            total: amount(order, "total"),
            ships_to_bill,
        }
    }
}
