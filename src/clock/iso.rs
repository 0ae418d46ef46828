//! Moments as programs read them: `2026-01-31T12:34:56Z`.

use serde::{Serialize, Serializer};

use super::Timestamp;

/// A moment.
pub(crate) fn text(at: Timestamp) -> String {
    format!("{}Z", at.to_string().replace(' ', "T"))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde demands it")]
pub(crate) fn one<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text(*at))
}

#[expect(clippy::ref_option, reason = "serde demands it")]
pub(crate) fn some<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(text).serialize(serializer)
}
