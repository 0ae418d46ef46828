//! What is being done to which module's records, as errors name it: "create sales order".

use crate::sync::Module;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    Read,
    ReadCallback,
    Find,
    List,
    Create,
    Update,
    Delete,
    Describe,
}

/// One text for each module.
macro_rules! each {
    ($module:expr, $verb:literal, $tax:literal, $product:literal, $contact:literal, $order:literal) => {
        match $module {
            Module::Taxes => concat!($verb, $tax),
            Module::Products => concat!($verb, $product),
            Module::Contacts => concat!($verb, $contact),
            Module::SalesOrders => concat!($verb, $order),
        }
    };
}

macro_rules! one {
    ($module:expr, $verb:literal) => {
        each!($module, $verb, " tax", " product", " contact", " sales order")
    };
}

macro_rules! many {
    ($module:expr, $verb:literal) => {
        each!(
            $module,
            $verb,
            " taxes",
            " products",
            " contacts",
            " sales orders"
        )
    };
}

impl Doing {
    /// As errors name it.
    pub(crate) const fn to(self, module: Module) -> &'static str {
        match self {
            Self::Read => one!(module, "read"),
            Self::ReadCallback => one!(module, "read callback of"),
            Self::Find => one!(module, "find"),
            Self::List => many!(module, "list"),
            Self::Create => one!(module, "create"),
            Self::Update => one!(module, "update"),
            Self::Delete => one!(module, "delete"),
            Self::Describe => many!(module, "describe"),
        }
    }
}
