//! The page over a database of its own, and what to put there.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actix_web::dev::ServiceResponse;
use actix_web::http::{StatusCode, header};
use actix_web::{App, test};
use tempfile::TempDir;
use woo_vtiger_sync::clock::{Clock, Timestamp};
use woo_vtiger_sync::queue::{Cause, Change, EmbeddedQueue, Event, Lane, Queue, Seen, Subject};
use woo_vtiger_sync::store::{Action, Commit, Database, Entry, Links, Place, SqlStore};
use woo_vtiger_sync::sync::{Decision, FieldPlan, Module, Reason, RecordId, Side, Sides, Value};
use woo_vtiger_sync::web::{SystemLink, Web, configure};

/// 2026-01-31 12:34:56 UTC.
const NOON: i64 = 1_769_862_896_000;

#[derive(Debug)]
pub(super) struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// The page over a database of its own.
pub(super) struct Site {
    web: actix_web::web::Data<Web>,
    store: SqlStore,
    pub(super) database: Database,
    queue: Arc<EmbeddedQueue>,
    clock: Arc<HandClock>,
    _folder: TempDir,
}

impl Site {
    pub(super) async fn new(connections: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::sqlite(&folder.path().join("sync.sqlite"))
            .await
            .unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(NOON)));
        let queue = Arc::new(EmbeddedQueue::new(database.clone(), clock.clone()));
        let store = SqlStore::new(database.clone());
        let systems = connections
            .iter()
            .flat_map(|connection| {
                Side::BOTH.map(|side| SystemLink {
                    connection: (*connection).to_owned(),
                    side,
                    url: format!("https://{side}.{connection}.example/").parse().unwrap(),
                    simulated: false,
                })
            })
            .collect();
        let web = actix_web::web::Data::new(Web {
            store: Arc::new(store.clone()),
            queue: queue.clone(),
            clock: clock.clone(),
            systems,
            demo: false,
        });
        Self {
            web,
            store,
            database,
            queue,
            clock,
            _folder: folder,
        }
    }

    pub(super) async fn commit(&self, connection: &str, entries: Vec<Entry>) {
        let commit = Commit {
            at: Place {
                connection: connection.to_owned(),
                module: Module::Contacts,
            },
            now: self.clock.now(),
            link: None,
            entries,
            created: None,
            fence: None,
            run: None,
        };
        self.store.commit(&commit).await.unwrap();
    }

    pub(super) fn pass(&self, milliseconds: i64) {
        self.clock.0.fetch_add(milliseconds, Ordering::Relaxed);
    }

    pub(super) async fn wait_for_a_record(&self) {
        let subject = Subject::Record {
            module: Module::Contacts,
            side: Side::WooCommerce,
            id: RecordId::new("7"),
            change: Change::Changed(Seen::Nothing),
        };
        let event = Event::new("shop", subject, Cause::Webhook, self.clock.now());
        self.queue.publish(Lane::Live, &[event]).await.unwrap();
    }

    pub(super) async fn get(&self, path: &str) -> ServiceResponse {
        let app = test::init_service(App::new().configure(configure(self.web.clone()))).await;
        test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await
    }

    pub(super) async fn page(&self, path: &str) -> String {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        text(response).await
    }

    /// What the page says that it has seen, as a browser would send it.
    pub(super) async fn seen(&self) -> String {
        let page = self.page("/").await;
        let (_, rest) = page.split_once(r#"name="seen" value=""#).unwrap();
        let (seen, _) = rest.split_once('"').unwrap();
        form_urlencoded::Serializer::new(String::new())
            .append_pair("seen", seen)
            .finish()
    }
}

pub(super) async fn text(response: ServiceResponse) -> String {
    String::from_utf8(test::read_body(response).await.to_vec()).unwrap()
}

pub(super) fn header_of<'a>(response: &'a ServiceResponse, name: &header::HeaderName) -> &'a str {
    response
        .headers()
        .get(name)
        .unwrap_or_else(|| panic!("no {name}"))
        .to_str()
        .unwrap()
}

pub(super) fn entry(side: Side, action: Action, title: &str, fields: Vec<FieldPlan>) -> Entry {
    Entry {
        side,
        action,
        ids: Sides {
            woocommerce: Some(RecordId::new("7")),
            vtiger: Some(RecordId::new("12x33")),
        },
        title: title.to_owned(),
        cause: Cause::Webhook,
        fields,
        skip: None,
    }
}

pub(super) fn field(key: &str, decision: Decision, before: (&str, &str), written: &str) -> FieldPlan {
    FieldPlan {
        field: key.to_owned(),
        decision,
        before: Sides {
            woocommerce: Value::text(before.0),
            vtiger: Value::text(before.1),
        },
        written: Some(Value::text(written)),
        lossy: false,
        note: None,
    }
}

pub(super) fn changed(key: &str, before: (&str, &str)) -> FieldPlan {
    let decision = Decision::Moved {
        from: Side::WooCommerce,
        because: Reason::Changed,
    };
    field(key, decision, before, before.0)
}
