//! What `check` tells of clocks, of what comes by itself, and of what need not be permitted.

use std::time::Duration;

use serde_json::json;
use woo_vtiger_sync::check::check;
use woo_vtiger_sync::clock::Clock;
use woo_vtiger_sync::simulator::vtiger::VtigerOptions;
use woo_vtiger_sync::simulator::woocommerce::WooCommerceOptions;

use crate::scene::{Scene, ann, wait_until};
use crate::sweeps::clock::Watches;
use crate::wire::{customer, delivery};

const TEN_MINUTES: Duration = Duration::from_mins(10);

/// What is told below a heading about a subject, with the remedy.
async fn told(scene: &Scene, system: &str, subject: &str) -> String {
    let report = check(scene.server.parts()).await.report;
    let section = report.split("shop: ").find(|section| section.starts_with(system));
    let section = section.unwrap_or_else(|| panic!("{system}: {report}"));
    let lines: Vec<&str> = section.lines().collect();
    let is_it = |line: &&str| line.get(8..).is_some_and(|rest| rest.starts_with(subject));
    let at = lines.iter().position(is_it);
    let at = at.unwrap_or_else(|| panic!("{subject}: {report}"));
    lines[at..].iter().take(2).copied().collect::<Vec<_>>().join("\n")
}

fn assert_all(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

/// Waits until it is noted that something came from either side.
async fn noted(scene: &Scene) {
    wait_until("it is noted that both told", async || {
        let arrivals = scene.server.parts().store.arrivals("shop").await.unwrap();
        arrivals.delivery.is_some() && arrivals.callback.is_some()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_go_wrong_are_told_with_what_comes_of_it() {
    let watches = Watches::default();
    let scene = watches.scene("", VtigerOptions::default()).await;
    for system in ["WooCommerce", "Vtiger CRM"] {
        let clock = told(&scene, system, "clock").await;
        assert_all(&clock, &["  ok    clock: goes with this machine's"]);
    }

    watches.shop.set_ahead(TEN_MINUTES);
    watches.crm.set_back(TEN_MINUTES);

    let shop = told(&scene, "WooCommerce", "clock").await;
    let ahead = [
        "  note  clock: it is 10 min ahead of this machine's",
        "last updated wins",
        "NTP",
    ];
    // The time that passes meanwhile is not for the test to say.
    assert_all(&shop.replace("9 min", "10 min"), &ahead);
    let crm = told(&scene, "Vtiger CRM", "clock").await;
    assert_all(
        &crm,
        &["  note  clock: it is 10 min behind this machine's", "uncorrected"],
    );

    // WooCommerce refuses what is signed with a time that is off by more than a quarter of an hour.
    watches.shop.set_ahead(TEN_MINUTES);
    let refused = [
        "Invalid timestamp",
        "→ the clocks of this machine and the shop's server differ",
        "NTP",
    ];
    for subject in ["read customers", "write orders"] {
        assert_all(&told(&scene, "WooCommerce", subject).await, &refused);
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_that_stay_away_are_told_with_what_to_do_about_wp_cron() {
    for wp_cron in [true, false] {
        let watches = Watches::default();
        let scene = watches.scene("", VtigerOptions::default()).await;
        if !wp_cron {
            scene.shop.disable_wp_cron();
        }
        let advice = if wp_cron {
            "visits alone set WP-Cron off"
        } else {
            "the site sets DISABLE_WP_CRON"
        };

        let none = told(&scene, "WooCommerce", "deliveries").await;
        assert_all(
            &none,
            &["  note  deliveries: none has come yet\n", advice, "wp-cron.php"],
        );

        let cup = json!({ "name": "Cup", "sku": "CUP", "regular_price": "3" });
        let product = scene.shop.add_product(cup);
        scene.quiet().await;
        wait_until("it is noted", async || {
            let last = scene.server.parts().store.last_delivery("shop").await;
            last.unwrap().is_some()
        })
        .await;
        watches.pass(Duration::from_mins(30));
        let good = told(&scene, "WooCommerce", "deliveries").await;
        assert_all(
            &good,
            &["  ok    deliveries: the last one came at ", " after the change"],
        );

        scene.set_deaf(true);
        scene.shop.edit_product(product, json!({ "regular_price": "4" }));
        let early = told(&scene, "WooCommerce", "deliveries").await;
        assert_all(&early, &["  ok    deliveries"]);
        watches.pass(Duration::from_mins(30));
        let missed = told(&scene, "WooCommerce", "deliveries").await;
        let problem = "though an order or product was changed at";
        assert_all(
            &missed,
            &[
                "  note  deliveries",
                problem,
                "WP-Cron does not run",
                advice,
                "Scheduled Actions",
            ],
        );
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_that_come_late_are_told_but_not_where_the_clock_is_wrong() {
    for (late, ahead, is_told) in [
        (Duration::from_hours(1), Duration::ZERO, true),
        (Duration::from_mins(1), Duration::ZERO, false),
        (Duration::ZERO, Duration::from_mins(12), false),
    ] {
        let watches = Watches::default();
        watches.shop.set_back(ahead);
        let scene = watches.scene("", VtigerOptions::default()).await;
        let mut body = customer(4711, "late@shop.example");
        let changed = watches.shop.now().before(late).to_string().replace(' ', "T");
        body["date_modified_gmt"] = json!(changed);

        let answer = delivery("customer.updated", body.to_string()).send(scene.server.address());
        assert_eq!(answer.status, 200);
        wait_until("it is noted", async || {
            let last = scene.server.parts().store.last_delivery("shop").await;
            last.unwrap().is_some()
        })
        .await;

        let deliveries = told(&scene, "WooCommerce", "deliveries").await;
        assert_eq!(
            deliveries.contains("WP-Cron seldom runs"),
            is_told,
            "{deliveries}"
        );
        assert_eq!(deliveries.contains("cron job"), is_told, "{deliveries}");
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_that_stay_away_are_told_but_not_missed_where_only_we_wrote() {
    let watches = Watches::default();
    let scene = watches.scene("", VtigerOptions::default()).await;
    let none = told(&scene, "Vtiger CRM", "callbacks").await;
    assert_all(
        &none,
        &[
            "  note  callbacks: none has come yet",
            "→ change a contact in Vtiger",
        ],
    );

    let customer = scene.shop.register_customer(ann("ann@shop.example"));
    scene.quiet().await;
    noted(&scene).await;
    let contact = scene.contact("ann@shop.example").unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    watches.pass(Duration::from_mins(30));
    scene.crm.set_faults(lossy());
    let phone = json!({ "billing": { "phone": "555 1" } });
    scene.shop.edit_customer(customer, phone);
    scene.quiet().await;
    assert_eq!(scene.crm.record(&contact).unwrap()["phone"], "555 1");
    watches.pass(Duration::from_mins(30));
    let good = told(&scene, "Vtiger CRM", "callbacks").await;
    assert_all(&good, &["  ok    callbacks: the last one came at "]);

    scene.crm.edit_record(&contact, json!({ "phone": "555 2" }));
    assert_all(
        &told(&scene, "Vtiger CRM", "callbacks").await,
        &["  ok    callbacks"],
    );
    watches.pass(Duration::from_mins(30));
    let missed = told(&scene, "Vtiger CRM", "callbacks").await;
    let problem = "though somebody changed a record at";
    assert_all(
        &missed,
        &["  note  callbacks", problem, "WooCommerce Sync", "workflows"],
    );
    scene.stop().await;
}

/// No callback arrives.
fn lossy() -> woo_vtiger_sync::simulator::faults::FaultPlan {
    woo_vtiger_sync::simulator::faults::FaultPlan {
        lost_webhooks: 1.0,
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nothing_travels_to_need_not_be_permitted() {
    let shop = WooCommerceOptions {
        read_only: true,
        ..WooCommerceOptions::default()
    };
    let one_way = ["contacts", "products", "sales_orders"]
        .map(|module| format!("[connections.shop.modules.{module}]\ndirection = \"to_vtiger\"\n"));
    let scene = Scene::with_systems(&one_way.concat(), shop, VtigerOptions::default()).await;

    let checked = check(scene.server.parts()).await;

    assert!(checked.good, "{}", checked.report);
    for module in ["customers", "products", "orders"] {
        let line = format!("  ok    write {module}: not needed, as nothing travels there");
        assert_all(&checked.report, &[&line]);
    }
    scene.stop().await;
}
