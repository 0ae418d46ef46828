//! Each message, and that good mappings bring none.

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

#[test]
fn values_that_a_picklist_lacks_are_told() {
    let woocommerce = [text("status")];
    let vtiger = [list("sostatus", &["Created", "Approved"])];
    let cases = [
        table(&[("on-hold", "Waiting")], &[]),
        Transform::Map([("on-hold".to_owned(), "Waiting".to_owned())].into()),
        Transform::Default("Waiting".to_owned()),
        Transform::Fixed("Waiting".to_owned()),
    ];
    for step in cases {
        let mapping = with(row("status", "sostatus"), vec![step]);

        assert_eq!(
            told(vec![mapping], &woocommerce, &vtiger),
            [
                "Error products: mapping `status = sostatus`: Vtiger CRM `sostatus`: its list has no \"Waiting\"; write \
                 one of \"Created\", \"Approved\", or add it to the list"
            ]
        );
    }
}

#[test]
fn what_later_steps_make_of_a_value_is_what_the_picklist_must_have() {
    let upper = Transform::Case(crate::sync::Case::Upper);
    let mapping = with(
        row("status", "sostatus"),
        vec![Transform::Default("created".to_owned()), upper],
    );

    let listed = [list("sostatus", &["CREATED"])];

    assert_eq!(told(vec![mapping], &[text("status")], &listed), [""; 0]);
}

#[test]
fn picklists_of_woocommerce_are_minded_too() {
    let steps = vec![table(&[("pending", "Created")], &[("Created", "pendng")])];
    let mapping = with(row("status", "sostatus"), steps);

    let told = told(
        vec![mapping],
        &[list("status", &["pending"])],
        &[list("sostatus", &["Created"])],
    );

    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("WooCommerce `status`: its list has no \"pendng\""),
        "{told:?}"
    );
}

#[test]
fn a_value_of_woocommerces_that_looks_like_no_slip_may_be_a_plugins() {
    let steps = vec![table(&[("shipped", "Delivered")], &[("Delivered", "shipped")])];

    let told = told(
        vec![with(row("status", "sostatus"), steps)],
        &[list("status", &["pending"])],
        &[text("sostatus")],
    );

    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("Note ") && told[0].contains("its list has no \"shipped\""),
        "{told:?}"
    );
}

#[test]
fn a_mapping_may_write_what_a_picklist_of_vtiger_lacks_where_it_says_so() {
    let mut mapping = with(
        row("category", "productcategory"),
        vec![Transform::Default("Other".to_owned())],
    );
    mapping.unlisted = true;

    let listed = [list("productcategory", &["Hardware"])];

    assert_eq!(told(vec![mapping], &[text("category")], &listed), [""; 0]);
}

#[test]
fn values_of_one_list_that_are_nothing_in_the_other_are_noted() {
    let woocommerce = [list("status", &["pending", "shipped", "checkout-draft"])];
    let vtiger = [list("sostatus", &["Created"])];
    let steps = vec![table(&[("pending", "Created")], &[("Created", "pending")])];

    assert_eq!(
        told(
            vec![with(row("status", "sostatus"), steps)],
            &woocommerce,
            &vtiger
        ),
        [
            "Note products: mapping `status = sostatus`: Vtiger CRM `sostatus`: its list has nothing for \"shipped\" of \
             WooCommerce: records with that are skipped; say in the mapping's table what it is"
        ]
    );
}

#[test]
fn text_that_may_be_too_long_is_noted() {
    let long = |path: &str, length: usize| FieldInfo {
        length: Some(length),
        ..text(path)
    };
    let lines = || vec![row("address_1 + address_2", "street")];
    let two = |length| [long("address_1", length), long("address_2", length)];

    assert_eq!(
        told(vec![row("name", "x")], &[long("name", 255)], &[long("x", 40)]),
        [
            "Note products: mapping `name = x`: Vtiger CRM `x`: it keeps 40 characters, WooCommerce has up to 255: \
             longer text is cut; take a longer field where that matters"
        ]
    );
    assert_eq!(told(lines(), &two(20), &[long("street", 41)]), [""; 0]);
    assert_eq!(told(lines(), &two(21), &[long("street", 42)]).len(), 1);
    let html = of_kind(row("description", "x"), FieldKind::Html);
    assert!(told(vec![html], &[text("description")], &[long("x", 40)])[0].contains("any length"));
    assert_eq!(
        told(vec![row("name", "x")], &[text("name")], &[long("x", 40)]),
        [""; 0]
    );
}

#[test]
fn a_mandatory_field_that_nothing_fills_is_told() {
    let mandatory = |path: &str| FieldInfo {
        mandatory: true,
        ..text(path)
    };
    let vtiger = [
        mandatory("productname"),
        mandatory("cf_7"),
        mandatory("assigned_user_id"),
    ];
    let mapping = || vec![row("name", "productname")];
    let mut back = row("sku", "cf_7");
    back.direction = Direction::ToWooCommerce;
    let message = "Error products: Vtiger CRM `cf_7`: it is mandatory (\"CF_7\"), and no mapping fills it: no product \
                   can be created; add a mapping, such as one with a fixed value, or make the field optional in Vtiger";

    assert_eq!(told(mapping(), &[text("name")], &vtiger), [message]);
    assert_eq!(
        told(
            [mapping(), vec![back]].concat(),
            &[text("name"), text("sku")],
            &vtiger
        ),
        [message]
    );
    assert_eq!(
        told(
            [mapping(), vec![row("sku", "cf_7")]].concat(),
            &[text("name"), text("sku")],
            &vtiger
        ),
        [""; 0]
    );
    let mut one_way = settings(mapping());
    one_way.direction = Direction::ToWooCommerce;
    let fields = Sides {
        woocommerce: &[][..],
        vtiger: &vtiger[..],
    };
    assert_eq!(validate(Module::Products, &one_way, fields), []);
}

#[test]
fn what_an_orders_client_fills_by_itself_needs_no_mapping() {
    let mandatory = |path: &str| FieldInfo {
        mandatory: true,
        ..text(path)
    };
    // As `describe` of Vtiger 8.3.0 has them.
    let vtiger = [
        "subject",
        "sostatus",
        "account_id",
        "assigned_user_id",
        "bill_street",
        "ship_street",
        "invoicestatus",
        "productid",
    ]
    .map(mandatory);
    let fields = Sides {
        woocommerce: &[][..],
        vtiger: &vtiger[..],
    };
    let settings = ModuleSettings::default_for(Module::SalesOrders).unwrap();

    let missing: Vec<MappingProblem> = validate(Module::SalesOrders, &settings, fields)
        .into_iter()
        .filter(|problem| problem.mapping.is_none())
        .collect();

    assert_eq!(missing, []);
}
