//! What an element says, as it will be stored, or why it can't be: the same checks for all modules.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::{Data, Mandatory};
use crate::simulator::vtiger::answer::Failure;
use crate::simulator::vtiger::id::WebserviceId;
use crate::simulator::vtiger::schema::{self, Field, Kind, Module};
use crate::simulator::vtiger::value::{scalar, stored};

impl Data {
    /// What is sent for fields that can be written, as it will be stored.
    pub(super) fn sent(
        &self,
        module: &Module,
        element: &Map<String, Json>,
        mandatory: Mandatory,
    ) -> Result<BTreeMap<String, String>, Failure> {
        let mut sent = BTreeMap::new();
        for field in module.fields.iter().filter(|field| field.editable) {
            let Some(value) = element.get(&field.name) else {
                continue;
            };
            let text = scalar(value).map_err(|_| Failure::Fatal)?;
            let text = match field.refers_to() {
                Some(modules) => self.reference(field, modules, &text)?,
                None => stored(field, &text),
            };
            sent.insert(field.name.clone(), text);
        }
        for field in module.fields.iter().filter(|field| field.mandatory) {
            // As sent: a reference that leads nowhere is not missing, though nothing will be stored of it.
            let is_missing = match element.get(&field.name) {
                Some(value) => scalar(value).is_ok_and(|text| text.is_empty()),
                None => mandatory == Mandatory::Demanded,
            };
            if is_missing {
                return Err(Failure::mandatory(&field.name));
            }
        }
        for field in module.fields.iter().filter(|field| field.kind == Kind::Owner) {
            if let Some(owner) = sent.get(&field.name) {
                let id: WebserviceId = owner.parse().map_err(|_| Failure::invalid_id())?;
                if id.prefix != schema::GROUPS && !self.exists(id) {
                    return Err(Failure::Restricted);
                }
            }
        }
        Ok(sent)
    }

    /// The reference as stored: null when there is no such record.
    fn reference(&self, field: &Field, modules: &[String], text: &str) -> Result<String, Failure> {
        if text.is_empty() {
            return Ok(String::new());
        }
        let id: WebserviceId = text.parse().map_err(|_| Failure::invalid_id())?;
        let target = self.schema.by_prefix(id.prefix);
        if target.is_none_or(|target| !modules.contains(&target.name)) {
            return Err(Failure::refused(
                "REFERENCE_INVALID",
                format!("Invalid reference specified for {}", field.name),
            ));
        }
        Ok(if self.exists(id) {
            id.to_string()
        } else {
            String::new()
        })
    }
}
