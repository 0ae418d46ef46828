//! The pure core: what should become of a record, and why.
//!
//! No I/O, no async, no clock. Given what both systems show and what they showed last, it says which field moves
//! where. It never panics on any input, and it explains every decision.

mod compare;
mod defaults;
mod mapping;
mod matching;
mod merge;
mod path;
mod plan;
mod record;
mod rule;
mod sides;
mod skip;
mod transform;
mod value;

pub use compare::FieldKind;
pub use mapping::{FieldMapping, Lines, MappingError, ModuleSettings};
pub use matching::{MatchKey, eligible};
pub use merge::{Decision, Reason};
pub use path::{FieldPath, PathError};
pub use plan::{Base, FieldPlan, Plan, Storage, advance, from_base, plan, unchanged_since};
pub use record::{Module, Patch, Record, RecordId, Side};
pub use rule::{ConflictRule, Direction};
pub use sides::Sides;
pub use skip::Skip;
pub use transform::{Case, Transform};
pub use value::Value;
