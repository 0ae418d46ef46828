//! Records that an import writes to the database, past Vtiger: nothing is checked, and nothing announced.

use serde_json::{Map, Value as Json};

use super::Data;
use crate::clock::Timestamp;
use crate::simulator::vtiger::id::WebserviceId;

impl Data {
    /// Copies a record, with other texts in these fields, as an import does that writes to the database.
    pub(in crate::simulator::vtiger) fn copy(
        &mut self,
        id: WebserviceId,
        changes: &Map<String, Json>,
        now: Timestamp,
    ) -> Option<WebserviceId> {
        let mut copy = self.records.get(&id)?.clone();
        (copy.created, copy.modified) = (now.as_seconds(), now.as_seconds());
        copy.id = WebserviceId::new(id.prefix, self.next_number);
        self.next_number += 1;
        let texts = changes
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        copy.values.extend(texts);
        self.index.add(copy.id, &copy.values);
        let id = copy.id;
        self.records.insert(id, copy);
        Some(id)
    }
}
