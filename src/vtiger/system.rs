//! How [`Vtiger`] fulfils the contract of [`crate::system`].
//!
//! Each operation is as few calls as can be: Vtiger Cloud allows 30 to 90 a minute. An update is one `revise`, whose
//! answer is the record as stored; a name behind a reference costs one query more where it isn't known.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::fault::system_error;
use super::webservice::literal;
use super::{Vtiger, check, element_type, match_field, record, stored};
use crate::clock::Timestamp;
use crate::sync::{FieldPath, Module, Patch, Record, RecordId, Side, Value};
use crate::system::{Fault, FieldInfo, Finding, Glance, Page, System, SystemError};

/// Vtiger answers no more rows to one query, whatever its limit says.
const PAGE_ROWS: usize = 100;

#[async_trait]
impl System for Vtiger {
    fn side(&self) -> Side {
        Side::Vtiger
    }

    async fn sign_in(&self) -> Result<(), SystemError> {
        let signed_in = self.webservice.session().await;
        signed_in
            .map(drop)
            .map_err(|error| system_error("sign in", &error))
    }

    async fn full_id(&self, module: Module, id: &RecordId) -> Result<RecordId, SystemError> {
        if id.as_str().contains('x') {
            return Ok(id.clone());
        }
        let known = self.prefixes().get(&module).cloned();
        let prefix = match known {
            Some(prefix) => prefix,
            None => self.ask_prefix(module).await?,
        };
        Ok(RecordId::new(format!("{prefix}x{id}")))
    }

    async fn fetch(&self, module: Module, id: &RecordId) -> Result<Option<Record>, SystemError> {
        const OPERATION: &str = "read contact";
        let id = self.full_id(module, id).await?;
        match self.webservice.retrieve(id.as_str()).await {
            Ok(row) => self.one(OPERATION, module, row).await.map(Some),
            Err(error) => match self.judge(OPERATION, module, &id, error).await {
                SystemError {
                    fault: Fault::Gone, ..
                } => Ok(None),
                error => Err(error),
            },
        }
    }

    async fn find(
        &self,
        module: Module,
        key: &str,
        _since: Option<Timestamp>,
    ) -> Result<Vec<Record>, SystemError> {
        const OPERATION: &str = "find contact";
        let key = key.trim();
        if key.is_empty() {
            return Ok(Vec::new());
        }
        let field = match_field(module);
        // The database holds `é` and `e` for the same, we don't: hence more rows than are returned.
        let query = format!(
            "SELECT * FROM {} WHERE {field} = {} LIMIT 10;",
            element_type(module),
            literal(key)
        );
        let rows = self.webservice.query(&query).await;
        let mut rows = rows.map_err(|error| system_error(OPERATION, &error))?;
        rows.retain(|row| {
            let found = row.get(field).and_then(Json::as_str).unwrap_or_default();
            found.trim().to_lowercase() == key.to_lowercase()
        });
        rows.truncate(2);
        self.records(OPERATION, module, rows).await
    }

    async fn create(&self, module: Module, patch: &Patch) -> Result<Record, SystemError> {
        const OPERATION: &str = "create contact";
        let mut element = self.element(OPERATION, module, patch).await?;
        if !element.contains_key("assigned_user_id") {
            let owner = self.owner(OPERATION).await?;
            element.insert("assigned_user_id".to_owned(), json!(owner));
        }
        match self.webservice.create(element_type(module), element).await {
            Ok(row) => self.written(OPERATION, module, row).await,
            Err(error) => Err(system_error(OPERATION, &error)),
        }
    }

    async fn update(&self, module: Module, id: &RecordId, patch: &Patch) -> Result<Record, SystemError> {
        const OPERATION: &str = "update contact";
        let id = self.full_id(module, id).await?;
        let mut element = self.element(OPERATION, module, patch).await?;
        element.insert("id".to_owned(), json!(id.as_str()));
        match self.webservice.revise(element).await {
            Ok(row) => self.written(OPERATION, module, row).await,
            Err(error) => Err(self.judge(OPERATION, module, &id, error).await),
        }
    }

    async fn delete(&self, module: Module, id: &RecordId) -> Result<(), SystemError> {
        const OPERATION: &str = "delete contact";
        let id = self.full_id(module, id).await?;
        let Err(error) = self.webservice.delete(id.as_str()).await else {
            return Ok(());
        };
        match self.judge(OPERATION, module, &id, error).await {
            SystemError {
                fault: Fault::Gone, ..
            } => Ok(()),
            error => Err(error),
        }
    }

    async fn fields(&self, _module: Module) -> Result<Vec<FieldInfo>, SystemError> {
        Ok(Vec::new())
    }

    async fn page(&self, module: Module, cursor: Option<&str>) -> Result<Page, SystemError> {
        const OPERATION: &str = "list contacts";
        let after = cursor.map_or_else(String::new, |id| format!("WHERE id > {} ", literal(id)));
        let query = format!(
            "SELECT * FROM {} {after}ORDER BY id LIMIT {PAGE_ROWS};",
            element_type(module)
        );
        let rows = self.webservice.query(&query).await;
        let rows = rows.map_err(|error| system_error(OPERATION, &error))?;
        let is_last = rows.len() < PAGE_ROWS;
        let records = self.records(OPERATION, module, rows).await?;
        let next = records
            .last()
            .filter(|_| !is_last)
            .map(|record| record.id.to_string());
        Ok(Page {
            records,
            next,
            partial: false,
        })
    }

    async fn read(
        &self,
        module: Module,
        body: &Json,
        needed: &[FieldPath],
    ) -> Result<Option<Record>, SystemError> {
        let Some(fields) = body.as_object().filter(|fields| record::holds(fields, needed)) else {
            return Ok(None);
        };
        let id = match &fields["id"] {
            Json::String(id) if !id.is_empty() => id.clone(),
            Json::Number(id) => id.to_string(),
            _ => return Ok(None),
        };
        let mut row = fields.clone();
        let id = self.full_id(module, &RecordId::new(id)).await?;
        row.insert("id".to_owned(), json!(id.as_str()));
        self.one("read callback", module, row).await.map(Some)
    }

    fn stored(&self, module: Module, path: &FieldPath, value: &Value) -> Value {
        match module {
            Module::Contacts => stored::in_contacts(&path.to_string(), value),
            Module::Taxes | Module::Products | Module::SalesOrders => value.clone(),
        }
    }

    fn tells_time(&self) -> bool {
        self.zone.is_known()
    }

    fn glance(&self, body: &Json) -> Glance {
        let text = |name: &str| {
            body.get(name)
                .and_then(Json::as_str)
                .filter(|text| !text.is_empty())
        };
        let user = self
            .webservice
            .known_session()
            .map(|session| session.user_id.clone());
        Glance {
            modified: text("modifiedtime").and_then(|time| self.zone.read(time)),
            own: text("modifiedby").zip(user).map(|(by, user)| by == user),
        }
    }

    async fn check(&self) -> Vec<Finding> {
        check::check(self).await
    }
}
