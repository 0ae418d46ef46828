//! The versions of a module's settings, with what each changed, and the way back to one.

use crate::clock::{Timestamp, iso};
use crate::store::{Place, SettingsVersion, Signature};

use super::{Desk, Difference, Saved, SettingsError, differences};

/// Some versions.
#[derive(Debug, serde::Serialize)]
pub struct Versions {
    /// The versions, the newest first.
    pub versions: Vec<VersionView>,
    /// The number before which the next ones come, where there are more.
    pub next: Option<u32>,
}

/// One version, for people and programs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct VersionView {
    /// Its number.
    pub version: u32,
    /// When it was brought into force.
    #[serde(serialize_with = "iso::one")]
    pub saved_at: Timestamp,
    /// By whom.
    pub saved_by: String,
    /// Why, as far as somebody said so.
    pub note: String,
    /// What it changed against the version before it.
    pub changes: Vec<Difference>,
    /// Whether this program can read it, and so bring it back.
    pub readable: bool,
}

impl Desk {
    /// Up to `limit` versions before this one, or from the one in force.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn versions(
        &self,
        at: &Place,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Versions, SettingsError> {
        // One more, as each is compared with the one before it.
        let found = self
            .store
            .settings_versions(at, before, limit.saturating_add(1))
            .await?;
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let versions: Vec<VersionView> = found
            .iter()
            .enumerate()
            .take(shown)
            .map(|(nth, version)| VersionView::new(at, version, found.get(nth + 1)))
            .collect();
        Ok(Versions {
            next: versions
                .last()
                .filter(|_| found.len() > shown)
                .map(|last| last.version),
            versions,
        })
    }

    /// Brings an earlier version into force again, as a new one.
    ///
    /// # Errors
    /// When there is no such version, another one than `over` is in force, its mappings don't fit the systems any more,
    /// or the store fails.
    pub async fn roll_back(
        &self,
        at: &Place,
        version: u32,
        by: &str,
        over: u32,
    ) -> Result<Saved, SettingsError> {
        let found = self.store.settings_version(at, version).await?;
        let settings = found
            .and_then(|found| found.settings)
            .ok_or(SettingsError::UnknownVersion(version))?;
        let signature = Signature::new(by, format!("back to version {version}"));
        self.save(at, &settings, &signature, over).await
    }
}

impl VersionView {
    fn new(at: &Place, version: &SettingsVersion, before: Option<&SettingsVersion>) -> Self {
        let settings = |version: &SettingsVersion| version.settings.clone();
        let changes = match (before.and_then(settings), settings(version)) {
            (Some(before), Some(after)) => differences(at.module, &before, &after),
            _ => Vec::new(),
        };
        Self {
            version: version.version,
            saved_at: version.saved_at,
            saved_by: version.signature.by.clone(),
            note: version.signature.note.clone(),
            changes,
            readable: version.settings.is_some(),
        }
    }
}
