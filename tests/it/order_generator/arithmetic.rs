//! WooCommerce's arithmetic, after its source (9.9): taxes, roundings, and how coupons are spread over lines.

use rust_decimal::{Decimal, RoundingStrategy};

use super::catalogue::Rate;

/// What WooCommerce keeps of a tax before it is rounded for good.
const TAX_PRECISION: u32 = 6;

/// The shop's settings that its arithmetic depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shop {
    /// How many decimals prices have.
    pub(super) decimals: u32,
    /// Whether prices are entered with their taxes.
    pub(super) prices_include_tax: bool,
    /// Whether taxes are rounded once per order, and not line by line.
    pub(super) rounds_at_subtotal: bool,
}

impl Shop {
    /// Rounds an amount as prices are.
    pub(super) fn rounded(self, amount: Decimal) -> Decimal {
        amount.round_dp_with_strategy(self.decimals, RoundingStrategy::MidpointAwayFromZero)
    }

    /// Rounds a tax for good (`wc_round_tax_total`): half a cent goes down where prices include taxes.
    pub(super) fn rounded_tax(self, tax: Decimal) -> Decimal {
        let strategy = if self.prices_include_tax {
            RoundingStrategy::MidpointTowardZero
        } else {
            RoundingStrategy::MidpointAwayFromZero
        };
        tax.round_dp_with_strategy(self.decimals, strategy)
    }

    /// Rounds one line's tax, unless the shop rounds later.
    pub(super) fn rounded_line_tax(self, tax: Decimal) -> Decimal {
        if self.rounds_at_subtotal {
            tax
        } else {
            self.rounded_tax(tax)
        }
    }

    /// As the API writes an amount.
    pub(super) fn shown(self, amount: Decimal) -> String {
        let mut amount = self.rounded(amount);
        amount.rescale(self.decimals);
        amount.to_string()
    }

    /// The smallest coin: what amounts are whole numbers of.
    pub(super) fn coin(self) -> Decimal {
        Decimal::new(1, self.decimals)
    }
}

/// The taxes on an amount (`WC_Tax::calc_exclusive_tax`): compound ones come on top of the others.
pub(super) fn on_top(amount: Decimal, rates: &[&Rate]) -> Vec<Decimal> {
    let regular: Decimal = rates
        .iter()
        .filter(|rate| !rate.compound)
        .map(|rate| share(amount, rate.percent))
        .sum();
    let mut so_far = amount + regular;
    let tax = |rate: &&Rate| {
        let tax = if rate.compound {
            let tax = share(so_far, rate.percent);
            so_far += tax;
            tax
        } else {
            share(amount, rate.percent)
        };
        kept(tax)
    };
    rates.iter().map(tax).collect()
}

/// The taxes in an amount (`WC_Tax::calc_inclusive_tax`).
pub(super) fn included(amount: Decimal, rates: &[&Rate]) -> Vec<Decimal> {
    let mut rest = amount;
    let mut taxes = vec![Decimal::ZERO; rates.len()];
    for (nth, rate) in rates.iter().enumerate().rev().filter(|(_, rate)| rate.compound) {
        taxes[nth] = rest - rest / (Decimal::ONE + share(Decimal::ONE, rate.percent));
        rest -= taxes[nth];
    }
    let regular = rates.iter().filter(|rate| !rate.compound);
    let sum = Decimal::ONE
        + regular
            .map(|rate| share(Decimal::ONE, rate.percent))
            .sum::<Decimal>();
    for (nth, rate) in rates.iter().enumerate().filter(|(_, rate)| !rate.compound) {
        taxes[nth] = rest * share(Decimal::ONE, rate.percent) / sum;
    }
    taxes.into_iter().map(kept).collect()
}

/// What a coupon of so many percent takes off each amount (`WC_Discounts`): whole coins, rounded down, and what is
/// then missing of the whole discount coin by coin off the dearest.
pub(super) fn percent_off(shop: Shop, amounts: &[Decimal], percent: Decimal) -> Vec<Decimal> {
    let discounts = amounts
        .iter()
        .map(|amount| share(*amount, percent).round_dp_with_strategy(shop.decimals, RoundingStrategy::ToZero))
        .collect();
    let whole = shop.rounded(share(amounts.iter().sum(), percent));
    with_remainder(shop, amounts, discounts, whole)
}

/// What a coupon of a fixed amount takes off each amount: the same off each piece, then coin by coin.
pub(super) fn amount_off(shop: Shop, lines: &[(Decimal, Decimal)], amount: Decimal) -> Vec<Decimal> {
    let amounts: Vec<Decimal> = lines.iter().map(|(amount, _)| *amount).collect();
    let pieces: Decimal = lines.iter().map(|(_, quantity)| *quantity).sum();
    let each = (amount / pieces).round_dp_with_strategy(shop.decimals, RoundingStrategy::ToZero);
    let discounts = lines
        .iter()
        .map(|(amount, quantity)| (each * quantity).min(shop.rounded(*amount)))
        .collect();
    let whole = amount.min(amounts.iter().map(|amount| shop.rounded(*amount)).sum());
    with_remainder(shop, &amounts, discounts, whole)
}

fn with_remainder(
    shop: Shop,
    amounts: &[Decimal],
    mut discounts: Vec<Decimal>,
    whole: Decimal,
) -> Vec<Decimal> {
    let mut missing = whole - discounts.iter().sum::<Decimal>();
    let mut dearest: Vec<usize> = (0..amounts.len()).collect();
    dearest.sort_by(|one, other| amounts[*other].cmp(&amounts[*one]));
    for nth in dearest.into_iter().cycle().take(10_000) {
        if missing < shop.coin() {
            break;
        }
        if discounts[nth] + shop.coin() <= amounts[nth] {
            discounts[nth] += shop.coin();
            missing -= shop.coin();
        }
    }
    discounts
}

/// So many percent of an amount.
pub(super) fn share(amount: Decimal, percent: Decimal) -> Decimal {
    amount * percent / Decimal::ONE_HUNDRED
}

fn kept(tax: Decimal) -> Decimal {
    tax.round_dp_with_strategy(TAX_PRECISION, RoundingStrategy::MidpointAwayFromZero)
}
