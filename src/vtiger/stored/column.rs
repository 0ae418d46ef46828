//! What the database's columns keep of a value: texts so many characters, numbers so many decimals.
//!
//! Lengths are those of the public release 8.3.0. What isn't listed is a text that is not cut.

use crate::sync::Module;

/// What a column keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// Text of so many characters.
    Text(usize),
    /// Text of any length.
    LongText,
    /// Yes or no, as 1 or 0.
    Boolean,
    /// A number, rounded to the first and shown with the second number of decimals.
    Number(u32, usize),
    /// A number, cut to so many decimals.
    Cut(u32),
    /// A day.
    Date,
}

use Column::{Boolean, Cut, Date, LongText, Number, Text};

/// What a user's own currency keeps; Vtiger shows eight decimals of it.
const MONEY: Column = Number(2, 8);

/// The length of an organization's name.
const ACCOUNTNAME: Column = Text(100);

const CONTACTS: [(&str, Column); 33] = [
    ("salutationtype", Text(200)),
    ("firstname", Text(40)),
    ("lastname", Text(80)),
    ("email", Text(100)),
    ("secondaryemail", Text(100)),
    ("phone", Text(50)),
    ("mobile", Text(50)),
    ("homephone", Text(50)),
    ("otherphone", Text(50)),
    ("fax", Text(50)),
    ("assistant", Text(30)),
    ("assistantphone", Text(50)),
    ("title", Text(50)),
    ("department", Text(30)),
    ("leadsource", Text(200)),
    ("mailingstreet", Text(250)),
    ("mailingcity", Text(40)),
    ("mailingstate", Text(30)),
    ("mailingzip", Text(30)),
    ("mailingcountry", Text(40)),
    ("mailingpobox", Text(30)),
    ("otherstreet", Text(250)),
    ("othercity", Text(40)),
    ("otherstate", Text(50)),
    ("otherzip", Text(30)),
    ("othercountry", Text(30)),
    ("otherpobox", Text(30)),
    ("account_id.accountname", ACCOUNTNAME),
    ("donotcall", Text(3)),
    ("emailoptout", Text(3)),
    ("reference", Text(3)),
    ("notify_owner", Text(3)),
    ("portal", Text(3)),
];

const PRODUCTS: [(&str, Column); 26] = [
    ("productname", Text(100)),
    ("productcode", Text(40)),
    ("productcategory", Text(200)),
    ("manufacturer", Text(200)),
    ("usageunit", Text(200)),
    ("website", Text(100)),
    ("taxclass", Text(200)),
    ("mfr_part_no", Text(200)),
    ("vendor_part_no", Text(200)),
    ("serial_no", Text(200)),
    ("productsheet", Text(200)),
    ("glacct", Text(200)),
    ("discontinued", Boolean),
    ("starred", Boolean),
    ("unit_price", MONEY),
    ("purchase_cost", MONEY),
    ("qtyinstock", Number(2, 3)),
    ("qty_per_unit", Number(2, 2)),
    ("commissionrate", Number(3, 3)),
    ("weight", Number(3, 3)),
    ("qtyindemand", Number(0, 0)),
    ("reorderlevel", Number(0, 0)),
    ("sales_start_date", Date),
    ("sales_end_date", Date),
    ("start_date", Date),
    ("expiry_date", Date),
];

const SALES_ORDERS: [(&str, Column); 28] = [
    ("subject", Text(100)),
    ("customerno", Text(100)),
    ("vtiger_purchaseorder", Text(200)),
    ("carrier", Text(200)),
    ("pending", Text(200)),
    ("sostatus", Text(200)),
    ("account_id.accountname", ACCOUNTNAME),
    ("currency_id.currency_code", Text(100)),
    ("bill_street", Text(250)),
    ("bill_city", Text(30)),
    ("bill_state", Text(30)),
    ("bill_code", Text(30)),
    ("bill_country", Text(30)),
    ("bill_pobox", Text(30)),
    ("ship_street", Text(250)),
    ("ship_city", Text(30)),
    ("ship_state", Text(30)),
    ("ship_code", Text(30)),
    ("ship_country", Text(30)),
    ("ship_pobox", Text(30)),
    ("enable_recurring", Boolean),
    ("starred", Boolean),
    ("salescommission", Number(3, 3)),
    ("exciseduty", Number(3, 3)),
    ("duedate", Date),
    ("start_period", Date),
    ("end_period", Date),
    ("description", LongText),
];

const TAXES: [(&str, Column); 2] = [("taxlabel", Text(50)), ("percentage", Cut(3))];

/// What a module's field at `path` keeps.
pub(crate) fn of(module: Module, path: &str) -> Column {
    let columns: &[(&str, Column)] = match module {
        Module::Taxes => &TAXES,
        Module::Products => &PRODUCTS,
        Module::Contacts => &CONTACTS,
        Module::SalesOrders => &SALES_ORDERS,
    };
    columns
        .iter()
        .find_map(|(field, column)| (*field == path).then_some(*column))
        .unwrap_or(LongText)
}
