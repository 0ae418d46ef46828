//! The extension for open source Vtiger, as its module manager imports it: out of the program, so that the versions match.

use std::io::{self, Cursor, Write};

use include_dir::{Dir, DirEntry, include_dir};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The name of the file.
pub const FILE_NAME: &str = "WooVtigerSync.zip";

/// The extension's sources, as the zip has them.
static MODULE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/deploy/vtiger/module");

/// Stands for the version in the sources.
const VERSION: &str = "@VERSION@";

/// The zip, the same each time.
///
/// # Errors
/// When it can't be packed.
pub fn zip() -> io::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    add(&mut zip, &MODULE)?;
    Ok(zip.finish()?.into_inner())
}

fn add(zip: &mut ZipWriter<Cursor<Vec<u8>>>, folder: &Dir<'_>) -> io::Result<()> {
    // Nothing in it tells when it was made.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(folder) => add(zip, folder)?,
            DirEntry::File(file) => {
                zip.start_file(file.path().to_string_lossy(), options)?;
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
