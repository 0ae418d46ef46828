//! What the clients of the two systems are told of the configuration.

use secrecy::SecretString;
use url::Url;

use crate::config::{Authentication, Connection};
use crate::sync::Sides;
use crate::vtiger::VtigerSettings;
use crate::woocommerce::{self, WooCommerceSettings};

/// Where a connection's webhooks are sent to.
pub(super) fn delivery_address(public_url: &Url, connection: &str) -> Url {
    let mut url = public_url.clone();
    // Only an address that can't have a path is refused, and none of the web is so.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments
            .pop_if_empty()
            .extend(["webhooks", "woocommerce", connection]);
    }
    url
}

/// What each of the two clients, or an answer, could give away.
pub(super) fn secrets(connection: &Connection) -> Sides<Vec<SecretString>> {
    let (shop, crm) = (&connection.woocommerce, &connection.vtiger);
    let keys = [shop.consumer_key.clone(), shop.consumer_secret.clone()];
    Sides {
        woocommerce: keys.into_iter().chain(shop.webhook_secrets()).collect(),
        vtiger: [crm.access_key.clone()]
            .into_iter()
            .chain(crm.callback_secrets.iter().cloned())
            .collect(),
    }
}

pub(super) fn woocommerce_settings(connection: &Connection) -> WooCommerceSettings {
    let shop = &connection.woocommerce;
    WooCommerceSettings {
        url: shop.url.clone(),
        consumer_key: shop.consumer_key.clone(),
        consumer_secret: shop.consumer_secret.clone(),
        authentication: shop.authentication.map(|authentication| match authentication {
            Authentication::Basic => woocommerce::Authentication::Basic,
            Authentication::OAuth => woocommerce::Authentication::OAuth,
            Authentication::Query => woocommerce::Authentication::Query,
        }),
        timeout: shop.timeout,
    }
}

pub(super) fn vtiger_settings(name: &str, connection: &Connection) -> VtigerSettings {
    let crm = &connection.vtiger;
    VtigerSettings {
        url: crm.url.clone(),
        username: crm.username.clone(),
        access_key: crm.access_key.clone(),
        utc_offset: crm.time_zone_offset,
        assigned_user_id: crm.assigned_user_id.clone(),
        mark: name.to_owned(),
        order_reference_field: crm.order_reference_field.clone(),
        stand_in_item: crm.stand_in_item.clone(),
        fee_item: crm.fee_item.clone(),
        timeout: crm.timeout,
    }
}
