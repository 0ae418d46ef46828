//! What transforms and joined lines give back: law 9.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use rust_decimal::Decimal;
use woo_vtiger_sync::sync::{FieldMapping, FieldPath, Lines, Patch, Record, Side, Table, Transform, Value};

use super::fake::blank;
use super::generate::{any_json, plain, scalar, table, text, transform};

/// Whether `value` is one that the step is meant for.
fn in_reach(step: &Transform, value: &Value) -> bool {
    match (step, value) {
        (Transform::Trim, Value::Text(text)) => text.trim() == text,
        // A text that another one is translated to can't be told from that one's translation.
        (Transform::Map(table), Value::Text(text)) => !table.values().any(|there| there == text),
        (Transform::Table(table), Value::Text(text)) => !table.to_woocommerce.contains_key(text),
        (Transform::Prefix(_), Value::Text(text)) => !text.trim().is_empty(),
        (Transform::Table(_) | Transform::Prefix(_), _) => false,
        _ => true,
    }
}

fn record(mapping: &FieldMapping, side: Side, value: &Value) -> Record {
    let mut patch = Patch::default();
    mapping.write(side, value, &mut patch);
    let mut record = blank();
    for (path, value) in patch.0 {
        path.set(&mut record.fields, value.to_json());
    }
    record
}

proptest! {
    /// Law 9.
    #[test]
    fn reversible_transforms_give_back_what_they_were_given(step in transform(), value in scalar()) {
        let value = Value::from_json(&value);

        let there = step.apply(Side::Vtiger, value.clone());

        if step.is_reversible() && in_reach(&step, &value) {
            prop_assert_eq!(step.apply(Side::WooCommerce, there), value);
        }
    }

    /// Law 9: a table whose values are not all different, or are keys too, is not called reversible.
    #[test]
    fn a_table_is_reversible_when_each_of_its_keys_comes_back(table in table()) {
        let step = Transform::Map(table.clone());

        if step.is_reversible() {
            for key in table.keys() {
                let there = step.apply(Side::Vtiger, Value::text(key));
                prop_assert_eq!(step.apply(Side::WooCommerce, there), Value::text(key));
            }
        } else {
            let values: std::collections::BTreeSet<_> = table.values().collect();
            prop_assert!(values.len() < table.len() || table.keys().any(|key| values.contains(key)));
        }
    }

    /// Law 9: steps are undone in reverse.
    #[test]
    fn a_chain_of_tables_gives_back_what_it_was_given(
        names in proptest::sample::subsequence(vec!["a", "b", "c", "d"], 1..=4),
        nth in any::<prop::sample::Index>(),
    ) {
        let step = |suffix: &str, keys: &[String]| {
            let table: BTreeMap<_, _> = keys.iter().map(|key| (key.clone(), format!("{key}{suffix}"))).collect();
            let there: Vec<String> = table.values().cloned().collect();
            (Transform::Map(table), there)
        };
        let keys: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let (first, there) = step("1", &keys);
        let (second, _) = step("2", &there);
        let mut mapping = plain("first_name", "firstname");
        mapping.transforms = vec![first, second];
        let value = Value::text(nth.get(&keys));

        let there = mapping.translate(Side::Vtiger, value.clone());

        prop_assert_eq!(&there, &Value::text(format!("{value}12")));
        prop_assert_eq!(mapping.translate(Side::WooCommerce, there), value);
    }

    /// Law 9: fields that make up the lines of one text.
    #[test]
    fn lines_come_back_to_the_fields_they_were_joined_from(lines in vec("[a-z]([a-z ]{0,3}[a-z])?|", 3)) {
        let mapping = plain("billing.address_1 + billing.address_2 + billing.company", "mailingstreet");
        let mut from = blank();
        for (path, line) in mapping.paths(Side::WooCommerce).iter().zip(&lines) {
            path.set(&mut from.fields, line.as_str().into());
        }

        let joined = mapping.read(Side::WooCommerce, &from);
        let stored = mapping.read(Side::Vtiger, &record(&mapping, Side::Vtiger, &joined));
        let back = record(&mapping, Side::WooCommerce, &stored);

        prop_assert_eq!(back.fields, from.fields);
    }

    /// Law 9: text of more lines than there are fields loses none of its words.
    #[test]
    fn lines_without_a_field_of_their_own_are_kept(text in text()) {
        let mapping = plain("billing.address_1 + billing.address_2", "mailingstreet");

        let record = record(&mapping, Side::WooCommerce, &Value::text(&text));

        let shown = mapping.read(Side::WooCommerce, &record).to_string();
        for word in text.split_whitespace() {
            prop_assert!(shown.contains(word), "{text:?} became {shown:?}");
        }
    }

    /// Law 9: each way has a table of its own, and what is in neither travels as it is.
    #[test]
    fn a_table_for_each_way_says_what_each_value_becomes(there in table(), back in table(), value in scalar()) {
        let step = Transform::Table(Table { to_vtiger: there.clone(), to_woocommerce: back.clone() });
        let value = Value::from_json(&value);

        for (to, table) in [(Side::Vtiger, &there), (Side::WooCommerce, &back)] {
            let expected = table.get(&*value.as_text()).map_or(value.clone(), Value::text);
            prop_assert_eq!(step.apply(to, value.clone()), expected);
        }
    }

    /// Law 9.
    #[test]
    fn a_prefix_is_put_before_what_is_there_and_taken_away_again(prefix in text(), text in text()) {
        let step = Transform::Prefix(prefix.clone());

        let there = step.apply(Side::Vtiger, Value::text(&text));

        if text.trim().is_empty() {
            prop_assert_eq!(there, Value::text(&text));
        } else {
            prop_assert_eq!(&there, &Value::Text(format!("{prefix}{text}")));
            prop_assert_eq!(step.apply(Side::WooCommerce, there), Value::text(&text));
        }
    }

    /// Law 9.
    #[test]
    fn nought_is_no_value_for_the_shop_only(zeros in "-?0{1,3}(\\.0{0,8})?", value in scalar()) {
        let step = Transform::ZeroIsBlank;

        prop_assert_eq!(step.apply(Side::WooCommerce, Value::text(&zeros)), Value::Null);
        prop_assert_eq!(step.apply(Side::Vtiger, Value::text(&zeros)), Value::text(&zeros));
        let value = Value::from_json(&value);
        let shown = step.apply(Side::WooCommerce, value.clone());
        let is_nought = value.as_text().trim().parse().is_ok_and(|number: Decimal| number.is_zero());
        prop_assert_eq!(shown, if is_nought { Value::Null } else { value });
    }

    /// Law 9: rounding once is enough, and never moves a number by more than half of the last place.
    #[test]
    fn a_rounded_number_stays_as_it_is(digits in any::<i32>(), scale in 0_u32..9, decimals in 0_u32..6) {
        let (step, number) = (Transform::Number(decimals), Decimal::new(i64::from(digits), scale));

        let rounded = step.apply(Side::Vtiger, Value::text(number.to_string()));

        prop_assert_eq!(&step.apply(Side::WooCommerce, rounded.clone()), &rounded);
        let Value::Number(rounded) = rounded else { panic!("no number") };
        prop_assert!((rounded - number).abs() <= Decimal::new(5, decimals + 1));
        prop_assert!(rounded.scale() <= decimals);
    }

    /// Law 9: of alternatives the first that holds something is read, and the first of all is written.
    #[test]
    fn alternatives_are_read_in_turn_and_the_first_is_written(values in vec(prop_oneof![text(), Just(String::new())], 4)) {
        let mapping = plain("first_name | billing.company + billing.phone | email", "lastname");
        let names = ["first_name", "billing.company", "billing.phone", "email"];
        let mut from = blank();
        for (name, value) in names.iter().zip(&values) {
            FieldPath::parse(name).unwrap().set(&mut from.fields, value.as_str().into());
        }

        let read = mapping.read(Side::WooCommerce, &from).to_string();
        let written = record(&mapping, Side::WooCommerce, &Value::text("new"));

        let lines = format!("{}\n{}", values[1], values[2]);
        let alternatives = [values[0].as_str(), lines.trim_end(), values[3].as_str()];
        let expected = alternatives.into_iter().find(|text| !text.trim().is_empty());
        prop_assert_eq!(read, expected.unwrap_or(&values[0]));
        prop_assert_eq!(serde_json::Value::from(written.fields), serde_json::json!({ "first_name": "new" }));
        let parsed = Lines::parse(&mapping.woocommerce.to_string()).unwrap();
        prop_assert_eq!(&parsed, &mapping.woocommerce);
        prop_assert_eq!(mapping.reads(Side::WooCommerce).count(), 4);
    }

    /// Law 10.
    #[test]
    fn transforms_take_any_value(steps in vec(transform(), 0..4), json in any_json()) {
        let mut mapping = plain("first_name", "firstname");
        mapping.transforms = steps;

        for side in Side::BOTH {
            let value = mapping.translate(side, Value::from_json(&json));
            prop_assert!(mapping.kind.same(&value, &value));
        }
    }
}
