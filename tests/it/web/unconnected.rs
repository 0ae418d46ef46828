//! Connections, where none is kept in the database and none is at work.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use woo_vtiger_sync::clock::Clock;
use woo_vtiger_sync::config::Connection;
use woo_vtiger_sync::connections::Connections;
use woo_vtiger_sync::roster::{Member, Roster, RosterError, Source};
use woo_vtiger_sync::store::{SqlStore, StoreError};
use woo_vtiger_sync::sync::Sides;
use woo_vtiger_sync::system::System;
use woo_vtiger_sync::vault::{KeySource, Vault};

#[derive(Debug)]
struct Nowhere;

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
        unreachable!("nothing is tried")
    }
}

pub(super) fn connections(store: &SqlStore, clock: Arc<dyn Clock>) -> Connections {
    let roster = Roster::new(Box::new(Nowhere), Vec::new());
    let vault = Vault::new(KeySource::Nowhere);
    Connections::new(
        Arc::new(store.clone()),
        Arc::new(roster),
        Arc::new(vault),
        clock,
        None,
    )
}
