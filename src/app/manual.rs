//! What a person does by hand for one record: see what would be done, link, unlink, try anew.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::engine::Preview;
use crate::record::{Linked, RecordError, Records};
use crate::store::Place;
use crate::sync::{Basket, FieldPlan, RecordId, Side, Sides, Value};

use super::Parts;

impl Parts {
    /// The records, and what is done with them by hand.
    pub fn records(&self) -> Records {
        Records {
            store: Arc::clone(&self.store),
            queue: Arc::clone(&self.queue),
            clock: Arc::clone(&self.clock),
            roster: Arc::clone(&self.roster),
        }
    }
}

/// Tells what would be written for a record, and why, without writing anything.
///
/// # Errors
/// When one of the systems or the database fails.
pub async fn plan(parts: &Parts, at: &Place, side: Side, id: &RecordId) -> Result<String, RecordError> {
    let preview = parts.records().plan(at, side, id).await;
    told(preview.map(|preview| in_words(at, &preview)))
}

/// Links two records by hand and brings them into step. What stood in the way is taken out of it: other links of the
/// two are forgotten.
///
/// # Errors
/// When one of the systems or the database fails.
pub async fn link(parts: &Parts, at: &Place, ids: Sides<RecordId>) -> Result<String, RecordError> {
    let linked = parts.records().link(at, ids).await;
    told(linked.map(|Linked { ids }| {
        format!(
            "Linked {} {} in WooCommerce with {} in Vtiger CRM; the service brings them into step.\n",
            at.module.one(),
            ids.woocommerce,
            ids.vtiger
        )
    }))
}

/// Forgets that a record is linked. Both records stay as they are until one of them changes.
///
/// # Errors
/// When one of the systems or the database fails.
pub async fn unlink(parts: &Parts, at: &Place, side: Side, id: &RecordId) -> Result<String, RecordError> {
    let linked = parts.records().unlink(at, side, id).await;
    told(linked.map(|Linked { ids }| {
        format!(
            "{} in WooCommerce and {} in Vtiger CRM are linked no more. They find each other again when one of them \
             changes, unless what they match by is changed first.\n",
            ids.woocommerce, ids.vtiger
        )
    }))
}

/// Has a record looked at anew, and ends its quarantine.
///
/// # Errors
/// When one of the systems or the database fails.
pub async fn retry(parts: &Parts, at: &Place, side: Side, id: &RecordId) -> Result<String, RecordError> {
    let looked_at = parts.records().sync_now(at, side, id).await;
    told(looked_at.map(|id| {
        format!(
            "The service looks at {} {id} of {} again; the sync log tells how that went.\n",
            at.module.one(),
            side.title()
        )
    }))
}

/// What there is to tell, where nothing failed: that something isn't there is no failure.
fn told(outcome: Result<String, RecordError>) -> Result<String, RecordError> {
    match outcome {
        Err(RecordError::Engine(error)) => Err(RecordError::Engine(error)),
        // These begin as sentences do, or with what kind of record it is.
        Err(refusal @ RecordError::NotLinked { .. }) => Ok(format!("{refusal}.\n")),
        Err(refusal) => {
            let text = refusal.to_string();
            let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
            Ok(format!("{}{rest}.\n", first.to_uppercase()))
        }
        told => told,
    }
}

/// A preview, for people to read. Writing to a string can't fail.
fn in_words(at: &Place, preview: &Preview) -> String {
    let id = |side| {
        let id: &Option<RecordId> = preview.ids.of(side);
        id.as_ref()
            .map_or_else(|| "(none)".to_owned(), ToString::to_string)
    };
    let mut text = format!(
        "{}: {} in WooCommerce, {} in Vtiger CRM{}\n",
        at.module.title(),
        id(Side::WooCommerce),
        id(Side::Vtiger),
        if preview.is_linked { "" } else { ", not linked yet" }
    );
    if let Some(remark) = preview.remark {
        let _ = writeln!(text, "Nothing would be done: {remark}.");
        return text;
    }
    if let Some(skip) = &preview.skip {
        let _ = writeln!(text, "It would be skipped: {skip}.\n  → {}", skip.remedy());
        return text;
    }
    for side in Side::BOTH {
        let written: Vec<&FieldPlan> = preview
            .plan
            .fields
            .iter()
            .filter(|field| field.decision.source() == Some(side.opposite()) && field.written.is_some())
            .collect();
        if written.is_empty() {
            let _ = writeln!(text, "Nothing would be written to {}.", side.title());
            continue;
        }
        let what = if preview.ids.of(side).is_some() {
            "written to"
        } else {
            "created in"
        };
        let _ = writeln!(text, "Would be {what} {}:", side.title());
        for field in written {
            let before = shown(field.before.of(side));
            let value = field.written.as_ref().map(shown).unwrap_or_default();
            let _ = writeln!(text, "  {}: {before} → {value} ({})", field.field, field.decision);
            if let Some(note) = &field.note {
                let _ = writeln!(text, "    {note}");
            }
        }
    }
    for field in &preview.plan.fields {
        if field.written.is_none() && matches!(field.decision, crate::sync::Decision::Kept(_)) {
            let _ = writeln!(text, "{}: {}", field.field, field.decision);
        }
    }
    text
}

/// A value in quotes; an order's basket in one line.
fn shown(value: &Value) -> String {
    match Basket::of(value) {
        Some(basket) => basket.to_string(),
        None => format!("{:?}", value.as_text()),
    }
}
