//! Vtiger's webservice, operation by operation.
//!
//! Keeps one session, shared by all callers, and renews it when Vtiger has forgotten it. An operation is sent a second
//! time only then, as nothing was done the first time; any other failure is the caller's to judge. Knows
//! nothing of records and fields beyond their JSON.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use serde_json::{Map, Value as Json};
use tokio::time::Instant;
use url::Url;

use super::answer::{self, CallError};
use super::session::{self, Challenge, Login, Session};
use crate::clock::{Clock, Timestamp};
use crate::system::{Exchange, Gate, Off, Open, Recorder, Reply, ReplyKind, failure_of};

/// How often a sign-in is tried with a fresh challenge before the credentials are called wrong.
const SIGN_IN_ATTEMPTS: u32 = 3;

/// Vtiger answers no more rows to one query, whatever its limit says.
pub(crate) const PAGE_ROWS: usize = 100;

/// A client of one Vtiger's `webservice.php`, as one user.
pub struct Webservice {
    http: reqwest::Client,
    endpoint: Url,
    username: String,
    access_key: SecretString,
    clock: Arc<dyn Clock>,
    gate: Arc<dyn Gate>,
    recorder: Arc<dyn Recorder>,
    session: Mutex<Option<Arc<Session>>>,
    /// Held while signing in, so that no second `getchallenge` overwrites the first one's challenge.
    signing_in: tokio::sync::Mutex<()>,
}

impl fmt::Debug for Webservice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webservice")
            .field("host", &self.endpoint.host_str())
            .finish_non_exhaustive()
    }
}

/// How an operation is called; Vtiger refuses one that comes by the other verb.
#[derive(Clone, Copy)]
pub(crate) enum Verb {
    Get,
    Post,
}

impl Webservice {
    /// A client for the CRM at `url`, not signed in yet.
    ///
    /// # Errors
    /// When the TLS backend can't be set up.
    pub fn new(
        url: &Url,
        username: String,
        access_key: SecretString,
        timeout: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: crate::http::client(timeout)?,
            endpoint: endpoint(url),
            username,
            access_key,
            clock,
            gate: Arc::new(Open),
            recorder: Arc::new(Off),
            session: Mutex::new(None),
            signing_in: tokio::sync::Mutex::new(()),
        })
    }

    /// The same client, whose requests pass this gate.
    #[must_use]
    pub fn behind(self, gate: Arc<dyn Gate>) -> Self {
        Self { gate, ..self }
    }

    /// The same client, whose requests and answers this recorder is given.
    #[must_use]
    pub fn recorded_by(self, recorder: Arc<dyn Recorder>) -> Self {
        Self { recorder, ..self }
    }

    /// Runs a query, at most 100 rows of which are answered.
    pub async fn query(&self, query: &str) -> Result<Vec<Map<String, Json>>, CallError> {
        let answer = self.call(Verb::Get, "query", &[("query", query)]).await?;
        answer::objects("query", answer)
    }

    /// Reads one record with all its fields.
    pub async fn retrieve(&self, id: &str) -> Result<Map<String, Json>, CallError> {
        let answer = self.call(Verb::Get, "retrieve", &[("id", id)]).await?;
        answer::object("retrieve", answer)
    }

    /// Creates a record and answers it as stored.
    pub async fn create(
        &self,
        element_type: &str,
        element: Map<String, Json>,
    ) -> Result<Map<String, Json>, CallError> {
        let element = Json::Object(element).to_string();
        let params = [("elementType", element_type), ("element", element.as_str())];
        let answer = self.call(Verb::Post, "create", &params).await?;
        answer::object("create", answer)
    }

    /// Changes the fields in `element`, which holds the record's `id` too, and answers the record as stored.
    pub async fn revise(&self, element: Map<String, Json>) -> Result<Map<String, Json>, CallError> {
        let element = Json::Object(element).to_string();
        let answer = self
            .call(Verb::Post, "revise", &[("element", element.as_str())])
            .await?;
        answer::object("revise", answer)
    }

    /// Moves a record to the recycle bin.
    pub async fn delete(&self, id: &str) -> Result<(), CallError> {
        self.call(Verb::Post, "delete", &[("id", id)]).await.map(drop)
    }

    /// What changed in a module since a moment: `updated`, `deleted`, `more`, `lastModifiedTime`.
    /// Fails always on unmended Vtiger 8.3.0 with PHP 8.
    pub async fn sync(&self, module: &str, since: Timestamp) -> Result<Map<String, Json>, CallError> {
        // 0 is refused, and milliseconds would lie in a far future.
        let since = since.as_seconds().max(1).to_string();
        let params = [("modifiedTime", since.as_str()), ("elementType", module)];
        answer::object("sync", self.call(Verb::Get, "sync", &params).await?)
    }

    /// A module's fields and what the user may do with it.
    pub async fn describe(&self, module: &str) -> Result<Map<String, Json>, CallError> {
        let answer = self
            .call(Verb::Get, "describe", &[("elementType", module)])
            .await?;
        answer::object("describe", answer)
    }

    /// The names of the modules that the user may see.
    pub async fn listtypes(&self) -> Result<Vec<String>, CallError> {
        let mut answer = self
            .call(Verb::Get, "listtypes", &[("fieldTypeList", "null")])
            .await?;
        serde_json::from_value(answer["types"].take()).map_err(|_| CallError::unreadable("listtypes"))
    }

    /// The session, after signing in where there is none.
    pub async fn session(&self) -> Result<Arc<Session>, CallError> {
        match self.known_session() {
            Some(session) => Ok(session),
            None => self.renew(None).await,
        }
    }

    /// The last session, valid or not; `None` before the first sign-in.
    pub fn known_session(&self) -> Option<Arc<Session>> {
        self.session
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The present moment by our clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The present moment by the server's clock, as far as that is known.
    pub(crate) fn server_now(&self) -> Timestamp {
        self.by_servers_clock(self.clock.now())
    }

    /// A moment of ours by the server's clock, as far as that is known.
    pub(crate) fn by_servers_clock(&self, moment: Timestamp) -> Timestamp {
        let skew_ms = self.known_session().map_or(0, |session| session.skew_ms);
        Timestamp::from_millis(moment.as_millis().saturating_add(skew_ms))
    }

    /// Asks for a challenge: shows that the webservice is there and knows the user name.
    pub(crate) async fn challenge(&self) -> Result<Challenge, CallError> {
        let _one_at_a_time = self.signing_in.lock().await;
        self.getchallenge().await
    }

    /// Calls an operation, and once more after a new sign-in where the session has expired.
    pub(crate) async fn call(
        &self,
        verb: Verb,
        operation: &'static str,
        params: &[(&str, &str)],
    ) -> Result<Json, CallError> {
        let session = self.session().await?;
        match self.send_in(&session, verb, operation, params).await {
            Err(error) if session::is_expired(&error) => {
                tracing::debug!(
                    vtiger.operation = operation,
                    "the session has expired; signing in again"
                );
                let session = self.renew(Some(&session)).await?;
                self.send_in(&session, verb, operation, params).await
            }
            result => result,
        }
    }

    async fn send_in(
        &self,
        session: &Session,
        verb: Verb,
        operation: &'static str,
        params: &[(&str, &str)],
    ) -> Result<Json, CallError> {
        let mut all = vec![("operation", operation), ("sessionName", session.name.as_str())];
        all.extend_from_slice(params);
        self.send(verb, operation, &all).await
    }

    async fn send(
        &self,
        verb: Verb,
        operation: &'static str,
        params: &[(&str, &str)],
    ) -> Result<Json, CallError> {
        let request = match verb {
            Verb::Get => self.http.get(self.endpoint.clone()).query(params),
            Verb::Post => self.http.post(self.endpoint.clone()).form(params),
        };
        let pass = self.gate.pass().await.map_err(CallError::held)?;
        let begun = Instant::now();
        let received = receive(request).await;
        if self.recorder.is_on() {
            self.record(verb, params, &received, begun.elapsed());
        }
        let (reply, result) = match received {
            Ok((status, headers, body)) => {
                let (minute, day) = answer::quotas(&headers, self.server_now());
                let result = answer::read(status, &headers, &body, self.server_now());
                let reply = match &result {
                    Ok(_) => Reply::new(ReplyKind::Answer),
                    Err(error) => error.reply(),
                };
                (Reply { minute, day, ..reply }, result)
            }
            Err(error) => (Reply::new(ReplyKind::Failure), Err(CallError::network(&error))),
        };
        let rest = pass.replied(&reply).await;
        match &result {
            Ok(_) => tracing::debug!(vtiger.operation = operation, "Vtiger answered"),
            Err(CallError::Refused { code, .. } | CallError::SignIn { code, .. }) => {
                tracing::debug!(vtiger.operation = operation, vtiger.code = %code, "Vtiger refused");
            }
            Err(CallError::Unavailable { problem, .. } | CallError::Paused { problem, .. }) => {
                tracing::debug!(vtiger.operation = operation, error = %problem, "Vtiger is unavailable");
            }
        }
        match rest {
            Some(wait) => result.map_err(|error| error.paused(wait)),
            None => result,
        }
    }

    /// Tells the recorder. The session's name authenticates the request, and a challenge's answer does.
    fn record(
        &self,
        verb: Verb,
        params: &[(&str, &str)],
        received: &Result<Received, reqwest::Error>,
        took: Duration,
    ) {
        let method = match verb {
            Verb::Get => "GET",
            Verb::Post => "POST",
        };
        let (status, answer, failure) = match received {
            Ok((status, _, body)) => (Some(status.as_u16()), body.clone(), None),
            Err(error) => (None, Vec::new(), Some(failure_of(error))),
        };
        let session = self.known_session();
        self.recorder.record(Exchange {
            method: method.to_owned(),
            path: self.endpoint.path().to_owned(),
            parameters: params
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: None,
            status,
            answer,
            failure,
            took,
            secrets: session
                .map(|session| session.name.clone().into())
                .into_iter()
                .collect(),
        });
    }

    /// Signs in, unless another caller has replaced the `stale` session meanwhile.
    async fn renew(&self, stale: Option<&Session>) -> Result<Arc<Session>, CallError> {
        let _one_at_a_time = self.signing_in.lock().await;
        if let Some(session) = self.known_session()
            && stale.is_none_or(|stale| stale.name != session.name)
        {
            return Ok(session);
        }
        let session = Arc::new(self.sign_in().await?);
        tracing::info!(
            vtiger.user_id = session.user_id,
            vtiger.version = session.version,
            "signed in to Vtiger"
        );
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&session));
        Ok(session)
    }

    async fn sign_in(&self) -> Result<Session, CallError> {
        let mut attempt = 1;
        loop {
            match self.try_sign_in().await {
                Err(error) if session::may_be_overwritten(&error) && attempt < SIGN_IN_ATTEMPTS => {
                    attempt += 1;
                }
                Err(CallError::Refused { code, message }) => {
                    return Err(CallError::SignIn { code, message });
                }
                result => return result,
            }
        }
    }

    async fn try_sign_in(&self) -> Result<Session, CallError> {
        let challenge = self.getchallenge().await?;
        let skew_ms =
            Timestamp::from_seconds(challenge.server_time).as_millis() - self.clock.now().as_millis();
        let access_key = challenge.answer(&self.access_key);
        let params = [
            ("operation", "login"),
            ("username", self.username.as_str()),
            ("accessKey", access_key.as_str()),
        ];
        let login = self.send(Verb::Post, "login", &params).await?;
        let login: Login = serde_json::from_value(login).map_err(|_| CallError::unreadable("login"))?;
        Ok(login.into_session(skew_ms))
    }

    async fn getchallenge(&self) -> Result<Challenge, CallError> {
        let params = [
            ("operation", "getchallenge"),
            ("username", self.username.as_str()),
        ];
        let answer = self.send(Verb::Get, "getchallenge", &params).await?;
        serde_json::from_value(answer).map_err(|_| CallError::unreadable("getchallenge"))
    }
}

/// What came back: status, headers and body.
type Received = (StatusCode, HeaderMap, Vec<u8>);

/// Sends a request and reads what comes back.
async fn receive(request: reqwest::RequestBuilder) -> Result<Received, reqwest::Error> {
    let response = request.send().await?;
    let (status, headers) = (response.status(), response.headers().clone());
    Ok((status, headers, response.bytes().await?.to_vec()))
}

/// The address of `webservice.php`; an address copied from the browser's address bar will do.
fn endpoint(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path();
    let base = ["index.php", "webservice.php"]
        .iter()
        .find_map(|script| path.strip_suffix(script))
        .unwrap_or(path);
    let path = format!("{}/webservice.php", base.trim_end_matches('/'));
    url.set_path(&path);
    url
}

/// A text as a literal of the query language, which knows no escape but a doubled quote.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_webservice_is_found_from_any_address_of_the_crm() {
        for (url, expected) in [
            ("https://crm.test", "https://crm.test/webservice.php"),
            ("https://crm.test/vt/", "https://crm.test/vt/webservice.php"),
            (
                "https://crm.test/vt/index.php?module=Home",
                "https://crm.test/vt/webservice.php",
            ),
            (
                "https://crm.test/webservice.php",
                "https://crm.test/webservice.php",
            ),
        ] {
            assert_eq!(endpoint(&url.parse().unwrap()).as_str(), expected);
        }
    }

    #[test]
    fn a_quote_in_a_literal_is_doubled() {
        assert_eq!(literal(r"O'Brien \ <Ltd>"), r"'O''Brien \ <Ltd>'");
    }
}
