//! The two simulators and the service between them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;
use tempfile::TempDir;

use super::{Options, free_address, simulators};
use crate::app::{self, Server};
use crate::clock::{SystemClock, Timestamp};
use crate::config::Config;
use crate::simulator::faults::FaultPlan;
use crate::simulator::vtiger::{VtigerOptions, VtigerSimulator};
use crate::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};
use crate::sync::Side;
use crate::telemetry;
use crate::woocommerce::webhook::TOPICS;

/// The name of the demonstration's connection.
pub(super) const CONNECTION: &str = "demo";

const WEBHOOK_SECRET: &str = "demowebhooksecret";
const CALLBACK_SECRET: &str = "democallbacksecret";

/// What tells, in the CRM, of the service's own doing.
pub(super) struct Signs {
    /// The field of a sales order that names the shop's order.
    pub(super) order_reference: String,
    /// The `productcode`s of the products that stand for lines without one.
    pub(super) stand_ins: [String; 2],
}

/// The two simulators and the service between them.
pub(super) struct Stage {
    pub(super) shop: WooCommerceSimulator,
    pub(super) crm: VtigerSimulator,
    pub(super) server: Server,
    pub(super) signs: Signs,
    started: Timestamp,
    // Removed when dropped.
    folder: Option<TempDir>,
}

impl Stage {
    pub(super) async fn set_up(
        options: &Options,
        environment: impl Iterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let (shop, crm) = simulators(options.customers).await?;
        let folder = match options.data {
            Some(_) => None,
            None => Some(tempfile::tempdir().context("no folder for the database can be made")?),
        };
        let path = options
            .data
            .clone()
            .or_else(|| folder.as_ref().map(|folder| folder.path().to_owned()));
        let config = config(options, environment, &shop, &crm, &path.unwrap_or_default())?;
        telemetry::init(&config.log);
        let connection = config
            .connections
            .get(CONNECTION)
            .context("the demo's connection is missing")?;
        let signs = Signs {
            order_reference: connection.vtiger.order_reference_field.clone(),
            stand_ins: [
                connection.vtiger.stand_in_item.clone(),
                connection.vtiger.fee_item.clone(),
            ],
        };
        let clock = SystemClock::shared();
        let started = clock.now();
        let server = Server::start(&config, clock, app::Stage::Simulated).await?;
        let address = format!("http://{}", server.address());
        for topic in TOPICS {
            shop.add_webhook(
                topic,
                &format!("{address}/webhooks/woocommerce/{CONNECTION}"),
                WEBHOOK_SECRET,
            );
        }
        crm.set_callback(
            &format!("{address}/webhooks/vtiger/{CONNECTION}"),
            CALLBACK_SECRET,
        );
        let faults = FaultPlan {
            request_faults: options.faults,
            lost_webhooks: options.lost_webhooks,
            seed: rand::random(),
            ..FaultPlan::default()
        };
        shop.set_faults(FaultPlan {
            seed: faults.seed.wrapping_add(1),
            ..faults.clone()
        });
        crm.set_faults(faults);
        Ok(Self {
            shop,
            crm,
            server,
            signs,
            started,
            folder,
        })
    }

    pub(super) fn introduction(&self, options: &Options) -> String {
        let mut text = String::new();
        // Writing to a string can't fail.
        let _ = writeln!(text, "Open http://{} to watch.\n", self.server.address());
        let _ = writeln!(text, "  simulated WooCommerce  {}", self.shop.url());
        let _ = writeln!(text, "  simulated Vtiger CRM   {}", self.crm.url());
        if options.faults > 0.0 || options.lost_webhooks > 0.0 {
            let _ = writeln!(
                text,
                "  on purpose             {:.0}% of API requests fail, {:.0}% of webhooks get lost",
                options.faults * 100.0,
                options.lost_webhooks * 100.0
            );
        }
        text.push_str("\nPeople edit customers, products and orders at both ends.");
        if options.duration.is_none() {
            text.push_str(" Press Ctrl-C to end.");
        }
        text
    }

    /// What was done, as a table.
    pub(super) async fn summary(&self) -> anyhow::Result<String> {
        let store = &self.server.parts().store;
        let lines = store.counts_since(self.started).await?;
        let mut text = format!(
            "\n{:<12} {:>8} {:>8} {:>8} {:>8} {:>10}\n",
            "", "records", "created", "updated", "skipped", "API calls"
        );
        for side in Side::BOTH {
            let (records, calls) = match side {
                Side::WooCommerce => {
                    let people = self.shop.customers().len() + self.shop.orders().len();
                    let goods = self.shop.products().len() + self.shop.taxes().len();
                    (people + goods, self.shop.calls().len())
                }
                Side::Vtiger => {
                    let modules = ["Contacts", "SalesOrder", "Products", "Tax"];
                    let records = modules.map(|module| self.crm.records(module).len());
                    (records.iter().sum(), self.crm.calls().len())
                }
            };
            let counts = lines.iter().filter(|line| line.side == side.as_str());
            let (created, updated, skipped) = counts.fold((0, 0, 0), |sum, line| {
                (sum.0 + line.created, sum.1 + line.updated, sum.2 + line.skipped)
            });
            let _ = writeln!(
                text,
                "{:<12} {records:>8} {created:>8} {updated:>8} {skipped:>8} {calls:>10}",
                side.title()
            );
        }
        Ok(text)
    }

    pub(super) async fn tear_down(self) {
        self.server.stop().await;
        self.shop.stop().await;
        self.crm.stop().await;
        drop(self.folder);
    }
}

/// The configuration: what the person says, and over it what makes this the demonstration.
fn config(
    options: &Options,
    environment: impl Iterator<Item = (String, String)>,
    shop: &WooCommerceSimulator,
    crm: &VtigerSimulator,
    folder: &Path,
) -> anyhow::Result<Config> {
    let shop_options = WooCommerceOptions::default();
    let crm_options = VtigerOptions::default();
    let database = format!("sqlite:{}", folder.join("demo.sqlite").display());
    let mut variables = BTreeMap::from([
        ("WVS_HTTP__LISTEN".to_owned(), free_address()),
        // The simulators break connections on purpose; that their server complains is no news.
        ("WVS_LOG__FILTER".to_owned(), "error,actix_http=off".to_owned()),
        ("WVS_SWEEP__INTERVAL".to_owned(), "10s".to_owned()),
    ]);
    variables.extend(environment);
    let connection = |key: &str, value: &str| {
        (
            format!("WVS_CONNECTIONS__{}__{key}", CONNECTION.to_uppercase()),
            value.to_owned(),
        )
    };
    variables.extend([
        ("WVS_DATABASE__URL".to_owned(), database),
        ("WVS_QUEUE__URL".to_owned(), "embedded:".to_owned()),
        connection("WOOCOMMERCE__URL", &shop.url()),
        connection("WOOCOMMERCE__CONSUMER_KEY", &shop_options.consumer_key),
        connection("WOOCOMMERCE__CONSUMER_SECRET", &shop_options.consumer_secret),
        connection("WOOCOMMERCE__WEBHOOK_SECRET", WEBHOOK_SECRET),
        connection("VTIGER__URL", &crm.url()),
        connection("VTIGER__USERNAME", &crm_options.username),
        connection("VTIGER__ACCESS_KEY", &crm_options.access_key),
        connection("VTIGER__CALLBACK_SECRET", CALLBACK_SECRET),
    ]);
    let mut config = Config::load(options.config.as_deref(), variables.into_iter())?;
    // Nothing real is touched, whatever else the person has configured.
    config.connections.retain(|name, _| name == CONNECTION);
    Ok(config)
}
