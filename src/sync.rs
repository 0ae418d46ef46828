//! The pure core: what should become of a record, and why.
//!
//! No I/O, no async, no clock. Given what both systems show and what they showed last, it says which field moves
//! where. It never panics on any input, and it explains every decision.

mod path;
mod record;
mod value;

pub use path::{FieldPath, PathError};
pub use record::{Module, Patch, Record, RecordId, Side};
pub use value::Value;
