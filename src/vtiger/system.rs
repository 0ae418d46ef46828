//! How [`Vtiger`] fulfils the contract of [`crate::system`].
//!
//! Each operation is as few calls as can be: Vtiger Cloud allows 30 to 90 a minute. An update is one `revise`, whose
//! answer is the record as stored; a name behind a reference costs one query more where it isn't known.

use async_trait::async_trait;
use serde_json::{Map, Value as Json, json};

use super::fault::{failed, system_error};
use super::operation::Doing;
use super::webservice::{PAGE_ROWS, literal};
use super::{Vtiger, check, element_type, match_field, record, row, stored, tax};
use crate::clock::Timestamp;
use crate::sync::{FieldPath, Module, Patch, Record, RecordId, Side, Value};
use crate::system::{
    Census, Fault, FieldInfo, Finding, Glance, Page, Pulse, Reach, System, SystemError, Uses,
};

/// By how many seconds two clocks may differ that are taken for the same.
const SLACK_S: i64 = 2;

#[async_trait]
impl System for Vtiger {
    fn side(&self) -> Side {
        Side::Vtiger
    }

    async fn sign_in(&self) -> Result<(), SystemError> {
        let signed_in = self.webservice.session().await;
        signed_in.map_err(|error| system_error("sign in", &error))?;
        self.warm_up().await;
        Ok(())
    }

    async fn full_id(&self, module: Module, id: &RecordId) -> Result<RecordId, SystemError> {
        if id.as_str().contains('x') {
            return Ok(id.clone());
        }
        let prefix = self.prefix(module).await?;
        Ok(RecordId::new(format!("{prefix}x{id}")))
    }

    async fn fetch(&self, module: Module, id: &RecordId) -> Result<Option<Record>, SystemError> {
        let operation = Doing::Read.to(module);
        let id = self.full_id(module, id).await?;
        if module == Module::SalesOrders {
            return self.fetch_order(&id).await;
        }
        // A line of an order may name a service, which is no product.
        if module == Module::Products {
            let prefix = self.prefix(module).await?;
            if id.as_str().split('x').next() != Some(prefix.as_str()) {
                return Ok(None);
            }
        }
        match self.webservice.retrieve(id.as_str()).await {
            Ok(row) if module == Module::Taxes && tax::is_deleted(&row) => Ok(None),
            Ok(row) => self.one(operation, module, row).await.map(Some),
            Err(error) => match self.judge(operation, module, &id, error).await {
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
        let operation = Doing::Find.to(module);
        let key = key.trim();
        if key.is_empty() {
            return Ok(Vec::new());
        }
        let field = match_field(module);
        let rows = match module {
            Module::SalesOrders => return self.find_orders(key).await,
            Module::Taxes => tax::rows(&self.webservice).await,
            // The database holds `é` and `e` for the same, we don't: hence more rows than are returned.
            Module::Contacts | Module::Products => {
                let query = format!(
                    "SELECT * FROM {} WHERE {field} = {} LIMIT 10;",
                    element_type(module),
                    literal(key)
                );
                self.webservice.query(&query).await
            }
        };
        let mut rows = rows.map_err(|error| system_error(operation, &error))?;
        if module == Module::Taxes {
            rows.retain(|row| tax::has_key(row, key));
        } else {
            rows.retain(|row| row::text(row, field).trim().to_lowercase() == key.to_lowercase());
            rows.truncate(2);
        }
        self.records(operation, module, rows).await
    }

    async fn find_created(
        &self,
        module: Module,
        name: &str,
        since: Timestamp,
    ) -> Result<Vec<Record>, SystemError> {
        let operation = Doing::Find.to(module);
        let (name, by_name) = match module {
            Module::Products => {
                let name = stored::text(module, "productname", name);
                let by_name = format!("productname = {} AND ", literal(&name));
                (name, by_name)
            }
            // A contact's name is in two fields.
            Module::Contacts => (stored::text(module, "description", name), String::new()),
            Module::SalesOrders | Module::Taxes => return Ok(Vec::new()),
        };
        // Both clocks tell whole seconds, and not quite the same.
        let since = Timestamp::from_seconds(since.as_seconds() - SLACK_S);
        let query = format!(
            "SELECT * FROM {} WHERE {by_name}createdtime >= {} ORDER BY id LIMIT {PAGE_ROWS};",
            element_type(module),
            literal(&self.zone.write(self.webservice.by_servers_clock(since)))
        );
        let rows = self.webservice.query(&query).await;
        let mut rows = rows.map_err(|error| system_error(operation, &error))?;
        rows.retain(|row| {
            let text = |field| row::text(row, field).trim();
            match module {
                Module::Products => text("productname") == name.trim() && text("productcode").is_empty(),
                _ => [text("firstname"), text("lastname")].join(" ").trim() == name.trim(),
            }
        });
        self.records(operation, module, rows).await
    }

    async fn create(&self, module: Module, patch: &Patch) -> Result<Record, SystemError> {
        let operation = Doing::Create.to(module);
        self.check_patch(operation, module, patch).await?;
        if module == Module::SalesOrders {
            return self.create_order(patch).await;
        }
        let mut element = self.element(operation, module, patch).await?;
        if module != Module::Taxes && !element.contains_key("assigned_user_id") {
            let owner = self.owner(operation).await?;
            element.insert("assigned_user_id".to_owned(), json!(owner));
        }
        match self.webservice.create(element_type(module), element).await {
            Ok(row) => {
                let row = self.mend_references(operation, module, patch, row).await?;
                self.written(operation, module, row).await
            }
            Err(error) => Err(system_error(operation, &error)),
        }
    }

    async fn update(&self, module: Module, id: &RecordId, patch: &Patch) -> Result<Record, SystemError> {
        let operation = Doing::Update.to(module);
        let id = self.full_id(module, id).await?;
        self.check_patch(operation, module, patch).await?;
        if module == Module::SalesOrders {
            return self.update_order(&id, patch).await;
        }
        let mut element = self.element(operation, module, patch).await?;
        element.insert("id".to_owned(), json!(id.as_str()));
        match self.webservice.revise(element).await {
            Ok(row) if module == Module::Taxes && tax::is_deleted(&row) => {
                Err(failed(operation, Fault::Gone, "the tax is deleted in Vtiger"))
            }
            Ok(row) => {
                let row = self.mend_references(operation, module, patch, row).await?;
                self.written(operation, module, row).await
            }
            Err(error) => Err(self.judge(operation, module, &id, error).await),
        }
    }

    async fn delete(&self, module: Module, id: &RecordId) -> Result<(), SystemError> {
        let operation = Doing::Delete.to(module);
        let id = self.full_id(module, id).await?;
        if module == Module::SalesOrders {
            return self.delete_order(&id).await;
        }
        if module == Module::Taxes {
            self.orders.taxes.forget();
        }
        let Err(error) = self.webservice.delete(id.as_str()).await else {
            return Ok(());
        };
        match self.judge(operation, module, &id, error).await {
            SystemError {
                fault: Fault::Gone, ..
            } => Ok(()),
            error => Err(error),
        }
    }

    async fn look(&self, module: Module, ids: &[RecordId]) -> Result<Page, SystemError> {
        self.look_at(module, ids).await
    }

    async fn fields(&self, module: Module) -> Result<Vec<FieldInfo>, SystemError> {
        let description = self.schemas.of(&self.webservice, module).await;
        let description = description.map_err(|error| system_error(Doing::Describe.to(module), &error))?;
        Ok(description.infos(module))
    }

    async fn page(&self, module: Module, cursor: Option<&str>) -> Result<Page, SystemError> {
        self.page_of(module, cursor).await
    }

    async fn changes(
        &self,
        module: Module,
        since: Timestamp,
        cursor: Option<&str>,
    ) -> Result<Page, SystemError> {
        self.page_of_changes(module, since, cursor).await
    }

    async fn reach(&self, module: Module) -> Result<Reach, SystemError> {
        self.reach_of(module).await
    }

    /// Vtiger counts nothing, and doesn't tell what changed last; but it tells the time.
    async fn census(&self, _module: Module, _last: Census) -> Result<Census, SystemError> {
        let challenge = self.webservice.challenge().await;
        let challenge = challenge.map_err(|error| system_error("ask for the time", &error))?;
        let now = Timestamp::from_seconds(challenge.server_time);
        Ok(Census {
            mark: Some(now),
            ahead_ms: Some(now.as_millis() - self.webservice.now().as_millis()),
            ..Census::default()
        })
    }

    async fn ids(&self, module: Module, cursor: Option<&str>) -> Result<Page, SystemError> {
        self.page_of_ids(module, cursor).await
    }

    async fn read(
        &self,
        module: Module,
        body: &Json,
        needed: &[FieldPath],
    ) -> Result<Option<Record>, SystemError> {
        // What this installation doesn't have, nobody can send.
        let known = self.schemas.last(module);
        let needed: Vec<FieldPath> = needed
            .iter()
            .filter(|path| known.as_ref().is_none_or(|known| known.has(path.root())))
            .cloned()
            .collect();
        let holds = |fields: &&Map<String, Json>| match module {
            Module::SalesOrders => record::holds(fields, &[]) && self.holds_order(fields, &needed),
            _ => record::holds(fields, &needed),
        };
        let Some(fields) = body.as_object().filter(holds) else {
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
        self.one(Doing::ReadCallback.to(module), module, row)
            .await
            .map(Some)
    }

    fn is_writable(&self, module: Module, path: &FieldPath, _record: Option<&Record>) -> bool {
        let described = self.schemas.last(module);
        described.is_none_or(|description| description.is_writable(module, path))
    }

    fn stored(&self, module: Module, path: &FieldPath, value: &Value) -> Value {
        stored::value(module, &path.to_string(), value)
    }

    fn created(&self, record: &Record) -> Option<Timestamp> {
        let time = record.fields.get("createdtime")?.as_str()?;
        let now = self.webservice.server_now();
        self.zone.read(time, now).filter(|_| self.zone.is_known())
    }

    fn modified(&self, record: &Record) -> Option<Timestamp> {
        let shown = record.fields.get("modifiedtime").and_then(Json::as_str);
        let now = self.webservice.server_now();
        shown.map_or(record.modified, |time| self.zone.read(time, now))
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
        let now = self.webservice.server_now();
        let user = self
            .webservice
            .known_session()
            .map(|session| session.user_id.clone());
        Glance {
            modified: text("modifiedtime").and_then(|time| self.zone.read(time, now)),
            own: text("modifiedby").zip(user).map(|(by, user)| by == user),
        }
    }

    async fn pulse(&self, since: Timestamp, until: Timestamp) -> Result<Pulse, SystemError> {
        self.pulse_of(since, until).await
    }

    async fn check(&self) -> Vec<Finding> {
        self.check_for(&Uses::all()).await
    }

    async fn check_for(&self, uses: &Uses) -> Vec<Finding> {
        check::check(self, uses).await
    }
}
