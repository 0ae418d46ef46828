//! A bad post between the two systems and the service: what they send gets lost, arrives late, twice, in any order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// How often what happens to a letter, 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Carelessness {
    /// It never arrives.
    pub(crate) lost: f64,
    /// It lies about until later ones have arrived.
    pub(crate) late: f64,
    /// It arrives once more, later.
    pub(crate) twice: f64,
}

/// Takes letters from both systems and brings them to the service.
pub(crate) struct Post {
    office: MockServer,
    desk: Arc<Desk>,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

struct Desk {
    state: Mutex<State>,
    arrived: Notify,
}

struct State {
    letters: VecDeque<Letter>,
    lying: Vec<Letter>,
    /// Whether a letter is on its way.
    carrying: bool,
    care: Carelessness,
    random: SmallRng,
}

#[derive(Clone)]
struct Letter {
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next letter to carry, after fate had its way with those that lie there.
    fn next(&self) -> Option<Letter> {
        let mut guard = self.state();
        let state = &mut *guard;
        while let Some(letter) = state.letters.pop_front() {
            let Carelessness { lost, late, twice } = state.care;
            if state.random.random_bool(lost) {
                continue;
            }
            if state.random.random_bool(twice) {
                state.lying.push(letter.clone());
            }
            if state.random.random_bool(late) {
                state.lying.push(letter);
            } else {
                state.carrying = true;
                return Some(letter);
            }
            if !state.lying.is_empty() && state.random.random_bool(0.3) {
                let nth = state.random.random_range(0..state.lying.len());
                state.carrying = true;
                return Some(state.lying.swap_remove(nth));
            }
        }
        state.carrying = false;
        None
    }
}

/// Takes letters in.
struct Slot(Arc<Desk>);

impl Respond for Slot {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let is_of_transport = |name: &str| ["host", "content-length", "connection"].contains(&name);
        let headers = request
            .headers
            .iter()
            .filter(|(name, _)| !is_of_transport(name.as_str()))
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        self.0.state().letters.push_back(Letter {
            path: request.url.path().to_owned(),
            headers,
            body: request.body.clone(),
        });
        self.0.arrived.notify_one();
        ResponseTemplate::new(200)
    }
}

impl Post {
    /// Opens the office.
    pub(crate) async fn open() -> Self {
        let office = MockServer::builder().disable_request_recording().start().await;
        let desk = Arc::new(Desk {
            state: Mutex::new(State {
                letters: VecDeque::new(),
                lying: Vec::new(),
                carrying: false,
                care: Carelessness::default(),
                random: SmallRng::seed_from_u64(0),
            }),
            arrived: Notify::new(),
        });
        Mock::given(any())
            .respond_with(Slot(Arc::clone(&desk)))
            .mount(&office)
            .await;
        Self {
            office,
            desk,
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }
    }

    /// Where to send letters.
    pub(crate) fn url(&self) -> String {
        self.office.uri()
    }

    /// Carries letters to the service at this address from now on.
    pub(crate) fn carry_to(&self, url: &str) {
        let client = reqwest::Client::builder()
            .timeout(std::time::Duration::from_secs(30))
            // A connection that lies idle may be closed just as a letter goes out.
            .pool_max_idle_per_host(0)
            .build()
            .unwrap();
        let (desk, url, stopping) = (Arc::clone(&self.desk), url.to_owned(), self.stopping.clone());
        self.tasks.spawn(async move {
            loop {
                while let Some(letter) = desk.next() {
                    let mut request = client.post(format!("{url}{}", letter.path)).body(letter.body);
                    for (name, value) in letter.headers {
                        request = request.header(name, value);
                    }
                    let answer = request.send().await.unwrap();
                    assert!(answer.status().is_success(), "{}", answer.status());
                }
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = desk.arrived.notified() => {}
                }
            }
        });
    }

    /// Is so careless from now on.
    pub(crate) fn set_care(&self, care: Carelessness, seed: u64) {
        let mut state = self.desk.state();
        state.care = care;
        state.random = SmallRng::seed_from_u64(seed);
    }

    /// Carries everything from now on, and what lies about as well.
    pub(crate) fn mend(&self) {
        let mut guard = self.desk.state();
        let state = &mut *guard;
        state.care = Carelessness::default();
        state.letters.extend(state.lying.drain(..));
        self.desk.arrived.notify_one();
    }

    /// Whether a letter waits or is on its way; what lies about isn't counted.
    pub(crate) fn is_busy(&self) -> bool {
        let state = self.desk.state();
        state.carrying || !state.letters.is_empty()
    }

    /// Closes the office.
    pub(crate) async fn close(self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
