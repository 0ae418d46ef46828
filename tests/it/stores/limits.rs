//! What the processes share in the database.

use std::time::Duration;

use woo_vtiger_sync::clock::Timestamp;
use woo_vtiger_sync::store::{Budget, Down, Standing, Store, Turn};

use super::on_both;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

#[tokio::test]
async fn what_the_processes_share_of_a_systems_limits_is_kept() {
    on_both(async |store| {
        line(&*store).await;
        pauses(&*store).await;
        outages(&*store).await;
        budgets(&*store).await;
    })
    .await;
}

async fn line(store: &dyn Store) {
    let now = NOW.as_millis() * 1000;
    let take = async |now, ahead| store.queue_up("a:line", now, 100, ahead).await.unwrap();

    assert_eq!(take(now, 150).await, Turn::At(now));
    assert_eq!(take(now, 150).await, Turn::At(now + 100));
    assert_eq!(take(now, 150).await, Turn::Later(now + 200));
    assert_eq!(take(now + 50, 150).await, Turn::At(now + 200));
    assert_eq!(
        take(now + 5000, 0).await,
        Turn::At(now + 5000),
        "time that went by is lost"
    );
    assert_eq!(
        store.queue_up("b:line", now, 100, 0).await.unwrap(),
        Turn::At(now)
    );
}

async fn pauses(store: &dyn Store) {
    let until = NOW + Duration::from_secs(9);
    assert_eq!(store.standing("a:pause").await.unwrap(), Standing::default());

    store.pause("a:pause", until).await.unwrap();
    store.pause("a:pause", NOW).await.unwrap();

    assert_eq!(store.standing("a:pause").await.unwrap().paused_until, until);
}

async fn outages(store: &dyn Store) {
    let until = NOW + Duration::from_secs(2);
    let down = Down { until, times: 3 };
    let claim = async |now| {
        let claimed = store
            .claim_trial("a:down", now, now + Duration::from_secs(10))
            .await;
        claimed.unwrap()
    };
    assert!(!claim(NOW).await, "it isn't down");

    store.put_down("a:down", Some(down)).await.unwrap();
    assert_eq!(store.standing("a:down").await.unwrap().down, Some(down));

    assert!(!claim(NOW).await, "it is too early");
    assert!(claim(until).await);
    assert!(!claim(until).await, "somebody else does");

    store.put_down("a:down", None).await.unwrap();
    assert_eq!(store.standing("a:down").await.unwrap().down, None);
    assert!(!claim(until + Duration::from_mins(1)).await);
}

async fn budgets(store: &dyn Store) {
    let budget = Budget {
        minute_limit: Some(60),
        day_limit: None,
        day_left: Some(0),
        told_at: NOW,
    };
    let older = Budget {
        told_at: Timestamp::from_seconds(1),
        ..Budget::default()
    };

    store.put_budget("a:budget", &budget).await.unwrap();
    store.put_budget("a:budget", &older).await.unwrap();

    assert_eq!(store.standing("a:budget").await.unwrap().budget, budget);
}
