//! What the journal is told of an event.

use serde_json::Value as Json;

use crate::store::{Action, Entry, Link};
use crate::sync::{FieldPlan, Module, Plan, Record, RecordId, Side, Sides, Skip};

use super::apply::Pair;
use super::subject::Case;

/// What is to tell of two records that were planned for, and of which one side was written to.
pub(super) fn entries(
    case: &Case<'_>,
    pair: &Pair,
    plan: &Plan,
    written: Option<Side>,
    found: Option<&(Side, RecordId)>,
) -> Vec<Entry> {
    let entry = |side: Side, action: Action| {
        let fields: Vec<FieldPlan> = plan
            .notable()
            .filter(|field| field.decision.source() != Some(side))
            .cloned()
            .collect();
        Entry {
            side,
            action,
            ids: Sides::new(|side| Some(pair.link.ids.of(side).clone())),
            title: title(case.at.module, case.side, pair.records.of(case.side)),
            cause: case.event.cause,
            fields,
            skip: None,
        }
    };
    if let Some((side, _)) = found {
        return vec![entry(*side, Action::Created)];
    }
    if written.is_none()
        && pair.known
        && let Some(missing) = plan.missing()
    {
        // What a person blanked stays on the other side; tell it once.
        let skip = Skip::Mandatory {
            field: missing.field.clone(),
        };
        return vec![case.entry(
            case.side.opposite(),
            Some(&pair.link),
            Some(pair.records.of(case.side)),
            skip,
        )];
    }
    if written.is_none() && !pair.known {
        return vec![entry(case.side.opposite(), Action::Linked)];
    }
    written
        .map(|side| entry(side, Action::Updated))
        .into_iter()
        .collect()
}

impl Case<'_> {
    /// An entry about something that was not done.
    pub(super) fn entry(
        &self,
        side: Side,
        link: Option<&Link>,
        record: Option<&Record>,
        skip: Skip,
    ) -> Entry {
        let mut ids = Sides::new(|side| link.map(|link| link.ids.of(side).clone()));
        *ids.of_mut(self.side) = Some(self.id.clone());
        Entry {
            side,
            action: match skip {
                Skip::Failed { .. } => Action::Failed,
                _ => Action::Skipped,
            },
            ids,
            title: record
                .map(|record| title(self.at.module, self.side, record))
                .unwrap_or_default(),
            cause: self.event.cause,
            fields: Vec::new(),
            skip: Some(skip),
        }
    }
}

/// A record's name, for people.
pub(super) fn title(module: Module, side: Side, record: &Record) -> String {
    let text = |name: &str| {
        record
            .fields
            .get(name)
            .and_then(Json::as_str)
            .unwrap_or_default()
            .trim()
    };
    let names = match (module, side) {
        (Module::Contacts, Side::WooCommerce) => [text("first_name"), text("last_name")],
        (Module::Contacts, Side::Vtiger) => [text("firstname"), text("lastname")],
        (Module::Products, Side::WooCommerce) => [text("name"), ""],
        (Module::Products, Side::Vtiger) => [text("productname"), ""],
        (Module::SalesOrders, Side::WooCommerce) => ["#", text("number")],
        (Module::SalesOrders, Side::Vtiger) => [text("subject"), ""],
        (Module::Taxes, Side::WooCommerce) => [text("name"), text("rate")],
        (Module::Taxes, Side::Vtiger) => [text("taxlabel"), text("percentage")],
    };
    let between = if module == Module::SalesOrders { "" } else { " " };
    let name = names.join(between);
    if name.trim().is_empty() {
        text("email").to_owned()
    } else {
        name.trim().to_owned()
    }
}
