//! What each recorded delivery must lead to.

use woo_vtiger_sync::sync::Module;

/// What a delivery must lead to where nothing is in step yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The contact with this e-mail address is created.
    Contact(&'static str),
    /// The product with this SKU is created.
    Product(&'static str),
    /// The order with this number is created. Its customer's own deliveries tell of the customer.
    Order(u64),
    /// The order with this number is created, and the contact of the guest with this e-mail address.
    GuestOrder(u64, &'static str),
    /// A record is gone, and nobody tells which: a sweep looks through these modules.
    Sweep(&'static [Module]),
    /// Nothing, at no cost.
    Nothing,
}
use Outcome::{Contact, GuestOrder, Nothing, Order, Product, Sweep};

const HOOK: Outcome = Contact("hook1@shop.example");
const ACCOUNT: Outcome = Contact("account@shop.example");
const GUEST: Outcome = GuestOrder(126, "g@guest.example");
const WALK_IN: Outcome = GuestOrder(379, "walkin@guest.example");
const HOOK_PRODUCT: Outcome = Product("HOOK-1");
const STOCKED: Outcome = Product("STK-1");
/// Orders tell of guests, too.
const ORDERS: Outcome = Sweep(&[Module::Contacts, Module::SalesOrders]);
const CUSTOMERS: Outcome = Sweep(&[Module::Contacts]);

/// All that was recorded.
pub(super) const DELIVERIES: [(&str, Outcome); 53] = [
    ("customer.created", HOOK),
    ("customer.created-1-customer.created", HOOK),
    ("customer.created-2-customer.updated", HOOK),
    ("customer.created-gone-1-customer.created", CUSTOMERS),
    ("customer.created-gone-2-customer.updated", CUSTOMERS),
    ("customer.created-gone-3-customer.deleted", Nothing),
    ("customer.deleted", Nothing),
    ("customer.updated", HOOK),
    ("customer.updated-billing", HOOK),
    ("customer.updated-nochange", HOOK),
    ("failure-500", Contact("customer03@shop.example")),
    ("order.created", Order(124)),
    ("order.created-1-order.created", Order(124)),
    ("order.created-2-order.updated", Order(124)),
    ("order.created-gone-1-order.created", ORDERS),
    ("order.created-gone-2-order.updated", ORDERS),
    ("order.created-guest-1-order.created", GUEST),
    ("order.created-guest-2-order.updated", GUEST),
    ("order.created-set_paid-1-order.created", Order(127)),
    ("order.created-set_paid-2-order.updated", Order(127)),
    ("order.created-set_paid-3-product.updated", STOCKED),
    ("order.deleted", Nothing),
    ("order.restored", Order(124)),
    ("order.restored-1-order.restored", Order(124)),
    ("order.restored-2-order.updated", Order(124)),
    ("order.updated", Order(124)),
    ("order.updated-processing-1-order.updated", Order(124)),
    ("order.updated-processing-2-product.updated", STOCKED),
    ("order.updated-refund", Order(124)),
    ("payload-owner-gone", CUSTOMERS),
    ("ping", Nothing),
    ("ping-on-creation", Nothing),
    ("ping-on-url-change", Nothing),
    ("product.created", HOOK_PRODUCT),
    ("product.created-gone", Sweep(&[Module::Products])),
    ("product.created-variable", Product("HOOKV")),
    ("product.created-variation", Product("HOOKV-R")),
    ("product.deleted", Nothing),
    ("product.restored", HOOK_PRODUCT),
    ("product.restored-1-product.updated", HOOK_PRODUCT),
    ("product.restored-2-product.restored", HOOK_PRODUCT),
    ("product.restored-try", HOOK_PRODUCT),
    ("product.updated", HOOK_PRODUCT),
    ("product.updated-nochange", HOOK_PRODUCT),
    ("product.updated-variation", Product("HOOKV-R")),
    ("storefront-account-checkout-1-order.updated", Order(380)),
    ("storefront-account-checkout-2-customer.created", ACCOUNT),
    ("storefront-account-checkout-3-customer.updated", ACCOUNT),
    ("storefront-account-checkout-4-order.created", Order(380)),
    ("storefront-account-checkout-5-product.updated", STOCKED),
    ("storefront-guest-checkout-1-order.updated", WALK_IN),
    ("storefront-guest-checkout-2-order.created", WALK_IN),
    ("storefront-guest-checkout-3-product.updated", STOCKED),
];

/// The delivery with the last state of each person.
pub(super) const LAST_STATES: [(&str, &str); 5] = [
    ("hook1@shop.example", "customer.updated-nochange"),
    ("customer03@shop.example", "failure-500"),
    ("g@guest.example", "order.created-guest-2-order.updated"),
    (
        "walkin@guest.example",
        "storefront-guest-checkout-2-order.created",
    ),
    (
        "account@shop.example",
        "storefront-account-checkout-3-customer.updated",
    ),
];

/// The delivery with the last state of each order.
pub(super) const LAST_ORDERS: [(u64, &str); 5] = [
    (124, "order.restored-2-order.updated"),
    (126, "order.created-guest-2-order.updated"),
    (127, "order.created-set_paid-2-order.updated"),
    (379, "storefront-guest-checkout-2-order.created"),
    (380, "storefront-account-checkout-4-order.created"),
];

/// The delivery with the last state of each product.
pub(super) const LAST_PRODUCTS: [(&str, &str); 4] = [
    ("HOOK-1", "product.restored-1-product.updated"),
    ("HOOKV", "product.created-variable"),
    ("HOOKV-R", "product.updated-variation"),
    ("STK-1", "storefront-account-checkout-5-product.updated"),
];
