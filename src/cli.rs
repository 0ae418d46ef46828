//! What can be said on the command line, and in the folder `cli` what some of it does.

pub(crate) mod accounts;
pub(crate) mod backfill;
pub(crate) mod extension;
pub(crate) mod failed;
pub(crate) mod record;
pub(crate) mod runs;
pub(crate) mod settings;
pub(crate) mod webhooks;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use woo_vtiger_sync::demo;
use woo_vtiger_sync::sync::{Module, RecordId, Side};

/// Keeps a WooCommerce shop and Vtiger CRM in step within seconds, both ways.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the service: takes webhooks, keeps records in step, serves the pages.
    Serve {
        #[command(flatten)]
        settings: Settings,
        /// What this process does, separated by commas: ingress, worker, sweeper, web. Without it, what the configuration
        /// says: all, as a rule.
        #[arg(long, value_name = "ROLES")]
        roles: Option<String>,
    },
    /// Shows the service at work between a simulated shop and a simulated CRM.
    Demo(DemoArguments),
    /// Tests each connection and says what to do about each problem. Changes nothing.
    Check(Settings),
    /// Looks once through both systems for changes that no event announced, and brings them into step.
    Sweep {
        #[command(flatten)]
        settings: Settings,
        /// Deletes counterparts, however many records are gone: `sweep.most_deletions_percent` is not held to.
        #[arg(long)]
        allow_deletions: bool,
        /// Compares everything, also where a system doesn't tell that something changed.
        #[arg(long, conflicts_with = "changes")]
        full: bool,
        /// Looks for no more than the service does every `sweep.interval`: not for what is gone, where that costs much.
        #[arg(long)]
        changes: bool,
    },
    /// Brings all that is there into step: the first sync. Where it was broken off, it goes on at the page.
    Backfill {
        #[command(flatten)]
        settings: Settings,
        /// Counts what would be created, updated and skipped, and writes nothing.
        #[arg(long)]
        dry_run: bool,
        /// Ends one that is under way or was broken off. What it found by then is dealt with.
        #[arg(long, conflicts_with = "dry_run")]
        end: bool,
    },
    /// Prints the settings in force, without secrets; exports and imports those of the modules.
    Config(ConfigArguments),
    /// Prints what would be written for a record and its counterpart, and why. Writes nothing.
    Plan(PlanArguments),
    /// Links two records that are the same but don't find each other, and brings them into step.
    Link(LinkArguments),
    /// Forgets that a record and its counterpart are the same. Neither of them is changed.
    Unlink(RecordArguments),
    /// Tries a record again, such as one that was skipped or set aside.
    Retry(RecordArguments),
    /// Tells what was done by sweeps, by the first sync, and as changes happened.
    Runs(runs::RunsArguments),
    /// Lists events that failed too often and were set aside, tells all about one, has them tried again, or forgets them.
    Failed(failed::FailedArguments),
    /// Registers the webhooks that are needed with the shops, tells how they stand, removes them, or changes their secret.
    Webhooks(webhooks::WebhooksArguments),
    /// Lists who may use the pages, adds an account, or gives one a new password.
    Accounts(accounts::AccountsArguments),
    /// Makes the database, or brings its schema up to date.
    Migrate(Settings),
    /// Writes the extension for open source Vtiger, a zip that Vtiger's module manager imports: it makes sales orders
    /// work where Vtiger 8.3.0 can't, and sends callbacks.
    VtigerExtension {
        /// The file to write.
        #[arg(value_name = "FILE", default_value = woo_vtiger_sync::extension::FILE_NAME)]
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// The configuration file (TOML). Environment variables WVS_… win over it.
    #[arg(long, short, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Connects nothing: you do it in the browser, from the first account to the first sync.
    #[arg(long, conflicts_with_all = ["exit_when_converged", "faults", "lost_webhooks"])]
    pub(crate) by_hand: bool,
    /// Ends after this time, such as 30s or 5m; without it, on Ctrl-C.
    #[arg(long = "for", value_name = "TIME", value_parser = demo::duration)]
    pub(crate) duration: Option<Duration>,
    /// At the end, waits until both sides are in step, prints a summary, and fails if they are not.
    #[arg(long)]
    pub(crate) exit_when_converged: bool,
    /// The share of API requests that fail on purpose, such as 5%.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = demo::share)]
    pub(crate) faults: f64,
    /// The share of webhooks and callbacks that get lost on purpose, such as 10%.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = demo::share)]
    pub(crate) lost_webhooks: f64,
    /// How many customers the shop has at first.
    #[arg(long, value_name = "NUMBER", default_value_t = 12)]
    pub(crate) customers: usize,
    /// The folder for the database; without it, one that is removed at the end.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(subcommand)]
    pub(crate) command: Option<ConfigCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Prints the configuration in force (defaults, file and environment), without secrets: the same as no command.
    Show,
    /// Writes the settings and field mappings of all modules, as they are in force, as TOML.
    Export {
        /// The file to write; without it, they are printed.
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Brings such a file into force: checks it, stores the settings, and has changed modules swept. The modules that
    /// it does not name stay as they are.
    Import {
        /// The file to read.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Does not ask the two systems whether the mapped fields exist and fit.
        #[arg(long)]
        offline: bool,
    },
}

/// Where a record is kept in step.
#[derive(Debug, Args)]
pub(crate) struct PlaceArguments {
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// The module.
    #[arg(long)]
    pub(crate) module: ModuleName,
    /// The connection; needed where there are several.
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
    /// The system that the id is of.
    #[arg(long, default_value = "woocommerce")]
    pub(crate) side: SideName,
    /// The record's id: 42 in WooCommerce, 12x34 in Vtiger.
    #[arg(long, value_name = "ID", value_parser = record_id)]
    pub(crate) id: RecordId,
}

#[derive(Debug, Args)]
pub(crate) struct RecordArguments {
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
    /// The system that the id is of.
    #[arg(long)]
    pub(crate) side: SideName,
    /// The record's id: 42 in WooCommerce, 12x34 in Vtiger.
    #[arg(long, value_name = "ID", value_parser = record_id)]
    pub(crate) id: RecordId,
}

#[derive(Debug, Args)]
pub(crate) struct LinkArguments {
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
    /// The id of WooCommerce's record, such as 42.
    #[arg(long, value_name = "ID", value_parser = record_id)]
    pub(crate) woocommerce: RecordId,
    /// The id of Vtiger's record, such as 12x34.
    #[arg(long, value_name = "ID", value_parser = record_id)]
    pub(crate) vtiger: RecordId,
}

/// A module, as it is named on the command line and in the configuration.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum ModuleName {
    /// WooCommerce's tax rates, Vtiger's taxes.
    Taxes,
    /// Products and variations.
    Products,
    /// WooCommerce's customers, Vtiger's contacts.
    Contacts,
    /// WooCommerce's orders, Vtiger's sales orders.
    SalesOrders,
}

impl From<ModuleName> for Module {
    fn from(name: ModuleName) -> Self {
        match name {
            ModuleName::Taxes => Self::Taxes,
            ModuleName::Products => Self::Products,
            ModuleName::Contacts => Self::Contacts,
            ModuleName::SalesOrders => Self::SalesOrders,
        }
    }
}

/// One of the two systems.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "lowercase")]
pub(crate) enum SideName {
    /// The shop.
    WooCommerce,
    /// The CRM.
    Vtiger,
}

impl From<SideName> for Side {
    fn from(name: SideName) -> Self {
        match name {
            SideName::WooCommerce => Self::WooCommerce,
            SideName::Vtiger => Self::Vtiger,
        }
    }
}

fn record_id(text: &str) -> Result<RecordId, &'static str> {
    match text.trim() {
        "" => Err("it is empty"),
        id => Ok(RecordId::new(id)),
    }
}

#[cfg(test)]
mod tests;
