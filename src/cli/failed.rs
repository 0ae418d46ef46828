//! `failed`: the events that failed too often, shown, replayed or discarded.

mod text;

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use woo_vtiger_sync::app::Parts;
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::failed::{Failed, Selection};
use woo_vtiger_sync::store::FailedFilter;

use super::{ModuleName, Settings};
use crate::load;

/// How many are read at a time.
const PAGE: u32 = 500;

#[derive(Debug, Args)]
pub(crate) struct FailedArguments {
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(subcommand)]
    pub(crate) command: FailedCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FailedCommand {
    /// Lists the failed events, the oldest first.
    List {
        #[command(flatten)]
        filter: FilterArguments,
        /// The most that are listed.
        #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
        /// Prints JSON, as the API does.
        #[arg(long)]
        json: bool,
    },
    /// Shows one: why it failed, how each attempt ended, what the sync log tells of its record, and what to do.
    Show {
        /// The event's id, or the first 8 or more characters of it where no other id begins so.
        #[arg(value_name = "ID")]
        id: String,
        /// Prints JSON, as the API does.
        #[arg(long)]
        json: bool,
    },
    /// Has the service try failed events again, with all their attempts anew.
    Replay {
        #[command(flatten)]
        selection: SelectionArguments,
    },
    /// Forgets failed events for good. Their records stay as they are, until they change or a sweep finds them.
    Discard {
        #[command(flatten)]
        selection: SelectionArguments,
        /// Does so; needed with --all.
        #[arg(long)]
        yes: bool,
    },
}

/// Which of the failed events are meant.
#[derive(Debug, Args)]
pub(crate) struct FilterArguments {
    /// Only those of this connection.
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
    /// Only those of this module.
    #[arg(long)]
    pub(crate) module: Option<ModuleName>,
}

/// Some of the failed events, or all.
#[derive(Debug, Args)]
pub(crate) struct SelectionArguments {
    /// The events' ids, or the first 8 or more characters of each where no other id begins so.
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    pub(crate) ids: Vec<String>,
    /// All of them; with --connection or --module, all of those.
    #[arg(long)]
    pub(crate) all: bool,
    /// With --all: only those of this connection.
    #[arg(long, value_name = "NAME", requires = "all", conflicts_with = "ids")]
    pub(crate) connection: Option<String>,
    /// With --all: only those of this module.
    #[arg(long, requires = "all", conflicts_with = "ids")]
    pub(crate) module: Option<ModuleName>,
}

/// A connection that is not configured any more may have failed events, too.
fn filter(connection: Option<String>, module: Option<ModuleName>) -> FailedFilter {
    FailedFilter {
        // As in the configuration, capital letters don't count.
        connection: connection.map(|name| name.to_lowercase()),
        module: module.map(Into::into),
        until: None,
    }
}

pub(crate) async fn run(arguments: FailedArguments) -> anyhow::Result<ExitCode> {
    let config = load(&arguments.settings)?;
    let parts = Parts::open(&config, SystemClock::shared()).await?;
    let told = tell(&parts.failed(), arguments.command).await;
    parts.close().await;
    print!("{}", told?);
    Ok(ExitCode::SUCCESS)
}

async fn tell(failed: &Failed, command: FailedCommand) -> anyhow::Result<String> {
    Ok(match command {
        FailedCommand::List {
            filter: FilterArguments { connection, module },
            limit,
            json,
        } => {
            let filter = filter(connection, module);
            let listing = list(failed, &filter, limit).await?;
            if json {
                as_json(&listing)?
            } else {
                text::list(&listing, &filter)
            }
        }
        FailedCommand::Show { id, json } => {
            let shown = failed.show(&failed.id_of(&id).await?).await?;
            if json {
                as_json(&shown)?
            } else {
                text::show(&shown)
            }
        }
        FailedCommand::Replay { selection } => {
            let (selection, filter) = selected(failed, selection).await?;
            text::replayed(&failed.replay(&selection).await?, &filter)
        }
        FailedCommand::Discard { selection, yes } => {
            if selection.all && !yes {
                let filter = filter(selection.connection, selection.module);
                let number = failed.store.failed_count(&filter).await?;
                let which = text::which(number, &filter);
                bail!("this would discard {which} for good; say --yes as well if that is meant");
            }
            let (selection, filter) = selected(failed, selection).await?;
            text::discarded(&failed.discard(&selection).await?, &filter)
        }
    })
}

/// A listing of any length, read in pages.
async fn list(
    failed: &Failed,
    filter: &FailedFilter,
    limit: u32,
) -> anyhow::Result<woo_vtiger_sync::failed::Listing> {
    let mut listing = failed.list(filter, "", limit.min(PAGE)).await?;
    let mut left = limit.saturating_sub(PAGE);
    while left > 0
        && let Some(after) = listing.next.take()
    {
        let more = failed.list(filter, &after, left.min(PAGE)).await?;
        listing.failed.extend(more.failed);
        listing.next = more.next;
        left = left.saturating_sub(PAGE);
    }
    Ok(listing)
}

/// What is selected, with each id as a whole: when one is wrong, nothing is done.
async fn selected(
    failed: &Failed,
    arguments: SelectionArguments,
) -> anyhow::Result<(Selection, FailedFilter)> {
    if arguments.all {
        let filter = filter(arguments.connection, arguments.module);
        return Ok((Selection::All(filter.clone()), filter));
    }
    let mut ids = Vec::with_capacity(arguments.ids.len());
    for start in &arguments.ids {
        ids.push(failed.id_of(start).await.context("nothing was done")?);
    }
    Ok((Selection::Ids(ids), FailedFilter::default()))
}

fn as_json(told: &impl serde::Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(told)? + "\n")
}
