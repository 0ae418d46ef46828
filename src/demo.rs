//! The demonstration: the service at work between a simulated shop and a simulated CRM, with people at both ends.
//!
//! At its end it can compare the two, by the fields that should be equal whatever the configuration says.

mod by_hand;
mod goods;
mod options;
mod orders;
mod people;
mod stage;
mod verdict;

use std::net::TcpListener;
use std::time::Duration;

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use crate::app::Parts;
use crate::clock::Timestamp;
use crate::queue::Lane;
use crate::simulator::vtiger::{VtigerOptions, VtigerSimulator};
use crate::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};
use crate::sweep::Scope;

pub use options::{Options, duration, share};

use people::People;
use stage::Stage;
use verdict::Verdict;

/// How long both sides may take to come into step after the last edit.
const PATIENCE: Duration = Duration::from_mins(2);

/// Runs the demonstration until its time is over or `stop`; tells `say` what a person should know. Returns whether
/// both sides were in step at the end, or true where that was not asked for.
///
/// # Errors
/// When something can't be started.
pub async fn run(
    options: Options,
    environment: impl Iterator<Item = (String, String)>,
    stop: CancellationToken,
    say: impl Fn(&str),
) -> anyhow::Result<bool> {
    if options.by_hand {
        by_hand::run(options, environment, stop, say).await?;
        return Ok(true);
    }
    let stage = Stage::set_up(&options, environment).await?;
    say(&stage.introduction(&options));
    let mut people = People::new(rand::random());
    let end = tokio::time::sleep(options.duration.unwrap_or(Duration::MAX));
    tokio::pin!(end);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = &mut end => break,
            () = tokio::time::sleep(people.pause()) => people.act(&stage.shop, &stage.crm),
        }
    }
    let mut converged = true;
    if options.exit_when_converged {
        say("No more edits. Waiting until both sides are in step …");
        let verdict = tokio::select! {
            verdict = settle(&stage) => verdict.context("both sides could not be compared")?,
            () = stop.cancelled() => return Ok(false),
        };
        converged = verdict.is_good();
        say(&verdict.to_string());
    }
    if options.duration.is_some() || options.exit_when_converged {
        say(&stage.summary().await?);
    }
    stage.tear_down().await;
    Ok(converged)
}

/// The two systems, and who lives there.
async fn simulators(customers: usize) -> anyhow::Result<(WooCommerceSimulator, VtigerSimulator)> {
    let shop = WooCommerceSimulator::start(WooCommerceOptions::default())
        .await
        .context("the simulated shop can't be started")?;
    let crm = VtigerSimulator::start(VtigerOptions::default())
        .await
        .context("the simulated CRM can't be started")?;
    people::move_in(&shop, &crm, customers);
    Ok((shop, crm))
}

/// The usual address, or another one where that is taken.
fn free_address() -> String {
    const USUAL: &str = "127.0.0.1:8080";
    match TcpListener::bind(USUAL) {
        Ok(_) => USUAL.to_owned(),
        Err(_) => "127.0.0.1:0".to_owned(),
    }
}

/// Sweeps until nothing is found any more, and compares. What still differs when a second sweep finds nothing, the
/// service doesn't know of, and would never mend.
async fn settle(stage: &Stage) -> anyhow::Result<Verdict> {
    let parts = stage.server.parts();
    let deadline = parts.clock.now() + PATIENCE;
    let member = parts.roster.get(stage::CONNECTION);
    let sweeper = &member.context("the demo's connection is missing")?.sweeper;
    let mut clean_sweeps = 0;
    loop {
        quiet(stage, deadline).await?;
        let mut clean = true;
        for at in Parts::places(stage::CONNECTION) {
            // A sweep that fails is no surprise: the faults are for that.
            clean &= sweeper
                .sweep(&at, Scope::Full)
                .await
                .is_ok_and(|report| report.is_clean());
        }
        clean_sweeps = if clean { clean_sweeps + 1 } else { 0 };
        let verdict = verdict::compare(stage)?;
        let settled = clean && (verdict.is_good() || clean_sweeps > 1);
        if settled || parts.clock.now() > deadline {
            return Ok(verdict);
        }
    }
}

/// Waits until no webhook is under way and no event waits.
async fn quiet(stage: &Stage, deadline: Timestamp) -> anyhow::Result<()> {
    let parts = stage.server.parts();
    loop {
        let mut busy = stage.shop.pending_deliveries() > 0 || stage.crm.pending_callbacks() > 0;
        for lane in Lane::ALL {
            busy |= parts.queue.depth(lane).await? > 0;
        }
        if !busy || parts.clock.now() > deadline {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
