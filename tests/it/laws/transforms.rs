//! What transforms and joined lines give back: law 9.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use woo_vtiger_sync::sync::{FieldMapping, Patch, Record, Side, Transform, Value};

use super::fake::blank;
use super::generate::{any_json, plain, scalar, table, text, transform};

/// Whether `value` is one that the step is meant for.
fn in_reach(step: &Transform, value: &Value) -> bool {
    match (step, value) {
        (Transform::Trim, Value::Text(text)) => text.trim() == text,
        // A text that another one is translated to can't be told from that one's translation.
        (Transform::Map(table), Value::Text(text)) => !table.values().any(|there| there == text),
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
