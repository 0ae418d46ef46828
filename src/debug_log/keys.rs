//! What the keys of the two systems' wire formats stand for: which hold secrets, which tell of people, which neither.

/// What authorises somebody, in full or as the end of a key.
const SECRETS: [&str; 14] = [
    "accesskey",
    "access_key",
    "api_key",
    "authorization",
    "consumer_key",
    "consumer_secret",
    "cookie",
    "nonce",
    "order_key",
    "password",
    "secret",
    "sessionname",
    "signature",
    "token",
];

/// What tells of a person wherever it stands.
const PERSONAL: [&str; 30] = [
    "address_1",
    "address_2",
    "avatar_url",
    "birthday",
    "city",
    "company",
    "contact_name",
    "customer_ip_address",
    "customer_note",
    "customer_user_agent",
    "email",
    "fax",
    "first_name",
    "firstname",
    "homephone",
    "last_name",
    "lastname",
    "mobile",
    "nicename",
    "display_name",
    "phone",
    "postcode",
    "salutationtype",
    "secondaryemail",
    "state",
    "user_login",
    "user_name",
    "username",
    "accountname",
    "siccode",
];

/// What the keys of addresses in Vtiger begin with.
const ADDRESSES: [&str; 4] = ["bill_", "ship_", "mailing", "other"];

/// What is said of people and orders without telling who they are. Everything else that is said of them may.
const PLAIN: [&str; 76] = [
    "account_id",
    "account_no",
    "assigned_user_id",
    "bill_country",
    "campaignrelstatus",
    "carrier",
    "code",
    "contact_id",
    "contact_no",
    "context",
    "conversion_rate",
    "country",
    "created_via",
    "createdtime",
    "currency",
    "currency_id",
    "currency_pos",
    "currency_symbol",
    "date_completed",
    "date_completed_gmt",
    "date_created",
    "date_created_gmt",
    "date_modified",
    "date_modified_gmt",
    "date_paid",
    "date_paid_gmt",
    "discount_tax",
    "discount_total",
    "elementtype",
    "exclude",
    "fieldtypelist",
    "force",
    "hdntaxtype",
    "href",
    "id",
    "include",
    "invoicestatus",
    "isconvertedfromlead",
    "key",
    "lastmodifiedtime",
    "leadsource",
    "mailingcountry",
    "method",
    "modified_after",
    "modifiedby",
    "modifiedtime",
    "number",
    "offset",
    "operation",
    "order",
    "orderby",
    "othercountry",
    "page",
    "parent",
    "parent_id",
    "payment_method",
    "payment_method_title",
    "per_page",
    "productid",
    "quantity",
    "recurring_frequency",
    "region_id",
    "role",
    "rel",
    "salesorder_no",
    "ship_country",
    "sku",
    "sostatus",
    "source",
    "status",
    "tax_class",
    "total",
    "total_tax",
    "type",
    "version",
    "_fields",
];

/// What an order holds that is about goods, rates and sums.
const LINES: [&str; 6] = [
    "coupon_lines",
    "fee_lines",
    "line_items",
    "lineitems",
    "shipping_lines",
    "tax_lines",
];

/// What only records have that are not about people.
const GOODS: [&str; 5] = [
    "currency_code",
    "productname",
    "servicename",
    "taxlabel",
    "taxname",
];

/// What is said of goods and still by people.
const REMARKS: [&str; 4] = ["comment", "customer_note", "meta_data", "note"];

/// Whether what stands under this key authorises somebody.
pub(super) fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.starts_with("oauth_") || SECRETS.iter().any(|end| key.ends_with(end))
}

/// Whether what stands under this key tells of a person.
pub(super) fn is_personal(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    PERSONAL.contains(&key.as_str())
        || (ADDRESSES.iter().any(|start| key.starts_with(start)) && !PLAIN.contains(&key.as_str()))
}

/// Whether what stands under this key tells nothing of the person that the record is about.
pub(super) fn is_plain(key: &str) -> bool {
    PLAIN.contains(&key.to_ascii_lowercase().as_str())
}

/// Whether what stands under this key is about an order's goods, rates and sums.
pub(super) fn are_lines(key: &str) -> bool {
    LINES.contains(&key.to_ascii_lowercase().as_str())
}

/// Whether only records have this key that are not about people.
pub(super) fn is_of_goods(key: &str) -> bool {
    GOODS.contains(&key)
}

/// Whether people say there what they like, on the lines of an order.
pub(super) fn is_remark(key: &str) -> bool {
    REMARKS.contains(&key.to_ascii_lowercase().as_str())
}
