//! Checks one connection's settings.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use time::UtcOffset;
use time::macros::format_description;

use super::Check;
use crate::config::connection::{
    Authentication, Connection, Limits, VtigerConnection, WooCommerceConnection,
};
use crate::config::layers::join;
use crate::config::raw::{RawConnection, RawVtiger, RawWooCommerce};
use crate::config::scalar::{ModuleName, RateLimit, Secret, Whole};
use crate::sync::{Module, ModuleSettings};

const AUTHENTICATIONS: [(&str, Authentication); 3] = [
    ("basic", Authentication::Basic),
    ("oauth", Authentication::OAuth),
    ("query", Authentication::Query),
];

fn plain(secret: Option<Secret>) -> Option<SecretString> {
    secret.map(|secret| secret.0)
}

impl Check<'_> {
    pub(super) fn connection(&mut self, at: &str, raw: RawConnection) -> Option<Connection> {
        let woocommerce = self.woocommerce(&join(at, "woocommerce"), raw.woocommerce.unwrap_or_default());
        let vtiger = self.vtiger(&join(at, "vtiger"), raw.vtiger.unwrap_or_default());
        let mut modules: BTreeMap<Module, ModuleSettings> = raw
            .modules
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(ModuleName(module), raw)| {
                let settings = self.module(&join(at, &format!("modules.{module}")), module, raw)?;
                Some((module, settings))
            })
            .collect();
        // Taxes can't be set, and are kept in step all the same.
        modules.insert(Module::Taxes, ModuleSettings::default_for(Module::Taxes).ok()?);
        Some(Connection {
            woocommerce: woocommerce?,
            vtiger: vtiger?,
            modules,
        })
    }

    fn woocommerce(&mut self, at: &str, raw: RawWooCommerce) -> Option<WooCommerceConnection> {
        let key = |key| join(at, key);
        let url = self.web_address(&key("url"), raw.url);
        let consumer_key = self.required_secret(
            &key("consumer_key"),
            plain(raw.consumer_key),
            raw.consumer_key_file,
        );
        let consumer_secret = self.required_secret(
            &key("consumer_secret"),
            plain(raw.consumer_secret),
            raw.consumer_secret_file,
        );
        let register_webhooks = self.required(&key("register_webhooks"), raw.register_webhooks);
        let registers = register_webhooks.as_ref().is_some_and(|flag| flag.0);
        if registers && !self.has_public_url {
            self.told(
                &key("register_webhooks"),
                "it needs http.public_url, the address at which WooCommerce reaches this service, such as \
                 \"https://sync.example\"; set that, or take register_webhooks away and add the webhooks by hand",
            );
        }
        let secret_is_given = raw.webhook_secret.is_some() || raw.webhook_secret_file.is_some();
        // Where webhooks are registered, a secret can be made up.
        let webhook_secret = if secret_is_given || !registers {
            let file = raw.webhook_secret_file;
            self.required_secret(&key("webhook_secret"), plain(raw.webhook_secret), file)
        } else {
            None
        };
        let previous = self.secret(
            &key("webhook_secret_previous"),
            plain(raw.webhook_secret_previous),
            raw.webhook_secret_previous_file,
        );
        self.warn_of_entities(&key("webhook_secret"), webhook_secret.as_ref());
        self.warn_of_entities(&key("webhook_secret_previous"), previous.as_ref());
        let authentication = self.choice(&key("authentication"), raw.authentication, &AUTHENTICATIONS);
        let timeout = self.period(&key("timeout"), raw.timeout);
        let limits = self.limits(at, raw.rate_limit, raw.concurrency_limit);
        Some(WooCommerceConnection {
            url: url?,
            consumer_key: consumer_key?,
            consumer_secret: consumer_secret?,
            webhook_secret,
            webhook_secret_previous: previous,
            register_webhooks: register_webhooks?.0,
            authentication,
            timeout: timeout?,
            limits,
        })
    }

    /// WooCommerce decodes HTML entities in a webhook's secret before it signs, so that `&amp;` never fits.
    fn warn_of_entities(&mut self, path: &str, secret: Option<&SecretString>) {
        let odd = |secret: &SecretString| !secret.expose_secret().chars().all(|c| c.is_ascii_alphanumeric());
        if secret.is_some_and(odd) {
            self.warnings.push(format!(
                "{path}: it has characters other than letters and digits, some of which WooCommerce changes before \
                 it signs; if signatures don't fit, choose a secret of letters and digits"
            ));
        }
    }

    fn vtiger(&mut self, at: &str, raw: RawVtiger) -> Option<VtigerConnection> {
        let key = |key| join(at, key);
        let url = self.web_address(&key("url"), raw.url);
        let username = self.required_text(&key("username"), raw.username);
        let access_key = self.required_secret(&key("access_key"), plain(raw.access_key), raw.access_key_file);
        let callback_secret = self.required_secret(
            &key("callback_secret"),
            plain(raw.callback_secret),
            raw.callback_secret_file,
        );
        let previous = self.secret(
            &key("callback_secret_previous"),
            plain(raw.callback_secret_previous),
            raw.callback_secret_previous_file,
        );
        let time_zone_offset = raw
            .time_zone_offset
            .and_then(|text| self.offset(&key("time_zone_offset"), &text));
        let assigned_user_id = self.text(&key("assigned_user_id"), raw.assigned_user_id);
        let order_reference_field =
            self.required_text(&key("order_reference_field"), raw.order_reference_field);
        let stand_in_item = self.required_text(&key("stand_in_item"), raw.stand_in_item);
        let fee_item = self.required_text(&key("fee_item"), raw.fee_item);
        let fee_item = if stand_in_item.is_some() && fee_item == stand_in_item {
            self.fail(
                &key("fee_item"),
                "it is the same as stand_in_item; name another product, so that fees can be told from other lines",
            )
        } else {
            fee_item
        };
        let timeout = self.period(&key("timeout"), raw.timeout);
        let limits = self.limits(at, raw.rate_limit, raw.concurrency_limit);
        Some(VtigerConnection {
            url: url?,
            username: username?,
            access_key: access_key?,
            callback_secrets: [callback_secret?].into_iter().chain(previous).collect(),
            time_zone_offset,
            assigned_user_id,
            order_reference_field: order_reference_field?,
            stand_in_item: stand_in_item?,
            fee_item: fee_item?,
            timeout: timeout?,
            limits,
        })
    }

    fn limits(&mut self, at: &str, rate: Option<RateLimit>, concurrency: Option<Whole>) -> Limits {
        Limits {
            rate: rate.map(|limit| limit.rate),
            concurrency: concurrency
                .and_then(|count| self.whole(&join(at, "concurrency_limit"), Some(count), 1)),
        }
    }

    fn offset(&mut self, path: &str, text: &str) -> Option<UtcOffset> {
        let format = format_description!("[offset_hour sign:mandatory]:[offset_minute]");
        match UtcOffset::parse(text, format) {
            Ok(offset) => Some(offset),
            Err(_) => self.fail(
                path,
                format!("`{text}` is no offset from UTC; write it like \"+02:00\""),
            ),
        }
    }
}
