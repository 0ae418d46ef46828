//! What the settings that modules start with make of each field: one row per mapping.

use serde_json::{Value as Json, json};
use woo_vtiger_sync::sync::{FieldPath, Module, ModuleSettings, Record, Side, Sides, Value, plan};

use super::fake::blank;
use super::references::Linked;

/// WooCommerce's fields, Vtiger's field and its value, and what comes back; `None` where nothing travels back.
type Row = (&'static str, Json, &'static str, &'static str, Option<Json>);

fn both(woocommerce: &'static str, value: &'static str, vtiger: &'static str) -> Row {
    (woocommerce, json!(value), vtiger, value, Some(json!(value)))
}

fn record(fields: &[(&str, Json)]) -> Record {
    let mut record = blank();
    for (path, value) in fields {
        FieldPath::parse(path)
            .unwrap()
            .set(&mut record.fields, value.clone());
    }
    record
}

/// What creating a record's counterpart on the side `to` would write there.
fn created(module: Module, to: Side, record: &Record) -> Vec<(String, Value)> {
    let settings = ModuleSettings::default_for(module).unwrap();
    let mut records = Sides {
        woocommerce: None,
        vtiger: None,
    };
    *records.of_mut(to.opposite()) = Some(record);
    let plan = plan(&settings, None, records, &Linked);
    plan.patches
        .of(to)
        .0
        .iter()
        .map(|(path, value)| (path.to_string(), value.clone()))
        .collect()
}

fn written(module: Module, to: Side, record: &Record, path: &str) -> Option<Value> {
    let fields = created(module, to, record);
    fields
        .into_iter()
        .find(|(field, _)| field == path)
        .map(|(_, value)| value)
}

/// Checks each row there and back, and that no mapping lacks a row.
fn check(module: Module, rows: &[Row]) {
    for (woocommerce, value, field, expected, back) in rows {
        let shop = record(&[(woocommerce, value.clone())]);
        let shown = written(module, Side::Vtiger, &shop, field);
        assert_eq!(
            shown,
            Some(Value::text(*expected)),
            "{woocommerce} = {value} to {field}"
        );

        let crm = record(&[(field, json!(expected))]);
        let shown = written(module, Side::WooCommerce, &crm, woocommerce);
        let back = back.as_ref().map(Value::from_json);
        assert_eq!(shown, back, "{field} = {expected} back to {woocommerce}");
    }
    let settings = ModuleSettings::default_for(module).unwrap();
    for mapping in settings.active() {
        let field = mapping.vtiger.to_string();
        // What was ordered has tests of its own.
        let is_tried = field == "LineItems" || rows.iter().any(|row| row.2 == field);
        assert!(is_tried, "no row for {field}");
    }
}

#[test]
fn contacts_travel_by_the_default_mappings() {
    check(
        Module::Contacts,
        &[
            both("first_name", "Zoë", "firstname"),
            both("last_name", "O'Brien", "lastname"),
            both("email", "Zoe@Shop.example", "email"),
            both("billing.phone", "+49 30 1", "phone"),
            both("billing.company", "Fischer & Sons", "account_id.accountname"),
            both("billing.address_1", "Lindenstraße 1", "mailingstreet"),
            both("billing.city", "Łódź", "mailingcity"),
            both("billing.state", "DE-BE", "mailingstate"),
            both("billing.postcode", "01234", "mailingzip"),
            both("billing.country", "DE", "mailingcountry"),
            both("shipping.address_1", "Rue 1", "otherstreet"),
            both("shipping.city", "Lyon", "othercity"),
            both("shipping.state", "69", "otherstate"),
            both("shipping.postcode", "69001", "otherzip"),
            both("shipping.country", "FR", "othercountry"),
        ],
    );
}

#[test]
fn products_travel_by_the_default_mappings() {
    check(
        Module::Products,
        &[
            both("name", "Desk & chair", "productname"),
            both("sku", "SKU-1", "productcode"),
            both("regular_price", "19.90", "unit_price"),
            ("regular_price", json!("5"), "unit_price", "5", Some(json!("5"))),
            (
                "description",
                json!("<p>A &amp; b</p>"),
                "description",
                "A & b",
                Some(json!("A &amp; b")),
            ),
            ("weight", json!("1.5"), "weight", "1.5", Some(json!("1.5"))),
            (
                "status",
                json!("publish"),
                "discontinued",
                "1",
                Some(json!("publish")),
            ),
            (
                "status",
                json!("draft"),
                "discontinued",
                "0",
                Some(json!("draft")),
            ),
            (
                "status",
                json!("private"),
                "discontinued",
                "0",
                Some(json!("draft")),
            ),
            (
                "status",
                json!("pending"),
                "discontinued",
                "0",
                Some(json!("draft")),
            ),
            both("category", "Tables", "productcategory"),
            // The shop counts, so Vtiger's stock stays where it is.
            ("stock_quantity", json!("7"), "qtyinstock", "7", None),
        ],
    );
}

#[test]
fn a_product_without_price_or_weight_stays_so_though_vtiger_shows_nought() {
    for (field, path) in [("unit_price", "regular_price"), ("weight", "weight")] {
        let crm = record(&[(field, json!("0.00000000"))]);

        assert_eq!(written(Module::Products, Side::WooCommerce, &crm, path), None);
    }
}

#[test]
fn orders_travel_by_the_default_mappings() {
    check(
        Module::SalesOrders,
        &[
            ("number", json!("133"), "subject", "WooCommerce order #133", None),
            (
                "status",
                json!("pending"),
                "sostatus",
                "Created",
                Some(json!("pending")),
            ),
            (
                "status",
                json!("on-hold"),
                "sostatus",
                "Created",
                Some(json!("pending")),
            ),
            (
                "status",
                json!("processing"),
                "sostatus",
                "Approved",
                Some(json!("processing")),
            ),
            (
                "status",
                json!("completed"),
                "sostatus",
                "Delivered",
                Some(json!("completed")),
            ),
            (
                "status",
                json!("cancelled"),
                "sostatus",
                "Cancelled",
                Some(json!("cancelled")),
            ),
            (
                "status",
                json!("refunded"),
                "sostatus",
                "Cancelled",
                Some(json!("cancelled")),
            ),
            (
                "status",
                json!("failed"),
                "sostatus",
                "Cancelled",
                Some(json!("cancelled")),
            ),
            (
                "status",
                json!("shipped-by-plugin"),
                "sostatus",
                "shipped-by-plugin",
                Some(json!("shipped-by-plugin")),
            ),
            ("contact", json!("42"), "contact_id", "12x42", Some(json!("42"))),
            both("billing.company", "Fischer & Sons", "account_id.accountname"),
            (
                "contact_name",
                json!("Zoë O'Brien"),
                "account_id.accountname",
                "Zoë O'Brien",
                None,
            ),
            both("currency", "EUR", "currency_id.currency_code"),
            both("customer_note", "Ring <twice>\nplease", "description"),
            both("billing.address_1", "Lindenstraße 1", "bill_street"),
            both("billing.city", "Łódź", "bill_city"),
            both("billing.state", "DE-BE", "bill_state"),
            both("billing.postcode", "01234", "bill_code"),
            both("billing.country", "DE", "bill_country"),
            both("ship_to.address_1", "Rue 1", "ship_street"),
            both("ship_to.city", "Lyon", "ship_city"),
            both("ship_to.state", "69", "ship_state"),
            both("ship_to.postcode", "69001", "ship_code"),
            both("ship_to.country", "FR", "ship_country"),
        ],
    );
}

#[test]
fn an_order_without_streets_gets_what_vtiger_demands() {
    let shop = record(&[("number", json!("1"))]);

    for field in ["bill_street", "ship_street"] {
        assert_eq!(
            written(Module::SalesOrders, Side::Vtiger, &shop, field),
            Some(Value::text("-"))
        );
    }
}

#[test]
fn two_address_lines_are_two_lines_of_one_text() {
    for (module, prefix, field) in [
        (Module::Contacts, "billing", "mailingstreet"),
        (Module::Contacts, "shipping", "otherstreet"),
        (Module::SalesOrders, "billing", "bill_street"),
        (Module::SalesOrders, "ship_to", "ship_street"),
    ] {
        let paths = [1, 2].map(|nth| format!("{prefix}.address_{nth}"));
        let shop = record(&[(&paths[0], json!("4 Main St")), (&paths[1], json!("Floor 2"))]);
        let crm = record(&[(field, json!("4 Main St\r\nFloor 2"))]);

        assert_eq!(
            written(module, Side::Vtiger, &shop, field),
            Some(Value::text("4 Main St\nFloor 2"))
        );
        let back = paths.map(|path| written(module, Side::WooCommerce, &crm, &path));
        assert_eq!(
            back,
            [Some(Value::text("4 Main St")), Some(Value::text("Floor 2"))]
        );
    }
}

#[test]
fn taxes_travel_to_vtiger_only() {
    check(
        Module::Taxes,
        &[
            ("name", json!("MwSt"), "taxlabel", "MwSt", None),
            ("rate", json!("19.0000"), "percentage", "19.0000", None),
        ],
    );
}
