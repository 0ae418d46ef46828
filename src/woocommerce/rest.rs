//! Requests to the WooCommerce REST API: address, authentication, errors.
//!
//! Knows nothing of customers or orders. A read is repeated once when its connection broke, a write never: whether it
//! was done can't be told. Secrets are in no message and in no debug output.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderMap};
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use tokio::time::Instant;
use url::Url;

use super::oauth::{self, Parameters, Signer};
use super::{Authentication, WooCommerceSettings, error};
use crate::clock::{Clock, Timestamp};
use crate::system::{Exchange, Fault, Gate, Off, Open, Recorder, Reply, ReplyKind, SystemError, failure_of};

/// The version of the REST API that is spoken.
pub(super) const API: &str = "wc/v3";

/// A shop's REST API.
pub(super) struct Rest {
    client: reqwest::Client,
    settings: WooCommerceSettings,
    authentication: Authentication,
    clock: Arc<dyn Clock>,
    gate: Arc<dyn Gate>,
    recorder: Arc<dyn Recorder>,
}

/// Leaves the key and the secret out.
impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest")
            .field("site", &self.settings.url.origin().ascii_serialization())
            .field("authentication", &self.authentication)
            .finish_non_exhaustive()
    }
}

/// A request, apart from how it is authenticated.
pub(super) struct Request<'a> {
    /// What it is for, as errors tell it.
    pub(super) operation: &'static str,
    pub(super) method: Method,
    /// Below `/wp-json/`.
    pub(super) path: String,
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) body: Option<Json>,
}

/// A 2xx answer.
pub(super) struct Answer {
    operation: &'static str,
    pub(super) body: Json,
    headers: HeaderMap,
    /// How long the shop took for it.
    pub(super) took: Duration,
}

impl Answer {
    /// What an answer to several requests holds for one of them.
    pub(super) fn part(operation: &'static str, body: Json) -> Self {
        Self {
            operation,
            body,
            headers: HeaderMap::new(),
            took: Duration::ZERO,
        }
    }

    /// How many records there are on all pages together.
    pub(super) fn total(&self) -> Option<u64> {
        self.number("x-wp-total")
    }

    /// When it was given, by the shop's clock, or by that of a proxy before it.
    pub(super) fn date(&self) -> Option<Timestamp> {
        super::date::http(self.headers.get(DATE)?.to_str().ok()?)
    }

    /// How many pages there are. (`Link` misses `rel="next"` on single pages and can't be relied on.)
    pub(super) fn pages(&self) -> Option<u64> {
        self.number("x-wp-totalpages")
    }

    /// The records of a list.
    pub(super) fn list(&self) -> Result<&[Json], SystemError> {
        let list = self.body.as_array().map(Vec::as_slice);
        list.ok_or_else(|| error::unavailable(self.operation, "the answer is no list"))
    }

    fn number<T: DeserializeOwned>(&self, header: &str) -> Option<T> {
        serde_json::from_slice(self.headers.get(header)?.as_bytes()).ok()
    }
}

type Received = (StatusCode, HeaderMap, Vec<u8>);

/// A request that was sent.
struct Sent {
    outcome: Result<Received, reqwest::Error>,
    took: Duration,
    /// How long the shop is to be left alone.
    rest: Option<Duration>,
}

/// A request without a 2xx answer.
pub(super) struct Failed {
    pub(super) how: How,
    pub(super) error: SystemError,
}

/// How far a request came that has no 2xx answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// It was not sent.
    Held,
    /// There was no answer, or none that can be read.
    Lost,
    /// This was the answer's status.
    Refused {
        status: StatusCode,
        /// Whether `WooCommerce` says why, and not something before it.
        is_told: bool,
    },
}

/// What a request's failure is where the shop is to be left alone for so long.
fn failure(error: SystemError, rest: Option<Duration>) -> SystemError {
    match (rest, &error.fault) {
        (Some(wait), Fault::Unavailable { .. }) => SystemError {
            fault: Fault::Paused { wait },
            ..error
        },
        _ => error,
    }
}

impl Rest {
    pub(super) fn new(settings: WooCommerceSettings, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        let client = crate::http::client(settings.timeout)?;
        let authentication = settings
            .authentication
            .unwrap_or(if settings.url.scheme() == "https" {
                Authentication::Basic
            } else {
                Authentication::OAuth
            });
        Ok(Self {
            client,
            settings,
            authentication,
            clock,
            gate: Arc::new(Open),
            recorder: Arc::new(Off),
        })
    }

    /// The same, with requests that pass this gate.
    pub(super) fn behind(&self, gate: Arc<dyn Gate>) -> Self {
        Self {
            client: self.client.clone(),
            settings: self.settings.clone(),
            authentication: self.authentication,
            clock: Arc::clone(&self.clock),
            gate,
            recorder: Arc::clone(&self.recorder),
        }
    }

    /// The same, with requests and answers that this recorder is given.
    pub(super) fn recorded_by(&self, recorder: Arc<dyn Recorder>) -> Self {
        Self {
            recorder,
            ..self.behind(Arc::clone(&self.gate))
        }
    }

    /// How long a request may take.
    pub(super) fn timeout(&self) -> Duration {
        self.settings.timeout
    }

    /// The present moment by our clock.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The site's address.
    pub(super) fn site(&self) -> &Url {
        &self.settings.url
    }

    /// How requests are authenticated.
    pub(super) fn authentication(&self) -> Authentication {
        self.authentication
    }

    /// Reads.
    pub(super) async fn get(
        &self,
        operation: &'static str,
        path: impl Into<String>,
        query: &[(&str, &str)],
    ) -> Result<Answer, SystemError> {
        let request = Request {
            operation,
            method: Method::GET,
            path: path.into(),
            query,
            body: None,
        };
        self.call(&request).await
    }

    /// Sends a request and reads the answer.
    pub(super) async fn call(&self, request: &Request<'_>) -> Result<Answer, SystemError> {
        self.attempt(request).await.map_err(|failed| failed.error)
    }

    /// The same, telling how far a request came that failed.
    pub(super) async fn attempt(&self, request: &Request<'_>) -> Result<Answer, Failed> {
        let operation = request.operation;
        let held = |error| Failed {
            how: How::Held,
            error,
        };
        let mut sent = self.send(request).await.map_err(held)?;
        if let Err(broken) = &sent.outcome
            && request.method == Method::GET
            && !broken.is_timeout()
            && sent.rest.is_none()
        {
            sent = self.send(request).await.map_err(held)?;
        }
        let (took, rest) = (sent.took, sent.rest);
        let lost = |error| Failed {
            how: How::Lost,
            error: failure(error, rest),
        };
        let received = sent.outcome;
        let (status, headers, body) =
            received.map_err(|broken| lost(error::from_network(operation, broken)))?;
        if !status.is_success() {
            let said = error::said(&body);
            let how = How::Refused {
                status,
                is_told: said.is_some(),
            };
            let now = self.clock.now();
            let error = error::from_answer(operation, status, &headers, said.as_ref(), now);
            return Err(Failed {
                how,
                error: failure(error, rest),
            });
        }
        let body = serde_json::from_slice(&body).map_err(|_| {
            lost(error::unavailable(
                operation,
                format!("the answer is no JSON (HTTP {status})"),
            ))
        })?;
        Ok(Answer {
            operation,
            body,
            headers,
            took,
        })
    }

    /// Sends a request once, as soon as the gate lets it through.
    async fn send(&self, request: &Request<'_>) -> Result<Sent, SystemError> {
        let pass = self.gate.pass().await;
        let pass = pass.map_err(|held| error::held(request.operation, held))?;
        let begun = Instant::now();
        let outcome = self.exchange(request).await;
        let took = begun.elapsed();
        let reply = match &outcome {
            Ok((status, headers, _)) => error::reply(*status, headers, self.clock.now()),
            Err(_) => Reply::new(ReplyKind::Failure),
        };
        if self.recorder.is_on() {
            self.record(request, &outcome, took);
        }
        let rest = pass.replied(&reply).await;
        Ok(Sent { outcome, took, rest })
    }

    /// Tells the recorder, without what authenticates the request.
    fn record(&self, request: &Request<'_>, outcome: &Result<Received, reqwest::Error>, took: Duration) {
        let parameters = request.query.iter();
        let (status, answer, failure) = match outcome {
            Ok((status, _, body)) => (Some(status.as_u16()), body.clone(), None),
            Err(error) => (None, Vec::new(), Some(failure_of(error))),
        };
        self.recorder.record(Exchange {
            method: request.method.to_string(),
            path: format!("/wp-json/{}", request.path),
            parameters: parameters
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: request.body.clone(),
            status,
            answer,
            failure,
            took,
            secrets: Vec::new(),
        });
    }

    /// Signs anew at each call, as an OAuth nonce serves only once.
    async fn exchange(&self, request: &Request<'_>) -> Result<Received, reqwest::Error> {
        let key = self.settings.consumer_key.expose_secret();
        let secret = self.settings.consumer_secret.expose_secret();
        let mut url = self.address(&request.path);
        let pairs = request.query.iter();
        let mut parameters: Parameters = pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        match self.authentication {
            Authentication::Basic => {}
            Authentication::Query => {
                parameters.push(("consumer_key".to_owned(), key.to_owned()));
                parameters.push(("consumer_secret".to_owned(), secret.to_owned()));
            }
            Authentication::OAuth => {
                let signer = Signer {
                    consumer_key: key,
                    consumer_secret: secret,
                    nonce: &format!("{:032x}", rand::random::<u128>()),
                    timestamp: self.clock.now().as_seconds(),
                };
                signer.sign(request.method.as_str(), &url, &mut parameters);
            }
        }
        url.set_query(Some(oauth::query(&parameters).as_str()).filter(|query| !query.is_empty()));
        let mut builder = self
            .client
            .request(request.method.clone(), url)
            .header(ACCEPT, "application/json");
        if self.authentication == Authentication::Basic {
            builder = builder.basic_auth(key, Some(secret));
        }
        if let Some(body) = &request.body {
            builder = builder
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        let response = builder.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok((status, headers, response.bytes().await?.to_vec()))
    }

    fn address(&self, path: &str) -> Url {
        let mut url = self.settings.url.clone();
        url.set_fragment(None);
        url.set_query(None);
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("wp-json").extend(path.split('/'));
        }
        url
    }
}
