//! The page over a database of its own, and what to put there.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use actix_web::cookie::Cookie;
use actix_web::dev::ServiceResponse;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{App, test};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use woo_vtiger_sync::accounts::{Accounts, csrf_token};
use woo_vtiger_sync::clock::{Clock, Timestamp};
use woo_vtiger_sync::history::History;
use woo_vtiger_sync::queue::{Cause, Change, EmbeddedQueue, Event, Lane, Queue, Seen, Subject};
use woo_vtiger_sync::settings::Desk;
use woo_vtiger_sync::store::{Action, Commit, Database, Entry, Links, Place, Role, SqlStore};
use woo_vtiger_sync::sync::{Decision, FieldPlan, Module, Reason, RecordId, Side, Sides, Value};
use woo_vtiger_sync::web::{SystemLink, Systems, Web, configure};

use crate::connections::nowhere;

/// 2026-01-31 12:34:56 UTC.
const NOON: i64 = 1_769_862_896_000;

/// Who the admin is.
pub(super) const ADMIN: &str = "Ann";
pub(super) const PASSWORD: &str = "correct horse battery";

#[derive(Debug)]
pub(super) struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// The page over a database of its own.
pub(super) struct Site {
    pub(super) web: actix_web::web::Data<Web>,
    pub(super) store: SqlStore,
    pub(super) database: Database,
    queue: Arc<EmbeddedQueue>,
    pub(super) clock: Arc<HandClock>,
    /// What the browser of an admin shows.
    pub(super) session: String,
    _folder: TempDir,
}

impl Site {
    /// With an admin who is signed in.
    pub(super) async fn new(connections: &[&str]) -> Self {
        let mut site = Self::empty(connections).await;
        let code = site.accounts().setup_code().await.unwrap().unwrap();
        let password = SecretString::from(PASSWORD);
        let found = site.accounts().found(code.expose_secret(), ADMIN, &password);
        found.await.unwrap();
        let session = site.accounts().sign_in(ADMIN, &password, "a test").await;
        session.unwrap().expose_secret().clone_into(&mut site.session);
        site
    }

    /// With nobody who could sign in.
    pub(super) async fn without_account() -> Self {
        Self::empty(&["shop"]).await
    }

    async fn empty(connections: &[&str]) -> Self {
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
        let names: Vec<String> = connections.iter().map(|name| (*name).to_owned()).collect();
        let names = Arc::new(names);
        let accounts = Accounts::new(Arc::new(store.clone()), clock.clone());
        let web = actix_web::web::Data::new(Web {
            store: Arc::new(store.clone()),
            queue: queue.clone(),
            clock: clock.clone(),
            accounts,
            public_url: None,
            settings: Arc::new(Desk::new(Arc::new(store.clone()), clock.clone(), names.clone())),
            systems: Systems::These(systems),
            connections: nowhere(Arc::new(store.clone()), clock.clone()),
            history: History {
                store: Arc::new(store.clone()),
                clock: clock.clone(),
                connections: names,
            },
            stop: CancellationToken::new(),
            demo: None,
        });
        Self {
            session: String::new(),
            web,
            store,
            database,
            queue,
            clock,
            _folder: folder,
        }
    }

    pub(super) async fn commit(&self, connection: &str, entries: Vec<Entry>) {
        self.commit_of_run(connection, entries, None).await;
    }

    /// The same site, as somebody sees it who may look and change nothing.
    pub(super) async fn as_reader(&self) -> Reader<'_> {
        let password = SecretString::from(PASSWORD);
        self.accounts().add("Rea", &password, Role::Reader).await.unwrap();
        let session = self.accounts().sign_in("Rea", &password, "a test").await;
        Reader {
            site: self,
            session: session.unwrap().expose_secret().to_owned(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) async fn commit_of_run(&self, connection: &str, entries: Vec<Entry>, run: Option<&str>) {
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
            run: run.map(ToOwned::to_owned),
            told_at: Some(self.clock.now().before(Duration::from_millis(1_500))),
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

    /// Who may use the pages.
    pub(super) fn accounts(&self) -> &Accounts {
        &self.web.accounts
    }

    /// Sends a request as it is.
    pub(super) async fn send(&self, request: test::TestRequest) -> ServiceResponse {
        let app = test::init_service(App::new().configure(configure(self.web.clone()))).await;
        test::call_service(&app, request.to_request()).await
    }

    /// What an admin's browser gets.
    pub(super) async fn get(&self, path: &str) -> ServiceResponse {
        self.send(self.request(Method::GET, path)).await
    }

    /// What an admin's browser gets that sends this form from a page of the site.
    pub(super) async fn post(&self, path: &str, form: &[(&str, &str)]) -> ServiceResponse {
        let csrf = csrf_token(&self.session);
        let mut form = form.to_vec();
        form.push(("csrf", &csrf));
        self.send(self.request(Method::POST, path).set_form(form)).await
    }

    /// A request of an admin's browser.
    pub(super) fn request(&self, method: Method, path: &str) -> test::TestRequest {
        let cookie = Cookie::new("wvs_session", self.session.clone());
        test::TestRequest::with_uri(path).method(method).cookie(cookie)
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

/// The page as a reader's browser gets it.
pub(super) struct Reader<'a> {
    site: &'a Site,
    session: String,
}

impl Reader<'_> {
    pub(super) async fn page(&self, path: &str) -> String {
        let request = test::TestRequest::with_uri(path).cookie(self.cookie());
        text(self.site.send(request).await).await
    }

    pub(super) async fn post(&self, path: &str, form: &[(&str, &str)]) -> ServiceResponse {
        let csrf = csrf_token(&self.session);
        let mut form = form.to_vec();
        form.push(("csrf", &csrf));
        let request = test::TestRequest::with_uri(path).method(Method::POST);
        self.site.send(request.cookie(self.cookie()).set_form(form)).await
    }

    fn cookie(&self) -> Cookie<'static> {
        Cookie::new("wvs_session", self.session.clone())
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
