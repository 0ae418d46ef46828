//! The shop as one of the two systems: which module's calls serve what the contract asks for.

use async_trait::async_trait;
use serde_json::Value as Json;

use super::date::gmt;
use super::{
    PER_PAGE, WooCommerce, check, customer, guest, order, product, schema, stored, taxes, unless_gone,
};
use crate::clock::Timestamp;
use crate::sync::{FieldPath, Module, Patch, Record, RecordId, Side, Value};
use crate::system::{Census, FieldInfo, Finding, Glance, Page, Pulse, Reach, System, SystemError, Uses};

#[async_trait]
impl System for WooCommerce {
    fn side(&self) -> Side {
        Side::WooCommerce
    }

    async fn full_id(&self, _module: Module, id: &RecordId) -> Result<RecordId, SystemError> {
        Ok(id.clone())
    }

    async fn fetch(&self, module: Module, id: &RecordId) -> Result<Option<Record>, SystemError> {
        match module {
            Module::Contacts => self.fetch_contact(id).await,
            Module::Products => self.fetch_product(id).await,
            Module::SalesOrders => self.fetch_order(id).await,
            Module::Taxes => self.fetch_tax(id).await,
        }
    }

    async fn find(
        &self,
        module: Module,
        key: &str,
        since: Option<Timestamp>,
    ) -> Result<Vec<Record>, SystemError> {
        let key = key.trim();
        // WooCommerce takes an empty filter for none.
        if key.is_empty() {
            return Ok(Vec::new());
        }
        match module {
            Module::Contacts => self.find_contact(key).await,
            Module::Products => self.find_product(key).await,
            Module::SalesOrders => self.find_order(key, since).await,
            Module::Taxes => self.find_taxes(key).await,
        }
    }

    async fn find_created(
        &self,
        module: Module,
        name: &str,
        since: Timestamp,
    ) -> Result<Vec<Record>, SystemError> {
        match module {
            Module::Products => self.find_created_product(name, since).await,
            // All others have match keys.
            Module::Contacts | Module::SalesOrders | Module::Taxes => Ok(Vec::new()),
        }
    }

    async fn create(&self, module: Module, patch: &Patch) -> Result<Record, SystemError> {
        match module {
            Module::Contacts => self.create_contact(patch).await,
            Module::Products => self.create_product(patch).await,
            Module::SalesOrders => self.create_order(patch).await,
            Module::Taxes => Err(taxes::read_only("create tax rate")),
        }
    }

    async fn update(&self, module: Module, id: &RecordId, patch: &Patch) -> Result<Record, SystemError> {
        match module {
            Module::Contacts => self.update_contact(id, patch).await,
            Module::Products => self.update_product(id, patch).await,
            Module::SalesOrders => self.update_order(id, patch).await,
            Module::Taxes => Err(taxes::read_only("update tax rate")),
        }
    }

    async fn delete(&self, module: Module, id: &RecordId) -> Result<(), SystemError> {
        match module {
            Module::Contacts => self.delete_contact(id).await,
            Module::Products => self.delete_product(id).await,
            Module::SalesOrders => self.delete_order(id).await,
            Module::Taxes => Err(taxes::read_only("delete tax rate")),
        }
    }

    /// A status is what takes a record out of the trash.
    async fn restore(
        &self,
        module: Module,
        id: &RecordId,
        patch: &Patch,
    ) -> Result<Option<Record>, SystemError> {
        let status = match module {
            Module::Products => "publish",
            Module::SalesOrders => "processing",
            Module::Contacts | Module::Taxes => return Ok(None),
        };
        let mut patch = patch.clone();
        if !patch.0.keys().any(|path| path.root() == "status")
            && let Ok(path) = FieldPath::parse("status")
        {
            patch.0.insert(path, Value::text(status));
        }
        unless_gone(self.update(module, id, &patch)).await
    }

    async fn fields(&self, module: Module) -> Result<Vec<FieldInfo>, SystemError> {
        Ok(schema::fields(module))
    }

    async fn look(&self, module: Module, ids: &[RecordId]) -> Result<Page, SystemError> {
        let mut page = Page::default();
        let mut found = Vec::new();
        for some in ids.chunks(usize::try_from(PER_PAGE).unwrap_or(ids.len())) {
            found.extend(match module {
                Module::Contacts => self.customers_of(some).await?,
                Module::Products => self.products_of(some).await?,
                Module::SalesOrders => self.orders_of(some).await?,
                Module::Taxes => Vec::new(),
            });
        }
        // No list holds variations, guests and taxes by their ids.
        for id in ids {
            let is_single = match module {
                Module::Contacts => id.is_guest(),
                Module::Products => !found.iter().any(|record: &Record| record.id == *id),
                Module::SalesOrders => false,
                Module::Taxes => true,
            };
            if is_single {
                page.records.extend(self.fetch(module, id).await?);
            }
        }
        page.records.append(&mut found);
        Ok(page)
    }

    async fn page(&self, module: Module, cursor: Option<&str>) -> Result<Page, SystemError> {
        self.page_since(module, None, cursor).await
    }

    async fn changes(
        &self,
        module: Module,
        since: Timestamp,
        cursor: Option<&str>,
    ) -> Result<Page, SystemError> {
        self.page_since(module, Some(since), cursor).await
    }

    /// Customers can't be filtered by time, nor can tax rates.
    async fn reach(&self, module: Module) -> Result<Reach, SystemError> {
        Ok(match module {
            Module::Contacts | Module::Taxes => Reach::All,
            Module::Products | Module::SalesOrders => Reach::Changed,
        })
    }

    /// Of contacts only the guests' orders: customers are compared one by one anyway.
    async fn census(&self, module: Module, last: Census) -> Result<Census, SystemError> {
        match module {
            Module::Contacts => self.last_change("orders", &[("customer", "0")]).await,
            Module::Products => self.census_of("products", last).await,
            Module::SalesOrders => self.census_of("orders", last).await,
            Module::Taxes => Ok(Census::default()),
        }
    }

    async fn ids(&self, module: Module, cursor: Option<&str>) -> Result<Page, SystemError> {
        match module {
            Module::Contacts => self.ids_of("customers", &[("role", "all")], cursor).await,
            Module::Products => self.ids_of("products", &[], cursor).await,
            Module::SalesOrders => self.ids_of("orders", &[], cursor).await,
            Module::Taxes => self.ids_of("taxes", &[], cursor).await,
        }
    }

    async fn read(
        &self,
        module: Module,
        body: &Json,
        needed: &[FieldPath],
    ) -> Result<Option<Record>, SystemError> {
        match module {
            Module::Contacts => {
                // Orders come here, too: as the source of guests.
                let record = guest::from_order(body).or_else(|| customer::record(body));
                Ok(record.filter(|record| {
                    let holds = |root: &str| record.fields.get(root).is_some_and(|value| !value.is_null());
                    // Without its role nobody can tell whether the customer is to be synced.
                    holds("role") && needed.iter().all(|path| holds(path.root()))
                }))
            }
            Module::Products => self.read_product(body, needed).await,
            Module::SalesOrders => self.read_order(body, needed),
            Module::Taxes => {
                Ok(taxes::record(body).filter(|record| needed.iter().all(|path| path.is_in(&record.fields))))
            }
        }
    }

    fn is_writable(&self, module: Module, path: &FieldPath, record: Option<&Record>) -> bool {
        let is = |name: &str, value: &str| {
            record.is_some_and(|record| record.fields.get(name).and_then(Json::as_str) == Some(value))
        };
        match module {
            Module::Contacts => {
                schema::is_writable(module, path) && !record.is_some_and(|record| record.id.is_guest())
            }
            Module::Products => product::is_writable(path, is("type", "variation")),
            Module::SalesOrders => order::is_writable(path, record.is_some()),
            Module::Taxes => false,
        }
    }

    fn stored(&self, module: Module, path: &FieldPath, value: &Value) -> Value {
        stored::stored(module, path, value)
    }

    /// WooCommerce doesn't tell who changed a record. A guest is told by an order, which changes later than the guest.
    fn glance(&self, body: &Json) -> Glance {
        Glance {
            modified: gmt(body, "date_modified_gmt"),
            own: None,
        }
    }

    async fn pulse(&self, since: Timestamp, until: Timestamp) -> Result<Pulse, SystemError> {
        self.pulse_of(since, until).await
    }

    async fn check(&self) -> Vec<Finding> {
        self.check_for(&Uses::all()).await
    }

    async fn check_for(&self, uses: &Uses) -> Vec<Finding> {
        check::check(&self.rest, uses).await
    }
}
