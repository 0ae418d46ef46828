//! What people are told of a bad configuration: which key, where it is set, what is wrong, what to do; no secrets.

use std::path::Path;

use woo_vtiger_sync::config::{Config, ConfigError};

use super::{file, load, shop_with};

/// The problems, one a line.
fn problems(result: Result<Config, ConfigError>) -> String {
    let error = result.expect_err("this configuration is bad");
    let lines: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// The problems but for keys that are missing.
fn other_problems(result: Result<Config, ConfigError>) -> String {
    let all = problems(result);
    let kept: Vec<&str> = all
        .lines()
        .filter(|line| !line.contains(": it is missing; "))
        .collect();
    kept.join("\n")
}

/// The problems of a file but for keys that are missing, with the file's path shown as `FILE`.
fn file_problems(text: &str) -> String {
    let (_folder, path) = file(text);
    other_problems(load(Some(&path), &[])).replace(path.to_str().unwrap(), "FILE")
}

#[test]
fn a_secret_and_its_file_together_are_refused() {
    let told = problems(shop_with(&[
        ("WVS_CONNECTIONS__SHOP__VTIGER__ACCESS_KEY_FILE", "/nowhere"),
        ("WVS_DATABASE__URL", "sqlite:x"),
        ("WVS_DATABASE__URL_FILE", "/nowhere"),
        ("WVS_QUEUE__URL_FILE", "/nowhere"),
    ]));

    insta::assert_snapshot!(told, @r#"
    connections.shop.vtiger.access_key_file (environment variable WVS_CONNECTIONS__SHOP__VTIGER__ACCESS_KEY_FILE): `connections.shop.vtiger.access_key` is given, too; keep one of the two
    database.url_file (environment variable WVS_DATABASE__URL_FILE): `database.url` is given, too; keep one of the two
    queue.url_file (environment variable WVS_QUEUE__URL_FILE): the file `/nowhere` can't be read: No such file or directory (os error 2)
    "#);
}

#[test]
fn a_limit_that_is_none_is_told_with_an_example() {
    let told = problems(shop_with(&[
        ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__RATE_LIMIT", "10"),
        ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONCURRENCY_LIMIT", "0"),
        ("WVS_CONNECTIONS__SHOP__VTIGER__RATE_LIMIT", "0/s"),
    ]));

    insta::assert_snapshot!(told, @r#"
    connections.shop.vtiger.rate_limit (environment variable WVS_CONNECTIONS__SHOP__VTIGER__RATE_LIMIT): `0/s` is no limit of requests in a time; write a number, a slash and s, m, h or d, such as "10/s"
    connections.shop.woocommerce.concurrency_limit (environment variable WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONCURRENCY_LIMIT): it is 0 but must be at least 1
    connections.shop.woocommerce.rate_limit (environment variable WVS_CONNECTIONS__SHOP__WOOCOMMERCE__RATE_LIMIT): `10` is no limit of requests in a time; write a number, a slash and s, m, h or d, such as "10/s"
    "#);
}

#[test]
fn a_misspelt_key_is_told_at_each_level_with_the_nearest_right_one() {
    let told = problems(shop_with(&[
        ("WVS_HTTP__LISTNE", "a:1"),
        ("WVS_HTTP__HTTP", "a:1"),
        ("WVS_HTTP_LISTEN", "a:1"),
        ("WVS_WORKERS__CONCURRENCY", "1"),
        ("WVS_SHUTDOWN__GRACE", "1s"),
        ("WVS_CONNECTIONS__SHOP__WOOCOMERCE__URL", "https://shop.example"),
        ("WVS_CONNECTIONS__SHOP__VTIGER__ACESS_KEY", "x"),
        ("WVS_CONNECTIONS__SHOP__MODULES__CONTACT__ENABLED", "true"),
        ("WVS_CONNECTIONS__SHOP__MODULES__CONTACTS__COLOUR", "red"),
    ]));

    insta::assert_snapshot!(told, @r#"
    connections.shop.modules.contact (environment variable WVS_CONNECTIONS__SHOP__MODULES__CONTACT__ENABLED): there is no such key; did you mean `connections.shop.modules.contacts`?
    connections.shop.modules.contacts.colour (environment variable WVS_CONNECTIONS__SHOP__MODULES__CONTACTS__COLOUR): there is no such key here, only `enabled`, `direction`, `conflict`, `sync_from`, `deletes`, `sweep_interval`, `owner`, `disabled_mappings`, `mappings` or `extra_mappings`
    connections.shop.vtiger.acess_key (environment variable WVS_CONNECTIONS__SHOP__VTIGER__ACESS_KEY): there is no such key; did you mean `connections.shop.vtiger.access_key`?
    connections.shop.woocomerce (environment variable WVS_CONNECTIONS__SHOP__WOOCOMERCE__URL): there is no such key; did you mean `connections.shop.woocommerce`?
    http.http (environment variable WVS_HTTP__HTTP): there is no such key here, only `listen`, `public_url`, `api_token`, `api_token_file` or `body_limit`
    http.listne (environment variable WVS_HTTP__LISTNE): there is no such key; did you mean `http.listen`?
    http_listen (environment variable WVS_HTTP_LISTEN): there is no such key; a section and its key are separated by two underscores, as in `WVS_HTTP__LISTEN`
    shutdown (environment variable WVS_SHUTDOWN__GRACE): there is no such key here, only `roles`, `shutdown_grace`, `http`, `database`, `queue`, `worker`, `sweep`, `sync_log`, `debug_log`, `log`, `encryption` or `connections`
    workers (environment variable WVS_WORKERS__CONCURRENCY): there is no such key; did you mean `worker`?
    "#);
}

#[test]
fn a_misspelt_key_in_a_file_is_told_with_the_file() {
    let told = file_problems(
        r#"
        [http]
        lisen = "a:1"
        [[connections.shop.modules.contacts.mappings]]
        woocomerce = "email"
        "#,
    );

    assert!(
        told.contains("http.lisen (file FILE): there is no such key; did you mean `http.listen`?"),
        "{told}"
    );
    insta::assert_snapshot!(told, @r#"
    connections.shop.modules.contacts.mappings[0].woocomerce (file FILE): there is no such key; did you mean `connections.shop.modules.contacts.mappings[0].woocommerce`?
    http.lisen (file FILE): there is no such key; did you mean `http.listen`?
    "#);
}

#[test]
fn wrong_types_and_values_are_told_with_the_remedy() {
    let told = other_problems(shop_with(&[
        ("WVS_HTTP__LISTEN", "8080"),
        ("WVS_HTTP__BODY_LIMIT", "lots"),
        ("WVS_WORKER__CONCURRENCY", "0"),
        ("WVS_WORKER__RETRY_LIMIT", "4294967296"),
        ("WVS_SWEEP__INTERVAL", "15"),
        ("WVS_SWEEP__AT_START", "maybe"),
        ("WVS_LOG__FORMAT", "jsno"),
        ("WVS_LOG__FILTER", "info,x=loud"),
        ("WVS_DATABASE__URL", "mysql://root:hidden@db/x"),
        ("WVS_QUEUE__URL", "kafka://hidden"),
        ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__URL", "shop.example"),
        (
            "WVS_CONNECTIONS__SHOP__VTIGER__URL",
            "https://me:hidden@crm.example",
        ),
        ("WVS_CONNECTIONS__SHOP__VTIGER__TIME_ZONE_OFFSET", "Berlin"),
        ("WVS_CONNECTIONS__SHOP__MODULES__CONTACTS__SYNC_FROM", "31.1.2026"),
        ("WVS_CONNECTIONS__SHOP__MODULES__CONTACTS__CONFLICT", "woo"),
        ("WVS_CONNECTIONS__SHOP__MODULES__CONTACTS__MAPPINGS", "hidden"),
        ("WVS_CONNECTIONS__OTHER__WOOCOMMERCE", "ck_hidden"),
        ("WVS_CONNECTIONS__A.B__VTIGER__URL", "https://crm.example"),
    ]));

    assert!(!told.contains("hidden"), "{told}");
    insta::assert_snapshot!(told, @r#"
    connections.a.b (environment variable WVS_CONNECTIONS__A.B__VTIGER__URL): there is no such key here, only `woocommerce`, `vtiger` or `modules`
    connections.other.woocommerce (environment variable WVS_CONNECTIONS__OTHER__WOOCOMMERCE): it is text but must be a table of keys
    connections.shop.modules.contacts.conflict (environment variable WVS_CONNECTIONS__SHOP__MODULES__CONTACTS__CONFLICT): it is `woo` but must be `last_updated`, `vtiger` or `woocommerce`
    connections.shop.modules.contacts.mappings (environment variable WVS_CONNECTIONS__SHOP__MODULES__CONTACTS__MAPPINGS): it is text but must be a list, which can be set only in the file
    connections.shop.modules.contacts.sync_from (environment variable WVS_CONNECTIONS__SHOP__MODULES__CONTACTS__SYNC_FROM): `31.1.2026` is no day; write it like "2026-01-31", or with a time "2026-01-31T08:00:00Z"
    connections.shop.vtiger.time_zone_offset (environment variable WVS_CONNECTIONS__SHOP__VTIGER__TIME_ZONE_OFFSET): `Berlin` is no offset from UTC; write it like "+02:00"
    connections.shop.vtiger.url (environment variable WVS_CONNECTIONS__SHOP__VTIGER__URL): it must not hold a user or password; they have keys of their own
    connections.shop.woocommerce.url (environment variable WVS_CONNECTIONS__SHOP__WOOCOMMERCE__URL): it must start with https:// (or http://)
    database.url (environment variable WVS_DATABASE__URL): it must be sqlite:<path> or postgres://<user>:<password>@<host>/<database>
    http.body_limit (environment variable WVS_HTTP__BODY_LIMIT): `lots` is no whole number; write digits only, such as 8
    http.listen (environment variable WVS_HTTP__LISTEN): `8080` is no address with a port; write it like 0.0.0.0:8080
    log.filter (environment variable WVS_LOG__FILTER): `info,x=loud` is no filter (error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5); write it like "info" or "info,woo_vtiger_sync=debug"
    log.format (environment variable WVS_LOG__FORMAT): it is `jsno` but must be `text` or `json`; did you mean `json`?
    queue.url (environment variable WVS_QUEUE__URL): it must be `embedded:` or amqp://<user>:<password>@<host>/<vhost>
    sweep.at_start (environment variable WVS_SWEEP__AT_START): `maybe` is neither yes nor no; write true or false
    sweep.interval (environment variable WVS_SWEEP__INTERVAL): `15` is no period of time; write a number and ms, s, m, h or d, such as "15m"
    worker.concurrency (environment variable WVS_WORKER__CONCURRENCY): it is 0 but must be at least 1
    worker.retry_limit (environment variable WVS_WORKER__RETRY_LIMIT): 4294967296 is too large
    "#);
}

#[test]
fn wrong_types_in_a_file_are_told_without_the_secret() {
    let told = file_problems(
        r#"
        connections.shop.woocommerce.consumer_key = 70012
        connections.shop.vtiger.access_key = ["hidden"]
        worker.concurrency = 2.5
        worker.retry_limit = -1
        sweep = "hidden"
        "#,
    );

    assert!(!told.contains("70012") && !told.contains("hidden"), "{told}");
    insta::assert_snapshot!(told, @r#"
    connections.shop.vtiger.access_key (file FILE): it is a list but must be text; put it in quotes
    connections.shop.woocommerce.consumer_key (file FILE): it is a number but must be text; put it in quotes
    sweep (file FILE): it is text but must be a table of keys
    worker.concurrency (file FILE): `2.5` is no whole number; write digits only, such as 8
    worker.retry_limit (file FILE): `-1` is no whole number; write digits only, such as 8
    "#);
}

#[test]
fn a_file_that_is_no_toml_is_told_with_the_line_but_not_its_text() {
    let told = file_problems("[http]\nlisten = \"a:1\"\nsecret = cs_hidden\n");

    assert!(told.starts_with("file FILE: line 3 is no TOML: "), "{told}");
    assert!(!told.contains("cs_hidden"), "{told}");
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let told = problems(load(Some(Path::new("/nowhere/config.toml")), &[]));

    assert!(
        told.starts_with("file /nowhere/config.toml: it can't be read: "),
        "{told}"
    );
}

#[test]
fn missing_and_empty_secrets_are_told_all_at_once() {
    let told = problems(load(
        None,
        &[
            ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__URL", "https://shop.example"),
            ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_KEY", ""),
            ("WVS_CONNECTIONS__SHOP__VTIGER__USERNAME", " "),
        ],
    ));

    insta::assert_snapshot!(told, @r#"
    connections.shop.vtiger.access_key: it is missing; set it in the file or as WVS_CONNECTIONS__SHOP__VTIGER__ACCESS_KEY, or set WVS_CONNECTIONS__SHOP__VTIGER__ACCESS_KEY_FILE to the path of a file that holds it
    connections.shop.vtiger.callback_secret: it is missing; set it in the file or as WVS_CONNECTIONS__SHOP__VTIGER__CALLBACK_SECRET, or set WVS_CONNECTIONS__SHOP__VTIGER__CALLBACK_SECRET_FILE to the path of a file that holds it
    connections.shop.vtiger.url: it is missing; set it in the file or as WVS_CONNECTIONS__SHOP__VTIGER__URL
    connections.shop.vtiger.username (environment variable WVS_CONNECTIONS__SHOP__VTIGER__USERNAME): it is empty; fill it in, or take the key away
    connections.shop.woocommerce.consumer_key (environment variable WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_KEY): it is empty; put the secret there, or take the key away
    connections.shop.woocommerce.consumer_secret: it is missing; set it in the file or as WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_SECRET, or set WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_SECRET_FILE to the path of a file that holds it
    connections.shop.woocommerce.webhook_secret: it is missing; set it in the file or as WVS_CONNECTIONS__SHOP__WOOCOMMERCE__WEBHOOK_SECRET, or set WVS_CONNECTIONS__SHOP__WOOCOMMERCE__WEBHOOK_SECRET_FILE to the path of a file that holds it
    "#);
}

#[test]
fn two_names_that_differ_only_in_case_are_refused() {
    let in_file = file_problems("[connections.shop.vtiger]\n[connections.SHOP.vtiger]\n");
    let in_environment = problems(load(
        None,
        &[("WVS_HTTP__LISTEN", "a:1"), ("WVS_http__listen", "b:2")],
    ));

    assert!(
        in_file.contains("there is another connection `shop`"),
        "{in_file}"
    );
    insta::assert_snapshot!(in_environment, @r#"
    http.listen (environment variable WVS_HTTP__LISTEN): WVS_http__listen sets it, too; keep one of them
    "#);
}

#[test]
fn to_register_webhooks_an_address_of_our_own_is_needed() {
    const REGISTER: (&str, &str) = ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__REGISTER_WEBHOOKS", "true");
    let without = problems(shop_with(&[REGISTER]));
    let wrong = problems(shop_with(&[REGISTER, ("WVS_HTTP__PUBLIC_URL", "sync.example")]));
    let with_query = problems(shop_with(&[(
        "WVS_HTTP__PUBLIC_URL",
        "https://sync.example/?a=b",
    )]));

    insta::assert_snapshot!([without, wrong, with_query].join("\n"), @r#"
    connections.shop.woocommerce.register_webhooks (environment variable WVS_CONNECTIONS__SHOP__WOOCOMMERCE__REGISTER_WEBHOOKS): it needs http.public_url, the address at which WooCommerce reaches this service, such as "https://sync.example"; set that, or take register_webhooks away and add the webhooks by hand
    http.public_url (environment variable WVS_HTTP__PUBLIC_URL): it must start with https:// (or http://)
    http.public_url (environment variable WVS_HTTP__PUBLIC_URL): it must end before any `?` or `#`
    "#);
}
