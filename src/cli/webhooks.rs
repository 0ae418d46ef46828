//! A shop's webhooks by hand: `webhooks register`, `status`, `remove`, `rotate`.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use woo_vtiger_sync::app::Parts;
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::config::Config;
use woo_vtiger_sync::roster::{Member, Names};
use woo_vtiger_sync::webhooks::{Planned, Reached, Registered, Registration, Step};

use super::Settings;
use super::record::connection;
use crate::load;

/// What is told where the shop's test of our address stays away.
const UNREACHED: &str = "  the shop does not seem to reach this address: its test did not arrive here. Look whether \
                         http.public_url is right, and whether the proxy, the certificate and the firewall let the shop \
                         through";

#[derive(Debug, Args)]
pub(crate) struct WebhooksArguments {
    #[command(flatten)]
    settings: Settings,
    /// The connection; without it, all.
    #[arg(long, value_name = "NAME", global = true)]
    connection: Option<String>,
    #[command(subcommand)]
    command: WebhooksCommand,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum WebhooksCommand {
    /// Creates the webhooks that are missing, takes over those that send to our address, and switches on those that are off.
    /// Has the modules swept whose changes were missed.
    Register,
    /// Lists the webhooks of our topics, and tells whether deliveries arrive. Changes nothing.
    Status,
    /// Deletes the webhooks that are ours. Those of others stay.
    Remove,
    /// Gives our webhooks a new secret, without refusing what is signed with the old one.
    Rotate,
}

pub(crate) async fn run(arguments: WebhooksArguments) -> anyhow::Result<ExitCode> {
    let config = load(&arguments.settings)?;
    if config.http.public_url.is_none() {
        bail!(
            "http.public_url is not set; set it to the address at which WooCommerce reaches this service, such as \
             \"https://sync.example\""
        );
    }
    let parts = Parts::open(&config, SystemClock::shared()).await?;
    let names = match arguments.connection.as_deref() {
        Some(named) => vec![connection(&parts.roster.names(), Some(named))?],
        None => parts.roster.names(),
    };
    if names.is_empty() {
        bail!("no connection is set up; make one in the browser, or see deploy/config.example.toml");
    }
    let mut is_good = true;
    let mut ended = Ok(());
    for name in &names {
        ended = match parts.roster.get(name) {
            Some(member) => one(&config, &parts, &member, arguments.command)
                .await
                .with_context(|| format!("connection {name}"))
                .map(|good| is_good &= good),
            None => Err(anyhow::anyhow!("connection {name} was removed just now")),
        };
        if ended.is_err() {
            break;
        }
    }
    parts.close().await;
    ended?;
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Does it for one connection. False where what is wrong was told.
async fn one(
    config: &Config,
    parts: &Parts,
    member: &Member,
    command: WebhooksCommand,
) -> anyhow::Result<bool> {
    // It is there, as http.public_url is set.
    let Some(registration) = &member.registration else {
        return Ok(false);
    };
    println!("{}: {}", registration.connection, registration.address);
    match command {
        WebhooksCommand::Register => {
            let registered = registration.register().await?;
            tell(registration, registered).await
        }
        WebhooksCommand::Status => status(registration).await,
        WebhooksCommand::Remove => {
            let removed = registration.remove().await?;
            for webhook in &removed {
                println!("  {:<17} id {:<6} removed", webhook.topic, webhook.id);
            }
            if removed.is_empty() {
                println!("  there is none of ours");
            }
            if member.connection.woocommerce.register_webhooks && !member.is_paused {
                println!(
                    "  register_webhooks is set: a running service creates them anew within {}s; take it away first",
                    config.sweep.webhook_interval.as_secs()
                );
            }
            Ok(true)
        }
        WebhooksCommand::Rotate => {
            let rotated = parts.connections().rotate_webhook_secret(&member.name).await?;
            for done in &rotated.done {
                println!("{}", line(done.topic, done.id, done.step));
            }
            if let Some(failure) = rotated.failure {
                bail!(
                    "not all webhooks have the new secret, and the one before is still taken; `webhooks register` does the \
                     rest when the cause is mended: {failure}"
                );
            }
            println!("  the webhooks have a new secret; the one before is still taken for what is under way");
            let is_good = rotated.is_reached != Some(false);
            if !is_good {
                println!("{UNREACHED}");
            }
            Ok(is_good)
        }
    }
}

/// Tells what was done, and whether the shop reaches us.
async fn tell(registration: &Registration, registered: Registered) -> anyhow::Result<bool> {
    for done in &registered.done {
        println!("{}", line(done.topic, done.id, what(done.step)));
    }
    let tested = registered.tested();
    if let Some(failure) = registered.failure {
        return Err(anyhow::Error::new(failure)
            .context("not all webhooks are registered; start this again when the cause is mended"));
    }
    // A webhook that was there already is not tested.
    if tested.is_empty() {
        return Ok(true);
    }
    Ok(match registration.reached(&tested).await? {
        Reached::Yes => {
            println!("  the shop reaches this address");
            true
        }
        Reached::No => {
            println!("{UNREACHED}");
            false
        }
        Reached::NobodyThere => {
            println!(
                "  the service is not running, so whether the shop reaches this address can't be seen: start it soon, as \
                 WooCommerce switches webhooks off that fail"
            );
            true
        }
    })
}

const fn what(step: Step) -> &'static str {
    match step {
        Step::Keep => "active",
        Step::Adopt { .. } => "adopted",
        Step::Enable => "enabled again",
        Step::Move => "moved to this address",
        Step::Create => "created",
        Step::Drop => "removed, as it was there twice",
    }
}

fn line(topic: &str, id: Option<u64>, what: &str) -> String {
    let id = id.map_or_else(|| "-".to_owned(), |id| id.to_string());
    format!("  {topic:<17} id {id:<6} {what}")
}

async fn status(registration: &Registration) -> anyhow::Result<bool> {
    let standing = registration.standing().await?;
    for (webhook, is_ours) in &standing.webhooks {
        let owner = if *is_ours { "ours" } else { "not ours" };
        println!(
            "  {:<17} id {:<6} {:<9} {owner:<9} {}",
            webhook.topic, webhook.id, webhook.status, webhook.delivery_url
        );
    }
    for missing in standing.planned.iter().filter(|one| one.step == Step::Create) {
        println!("  {:<17} missing", missing.topic);
    }
    match standing.last_delivery {
        Some(at) => println!("  the last delivery came at {at} UTC, or up to a minute later"),
        None => println!("  no delivery has come yet"),
    }
    let works = |one: &Planned| matches!(one.step, Step::Keep | Step::Adopt { was_active: true });
    let is_good = standing.planned.iter().all(works);
    if !is_good {
        println!("  `webhooks register` brings them in order");
    }
    Ok(is_good)
}
