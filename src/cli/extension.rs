//! Writes the extension for open source Vtiger as its module manager imports it: out of the program, so that the
//! versions match.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use include_dir::{Dir, DirEntry, include_dir};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The extension's sources, as the zip has them.
static MODULE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/deploy/vtiger/module");

/// Stands for the version in the sources.
const VERSION: &str = "@VERSION@";

/// Writes the zip.
pub(crate) fn write(path: &Path) -> anyhow::Result<ExitCode> {
    let told = || format!("{} can't be written", path.display());
    let file = File::create(path).with_context(told)?;
    let mut zip = ZipWriter::new(file);
    add(&mut zip, &MODULE).with_context(told)?;
    zip.finish().with_context(told)?;
    println!(
        "{}: the extension {}.\nImport it in Vtiger: Settings, Module Management, Modules, Import Module from Zip.",
        path.display(),
        env!("CARGO_PKG_VERSION")
    );
    Ok(ExitCode::SUCCESS)
}

fn add(zip: &mut ZipWriter<File>, folder: &Dir<'_>) -> anyhow::Result<()> {
    // The same zip each time: nothing in it tells when it was made.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(folder) => add(zip, folder)?,
            DirEntry::File(file) => {
                let name = file.path().to_str().context("a file's name is no text")?;
                zip.start_file(name, options)?;
                match file.contents_utf8() {
                    Some(text) => {
                        let text = text.replace(VERSION, env!("CARGO_PKG_VERSION"));
                        zip.write_all(text.as_bytes())?;
                    }
                    None => zip.write_all(file.contents())?,
                }
            }
        }
    }
    Ok(())
}
