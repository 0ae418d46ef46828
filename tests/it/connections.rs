//! Connections that are made while the service runs.

mod api;
mod consent;
mod keys;
mod lab;
mod orders;
mod roster;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use woo_vtiger_sync::clock::Clock;
use woo_vtiger_sync::config::Connection;
use woo_vtiger_sync::connections::Connections;
use woo_vtiger_sync::roster::{Member, Roster, RosterError, Source};
use woo_vtiger_sync::store::{Store, StoreError};
use woo_vtiger_sync::sync::Sides;
use woo_vtiger_sync::system::System;
use woo_vtiger_sync::vault::{KeySource, Vault};

/// Where no connections come from.
#[derive(Debug)]
pub(crate) struct Nowhere;

#[async_trait]
impl Source for Nowhere {
    async fn revisions(&self) -> Result<BTreeMap<String, String>, StoreError> {
        Ok(BTreeMap::new())
    }

    async fn build(&self, _: &str) -> Result<Option<Member>, RosterError> {
        Ok(None)
    }

    fn start(&self, _: &Member) {}

    fn systems(&self, _: &str, _: &Connection) -> Result<Sides<Arc<dyn System>>, RosterError> {
        unreachable!()
    }
}

/// The connections of a service that has none, and can keep none.
pub(crate) fn nowhere(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Connections {
    let roster = Arc::new(Roster::new(Box::new(Nowhere), Vec::new()));
    let vault = Arc::new(Vault::new(KeySource::Nowhere));
    Connections::new(store, roster, vault, clock, None)
}
