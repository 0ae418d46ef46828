//! `runs`: what was done, run by run.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use woo_vtiger_sync::app::Parts;
use woo_vtiger_sync::clock::{SystemClock, Timestamp};
use woo_vtiger_sync::history::{Counts, History, Record, RunView, Standing};

use super::Settings;
use crate::load;

/// How many records are read at a time.
const PAGE: u32 = 500;

#[derive(Debug, Args)]
pub(crate) struct RunsArguments {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: RunsCommand,
}

#[derive(Debug, Subcommand)]
enum RunsCommand {
    /// Lists sweeps, first syncs and quarters of an hour of changes as they happened, the newest first.
    List {
        /// Only those of this connection.
        #[arg(long, value_name = "NAME")]
        connection: Option<String>,
        /// The most that are listed.
        #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
        /// Prints JSON, as the API does.
        #[arg(long)]
        json: bool,
    },
    /// Shows one run, and what it did with which record.
    Show {
        /// The run's id.
        #[arg(value_name = "ID")]
        id: String,
        /// Prints JSON, as the API does.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) async fn run(arguments: RunsArguments) -> anyhow::Result<ExitCode> {
    let config = load(&arguments.settings)?;
    let parts = Parts::open(&config, SystemClock::shared()).await?;
    let told = tell(&parts.history(), arguments.command).await;
    parts.close().await;
    print!("{}", told?);
    Ok(ExitCode::SUCCESS)
}

async fn tell(history: &History, command: RunsCommand) -> anyhow::Result<String> {
    match command {
        RunsCommand::List {
            connection,
            limit,
            json,
        } => {
            let connection = connection.map(|name| name.to_lowercase());
            let runs = history.list(connection.as_deref(), None, limit).await?;
            Ok(if json {
                serde_json::to_string_pretty(&runs)? + "\n"
            } else if runs.runs.is_empty() {
                "Nothing was done yet.\n".to_owned()
            } else {
                let standing = history.standing().await?;
                let standing: String = standing.iter().map(standing_of).collect();
                format!(
                    "{standing}\n{}",
                    runs.runs.iter().map(in_short).collect::<String>()
                )
            })
        }
        RunsCommand::Show { id, json } => {
            let run = history.show(&id).await?;
            let mut records: Vec<Record> = Vec::new();
            let mut next = Some(String::new());
            while let Some(after) = next {
                let some = history.records(&id, &after, PAGE).await?;
                records.extend(some.records);
                next = some.next;
            }
            Ok(if json {
                serde_json::to_string_pretty(&serde_json::json!({ "run": run, "records": records }))? + "\n"
            } else {
                in_short(&run) + &records.iter().map(line).collect::<String>()
            })
        }
    }
}

/// Since when one side of a module is in step.
fn standing_of(standing: &Standing) -> String {
    let in_step = standing.in_step_as_of.map_or_else(
        || "not in step yet".to_owned(),
        |at| format!("in step as of {}", minute(at)),
    );
    let drift = match (standing.drift, standing.compared_at) {
        (Some(drift), Some(at)) => format!("; {drift} were not when all were compared, {}", minute(at)),
        _ => String::new(),
    };
    let held = match standing.held {
        0 => String::new(),
        held => format!("; {held} gone or blank, see `sweep --allow-deletions`"),
    };
    let (connection, module, side) = (&standing.connection, standing.module, standing.side.title());
    format!("{connection}: {module} of {side}: {in_step}{drift}{held}\n")
}

/// A run and its counts.
fn in_short(run: &RunView) -> String {
    let ended = run.ended_at.map(|ended| format!(" to {}", minute(ended)));
    let mut lines = vec![format!(
        "{}  {}  {}{}  {}, {}",
        run.id,
        run.connection,
        minute(run.begun_at),
        ended.unwrap_or_default(),
        run.kind.title(),
        run.state.as_str()
    )];
    lines.extend(run.failure.iter().map(|failure| format!("  {failure}")));
    lines.extend(run.counts.iter().map(counts));
    lines.join("\n") + "\n"
}

fn counts(counts: &Counts) -> String {
    let numbers = [
        (counts.created, "created"),
        (counts.updated, "updated"),
        (counts.linked, "linked"),
        (counts.deleted, "deleted"),
        (counts.restored, "restored"),
        (counts.skipped, "skipped"),
        (counts.failed, "failed"),
    ];
    let told: Vec<String> = numbers
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    format!(
        "  {} in {}: {}",
        counts.module,
        counts.side.title(),
        told.join(", ")
    )
}

fn line(record: &Record) -> String {
    let id = |id: &Option<_>| id.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let reason = record.reason.as_ref().map(|reason| format!(": {reason}"));
    format!(
        "    {} {} {} {} in {}: {} = {}{}\n",
        record.at,
        record.action,
        record.module.one(),
        record.title,
        record.side.title(),
        id(&record.woocommerce_id),
        id(&record.vtiger_id),
        reason.unwrap_or_default()
    )
}

fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..16).unwrap_or(&text).to_owned()
}
