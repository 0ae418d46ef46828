//! Configurations and what they become; in `mistakes`, what people are told of bad ones; in `modules`, the settings of
//! modules; in `settings_file`, `command` and `live`, how they are exported, imported and checked.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the helpers of tests fail by panicking"
)]

mod command;
mod live;
mod mistakes;
mod modules;
mod settings_file;

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret;
use tempfile::TempDir;
use woo_vtiger_sync::config::{
    Authentication, Config, ConfigError, Database, Limits, LogFormat, QueueBackend,
};
use woo_vtiger_sync::limit::Rate;
use woo_vtiger_sync::sync::{ConflictRule, Direction, Module, Transform};

const SHOP: [(&str, &str); 8] = [
    ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__URL", "https://shop.example"),
    ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_KEY", "ck_hidden1"),
    (
        "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_SECRET",
        "cs_hidden2",
    ),
    ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__WEBHOOK_SECRET", "hidden3"),
    ("WVS_CONNECTIONS__SHOP__VTIGER__URL", "https://crm.example"),
    ("WVS_CONNECTIONS__SHOP__VTIGER__USERNAME", "sync@shop.example"),
    ("WVS_CONNECTIONS__SHOP__VTIGER__ACCESS_KEY", "hidden4"),
    ("WVS_CONNECTIONS__SHOP__VTIGER__CALLBACK_SECRET", "hidden5"),
];

fn load(file: Option<&Path>, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Config::load(file, variables.iter().map(own))
}

/// The settings of `SHOP` with further or other variables.
fn shop_with(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let replaced = |name: &str| variables.iter().any(|(other, _)| *other == name);
    let kept = SHOP.iter().filter(|(name, _)| !replaced(name));
    let all: Vec<_> = kept.chain(variables).copied().collect();
    load(None, &all)
}

fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

#[test]
fn without_any_setting_the_defaults_hold_and_the_missing_connection_is_a_warning() {
    let config = load(None, &[]).unwrap();

    assert_eq!(config.http.listen, "127.0.0.1:8080");
    assert_eq!(config.http.body_limit, 5 * 1024 * 1024);
    assert!(matches!(&config.database, Database::Sqlite(path) if path == Path::new("woo-vtiger-sync.db")));
    assert!(matches!(config.queue, QueueBackend::Embedded));
    assert_eq!(config.worker.concurrency, 8);
    assert_eq!(config.sweep.interval, Duration::from_mins(15));
    assert!(config.sweep.at_start);
    assert_eq!(config.log.format, LogFormat::Text);
    assert!(
        config.warnings()[0].starts_with("no connection is set up"),
        "{:?}",
        config.warnings()
    );
}

#[test]
fn the_environment_alone_sets_up_a_connection() {
    let config = shop_with(&[
        ("WVS_HTTP__LISTEN", "0.0.0.0:80"),
        ("WVS_DATABASE__URL", "postgres://u:hidden6@db/sync"),
        ("WVS_QUEUE__URL", "amqp://u:hidden7@mq/%2f"),
        ("WVS_WORKER__CONCURRENCY", "3"),
        ("WVS_SWEEP__AT_START", "false"),
        ("WVS_CONNECTIONS__SHOP__MODULES__CONTACTS__CONFLICT", "vtiger"),
        ("WVS_CONNECTIONS__SHOP__VTIGER__TIME_ZONE_OFFSET", "+02:00"),
        ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__AUTHENTICATION", "oauth"),
        ("PATH", "/bin"),
    ])
    .unwrap();

    assert_eq!(config.http.listen, "0.0.0.0:80");
    assert!(matches!(config.database, Database::Postgres(_)));
    assert!(matches!(config.queue, QueueBackend::RabbitMq { .. }));
    assert_eq!(config.worker.concurrency, 3);
    assert!(!config.sweep.at_start);
    let shop = &config.connections["shop"];
    assert_eq!(shop.woocommerce.url.as_str(), "https://shop.example/");
    assert_eq!(shop.woocommerce.authentication, Some(Authentication::OAuth));
    assert_eq!(shop.woocommerce.timeout, Duration::from_secs(30));
    assert_eq!(shop.vtiger.access_key.expose_secret(), "hidden4");
    assert_eq!(shop.vtiger.time_zone_offset.unwrap().whole_hours(), 2);
    let contacts = &shop.modules[&Module::Contacts];
    assert!(contacts.enabled);
    assert_eq!(contacts.conflict, ConflictRule::Vtiger);
    assert!(config.warnings().is_empty(), "{:?}", config.warnings());
}

#[test]
fn each_sides_requests_can_be_limited() {
    let free = shop_with(&[]).unwrap();
    let limited = shop_with(&[
        ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__RATE_LIMIT", "10/s"),
        ("WVS_CONNECTIONS__SHOP__VTIGER__RATE_LIMIT", "1000 / h"),
        ("WVS_CONNECTIONS__SHOP__VTIGER__CONCURRENCY_LIMIT", "4"),
    ])
    .unwrap();

    assert_eq!(free.connections["shop"].vtiger.limits, Limits::default());
    let shop = &limited.connections["shop"];
    assert_eq!(
        shop.woocommerce.limits.rate,
        Rate::new(10, Duration::from_secs(1))
    );
    assert_eq!(shop.woocommerce.limits.concurrency, None);
    assert_eq!(shop.vtiger.limits.rate, Rate::new(1000, Duration::from_hours(1)));
    assert_eq!(shop.vtiger.limits.concurrency, Some(4));
}

#[test]
fn every_module_has_defaults() {
    let config = shop_with(&[]).unwrap();

    let modules: Vec<Module> = config.connections["shop"].modules.keys().copied().collect();

    assert_eq!(modules, Module::ALL);
}

#[test]
fn the_environment_wins_over_the_file_whatever_the_names_case() {
    let (_folder, path) =
        file("[http]\nlisten = \"a:1\"\nbody_limit = 7\n[connections.Shop.vtiger]\nusername = \"f\"\n");
    let mut variables = SHOP.to_vec();
    variables.push(("WVS_HTTP__LISTEN", "b:2"));

    let config = load(Some(&path), &variables).unwrap();

    assert_eq!(config.http.listen, "b:2");
    assert_eq!(config.http.body_limit, 7);
    assert_eq!(config.connections.keys().collect::<Vec<_>>(), ["shop"]);
    assert_eq!(config.connections["shop"].vtiger.username, "sync@shop.example");
}

#[test]
fn secrets_that_look_like_numbers_stay_as_they_are() {
    let config = shop_with(&[
        ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_KEY", "007"),
        ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_SECRET", "1e3"),
        ("WVS_CONNECTIONS__SHOP__VTIGER__ACCESS_KEY", "true"),
    ])
    .unwrap();

    let shop = &config.connections["shop"];
    assert_eq!(shop.woocommerce.consumer_key.expose_secret(), "007");
    assert_eq!(shop.woocommerce.consumer_secret.expose_secret(), "1e3");
    assert_eq!(shop.vtiger.access_key.expose_secret(), "true");
}

#[test]
fn the_previous_webhook_secret_is_taken_after_the_present_one() {
    let config = shop_with(&[(
        "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__WEBHOOK_SECRET_PREVIOUS",
        "older",
    )])
    .unwrap();

    let secrets = config.connections["shop"].woocommerce.webhook_secrets();
    let secrets: Vec<_> = secrets
        .iter()
        .map(|secret| secret.expose_secret().to_owned())
        .collect();
    assert_eq!(secrets, ["hidden3", "older"]);
}

#[test]
fn where_webhooks_are_registered_a_secret_can_be_made_up() {
    const SECRET: &str = "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__WEBHOOK_SECRET";
    let all: Vec<_> = SHOP
        .into_iter()
        .filter(|(name, _)| *name != SECRET)
        .chain([
            ("WVS_HTTP__PUBLIC_URL", "http://sync.example/a/"),
            ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__REGISTER_WEBHOOKS", "true"),
        ])
        .collect();
    let config = load(None, &all).unwrap();

    let shop = &config.connections["shop"].woocommerce;
    assert!(shop.register_webhooks);
    assert!(shop.webhook_secrets().is_empty());
    assert_eq!(
        config.http.public_url.as_ref().unwrap().as_str(),
        "http://sync.example/a/"
    );
    assert_eq!(config.sweep.webhook_interval, Duration::from_mins(2));
    let [warning] = config.warnings() else {
        panic!("{:?}", config.warnings());
    };
    assert!(
        warning.starts_with("http.public_url: customers' data travels over plain http"),
        "{warning}"
    );
}

#[test]
fn a_webhook_secret_with_other_characters_is_warned_of() {
    let config = shop_with(&[("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__WEBHOOK_SECRET", "x&amp;y")]).unwrap();

    let [warning] = config.warnings() else {
        panic!("{:?}", config.warnings());
    };
    assert!(
        warning.starts_with("connections.shop.woocommerce.webhook_secret: it has"),
        "{warning}"
    );
    assert!(!warning.contains("x&amp;y"));
}

#[test]
fn field_mappings_are_read_from_the_file() {
    let (_folder, path) = file(
        r#"
        [connections.shop.modules.contacts]
        sync_from = 2026-01-31
        [[connections.shop.modules.contacts.mappings]]
        woocommerce = "billing.phone"
        vtiger = "phone"
        direction = "to_vtiger"
        transforms = ["trim", { map = { a = "b" } }]
        "#,
    );

    let config = load(Some(&path), &SHOP).unwrap();

    let contacts = &config.connections["shop"].modules[&Module::Contacts];
    assert_eq!(contacts.sync_from.unwrap().to_string(), "2026-01-31 00:00:00");
    let [mapping] = contacts.mappings.as_slice() else {
        panic!("one mapping");
    };
    assert_eq!(mapping.key(), "billing.phone = phone");
    assert_eq!(mapping.direction, Direction::ToVtiger);
    let table = Transform::Map([("a".to_owned(), "b".to_owned())].into());
    assert_eq!(mapping.transforms, [Transform::Trim, table]);
    assert!(mapping.enabled && !mapping.mandatory);
}

#[test]
fn secrets_come_from_files_without_the_last_line_break() {
    let (_folder, path) = file("from a file \n");
    let path = path.to_str().unwrap();
    let mut variables = SHOP.to_vec();
    variables.retain(|(name, _)| !name.ends_with("CONSUMER_SECRET"));
    variables.push(("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_SECRET_FILE", path));

    let config = load(None, &variables).unwrap();

    let secret = &config.connections["shop"].woocommerce.consumer_secret;
    assert_eq!(secret.expose_secret(), "from a file ");
}

#[test]
fn an_address_from_a_file_replaces_the_built_in_one() {
    let (_folder, path) = file("amqps://u:p@mq/\n");

    let config = load(None, &[("WVS_QUEUE__URL_FILE", path.to_str().unwrap())]).unwrap();

    assert!(
        matches!(&config.queue, QueueBackend::RabbitMq { url, .. } if url.expose_secret() == "amqps://u:p@mq/")
    );
}

#[test]
fn the_printed_configuration_and_its_debug_output_hold_no_secret() {
    let config = shop_with(&[
        (
            "WVS_DATABASE__URL",
            "postgres://u:hidden6@db/sync?password=hidden8",
        ),
        ("WVS_QUEUE__URL", "amqp://u:hidden7@mq/"),
        (
            "WVS_CONNECTIONS__SHOP__VTIGER__CALLBACK_SECRET_PREVIOUS",
            "hidden9",
        ),
    ])
    .unwrap();

    let printed = config.to_toml_redacted();

    assert!(!printed.contains("hidden"), "{printed}");
    assert!(!format!("{config:?}").contains("hidden"));
    insta::assert_snapshot!(printed, @r#"
    roles = "ingress,worker,sweeper,web"
    shutdown_grace = "20s"

    [http]
    listen = "127.0.0.1:8080"
    body_limit = 5242880

    [database]
    url = "postgres://u:***@db/sync"

    [queue]
    url = "amqp://u:***@mq/"
    prefix = "woo-vtiger-sync"

    [worker]
    concurrency = 8
    retry_limit = 200
    lease = "30s"

    [sweep]
    interval = "15m"
    full_interval = "24h"
    at_start = true
    webhook_interval = "2m"
    most_deletions_percent = 20

    [sync_log]
    retention = "90d"

    [debug_log]
    retention = "3d"
    size_limit = 52428800

    [log]
    format = "text"
    filter = "info"

    [encryption]

    [connections.shop.woocommerce]
    url = "https://shop.example"
    consumer_key = "***"
    consumer_secret = "***"
    webhook_secret = "***"
    register_webhooks = false
    timeout = "30s"

    [connections.shop.vtiger]
    url = "https://crm.example"
    username = "sync@shop.example"
    access_key = "***"
    callback_secret = "***"
    callback_secret_previous = "***"
    order_reference_field = "vtiger_purchaseorder"
    stand_in_item = "WC-ITEM"
    fee_item = "WC-FEE"
    timeout = "30s"

    [connections.shop.modules.products]
    enabled = true
    direction = "both"
    conflict = "last_updated"
    deletes = "ignore"
    variable_parents = true
    missing_sku = "leave"

    [connections.shop.modules.contacts]
    enabled = true
    direction = "both"
    conflict = "last_updated"
    deletes = "ignore"

    [connections.shop.modules.sales_orders]
    enabled = true
    direction = "both"
    conflict = "last_updated"
    deletes = "ignore"
    taxing = "auto"
    guests = "by_email"
    organization = "per_contact"
    "#);
}

#[test]
fn the_example_file_is_a_good_configuration() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/config.example.toml");

    let config = load(Some(&example), &[]).unwrap();

    assert!(config.connections.contains_key("shop"));
    assert!(config.warnings().is_empty(), "{:?}", config.warnings());
}
