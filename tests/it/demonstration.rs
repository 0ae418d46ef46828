//! The demonstration as people start it: it ends in step in spite of faults, and tells when it is not.

use crate::process::Program;
use crate::scene::wait_until;
use woo_vtiger_sync::http;

/// A mapping of the CRM's other phone field, by mistake.
const WRONG_PHONE: &str = r#"
    [[connections.demo.modules.contacts.mappings]]
    woocommerce = "email"
    vtiger = "email"

    [[connections.demo.modules.contacts.mappings]]
    woocommerce = "last_name"
    vtiger = "lastname"

    [[connections.demo.modules.contacts.mappings]]
    woocommerce = "first_name"
    vtiger = "firstname"

    [[connections.demo.modules.contacts.mappings]]
    woocommerce = "billing.phone"
    vtiger = "mobile"
"#;

fn environment() -> Vec<(String, String)> {
    vec![("WVS_HTTP__LISTEN".to_owned(), "127.0.0.1:0".to_owned())]
}

#[tokio::test]
async fn it_ends_in_step_though_requests_fail_and_webhooks_get_lost() {
    let arguments = "demo --for 8s --exit-when-converged --faults 5% --lost-webhooks 10%";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let demo = Program::start(&arguments, &environment());

    // The page is there while people edit.
    wait_until("the page's address is told", || async {
        demo.out().contains("to watch.")
    })
    .await;
    let out = demo.out();
    let (_, rest) = out.split_once("Open ").unwrap();
    let url = rest.split(' ').next().unwrap();
    http::install_tls_provider();
    let page = http::client(std::time::Duration::from_secs(10))
        .unwrap()
        .get(url)
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(page.contains("<title>woo-vtiger-sync</title>"), "{page}");
    assert!(page.contains("Open the simulated WooCommerce"), "{page}");
    let ended = demo.ended().await;

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended
            .out
            .contains("5% of API requests fail, 10% of webhooks get lost"),
        "{}",
        ended.out
    );
    assert!(ended.out.contains("In step: "), "{}", ended.out);
    let row = |system: &str| -> Vec<u64> {
        let line = ended.out.lines().rev().find_map(|line| line.strip_prefix(system));
        let words = line.unwrap_or_else(|| panic!("no {system} in {}", ended.out));
        words
            .split_whitespace()
            .map(|number| number.parse().unwrap())
            .collect()
    };
    for system in ["WooCommerce", "Vtiger CRM"] {
        let [records, created, _updated, _skipped, calls] = row(system).try_into().unwrap();
        assert!(records >= 12, "{}", ended.out);
        assert!(created > 0, "{}", ended.out);
        assert!(calls > 0, "{}", ended.out);
    }
}

#[tokio::test]
async fn it_fails_and_names_the_fields_when_a_mapping_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.toml");
    std::fs::write(&file, WRONG_PHONE).unwrap();
    let arguments = [
        "demo",
        "--for",
        "1s",
        "--exit-when-converged",
        "--config",
        file.to_str().unwrap(),
    ];

    let ended = Program::run(&arguments, &environment()).await;

    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.out.contains("NOT in step: "), "{}", ended.out);
    assert!(!ended.out.contains("In step: "), "{}", ended.out);
    assert!(ended.out.contains("billing.phone"), "{}", ended.out);
}

#[tokio::test]
async fn it_ends_at_once_when_it_is_interrupted() {
    let demo = Program::start(&["demo"], &environment());
    wait_until("it has begun", || async { demo.out().contains("Ctrl-C") }).await;

    demo.signal("INT");
    let ended = demo.ended().await;

    assert_eq!(ended.code, Some(0), "{ended:?}");
}
