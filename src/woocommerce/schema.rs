//! The fields that the shop's records have: WooCommerce's own schema, and what is made of it here.

use crate::sync::{FieldPath, Module};
use crate::system::{FieldInfo, FieldType};

/// What a field holds, and whether it can be written.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    /// A number that is kept as text.
    Decimal,
    Integer,
    Boolean,
    Date,
    One(&'static [&'static str]),
    Reference,
    Structure,
}

/// A field: path, label, what it holds, whether it can be written.
type Row = (&'static str, &'static str, Kind, bool);

use Kind::{Boolean, Date, Decimal, Integer, One, Reference, Structure, Text};

const CUSTOMERS: &[Row] = &[
    ("id", "ID", Integer, false),
    ("email", "E-mail", Text, true),
    ("first_name", "First name", Text, true),
    ("last_name", "Last name", Text, true),
    ("username", "User name", Text, false),
    ("role", "Role", Text, false),
    ("date_created", "Created", Date, false),
    ("date_created_gmt", "Created (UTC)", Date, false),
    ("date_modified", "Changed", Date, false),
    ("date_modified_gmt", "Changed (UTC)", Date, false),
    ("is_paying_customer", "Paying customer", Boolean, false),
    ("billing.first_name", "Billing first name", Text, true),
    ("billing.last_name", "Billing last name", Text, true),
    ("billing.company", "Billing company", Text, true),
    ("billing.address_1", "Billing street", Text, true),
    ("billing.address_2", "Billing street, second line", Text, true),
    ("billing.city", "Billing city", Text, true),
    ("billing.state", "Billing state", Text, true),
    ("billing.postcode", "Billing postcode", Text, true),
    ("billing.country", "Billing country", Text, true),
    ("billing.email", "Billing e-mail", Text, true),
    ("billing.phone", "Billing phone", Text, true),
    ("shipping.first_name", "Shipping first name", Text, true),
    ("shipping.last_name", "Shipping last name", Text, true),
    ("shipping.company", "Shipping company", Text, true),
    ("shipping.address_1", "Shipping street", Text, true),
    ("shipping.address_2", "Shipping street, second line", Text, true),
    ("shipping.city", "Shipping city", Text, true),
    ("shipping.state", "Shipping state", Text, true),
    ("shipping.postcode", "Shipping postcode", Text, true),
    ("shipping.country", "Shipping country", Text, true),
    ("shipping.phone", "Shipping phone", Text, true),
    ("meta_data[]", "Meta data", Text, true),
];

const PRODUCTS: &[Row] = &[
    ("id", "ID", Integer, false),
    ("name", "Name", Text, true),
    ("slug", "Slug", Text, true),
    ("permalink", "Address in the shop", Text, false),
    ("date_created", "Created", Date, false),
    ("date_created_gmt", "Created (UTC)", Date, false),
    ("date_modified", "Changed", Date, false),
    ("date_modified_gmt", "Changed (UTC)", Date, false),
    (
        "type",
        "Type",
        One(&["simple", "grouped", "external", "variable", "variation"]),
        false,
    ),
    (
        "status",
        "Status",
        One(&["draft", "pending", "private", "publish", "future"]),
        true,
    ),
    ("featured", "Featured", Boolean, true),
    (
        "catalog_visibility",
        "Catalog visibility",
        One(&["visible", "catalog", "search", "hidden"]),
        true,
    ),
    ("description", "Description", Text, true),
    ("short_description", "Short description", Text, true),
    ("sku", "SKU", Text, true),
    ("global_unique_id", "GTIN, UPC, EAN or ISBN", Text, true),
    ("price", "Current price", Decimal, false),
    ("regular_price", "Regular price", Decimal, true),
    ("sale_price", "Sale price", Decimal, true),
    ("date_on_sale_from", "Sale begins", Date, true),
    ("date_on_sale_from_gmt", "Sale begins (UTC)", Date, true),
    ("date_on_sale_to", "Sale ends", Date, true),
    ("date_on_sale_to_gmt", "Sale ends (UTC)", Date, true),
    ("on_sale", "On sale", Boolean, false),
    ("purchasable", "Can be bought", Boolean, false),
    ("total_sales", "Pieces sold", Integer, false),
    ("average_rating", "Average rating", Decimal, false),
    ("rating_count", "Ratings", Integer, false),
    ("virtual", "Virtual", Boolean, true),
    ("downloadable", "Downloadable", Boolean, true),
    ("external_url", "External address", Text, true),
    ("button_text", "Button text", Text, true),
    (
        "tax_status",
        "Tax status",
        One(&["taxable", "shipping", "none"]),
        true,
    ),
    ("tax_class", "Tax class", Text, true),
    ("manage_stock", "Stock is managed", Boolean, true),
    ("stock_quantity", "Stock quantity", Integer, true),
    (
        "stock_status",
        "Stock status",
        One(&["instock", "outofstock", "onbackorder"]),
        true,
    ),
    ("backordered", "On backorder", Boolean, false),
    ("backorders", "Backorders", One(&["no", "notify", "yes"]), true),
    ("low_stock_amount", "Low stock amount", Integer, true),
    ("sold_individually", "Sold individually", Boolean, true),
    ("weight", "Weight", Decimal, true),
    ("dimensions.length", "Length", Decimal, true),
    ("dimensions.width", "Width", Decimal, true),
    ("dimensions.height", "Height", Decimal, true),
    ("shipping_class", "Shipping class", Text, true),
    ("reviews_allowed", "Reviews allowed", Boolean, true),
    ("purchase_note", "Purchase note", Text, true),
    ("parent_id", "Parent", Integer, false),
    ("menu_order", "Menu order", Integer, true),
    ("category", "Category (the first)", Text, true),
    ("categories", "Categories", Structure, false),
    ("tags", "Tags", Structure, false),
    ("images", "Images", Structure, false),
    ("attributes", "Attributes", Structure, false),
    ("meta_data[]", "Meta data", Text, true),
];

const SALES_ORDERS: &[Row] = &[
    ("id", "ID", Integer, false),
    ("number", "Number", Text, false),
    ("order_key", "Order key", Text, false),
    ("parent_id", "Parent", Integer, false),
    (
        "status",
        "Status",
        One(&[
            "pending",
            "processing",
            "on-hold",
            "completed",
            "cancelled",
            "refunded",
            "failed",
        ]),
        true,
    ),
    ("currency", "Currency", Text, true),
    ("currency_symbol", "Currency symbol", Text, false),
    ("date_created", "Created", Date, false),
    ("date_created_gmt", "Created (UTC)", Date, false),
    ("date_modified", "Changed", Date, false),
    ("date_modified_gmt", "Changed (UTC)", Date, false),
    ("discount_total", "Discount", Decimal, false),
    ("discount_tax", "Tax of the discount", Decimal, false),
    ("shipping_total", "Shipping", Decimal, false),
    ("shipping_tax", "Tax of shipping", Decimal, false),
    ("cart_tax", "Tax of the goods", Decimal, false),
    ("total", "Total", Decimal, false),
    ("total_tax", "Total tax", Decimal, false),
    ("prices_include_tax", "Prices include tax", Boolean, false),
    ("customer_id", "Customer ID", Integer, false),
    ("contact", "Customer or guest", Reference, true),
    ("contact_name", "Name in the billing address", Text, false),
    ("customer_note", "Customer note", Text, true),
    ("billing.first_name", "Billing first name", Text, true),
    ("billing.last_name", "Billing last name", Text, true),
    ("billing.company", "Billing company", Text, true),
    ("billing.address_1", "Billing street", Text, true),
    ("billing.address_2", "Billing street, second line", Text, true),
    ("billing.city", "Billing city", Text, true),
    ("billing.state", "Billing state", Text, true),
    ("billing.postcode", "Billing postcode", Text, true),
    ("billing.country", "Billing country", Text, true),
    ("billing.email", "Billing e-mail", Text, true),
    ("billing.phone", "Billing phone", Text, true),
    ("shipping.first_name", "Shipping first name", Text, true),
    ("shipping.last_name", "Shipping last name", Text, true),
    ("shipping.company", "Shipping company", Text, true),
    ("shipping.address_1", "Shipping street", Text, true),
    ("shipping.address_2", "Shipping street, second line", Text, true),
    ("shipping.city", "Shipping city", Text, true),
    ("shipping.state", "Shipping state", Text, true),
    ("shipping.postcode", "Shipping postcode", Text, true),
    ("shipping.country", "Shipping country", Text, true),
    ("shipping.phone", "Shipping phone", Text, true),
    (
        "ship_to.first_name",
        "Shipping (or billing) first name",
        Text,
        true,
    ),
    ("ship_to.last_name", "Shipping (or billing) last name", Text, true),
    ("ship_to.company", "Shipping (or billing) company", Text, true),
    ("ship_to.address_1", "Shipping (or billing) street", Text, true),
    (
        "ship_to.address_2",
        "Shipping (or billing) street, second line",
        Text,
        true,
    ),
    ("ship_to.city", "Shipping (or billing) city", Text, true),
    ("ship_to.state", "Shipping (or billing) state", Text, true),
    ("ship_to.postcode", "Shipping (or billing) postcode", Text, true),
    ("ship_to.country", "Shipping (or billing) country", Text, true),
    ("ship_to.phone", "Shipping (or billing) phone", Text, true),
    ("payment_method", "Payment method", Text, true),
    ("payment_method_title", "Payment method title", Text, true),
    ("transaction_id", "Transaction ID", Text, true),
    ("date_paid", "Paid", Date, false),
    ("date_paid_gmt", "Paid (UTC)", Date, false),
    ("date_completed", "Completed", Date, false),
    ("date_completed_gmt", "Completed (UTC)", Date, false),
    ("created_via", "Created via", Text, false),
    (
        "line_items",
        "Lines with shipping, fees, taxes and total",
        Structure,
        true,
    ),
    ("counterpart", "Sales order in Vtiger CRM", Text, true),
    ("tax_lines", "Tax lines", Structure, false),
    ("shipping_lines", "Shipping lines", Structure, false),
    ("fee_lines", "Fee lines", Structure, false),
    ("coupon_lines", "Coupon lines", Structure, false),
    ("refunds", "Refunds", Structure, false),
    ("meta_data[]", "Meta data", Text, true),
];

const TAXES: &[Row] = &[
    ("id", "ID", Integer, false),
    ("country", "Country", Text, false),
    ("state", "State", Text, false),
    ("postcode", "Postcode", Text, false),
    ("city", "City", Text, false),
    ("rate", "Rate", Decimal, false),
    ("name", "Name", Text, false),
    ("priority", "Priority", Integer, false),
    ("compound", "Compound", Boolean, false),
    ("shipping", "Also on shipping", Boolean, false),
    ("order", "Order", Integer, false),
    ("class", "Class", Text, false),
];

fn rows(module: Module) -> &'static [Row] {
    match module {
        Module::Contacts => CUSTOMERS,
        Module::Products => PRODUCTS,
        Module::SalesOrders => SALES_ORDERS,
        Module::Taxes => TAXES,
    }
}

/// The fields of a module.
pub(super) fn fields(module: Module) -> Vec<FieldInfo> {
    let info = |(path, label, kind, writable): &Row| FieldInfo {
        path: (*path).to_owned(),
        label: (*label).to_owned(),
        writable: *writable,
        mandatory: is_mandatory(module, path),
        kind: as_type(*kind),
        length: None,
    };
    rows(module).iter().map(info).collect()
}

/// What a field holds, where the schema knows it.
pub(super) fn kind(module: Module, path: &FieldPath) -> Option<FieldType> {
    row_of(module, path).map(|(_, _, kind, _)| as_type(*kind))
}

/// Whether a product's field is a whole number that is sent as one.
pub(super) fn is_integer(path: &FieldPath) -> bool {
    row_of(Module::Products, path).is_some_and(|(_, _, kind, _)| matches!(kind, Integer))
}

/// Whether a field can be written; what the schema doesn't know, a plugin has added.
pub(super) fn is_writable(module: Module, path: &FieldPath) -> bool {
    if let Some((_, _, _, writable)) = row_of(module, path) {
        return *writable;
    }
    // What has parts is written by its parts, or as one.
    let inside = format!("{}.", path.root());
    let of_root: Vec<_> = rows(module)
        .iter()
        .filter(|(known, ..)| *known == path.root() || known.starts_with(&inside))
        .collect();
    module != Module::Taxes && (of_root.is_empty() || of_root.iter().any(|(_, _, _, writable)| *writable))
}

fn row_of(module: Module, path: &FieldPath) -> Option<&'static Row> {
    let path = path.to_string();
    let is_it = |known: &str| match known.strip_suffix("[]") {
        Some(list) => path.strip_prefix(list).is_some_and(|rest| rest.starts_with('[')),
        None => known == path,
    };
    rows(module).iter().find(|(known, ..)| is_it(known))
}

/// WooCommerce takes no customer without e-mail address.
fn is_mandatory(module: Module, path: &str) -> bool {
    module == Module::Contacts && path == "email"
}

fn as_type(kind: Kind) -> FieldType {
    match kind {
        Text => FieldType::Text,
        Decimal | Integer => FieldType::Number,
        Boolean => FieldType::Boolean,
        Date => FieldType::Date,
        One(values) => FieldType::Picklist(values.iter().map(|value| (*value).to_owned()).collect()),
        Reference => FieldType::Reference,
        Structure => FieldType::Structure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::{ModuleSettings, Side};

    fn path(text: &str) -> FieldPath {
        FieldPath::parse(text).unwrap()
    }

    #[test]
    fn every_default_mapping_names_known_fields() {
        for module in Module::ALL {
            let settings = ModuleSettings::default_for(module).unwrap();
            for path in settings.needed(Side::WooCommerce) {
                assert!(kind(module, &path).is_some(), "{module} {path}");
            }
        }
    }

    #[test]
    fn what_can_be_written_is_told() {
        for (module, field, writable) in [
            (Module::Products, "regular_price", true),
            (Module::Products, "price", false),
            (Module::Products, "date_modified_gmt", false),
            (Module::Products, "date_on_sale_from_gmt", true),
            (Module::Products, "meta_data[x]", true),
            (Module::Products, "of_a_plugin", true),
            (Module::Products, "categories", false),
            (Module::SalesOrders, "number", false),
            (Module::SalesOrders, "contact_name", false),
            (Module::SalesOrders, "total", false),
            (Module::SalesOrders, "ship_to.city", true),
            (Module::SalesOrders, "billing.of_a_plugin", true),
            (Module::SalesOrders, "line_items", true),
            (Module::Taxes, "rate", false),
            (Module::Taxes, "of_a_plugin", false),
        ] {
            assert_eq!(is_writable(module, &path(field)), writable, "{module} {field}");
        }
    }

    #[test]
    fn each_date_is_listed_in_the_shops_time_and_in_utc() {
        for module in [Module::Contacts, Module::Products, Module::SalesOrders] {
            let mut dates = fields(module);
            dates.retain(|field| field.kind == FieldType::Date);
            let (utc, own): (Vec<_>, Vec<_>) =
                dates.into_iter().partition(|field| field.path.ends_with("_gmt"));
            let told = |field: FieldInfo| (field.path, field.writable);
            let expected: Vec<_> = own
                .into_iter()
                .map(|field| (format!("{}_gmt", field.path), field.writable))
                .collect();

            assert!(expected.len() >= 2, "{module}");
            assert_eq!(
                utc.into_iter().map(told).collect::<Vec<_>>(),
                expected,
                "{module}"
            );
        }
    }

    #[test]
    fn labels_and_types_are_given() {
        let fields = fields(Module::SalesOrders);
        let field = |name: &str| fields.iter().find(|field| field.path == name).unwrap();

        assert!(
            matches!(&field("status").kind, FieldType::Picklist(values) if values.contains(&"on-hold".to_owned()))
        );
        assert_eq!(field("line_items").kind, FieldType::Structure);
        assert_eq!(field("meta_data[]").label, "Meta data");
        assert!(!field("contact_name").writable);
    }
}
