//! Finds records by what people know of them.

use serde::Serialize;

use super::{RecordError, Records};
use crate::clock::{Timestamp, iso};
use crate::store::{KnownRecord, Question};
use crate::sync::{Module, RecordId, Side, Sides};

/// A record, or a pair, that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The connection's name.
    pub connection: String,
    /// The module.
    pub module: Module,
    /// Its name.
    pub title: String,
    /// What it matches by: an e-mail address or SKU.
    pub match_key: String,
    /// The ids, as far as there are any.
    pub ids: Sides<Option<RecordId>>,
    /// When it was last told of under another name, link or key.
    #[serde(serialize_with = "iso::one")]
    pub noted_at: Timestamp,
}

/// The records that were found.
#[derive(Debug, Serialize)]
pub struct Results {
    /// The records, the latest first.
    pub records: Vec<Found>,
    /// Whether there are more: whoever looks for one of those gives more of its words.
    pub more: bool,
}

impl Found {
    fn new(known: KnownRecord) -> Self {
        Self {
            connection: known.at.connection,
            module: known.at.module,
            title: known.title,
            match_key: known.match_key,
            ids: known.ids,
            noted_at: known.noted,
        }
    }

    /// The side and the id that it is shown by.
    pub fn address(&self) -> Option<(Side, &RecordId)> {
        Side::BOTH
            .into_iter()
            .find_map(|side| self.ids.of(side).as_ref().map(|id| (side, id)))
    }
}

impl Records {
    /// Up to `limit` records whose words begin like all those of the question: of names, or whole e-mail addresses,
    /// SKUs, numbers and ids.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn search(
        &self,
        text: &str,
        connection: Option<&str>,
        module: Option<Module>,
        limit: u32,
    ) -> Result<Results, RecordError> {
        let question = Question {
            text,
            connection,
            module,
        };
        let mut found = self.store.search(&question, limit.saturating_add(1)).await?;
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = found.len() > shown;
        found.truncate(shown);
        // What is in the database of a connection that is no more is nobody's business here.
        found.retain(|known| self.roster.get(&known.at.connection).is_some());
        Ok(Results {
            records: found.into_iter().map(Found::new).collect(),
            more,
        })
    }
}
