//! A mapping tried on a real pair of records before it is saved.

use crate::store::{Link, Place};
use crate::sync::{Basket, Outcome, RecordId, Side, Sides, Trial, Value};

use super::check::Checked;
use super::{Desk, SettingsError};

/// So many records are offered to try a mapping on.
const SAMPLES: u32 = 20;

/// A pair of records to try a mapping on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Sample {
    /// The link's id.
    pub link: String,
    /// The records' ids.
    pub ids: Sides<RecordId>,
    /// What the two found each other by: an e-mail address, an SKU.
    pub key: String,
}

/// What a mapping would make of a pair of records.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TriedMapping {
    /// The records; none where none are in step yet.
    pub sample: Option<Sample>,
    /// What would be written each way.
    pub ways: Vec<Way>,
    /// Why it can't be told, where it can't.
    pub obstacle: Option<String>,
}

/// What would be written to one side.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Way {
    /// The side that is written to.
    pub to: Side,
    /// What the other side shows.
    pub read: String,
    /// What would be written.
    pub written: String,
    /// What this side shows at present.
    pub now: String,
    /// What this side would show, where it can't hold all of it.
    pub shortened: Option<String>,
    /// What becomes of it.
    pub outcome: Outcome,
}

impl Desk {
    /// The newest pairs of records in step, to try a mapping on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn samples(&self, at: &Place) -> Result<Vec<Sample>, SettingsError> {
        let links = self.store.newest_links(at, SAMPLES).await?;
        Ok(links
            .iter()
            .filter(|link| !link.is_broken())
            .map(Sample::new)
            .collect())
    }

    /// What a mapping that was checked would make of a pair of records: those with this link, or the newest.
    ///
    /// # Errors
    /// When there is no such connection, or the store fails.
    pub async fn try_mapping(
        &self,
        at: &Place,
        checked: &Checked,
        link: Option<&str>,
    ) -> Result<TriedMapping, SettingsError> {
        let mut tried = TriedMapping {
            sample: None,
            ways: Vec::new(),
            obstacle: None,
        };
        let (Some(settings), Some(mapping)) = (&checked.settings, checked.mapping()) else {
            tried.obstacle = Some("the mapping can't be tried before what is marked is mended".to_owned());
            return Ok(tried);
        };
        let links = self.store.newest_links(at, SAMPLES).await?;
        let mut whole = links.iter().filter(|link| !link.is_broken());
        let chosen = match link.filter(|link| !link.is_empty()) {
            Some(id) => whole.find(|link| link.id == id),
            None => whole.next(),
        };
        let Some(link) = chosen else {
            tried.obstacle = Some("there is no such record in step yet to try it on".to_owned());
            return Ok(tried);
        };
        tried.sample = Some(Sample::new(link));
        match self.engine(at)?.try_mapping(at, link, settings, mapping).await {
            Ok(trial) => {
                if let Some(side) = trial.gone {
                    tried.obstacle = Some(format!("the record is no more in {}", side.title()));
                } else if let Some(skip) = &trial.skip {
                    tried.obstacle = Some(skip.to_string());
                }
                tried.ways = trial.trials.iter().map(Way::new).collect();
            }
            Err(crate::engine::EngineError::System(error)) => tried.obstacle = Some(error.to_string()),
            Err(error) => return Err(error.into()),
        }
        Ok(tried)
    }
}

impl Sample {
    fn new(link: &Link) -> Self {
        Self {
            link: link.id.clone(),
            ids: link.ids.clone(),
            key: link.match_key.clone(),
        }
    }
}

impl Way {
    fn new(trial: &Trial) -> Self {
        Self {
            to: trial.to,
            read: shown(&trial.read),
            written: shown(&trial.written),
            now: shown(&trial.now),
            shortened: trial.lossy.as_ref().map(shown),
            outcome: trial.outcome,
        }
    }
}

/// A value; an order's basket in one line.
fn shown(value: &Value) -> String {
    match Basket::of(value) {
        Some(basket) => basket.to_string(),
        None => value.to_string(),
    }
}
