//! Ten thousand requests that nobody should send: the service refuses what is not genuine, takes what is, and lives.

mod forge;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Mutex, Once, PoisonError};

use serde_json::Value as Json;
use sqlx::{Connection as _, Row, SqliteConnection};

use crate::scene::{Scene, ann, wait_until};
use crate::wire::{Answer, Connection, Request};
use forge::{Attempt, FORGED_DOMAIN, FORGED_ID, Forge, GENUINE_DOMAIN};

/// Requests of each test. Four of them make ten thousand.
const ATTEMPTS: u64 = 2_500;
/// Connections of each test at a time.
const CLIENTS: u64 = 4;

/// Where code panicked that is no test's.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn watch_for_panics() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if let Some(place) = panic
                .location()
                .filter(|place| !place.file().starts_with("tests/"))
            {
                let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
                panics.push(place.to_string());
            }
            usual(panic);
        }));
    });
}

/// Sends attempts one after the other, over one connection as long as the service keeps it.
struct Client {
    to: SocketAddr,
    kept: Option<Connection>,
}

impl Client {
    fn send(&mut self, attempt: &Attempt) -> io::Result<Answer> {
        let bytes = attempt.request.bytes();
        if !attempt.is_intact {
            // Such a request may leave the connection in any state.
            let mut connection = Connection::open(self.to)?;
            return if attempt.request.method == "HEAD" {
                connection.exchange(&bytes, true)
            } else {
                connection.last_exchange(&bytes)
            };
        }
        if let Some(mut connection) = self.kept.take()
            && let Ok(answer) = connection.exchange(&bytes, false)
        {
            self.keep(connection, &answer);
            return Ok(answer);
        }
        let mut connection = Connection::open(self.to)?;
        let answer = connection.exchange(&bytes, false)?;
        self.keep(connection, &answer);
        Ok(answer)
    }

    fn keep(&mut self, connection: Connection, answer: &Answer) {
        if answer.header("connection") != Some("close") {
            self.kept = Some(connection);
        }
    }
}

/// What must hold of every answer.
fn judge(attempt: &Attempt, answer: &io::Result<Answer>) {
    let story = &attempt.story;
    let answer = match answer {
        Ok(answer) => answer,
        // To hang up is an answer to what is no HTTP, and to nothing else.
        Err(error) => {
            assert!(!attempt.is_intact, "{story}: {error}");
            return;
        }
    };
    let status = answer.status;
    assert!(status < 500, "{story}: {status}");
    if !attempt.is_genuine && !attempt.is_ping() {
        assert!((400..500).contains(&status), "{story}: {status}");
    }
    if attempt.is_genuine && attempt.is_intact {
        let expected: &[u16] = if attempt.is_delivery { &[200] } else { &[200, 400] };
        assert!(expected.contains(&status), "{story}: {status}");
    }
}

/// No record that only forged requests tell of is known anywhere.
async fn assert_no_trace_of_forgeries(scene: &Scene) {
    let is_forged = |text: &str| text.contains(FORGED_DOMAIN) || text.contains(&FORGED_ID.to_string());
    let all: Vec<Json> = scene
        .shop
        .customers()
        .into_iter()
        .chain(scene.crm.records("Contacts"))
        .collect();
    for record in all {
        assert!(!is_forged(&record.to_string()), "{record}");
    }
    for call in scene.calls() {
        assert!(!is_forged(&call), "{call}");
    }
    let url = format!("sqlite://{}", scene.database().display());
    let mut database = SqliteConnection::connect(&url).await.unwrap();
    for (table, column) in [
        ("queue", "event"),
        ("parked", "event"),
        ("journal", "title"),
        ("link", "match_key"),
        ("intent", "source_id"),
    ] {
        let query = sqlx::AssertSqlSafe(format!("select {column} from {table}"));
        for row in sqlx::query(query).fetch_all(&mut database).await.unwrap() {
            let text: String = row.get(0);
            assert!(!is_forged(&text), "{table}: {text}");
        }
    }
}

/// Not even deleted rows of the database's files hold anything of them, while they do of what was genuine.
fn assert_no_bytes_of_forgeries(database: &Path) {
    let files = std::fs::read_dir(database.parent().unwrap()).unwrap();
    let contents: Vec<Vec<u8>> = files
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect();
    let holds = |text: &str| {
        let is_it = |window: &[u8]| window == text.as_bytes();
        contents.iter().any(|bytes| bytes.windows(text.len()).any(is_it))
    };
    assert!(holds(&format!("@{GENUINE_DOMAIN}")));
    assert!(!holds(FORGED_DOMAIN));
    assert!(!holds(&FORGED_ID.to_string()));
}

async fn failed_events(scene: &Scene) -> Vec<String> {
    let url = format!("sqlite://{}", scene.database().display());
    let mut database = SqliteConnection::connect(&url).await.unwrap();
    let rows = sqlx::query("select reason from failed")
        .fetch_all(&mut database)
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn withstands(seed: u64) {
    watch_for_panics();
    let scene = Scene::start().await;
    let to = scene.server.address();

    std::thread::scope(|threads| {
        for client in 0..CLIENTS {
            threads.spawn(move || {
                let mut forge = Forge::new(seed * CLIENTS + client);
                let mut sender = Client { to, kept: None };
                for number in 0..ATTEMPTS / CLIENTS {
                    let attempt = forge.attempt(client * ATTEMPTS + number);
                    judge(&attempt, &sender.send(&attempt));
                }
            });
        }
    });

    let mut request = Request::post("/livez", "");
    "GET".clone_into(&mut request.method);
    assert_eq!(request.send(to).status, 200);
    scene.shop.register_customer(ann("fresh@shop.example"));
    wait_until("the worker still works", || async {
        scene.contact("fresh@shop.example").is_some()
    })
    .await;
    scene.quiet().await;
    let contacts = scene.crm.records("Contacts").len();
    assert!(contacts > 20, "genuine requests made only {contacts} contacts");
    assert_eq!(failed_events(&scene).await, [] as [&str; 0]);
    assert_no_trace_of_forgeries(&scene).await;
    assert_no_bytes_of_forgeries(&scene.database());
    scene.stop().await;
    let panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(panics, [] as [&str; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_quarter_of_ten_thousand_hostile_requests_is_withstood() {
    withstands(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_quarter_of_ten_thousand_hostile_requests_is_withstood() {
    withstands(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_third_quarter_of_ten_thousand_hostile_requests_is_withstood() {
    withstands(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_quarter_of_ten_thousand_hostile_requests_is_withstood() {
    withstands(4).await;
}
