//! Generators of values, mappings, settings and losses; records and whole situations are in `scene`.
//!
//! The alphabets are small, so that the two sides often hold the same, or nearly the same.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};
use woo_vtiger_sync::sync::{
    Case, ConflictRule, Direction, FieldKind, FieldMapping, FieldPath, Lines, Module, ModuleSettings, Side,
    Sides, Table, Transform,
};

use super::fake::{Loss, Losses};

/// The fields that mappings are made of.
const FIELDS: [(&str, &str); 7] = [
    ("first_name", "firstname"),
    ("last_name", "lastname"),
    ("email", "email"),
    ("billing.phone", "phone"),
    ("billing.address_1 + billing.address_2", "mailingstreet"),
    ("billing.company", "account_id.accountname"),
    ("meta_data[vat_id]", "cf_853"),
];

/// A mapping of text in both directions, without anything special.
pub(super) fn plain(woocommerce: &str, vtiger: &str) -> FieldMapping {
    FieldMapping {
        woocommerce: Lines::parse(woocommerce).unwrap(),
        vtiger: FieldPath::parse(vtiger).unwrap(),
        direction: Direction::Both,
        transforms: Vec::new(),
        kind: FieldKind::Text,
        mandatory: false,
        unlisted: false,
        conflict: None,
        enabled: true,
    }
}

/// A mapping of each of the fields.
pub(super) fn plain_mappings() -> Vec<FieldMapping> {
    FIELDS
        .iter()
        .map(|(woocommerce, vtiger)| plain(woocommerce, vtiger))
        .collect()
}

pub(super) fn text() -> impl Strategy<Value = String> {
    let usual = select(vec!["a", "b", "c"]);
    let odd = select(vec![
        "",
        " ",
        "A",
        " a ",
        "a\r\nb",
        "a\nb",
        "a\nb\nc",
        "\n",
        "a\\b",
        "\\",
        "😀",
        "a 😀",
        "&amp;",
        "<b>a</b>",
        "19.9",
        "19.90",
        "19.899",
        "-0",
        "yes",
        "no",
        "1",
        "0",
        "abcdefghijkl",
        "Ann@Shop.example",
        "ann@shop.example",
    ]);
    prop_oneof![
        6 => usual.prop_map(str::to_owned),
        5 => odd.prop_map(str::to_owned),
        1 => "\\PC{0,12}",
    ]
}

/// What a field may hold, with one spelling only of each fact.
///
/// Another spelling counts as no change; but where a text is cut, the spelling decides on what is left of it.
pub(super) fn spelled_one_way() -> impl Strategy<Value = Json> {
    let texts = vec![
        "",
        "a",
        "b",
        "c",
        "A",
        "a\nb",
        "a\nb\nc",
        "a\\b",
        "😀",
        "a 😀",
        "&amp;",
        "<b>a</b>",
        "19.9",
        "19.899",
        "yes",
        "abcdefghijkl",
    ];
    select(texts).prop_map(|text| json!(text))
}

/// What a field may hold.
pub(super) fn scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        8 => text().prop_map(Json::String),
        1 => Just(Json::Null),
        1 => any::<bool>().prop_map(Json::Bool),
        1 => (-3_i32..3).prop_map(|number| json!(number)),
        1 => select(vec![json!(19.9), json!(2.345), json!(1e300), json!(u64::MAX)]),
    ]
}

/// Any JSON, with names that the fields' paths lead to.
pub(super) fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![4 => scalar(), 1 => any::<f64>().prop_map(|number| json!(number))];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let name = select(vec![
            "email",
            "phone",
            "billing",
            "account_id",
            "meta_data",
            "key",
            "value",
            "",
        ]);
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::Array),
            btree_map(name.prop_map(str::to_owned), inner, 0..5)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

pub(super) fn direction() -> impl Strategy<Value = Direction> {
    select(vec![
        Direction::Both,
        Direction::Both,
        Direction::ToVtiger,
        Direction::ToWooCommerce,
    ])
}

pub(super) fn rule() -> impl Strategy<Value = ConflictRule> {
    select(vec![
        ConflictRule::LastUpdated,
        ConflictRule::Vtiger,
        ConflictRule::WooCommerce,
    ])
}

pub(super) fn table() -> impl Strategy<Value = BTreeMap<String, String>> {
    btree_map(text(), text(), 0..4)
}

/// A table that translates each value to one of its own.
pub(super) fn reversible_table() -> impl Strategy<Value = BTreeMap<String, String>> {
    let pairs = [("a", "Alpha"), ("b", "Beta"), ("", "None"), ("yes", "Ja")];
    proptest::sample::subsequence(pairs.to_vec(), 0..=pairs.len()).prop_map(|pairs| {
        pairs
            .into_iter()
            .map(|(here, there)| (here.to_owned(), there.to_owned()))
            .collect()
    })
}

/// A table that translates back what it translates there.
fn both_ways(to_vtiger: BTreeMap<String, String>) -> Table {
    let back = to_vtiger
        .iter()
        .map(|(here, there)| (there.clone(), here.clone()));
    Table {
        to_woocommerce: back.collect(),
        to_vtiger,
    }
}

pub(super) fn transform() -> impl Strategy<Value = Transform> {
    prop_oneof![
        Just(Transform::Trim),
        select(vec![Case::Upper, Case::Lower]).prop_map(Transform::Case),
        table().prop_map(Transform::Map),
        reversible_table().prop_map(Transform::Map),
        (table(), table()).prop_map(|(to_vtiger, to_woocommerce)| {
            Transform::Table(Table {
                to_vtiger,
                to_woocommerce,
            })
        }),
        reversible_table().prop_map(|to_vtiger| Transform::Table(both_ways(to_vtiger))),
        text().prop_map(Transform::Prefix),
        Just(Transform::ZeroIsBlank),
        Just(Transform::StripHtml),
        (0_u32..4).prop_map(Transform::Number),
        any::<u32>().prop_map(Transform::Number),
        text().prop_map(Transform::Default),
        text().prop_map(Transform::Fixed),
    ]
}

fn kind() -> impl Strategy<Value = FieldKind> {
    select(vec![
        FieldKind::Text,
        FieldKind::Text,
        FieldKind::Email,
        FieldKind::Number,
        FieldKind::Boolean,
    ])
}

/// One mapping with anything that it may have.
fn dressed(mapping: FieldMapping) -> impl Strategy<Value = FieldMapping> {
    (
        direction(),
        vec(transform(), 0..3),
        kind(),
        prop::bool::weighted(0.2),
        option::of(rule()),
        prop::bool::weighted(0.9),
    )
        .prop_map(
            move |(direction, transforms, kind, mandatory, conflict, enabled)| {
                let fixed = transforms.iter().any(|step| matches!(step, Transform::Fixed(_)));
                FieldMapping {
                    direction: match direction {
                        Direction::Both if fixed => Direction::ToVtiger,
                        direction => direction,
                    },
                    transforms,
                    kind,
                    mandatory,
                    conflict,
                    enabled,
                    ..mapping.clone()
                }
            },
        )
}

/// Settings out of these mappings.
pub(super) fn module(
    mappings: impl Strategy<Value = Vec<FieldMapping>>,
) -> impl Strategy<Value = ModuleSettings> {
    (direction(), rule(), mappings).prop_map(|(direction, conflict, mappings)| ModuleSettings {
        enabled: true,
        direction,
        conflict,
        sync_from: None,
        mappings,
        ..ModuleSettings::default_for(Module::Contacts).unwrap()
    })
}

/// Valid settings of any kind.
pub(super) fn settings() -> impl Strategy<Value = ModuleSettings> {
    let mappings: Vec<_> = plain_mappings().into_iter().map(dressed).collect();
    module(mappings)
}

/// Settings by which both sides end up with the same: all fields travel both ways, and none is mandatory.
pub(super) fn settings_both_ways() -> impl Strategy<Value = ModuleSettings> {
    let steps = prop_oneof![
        Just(Transform::Trim),
        select(vec![Case::Upper, Case::Lower]).prop_map(Transform::Case),
        Just(Transform::StripHtml),
        (0_u32..3).prop_map(Transform::Number),
    ];
    let mappings: Vec<_> = plain_mappings()
        .into_iter()
        .map(|mapping| {
            let kind = select(vec![FieldKind::Text, FieldKind::Email, FieldKind::Number]);
            (vec(steps.clone(), 0..3), kind, option::of(rule())).prop_map(
                move |(transforms, kind, conflict)| FieldMapping {
                    transforms,
                    kind,
                    conflict,
                    ..mapping.clone()
                },
            )
        })
        .collect();
    (rule(), mappings).prop_map(|(conflict, mappings)| ModuleSettings {
        enabled: true,
        direction: Direction::Both,
        conflict,
        sync_from: None,
        mappings,
        ..ModuleSettings::default_for(Module::Contacts).unwrap()
    })
}

fn loss() -> impl Strategy<Value = Loss> {
    (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        option::of(prop_oneof![1_usize..6, Just(40)]),
    )
        .prop_map(|(outer_spaces, backslashes, emoji, length)| Loss {
            outer_spaces,
            backslashes,
            emoji,
            length,
        })
}

pub(super) fn losses() -> impl Strategy<Value = Losses> {
    (loss(), loss()).prop_map(|(woocommerce, vtiger)| Losses(Sides { woocommerce, vtiger }))
}

/// The paths of one side's fields.
pub(super) fn paths(side: Side) -> Vec<FieldPath> {
    plain_mappings()
        .iter()
        .flat_map(|mapping| mapping.paths(side).to_vec())
        .collect()
}
