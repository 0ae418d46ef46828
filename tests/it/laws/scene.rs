//! Two records as they were and as they are, with all that a plan for them depends on.

use std::fmt;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::json;
use woo_vtiger_sync::clock::Timestamp;
use woo_vtiger_sync::sync::{Base, ModuleSettings, Record, Side, Sides, advance};

use super::fake::{Losses, blank};
use super::generate::{losses, paths, scalar};

/// A record of `side` as it was, and as it is after some of its fields were edited.
pub(super) fn history(side: Side) -> impl Strategy<Value = (Record, Record)> {
    let paths = paths(side);
    let count = paths.len();
    (
        vec(scalar(), count),
        vec(option::weighted(0.4, scalar()), count),
        0_i64..4,
    )
        .prop_map(move |(values, edits, at)| {
            let mut before = blank();
            before.fields.insert("unmapped".to_owned(), json!("a"));
            for (path, value) in paths.iter().zip(&values) {
                path.set(&mut before.fields, value.clone());
            }
            before.modified = Some(Timestamp::from_seconds(at));
            let mut now = before.clone();
            for (path, edit) in paths.iter().zip(edits) {
                if let Some(value) = edit {
                    path.set(&mut now.fields, value);
                }
            }
            (before, now)
        })
}

/// Two records, and all that a plan for them depends on.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) settings: ModuleSettings,
    pub(super) losses: Losses,
    /// What both showed when they were last in step.
    pub(super) before: Sides<Record>,
    pub(super) now: Sides<Record>,
}

impl Scene {
    /// What both showed when they were last in step.
    pub(super) fn base(&self) -> Base {
        advance(&self.settings, self.before.as_ref())
    }

    /// Both records as a plan takes them.
    pub(super) fn both(&self) -> Sides<Option<&Record>> {
        Sides {
            woocommerce: Some(&self.now.woocommerce),
            vtiger: Some(&self.now.vtiger),
        }
    }
}

/// Shows the fields, which a record's own debug output leaves out.
impl fmt::Debug for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = |records: &Sides<Record>| serde_json::to_string(records).unwrap();
        write!(
            f,
            "{:?}\n{:?}\nbefore {}\nnow {}",
            self.settings,
            self.losses,
            json(&self.before),
            json(&self.now)
        )
    }
}

/// A scene with these settings.
pub(super) fn scene(settings: impl Strategy<Value = ModuleSettings>) -> impl Strategy<Value = Scene> {
    (
        settings,
        losses(),
        history(Side::WooCommerce),
        history(Side::Vtiger),
    )
        .prop_map(|(settings, losses, woocommerce, vtiger)| Scene {
            settings,
            losses,
            before: Sides {
                woocommerce: woocommerce.0,
                vtiger: vtiger.0,
            },
            now: Sides {
                woocommerce: woocommerce.1,
                vtiger: vtiger.1,
            },
        })
}
