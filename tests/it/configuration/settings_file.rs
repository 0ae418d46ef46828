//! The settings file: written and read again it says the same, and mistakes in it are told as in the configuration.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use woo_vtiger_sync::clock::Timestamp;
use woo_vtiger_sync::config::settings_file::{AllSettings, export, import};
use woo_vtiger_sync::sync::{
    Case, ConflictRule, Deletes, Direction, FieldKind, FieldMapping, FieldPath, Guests, Lines, MissingSku,
    Module, ModuleSettings, OrderSettings, ProductSettings, Table, Taxing, Transform,
};

fn built_in() -> AllSettings {
    let modules = Module::ALL
        .into_iter()
        .filter(|module| *module != Module::Taxes)
        .map(|module| (module, ModuleSettings::default_for(module).unwrap()))
        .collect();
    AllSettings::from([("shop".to_owned(), modules)])
}

fn problems(text: &str) -> String {
    let error = import(text).expect_err("this file is bad");
    let lines: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn odd_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zäß€😀\"'\\\\ \t\n\r#=\\[\\]{},.|+-]{0,8}",
        select(vec!["on-hold", "1", "true", "'''", "\"\"\"", "2026-01-01"]).prop_map(str::to_owned),
    ]
}

fn direction() -> impl Strategy<Value = Direction> {
    select(vec![
        Direction::Both,
        Direction::ToVtiger,
        Direction::ToWooCommerce,
    ])
}

fn conflict() -> impl Strategy<Value = ConflictRule> {
    select(vec![
        ConflictRule::LastUpdated,
        ConflictRule::Vtiger,
        ConflictRule::WooCommerce,
    ])
}

fn transform() -> impl Strategy<Value = Transform> {
    let texts = || btree_map(odd_text(), odd_text(), 0..3);
    prop_oneof![
        Just(Transform::Trim),
        Just(Transform::StripHtml),
        Just(Transform::ZeroIsBlank),
        select(vec![Case::Upper, Case::Lower]).prop_map(Transform::Case),
        texts().prop_map(Transform::Map),
        (texts(), texts()).prop_map(|(to_vtiger, to_woocommerce)| {
            Transform::Table(Table {
                to_vtiger,
                to_woocommerce,
            })
        }),
        odd_text().prop_map(Transform::Prefix),
        (0..9_u32).prop_map(Transform::Number),
        odd_text().prop_map(Transform::Default),
    ]
}

/// The `nth` mapping: no two write the same field.
fn mapping(nth: usize) -> impl Strategy<Value = FieldMapping> {
    let kinds = vec![
        FieldKind::Text,
        FieldKind::Email,
        FieldKind::Number,
        FieldKind::Boolean,
        FieldKind::Html,
        FieldKind::Contact,
        FieldKind::Basket,
    ];
    let woocommerce = select(vec![
        "f#",
        "billing.f#",
        "meta_data[a \"b\" ü#]",
        "a# + b#",
        "a# | c# + d#",
    ]);
    let parts = (woocommerce, direction(), vec(transform(), 0..3), select(kinds));
    let rest = (
        any::<bool>(),
        any::<bool>(),
        option::of(conflict()),
        any::<bool>(),
        option::of(odd_text()),
    );
    (parts, rest).prop_map(move |(parts, rest)| {
        let (woocommerce, direction, mut transforms, kind) = parts;
        let (mandatory, unlisted, conflict, enabled, fixed) = rest;
        if direction != Direction::Both {
            transforms.extend(fixed.map(Transform::Fixed));
        }
        FieldMapping {
            woocommerce: Lines::parse(&woocommerce.replace('#', &nth.to_string())).unwrap(),
            vtiger: FieldPath::parse(&format!("cf_{nth}")).unwrap(),
            direction,
            transforms,
            kind,
            mandatory,
            unlisted,
            conflict,
            enabled,
        }
    })
}

fn module_settings(module: Module) -> impl Strategy<Value = ModuleSettings> {
    let guests = prop_oneof![
        Just(Guests::ByEmail),
        Just(Guests::PerOrder),
        Just(Guests::Skip),
        "12x[1-9][0-9]{0,4}".prop_map(Guests::House),
    ];
    let taxing = select(vec![Taxing::Auto, Taxing::Group, Taxing::Individual]);
    let missing_sku = select(vec![MissingSku::Leave, MissingSku::Write]);
    let sync_from = prop_oneof![
        Just(None),
        (0..30_000_i64).prop_map(|day| Some(Timestamp::from_seconds(day * 86400))),
        (0..4_000_000_000_000_i64).prop_map(|millis| Some(Timestamp::from_millis(millis))),
    ];
    let mappings = (0..4_usize).prop_flat_map(|count| (0..count).map(mapping).collect::<Vec<_>>());
    let deletes = select(vec![Deletes::Ignore, Deletes::Propagate]);
    let general = (
        any::<bool>(),
        direction(),
        conflict(),
        sync_from,
        deletes,
        option::of((1..200_000_000_u64).prop_map(Duration::from_millis)),
        option::of("19x[0-9]{1,3}"),
    );
    (general, any::<bool>(), missing_sku, guests, taxing, mappings).prop_map(
        move |(general, variable_parents, missing_sku, guests, taxing, mappings)| {
            let (enabled, direction, conflict, sync_from, deletes, sweep_interval, owner) = general;
            let products = ProductSettings {
                variable_parents,
                missing_sku,
            };
            let sales_orders = OrderSettings { guests, taxing };
            // What a module does not have is not written.
            ModuleSettings {
                enabled,
                direction,
                conflict,
                sync_from,
                deletes,
                sweep_interval,
                owner,
                products: if module == Module::Products {
                    products
                } else {
                    ProductSettings::default()
                },
                sales_orders: if module == Module::SalesOrders {
                    sales_orders
                } else {
                    OrderSettings::default()
                },
                mappings,
            }
        },
    )
}

fn all_settings() -> impl Strategy<Value = AllSettings> {
    let modules = (
        option::of(module_settings(Module::Products)),
        option::of(module_settings(Module::Contacts)),
        option::of(module_settings(Module::SalesOrders)),
    );
    let modules = modules.prop_map(|(products, contacts, sales_orders)| {
        let all = [
            (Module::Products, products),
            (Module::Contacts, contacts),
            (Module::SalesOrders, sales_orders),
        ];
        let named = all
            .into_iter()
            .filter_map(|(module, settings)| Some((module, settings?)));
        named.collect::<BTreeMap<_, _>>()
    });
    btree_map("[a-z][a-z0-9-]{0,5}", modules, 0..3).prop_map(|mut all| {
        all.retain(|_, modules| !modules.is_empty());
        all
    })
}

proptest! {
    #[test]
    fn settings_that_are_written_are_read_as_they_were(all in all_settings()) {
        let text = export(&all);

        let read = import(&text);

        prop_assert!(read.is_ok(), "{}\n{text}", read.unwrap_err());
        prop_assert_eq!(read.unwrap(), all);
    }
}

#[test]
fn the_built_in_settings_are_written_with_every_mapping_and_read_again() {
    let text = export(&built_in());

    assert_eq!(import(&text).unwrap(), built_in());
    for line in [
        "[connections.shop.modules.sales_orders]",
        "guests = \"by_email\"",
        "woocommerce = \"billing.company | contact_name\"",
        "# sync_from = \"2026-01-31\"",
    ] {
        assert!(text.lines().any(|other| other == line), "{line}\n{text}");
    }
}

#[test]
fn mappings_that_are_switched_off_are_kept() {
    let mut all = built_in();
    let contacts = all.get_mut("shop").unwrap().get_mut(&Module::Contacts).unwrap();
    contacts.mappings[3].enabled = false;

    assert_eq!(import(&export(&all)).unwrap(), all);
}

#[test]
fn taxes_are_not_written_as_they_cant_be_set() {
    let taxes = ModuleSettings::default_for(Module::Taxes).unwrap();
    let all = AllSettings::from([("shop".to_owned(), BTreeMap::from([(Module::Taxes, taxes)]))]);

    assert!(!export(&all).contains("[connections"));
}

#[test]
fn modules_that_a_file_does_not_name_are_left_out_and_keys_take_their_defaults() {
    let read = import("[connections.Shop.modules.contacts]\nconflict = \"vtiger\"\n").unwrap();

    let expected = ModuleSettings {
        conflict: ConflictRule::Vtiger,
        ..ModuleSettings::default_for(Module::Contacts).unwrap()
    };
    let modules = BTreeMap::from([(Module::Contacts, expected)]);
    assert_eq!(read, AllSettings::from([("shop".to_owned(), modules)]));
}

#[test]
fn mistakes_in_a_settings_file_are_told_as_in_the_configuration() {
    let told = problems(
        r#"
        [http]
        listen = "a:1"
        [connections.shop.vtiger]
        access_key = "hidden"
        [connections.shop.modules.taxes]
        enabled = true
        [connections.shop.modules.contacts]
        guests = "skip"
        direction = "upwards"
        [[connections.shop.modules.contacts.mappings]]
        woocommerce = "email"
        vtigr = "email"
        [connections."a b".modules.contacts]
        "#,
    );

    assert!(!told.contains("hidden"), "{told}");
    insta::assert_snapshot!(told, @r#"
    connections.a b: a connection's name must be made of letters, digits, `-` and single `_`; rename it
    connections.shop.modules.contacts.direction: it is `upwards` but must be `both`, `to_vtiger` or `to_woocommerce`
    connections.shop.modules.contacts.guests: contacts have no such setting, only `modules.sales_orders` has it; move it there or take it away
    connections.shop.modules.contacts.mappings[0].vtigr: there is no such key; did you mean `connections.shop.modules.contacts.mappings[0].vtiger`?
    connections.shop.modules.taxes: taxes always travel from WooCommerce to Vtiger; there is nothing to set; take the table away
    connections.shop.vtiger: there is no such key here, only `modules`
    http: there is no such key here, only `connections`
    "#);
}

#[test]
fn a_settings_file_that_is_no_toml_is_told_with_the_line() {
    let told = problems("[connections.shop.modules.contacts]\nenabled = \n");

    assert!(told.starts_with("line 2 is no TOML: "), "{told}");
}
