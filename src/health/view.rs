//! How everything is, as people and programs are shown it. What is `None` is not known for now.

use serde::Serialize;

use crate::clock::{Timestamp, iso};
use crate::history::Standing;
use crate::sync::Side;

/// How well something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// As it should be.
    Well,
    /// It goes on, but somebody should look.
    Warning,
    /// Something stands still.
    Bad,
}

impl Grade {
    /// The name used by the API and in pages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

/// How everything is.
#[derive(Debug, Serialize)]
pub struct HealthView {
    /// The worst of the problems.
    pub verdict: Grade,
    /// When this was so.
    #[serde(serialize_with = "iso::one")]
    pub at: Timestamp,
    /// What isn't well, the worst first.
    pub problems: Vec<Problem>,
    /// What waits.
    pub queue: QueueHealth,
    /// Who is at work.
    pub processes: Option<Vec<ProcessHealth>>,
    /// The connections.
    pub connections: Vec<ConnectionHealth>,
    /// How the modules stand by their sweeps.
    pub modules: Option<Vec<Standing>>,
    /// How many events failed too often.
    pub failed_events: Option<u64>,
    /// How much room the database takes, in bytes.
    pub database_bytes: Option<u64>,
}

/// Something that isn't well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How bad it is.
    pub grade: Grade,
    /// The connection that it is about, if one.
    pub connection: Option<String>,
    /// What it is.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

/// What waits.
#[derive(Debug, Default, Serialize)]
pub struct QueueHealth {
    /// Whether the broker is there, where there is one.
    pub connected: bool,
    /// Changes as they happen that wait.
    pub live: Option<u64>,
    /// What sweeps found that waits.
    pub bulk: Option<u64>,
    /// How long the oldest change waits, in seconds; `None` also where the queue can't tell.
    pub oldest_seconds: Option<u64>,
    /// How many events were dealt with in the last minute.
    pub events_a_minute: Option<u64>,
    /// How long it takes at this speed until nothing waits, in seconds.
    pub drained_in_seconds: Option<u64>,
    /// Events that the database keeps for a broker that is away.
    pub spooled: Option<u64>,
}

/// A process at work.
#[derive(Debug, Serialize)]
pub struct ProcessHealth {
    /// Where it runs.
    pub name: String,
    /// What it does.
    pub roles: String,
    /// When it was started.
    #[serde(serialize_with = "iso::one")]
    pub started_at: Timestamp,
    /// When it last said that it is there.
    #[serde(serialize_with = "iso::one")]
    pub seen_at: Timestamp,
    /// How many events it dealt with in the last minute.
    pub events_a_minute: u64,
}

/// A connection.
#[derive(Debug, Serialize)]
pub struct ConnectionHealth {
    /// Its name.
    pub name: String,
    /// Whether a person has paused it.
    pub paused: bool,
    /// Its two systems.
    pub systems: Vec<SystemHealth>,
    /// Its shop's webhooks; `None` where the program does not know them.
    pub webhooks: Option<WebhookHealth>,
    /// When the last delivery came from the shop, to within a minute.
    #[serde(serialize_with = "iso::some")]
    pub last_delivery_at: Option<Timestamp>,
    /// When the last callback came from the CRM, to within a minute.
    #[serde(serialize_with = "iso::some")]
    pub last_callback_at: Option<Timestamp>,
}

/// How a system may be called.
#[derive(Clone, Debug, Serialize)]
pub struct SystemHealth {
    /// Which one it is.
    pub side: Side,
    /// How it is; `None` when that is not known.
    pub state: Option<SystemState>,
    /// When it is tried again, or may be called again.
    #[serde(serialize_with = "iso::some")]
    pub until: Option<Timestamp>,
    /// How many requests it allows in a minute, where it tells.
    pub minute_limit: Option<u32>,
    /// How many requests it allows in a day, where it tells.
    pub day_limit: Option<u32>,
    /// How many of those are left.
    pub day_left: Option<u32>,
}

/// Whether a system may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemState {
    /// Yes.
    Up,
    /// It asked to be left alone for a while.
    Paused,
    /// Several requests in a row failed.
    Down,
}

impl SystemState {
    /// The name used by the API and in pages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Paused => "paused",
            Self::Down => "down",
        }
    }
}

/// A shop's webhooks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WebhookHealth {
    /// How many there should be.
    pub needed: usize,
    /// How many of them are there and active.
    pub active: usize,
    /// What to do about the others, one by one.
    pub missing: Vec<String>,
    /// Why the shop could not be asked, where it could not.
    pub failure: Option<String>,
}
