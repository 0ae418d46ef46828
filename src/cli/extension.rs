//! Writes the extension for open source Vtiger.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use woo_vtiger_sync::extension;

/// Writes the zip.
pub(crate) fn write(path: &Path) -> anyhow::Result<ExitCode> {
    let told = || format!("{} can't be written", path.display());
    let zip = extension::zip().with_context(told)?;
    fs::write(path, zip).with_context(told)?;
    println!(
        "{}: the extension {}.\nImport it in Vtiger: Settings, Module Management, Modules, Import Module from Zip.",
        path.display(),
        env!("CARGO_PKG_VERSION")
    );
    Ok(ExitCode::SUCCESS)
}
