//! `backfill`: the first sync, with its progress.

mod progress;

use std::process::ExitCode;

use anyhow::Context;

use woo_vtiger_sync::app::{self, BATCH, Outcome, Parts};
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::config::Config;
use woo_vtiger_sync::store::{Action, Place, Tally};
use woo_vtiger_sync::sweep::Forecast;
use woo_vtiger_sync::sync::{Module, Side};

use progress::Display;

/// Runs it, or goes on with one that was broken off.
pub(crate) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let parts = Parts::work_in_bulk(config, SystemClock::shared(), BATCH).await?;
    let mut display = Display::new();
    let done = app::backfill(&parts, |progress| display.show(progress)).await;
    display.leave();
    parts.close().await;
    let outcomes =
        done.context("the first sync was broken off; start it again, and it goes on where it was")?;
    for outcome in &outcomes {
        print!("{}", told(outcome));
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells what it would do.
pub(crate) async fn rehearse(config: &Config) -> anyhow::Result<ExitCode> {
    let parts = Parts::open(config, SystemClock::shared()).await?;
    let done = app::rehearse_backfill(&parts, |at, forecast| print!("{}", foretold(at, forecast))).await;
    parts.close().await;
    done?;
    println!("Nothing was written.");
    Ok(ExitCode::SUCCESS)
}

/// Ends those that are under way.
pub(crate) async fn end(config: &Config) -> anyhow::Result<ExitCode> {
    let parts = Parts::open(config, SystemClock::shared()).await?;
    let ended = app::withdraw_backfill(&parts).await;
    parts.close().await;
    match ended? {
        0 => println!("No first sync is under way."),
        _ => println!("The first sync is ended. What it found by then is dealt with."),
    }
    Ok(ExitCode::SUCCESS)
}

/// What was done, a line for each module and side.
fn told(outcome: &Outcome) -> String {
    let mut lines = Vec::new();
    for module in Module::ALL {
        for side in Side::BOTH {
            let of_both = |tally: &&Tally| (tally.module, tally.side) == (module, side);
            let mut tallies: Vec<&Tally> = outcome.tallies.iter().filter(of_both).collect();
            tallies.sort_by_key(|tally| Action::ALL.iter().position(|action| *action == tally.action));
            let counts: Vec<String> = tallies
                .iter()
                .map(|tally| format!("{} {}", tally.number, tally.action.as_str()))
                .collect();
            if !counts.is_empty() {
                lines.push(format!("{module} in {}: {}", side.title(), counts.join(", ")));
            }
        }
    }
    if lines.is_empty() {
        lines.push("all was in step already".to_owned());
    }
    if outcome.waiting > 0 {
        lines.push(format!(
            "{} records could not be dealt with for now; the service tries them again",
            outcome.waiting
        ));
    }
    of_connection(&outcome.connection, &lines)
}

/// What would be done with a module.
fn foretold(at: &Place, forecast: &Forecast) -> String {
    let module = at.module;
    let mut lines = Vec::new();
    for side in Side::BOTH {
        let from = side.opposite();
        let (created, updated) = (forecast.created.of(side), forecast.updated.of(side));
        let skipped = forecast.skipped.of(side);
        let number: u64 = skipped.values().sum();
        if *forecast.read.of(from) == 0 && created + updated + number == 0 {
            continue;
        }
        lines.push(format!(
            "{module} in {}: {created} would be created, {updated} updated, {number} skipped",
            side.title()
        ));
        let reasons = skipped.iter();
        lines.extend(reasons.map(|(reason, number)| format!("  {number} skipped: {reason}")));
        let left_out = *forecast.left_out.of(from);
        if left_out > 0 {
            lines.push(format!(
                "  {left_out} of {} are left out by the settings",
                from.title()
            ));
        }
    }
    if forecast.in_step > 0 {
        lines.push(format!(
            "{module}: {} show the same on both sides",
            forecast.in_step
        ));
    }
    if lines.is_empty() {
        lines.push(format!("{module}: nothing to do"));
    }
    of_connection(&at.connection, &lines)
}

fn of_connection(connection: &str, lines: &[String]) -> String {
    format!("{connection}: {}\n", lines.join(&format!("\n{connection}: ")))
}
