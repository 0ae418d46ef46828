//! Amounts of money as the shop keeps, rounds and shows them.
//!
//! A line's amounts are kept as they were sent, reckoned with like that, and shown rounded.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::answer::Fields;

/// How many decimals a tax has before it is rounded.
const PRECISION: u32 = 6;

/// What an amount is that is written as text or as a number; nothing, if it is neither.
pub(super) fn amount(record: &Fields, name: &str) -> Decimal {
    match record.get(name) {
        Some(Value::String(text)) => read(text),
        Some(Value::Number(number)) => read(&number.to_string()),
        _ => Decimal::ZERO,
    }
}

/// What an amount is that is written like this.
pub(super) fn read(text: &str) -> Decimal {
    let text = text.trim();
    text.parse()
        .or_else(|_| Decimal::from_scientific(text))
        .unwrap_or_default()
}

/// Half a unit goes away from zero, and nothing has no sign.
pub(super) fn rounded(amount: Decimal, decimals: u32) -> Decimal {
    let rounded = amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    if rounded.is_zero() { Decimal::ZERO } else { rounded }
}

/// The amount with exactly this many decimals.
pub(super) fn shown(amount: Decimal, decimals: u32) -> String {
    let mut amount = rounded(amount, decimals);
    amount.rescale(decimals);
    amount.to_string()
}

/// The amount with the decimals that it needs, as taxes of lines are shown.
pub(super) fn precise(amount: Decimal) -> String {
    rounded(amount, PRECISION).normalize().to_string()
}

/// How many decimals the amounts of a currency have.
pub(super) fn decimals_of(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// The sign of a currency.
pub(super) fn symbol_of(currency: &str) -> &str {
    match currency {
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "JPY" => "¥",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_rounded_and_shown_as_recorded() {
        for (amount, decimals, expected) in [
            ("3.195", 2, "3.20"),
            ("0.310625", 2, "0.31"),
            ("36", 2, "36.00"),
            ("-0.0019", 2, "0.00"),
            ("-3.195", 2, "-3.20"),
            ("1234.5", 0, "1235"),
            ("1.2", 3, "1.200"),
        ] {
            assert_eq!(shown(read(amount), decimals), expected, "{amount}");
        }
        assert_eq!(precise(read("50.8763")), "50.8763");
        assert_eq!(precise(read("1.90")), "1.9");
        assert_eq!(precise(read("0")), "0");
        assert_eq!(read(" 1e2 "), Decimal::from(100));
        assert_eq!(read("a lot"), Decimal::ZERO);
    }
}
