//! What becomes of a value on its way through Vtiger's database: the losses that no error tells of.
//!
//! Pure. A comparison with what Vtiger shows must use the value after these losses, or it would differ for ever.
//! Measured on Vtiger 8.3.0; a wider column in another version only makes a prediction too short.

pub(crate) mod column;

use std::borrow::Cow;

use rust_decimal::Decimal;
use time::Date;
use time::macros::format_description;

use self::column::Column;
use super::row;
use crate::sync::{Basket, Item, Line, Module, Value, rounded};

/// How many decimals Vtiger keeps of a quantity, and of a percentage.
const QUANTITY_DECIMALS: u32 = 3;

/// What a module's field at `path` shows after `value` was written to it.
pub(crate) fn value(module: Module, path: &str, value: &Value) -> Value {
    if (module, path) == (Module::SalesOrders, "LineItems") {
        return match Basket::of(value) {
            Some(basket) => self::basket(&basket).to_value(),
            None => value.clone(),
        };
    }
    Value::Text(text(module, path, &value.as_text()))
}

/// The same of a text.
pub(crate) fn text(module: Module, path: &str, text: &str) -> String {
    match column::of(module, path) {
        Column::Text(length) => kept(text, Some(length)),
        Column::LongText => kept(text, None),
        Column::Boolean => if matches!(text.trim(), "1" | "on") {
            "1"
        } else {
            "0"
        }
        .to_owned(),
        Column::Number(decimals, shown) => format!("{:.shown$}", rounded(number(text), decimals)),
        Column::Cut(decimals) => {
            let shown = usize::try_from(decimals).unwrap_or_default();
            format!("{:.shown$}", number(text).trunc_with_scale(decimals))
        }
        Column::Date => date(text),
    }
}

/// An organization's name as Vtiger shows it.
pub(crate) fn accountname(name: &str) -> String {
    text(Module::Contacts, "account_id.accountname", name)
}

/// What Vtiger shows of a basket that was written.
pub(crate) fn basket(basket: &Basket) -> Basket {
    let amount = |amount: Decimal| rounded(amount, row::DECIMALS).normalize();
    let lines = basket.lines.iter().map(|line| Line {
        name: match line.item {
            Item::Product(_) => line.name.clone(),
            Item::Other | Item::Fee | Item::Refund => kept(&line.name, None),
        },
        quantity: rounded(line.quantity, QUANTITY_DECIMALS).normalize(),
        price: amount(line.price),
        discount: amount(line.discount),
        taxes: line
            .taxes
            .iter()
            .map(|(tax, percentage)| (tax.clone(), percentage.trunc_with_scale(QUANTITY_DECIMALS)))
            .collect(),
        ..line.clone()
    });
    Basket {
        lines: lines.collect(),
        shipping: amount(basket.shipping),
        discount: amount(basket.discount),
        adjustment: amount(basket.adjustment),
        total: amount(basket.total),
        ..basket.clone()
    }
}

/// What isn't a number is 0.
fn number(text: &str) -> Decimal {
    text.trim().parse().unwrap_or_default()
}

/// A day, sent with the year or with the day first; anything else is lost.
fn date(text: &str) -> String {
    let text = text.trim();
    let day = Date::parse(text, format_description!("[year]-[month]-[day]"))
        .or_else(|_| Date::parse(text, format_description!("[day]-[month]-[year]")));
    day.map(|day| format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day()))
        .unwrap_or_default()
}

fn kept(text: &str, length: Option<usize>) -> String {
    let disarmed = without_scripts(text);
    let kept = disarmed
        .chars()
        .flat_map(|c| {
            // The tables are utf8mb3: each byte of a longer character becomes a question mark.
            let lost = c.len_utf8() > 3;
            std::iter::repeat_n(if lost { '?' } else { c }, if lost { c.len_utf8() } else { 1 })
        })
        .take(length.unwrap_or(usize::MAX));
    kept.collect()
}

/// Vtiger encodes the brackets and double quotes of a text in which `script` and later, on the same line, `/script` occur.
fn without_scripts(text: &str) -> Cow<'_, str> {
    let is_script = text.lines().any(|line| {
        let line = line.to_ascii_lowercase();
        line.split_once("script")
            .is_some_and(|(_, rest)| rest.contains("/script"))
    });
    if is_script {
        Cow::Owned(
            text.replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;"),
        )
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_contacts(path: &str, value: &Value) -> Value {
        super::value(Module::Contacts, path, value)
    }

    fn shown(module: Module, path: &str, sent: &str) -> String {
        text(module, path, sent)
    }

    fn firstname(text: &str) -> String {
        in_contacts("firstname", &Value::text(text)).to_string()
    }

    #[test]
    fn values_are_predicted_as_recorded() {
        let recorded: Vec<(String, String, String)> =
            serde_json::from_str(include_str!("../../tests/fixtures/vtiger/encoding.json")).unwrap();
        assert!(recorded.len() > 20);

        for (name, sent, shown) in recorded {
            assert_eq!(firstname(&sent), shown, "{name}");
        }
    }

    #[test]
    fn long_values_are_cut_in_characters() {
        assert_eq!(firstname(&"ü".repeat(41)), "ü".repeat(40));
        assert_eq!(
            in_contacts("lastname", &Value::text("L".repeat(300))),
            Value::text("L".repeat(80))
        );
        let long = "d".repeat(100_000);
        assert_eq!(
            in_contacts("description", &Value::text(long.as_str())),
            Value::Text(long)
        );
    }

    #[test]
    fn an_emoji_counts_as_the_four_characters_that_it_becomes() {
        let sent = format!("{}😀", "a".repeat(38));

        assert_eq!(firstname(&sent), format!("{}??", "a".repeat(38)));
    }

    #[test]
    fn nothing_is_an_empty_text_and_yes_is_1() {
        assert_eq!(in_contacts("phone", &Value::Null), Value::text(""));
        assert_eq!(in_contacts("donotcall", &Value::Bool(true)), Value::text("1"));
    }

    #[test]
    fn script_tags_over_two_lines_are_kept() {
        assert_eq!(firstname("<script>\n</script>"), "<script>\n</script>");
        assert_eq!(
            firstname(r#"<SCRIPT a="1"></SCRIPT>"#),
            "&lt;SCRIPT a=&quot;1&quot;&gt;&lt;/SCRIPT&gt;"
                .chars()
                .take(40)
                .collect::<String>()
        );
    }

    #[test]
    fn numbers_are_rounded_and_filled_up_as_recorded() {
        for (path, sent, expected) in [
            ("unit_price", "12.345678", "12.35000000"),
            ("unit_price", "0.005", "0.01000000"),
            ("unit_price", "abc", "0.00000000"),
            ("unit_price", "", "0.00000000"),
            ("qtyinstock", "42", "42.000"),
            ("qtyinstock", "1,5", "0.000"),
            ("qtyindemand", "7", "7"),
            ("discontinued", "1", "1"),
            ("discontinued", "yes", "0"),
            ("productname", &"n".repeat(101), &"n".repeat(100)),
            ("productcode", "SKU-😀", "SKU-????"),
            ("sales_start_date", "2026-11-23", "2026-11-23"),
            ("sales_start_date", "23-11-2026", "2026-11-23"),
            ("sales_start_date", "soon", ""),
        ] {
            assert_eq!(shown(Module::Products, path, sent), expected, "{path} {sent}");
        }
        assert_eq!(shown(Module::Taxes, "percentage", "6.1259"), "6.125");
        assert_eq!(
            shown(Module::SalesOrders, "bill_city", &"c".repeat(40)),
            "c".repeat(30)
        );
    }

    #[test]
    fn names_and_numbers_of_an_orders_lines_suffer_too() {
        let line = |item: Item, name: &str| Line {
            item,
            name: name.to_owned(),
            quantity: "1.23456".parse().unwrap(),
            price: "0.123456789".parse().unwrap(),
            ..Line::default()
        };
        let sent = Basket {
            lines: vec![
                line(Item::Other, "Gift 🎁"),
                line(Item::Product(crate::sync::RecordId::new("14x1")), "Cup 🎁"),
            ],
            ..Basket::default()
        };

        let shown = value(Module::SalesOrders, "LineItems", &sent.to_value());

        let shown = Basket::of(&shown).unwrap();
        assert_eq!(shown.lines[0].name, "Gift ????");
        assert_eq!(shown.lines[0].quantity.to_string(), "1.235");
        assert_eq!(shown.lines[0].price.to_string(), "0.12345679");
        assert_eq!(shown.lines[1].name, "Cup 🎁", "a product is known by its id");
    }
}
