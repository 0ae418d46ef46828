//! The pure core: what should become of a record, and why.
//!
//! No I/O, no async, no clock. Given what both systems show and what they showed last, it says which field moves
//! where. It never panics on any input, and it explains every decision.

mod base;
mod basket;
mod compare;
mod defaults;
mod field;
mod html;
mod mapping;
mod matching;
mod merge;
mod nearest;
mod offer;
mod path;
mod plan;
mod record;
mod rule;
mod settings;
mod sides;
mod skip;
mod storm;
mod transform;
mod translate;
mod trial;
mod validate;
mod value;

pub use base::{Base, advance, blanks, from_base, shows_the_same, tells_news, unchanged_since};
pub use basket::{Basket, Item, Line, Taxation, currency_decimals, rounded};
pub use compare::FieldKind;
pub use field::{FieldInfo, FieldType};
pub use mapping::{FieldMapping, Lines, MappingError, ModuleSettings};
pub use matching::{MatchKey, eligible};
pub use merge::{Decision, Reason};
pub use nearest::{nearest, one_of};
pub use path::{FieldPath, PathError};
pub use plan::{FieldPlan, Plan, Storage, plan};
pub use record::{Module, Patch, Record, RecordId, Side};
pub use rule::{ConflictRule, Direction};
pub use settings::{Deletes, Guests, MissingSku, OrderSettings, ProductSettings};
pub use sides::Sides;
pub use skip::{MatchedBy, Skip};
pub use storm::Trails;
pub use transform::{Case, Table, Transform};
pub use translate::{Counterpart, Taxing, towards_vtiger, towards_woocommerce};
pub use trial::{Outcome, Trial, try_mapping};
pub use validate::{MappingProblem, Severity, validate};
pub use value::Value;
