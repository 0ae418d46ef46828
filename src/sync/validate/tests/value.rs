//! Values of picklists, and lengths.

use super::*;

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
