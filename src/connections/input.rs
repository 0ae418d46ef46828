//! What a person enters of a connection, and where each of it belongs.

use std::fmt;

use serde::Deserialize;

use super::written::Written;

/// Whether a field's value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It may.
    Plain,
    /// It may not.
    Secret,
}

/// Where a field belongs: its table and key in the configuration's terms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) table: &'static str,
    pub(super) key: &'static str,
    pub(super) kind: Kind,
}

/// Declares the fields once: as a struct's, and as a list of where they belong.
macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident: $kind:ident $table:literal $key:literal,)*) => {
        /// What a person enters of a connection. What is blank is as it was, where it is secret; else as by default.
        #[derive(Clone, Default, Deserialize)]
        #[serde(default)]
        pub struct Input {
            /// The connection's name: lower-case letters, digits, `-` and `_`.
            pub name: String,
            $($(#[$doc])* pub $name: String,)*
            /// The state of a consent, whose keys are taken where no key is entered.
            pub consent: String,
        }

        /// All fields, in the order in which they are asked for.
        pub(super) const FIELDS: [Field; [$(stringify!($name)),*].len()] = [
            $(Field { name: stringify!($name), table: $table, key: $key, kind: Kind::$kind },)*
        ];

        impl Input {
            /// What is entered in a field; blank where there is no such field.
            pub fn get(&self, field: &str) -> &str {
                match field {
                    "name" => &self.name,
                    "consent" => &self.consent,
                    $(stringify!($name) => &self.$name,)*
                    _ => "",
                }
            }

            fn set(&mut self, field: &str, value: String) {
                match field {
                    $(stringify!($name) => self.$name = value,)*
                    _ => {}
                }
            }
        }
    };
}

fields! {
    /// The shop's address.
    shop_url: Plain "woocommerce" "url",
    /// The REST API key.
    shop_key: Secret "woocommerce" "consumer_key",
    /// Its secret.
    shop_secret: Secret "woocommerce" "consumer_secret",
    /// What webhooks are signed with; made up where there is none.
    shop_webhook_secret: Secret "woocommerce" "webhook_secret",
    /// `true` where webhooks are to be registered and kept active.
    shop_register_webhooks: Plain "woocommerce" "register_webhooks",
    /// How to present the key: `basic`, `oauth` or `query`.
    shop_authentication: Plain "woocommerce" "authentication",
    /// How long to wait for the shop's answer, such as `30s`.
    shop_timeout: Plain "woocommerce" "timeout",
    /// How many requests the shop may get, such as `10/s`.
    shop_rate_limit: Plain "woocommerce" "rate_limit",
    /// How many it may get at once.
    shop_concurrency_limit: Plain "woocommerce" "concurrency_limit",
    /// The CRM's address.
    crm_url: Plain "vtiger" "url",
    /// The user to work as.
    crm_username: Plain "vtiger" "username",
    /// The user's access key.
    crm_access_key: Secret "vtiger" "access_key",
    /// What callbacks bring along; made up where there is none.
    crm_callback_secret: Secret "vtiger" "callback_secret",
    /// The offset from UTC of the API's times, such as `+01:00`.
    crm_time_zone_offset: Plain "vtiger" "time_zone_offset",
    /// The owner of new records, such as `19x5`.
    crm_assigned_user_id: Plain "vtiger" "assigned_user_id",
    /// The field of a sales order that keeps its WooCommerce order's id.
    crm_order_reference_field: Plain "vtiger" "order_reference_field",
    /// The Part Number of the product that stands for lines without one.
    crm_stand_in_item: Plain "vtiger" "stand_in_item",
    /// The Part Number of the product that stands for fees.
    crm_fee_item: Plain "vtiger" "fee_item",
    /// How long to wait for the CRM's answer, such as `30s`.
    crm_timeout: Plain "vtiger" "timeout",
    /// How many requests the CRM may get, such as `60/m`.
    crm_rate_limit: Plain "vtiger" "rate_limit",
    /// How many it may get at once.
    crm_concurrency_limit: Plain "vtiger" "concurrency_limit",
}

/// The fields that must be filled in, and what each is.
pub(super) const NEEDED: [(&str, &str); 6] = [
    (
        "shop_url",
        "enter the shop's address, such as https://shop.example",
    ),
    (
        "shop_key",
        "enter the consumer key, which begins with ck_, or connect through the shop's own consent screen",
    ),
    (
        "shop_secret",
        "enter the consumer secret, which begins with cs_; WooCommerce shows it once, when the key is made",
    ),
    (
        "crm_url",
        "enter the CRM's address, such as https://example.od2.vtiger.com",
    ),
    (
        "crm_username",
        "enter the name of the Vtiger user that this service works as",
    ),
    (
        "crm_access_key",
        "enter the user's access key: in Vtiger, My Preferences > Access Key",
    ),
];

impl Field {
    /// The field of this table and key.
    pub(super) fn at(table: &str, key: &str) -> Option<&'static Self> {
        FIELDS
            .iter()
            .find(|field| field.table == table && field.key == key)
    }

    /// The field of this name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        FIELDS.iter().find(|field| field.name == name)
    }
}

impl Input {
    /// The fields as the configuration file has them, blank ones left out.
    pub(super) fn written(&self, is_paused: bool) -> Written {
        let mut written = Written::default();
        written.is_paused = is_paused;
        for field in FIELDS {
            // A secret is taken as it stands, and may end in a blank; what is pasted with a line break does not.
            let value = match field.kind {
                Kind::Plain => self.get(field.name).trim(),
                Kind::Secret => self.get(field.name).trim_matches(['\r', '\n']),
            };
            if !value.trim().is_empty() {
                written.put(&field, value.to_owned());
            }
        }
        written
    }

    /// What can be shown of a connection, for it to be changed.
    pub(super) fn of(name: &str, written: &Written) -> Self {
        let mut input = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        for field in FIELDS.iter().filter(|field| field.kind == Kind::Plain) {
            if let Some(value) = written.get(field) {
                input.set(field.name, value.to_owned());
            }
        }
        input
    }
}

/// Secrets are not shown, nor is what else may have got into the wrong field.
impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
