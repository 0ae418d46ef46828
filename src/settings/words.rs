//! Settings in words.

use std::time::Duration;

use crate::sync::{
    Case, ConflictRule, Deletes, Direction, FieldKind, Guests, MissingSku, Side, Taxing, Transform,
};

/// Which way values travel.
pub const fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Both => "both ways",
        Direction::ToVtiger => "to Vtiger CRM only",
        Direction::ToWooCommerce => "to WooCommerce only",
    }
}

/// Who wins.
pub const fn conflict(rule: ConflictRule) -> &'static str {
    match rule {
        ConflictRule::LastUpdated => "last updated wins",
        ConflictRule::Vtiger => "Vtiger CRM wins",
        ConflictRule::WooCommerce => "WooCommerce wins",
    }
}

/// What becomes of a record whose counterpart is deleted.
pub const fn deletes(deletes: Deletes) -> &'static str {
    match deletes {
        Deletes::Ignore => "the other record stays",
        Deletes::Propagate => "the other record is deleted, too",
    }
}

/// What becomes of a product without SKU.
pub const fn missing_sku(missing: MissingSku) -> &'static str {
    match missing {
        MissingSku::Leave => "stays without one",
        MissingSku::Write => "gets one made of its id",
    }
}

/// How taxes are written.
pub const fn taxing(taxing: Taxing) -> &'static str {
    match taxing {
        Taxing::Auto => "on the whole order where all lines bear the same, else by line",
        Taxing::Group => "on the whole order",
        Taxing::Individual => "by line",
    }
}

/// Whose the orders of guests are.
pub fn guests(guests: &Guests) -> String {
    match guests {
        Guests::ByEmail => "one contact for each e-mail address".to_owned(),
        Guests::PerOrder => "a contact for each order".to_owned(),
        Guests::House(id) => format!("the contact {id} for all"),
        Guests::Skip => "not brought to Vtiger CRM".to_owned(),
    }
}

/// What a field's values are taken for.
pub const fn kind(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text",
        FieldKind::Email => "e-mail address",
        FieldKind::Number => "number",
        FieldKind::Boolean => "yes or no",
        FieldKind::Html => "HTML and plain text",
        FieldKind::Contact => "contact",
        FieldKind::Basket => "order lines",
    }
}

/// Yes or no.
pub const fn flag(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

/// A period of time as it is written in the settings: `15m`.
pub fn period(period: Duration) -> String {
    let seconds = period.as_secs();
    match (period.subsec_millis(), seconds) {
        (0, 1..) if seconds.is_multiple_of(86_400) => format!("{}d", seconds / 86_400),
        (0, 1..) if seconds.is_multiple_of(3_600) => format!("{}h", seconds / 3_600),
        (0, 1..) if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        (0, _) => format!("{seconds}s"),
        _ => format!("{}ms", period.as_millis()),
    }
}

/// What happens to a value on its way.
pub fn transform(step: &Transform) -> String {
    match step {
        Transform::Trim => "trim".to_owned(),
        Transform::Case(Case::Upper) => "CAPITALS".to_owned(),
        Transform::Case(Case::Lower) => "small letters".to_owned(),
        Transform::Map(table) => pairs(table.iter()),
        Transform::Table(table) => format!(
            "to {}: {}; to {}: {}",
            Side::Vtiger.title(),
            pairs(table.to_vtiger.iter()),
            Side::WooCommerce.title(),
            pairs(table.to_woocommerce.iter())
        ),
        Transform::Prefix(text) => format!("begins with \"{text}\" in {}", Side::Vtiger.title()),
        Transform::ZeroIsBlank => format!("0 is blank in {}", Side::WooCommerce.title()),
        Transform::StripHtml => "without HTML".to_owned(),
        Transform::Number(decimals) => format!("rounded to {decimals} decimals"),
        Transform::Default(text) => format!("\"{text}\" where it is blank"),
        Transform::Fixed(text) => format!("always \"{text}\""),
    }
}

/// What happens to a value on its way, step by step; empty where nothing does.
pub fn transforms(steps: &[Transform]) -> String {
    let steps: Vec<String> = steps.iter().map(transform).collect();
    steps.join(", then ")
}

fn pairs<'a>(table: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    let pairs: Vec<String> = table.map(|(from, to)| format!("{from} → {to}")).collect();
    pairs.join(", ")
}
