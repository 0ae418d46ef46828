//! Keeps a WooCommerce shop and Vtiger CRM in step within seconds, both ways.
//!
//! The path of an event:
//!
//! 1. [`ingress`] checks a request's signature over its raw bytes, makes it an [`queue::Event`] and stores that
//!    durably before it answers.
//! 2. A worker of the [`engine`] takes the event from the [`queue`] and leases the record that it speaks of.
//! 3. The engine reads what is needed from the two [`system`]s and asks [`sync`] for a plan: what each mapped
//!    field should become, and why.
//! 4. It writes what the plan says to the opposite system, and then link, base values and journal to the
//!    [`store`] in one transaction.
//! 5. [`sweep`] looks for what no event announced and puts it through the same path.
//!
//! | module | does |
//! | --- | --- |
//! | [`sync`] | the pure core: records, mappings, merge, conflict rules, plans; no I/O, no clock |
//! | [`system`] | the contract that both systems fulfil |
//! | [`woocommerce`], [`vtiger`] | clients, wire formats, webhook authentication |
//! | [`queue`], [`store`] | durable events; links, journal, leases, settings |
//! | [`engine`], [`sweep`] | what happens to an event; finding what no event announced |
//! | [`debug_log`] | what was said to the two systems, masked, while somebody looks for a fault |
//! | [`failed`] | events that failed too often: looked at, replayed, discarded |
//! | [`extension`] | the extension for open source Vtiger, as a zip |
//! | [`accounts`] | who may use pages and API: passwords, sessions, roles, tokens |
//! | [`connections`], [`roster`] | connections made in the browser; the connections at work in this process |
//! | [`vault`] | secrets at rest |
//! | [`record`] | one record: found, shown with its history, settled by hand |
//! | [`settings`] | the modules' settings: checked, brought into force as versions, brought back |
//! | [`health`] | how everything is, and what to do about what isn't well |
//! | [`limit`] | what each request to the two systems passes: rates, pauses, outages, budgets |
//! | [`history`], [`links`] | the sync log, run by run and minute by minute; where records are shown |
//! | [`webhooks`] | registers a shop's webhooks and keeps them active; their secrets |
//! | [`ingress`], [`web`], [`api`] | webhook endpoints; pages for people; the interface for programs |
//! | [`app`] | builds the parts and runs them |
//! | [`simulator`], [`demo`] | stand-ins of both systems; the demonstration |

pub mod accounts;
pub mod api;
pub mod app;
pub mod check;
pub mod clock;
pub mod config;
pub mod connections;
pub mod debug_log;
pub mod demo;
pub mod engine;
pub mod extension;
pub mod failed;
pub mod health;
pub mod history;
pub mod http;
pub mod ingress;
pub mod limit;
pub mod links;
pub mod queue;
pub mod record;
pub mod roster;
pub mod settings;
pub mod simulator;
pub mod store;
pub mod sweep;
pub mod sync;
pub mod system;
pub mod telemetry;
pub mod vault;
pub mod vtiger;
pub mod web;
pub mod webhooks;
pub mod woocommerce;
