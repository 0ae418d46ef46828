//! The composition root: builds the parts from the configuration, runs them, and stops them in order.

mod health;
pub mod manual;
mod metered;
mod once;
mod parts;
mod serve;

pub use once::sweep_once;
pub use parts::{BuildError, Parts};
pub use serve::{ServeError, Server, Stage};
