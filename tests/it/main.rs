//! The project's tests beyond unit tests, in one binary.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod answers;
mod architecture;
mod browser;
mod configuration;
mod conflicts;
mod contract_vtiger_client;
mod contract_vtiger_simulator;
mod contract_woocommerce_client;
mod contract_woocommerce_simulator;
mod convergence;
mod deliveries;
mod demonstration;
mod economy;
mod guests;
mod hostile;
mod installations;
mod installed;
mod kills;
mod laws;
mod lifecycle;
mod mappings;
mod merges;
mod modules;
mod one_way;
mod order_generator;
mod people;
mod process;
mod recording;
mod sales_orders;
mod sales_orders_back;
mod scene;
mod servers;
mod service;
mod simulator_pages;
mod skips;
mod stock;
mod stores;
mod storms;
mod taxes;
mod texts;
mod web;
mod wire;
