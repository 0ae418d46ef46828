//! Which tax rates hold for an order, and what they make of an amount.

use rust_decimal::Decimal;

use crate::simulator::woocommerce::answer::Fields;
use crate::simulator::woocommerce::fields::{as_integer, text_of};
use crate::simulator::woocommerce::money;
use crate::simulator::woocommerce::shop::Shop;

/// Where the shop is.
const BASE: [(&str, &str); 2] = [("country", "US"), ("state", "CA")];

/// A tax by its rate's id, not rounded to cents.
pub(super) type Tax = (u64, Decimal);

/// Where an order is taxed: where it is shipped to, else who pays lives, else the shop itself.
pub(super) struct Place {
    country: String,
    state: String,
    postcode: String,
    city: String,
}

impl Place {
    /// The place that an order is taxed at.
    pub(super) fn of(order: &Fields) -> Self {
        let address = |name: &str| order.get(name)?.as_object();
        let has_country = |address: &&Fields| !text_of(address, "country").is_empty();
        let base: Fields = BASE
            .iter()
            .map(|(name, code)| ((*name).to_owned(), (*code).into()))
            .collect();
        let address = address("shipping")
            .filter(has_country)
            .or_else(|| address("billing").filter(has_country))
            .unwrap_or(&base);
        let of = |name: &str| text_of(address, name).trim().to_uppercase();
        Self {
            country: of("country"),
            state: of("state"),
            postcode: of("postcode"),
            city: of("city"),
        }
    }

    /// Whether the rate holds here. What a rate leaves blank holds everywhere.
    fn has(&self, rate: &Fields) -> bool {
        let is = |name: &str, here: &str| ["", here].contains(&text_of(rate, name));
        let among = |name: &str, is_here: &dyn Fn(&str) -> bool| {
            let places = rate.get(name).and_then(|places| places.as_array());
            let mut places = places
                .into_iter()
                .flatten()
                .filter_map(|place| place.as_str())
                .peekable();
            places.peek().is_none() || places.any(is_here)
        };
        let has_postcode = |pattern: &str| match pattern.strip_suffix('*') {
            Some(start) => self.postcode.starts_with(start),
            None => self.postcode == pattern,
        };
        is("country", &self.country)
            && is("state", &self.state)
            && among("postcodes", &has_postcode)
            && among("cities", &|city| self.city == city)
    }
}

/// A tax rate that holds.
pub(super) struct Rate {
    id: u64,
    percent: Decimal,
    is_compound: bool,
}

/// The rates of a class that hold at a place: of each priority the most exact one.
pub(super) fn of_class(shop: &Shop, class: &str, place: &Place, is_shipping: bool) -> Vec<Rate> {
    let class = if class.is_empty() { "standard" } else { class };
    let mut found: Vec<_> = shop
        .taxes
        .iter()
        .filter(|(_, rate)| text_of(rate, "class") == class && place.has(rate))
        .filter(|(_, rate)| !is_shipping || rate["shipping"] == true)
        .collect();
    let priority = |rate: &Fields| rate.get("priority").and_then(as_integer);
    let is_blank = |rate: &Fields, name: &str| text_of(rate, name).is_empty();
    found.sort_by_key(|(_, rate)| {
        let blanks = ["country", "state", "postcode", "city"].map(|name| is_blank(rate, name));
        (priority(rate), blanks, rate.get("order").and_then(as_integer))
    });
    found.dedup_by_key(|(_, rate)| priority(rate));
    let rate = |(&id, rate): (&u64, &Fields)| Rate {
        id,
        percent: money::amount(rate, "rate"),
        is_compound: rate["compound"] == true,
    };
    found.into_iter().map(rate).collect()
}

/// The taxes on an amount that is without them. Compound rates are on top of the others.
pub(super) fn on(amount: Decimal, rates: &[Rate]) -> Vec<Tax> {
    let tax = |on: Decimal, rate: &Rate| (rate.id, on * rate.percent / Decimal::ONE_HUNDRED);
    let (compound, simple): (Vec<_>, Vec<_>) = rates.iter().partition(|rate| rate.is_compound);
    let mut taxes: Vec<Tax> = simple.into_iter().map(|rate| tax(amount, rate)).collect();
    for rate in compound {
        let before: Decimal = taxes.iter().map(|(_, tax)| tax).sum();
        taxes.push(tax(amount + before, rate));
    }
    taxes
}
