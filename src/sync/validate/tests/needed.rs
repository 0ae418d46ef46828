//! Fields that need a value.

use super::*;

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
