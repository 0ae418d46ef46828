//! What keeps the requests and answers of a client while somebody looks for a fault.
//!
//! Most of the time nobody does: then a request costs no more than the question [`Recorder::is_on`].

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value as Json;

/// Keeps requests and answers.
pub trait Recorder: Send + Sync + fmt::Debug {
    /// Whether anything is to be kept at present.
    fn is_on(&self) -> bool;

    /// Takes a request with its answer. Never waits and never fails; is called by the task that sent the request.
    fn record(&self, exchange: Exchange);
}

/// A request and what came back, as they went over the wire but for how they were authenticated.
#[derive(Debug)]
pub struct Exchange {
    /// The request's method.
    pub method: String,
    /// The request's path, without parameters.
    pub path: String,
    /// The parameters of its address or of its form.
    pub parameters: Vec<(String, String)>,
    /// Its body, where that is no form.
    pub body: Option<Json>,
    /// The answer's status, where there was an answer.
    pub status: Option<u16>,
    /// The answer's body.
    pub answer: Vec<u8>,
    /// Why there was no answer.
    pub failure: Option<&'static str>,
    /// How long it took.
    pub took: Duration,
    /// What must not be shown, wherever it stands.
    pub secrets: Vec<SecretString>,
}

/// What is told of a request without an answer. The error's own words may hold the address, and that a secret.
pub(crate) fn failure_of(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "it didn't answer in time"
    } else if error.is_connect() {
        "can't connect"
    } else {
        "the connection broke"
    }
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug)]
pub struct Off;

impl Recorder for Off {
    fn is_on(&self) -> bool {
        false
    }

    fn record(&self, _: Exchange) {}
}
