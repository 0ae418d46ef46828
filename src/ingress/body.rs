//! A request's body: its exact bytes, as signatures are made over them.

use actix_web::web::{BytesMut, Payload};
use futures_util::StreamExt;

use super::answer::Refusal;

/// Reads the whole body, up to `limit` bytes.
pub(super) async fn read(mut payload: Payload, limit: usize) -> Result<Vec<u8>, Refusal> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Refusal::Broken)?;
        if body.len() + chunk.len() > limit {
            return Err(Refusal::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.to_vec())
}
