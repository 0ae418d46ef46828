//! What each recorded delivery must lead to.

/// What a delivery must lead to where nothing is in step yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The contact with this e-mail address is created.
    Contact(&'static str),
    /// A record is gone, and nobody tells which: a sweep looks.
    Sweep,
    /// Nothing, at no cost.
    Nothing,
}
use Outcome::{Contact, Nothing, Sweep};

const HOOK: Outcome = Contact("hook1@shop.example");
const GUEST: Outcome = Contact("g@guest.example");
const WALK_IN: Outcome = Contact("walkin@guest.example");
const ACCOUNT: Outcome = Contact("account@shop.example");

/// All that was recorded.
pub(super) const DELIVERIES: [(&str, Outcome); 53] = [
    ("customer.created", HOOK),
    ("customer.created-1-customer.created", HOOK),
    ("customer.created-2-customer.updated", HOOK),
    ("customer.created-gone-1-customer.created", Sweep),
    ("customer.created-gone-2-customer.updated", Sweep),
    ("customer.created-gone-3-customer.deleted", Nothing),
    ("customer.deleted", Nothing),
    ("customer.updated", HOOK),
    ("customer.updated-billing", HOOK),
    ("customer.updated-nochange", HOOK),
    ("failure-500", Contact("customer03@shop.example")),
    // Customer 3's own deliveries tell of it, its orders don't.
    ("order.created", Nothing),
    ("order.created-1-order.created", Nothing),
    ("order.created-2-order.updated", Nothing),
    ("order.created-gone-1-order.created", Sweep),
    ("order.created-gone-2-order.updated", Sweep),
    ("order.created-guest-1-order.created", GUEST),
    ("order.created-guest-2-order.updated", GUEST),
    ("order.created-set_paid-1-order.created", Nothing),
    ("order.created-set_paid-2-order.updated", Nothing),
    ("order.created-set_paid-3-product.updated", Nothing),
    ("order.deleted", Nothing),
    ("order.restored", Nothing),
    ("order.restored-1-order.restored", Nothing),
    ("order.restored-2-order.updated", Nothing),
    ("order.updated", Nothing),
    ("order.updated-processing-1-order.updated", Nothing),
    ("order.updated-processing-2-product.updated", Nothing),
    ("order.updated-refund", Nothing),
    ("payload-owner-gone", Sweep),
    ("ping", Nothing),
    ("ping-on-creation", Nothing),
    ("ping-on-url-change", Nothing),
    ("product.created", Nothing),
    ("product.created-gone", Nothing),
    ("product.created-variable", Nothing),
    ("product.created-variation", Nothing),
    ("product.deleted", Nothing),
    ("product.restored", Nothing),
    ("product.restored-1-product.updated", Nothing),
    ("product.restored-2-product.restored", Nothing),
    ("product.restored-try", Nothing),
    ("product.updated", Nothing),
    ("product.updated-nochange", Nothing),
    ("product.updated-variation", Nothing),
    ("storefront-account-checkout-1-order.updated", Nothing),
    ("storefront-account-checkout-2-customer.created", ACCOUNT),
    ("storefront-account-checkout-3-customer.updated", ACCOUNT),
    ("storefront-account-checkout-4-order.created", Nothing),
    ("storefront-account-checkout-5-product.updated", Nothing),
    ("storefront-guest-checkout-1-order.updated", WALK_IN),
    ("storefront-guest-checkout-2-order.created", WALK_IN),
    ("storefront-guest-checkout-3-product.updated", Nothing),
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
