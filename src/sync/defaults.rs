//! The settings that a module starts with. Names: WooCommerce REST v3 and Vtiger `describe`.

use std::collections::BTreeMap;

use super::transform::Table;
use super::{
    ConflictRule, Deletes, Direction, FieldKind, FieldMapping, Module, ModuleSettings, OrderSettings,
    PathError, ProductSettings, Transform,
};

/// WooCommerce's customers (and the guests of its orders) against Vtiger's Contacts.
const CONTACTS: [(&str, &str); 15] = [
    ("first_name", "firstname"),
    ("last_name", "lastname"),
    ("email", "email"),
    ("billing.phone", "phone"),
    ("billing.company", "account_id.accountname"),
    ("billing.address_1 + billing.address_2", "mailingstreet"),
    ("billing.city", "mailingcity"),
    ("billing.state", "mailingstate"),
    ("billing.postcode", "mailingzip"),
    ("billing.country", "mailingcountry"),
    ("shipping.address_1 + shipping.address_2", "otherstreet"),
    ("shipping.city", "othercity"),
    ("shipping.state", "otherstate"),
    ("shipping.postcode", "otherzip"),
    ("shipping.country", "othercountry"),
];

/// WooCommerce's products and variations against Vtiger's Products. `category` is the first of `categories`.
const PRODUCTS: [(&str, &str); 8] = [
    ("name", "productname"),
    ("sku", "productcode"),
    ("regular_price", "unit_price"),
    ("description", "description"),
    ("stock_quantity", "qtyinstock"),
    ("weight", "weight"),
    ("status", "discontinued"),
    ("category", "productcategory"),
];

/// WooCommerce's orders against Vtiger's `SalesOrder`. `ship_to` is `shipping`, or `billing` where that is blank;
/// `line_items` and `LineItems` are the whole basket with shipping, fees, discounts, taxes and total.
const SALES_ORDERS: [(&str, &str); 17] = [
    ("number", "subject"),
    ("status", "sostatus"),
    ("contact", "contact_id"),
    ("billing.company | contact_name", "account_id.accountname"),
    ("currency", "currency_id.currency_code"),
    ("line_items", "LineItems"),
    ("customer_note", "description"),
    ("billing.address_1 + billing.address_2", "bill_street"),
    ("billing.city", "bill_city"),
    ("billing.state", "bill_state"),
    ("billing.postcode", "bill_code"),
    ("billing.country", "bill_country"),
    ("ship_to.address_1 + ship_to.address_2", "ship_street"),
    ("ship_to.city", "ship_city"),
    ("ship_to.state", "ship_state"),
    ("ship_to.postcode", "ship_code"),
    ("ship_to.country", "ship_country"),
];

const TAXES: [(&str, &str); 2] = [("name", "taxlabel"), ("rate", "percentage")];

/// WooCommerce's order statuses, and Vtiger's for each.
const ORDER_STATUSES: [(&str, &str); 7] = [
    ("pending", "Created"),
    ("on-hold", "Created"),
    ("processing", "Approved"),
    ("completed", "Delivered"),
    ("cancelled", "Cancelled"),
    ("refunded", "Cancelled"),
    ("failed", "Cancelled"),
];
const ORDER_STATUSES_BACK: [(&str, &str); 4] = [
    ("Created", "pending"),
    ("Approved", "processing"),
    ("Delivered", "completed"),
    ("Cancelled", "cancelled"),
];

/// WooCommerce's product statuses; Vtiger's `discontinued` is labelled "Product Active", and 1 says so.
const PRODUCT_STATUSES: [(&str, &str); 4] = [
    ("publish", "1"),
    ("draft", "0"),
    ("pending", "0"),
    ("private", "0"),
];
const PRODUCT_STATUSES_BACK: [(&str, &str); 2] = [("1", "publish"), ("0", "draft")];

impl ModuleSettings {
    /// The settings that `module` starts with.
    ///
    /// # Errors
    /// None in practice: the paths are part of the program, and a test reads them all.
    pub fn default_for(module: Module) -> Result<Self, PathError> {
        let rows: &[(&str, &str)] = match module {
            Module::Taxes => &TAXES,
            Module::Products => &PRODUCTS,
            Module::Contacts => &CONTACTS,
            Module::SalesOrders => &SALES_ORDERS,
        };
        let mappings = rows
            .iter()
            .map(|(woocommerce, vtiger)| field(module, woocommerce, vtiger))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            enabled: true,
            direction: match module {
                Module::Taxes => Direction::ToVtiger,
                _ => Direction::Both,
            },
            conflict: ConflictRule::LastUpdated,
            sync_from: None,
            sweep_interval: None,
            deletes: match module {
                // A rate that is gone is to be offered no more.
                Module::Taxes => Deletes::Propagate,
                _ => Deletes::Ignore,
            },
            owner: None,
            products: ProductSettings::default(),
            sales_orders: OrderSettings::default(),
            mappings,
        })
    }
}

fn field(module: Module, woocommerce: &str, vtiger: &str) -> Result<FieldMapping, PathError> {
    let mut mapping = FieldMapping::both(woocommerce, vtiger)?;
    match (module, woocommerce) {
        // WooCommerce refuses a customer without e-mail, Vtiger a contact without last name.
        (Module::Contacts, "email") => {
            mapping.mandatory = true;
            mapping.kind = FieldKind::Email;
        }
        (Module::Contacts, "last_name")
        | (Module::Products, "name")
        | (Module::SalesOrders, "billing.company | contact_name") => mapping.mandatory = true,
        (Module::Products, "regular_price" | "weight") => {
            mapping.kind = FieldKind::Number;
            mapping.transforms = vec![Transform::ZeroIsBlank];
        }
        // The shop sells, so the shop counts: Vtiger takes a sales order's goods off its stock at another moment.
        (Module::Products, "stock_quantity") => {
            mapping.kind = FieldKind::Number;
            mapping.direction = Direction::ToVtiger;
        }
        (Module::Products, "description") => mapping.kind = FieldKind::Html,
        (Module::Products, "status") => {
            mapping.transforms = vec![table(&PRODUCT_STATUSES, &PRODUCT_STATUSES_BACK)];
        }
        (Module::Products, "category") => mapping.unlisted = true,
        (Module::SalesOrders, "number") => {
            mapping.direction = Direction::ToVtiger;
            mapping.transforms = vec![Transform::Prefix("WooCommerce order #".to_owned())];
        }
        (Module::SalesOrders, "status") => {
            mapping.transforms = vec![table(&ORDER_STATUSES, &ORDER_STATUSES_BACK)];
        }
        (Module::SalesOrders, "contact") => mapping.kind = FieldKind::Contact,
        (Module::SalesOrders, "line_items") => mapping.kind = FieldKind::Basket,
        (Module::Taxes, "name") => {
            mapping.direction = Direction::ToVtiger;
            mapping.mandatory = true;
        }
        (Module::Taxes, "rate") => {
            mapping.direction = Direction::ToVtiger;
            mapping.kind = FieldKind::Number;
        }
        _ => {}
    }
    // Vtiger demands both streets of an order, which goods that are not shipped may lack.
    if matches!(vtiger, "bill_street" | "ship_street") {
        mapping.transforms = vec![Transform::Default("-".to_owned())];
    }
    Ok(mapping)
}

fn table(there: &[(&str, &str)], back: &[(&str, &str)]) -> Transform {
    let owned = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_that_modules_start_with_are_valid() {
        for module in Module::ALL {
            let settings = ModuleSettings::default_for(module).unwrap();
            settings.validate().unwrap();
            assert!(!settings.mappings.is_empty());
        }
    }
}
