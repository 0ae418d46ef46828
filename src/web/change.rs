//! One line of the journal, as the page shows it.

use super::texts;
use super::words::{self, Shown};
use crate::queue::Cause;
use crate::store::{Action, Stored};
use crate::sync::{Decision, FieldPlan, Side};

/// What was done for one record.
#[derive(Debug)]
pub(super) struct Change {
    pub id: String,
    pub date: String,
    pub time: String,
    pub connection: String,
    pub module: &'static str,
    pub from: Side,
    pub to: Side,
    pub action: &'static str,
    pub title: String,
    pub ids: Vec<Id>,
    pub cause: String,
    /// Why the values moved, where it is the same for all fields.
    pub because: Option<String>,
    pub fields: Vec<Field>,
    pub skip: Option<Skipped>,
}

/// A record's id.
#[derive(Debug)]
pub(super) struct Id {
    pub system: &'static str,
    pub id: String,
}

/// Why nothing was done, and what to do about it.
#[derive(Debug)]
pub(super) struct Skipped {
    pub reason: String,
    pub remedy: String,
}

/// What became of one field.
#[derive(Debug)]
pub(super) struct Field {
    pub key: String,
    pub name: String,
    /// What stood there before; `None` when the record is new.
    pub old: Option<Shown>,
    /// What was written; `None` when nothing was.
    pub new: Option<Shown>,
    pub because: String,
    pub lost: Option<Lost>,
    /// The system that can't hold all of the value.
    pub lossy: Option<&'static str>,
    /// What else there is to know.
    pub note: Option<String>,
}

/// The value that lost a conflict.
#[derive(Debug)]
pub(super) struct Lost {
    pub system: &'static str,
    pub value: Shown,
}

impl Change {
    /// How this line is shown.
    pub(super) fn new(stored: Stored) -> Self {
        let Stored { id, at, when, entry } = stored;
        let stamp = when.to_string();
        let (date, time) = stamp.split_once(' ').unwrap_or((stamp.as_str(), ""));
        let fields: Vec<Field> = entry
            .fields
            .iter()
            .map(|field| Field::new(field, entry.side, entry.action))
            .collect();
        let ids = Side::BOTH
            .into_iter()
            .filter_map(|side| {
                let id = entry.ids.of(side).as_ref()?;
                Some(Id {
                    system: side.title(),
                    id: id.guest_email().map_or_else(
                        || id.to_string(),
                        |email| texts::say_with("log-guest", &[("email", email.into())]),
                    ),
                })
            })
            .collect();
        Self {
            date: date.to_owned(),
            time: time.to_owned(),
            id,
            connection: at.connection,
            module: at.module.title(),
            from: entry.side.opposite(),
            to: entry.side,
            action: entry.action.as_str(),
            title: entry.title,
            ids,
            cause: match entry.cause {
                Cause::Webhook => texts::say("log-cause-webhook"),
                Cause::Callback => texts::say("log-cause-callback"),
                Cause::Sweep => texts::say("log-cause-sweep"),
                Cause::Backfill => texts::say("log-cause-backfill"),
                Cause::Retry => texts::say("log-cause-retry"),
            },
            because: shared(&fields),
            fields,
            skip: entry.skip.map(|skip| Skipped {
                reason: skip.to_string().trim_end_matches('.').to_owned(),
                remedy: skip.remedy(),
            }),
        }
    }

    /// The line in one sentence, for those who can't see it appear.
    pub(super) fn sentence(&self) -> String {
        let name = self.name();
        let values = [
            ("action", self.action.into()),
            ("system", self.to.title().into()),
            ("name", name.as_str().into()),
        ];
        texts::say_with("log-sentence", &values)
    }

    /// The record's name, or what stands for it.
    pub(super) fn name(&self) -> String {
        if self.title.trim().is_empty() {
            texts::say("log-nameless")
        } else {
            self.title.clone()
        }
    }
}

impl Field {
    fn new(plan: &FieldPlan, to: Side, action: Action) -> Self {
        let before = plan.before.of(to);
        let lost = match plan.decision {
            Decision::Conflict { winner, .. } => {
                let loser = winner.opposite();
                Some(Lost {
                    system: loser.title(),
                    value: Shown::new(plan.before.of(loser)),
                })
            }
            _ => None,
        };
        let is_new = action == Action::Created && before.is_blank();
        Self {
            key: plan.field.clone(),
            name: words::field(&plan.field),
            old: (!is_new).then(|| Shown::new(before)),
            new: plan.written.as_ref().map(Shown::new),
            because: plan.decision.to_string(),
            lost,
            lossy: plan.lossy.then_some(match to {
                Side::WooCommerce => "WooCommerce",
                Side::Vtiger => "Vtiger",
            }),
            note: plan.note.clone(),
        }
    }
}

/// The reason that all fields share, where there are several and none is a conflict.
fn shared(fields: &[Field]) -> Option<String> {
    let [first, rest @ ..] = fields else {
        return None;
    };
    let same = rest.iter().all(|field| field.because == first.because);
    let conflict = fields.iter().any(|field| field.lost.is_some());
    (same && !conflict && !rest.is_empty()).then(|| first.because.clone())
}
