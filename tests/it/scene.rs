//! A simulated shop, a simulated CRM and the service between them, each test its own.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use woo_vtiger_sync::app::{Parts, Server, Stage};
use woo_vtiger_sync::clock::{Clock, SystemClock, Timestamp};
use woo_vtiger_sync::config::Config;
use woo_vtiger_sync::http;
use woo_vtiger_sync::queue::Lane;
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::simulator::vtiger::{VtigerOptions, VtigerSimulator};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};
use woo_vtiger_sync::store::{Entry, Place, Stored};
use woo_vtiger_sync::sweep::{Report, Scope};
use woo_vtiger_sync::sync::{Module, ModuleSettings, RecordId, Side};
use woo_vtiger_sync::woocommerce::webhook::TOPICS;

use crate::stack::Stack;

/// The secret that the recorded webhooks were signed with.
pub(crate) const WEBHOOK_SECRET: &str = "lab-webhook-secret";
/// The secret that the recorded callbacks were signed with.
pub(crate) const CALLBACK_SECRET: &str = "lab-secret";

/// The three, running.
pub(crate) struct Scene {
    pub(crate) shop: WooCommerceSimulator,
    pub(crate) crm: VtigerSimulator,
    pub(crate) server: Server,
    pub(crate) url: String,
    stack: Stack,
    /// Where the configuration file is.
    folder: TempDir,
}

/// A clock that is ahead by this.
#[derive(Debug)]
struct LateClock(Duration);

impl Clock for LateClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + self.0
    }
}

/// Calls that are made ahead of the first event: to sign in, and to know the CRM's fields, taxes and currencies.
const AHEAD: [&str; 7] = [
    "getchallenge ",
    "login ",
    "describe ",
    "query SELECT * FROM Tax;",
    "query SELECT * FROM Currency;",
    "query SELECT id, productcode FROM Products WHERE productcode IN",
    "woovtigersync_capabilities ",
];

/// Settings with which deletions are passed on.
pub(crate) const PROPAGATE: &str = "[connections.shop.modules.contacts]
     deletes = \"propagate\"
     [connections.shop.modules.products]
     deletes = \"propagate\"
     [connections.shop.modules.sales_orders]
     deletes = \"propagate\"";

impl Scene {
    /// With the settings that a new installation has.
    pub(crate) async fn start() -> Self {
        Self::with("").await
    }

    /// With these settings besides, and a CRM whose zone is known: where it isn't, Vtiger's times can't be compared before
    /// our own first write tells it.
    pub(crate) async fn in_utc(settings: &str) -> Self {
        Self::with(&format!(
            "[connections.shop.vtiger]\ntime_zone_offset = \"+00:00\"\n{settings}"
        ))
        .await
    }

    /// With this in the configuration file.
    pub(crate) async fn with(settings: &str) -> Self {
        let crm = VtigerOptions::default();
        Self::with_systems(
            settings,
            WooCommerceOptions {
                delivery_delay: Duration::ZERO,
                ..Default::default()
            },
            crm,
        )
        .await
    }

    /// With these simulators.
    pub(crate) async fn with_systems(settings: &str, shop: WooCommerceOptions, crm: VtigerOptions) -> Self {
        Self::with_post(settings, shop, crm, ToOwned::to_owned).await
    }

    /// With these simulators, which send what they tell of to what `post` makes of the service's address.
    pub(crate) async fn with_post(
        settings: &str,
        shop: WooCommerceOptions,
        crm: VtigerOptions,
        post: impl FnOnce(&str) -> String,
    ) -> Self {
        Self::with_clock(settings, shop, crm, post, SystemClock::shared()).await
    }

    /// With this clock of the service's.
    pub(crate) async fn with_clock(
        settings: &str,
        shop: WooCommerceOptions,
        crm: VtigerOptions,
        post: impl FnOnce(&str) -> String,
        clock: Arc<dyn Clock>,
    ) -> Self {
        http::install_tls_provider();
        let shop = WooCommerceSimulator::start(shop).await.unwrap();
        let crm = VtigerSimulator::start(crm).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        std::fs::write(&file, settings).unwrap();
        let stack = Stack::empty().await;
        let variables = environment(&shop, &crm, &stack);
        let config = Config::load(Some(&file), variables.into_iter()).unwrap();
        let server = Server::start(&config, clock, Stage::Real).await.unwrap();
        let url = format!("http://{}", server.address());
        let address = post(&url);
        for topic in TOPICS {
            shop.add_webhook(
                topic,
                &format!("{address}/webhooks/woocommerce/shop"),
                WEBHOOK_SECRET,
            );
        }
        crm.set_callback(&format!("{address}/webhooks/vtiger/shop"), CALLBACK_SECRET);
        Self {
            shop,
            crm,
            server,
            url,
            stack,
            folder,
        }
    }

    /// Throws the service's database and queue away and starts a new service at the same address.
    pub(crate) async fn forget_everything(self) -> Self {
        let stack = Stack::empty().await;
        self.start_anew(SystemClock::shared(), Some(stack)).await
    }

    /// Stops the service and starts it again at the same address, when so much time has passed by its clock.
    pub(crate) async fn start_later(self, passed: Duration) -> Self {
        self.start_anew(Arc::new(LateClock(passed)), None).await
    }

    async fn start_anew(self, clock: Arc<dyn Clock>, other: Option<Stack>) -> Self {
        let (stack, left) = match other {
            Some(other) => (other, Some(self.stack)),
            None => (self.stack, None),
        };
        let mut variables = environment(&self.shop, &self.crm, &stack);
        let address = self.server.address().to_string();
        set(&mut variables, vec![("WVS_HTTP__LISTEN".to_owned(), address)]);
        let file = self.folder.path().join("settings.toml");
        let config = Config::load(Some(&file), variables.into_iter()).unwrap();
        self.server.stop().await;
        drop(left);
        let server = Server::start(&config, clock, Stage::Real).await.unwrap();
        Self {
            server,
            stack,
            shop: self.shop,
            crm: self.crm,
            url: self.url,
            folder: self.folder,
        }
    }

    /// The environment of the service, or of another process beside it.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        environment(&self.shop, &self.crm, &self.stack)
    }

    /// The service's database.
    pub(crate) fn database(&self) -> PathBuf {
        self.stack.database()
    }

    /// Waits until no webhook is under way and no event waits, and fails after 60 s in which their number stayed.
    pub(crate) async fn quiet(&self) {
        loop {
            let before = self.under_way().await;
            if before == 0 {
                return;
            }
            wait_until("a webhook or an event is dealt with", async || {
                self.under_way().await != before
            })
            .await;
        }
    }

    /// How many webhooks and events are under way.
    pub(crate) async fn under_way(&self) -> u64 {
        let sent = self.shop.pending_deliveries() + self.crm.pending_callbacks();
        u64::try_from(sent).unwrap() + self.events_under_way().await
    }

    /// How many events wait or are being dealt with.
    pub(crate) async fn events_under_way(&self) -> u64 {
        let mut under_way = self.stack.under_way();
        for lane in Lane::ALL {
            // There may be something while the broker is not connected yet.
            under_way += self.server.parts().queue.depth(lane).await.unwrap_or(1);
        }
        under_way
    }

    /// Sweeps the contacts once, and waits until what was found is dealt with.
    pub(crate) async fn sweep(&self) -> Report {
        let report = self
            .server
            .parts()
            .roster
            .get("shop")
            .unwrap()
            .sweeper
            .clone()
            .sweep(&contacts(), Scope::Full)
            .await
            .unwrap();
        self.quiet().await;
        report
    }

    /// Sweeps all modules, those that others refer to first, and waits until what was found is dealt with.
    pub(crate) async fn sweep_all(&self) -> bool {
        let mut clean = true;
        for module in Module::ALL {
            let sweeper = &self.server.parts().roster.get("shop").unwrap().sweeper.clone();
            clean &= sweeper
                .sweep(&place(module), Scope::Full)
                .await
                .unwrap()
                .is_clean();
            self.quiet().await;
        }
        clean
    }

    /// The journal, the newest first.
    pub(crate) async fn journal(&self) -> Vec<Stored> {
        self.server.parts().store.entries(1000).await.unwrap()
    }

    /// The contact with this e-mail address; fails when there are several.
    pub(crate) fn contact(&self, email: &str) -> Option<Json> {
        one(self.crm.records("Contacts"), email)
    }

    /// The customer with this e-mail address; fails when there are several.
    pub(crate) fn customer(&self, email: &str) -> Option<Json> {
        one(self.shop.customers(), email)
    }

    /// A customer and the contact that is in step with it since the last second, each known by its id, with no
    /// calls counted so far.
    pub(crate) async fn pair(&self, email: &str) -> (u64, String) {
        let customer = self.shop.register_customer(ann(email));
        self.quiet().await;
        let contact = self.contact(email).expect("a contact")["id"]
            .as_str()
            .unwrap()
            .to_owned();
        // Times have whole seconds. What changes in the second of the last change must be read again.
        next_second().await;
        self.forget_calls();
        (customer, contact)
    }

    /// What the journal says last of a record.
    pub(crate) async fn last_entry(&self, module: Module, side: Side, id: &str) -> Entry {
        let store = &self.server.parts().store;
        let entries = store
            .entries_of(&place(module), side, &RecordId::new(id), 1)
            .await;
        let last = entries.unwrap().pop();
        last.unwrap_or_else(|| panic!("the journal tells of the {} {id}", module.one()))
            .entry
    }

    /// Changes a module's settings from now on.
    pub(crate) async fn set(&self, module: Module, change: impl FnOnce(&mut ModuleSettings)) {
        let parts = self.server.parts();
        let at = place(module);
        let mut settings = parts.store.settings(&at).await.unwrap().unwrap();
        change(&mut settings);
        let put = parts.store.put_settings(&at, &settings, parts.clock.now());
        put.await.unwrap();
    }

    /// Loses all webhooks and callbacks from now on, or none any more.
    pub(crate) fn set_deaf(&self, is_deaf: bool) {
        let plan = FaultPlan {
            lost_webhooks: if is_deaf { 1.0 } else { 0.0 },
            ..FaultPlan::default()
        };
        self.shop.set_faults(plan.clone());
        self.crm.set_faults(plan);
    }

    /// The calls since they were forgotten that write.
    pub(crate) fn writes(&self) -> Vec<String> {
        let reads = [
            "GET ",
            "query ",
            "retrieve ",
            "describe ",
            "listtypes ",
            "getchallenge ",
            "login ",
            "woovtigersync_capabilities ",
            "woovtigersync_changes ",
        ];
        let mut calls = self.calls();
        calls.retain(|call| !reads.iter().any(|read| call.starts_with(read)));
        calls
    }

    pub(crate) fn forget_calls(&self) {
        self.shop.forget_calls();
        self.crm.forget_calls();
    }

    /// The calls since they were forgotten, as `GET /customers/2` and `revise 12x5`.
    pub(crate) fn calls(&self) -> Vec<String> {
        let shop = self
            .shop
            .calls()
            .into_iter()
            .map(|call| format!("{} {}", call.method, call.path));
        let crm = self
            .crm
            .calls()
            .into_iter()
            .map(|call| format!("{} {}", call.operation, call.detail));
        shop.chain(crm).collect()
    }

    /// The calls since they were forgotten, without those that sign in.
    pub(crate) fn calls_signed_in(&self) -> Vec<String> {
        let mut calls = self.calls();
        calls.retain(|call| !AHEAD.iter().any(|ahead| call.starts_with(ahead)));
        calls
    }

    pub(crate) async fn stop(self) {
        self.server.stop().await;
        self.shop.stop().await;
        self.crm.stop().await;
    }
}

/// The environment of a service between these two, with its events and records in this.
fn environment(shop: &WooCommerceSimulator, crm: &VtigerSimulator, stack: &Stack) -> Vec<(String, String)> {
    let mut variables = variables(&shop.url(), &crm.url(), Path::new(""));
    set(&mut variables, stack.variables());
    variables
}

/// Sets variables that may be set already.
pub(crate) fn set(variables: &mut Vec<(String, String)>, others: Vec<(String, String)>) {
    variables.retain(|(name, _)| !others.iter().any(|(other, _)| other == name));
    variables.extend(others);
}

/// The environment of a service between these two.
pub(crate) fn variables(shop: &str, crm: &str, folder: &Path) -> Vec<(String, String)> {
    let shop_options = WooCommerceOptions::default();
    let crm_options = VtigerOptions::default();
    let database = format!("sqlite:{}", folder.join("sync.sqlite").display());
    [
        ("WVS_HTTP__LISTEN", "127.0.0.1:0"),
        ("WVS_DATABASE__URL", &database),
        ("WVS_SWEEP__AT_START", "false"),
        ("WVS_SWEEP__INTERVAL", "24h"),
        ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__URL", shop),
        (
            "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_KEY",
            &shop_options.consumer_key,
        ),
        (
            "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_SECRET",
            &shop_options.consumer_secret,
        ),
        (
            "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__WEBHOOK_SECRET",
            WEBHOOK_SECRET,
        ),
        ("WVS_CONNECTIONS__SHOP__VTIGER__URL", crm),
        ("WVS_CONNECTIONS__SHOP__VTIGER__USERNAME", &crm_options.username),
        (
            "WVS_CONNECTIONS__SHOP__VTIGER__ACCESS_KEY",
            &crm_options.access_key,
        ),
        ("WVS_CONNECTIONS__SHOP__VTIGER__CALLBACK_SECRET", CALLBACK_SECRET),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// The contacts of the scene's connection.
pub(crate) fn contacts() -> Place {
    place(Module::Contacts)
}

/// A module of the scene's connection.
pub(crate) fn place(module: Module) -> Place {
    let mut places = Parts::places("shop").into_iter();
    places.find(|place| place.module == module).unwrap()
}

/// A customer's fields.
pub(crate) fn ann(email: &str) -> Json {
    json!({
        "email": email, "first_name": "Ann", "last_name": "Lee",
        "billing": { "phone": "555 1000", "address_1": "1 Main St", "city": "Oakland", "state": "CA",
                     "postcode": "94601", "country": "US" },
    })
}

fn one(records: Vec<Json>, email: &str) -> Option<Json> {
    let mut found = records.into_iter().filter(|record| {
        record["email"]
            .as_str()
            .is_some_and(|other| other.eq_ignore_ascii_case(email))
    });
    let first = found.next();
    assert!(found.next().is_none(), "{email} is there twice");
    first
}

/// Waits until the clock shows another second: both systems tell times in whole ones.
pub(crate) async fn next_second() {
    let second = SystemClock.now().as_seconds();
    wait_until("the next second has come", || async move {
        SystemClock.now().as_seconds() > second
    })
    .await;
}

/// The billing address in an order of this customer's.
pub(crate) fn billing_of(customer: &Json) -> Json {
    let mut billing = customer["billing"].clone();
    for name in ["first_name", "last_name", "email"] {
        billing[name] = customer[name].clone();
    }
    billing
}

/// The number that whoever runs the tests asks for by this variable.
pub(crate) fn asked(name: &str) -> Option<u64> {
    let value = std::env::var_os(name)?;
    Some(value.to_str()?.parse().expect("a number"))
}

/// Waits until `is_so`, and fails after 60 s.
pub(crate) async fn wait_until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    let wait = async {
        loop {
            ticks.tick().await;
            if is_so().await {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), wait)
        .await
        .unwrap_or_else(|_| panic!("waited in vain until {what}"));
}
