use super::*;

const TOPICS: &[&str] = &["order.created", "order.updated"];
const ADDRESS: &str = "https://sync.example/webhooks/woocommerce/shop";

fn webhook(id: u64, name: &str, status: &str, topic: &str, url: &str) -> Webhook {
    Webhook {
        id,
        name: name.to_owned(),
        status: status.to_owned(),
        topic: topic.to_owned(),
        delivery_url: url.to_owned(),
    }
}

fn ours(id: u64, status: &str, topic: &str, url: &str) -> Webhook {
    webhook(id, &format!("woo-vtiger-sync shop: {topic}"), status, topic, url)
}

/// The steps for one topic, the other one being as it should be.
fn steps(existing: &[Webhook]) -> Vec<(Option<u64>, Step)> {
    let address = Url::parse(ADDRESS).unwrap();
    let wanted = Wanted {
        connection: "shop",
        address: &address,
        topics: TOPICS,
    };
    let mut existing = existing.to_vec();
    existing.push(ours(99, "active", "order.created", ADDRESS));
    let mut planned = plan(&existing, &wanted);
    let first = planned.remove(0);
    assert_eq!((first.id, first.step), (Some(99), Step::Keep));
    assert!(planned.iter().all(|one| one.topic == "order.updated"));
    planned.into_iter().map(|one| (one.id, one.step)).collect()
}

#[test]
fn what_is_missing_is_created() {
    assert_eq!(steps(&[]), [(None, Step::Create)]);
}

#[test]
fn what_is_there_and_active_is_kept() {
    let existing = [ours(1, "active", "order.updated", ADDRESS)];

    assert_eq!(steps(&existing), [(Some(1), Step::Keep)]);
}

#[test]
fn what_sends_here_is_adopted_whatever_its_name() {
    for (url, status, was_active) in [
        (ADDRESS, "active", true),
        ("https://SYNC.example/webhooks/woocommerce/shop/", "active", true),
        (
            "https://sync.example:443/webhooks/woocommerce/shop",
            "disabled",
            false,
        ),
    ] {
        let existing = [webhook(1, "By hand", status, "order.updated", url)];

        assert_eq!(steps(&existing), [(Some(1), Step::Adopt { was_active })], "{url}");
    }
}

#[test]
fn what_is_ours_and_no_longer_sends_is_enabled() {
    for status in ["paused", "disabled"] {
        let existing = [ours(1, status, "order.updated", ADDRESS)];

        assert_eq!(steps(&existing), [(Some(1), Step::Enable)], "{status}");
    }
}

#[test]
fn what_is_ours_and_sends_elsewhere_is_moved() {
    for url in [
        "https://old.example/webhooks/woocommerce/shop",
        "http://sync.example/webhooks/woocommerce/shop",
        "no address",
    ] {
        let existing = [ours(1, "active", "order.updated", url)];

        assert_eq!(steps(&existing), [(Some(1), Step::Move)], "{url}");
    }
}

#[test]
fn of_several_of_our_own_one_stays_and_it_is_the_one_that_works() {
    let existing = [
        ours(1, "disabled", "order.updated", ADDRESS),
        ours(2, "active", "order.updated", "https://old.example/"),
        ours(3, "active", "order.updated", ADDRESS),
        webhook(4, "By hand", "active", "order.updated", ADDRESS),
    ];

    assert_eq!(
        steps(&existing),
        [
            (Some(3), Step::Keep),
            (Some(1), Step::Drop),
            (Some(2), Step::Drop)
        ]
    );
}

#[test]
fn what_is_anothers_is_in_no_step() {
    let elsewhere = "https://books.example/hook";
    let existing = [
        webhook(1, "Bookkeeping", "disabled", "order.updated", elsewhere),
        // Another connection's, and one whose name merely looks like ours.
        webhook(
            2,
            "woo-vtiger-sync outlet: order.updated",
            "active",
            "order.updated",
            elsewhere,
        ),
        webhook(
            3,
            "woo-vtiger-sync shop: order.created",
            "active",
            "order.updated",
            elsewhere,
        ),
        webhook(4, "Coupons", "active", "coupon.updated", ADDRESS),
    ];

    assert_eq!(steps(&existing), [(None, Step::Create)]);
}
