//! The simulator's HTTP: takes requests apart, lets faults strike, sends callbacks off.

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};

use super::answer::{Failure, response, worded};
use super::callback::Callbacks;
use super::flood::Flood;
use super::operation::{Request, State, needs_session};
use crate::clock::Clock;
use crate::simulator::faults::{Fault, Faults};
use crate::simulator::page::{self, Desk};
use crate::simulator::writes::Writes;

/// What PHP takes in one request.
const LONGEST_BODY: usize = 8 * 1024 * 1024;
/// nginx refuses longer addresses.
const LONGEST_URI: usize = 8 * 1024;

/// What requests and the simulator's owner share.
pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    pub(super) callbacks: Callbacks,
    pub(super) faults: Faults,
    pub(super) writes: Writes,
    pub(super) flood: Flood,
    pub(super) clock: Arc<dyn Clock>,
}

impl Shared {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, then sends the callbacks that this gave rise to.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let result = change(&mut state);
        let callbacks = std::mem::take(&mut state.outbox);
        drop(state);
        for body in callbacks {
            if !self.faults.loses_webhook() {
                self.callbacks.send(&body, self.clock.now());
            }
        }
        result
    }
}

/// A server on this listener; to be spawned.
pub(super) fn serve(listener: TcpListener, shared: &Arc<Shared>) -> io::Result<Server> {
    let desk: Arc<dyn Desk> = shared.clone();
    let shared = web::Data::from(Arc::clone(shared));
    let server = HttpServer::new(move || {
        App::new()
            .configure(page::configure(Arc::clone(&desk)))
            .app_data(shared.clone())
            .app_data(web::PayloadConfig::new(LONGEST_BODY))
            .route("/webservice.php", web::route().to(webservice))
    });
    Ok(server.workers(1).disable_signals().listen(listener)?.run())
}

async fn webservice(shared: web::Data<Shared>, http: HttpRequest, body: Bytes) -> HttpResponse {
    if http.uri().to_string().len() > LONGEST_URI {
        return HttpResponse::UriTooLong().finish();
    }
    let is_form = http
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
    let request = Request {
        in_query: parameters(http.query_string().as_bytes()),
        in_form: parameters(if is_form { &body } else { b"" }),
    };

    if shared.faults.is_down() {
        shared.state().note(&request, false, shared.clock.now());
        return HttpResponse::ServiceUnavailable().finish();
    }
    match shared.flood.count(shared.clock.now()) {
        None => answer(&shared, &request).await,
        Some(Ok(left)) => {
            let mut response = answer(&shared, &request).await;
            left.tell(&mut response);
            response
        }
        Some(Err(left)) => {
            shared.state().note(&request, false, shared.clock.now());
            left.refusal()
        }
    }
}

async fn answer(shared: &Shared, request: &Request) -> HttpResponse {
    let _written = request.written().map(|record| shared.writes.begin(record));
    let fault = if needs_session(request.operation()) {
        tokio::time::sleep(shared.faults.latency()).await;
        shared.faults.draw(request.operation())
    } else {
        None
    };
    match fault {
        Some(Fault::TooManyRequests) => {
            shared.state().note(request, false, shared.clock.now());
            return HttpResponse::TooManyRequests()
                .insert_header((header::RETRY_AFTER, "1"))
                .finish();
        }
        Some(Fault::ErrorBefore | Fault::Midway) => {
            shared.state().note(request, false, shared.clock.now());
            return response(&Err(Failure::Fatal));
        }
        Some(Fault::ErrorAfter | Fault::Reset) | None => {}
    }
    let answer = shared.change(|state| state.perform(request, shared.clock.now()));
    match fault {
        Some(Fault::ErrorAfter) => response(&Err(Failure::Fatal)),
        Some(Fault::Reset) => {
            let (status, content_type, body) = worded(&answer);
            let half = body.as_bytes()[..body.len() / 2].to_vec();
            let pieces = [
                Ok(Bytes::from(half)),
                Err(io::Error::from(io::ErrorKind::ConnectionReset)),
            ];
            HttpResponse::build(status)
                .content_type(content_type)
                .streaming(futures_util::stream::iter(pieces))
        }
        _ => response(&answer),
    }
}

fn parameters(encoded: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(encoded).into_owned().collect()
}
