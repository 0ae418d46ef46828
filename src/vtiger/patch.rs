//! What is written to Vtiger: checked against what it would keep, and in the form that its webservice takes.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::fault::{failed, system_error};
use super::schema::{self, Description};
use super::{Vtiger, element_type, reference, row, stored};
use crate::sync::{Module, Patch, Value};
use crate::system::{Fault, SystemError};

impl Vtiger {
    /// Asks ahead for what the first writes need, as far as it can be had.
    pub(crate) async fn warm_up(&self) {
        if let Err(error) = self.extension.report(&self.webservice).await {
            tracing::debug!(%error, "whether the extension is there can't be asked for ahead");
        }
        for module in [Module::Contacts, Module::Products, Module::SalesOrders] {
            self.description(module).await;
        }
        if let Err(error) = self.orders.warm_up(&self.webservice).await {
            tracing::debug!(%error, "what sales orders refer to can't be asked for ahead");
        }
    }

    /// A module's description, unless it can't be had: what is written goes unchecked then.
    pub(crate) async fn description(&self, module: Module) -> Option<Arc<Description>> {
        let described = self.schemas.of(&self.webservice, module).await;
        if let Err(error) = &described {
            tracing::debug!(vtiger.module = element_type(module), %error, "the module can't be described");
        }
        described.ok()
    }

    /// Refuses what Vtiger wouldn't keep as it is.
    pub(crate) async fn check_patch(
        &self,
        operation: &'static str,
        module: Module,
        patch: &Patch,
    ) -> Result<(), SystemError> {
        for path in patch.0.keys() {
            let is_plain = path.to_string() == path.root();
            if !is_plain && reference::at(module, path).is_none() {
                let field = path.to_string();
                let message = format!("{field} is no field that can be written");
                return Err(failed(operation, Fault::Rejected { field: Some(field) }, message));
            }
        }
        // Taxes have nothing that could be checked.
        let description = match module {
            Module::Taxes => None,
            _ => self.description(module).await,
        };
        schema::validate(module, description.as_deref(), patch).map_err(|invalid| {
            let field = Some(invalid.field);
            failed(operation, Fault::Rejected { field }, invalid.message)
        })
    }

    /// A patch as the webservice takes it.
    pub(crate) async fn element(
        &self,
        operation: &'static str,
        module: Module,
        patch: &Patch,
    ) -> Result<Map<String, Json>, SystemError> {
        let mut element = Map::new();
        for (path, value) in &patch.0 {
            if let Some(reference) = reference::at(module, path) {
                let id = self.reference_id(operation, reference, value).await?;
                element.insert(reference.field.to_owned(), json!(id));
            } else {
                let text = match module {
                    // Cut here, or the database would round what everybody else cuts.
                    Module::Taxes => stored::text(module, path.root(), &value.as_text()),
                    _ => value.as_text().into_owned(),
                };
                element.insert(path.root().to_owned(), json!(text));
            }
        }
        Ok(element)
    }

    async fn reference_id(
        &self,
        operation: &'static str,
        reference: &reference::Reference,
        name: &Value,
    ) -> Result<String, SystemError> {
        if name.is_blank() {
            return Ok(String::new());
        }
        let owner = self.owner(operation).await?;
        self.names
            .id_of(&self.webservice, reference, &name.as_text(), &owner)
            .await
            .map_err(|error| system_error(operation, &error))
    }

    /// Who owns the records that we create.
    pub(crate) async fn owner(&self, operation: &'static str) -> Result<String, SystemError> {
        if let Some(owner) = &self.assigned_user_id {
            return Ok(owner.clone());
        }
        let session = self.webservice.session().await;
        Ok(session
            .map_err(|error| system_error(operation, &error))?
            .user_id
            .clone())
    }

    /// Links what a write left unlinked: Vtiger takes the id of a record that was deleted meanwhile for none.
    pub(crate) async fn mend_references(
        &self,
        operation: &'static str,
        module: Module,
        patch: &Patch,
        row: Map<String, Json>,
    ) -> Result<Map<String, Json>, SystemError> {
        let mut element = Map::new();
        for (path, name) in &patch.0 {
            let reference = reference::at(module, path).filter(|reference| !reference.is_currency());
            let Some(reference) = reference else { continue };
            if name.is_blank() || row::reference(&row, reference.field).is_some() {
                continue;
            }
            self.names.forget_name(reference, &name.as_text());
            let id = self.reference_id(operation, reference, name).await?;
            element.insert(reference.field.to_owned(), json!(id));
        }
        if element.is_empty() {
            return Ok(row);
        }
        for name in ["id", "conversion_rate"] {
            element.extend(row.get(name).map(|value| (name.to_owned(), value.clone())));
        }
        let mended = self.webservice.revise(element).await;
        mended.map_err(|error| system_error(operation, &error))
    }
}
