//! Kindness to the two APIs: what each request passes on its way, the same for all processes.
//!
//! In this order: is the system up (`circuit`); did it ask for a pause; is enough of its day left for work of this
//! urgency (`budget`); is a place free among the requests under way (`slots`), and one in the line that keeps to
//! the rate (`pace`). A request that would have to wait long is not sent, and its event comes back later without
//! counting as a failed attempt (`spread`).
//!
//! What one process learns, the others read from the database within half a second. Where the database fails, each
//! goes by what it knows itself: to be kind matters less than to go on.

mod asker;
mod budget;
mod circuit;
mod drain;
mod limiter;
mod pace;
mod report;
mod slots;
mod spread;
mod state;

pub use drain::drain_time;
pub use limiter::{LimitSettings, Limiter};
pub use pace::Rate;
