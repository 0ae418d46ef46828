//! What was done with one record, as a line of a table.

use crate::clock::Timestamp;
use crate::history::Record;
use crate::links::record_page;
use crate::sync::Side;
use crate::web::records::path_of;
use crate::web::{SystemLink, texts};

/// What was done with one record.
pub(super) struct RecordRow {
    pub(super) at: Timestamp,
    pub(super) connection: String,
    pub(super) module: &'static str,
    pub(super) from: Side,
    pub(super) to: Side,
    pub(super) action: &'static str,
    pub(super) name: String,
    /// Where everything is told of it.
    pub(super) page: Option<String>,
    /// Where its own system shows it.
    pub(super) outside: Vec<Outside>,
    pub(super) reason: Option<String>,
    pub(super) remedy: Option<String>,
}

/// A record in its own system.
pub(super) struct Outside {
    pub(super) system: &'static str,
    pub(super) url: String,
}

impl RecordRow {
    pub(super) fn new(systems: &[SystemLink], record: Record) -> Self {
        let ids = [
            (Side::WooCommerce, record.woocommerce_id.as_ref()),
            (Side::Vtiger, record.vtiger_id.as_ref()),
        ];
        let mut outside = Vec::new();
        for (side, id) in ids {
            let system = systems
                .iter()
                .find(|system| system.connection == record.connection && system.side == side);
            let page = system.zip(id).and_then(|(system, id)| {
                // A simulator has one page for all.
                if system.simulated {
                    Some(system.url.clone())
                } else {
                    record_page(&system.url, side, record.module, id)
                }
            });
            outside.extend(page.map(|url| Outside {
                system: side.title(),
                url: url.into(),
            }));
        }
        let page = (ids.iter().find_map(|(side, id)| Some((*side, (*id)?))))
            .map(|(side, id)| path_of(&record.connection, record.module, side, id));
        let name = if record.title.trim().is_empty() {
            texts::say("log-nameless")
        } else {
            record.title.clone()
        };
        Self {
            at: record.at,
            module: record.module.title(),
            from: record.side.opposite(),
            to: record.side,
            action: record.action,
            name,
            page,
            outside,
            reason: record
                .reason
                .map(|reason| reason.trim_end_matches('.').to_owned()),
            remedy: record.remedy,
            connection: record.connection,
        }
    }
}
