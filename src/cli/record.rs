//! What is done by hand with one record: `plan`, `link`, `unlink`, `retry`.

use std::process::ExitCode;

use anyhow::bail;

use woo_vtiger_sync::app::{self, Parts};
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::roster::Names;
use woo_vtiger_sync::store::Place;
use woo_vtiger_sync::sync::{Sides, nearest, one_of};

use super::{LinkArguments, PlaceArguments, PlanArguments, RecordArguments};
use crate::load;

pub(crate) async fn plan(arguments: PlanArguments) -> anyhow::Result<ExitCode> {
    let (parts, at) = open(&arguments.place).await?;
    let told = app::plan(&parts, &at, arguments.side.into(), &arguments.id).await;
    finish(parts, told).await
}

pub(crate) async fn link(arguments: LinkArguments) -> anyhow::Result<ExitCode> {
    let (parts, at) = open(&arguments.place).await?;
    let ids = Sides {
        woocommerce: arguments.woocommerce,
        vtiger: arguments.vtiger,
    };
    let told = app::link(&parts, &at, ids).await;
    finish(parts, told).await
}

pub(crate) async fn unlink(arguments: RecordArguments) -> anyhow::Result<ExitCode> {
    let (parts, at) = open(&arguments.place).await?;
    let told = app::unlink(&parts, &at, arguments.side.into(), &arguments.id).await;
    finish(parts, told).await
}

pub(crate) async fn retry(arguments: RecordArguments) -> anyhow::Result<ExitCode> {
    let (parts, at) = open(&arguments.place).await?;
    let told = app::retry(&parts, &at, arguments.side.into(), &arguments.id).await;
    finish(parts, told).await
}

async fn open(arguments: &PlaceArguments) -> anyhow::Result<(Parts, Place)> {
    let config = load(&arguments.settings)?;
    let parts = Parts::open(&config, SystemClock::shared()).await?;
    match connection(&parts.roster.names(), arguments.connection.as_deref()) {
        Ok(connection) => {
            let module = arguments.module.into();
            Ok((parts, Place { connection, module }))
        }
        Err(error) => {
            parts.close().await;
            Err(error)
        }
    }
}

/// The connection that is meant: the one named, or the only one.
pub(super) fn connection(there_are: &[String], named: Option<&str>) -> anyhow::Result<String> {
    let known: Vec<&str> = there_are.iter().map(String::as_str).collect();
    let Some(named) = named else {
        return match known.as_slice() {
            [] => {
                bail!("no connection is set up; make one in the browser, or see deploy/config.example.toml")
            }
            [only] => Ok((*only).to_owned()),
            several => bail!("say with --connection which one: {}", one_of(several)),
        };
    };
    // As in the configuration, capital letters don't count.
    let wanted = named.to_lowercase();
    if known.contains(&wanted.as_str()) {
        return Ok(wanted);
    }
    match nearest(&wanted, &known) {
        Some(meant) => bail!("there is no connection `{named}`; did you mean `{meant}`?"),
        None if known.is_empty() => bail!("there is no connection `{named}`, nor any other"),
        None => bail!("there is no connection `{named}`; there is {}", one_of(&known)),
    }
}

async fn finish<E>(parts: Parts, told: Result<String, E>) -> anyhow::Result<ExitCode>
where
    E: std::error::Error + Send + Sync + 'static,
{
    parts.close().await;
    let told = told?;
    print!("{told}");
    if !told.ends_with('\n') {
        println!();
    }
    Ok(ExitCode::SUCCESS)
}
