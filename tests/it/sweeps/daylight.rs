//! What changes around the hour in which daylight saving begins or ends, and nobody announces.

use std::time::Duration;

use serde_json::{Value as Json, json};
use time::macros::time;
use time::{Date, Month, PrimitiveDateTime, Time, Weekday};
use woo_vtiger_sync::clock::{Clock, SystemClock, Timestamp};
use woo_vtiger_sync::simulator::Zone;
use woo_vtiger_sync::simulator::vtiger::VtigerKind::{self, Extended, Repaired};
use woo_vtiger_sync::simulator::vtiger::VtigerOptions;
use woo_vtiger_sync::sweep::Scope;
use woo_vtiger_sync::sync::Module;

use super::clock::Watches;
use super::{found, sweep};
use crate::scene::{Scene, ann, place};

/// When things change, in minutes after the clocks are changed: some of it in the hour that comes twice or is left out.
const CHANGES: [i64; 8] = [-80, -50, -10, 5, 30, 55, 70, 140];

/// Offsets from UTC in minutes before and after, and what is configured.
const CHANGED_ZONES: [(i32, i32, &str); 6] = [
    (120, 60, ""),
    (60, 120, ""),
    (-240, -300, ""),
    (60, 0, ""),
    (0, 60, ""),
    (0, -60, "-01:00"),
];

/// A shop and a CRM whose server's clock is changed at `moment`, six hours before that, and in step.
struct Town {
    scene: Scene,
    watches: Watches,
    moment: Timestamp,
    contact: String,
    order: String,
    product: u64,
}

impl Town {
    async fn new(kind: VtigerKind, zone: (i32, i32, &str)) -> Self {
        Self::with_rules(kind, zone, "").await
    }

    /// With these settings besides.
    async fn with_rules(
        kind: VtigerKind,
        (before, after, configured): (i32, i32, &str),
        rules: &str,
    ) -> Self {
        let watches = Watches::default();
        let hours = watches.crm.now().as_seconds() / 3600 + 50;
        let moment = Timestamp::from_seconds(hours * 3600);
        let zone = Zone {
            utc_offset_minutes: before,
            change: Some((moment, after)),
        };
        let crm = VtigerOptions {
            kind,
            zone,
            ..VtigerOptions::default()
        };
        let settings = match configured {
            "" => String::new(),
            offset => format!("[connections.shop.vtiger]\ntime_zone_offset = \"{offset}\"\n"),
        };
        let settings = format!("{settings}{rules}");
        Self::with(watches, &settings, crm, moment).await
    }

    async fn with(watches: Watches, settings: &str, crm: VtigerOptions, moment: Timestamp) -> Self {
        watches.pass_until(moment, -48 * 60);
        let scene = watches.scene(settings, crm).await;
        let customer = scene.shop.register_customer(ann("ann@shop.example"));
        let cup = json!({ "name": "Cup", "sku": "CUP", "regular_price": "3" });
        let product = scene.shop.add_product(cup);
        scene.quiet().await;
        scene.shop.place_order(json!({
            "customer_id": customer, "billing": { "first_name": "Ann", "last_name": "Lee" },
            "line_items": [{ "product_id": product, "quantity": 1 }],
        }));
        scene.quiet().await;
        let id = |module: &str| scene.crm.records(module)[0]["id"].as_str().unwrap().to_owned();
        let (contact, order) = (id("Contacts"), id("SalesOrder"));
        sweep(&scene, Scope::Full).await;
        for hours in [-12, -6] {
            watches.pass_until(moment, hours * 60);
            sweep(&scene, Scope::Changes).await;
        }
        scene.set_deaf(true);
        Self {
            scene,
            watches,
            moment,
            contact,
            order,
            product,
        }
    }

    /// The phone and the city in the shop, and the price in the CRM.
    fn shown(&self) -> [Json; 3] {
        let scene = &self.scene;
        [
            scene.shop.customers()[0]["billing"]["phone"].clone(),
            scene.shop.orders()[0]["billing"]["city"].clone(),
            scene.crm.records("Products")[0]["unit_price"].clone(),
        ]
    }
}

/// Changes records on both sides, now and then, and looks after each time whether the next sweep finds it. What goes to
/// the CRM shows the offset of its server; so `writes` tells whether anything does.
async fn change_and_sweep(kind: VtigerKind, zone: (i32, i32, &str), writes: bool) {
    let town = Town::new(kind, zone).await;
    let mut price = town.shown()[2].clone();
    for (nth, minutes) in CHANGES.into_iter().enumerate() {
        town.watches.pass_until(town.moment, minutes);
        let (phone, city) = (format!("555 {nth}"), format!("City {nth}"));
        let scene = &town.scene;
        assert!(scene.crm.edit_record(&town.contact, json!({ "phone": phone })));
        assert!(scene.crm.edit_record(&town.order, json!({ "bill_city": city })));
        if writes {
            let regular_price = json!({ "regular_price": format!("{}", 10 + nth) });
            scene.shop.edit_product(town.product, regular_price);
            price = json!(format!("{}.00000000", 10 + nth));
        }
        // The extension leaves the second that runs for later.
        town.watches.pass(Duration::from_secs(2));

        sweep(scene, Scope::Changes).await;

        let expected = [json!(phone), json!(city), price.clone()];
        assert_eq!(
            town.shown(),
            expected,
            "{kind:?}, {zone:?}, {writes}, after {minutes} min"
        );
    }
    town.watches.pass(Duration::from_hours(3));
    sweep(&town.scene, Scope::Changes).await;
    town.watches.pass(Duration::from_hours(3));
    assert_eq!(
        found(&sweep(&town.scene, Scope::Changes).await),
        0,
        "{kind:?}, {zone:?}"
    );
    town.scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_around_the_hour_is_found_while_we_write() {
    for zone in CHANGED_ZONES {
        change_and_sweep(Repaired, zone, true).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_around_the_hour_is_found_while_nothing_is_written_that_would_tell_the_offset() {
    for zone in CHANGED_ZONES {
        change_and_sweep(Repaired, zone, false).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_around_the_hour_is_found_by_the_extension() {
    for zone in CHANGED_ZONES {
        for writes in [true, false] {
            change_and_sweep(Extended, zone, writes).await;
        }
    }
}

/// What happens in a town.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// The contact is changed in the CRM, and nobody tells.
    InCrm,
    /// So is the customer, in the shop.
    InShop,
    /// The service writes to the CRM, and so learns the offset of its times.
    Write,
}

/// Who wins where this happens so many minutes after the clocks are changed, and a sweep finds it afterwards.
async fn winner(zone: (i32, i32, &str), rules: &str, acts: &[(i64, Act)]) -> Json {
    let town = Town::with_rules(Repaired, zone, rules).await;
    let scene = &town.scene;
    for (minutes, act) in acts {
        town.watches.pass_until(town.moment, *minutes);
        match act {
            Act::InCrm => {
                let phone = json!({ "phone": "the CRM's" });
                assert!(scene.crm.edit_record(&town.contact, phone));
            }
            Act::InShop => {
                let customer = scene.shop.customers()[0]["id"].as_u64().unwrap();
                let phone = json!({ "billing": { "phone": "the shop's" } });
                assert!(scene.shop.edit_customer(customer, phone));
            }
            Act::Write => {
                let price = json!({ "regular_price": format!("{}", minutes + 1000) });
                scene.shop.edit_product(town.product, price);
                let sweeper = &scene.server.parts().roster.get("shop").unwrap().sweeper.clone();
                let swept = sweeper.sweep(&place(Module::Products), Scope::Changes).await;
                assert_eq!(swept.unwrap().found.woocommerce, 1);
                scene.quiet().await;
            }
        }
    }
    sweep(scene, Scope::Changes).await;
    let phone = town.shown()[0].clone();
    assert_eq!(scene.crm.records("Contacts")[0]["phone"], phone);
    town.scene.stop().await;
    phone
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_update_wins_though_the_earlier_one_shows_a_later_time() {
    for configured in ["", "+02:00", "+01:00"] {
        // In the CRM it is 02:45, and then 02:05.
        let acts = [
            (-15, Act::InCrm),
            (-10, Act::Write),
            (5, Act::InShop),
            (6, Act::Write),
        ];

        assert_eq!(
            winner((120, 60, configured), "", &acts).await,
            "the shop's",
            "{configured}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_update_wins_after_the_hour_whatever_is_configured() {
    for zone in [
        (120, 60, "+02:00"),
        (60, 120, "+01:00"),
        (120, 60, ""),
        (60, 120, ""),
    ] {
        let signs = [(-5, Act::Write), (70, Act::Write)];
        let crm_first = [signs.as_slice(), &[(80, Act::InCrm), (100, Act::InShop)]].concat();
        let shop_first = [signs.as_slice(), &[(80, Act::InShop), (100, Act::InCrm)]].concat();

        assert_eq!(winner(zone, "", &crm_first).await, "the shop's", "{zone:?}");
        assert_eq!(winner(zone, "", &shop_first).await, "the CRM's", "{zone:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lost_does_not_come_back_as_its_time_was_read_an_hour_late() {
    let rules = "[connections.shop.modules.contacts]\nconflict = \"woocommerce\"";
    // Until the write that the conflict leads to, nothing tells that the CRM's clock was put ahead.
    let acts = [(-5, Act::Write), (30, Act::InCrm), (40, Act::InShop)];

    assert_eq!(winner((60, 120, ""), rules, &acts).await, "the shop's");
}

/// When the shop's clock, which is one of Los Angeles, is changed next, in spring or autumn.
fn next_change(month: Month, day_before: u8, hour_in_utc: Time) -> Timestamp {
    let now = SystemClock.now().to_utc();
    let changes = [now.year(), now.year() + 1].map(|year| {
        let before = Date::from_calendar_date(year, month, day_before).unwrap();
        let sunday = before.next_occurrence(Weekday::Sunday);
        PrimitiveDateTime::new(sunday, hour_in_utc).assume_utc()
    });
    let next = changes.into_iter().find(|change| *change > now + DAYS).unwrap();
    Timestamp::from_seconds(next.unix_timestamp())
}

/// Longer than it takes to bring a town into step.
const DAYS: time::Duration = time::Duration::days(3);

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_in_the_shop_around_the_hour_is_found() {
    for moment in [
        next_change(Month::March, 7, time!(10:00)),
        next_change(Month::October, 31, time!(9:00)),
    ] {
        let town = Town::with(Watches::default(), "", VtigerOptions::default(), moment).await;
        let order = town.scene.shop.orders()[0]["id"].as_u64().unwrap();
        for (nth, minutes) in CHANGES.into_iter().enumerate() {
            town.watches.pass_until(moment, minutes);
            let price = json!({ "regular_price": format!("{}", 10 + nth) });
            town.scene.shop.edit_product(town.product, price);
            let city = format!("City {nth}");
            town.scene
                .shop
                .edit_order(order, json!({ "billing": { "city": city } }));

            sweep(&town.scene, Scope::Changes).await;

            let order = &town.scene.crm.records("SalesOrder")[0];
            let shown = [&town.shown()[2], &order["bill_city"]].map(Clone::clone);
            let expected = [json!(format!("{}.00000000", 10 + nth)), json!(city)];
            assert_eq!(shown, expected, "{moment}, after {minutes} min");
        }
        town.scene.stop().await;
    }
}
