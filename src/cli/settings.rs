//! `config`: shows the configuration, and writes and reads the settings of the modules.

use std::process::ExitCode;

use anyhow::Context;

use woo_vtiger_sync::app::{self, Parts};
use woo_vtiger_sync::clock::SystemClock;

use super::{ConfigArguments, ConfigCommand};
use crate::load;

pub(crate) async fn run(arguments: ConfigArguments) -> anyhow::Result<ExitCode> {
    let config = load(&arguments.settings)?;
    let command = arguments.command.unwrap_or(ConfigCommand::Show);
    if matches!(command, ConfigCommand::Show) {
        print!("{}", config.to_toml_redacted());
        return Ok(ExitCode::SUCCESS);
    }
    let parts = Parts::open(&config, SystemClock::shared()).await?;
    let done = with_parts(&parts, command).await;
    parts.close().await;
    done
}

async fn with_parts(parts: &Parts, command: ConfigCommand) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Show => {}
        ConfigCommand::Export { file } => {
            let text = app::export_settings(parts).await?;
            match file {
                Some(file) => std::fs::write(&file, text)
                    .with_context(|| format!("the file {} can't be written", file.display()))?,
                None => print!("{text}"),
            }
        }
        ConfigCommand::Import { file, offline } => {
            let text = std::fs::read_to_string(&file)
                .with_context(|| format!("the file {} can't be read", file.display()))?;
            let imported = app::import_settings(parts, &text, !offline)
                .await
                .with_context(|| format!("nothing was imported from {}", file.display()))?;
            print!("{}", imported.report);
            if !imported.stored {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
