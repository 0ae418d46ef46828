//! The composition root: builds the parts from the configuration, runs them, and stops them in order.

mod attend;
mod backfill;
mod clients;
mod exchange;
mod health;
mod heartbeat;
mod known;
mod listen;
mod manual;
mod metered;
mod once;
mod parts;
mod retention;
mod roster;
mod serve;
mod spooled;

pub use backfill::{BATCH, Outcome, Progress, backfill, rehearse_backfill, withdraw_backfill};
pub use exchange::{ImportError, Imported, export_settings, import_settings, mapping_problems};
pub use listen::Stage;
pub use manual::{link, plan, retry, unlink};
pub use once::sweep_once;
pub use parts::{BuildError, Parts};
pub use serve::{ServeError, Server};
