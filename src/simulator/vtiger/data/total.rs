//! An order's arithmetic as measured on a real installation: exact decimals, nothing rounded on the way.
//!
//! Knows no records; what counts as a line's tax is for the caller to say.

use rust_decimal::Decimal;

/// What is taken off a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Discount {
    Percent(Decimal),
    Amount(Decimal),
}

impl Discount {
    fn of(self, sum: Decimal) -> Decimal {
        match self {
            Self::Percent(percent) => share(sum, percent),
            Self::Amount(amount) => amount,
        }
    }
}

/// A line of an order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) quantity: Decimal,
    pub(super) list_price: Decimal,
    pub(super) discount: Discount,
    /// The sum of its percentages that count.
    pub(super) tax: Decimal,
}

impl Line {
    fn net(&self) -> Decimal {
        let gross = self.quantity * self.list_price;
        gross - self.discount.of(gross)
    }
}

/// What an order's totals are made of.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// Whether each line is taxed on its own, or the first line's taxes are the whole order's.
    pub(super) is_individual: bool,
    pub(super) lines: Vec<Line>,
    pub(super) discount: Discount,
    pub(super) shipping: Decimal,
    /// The sum of the percentages on shipping.
    pub(super) shipping_tax: Decimal,
    pub(super) adjustment: Decimal,
}

/// An order's totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Totals {
    /// `hdnSubTotal`
    pub(super) sub: Decimal,
    /// `pre_tax_total`
    pub(super) pre_tax: Decimal,
    /// `hdnGrandTotal`
    pub(super) grand: Decimal,
}

impl Order {
    pub(super) fn totals(&self) -> Totals {
        let net: Decimal = self.lines.iter().map(Line::net).sum();
        let shipping = self.shipping + share(self.shipping, self.shipping_tax);
        if self.is_individual {
            let tax: Decimal = self.lines.iter().map(|line| share(line.net(), line.tax)).sum();
            let sub = net + tax;
            let discounted = sub - self.discount.of(sub);
            Totals {
                sub,
                pre_tax: discounted - tax + self.shipping,
                grand: discounted + shipping + self.adjustment,
            }
        } else {
            let discounted = net - self.discount.of(net);
            let tax = self.lines.first().map_or(Decimal::ZERO, |line| line.tax);
            Totals {
                sub: net,
                pre_tax: discounted + self.shipping,
                grand: discounted + share(discounted, tax) + shipping + self.adjustment,
            }
        }
    }
}

fn share(sum: Decimal, percent: Decimal) -> Decimal {
    sum * percent / Decimal::ONE_HUNDRED
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn line(quantity: &str, list_price: &str, tax: &str) -> Line {
        Line {
            quantity: number(quantity),
            list_price: number(list_price),
            discount: Discount::Amount(Decimal::ZERO),
            tax: number(tax),
        }
    }

    fn order(is_individual: bool, lines: &[Line]) -> Order {
        Order {
            is_individual,
            lines: lines.to_vec(),
            discount: Discount::Amount(Decimal::ZERO),
            shipping: Decimal::ZERO,
            shipping_tax: Decimal::ZERO,
            adjustment: Decimal::ZERO,
        }
    }

    #[test]
    fn an_orders_tax_is_the_first_lines() {
        let totals = order(false, &[line("2", "10", "10"), line("1", "100", "50")]).totals();

        assert_eq!(totals.sub, number("120"));
        assert_eq!(totals.grand, number("132"));
    }

    #[test]
    fn a_group_orders_discount_lowers_its_tax() {
        let totals = Order {
            discount: Discount::Percent(number("5")),
            shipping: number("7.50"),
            adjustment: number("-0.37"),
            ..order(false, &[line("1", "10", "14.5"), line("2", "60", "0")])
        }
        .totals();

        assert_eq!(totals.pre_tax, number("131"));
        assert_eq!(totals.grand, number("148.5375"));
    }

    #[test]
    fn an_individual_orders_discount_does_not() {
        let totals = Order {
            discount: Discount::Amount(number("1.50")),
            shipping: number("4"),
            adjustment: number("-0.333"),
            ..order(true, &[line("1", "10", "5")])
        }
        .totals();

        assert_eq!(totals.sub, number("10.5"));
        assert_eq!(totals.pre_tax, number("12.5"));
        assert_eq!(totals.grand, number("12.667"));
    }

    #[test]
    fn a_lines_discount_comes_before_its_tax() {
        let discounted = Line {
            discount: Discount::Percent(number("10")),
            ..line("2", "12.5", "20")
        };

        assert_eq!(order(true, &[discounted]).totals().grand, number("27"));
    }

    #[test]
    fn shipping_bears_its_own_tax() {
        let totals = Order {
            shipping: number("10"),
            shipping_tax: number("4.5"),
            ..order(false, &[line("1", "100", "10")])
        }
        .totals();

        assert_eq!(totals.pre_tax, number("110"));
        assert_eq!(totals.grand, number("120.45"));
    }
}
