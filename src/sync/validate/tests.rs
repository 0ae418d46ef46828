//! Each message, and that good mappings bring none.

mod needed;
mod value;

use super::*;
use crate::sync::{Table, Transform};

fn field(path: &str, kind: FieldType) -> FieldInfo {
    FieldInfo {
        path: path.to_owned(),
        label: path.to_uppercase(),
        writable: true,
        mandatory: false,
        kind,
        length: None,
    }
}

fn text(path: &str) -> FieldInfo {
    field(path, FieldType::Text)
}

fn list(path: &str, values: &[&str]) -> FieldInfo {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    field(path, FieldType::Picklist(values))
}

fn row(woocommerce: &str, vtiger: &str) -> FieldMapping {
    FieldMapping::both(woocommerce, vtiger).unwrap()
}

fn with(mut mapping: FieldMapping, transforms: Vec<Transform>) -> FieldMapping {
    mapping.transforms = transforms;
    mapping
}

fn of_kind(mut mapping: FieldMapping, kind: FieldKind) -> FieldMapping {
    mapping.kind = kind;
    mapping
}

fn settings(mappings: Vec<FieldMapping>) -> ModuleSettings {
    ModuleSettings {
        mappings,
        ..ModuleSettings::default_for(Module::Products).unwrap()
    }
}

/// The problems of these mappings of products, a line each.
fn told(mappings: Vec<FieldMapping>, woocommerce: &[FieldInfo], vtiger: &[FieldInfo]) -> Vec<String> {
    let fields = Sides { woocommerce, vtiger };
    validate(Module::Products, &settings(mappings), fields)
        .iter()
        .map(|problem| format!("{:?} {problem}", problem.severity))
        .collect()
}

fn table(there: &[(&str, &str)], back: &[(&str, &str)]) -> Transform {
    let owned = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
            .collect()
    };
    Transform::Table(Table {
        to_vtiger: owned(there),
        to_woocommerce: owned(back),
    })
}

#[test]
fn good_mappings_bring_no_problem() {
    let number = || FieldType::Number;
    let woocommerce = [
        text("name"),
        text("regular_price"),
        field("stock_quantity", number()),
        field("meta_data[]", FieldType::Structure),
        text("billing.address_1"),
        text("billing.address_2"),
        field("line_items", FieldType::Structure),
        text("contact"),
    ];
    let vtiger = [
        text("productname"),
        field("unit_price", number()),
        field("qtyinstock", number()),
        text("cf_853"),
        text("street"),
        field("LineItems", FieldType::Structure),
        field("contact_id", FieldType::Reference),
        text("account_id.accountname"),
    ];
    let mappings = vec![
        row("name", "productname"),
        of_kind(row("regular_price", "unit_price"), FieldKind::Number),
        of_kind(row("stock_quantity", "qtyinstock"), FieldKind::Number),
        row("meta_data[storage]", "cf_853"),
        row("billing.address_1 + billing.address_2", "street"),
        of_kind(row("line_items", "LineItems"), FieldKind::Basket),
        of_kind(row("contact", "contact_id"), FieldKind::Contact),
        row("meta_data[company] | name", "account_id.accountname"),
    ];

    assert_eq!(told(mappings, &woocommerce, &vtiger), [""; 0]);
}

#[test]
fn a_field_that_is_not_there_is_told_with_the_nearest() {
    let (woocommerce, vtiger) = ([text("name")], [text("productname"), text("productcode")]);

    assert_eq!(
        told(vec![row("name", "productnam")], &woocommerce, &vtiger),
        [
            "Error products: mapping `name = productnam`: Vtiger CRM `productnam`: there is no such field; did you \
             mean `productname`?"
        ]
    );
    assert_eq!(
        told(vec![row("colour", "productname")], &woocommerce, &vtiger),
        [
            "Note products: mapping `colour = productname`: WooCommerce `colour`: there is no such field; see whether a \
             plugin adds it, or switch the mapping off"
        ]
    );
}

#[test]
fn a_field_that_vtiger_has_nothing_like_is_told() {
    assert_eq!(
        told(
            vec![row("name", "colour")],
            &[text("name")],
            &[text("productname")]
        ),
        [
            "Error products: mapping `name = colour`: Vtiger CRM `colour`: there is no such field; take one that Vtiger \
             CRM has, or switch the mapping off"
        ]
    );
}

#[test]
fn a_built_in_mapping_of_a_field_that_this_vtiger_lacks_is_only_noted() {
    let built_in = ModuleSettings::default_for(Module::Products).unwrap().mappings;
    let weight: Vec<FieldMapping> = built_in
        .into_iter()
        .filter(|mapping| mapping.key() == "weight = weight")
        .collect();
    let mut own = weight.clone();
    own[0].direction = Direction::ToVtiger;
    let woocommerce = [field("weight", FieldType::Number)];
    let vtiger = [text("productname")];

    assert_eq!(
        told(weight, &woocommerce, &vtiger),
        [
            "Note products: mapping `weight = weight`: Vtiger CRM `weight`: there is no such field; nothing else suffers \
             from that: switch the mapping off, or give Vtiger CRM the field and map it"
        ]
    );
    assert!(told(own, &woocommerce, &vtiger)[0].starts_with("Error "));
}

#[test]
fn a_field_named_by_its_label_is_told_with_its_name() {
    let told = told(
        vec![row("name", "Productcode")],
        &[text("name")],
        &[text("productcode")],
    );

    assert!(told[0].ends_with("did you mean `productcode`?"), "{told:?}");
}

#[test]
fn each_field_that_is_read_is_looked_for() {
    let mappings = vec![row("name + size | colour", "productname")];

    let told = told(mappings, &[text("name")], &[text("productname")]);

    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("WooCommerce `size`"), "{told:?}");
    assert!(told[1].contains("WooCommerce `colour`"), "{told:?}");
}

#[test]
fn a_part_of_a_field_whose_parts_are_not_told_is_taken_for_there() {
    let whole = field("dimensions", FieldType::Structure);
    let mappings = || vec![row("dimensions.length", "cf_1")];

    let unknown = told(mappings(), std::slice::from_ref(&whole), &[text("cf_1")]);
    let known = told(mappings(), &[whole, text("dimensions.width")], &[text("cf_1")]);

    assert_eq!(unknown, [""; 0]);
    assert_eq!(known.len(), 1, "{known:?}");
}

#[test]
fn a_mapping_that_is_switched_off_is_not_checked() {
    let mut mapping = row("colour", "productname");
    mapping.enabled = false;

    assert_eq!(
        told(vec![mapping], &[text("name")], &[text("productname")]),
        [""; 0]
    );
}

#[test]
fn a_system_whose_fields_are_not_known_is_not_checked() {
    assert_eq!(told(vec![row("a", "b")], &[], &[]), [""; 0]);
    assert_eq!(told(vec![row("a", "b")], &[text("a")], &[]), [""; 0]);
}

#[test]
fn a_field_that_can_only_be_read_must_not_be_written() {
    let mut number = text("product_no");
    number.writable = false;
    let mut price = text("price");
    price.writable = false;
    let woocommerce = [price, text("sku")];
    let mut one_way = row("price", "cf_1");
    one_way.direction = Direction::ToVtiger;

    assert_eq!(
        told(
            vec![row("sku", "product_no")],
            &woocommerce,
            std::slice::from_ref(&number)
        ),
        [
            "Error products: mapping `sku = product_no`: Vtiger CRM `product_no`: it can only be read; give the mapping \
             the direction `to_woocommerce`, or take another field"
        ]
    );
    assert!(
        told(vec![row("price", "cf_1")], &woocommerce, &[text("cf_1")])[0]
            .contains("the direction `to_vtiger`")
    );
    assert_eq!(told(vec![one_way], &woocommerce, &[text("cf_1")]), [""; 0]);
}

#[test]
fn the_modules_direction_counts_as_the_mappings_does() {
    let mut price = text("price");
    price.writable = false;
    let mut settings = settings(vec![row("price", "cf_1")]);
    settings.direction = Direction::ToVtiger;
    let fields = Sides {
        woocommerce: &[price][..],
        vtiger: &[text("cf_1")][..],
    };

    assert_eq!(validate(Module::Products, &settings, fields), []);
}

#[test]
fn a_kind_that_does_not_fit_is_told() {
    let woocommerce = [text("name")];
    let cases = [
        (
            FieldKind::Number,
            FieldType::Date,
            "it holds a date, which does not fit the kind `number`",
        ),
        (
            FieldKind::Number,
            FieldType::Boolean,
            "it holds yes or no, which does not fit the kind `number`",
        ),
        (
            FieldKind::Email,
            FieldType::Number,
            "it holds a number, which does not fit the kind `email`",
        ),
        (
            FieldKind::Boolean,
            FieldType::Date,
            "it holds a date, which does not fit the kind `boolean`",
        ),
        (
            FieldKind::Text,
            FieldType::Reference,
            "name a field of that record behind a dot, such as `x.name`",
        ),
        (
            FieldKind::Text,
            FieldType::Structure,
            "name one of its parts behind a dot, such as `x.name`",
        ),
        (
            FieldKind::Html,
            FieldType::Number,
            "it holds a number, which does not fit the kind `html`",
        ),
        (
            FieldKind::Contact,
            FieldType::Date,
            "it holds a date, which does not fit the kind `contact`",
        ),
        (
            FieldKind::Basket,
            FieldType::Reference,
            "it holds another record, which does not fit the kind `basket`",
        ),
    ];
    for (kind, holds, message) in cases {
        let told = told(
            vec![of_kind(row("name", "x"), kind)],
            &woocommerce,
            &[field("x", holds)],
        );

        let told: Vec<&String> = told
            .iter()
            .filter(|line| line.contains("Vtiger CRM `x`"))
            .collect();
        assert_eq!(told.len(), 1, "{kind:?}: {told:?}");
        assert!(
            told[0].starts_with("Error ") && told[0].contains(message),
            "{told:?}"
        );
    }
}

#[test]
fn ids_may_be_looked_up_or_fixed_for_a_field_that_points_to_a_record() {
    let vtiger = [field("assigned_user_id", FieldType::Reference)];
    let looked_up = with(
        row("country", "assigned_user_id"),
        vec![Transform::Map([("DE".to_owned(), "19x5".to_owned())].into())],
    );
    let fixed = with(
        row("id", "assigned_user_id"),
        vec![Transform::Fixed("19x5".to_owned())],
    );
    let woocommerce = [text("country"), field("id", FieldType::Number)];

    assert_eq!(told(vec![looked_up], &woocommerce, &vtiger), [""; 0]);
    assert_eq!(told(vec![fixed], &woocommerce, &vtiger), [""; 0]);
}

#[test]
fn numbers_in_a_list_are_numbers() {
    let mapping = || vec![of_kind(row("rate", "x"), FieldKind::Number)];

    assert_eq!(
        told(mapping(), &[text("rate")], &[list("x", &["7", "19.5"])]),
        [""; 0]
    );
    assert_eq!(
        told(mapping(), &[text("rate")], &[list("x", &["7", "high"])]).len(),
        1
    );
}

#[test]
fn text_compared_with_a_number_or_a_flag_is_noted_unless_it_is_translated() {
    let woocommerce = [text("status")];
    let flag = || [field("discontinued", FieldType::Boolean)];
    let translated = with(
        row("status", "discontinued"),
        vec![table(&[("publish", "1")], &[("1", "publish")])],
    );

    assert_eq!(
        told(
            vec![row("status", "price")],
            &woocommerce,
            &[field("price", FieldType::Number)]
        ),
        [
            "Note products: mapping `status = price`: Vtiger CRM `price`: it holds a number, but is compared as text; \
             set kind = \"number\", or 1.5 and 1.50 count as different"
        ]
    );
    assert!(
        told(vec![row("status", "discontinued")], &woocommerce, &flag())[0]
            .ends_with("it holds yes or no, but is compared as text; set kind = \"boolean\"")
    );
    assert_eq!(told(vec![translated], &woocommerce, &flag()), [""; 0]);
}
