//! What a person does by hand for one record: see what would be done, link, unlink, try anew.

use std::fmt::Write as _;

use crate::engine::{EngineError, Preview};
use crate::queue::{Cause, Change, Event, Lane, Seen, Subject};
use crate::store::{Commit, Link, Place};
use crate::sync::{Basket, FieldPlan, RecordId, Side, Sides, Value};

use super::Parts;

/// Tells what would be written for a record, and why, without writing anything.
///
/// # Errors
/// When one of the systems or the database fails.
pub async fn plan(parts: &Parts, at: &Place, side: Side, id: &RecordId) -> Result<String, EngineError> {
    let Some(member) = parts.roster.get(&at.connection) else {
        return Ok(unknown(at));
    };
    Ok(in_words(at, &member.engine.preview(at, side, id).await?))
}

/// Links two records by hand and brings them into step. What stood in the way is taken out of it: other links of the
/// two are forgotten.
///
/// # Errors
/// When one of the systems or the database fails.
pub async fn link(parts: &Parts, at: &Place, ids: Sides<RecordId>) -> Result<String, EngineError> {
    let Some(member) = parts.roster.get(&at.connection) else {
        return Ok(unknown(at));
    };
    let systems = &member.systems;
    let mut full = ids;
    for side in Side::BOTH {
        let id = systems.of(side).full_id(at.module, full.of(side)).await?;
        if systems.of(side).fetch(at.module, &id).await?.is_none() {
            return Ok(format!(
                "There is no {} {id} in {}; nothing was changed.\n",
                at.module.one(),
                side.title()
            ));
        }
        *full.of_mut(side) = id;
    }
    for side in Side::BOTH {
        if let Some(link) = parts.store.link_of(at, side, full.of(side)).await? {
            parts.store.unlink(&link.id).await?;
        }
    }
    let link = Link::new(full.clone(), "");
    parts
        .store
        .commit(&Commit {
            at: at.clone(),
            now: parts.clock.now(),
            link: Some(link),
            entries: Vec::new(),
            created: None,
            fence: None,
            run: None,
        })
        .await?;
    look_again(parts, at, Side::WooCommerce, &full.woocommerce).await?;
    Ok(format!(
        "Linked {} {} in WooCommerce with {} in Vtiger CRM; the service brings them into step.\n",
        at.module.one(),
        full.woocommerce,
        full.vtiger
    ))
}

/// Forgets that a record is linked. Both records stay as they are until one of them changes.
///
/// # Errors
/// When one of the systems or the database fails.
pub async fn unlink(parts: &Parts, at: &Place, side: Side, id: &RecordId) -> Result<String, EngineError> {
    let Some((link, id)) = find(parts, at, side, id).await? else {
        return Ok(unknown(at));
    };
    let Some(link) = link else {
        return Ok(format!(
            "{} {id} of {} is not linked.\n",
            at.module.one(),
            side.title()
        ));
    };
    parts.store.unlink(&link.id).await?;
    Ok(format!(
        "{} in WooCommerce and {} in Vtiger CRM are linked no more. They find each other again when one of them \
         changes, unless what they match by is changed first.\n",
        link.ids.woocommerce, link.ids.vtiger
    ))
}

/// Has a record looked at anew, and ends its quarantine.
///
/// # Errors
/// When one of the systems or the database fails.
pub async fn retry(parts: &Parts, at: &Place, side: Side, id: &RecordId) -> Result<String, EngineError> {
    let Some((link, id)) = find(parts, at, side, id).await? else {
        return Ok(unknown(at));
    };
    if let Some(mut link) = link.filter(|link| link.quarantined_until.is_some()) {
        link.quarantined_until = None;
        link.trails.clear();
        let commit = Commit {
            at: at.clone(),
            now: parts.clock.now(),
            link: Some(link),
            entries: Vec::new(),
            created: None,
            fence: None,
            run: None,
        };
        parts.store.commit(&commit).await?;
    }
    look_again(parts, at, side, &id).await?;
    Ok(format!(
        "The service looks at {} {id} of {} again; the sync log tells how that went.\n",
        at.module.one(),
        side.title()
    ))
}

async fn find(
    parts: &Parts,
    at: &Place,
    side: Side,
    id: &RecordId,
) -> Result<Option<(Option<Link>, RecordId)>, EngineError> {
    let Some(member) = parts.roster.get(&at.connection) else {
        return Ok(None);
    };
    let id = member.systems.of(side).full_id(at.module, id).await?;
    Ok(Some((parts.store.link_of(at, side, &id).await?, id)))
}

async fn look_again(parts: &Parts, at: &Place, side: Side, id: &RecordId) -> Result<(), EngineError> {
    let subject = Subject::Record {
        module: at.module,
        side,
        id: id.clone(),
        change: Change::Changed(Seen::Nothing),
    };
    let event = Event::new(&at.connection, subject, Cause::Retry, parts.clock.now());
    Ok(parts.queue.publish(Lane::Live, &[event]).await?)
}

fn unknown(at: &Place) -> String {
    format!("There is no connection named {}.\n", at.connection)
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
