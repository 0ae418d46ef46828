//! Which of WooCommerce's lines each of Vtiger's is. Pure.
//!
//! Vtiger's lines keep no id of the shop's, so they are told by what they sell, what they cost, and their names. What
//! is found to be the same is edited by its id or left alone; whoever is not found is added, as nothing may be sold
//! twice and nothing may get lost.

use rust_decimal::Decimal;

use super::{Counterpart, counterpart_of, rounded};
use crate::sync::{Item, Line};

/// What Vtiger shows in the place of a character of four bytes.
const LOST: &str = "????";

/// The fee by which an order's total is put right, and what another fee of that name is called.
const ADJUSTMENT: &str = "Adjustment";
const OTHER_ADJUSTMENT: &str = "Adjustment (line)";

/// What a fee without a name is called: WooCommerce demands one.
const UNNAMED: &str = "Fee";

/// A line as WooCommerce should show it.
pub(super) struct Wanted {
    pub(super) item: Item,
    pub(super) name: String,
    /// Vtiger's, which need not be whole.
    pub(super) quantity: Decimal,
    /// What it costs without discount and tax, in the shop's coins.
    pub(super) gross: Decimal,
    /// What it costs without tax, in the shop's coins.
    pub(super) net: Decimal,
}

impl Wanted {
    /// What Vtiger's line wants.
    pub(super) fn new(line: &Line, counterpart: Counterpart<'_>, decimals: u32) -> Self {
        Self {
            item: counterpart_of(&line.item, counterpart),
            name: line.name.clone(),
            quantity: line.quantity,
            gross: rounded(line.quantity * line.price, decimals),
            net: rounded(line.net(), decimals),
        }
    }

    /// WooCommerce's line, changed so that it costs what is wanted.
    pub(super) fn edited(&self, there: &Line) -> Line {
        let (quantity, gross, discount) = self.cost(there);
        Line {
            quantity,
            price: gross / quantity,
            discount,
            tax: Decimal::ZERO,
            ..there.clone()
        }
    }

    /// How many WooCommerce's line should sell, what they should cost before discount, and the discount.
    fn cost(&self, there: &Line) -> (Decimal, Decimal, Decimal) {
        if there.item == Item::Fee {
            // A fee has an amount only.
            return (Decimal::ONE, self.net, Decimal::ZERO);
        }
        // WooCommerce sells whole pieces, unless a plugin says otherwise.
        let is_whole = self.quantity.fract().is_zero() && self.quantity > Decimal::ZERO;
        let is_there = self.quantity == there.quantity && !self.quantity.is_zero();
        let quantity = if is_whole || is_there {
            self.quantity
        } else {
            Decimal::ONE
        };
        (quantity, self.gross, self.gross - self.net)
    }

    /// A new line.
    pub(super) fn added(&self) -> Line {
        let item = match &self.item {
            // WooCommerce adds no line without a product.
            Item::Other => Item::Fee,
            item => item.clone(),
        };
        self.edited(&Line {
            name: self.name_as(&item).to_owned(),
            item,
            ..Line::default()
        })
    }

    /// Whether WooCommerce's line costs what is wanted already.
    pub(super) fn costs_as(&self, there: &Line, decimals: u32) -> bool {
        let (quantity, gross, discount) = self.cost(there);
        let alike = |one, other| rounded(one, decimals) == rounded(other, decimals);
        there.quantity == quantity && alike(there.net(), gross - discount) && alike(there.discount, discount)
    }

    /// Its name among WooCommerce's lines of this kind.
    fn name_as(&self, item: &Item) -> &str {
        match (item, self.name.trim()) {
            (Item::Fee, ADJUSTMENT) => OTHER_ADJUSTMENT,
            (Item::Fee, "") => UNNAMED,
            (_, name) => name,
        }
    }

    fn is_named_as(&self, there: &Line) -> bool {
        let shown = |name: &str| name.trim().replace(|c: char| c.len_utf8() > 3, LOST);
        let (name, other) = (self.name_as(&there.item), there.name.trim());
        name == other || shown(name) == shown(other) || (other.is_empty() && self.name.trim().is_empty())
    }

    /// Whether both sell the same product, or are told by the same name.
    fn is_about(&self, there: &Line) -> bool {
        self.item == there.item && (matches!(there.item, Item::Product(_)) || self.is_named_as(there))
    }

    /// Whether one side may not know what the other one's line sells: a product that is gone or not in step, or what
    /// became a fee for the lack of one.
    fn may_be(&self, there: &Line) -> bool {
        self.item == Item::Other || (matches!(self.item, Item::Product(_)) && there.item == Item::Other)
    }
}

/// Where each of the wanted lines is in WooCommerce's order. None is found twice; the surer a match is, the sooner it
/// is made, so that one changed line doesn't take another one's place.
pub(super) fn matched(there: &[&Line], wanted: &[Wanted], decimals: u32) -> Vec<Option<usize>> {
    let mut matching = Matching {
        there,
        wanted,
        found: vec![None; wanted.len()],
        used: vec![false; there.len()],
    };
    let costs = |wanted: &Wanted, line: &Line| wanted.costs_as(line, decimals);
    let is_lost = |wanted: &Wanted, line: &Line| wanted.may_be(line) && wanted.is_named_as(line);
    matching.make(|_, _, wanted, line| wanted.is_about(line) && costs(wanted, line));
    matching.make(|_, _, wanted, line| wanted.is_about(line));
    matching.make(|_, _, wanted, line| is_lost(wanted, line) && costs(wanted, line));
    matching.make(|_, _, wanted, line| is_lost(wanted, line));
    matching.make(|nth, at, wanted, line| nth == at && wanted.may_be(line) && costs(wanted, line));
    // A product that is gone from the shop may have had another name there.
    matching.make(|_, _, wanted, line| {
        line.item == Item::Other && wanted.item == Item::Other && costs(wanted, line)
    });
    matching.found
}

struct Matching<'a> {
    there: &'a [&'a Line],
    wanted: &'a [Wanted],
    found: Vec<Option<usize>>,
    used: Vec<bool>,
}

impl Matching<'_> {
    /// Matches what is not matched yet where `is_it`, told both places and both lines, says so.
    fn make(&mut self, is_it: impl Fn(usize, usize, &Wanted, &Line) -> bool) {
        for (nth, wanted) in self.wanted.iter().enumerate() {
            if self.found[nth].is_some() {
                continue;
            }
            let at =
                (0..self.there.len()).find(|at| !self.used[*at] && is_it(nth, *at, wanted, self.there[*at]));
            if let Some(at) = at {
                self.found[nth] = Some(at);
                self.used[at] = true;
            }
        }
    }
}
