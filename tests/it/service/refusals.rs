//! What doesn't work is refused with a sentence that says what to do.

use woo_vtiger_sync::simulator::woocommerce::WooCommerceOptions;

use super::{Place, vacant_address};
use crate::process::Program;
use crate::servers;

const CONSUMER_SECRET: &str = "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_SECRET";
const ACCESS_KEY: &str = "WVS_CONNECTIONS__SHOP__VTIGER__ACCESS_KEY";
const SHOP_URL: &str = "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__URL";
const CRM_URL: &str = "WVS_CONNECTIONS__SHOP__VTIGER__URL";

#[tokio::test]
async fn check_says_what_to_do_about_each_problem() {
    let nowhere = format!("http://{}", vacant_address());
    // The setting that is wrong, the finding's subject, and its remedy.
    let cases = [
        (
            CONSUMER_SECRET,
            "cs_wrong_secret_of_mine",
            "read customers",
            "→ in WooCommerce, under Settings > Advanced > REST API, make a key with Read/Write permission",
        ),
        (
            ACCESS_KEY,
            "wrong-access-key-of-mine",
            "sign in",
            "→ copy the access key anew from Vtiger, My Preferences, Access Key",
        ),
        (
            SHOP_URL,
            nowhere.as_str(),
            "reach the site",
            "→ check the address, and that the site is up and reachable from here",
        ),
        (
            CRM_URL,
            nowhere.as_str(),
            "reach webservice.php",
            "→ check the CRM's address: ADDRESS/webservice.php must answer there",
        ),
    ];
    let place = Place::new().await;
    for (name, value, subject, remedy) in cases {
        let checked = Program::run(&["check"], &place.environment_with(name, value)).await;

        assert_eq!(checked.code, Some(1), "{name}: {checked:?}");
        assert_finding(&checked.out, subject, remedy);
        let is_secret = !name.ends_with("URL");
        assert!(!is_secret || !checked.out.contains(value), "{}", checked.out);
    }
}

#[tokio::test]
async fn check_finds_a_key_that_may_not_write() {
    let place = Place::with(WooCommerceOptions {
        read_only: true,
        ..WooCommerceOptions::default()
    })
    .await;

    let checked = Program::run(&["check"], &place.environment()).await;

    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert!(checked.out.contains("  ok    read customers"), "{}", checked.out);
    assert_finding(
        &checked.out,
        "write customers",
        "→ the key may not write: in WooCommerce, under Settings > Advanced > REST API, make a key with Read/Write",
    );
}

#[tokio::test]
async fn check_is_content_with_good_systems_and_changes_nothing_there() {
    let place = Place::new().await;

    let checked = Program::run(&["check"], &place.environment()).await;

    assert_eq!(checked.code, Some(0), "{checked:?}");
    for line in [
        "shop: WooCommerce",
        "shop: Vtiger CRM",
        "  ok    write customers",
        "  ok    sign in",
    ] {
        assert!(checked.out.contains(line), "{line}: {}", checked.out);
    }
    assert!(!checked.out.contains("FAIL"), "{}", checked.out);
    assert!(place.shop.customers().is_empty());
    assert!(place.crm.records("Contacts").is_empty());
}

#[tokio::test]
async fn check_tells_whether_the_broker_answers() {
    let (place, broker) = (Place::new().await, servers::broker().await);
    let with = |url: &str| {
        let mut environment = place.environment_with("WVS_QUEUE__URL", url);
        environment.push(("WVS_QUEUE__PREFIX".to_owned(), broker.prefix().to_owned()));
        environment
    };
    let checked = Program::run(&["check"], &with(&broker.url())).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(
        checked.out.contains("  ok    queue: it answers; 0 events wait"),
        "{}",
        checked.out
    );

    let nowhere = format!("amqp://sync:secret@{}/", vacant_address());
    let checked = Program::run(&["check"], &with(&nowhere)).await;

    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert_finding(&checked.out, "queue", "→ start RabbitMQ, or mend queue.url");
    assert!(!checked.out.contains("secret"), "{}", checked.out);
    assert!(
        checked.out.contains("  ok    sign in"),
        "the rest is looked at, too: {}",
        checked.out
    );
}

#[tokio::test]
async fn check_without_a_connection_says_how_to_name_one() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("sync.sqlite").display());

    let checked = Program::run(&["check"], &[("WVS_DATABASE__URL".to_owned(), database)]).await;

    assert_eq!(checked.code, Some(1));
    assert!(
        checked.out.contains("deploy/config.example.toml shows how"),
        "{}",
        checked.out
    );
}

#[tokio::test]
async fn a_second_service_on_the_same_database_is_refused() {
    let place = Place::new().await;
    let service = Program::start(&["serve"], &place.environment());
    service.url().await;

    let second = Program::run(&["serve"], &place.environment()).await;

    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(
        second
            .log
            .contains("Stop the other one, or give this one a database of its own"),
        "{}",
        second.log
    );
    assert_eq!(service.stop().await.code, Some(0));
}

#[tokio::test]
async fn an_address_in_use_is_told() {
    let place = Place::new().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();

    let service = Program::run(&["serve"], &place.environment_with("WVS_HTTP__LISTEN", &address)).await;

    assert_eq!(service.code, Some(1), "{service:?}");
    assert!(
        service.log.contains(&format!(
            "http.listen: {address} can't be listened on; is another program using it?"
        )),
        "{}",
        service.log
    );
}

#[tokio::test]
async fn roles_can_only_be_shared_among_processes_with_postgresql_and_rabbitmq() {
    let place = Place::new().await;
    let postgres = ("WVS_DATABASE__URL", "postgres://sync:hidden-word@db.example/sync");
    let cases = [
        (&[][..], "SQLite serves one process"),
        (&[postgres][..], "the embedded queue serves one process"),
    ];
    for (variables, sentence) in cases {
        let mut environment = place.environment_with("WVS_ROLES", "worker");
        for (name, value) in variables {
            environment.push(((*name).to_owned(), (*value).to_owned()));
        }

        let ended = Program::run(&["serve"], &environment).await;

        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(
            ended.log.contains("roles") && ended.log.contains(sentence),
            "{}",
            ended.log
        );
        assert!(
            ended.log.contains("queue.url to a RabbitMQ server"),
            "{}",
            ended.log
        );
        assert!(!ended.log.contains("hidden-word"), "{}", ended.log);
    }
}

#[tokio::test]
async fn a_typo_in_a_variable_is_told_with_the_nearest_right_key() {
    let place = Place::new().await;

    let ended = Program::run(&["serve"], &place.environment_with("WVS_SWEEP__INTERVALL", "5m")).await;

    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.log.contains("environment variable WVS_SWEEP__INTERVALL")
            && ended.log.contains("did you mean `sweep.interval`?"),
        "{}",
        ended.log
    );
}

/// The report has a bad finding with this subject, and the remedy right below it.
fn assert_finding(report: &str, subject: &str, remedy: &str) {
    let mut lines = report.lines();
    let wanted = format!("  FAIL  {subject}: ");
    assert!(
        lines.any(|line| line.starts_with(&wanted)),
        "no `{wanted}` in {report}"
    );
    let next = lines.next().unwrap_or_default().trim_start();
    assert!(
        next.starts_with(remedy),
        "after `{wanted}` comes `{next}`, not `{remedy}`"
    );
}
