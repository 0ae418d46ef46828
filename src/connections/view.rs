//! A connection as it is shown: never with its secrets.

use serde::{Deserialize, Serialize};
use url::Url;

use super::Written;
use super::input::Input;
use crate::roster::{Member, Origin};
use crate::store::KeptConnection;
use crate::sync::{Direction, Module, ModuleSettings};

/// A connection as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    /// Its name.
    pub name: String,
    /// Whether it is kept in the database; else it is in the configuration, where alone it can be changed.
    pub is_kept: bool,
    /// Whether nothing is done for now.
    pub is_paused: bool,
    /// Why it can't be brought to work, where it can't.
    pub problem: Option<String>,
    /// The shop's address.
    pub shop_url: String,
    /// The CRM's address.
    pub crm_url: String,
    /// The Vtiger user that this service works as.
    pub crm_username: String,
    /// The products that stand for an order's lines without one.
    pub stand_ins: StandIns,
    /// Whether webhooks are registered and kept active by themselves.
    pub registers_webhooks: bool,
    /// Where the shop's webhooks are to be sent to, where that is known.
    pub delivery_url: Option<String>,
    /// Where Vtiger's callbacks are to be sent to, where that is known.
    pub callback_url: Option<String>,
    /// Its modules.
    pub modules: Vec<ModuleView>,
    /// When it was made, in milliseconds since 1970; where it is kept in the database.
    pub created_ms: Option<i64>,
    /// When it was last changed.
    pub updated_ms: Option<i64>,
}

/// The part numbers of the products that stand for an order's lines without one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandIns {
    /// That of lines whose product is not in the CRM.
    pub stand_in_item: String,
    /// That of fees.
    pub fee_item: String,
}

/// What of a module is chosen when a connection is set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModuleView {
    /// The module.
    pub module: Module,
    /// Whether it is kept in step.
    pub enabled: bool,
    /// Which way its records travel.
    pub direction: Direction,
}

impl ModuleView {
    pub(super) fn new(module: Module, settings: &ModuleSettings) -> Self {
        Self {
            module,
            enabled: settings.enabled,
            direction: settings.direction,
        }
    }
}

impl View {
    pub(super) fn new(
        member: &Member,
        kept: Option<&KeptConnection>,
        modules: Vec<ModuleView>,
        public_url: Option<&Url>,
    ) -> Self {
        let (shop, crm) = (&member.connection.woocommerce, &member.connection.vtiger);
        let address = |system: &str| {
            let base = public_url?.as_str().trim_end_matches('/');
            Some(format!("{base}/webhooks/{system}/{}", member.name))
        };
        Self {
            name: member.name.clone(),
            is_kept: matches!(member.origin, Origin::Database { .. }),
            is_paused: member.is_paused,
            problem: None,
            shop_url: shop.url.to_string(),
            crm_url: crm.url.to_string(),
            crm_username: crm.username.clone(),
            stand_ins: StandIns {
                stand_in_item: crm.stand_in_item.clone(),
                fee_item: crm.fee_item.clone(),
            },
            registers_webhooks: shop.register_webhooks,
            delivery_url: address("woocommerce"),
            callback_url: address("vtiger"),
            modules,
            created_ms: kept.map(|kept| kept.created.as_millis()),
            updated_ms: kept.map(|kept| kept.updated.as_millis()),
        }
    }

    /// A connection that can't be brought to work, and why.
    pub(super) fn idle(kept: &KeptConnection, reason: String) -> Self {
        let written = Written::plain(kept).unwrap_or_default();
        let input = Input::of(&kept.name, &written);
        Self {
            name: kept.name.clone(),
            is_kept: true,
            is_paused: written.is_paused,
            problem: Some(reason),
            shop_url: input.shop_url,
            crm_url: input.crm_url,
            crm_username: input.crm_username,
            stand_ins: StandIns {
                stand_in_item: input.crm_stand_in_item,
                fee_item: input.crm_fee_item,
            },
            registers_webhooks: false,
            delivery_url: None,
            callback_url: None,
            modules: Vec::new(),
            created_ms: Some(kept.created.as_millis()),
            updated_ms: Some(kept.updated.as_millis()),
        }
    }
}
