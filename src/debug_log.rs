//! The debug log: what was said to the two systems and what they answered, kept while somebody looks for a fault.
//!
//! It is off unless a person switches it on, for a connection, a module or a record, and for a day at most, so that it
//! can't be forgotten. Secrets are never kept, and of personal data only what tells two values apart.
//!
//! The pages and the API share this.

mod disguise;
mod exchange;
mod keys;
#[cfg(test)]
mod laws;
mod mask;
mod recorder;
mod view;

use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;
use time::PrimitiveDateTime;
use time::format_description::well_known::Iso8601;

use crate::clock::{Clock, Timestamp};
use crate::roster::Names;
use crate::store::{DebugFilter, DebugSwitch, Place, Store, StoreError};
use crate::sync::{Module, RecordId, Side};

use exchange::key_of;
pub use recorder::{Scribe, Tap};
pub use view::{ExchangeView, Exchanges, SwitchView};

/// So many exchanges are read at once for a download.
const PAGE: u32 = 100;

/// How long it stays on at most.
pub const LONGEST_HOURS: u32 = 24;

/// What is kept, and whether anything is.
#[derive(Clone, Debug)]
pub struct DebugLog {
    /// Where it is kept.
    pub store: Arc<dyn Store>,
    /// Tells when it is switched on.
    pub clock: Arc<dyn Clock>,
    /// Who knows the names of the connections.
    pub connections: Arc<dyn Names>,
}

/// What to keep.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only what is about this module.
    pub module: Option<Module>,
    /// Only what is about the record with this id in either system.
    pub record: Option<String>,
    /// For how many hours, 24 at most.
    pub hours: u32,
}

/// What to look for; by default everything.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Only of this connection.
    pub connection: Option<String>,
    /// Only with this system.
    pub side: Option<Side>,
    /// Only about this module.
    pub module: Option<Module>,
    /// Only about the record with this id in either system.
    pub record: Option<String>,
    /// Only with this method.
    pub method: Option<String>,
    /// Only with this in the path.
    pub path: Option<String>,
    /// Only with such an answer: `200`, `4xx`, `none`.
    pub status: Option<String>,
    /// Only from then on.
    pub since: Option<Timestamp>,
    /// Only before then.
    pub until: Option<Timestamp>,
}

/// Why nothing could be shown or switched.
#[derive(Debug, thiserror::Error)]
pub enum DebugLogError {
    /// There is no connection with this name.
    #[error("there is no connection named `{0}`")]
    UnknownConnection(String),
    /// There is no exchange with this id.
    #[error(
        "there is no exchange `{0}` in the debug log; what is older than debug_log.retention is forgotten"
    )]
    Unknown(String),
    /// The time is too long, or none.
    #[error("hours must be between 1 and {LONGEST_HOURS}")]
    Hours,
    /// No status is written so.
    #[error("status must be a number such as 404, a class such as 4xx, or `none`")]
    Status,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DebugLog {
    /// Whether it is on, connection by connection.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn switches(&self) -> Result<Vec<SwitchView>, DebugLogError> {
        let set = self.store.debug_switches().await?;
        let now = self.clock.now();
        let names = self.connections.names();
        Ok(names
            .into_iter()
            .map(|name| {
                let found = set.iter().find(|switch| switch.connection == name);
                SwitchView::new(name, found.filter(|switch| now < switch.until))
            })
            .collect())
    }

    /// Switches it on for a connection; `by` is whoever does so.
    ///
    /// # Errors
    /// When there is no such connection, the time is too long, or the store fails.
    pub async fn switch_on(&self, connection: &str, wanted: &Wanted, by: &str) -> Result<(), DebugLogError> {
        let connection = self.connection(connection)?;
        if !(1..=LONGEST_HOURS).contains(&wanted.hours) {
            return Err(DebugLogError::Hours);
        }
        let records = match wanted
            .record
            .as_deref()
            .map(str::trim)
            .filter(|id| !id.is_empty())
        {
            Some(record) => {
                let (one, other) = self.pair(Some(&connection), wanted.module, record).await?;
                let mut both = vec![one, other];
                both.dedup();
                both
            }
            None => Vec::new(),
        };
        let now = self.clock.now();
        let set = self.store.debug_switches().await?;
        let before = set.into_iter().find(|switch| switch.connection == connection);
        self.store
            .put_debug_switch(&DebugSwitch {
                connection,
                module: wanted.module,
                records,
                until: now + Duration::from_hours(u64::from(wanted.hours)),
                set_at: now,
                set_by: by.to_owned(),
                // What is kept already stays comparable with what comes.
                mask_key: before.map_or_else(
                    || hex::encode(rand::random::<[u8; 16]>()),
                    |switch| switch.mask_key,
                ),
            })
            .await?;
        Ok(())
    }

    /// Switches it off for a connection; what it kept stays for its time.
    ///
    /// # Errors
    /// When there is no such connection, or the store fails.
    pub async fn switch_off(&self, connection: &str) -> Result<(), DebugLogError> {
        let connection = self.connection(connection)?;
        let now = self.clock.now();
        let set = self.store.debug_switches().await?;
        let found = set.into_iter().find(|switch| switch.connection == connection);
        if let Some(switch) = found.filter(|switch| now < switch.until) {
            let off = DebugSwitch { until: now, ..switch };
            self.store.put_debug_switch(&off).await?;
        }
        Ok(())
    }

    /// Up to `limit` exchanges, the newest first, those before the one with the id `before`. With `with_bodies` also what
    /// was said.
    ///
    /// # Errors
    /// When there is no such connection, the status is written wrongly, or the store fails.
    pub async fn list(
        &self,
        search: &Search,
        before: Option<&str>,
        limit: u32,
        with_bodies: bool,
    ) -> Result<Exchanges, DebugLogError> {
        let filter = self.filter(search).await?;
        let mut found = self
            .store
            .exchanges(&filter, before, limit.saturating_add(1), with_bodies)
            .await?;
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_more = found.len() > shown;
        found.truncate(shown);
        Ok(Exchanges {
            next: found.last().filter(|_| is_more).map(|last| last.id.clone()),
            exchanges: found.into_iter().map(ExchangeView::new).collect(),
        })
    }

    /// One exchange with everything.
    ///
    /// # Errors
    /// When there is none with this id, or the store fails.
    pub async fn show(&self, id: &str) -> Result<ExchangeView, DebugLogError> {
        let found = self.store.exchange(id).await?;
        found
            .map(ExchangeView::new)
            .ok_or_else(|| DebugLogError::Unknown(id.to_owned()))
    }

    /// All that is searched for, the newest first: texts of a line of JSON for each exchange, page by page.
    pub fn lines(self, search: Search) -> impl Stream<Item = Result<String, DebugLogError>> {
        futures_util::stream::try_unfold(Some(None), move |from: Option<Option<String>>| {
            let (log, search) = (self.clone(), search.clone());
            async move {
                let Some(before) = from else {
                    return Ok(None);
                };
                let found = log.list(&search, before.as_deref(), PAGE, true).await?;
                let lines = found
                    .exchanges
                    .iter()
                    .filter_map(|one| serde_json::to_string(one).ok());
                let text = lines.fold(String::new(), |text, line| text + &line + "\n");
                Ok(Some((text, found.next.map(Some))))
            }
        })
    }

    /// How much room it takes, in bytes.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn size(&self) -> Result<u64, DebugLogError> {
        Ok(self.store.debug_log_size().await?)
    }

    async fn filter(&self, search: &Search) -> Result<DebugFilter, DebugLogError> {
        let given = |text: &Option<String>| {
            let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        let connection = match given(&search.connection) {
            Some(name) => Some(self.connection(&name)?),
            None => None,
        };
        let records = match given(&search.record) {
            Some(record) => Some(self.pair(connection.as_deref(), search.module, &record).await?),
            None => None,
        };
        Ok(DebugFilter {
            status: match given(&search.status) {
                Some(text) => Some(status(&text).ok_or(DebugLogError::Status)?),
                None => None,
            },
            side: search.side,
            // Of a record everything is wanted, whatever module it is seen from.
            module: search.module.filter(|_| records.is_none()),
            method: given(&search.method).map(|method| method.to_uppercase()),
            path: given(&search.path),
            since: search.since,
            until: search.until,
            connection,
            records,
        })
    }

    /// What the log knows a record and its counterpart by; where that isn't known, the record alone.
    async fn pair(
        &self,
        connection: Option<&str>,
        module: Option<Module>,
        record: &str,
    ) -> Result<(String, String), DebugLogError> {
        let id = RecordId::new(record);
        // A number alone may be a customer's, a product's or an order's.
        let modules: Vec<Module> = match module {
            Some(module) => vec![module],
            None if record.contains('x') || id.is_guest() => Module::ALL.to_vec(),
            None => Vec::new(),
        };
        let names = self.connections.names();
        for name in names
            .iter()
            .filter(|name| connection.is_none_or(|one| one == *name))
        {
            for module in &modules {
                let at = Place {
                    connection: name.clone(),
                    module: *module,
                };
                for side in Side::BOTH {
                    if let Some(link) = self.store.link_of(&at, side, &id).await? {
                        return Ok((key_of(&link.ids.woocommerce), key_of(&link.ids.vtiger)));
                    }
                }
            }
        }
        Ok((key_of(&id), key_of(&id)))
    }

    /// As in the configuration, capital letters don't count.
    fn connection(&self, name: &str) -> Result<String, DebugLogError> {
        let lower = name.to_lowercase();
        if self.connections.names().contains(&lower) {
            Ok(lower)
        } else {
            Err(DebugLogError::UnknownConnection(name.to_owned()))
        }
    }
}

/// Forgets what is older than `retention`, and the oldest of the rest where that takes too much room; how many exchanges
/// that were.
///
/// # Errors
/// When the store fails.
pub async fn forget(
    store: &dyn Store,
    clock: &dyn Clock,
    retention: Duration,
    size_limit: u64,
) -> Result<u64, StoreError> {
    let old = recorder::forget(store, clock.now().before(retention)).await?;
    Ok(old + recorder::trim(store, size_limit).await?)
}

/// A moment as it is written: `2026-01-31T12:34:56Z`, or without seconds or zone, which is UTC then.
pub fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim().replace(' ', "T");
    let at = match time::OffsetDateTime::parse(&text, &Iso8601::PARSING) {
        Ok(at) => at,
        Err(_) => PrimitiveDateTime::parse(&text, &Iso8601::PARSING)
            .ok()?
            .assume_utc(),
    };
    Some(Timestamp::from_seconds(at.unix_timestamp()))
}

/// The range of a status, as it is asked for.
fn status(text: &str) -> Option<(u16, u16)> {
    match text.to_lowercase().as_str() {
        "none" => Some((0, 0)),
        "2xx" => Some((200, 299)),
        "3xx" => Some((300, 399)),
        "4xx" => Some((400, 499)),
        "5xx" => Some((500, 599)),
        number => {
            let number: u16 = number.parse().ok()?;
            (100..600).contains(&number).then_some((number, number))
        }
    }
}
