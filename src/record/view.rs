//! A record, or a pair, as it is known without asking either system.

use serde::Serialize;

use super::attention::ProblemView;
use super::{RecordError, Records, ids_of};
use crate::clock::{Timestamp, iso};
use crate::engine::takes_back;
use crate::queue::Cause;
use crate::store::{Action, Dispute, Link, Place, Question, Stored};
use crate::sync::{
    Basket, Direction, FieldMapping, Module, ModuleSettings, RecordId, Side, Sides, Transform, Value,
};

/// How far the journal is looked through for who wrote a field last.
const LOOKED_THROUGH: u32 = 200;

/// A record, or a pair.
#[derive(Debug, Serialize)]
pub struct RecordView {
    /// The connection's name.
    pub connection: String,
    /// The module.
    pub module: Module,
    /// The record's name.
    pub title: String,
    /// What the pair found each other by.
    pub match_key: String,
    /// The side that it is shown by.
    pub side: Side,
    /// Its id there.
    pub id: RecordId,
    /// Both ids, as far as there are any.
    pub ids: Sides<Option<RecordId>>,
    /// Whether the two are linked.
    pub linked: bool,
    /// Whether each was deleted.
    pub deleted: Sides<bool>,
    /// Until when the two are left alone, as they change back and forth without end.
    #[serde(serialize_with = "iso::some")]
    pub quarantined_until: Option<Timestamp>,
    /// Why it is not in step, where it is not: of each side's record.
    pub problems: Vec<ProblemView>,
    /// Conflicts whose losing value can be taken.
    pub conflicts: Vec<DisputeView>,
    /// The mapped fields.
    pub fields: Vec<FieldView>,
}

/// One mapped field.
#[derive(Debug, Serialize)]
pub struct FieldView {
    /// The mapping's key.
    pub field: String,
    /// WooCommerce's field, or several.
    pub woocommerce: String,
    /// Vtiger's field.
    pub vtiger: String,
    /// Which way it travels.
    pub direction: Direction,
    /// What happens to its values on the way.
    pub transforms: Vec<Transform>,
    /// What each side showed when the two agreed last.
    pub base: Option<Sides<String>>,
    /// Who wrote it last, as far as the sync log tells.
    pub last_writer: Option<Writer>,
}

/// Who wrote a field.
#[derive(Clone, Debug, Serialize)]
pub struct Writer {
    /// The system that the value came from.
    pub from: Side,
    /// When it was written.
    #[serde(serialize_with = "iso::one")]
    pub at: Timestamp,
    /// Why.
    pub because: String,
    /// Who told.
    pub cause: Cause,
}

/// A conflict whose losing value can be taken.
#[derive(Clone, Debug, Serialize)]
pub struct DisputeView {
    /// Its id.
    pub id: String,
    /// The connection's name.
    pub connection: String,
    /// The module.
    pub module: Module,
    /// The records' ids.
    pub ids: Sides<RecordId>,
    /// The records' name.
    pub title: String,
    /// The mapping's key.
    pub field: String,
    /// The side whose value stayed.
    pub winner: Side,
    /// The value that lost.
    pub lost: String,
    /// The value that stayed.
    pub kept: String,
    /// When.
    #[serde(serialize_with = "iso::one")]
    pub at: Timestamp,
}

impl DisputeView {
    pub(super) fn new(dispute: Dispute) -> Self {
        Self {
            id: dispute.id,
            connection: dispute.at.connection,
            module: dispute.at.module,
            ids: dispute.ids,
            title: dispute.title,
            field: dispute.field,
            winner: dispute.winner,
            lost: shown(&dispute.lost),
            kept: shown(&dispute.kept),
            at: dispute.when,
        }
    }
}

impl Records {
    /// What is known of a record.
    ///
    /// # Errors
    /// When there is no such connection, nothing is known of the record, or the store fails.
    pub async fn show(&self, at: &Place, side: Side, id: &RecordId) -> Result<RecordView, RecordError> {
        let (link, id) = self.find(at, side, id).await?;
        let ids = ids_of(link.as_ref(), side, &id);
        let entries = self.entries(at, &ids, None, LOOKED_THROUGH).await?;
        let mut problems = Vec::new();
        for side in Side::BOTH {
            if let Some(id) = ids.of(side)
                && let Some(problem) = self.store.problem_of(at, side, id).await?
            {
                problems.push(ProblemView::new(problem));
            }
        }
        if link.is_none() && entries.is_empty() && problems.is_empty() {
            return Err(RecordError::Unknown {
                what: at.module.one(),
                id,
                system: side.title(),
            });
        }
        let settings = self.engine(at)?.settings(at).await?;
        let key = match &link {
            Some(link) => link.match_key.clone(),
            None => String::new(),
        };
        let named = entries.iter().map(|stored| stored.entry.title.trim());
        let title = named.into_iter().find(|title| !title.is_empty() && *title != key);
        let title = match title {
            Some(title) => title.to_owned(),
            None => self.known_name(at, &id).await?.unwrap_or_else(|| key.clone()),
        };
        let conflicts = self.conflicts_of(at, link.as_ref(), &settings).await?;
        let fields = settings
            .active()
            .map(|mapping| FieldView::new(&settings, mapping, link.as_ref(), &entries))
            .collect();
        Ok(RecordView {
            connection: at.connection.clone(),
            module: at.module,
            title,
            match_key: key,
            side,
            linked: link.is_some(),
            deleted: link.as_ref().map(|link| link.deleted).unwrap_or_default(),
            quarantined_until: (link.as_ref())
                .and_then(|link| link.quarantined_until)
                .filter(|until| *until > self.clock.now()),
            id,
            ids,
            problems,
            conflicts,
            fields,
        })
    }

    /// The journal forgets names; what records are found by doesn't.
    async fn known_name(&self, at: &Place, id: &RecordId) -> Result<Option<String>, RecordError> {
        let question = Question {
            text: id.as_str(),
            connection: Some(&at.connection),
            module: Some(at.module),
        };
        let found = self.store.search(&question, 10).await?;
        let is_it = |ids: &Sides<Option<RecordId>>| {
            let mut both = Side::BOTH.into_iter();
            both.any(|side| ids.of(side).as_ref() == Some(id))
        };
        let it = found.into_iter().find(|known| is_it(&known.ids));
        Ok(it.map(|known| known.title).filter(|title| !title.is_empty()))
    }

    async fn conflicts_of(
        &self,
        at: &Place,
        link: Option<&Link>,
        settings: &ModuleSettings,
    ) -> Result<Vec<DisputeView>, RecordError> {
        let Some(link) = link.filter(|link| !link.is_broken()) else {
            return Ok(Vec::new());
        };
        let found = self.store.disputes_of(at, &link.ids.woocommerce).await?;
        let found = found
            .into_iter()
            .filter(|one| one.ids == link.ids && takes_back(settings, &one.field).is_some());
        Ok(found.map(DisputeView::new).collect())
    }
}

impl FieldView {
    fn new(
        settings: &ModuleSettings,
        mapping: &FieldMapping,
        link: Option<&Link>,
        entries: &[Stored],
    ) -> Self {
        let field = mapping.key();
        let base = link.and_then(|link| link.base.get(&field));
        Self {
            woocommerce: mapping.woocommerce.to_string(),
            vtiger: mapping.vtiger.to_string(),
            direction: match (settings.direction, mapping.direction) {
                (Direction::Both, own) => own,
                (of_all, _) => of_all,
            },
            transforms: mapping.transforms.clone(),
            base: base.map(|base| Sides::new(|side| shown(base.of(side)))),
            last_writer: entries.iter().find_map(|stored| Writer::of(stored, &field)),
            field,
        }
    }
}

impl Writer {
    /// Who wrote a field by this entry of the journal, if it tells of that.
    fn of(stored: &Stored, field: &str) -> Option<Self> {
        let entry = &stored.entry;
        if !matches!(entry.action, Action::Created | Action::Updated) {
            return None;
        }
        let plan = entry
            .fields
            .iter()
            .find(|plan| plan.field == field && plan.written.is_some())?;
        Some(Self {
            from: plan.decision.source().unwrap_or(entry.side),
            at: stored.when,
            because: plan.decision.to_string(),
            cause: entry.cause,
        })
    }
}

/// A value as people read it; an order's basket in one line.
pub(super) fn shown(value: &Value) -> String {
    match Basket::of(value) {
        Some(basket) => basket.to_string(),
        None => value.to_string(),
    }
}
