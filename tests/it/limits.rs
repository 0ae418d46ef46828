//! How the processes keep to the limits of the two APIs together. Each limiter here has a store of its own, as if it
//! were another process's.

mod scenes;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use tempfile::TempDir;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};
use woo_vtiger_sync::clock::{Clock, SystemClock, Timestamp};
use woo_vtiger_sync::http;
use woo_vtiger_sync::limit::{LimitSettings, Limiter, Rate};
use woo_vtiger_sync::store::{Database, SqlStore};
use woo_vtiger_sync::sync::{Module, RecordId, Side};
use woo_vtiger_sync::system::{
    Fault, Gate, Held, HeldReason, Pass, Priority, Reply, ReplyKind, System, work_for,
};
use woo_vtiger_sync::woocommerce::{WooCommerce, WooCommerceSettings};

use crate::scene::wait_until;

const NONE: LimitSettings = LimitSettings {
    rate: None,
    concurrency: None,
    timeout: Duration::from_secs(10),
};

fn rate(text: &str) -> LimitSettings {
    LimitSettings {
        rate: Rate::parse(text),
        ..NONE
    }
}

/// The limiter of one more process on this database.
async fn process(database: &Path, settings: &LimitSettings) -> Limiter {
    let store = SqlStore::new(Database::sqlite(database).await.unwrap());
    Limiter::new(
        "shop",
        Side::WooCommerce,
        settings,
        Arc::new(store),
        SystemClock::shared(),
    )
}

async fn processes<const N: usize>(settings: LimitSettings) -> (TempDir, [Limiter; N]) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("shared.sqlite");
    let mut limiters = Vec::new();
    for _ in 0..N {
        limiters.push(process(&database, &settings).await);
    }
    (folder, limiters.try_into().unwrap())
}

/// A shop that has no record, and remembers when it was asked.
#[derive(Clone, Default)]
struct Shop {
    asked: Arc<Mutex<Vec<Timestamp>>>,
    /// So many requests are too many at first.
    refusals: Arc<AtomicUsize>,
}

impl Respond for Shop {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        self.asked.lock().unwrap().push(SystemClock.now());
        let left = |left: usize| left.checked_sub(1);
        if self
            .refusals
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left)
            .is_ok()
        {
            return ResponseTemplate::new(429).insert_header("Retry-After", "3");
        }
        ResponseTemplate::new(404).set_body_string(r#"{"code":"woocommerce_rest_invalid_id","message":""}"#)
    }
}

impl Shop {
    async fn open(&self) -> MockServer {
        http::install_tls_provider();
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(self.clone()).mount(&server).await;
        server
    }

    fn asked(&self) -> Vec<Timestamp> {
        self.asked.lock().unwrap().clone()
    }

    /// The most requests within any time of this length.
    fn densest(&self, window: Duration) -> usize {
        let asked = self.asked();
        let within = |start: &Timestamp| {
            let end = *start + window;
            asked.iter().filter(|at| (*start..end).contains(at)).count()
        };
        asked.iter().map(within).max().unwrap_or(0)
    }
}

fn client(server: &MockServer, limiter: &Limiter) -> WooCommerce {
    let settings = WooCommerceSettings {
        url: server.uri().parse().unwrap(),
        consumer_key: "ck_test".to_owned().into(),
        consumer_secret: "cs_test".to_owned().into(),
        authentication: None,
        timeout: NONE.timeout,
    };
    let client = WooCommerce::new(settings, SystemClock::shared()).unwrap();
    client.behind(Arc::new(limiter.clone()))
}

/// Asks for a record; false when that was put off.
async fn ask(client: &WooCommerce) -> bool {
    match client.fetch(Module::Contacts, &RecordId::new("7")).await {
        Ok(None) => true,
        Err(error) if matches!(error.fault, Fault::Paused { .. }) => false,
        other => panic!("{other:?}"),
    }
}

async fn passes(limiter: &Limiter) -> Result<Box<dyn Pass>, Held> {
    limiter.pass().await
}

async fn reply(pass: Box<dyn Pass>, kind: ReplyKind) -> Option<Duration> {
    pass.replied(&Reply::new(kind)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_together_keep_to_the_rate() {
    const A_SECOND: usize = 30;
    let (_folder, limiters) = processes::<4>(rate("30/s")).await;
    let shop = Shop::default();
    let server = shop.open().await;
    let clients: Vec<_> = limiters.iter().map(|limiter| client(&server, limiter)).collect();

    // Each with several workers, for eleven seconds' requests.
    let left = AtomicUsize::new(11 * A_SECOND);
    let work = clients.iter().cycle().take(16).map(async |client| {
        while left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
            .is_ok()
        {
            assert!(ask(client).await);
        }
    });
    join_all(work).await;

    assert_eq!(shop.asked().len(), 11 * A_SECOND);
    let most = shop.densest(Duration::from_secs(10));
    assert!(
        most <= 10 * A_SECOND * 105 / 100,
        "{most} requests in ten seconds"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn live_changes_go_before_what_a_sweep_found() {
    let (_folder, [live, bulk]) = processes::<2>(rate("10/s")).await;
    let sent = Mutex::new(Vec::new());
    let asks = async |limiter: &Limiter, priority| {
        let pass = work_for(priority, passes(limiter))
            .await
            .expect("a place in line");
        sent.lock().unwrap().push(priority);
        reply(pass, ReplyKind::Answer).await;
    };

    let sweeps = join_all((0..20).map(|_| asks(&bulk, Priority::Sweep)));
    let changes = async {
        // The sweep was there first.
        wait_until("the sweep goes on", async || sent.lock().unwrap().len() > 2).await;
        join_all((0..10).map(|_| asks(&live, Priority::Live))).await;
    };
    futures_util::future::join(sweeps, changes).await;

    let sent = sent.into_inner().unwrap();
    let last = sent
        .iter()
        .rposition(|priority| *priority == Priority::Live)
        .unwrap();
    let before = last + 1 - 10;
    // Some were sent before, and some had taken places.
    assert!(before <= 8, "{before} of the sweep's 20 requests: {sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_one_process_was_asked_for_is_kept_by_all() {
    let (_folder, [first, second]) = processes::<2>(NONE).await;
    let shop = Shop::default();
    shop.refusals.store(1, Ordering::Relaxed);
    let server = shop.open().await;
    let (first, second) = (client(&server, &first), client(&server, &second));

    assert!(!ask(&first).await);
    assert!(!ask(&second).await, "it is put off without being sent");
    assert!(!ask(&first).await);

    assert_eq!(shop.asked().len(), 1);
    wait_until("the pause is over", async || ask(&second).await).await;
    wait_until("the pause is over", async || ask(&first).await).await;
    let asked = shop.asked();
    assert!(asked[1] - asked[0] >= Duration::from_secs(3), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_is_down_is_tried_by_one_request_of_all_processes() {
    let (_folder, [first, second]) = processes::<2>(NONE).await;
    let mut rests = Vec::new();
    for _ in 0..5 {
        let pass = passes(&first).await.unwrap();
        rests.push(reply(pass, ReplyKind::Failure).await);
    }
    assert_eq!(rests[..4], [None; 4], "failures may be the request's own");
    assert!(rests[4].is_some(), "five in a row are the system's");
    for limiter in [&first, &second] {
        let held = passes(limiter).await.err().map(|held| held.reason);
        assert_eq!(held, Some(HeldReason::Down));
    }

    let trials = Mutex::new(Vec::new());
    wait_until("it is tried", async || {
        let asks = [&first, &second].into_iter().cycle().take(8);
        let passed = join_all(asks.map(passes)).await;
        trials.lock().unwrap().extend(passed.into_iter().flatten());
        !trials.lock().unwrap().is_empty()
    })
    .await;
    let mut trials = trials.into_inner().unwrap();
    assert_eq!(trials.len(), 1);
    assert_eq!(reply(trials.pop().unwrap(), ReplyKind::Answer).await, None);

    for limiter in [&first, &second] {
        wait_until("it is back", async || passes(limiter).await.is_ok()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_requests_are_under_way_than_may_be() {
    let settings = LimitSettings {
        concurrency: Some(3),
        ..NONE
    };
    let (_folder, limiters) = processes::<2>(settings).await;
    let (under_way, most, done) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));

    let work = limiters.iter().cycle().take(16).map(async |limiter| {
        for _ in 0..3 {
            let pass = loop {
                if let Ok(pass) = passes(limiter).await {
                    break pass;
                }
            };
            most.fetch_max(1 + under_way.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            under_way.fetch_sub(1, Ordering::SeqCst);
            reply(pass, ReplyKind::Answer).await;
            done.fetch_add(1, Ordering::SeqCst);
        }
    });
    let others_turn = async {
        // What a process doesn't use it gives back, so that the other one gets on.
        wait_until("all is done", async || {
            for limiter in &limiters {
                limiter.close().await;
            }
            done.load(Ordering::SeqCst) == 48
        })
        .await;
    };
    futures_util::future::join(join_all(work), others_turn).await;

    assert!(most.load(Ordering::SeqCst) <= 3, "{most:?}");
}
