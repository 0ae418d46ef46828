//! Stand-ins of both systems: HTTP servers with the real ones' quirks, for the demonstration and for tests.
//!
//! They behave as the recorded traffic of real installations does; a test holds them to that. Nothing but
//! [`crate::demo`] and tests may use them.

pub mod faults;
mod page;
pub mod vtiger;
pub mod woocommerce;
mod writes;
mod zone;

pub use zone::Zone;
