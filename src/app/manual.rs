//! What a person does by hand with one record.

use crate::engine::EngineError;
use crate::store::Place;
use crate::sync::{RecordId, Side, Sides};

use super::Parts;

/// Tells what would be written for a record, and why; writes nothing.
///
/// # Errors
/// When one of the systems or the database fails.
pub async fn plan(_parts: &Parts, _at: &Place, _side: Side, _id: &RecordId) -> Result<String, EngineError> {
    Ok("not available\n".to_owned())
}

/// Links two records, whatever their match keys say.
///
/// # Errors
/// When one of the systems or the database fails.
pub async fn link(_parts: &Parts, _at: &Place, _ids: Sides<RecordId>) -> Result<String, EngineError> {
    Ok("not available\n".to_owned())
}

/// Forgets that a record and its counterpart are the same.
///
/// # Errors
/// When one of the systems or the database fails.
pub async fn unlink(_parts: &Parts, _at: &Place, _side: Side, _id: &RecordId) -> Result<String, EngineError> {
    Ok("not available\n".to_owned())
}

/// Puts a record into the queue again.
///
/// # Errors
/// When one of the systems or the database fails.
pub async fn retry(_parts: &Parts, _at: &Place, _side: Side, _id: &RecordId) -> Result<String, EngineError> {
    Ok("not available\n".to_owned())
}
