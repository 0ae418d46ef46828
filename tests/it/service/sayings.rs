//! What the program prints and logs, and what it keeps to itself.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use woo_vtiger_sync::simulator::vtiger::VtigerOptions;
use woo_vtiger_sync::simulator::woocommerce::WooCommerceOptions;

use super::{Place, events_waiting};
use crate::process::Program;
use crate::scene::{CALLBACK_SECRET, WEBHOOK_SECRET, ann, wait_until};

/// What must be in no output.
fn secrets() -> Vec<String> {
    let (shop, crm) = (WooCommerceOptions::default(), VtigerOptions::default());
    let basic = STANDARD.encode(format!("{}:{}", shop.consumer_key, shop.consumer_secret));
    vec![
        WEBHOOK_SECRET.to_owned(),
        CALLBACK_SECRET.to_owned(),
        crm.access_key,
        shop.consumer_key,
        shop.consumer_secret,
        basic,
    ]
}

#[tokio::test]
async fn help_lists_the_commands() {
    let ended = Program::run(&["--help"], &[]).await;

    assert_eq!(ended.code, Some(0));
    for command in [
        "serve",
        "demo",
        "check",
        "sweep",
        "config",
        "migrate",
        "vtiger-extension",
    ] {
        assert!(
            ended
                .out
                .lines()
                .any(|line| line.trim_start().starts_with(&format!("{command} "))),
            "{command}: {}",
            ended.out
        );
    }
}

#[tokio::test]
async fn the_printed_settings_hold_no_secret() {
    let place = Place::new().await;

    let ended = Program::run(&["config"], &place.environment()).await;

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains(&place.shop.url()), "{}", ended.out);
    for key in [
        "consumer_key",
        "consumer_secret",
        "webhook_secret",
        "access_key",
        "callback_secret",
    ] {
        let line = format!("{key} = \"***\"");
        assert!(ended.out.contains(&line), "{line}: {}", ended.out);
    }
    for secret in secrets() {
        assert!(!ended.out.contains(&secret), "{secret}: {}", ended.out);
        assert!(!ended.log.contains(&secret), "{secret}: {}", ended.log);
    }
}

#[tokio::test]
async fn migrate_makes_the_database() {
    let place = Place::new().await;
    let database = place.folder.path().join("sync.sqlite");

    let first = Program::run(&["migrate"], &place.environment()).await;
    let second = Program::run(&["migrate"], &place.environment()).await;

    for ended in [first, second] {
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.out, "The database is up to date.\n");
    }
    let start = std::fs::read(database).unwrap();
    assert!(start.starts_with(b"SQLite format 3\0"));
}

#[tokio::test]
async fn the_extension_is_written_with_the_programs_version_and_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut written = Vec::new();
    for name in ["first.zip", "second.zip"] {
        let path = folder.path().join(name);
        let ended = Program::run(&["vtiger-extension", path.to_str().unwrap()], &[]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.out.contains("Import Module from Zip"), "{}", ended.out);
        written.push(std::fs::read(&path).unwrap());
    }
    let missing = folder.path().join("missing").join("some.zip");
    let refused = Program::run(&["vtiger-extension", missing.to_str().unwrap()], &[]).await;

    assert_eq!(written[0], written[1]);
    let mut zip = zip::ZipArchive::new(Cursor::new(&written[0])).unwrap();
    let mut texts = BTreeMap::new();
    for nth in 0..zip.len() {
        let mut file = zip.by_index(nth).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        let name = file.name().unwrap().into_owned();
        texts.insert(name, text);
    }
    let version = format!("<version>{}</version>", env!("CARGO_PKG_VERSION"));
    assert!(
        texts["manifest.xml"].contains(&version),
        "{}",
        texts["manifest.xml"]
    );
    assert!(texts["modules/WooVtigerSync/WooVtigerSync.php"].contains("vtlib_handler"));
    assert!(texts.values().all(|text| !text.contains("@VERSION@")));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.log.contains("can't be written"), "{}", refused.log);
}

#[tokio::test]
async fn the_json_log_has_one_object_a_line() {
    let place = Place::new().await;
    let service = Program::start(&["serve"], &place.environment_with("WVS_LOG__FORMAT", "json"));
    service.url().await;

    let ended = service.stop().await;

    assert_eq!(ended.code, Some(0), "{ended:?}");
    let lines: Vec<Json> = ended
        .log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    assert!(lines.iter().any(|line| line["message"] == "ready"));
}

/// Everything that happens to a person, logged as loudly as the program can.
#[tokio::test]
async fn the_log_holds_no_personal_data_and_no_secret() {
    let place = Place::new().await;
    let loud = place.environment_with("WVS_LOG__FILTER", "trace");
    let service = Program::start(&["serve"], &loud);
    let url = service.url().await;
    place.announce_to(&url);

    // A customer, an edit on each side, a guest, and a contact that has to be skipped.
    let id = place.shop.register_customer(json!({
        "email": "quillon.vandersloot@persons.example", "first_name": "Quillon", "last_name": "Vandersloot",
        "billing": { "phone": "555 7391 2846", "address_1": "9 Zebulon Crescent", "city": "Xanthippe",
                     "company": "Brobdingnag Works" },
    }));
    let mut guest = ann("guinevere.plumtree@persons.example");
    guest["billing"]["email"] = guest["email"].clone();
    guest["billing"]["first_name"] = json!("Guinevere");
    guest["billing"]["last_name"] = json!("Plumtree");
    place
        .shop
        .place_order(json!({ "customer_id": 0, "billing": guest["billing"] }));
    let mut nameless = guest["billing"].clone();
    nameless["email"] = json!("nameless.wombat@persons.example");
    nameless["last_name"] = json!("");
    place
        .shop
        .place_order(json!({ "customer_id": 0, "billing": nameless }));
    wait_until("both contacts are there", || async {
        place.contact("quillon.vandersloot@persons.example").is_some()
            && place.contact("guinevere.plumtree@persons.example").is_some()
    })
    .await;
    let contact = place.contact("quillon.vandersloot@persons.example").unwrap();
    place.crm.edit_record(
        contact["id"].as_str().unwrap(),
        json!({ "mailingcity": "Yggdrasil" }),
    );
    place
        .shop
        .edit_customer(id, json!({ "billing": { "phone": "555 8264 1937" } }));
    wait_until("both edits have arrived", || async {
        let contact = place.contact("quillon.vandersloot@persons.example").unwrap();
        let customer = place.shop.customer(id).unwrap();
        contact["phone"] == "555 8264 1937" && customer["billing"]["city"] == "Yggdrasil"
    })
    .await;
    wait_until("the skipped one was dealt with and no event waits", || async {
        service.log().contains("skipped a record") && events_waiting(&url).await == 0
    })
    .await;
    let ended = service.stop().await;

    let personal = [
        "persons.example",
        "quillon",
        "vandersloot",
        "guinevere",
        "plumtree",
        "wombat",
        "555 7391",
        "555 8264",
        "zebulon",
        "xanthippe",
        "yggdrasil",
        "brobdingnag",
    ];
    let unwanted: Vec<String> = personal
        .iter()
        .map(|word| (*word).to_owned())
        .chain(secrets())
        .collect();
    let found: Vec<&str> = ended
        .log
        .lines()
        .filter(|line| {
            let line = line.to_lowercase();
            unwanted.iter().any(|word| line.contains(&word.to_lowercase()))
        })
        .collect();
    assert!(
        found.is_empty(),
        "{} lines: {:#?}",
        found.len(),
        &found[..found.len().min(5)]
    );
    assert!(ended.log.contains("TRACE"), "the filter had no effect");
}
