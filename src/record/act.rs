//! What a person does with one record by hand: has it looked at, links, unlinks.

use super::{RecordError, Records};
use crate::engine::{EngineError, Preview};
use crate::queue::{Cause, Change, Event, Lane, Seen, Subject};
use crate::store::{Commit, Link, Place};
use crate::sync::{RecordId, Side, Sides};
use crate::system::{Priority, work_for};

/// Two records that are linked, or were.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Linked {
    /// Their ids.
    pub ids: Sides<RecordId>,
}

impl Records {
    /// Finds out what would be written for a record, and why. Reads both systems, and writes nothing.
    ///
    /// # Errors
    /// When there is no such connection, or one of the systems or the store fails.
    pub async fn plan(&self, at: &Place, side: Side, id: &RecordId) -> Result<Preview, RecordError> {
        let engine = self.engine(at)?;
        let preview = work_for(Priority::Live, Box::pin(engine.preview(at, side, id))).await;
        Ok(preview?)
    }

    /// Has a record looked at anew, and ends its quarantine; its whole id.
    ///
    /// # Errors
    /// When there is no such connection, or one of the systems, the store or the queue fails.
    pub async fn sync_now(&self, at: &Place, side: Side, id: &RecordId) -> Result<RecordId, RecordError> {
        let (link, id) = self.find(at, side, id).await?;
        if let Some(link) = link.filter(|link| link.quarantined_until.is_some()) {
            self.store.release_link(&link.id).await?;
        }
        let event = self.look(at, side, &id);
        self.queue.publish(Lane::Live, &[event]).await?;
        tracing::info!(
            connection = %at.connection, module = %at.module, %side, record.id = ?id,
            "a record is looked at anew, as somebody asks for it"
        );
        Ok(id)
    }

    /// Links two records by hand and has them brought into step. What stood in the way is taken out of it: other links
    /// of the two are forgotten.
    ///
    /// # Errors
    /// When there is no such connection or record, or one of the systems, the store or the queue fails.
    pub async fn link(&self, at: &Place, ids: Sides<RecordId>) -> Result<Linked, RecordError> {
        let engine = self.engine(at)?;
        let mut full = ids;
        for side in Side::BOTH {
            let id = engine.full_id(side, at.module, full.of(side)).await?;
            if !engine.has(side, at.module, &id).await? {
                return Err(RecordError::NotThere {
                    what: at.module.one(),
                    id,
                    system: side.title(),
                });
            }
            *full.of_mut(side) = id;
        }
        for side in Side::BOTH {
            if let Some(link) = self.store.link_of(at, side, full.of(side)).await? {
                self.store.unlink(&link.id).await?;
            }
        }
        let commit = Commit {
            at: at.clone(),
            now: self.clock.now(),
            link: Some(Link::new(full.clone(), "")),
            entries: Vec::new(),
            created: None,
            fence: None,
            run: None,
            told_at: None,
        };
        self.store.commit(&commit).await?;
        let event = self.look(at, Side::WooCommerce, &full.woocommerce);
        self.queue.publish(Lane::Live, &[event]).await?;
        tracing::info!(
            connection = %at.connection, module = %at.module, woocommerce.id = ?full.woocommerce,
            vtiger.id = ?full.vtiger, "two records were linked by hand"
        );
        Ok(Linked { ids: full })
    }

    /// Forgets that a record is linked. Both records stay as they are until one of them changes.
    ///
    /// # Errors
    /// When there is no such connection, the record isn't linked, or one of the systems or the store fails.
    pub async fn unlink(&self, at: &Place, side: Side, id: &RecordId) -> Result<Linked, RecordError> {
        let link = self.linked(at, side, id).await?;
        self.store.unlink(&link.id).await?;
        tracing::info!(
            connection = %at.connection, module = %at.module, woocommerce.id = ?link.ids.woocommerce,
            vtiger.id = ?link.ids.vtiger, "two records were unlinked by hand"
        );
        Ok(Linked { ids: link.ids })
    }

    /// An event that asks for a look at a record.
    pub(super) fn look(&self, at: &Place, side: Side, id: &RecordId) -> Event {
        self.about(at, side, id, Change::Changed(Seen::Nothing))
    }

    pub(super) fn about(&self, at: &Place, side: Side, id: &RecordId, change: Change) -> Event {
        let subject = Subject::Record {
            module: at.module,
            side,
            id: id.clone(),
            change,
        };
        Event::new(&at.connection, subject, Cause::Retry, self.clock.now())
    }
}

/// Whether an error means that a system or a part of this program is away for now.
pub(super) const fn is_passing(error: &EngineError) -> bool {
    matches!(error, EngineError::System(_))
}
