//! People: the shop's customers and guests, and the CRM's contacts.
//!
//! They are compared by the fields that a new installation maps, whatever the configuration says.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::{Map, Value as Json};

use super::{CONNECTION, Stage, Verdict};
use crate::sync::{
    Direction, FieldPath, Module, ModuleSettings, Record, RecordId, Side, Sides, Storage, Value, plan,
};
use crate::system::System;
use crate::woocommerce::guest;

/// Compares the people on both sides, and looks for organizations that are there twice.
pub(super) fn compare(stage: &Stage, verdict: &mut Verdict) -> anyhow::Result<()> {
    let member = stage.server.parts().roster.get(CONNECTION);
    let systems = &member.context("the demo's connection is missing")?.systems;
    let keeps = Keeps {
        woocommerce: &*systems.woocommerce,
        vtiger: &*systems.vtiger,
    };
    let settings = ModuleSettings::default_for(Module::Contacts)?;
    let mut people: BTreeMap<String, Sides<Vec<Record>>> = BTreeMap::new();
    for side in Side::BOTH {
        let records = match side {
            Side::WooCommerce => shoppers(stage),
            Side::Vtiger => contacts(stage),
        };
        for record in records {
            let email = record
                .fields
                .get("email")
                .and_then(Json::as_str)
                .unwrap_or_default()
                .to_lowercase();
            people.entry(email).or_default().of_mut(side).push(record);
        }
    }
    for (email, records) in &people {
        verdict.people += 1;
        match (records.woocommerce.as_slice(), records.vtiger.as_slice()) {
            ([shopper], [contact]) => {
                let mut settings = settings.clone();
                if shopper.id.guest_email().is_some() {
                    settings.direction = Direction::ToVtiger;
                }
                let both = Sides {
                    woocommerce: Some(shopper),
                    vtiger: Some(contact),
                };
                verdict
                    .problems
                    .extend(differences(email, &settings, both, &keeps));
            }
            (shoppers, contacts) => verdict.problems.push(format!(
                "{email}: {} time(s) in WooCommerce, {} time(s) in Vtiger CRM",
                shoppers.len(),
                contacts.len()
            )),
        }
    }
    let mut organizations = stage.crm.records("Accounts");
    organizations.sort_by_key(|account| account["accountname"].to_string());
    for twins in organizations
        .windows(2)
        .filter(|twins| twins[0]["accountname"] == twins[1]["accountname"])
    {
        verdict.problems.push(format!(
            "the organization {} is there twice in Vtiger CRM",
            twins[0]["accountname"]
        ));
    }
    Ok(())
}

fn differences(
    email: &str,
    settings: &ModuleSettings,
    records: Sides<Option<&Record>>,
    keeps: &Keeps<'_>,
) -> Option<String> {
    // As if they met for the first time: what differs would move or be in conflict.
    let plan = plan(settings, None, records, keeps);
    let fields: Vec<String> = plan
        .notable()
        .map(|field| {
            let [shop, crm] = [&field.before.woocommerce, &field.before.vtiger].map(Value::as_text);
            format!("{}: {shop:?} / {crm:?}", field.field)
        })
        .collect();
    (!fields.is_empty()).then(|| format!("{email}: {}", fields.join("; ")))
}

/// The shop's customers, and the guests of its orders that are none.
fn shoppers(stage: &Stage) -> Vec<Record> {
    let customers: Vec<Record> = stage.shop.customers().iter().map(customer).collect();
    let is_customer = |guest: &Record| {
        let email = guest
            .fields
            .get("email")
            .and_then(Json::as_str)
            .unwrap_or_default();
        customers.iter().any(|customer| {
            customer
                .fields
                .get("email")
                .and_then(Json::as_str)
                .is_some_and(|other| other.eq_ignore_ascii_case(email))
        })
    };
    let mut guests: BTreeMap<RecordId, Record> = BTreeMap::new();
    for guest in stage
        .shop
        .orders()
        .iter()
        .filter_map(guest::from_order)
        .filter(|guest| !is_customer(guest))
    {
        // Orders come by id: the last one tells.
        guests.insert(guest.id.clone(), guest);
    }
    customers.into_iter().chain(guests.into_values()).collect()
}

fn customer(json: &Json) -> Record {
    let mut fields = json.as_object().cloned().unwrap_or_default();
    for name in ["first_name", "last_name"] {
        if let Some(Json::String(text)) = fields.get_mut(name) {
            *text = html_escape::decode_html_entities(text).into_owned();
        }
    }
    record(json["id"].to_string(), fields)
}

/// The CRM's contacts, with the names of their organizations.
fn contacts(stage: &Stage) -> Vec<Record> {
    let accounts: BTreeMap<String, Json> = stage
        .crm
        .records("Accounts")
        .into_iter()
        .map(|account| {
            (
                account["id"].as_str().unwrap_or_default().to_owned(),
                account["accountname"].clone(),
            )
        })
        .collect();
    let contact = |json: Json| {
        let mut fields = json.as_object().cloned().unwrap_or_default();
        let account = json["account_id"].as_str().and_then(|id| accounts.get(id));
        fields.insert(
            "account_id".to_owned(),
            serde_json::json!({ "accountname": account }),
        );
        record(json["id"].as_str().unwrap_or_default().to_owned(), fields)
    };
    stage.crm.records("Contacts").into_iter().map(contact).collect()
}

fn record(id: String, fields: Map<String, Json>) -> Record {
    Record {
        id: RecordId::new(id),
        modified: None,
        modified_by: None,
        fields,
    }
}

/// What each side can't keep.
struct Keeps<'a> {
    woocommerce: &'a dyn System,
    vtiger: &'a dyn System,
}

impl Storage for Keeps<'_> {
    fn stored(&self, side: Side, path: &FieldPath, value: &Value) -> Value {
        match side {
            Side::WooCommerce => self.woocommerce.stored(Module::Contacts, path, value),
            Side::Vtiger => self.vtiger.stored(Module::Contacts, path, value),
        }
    }
}
