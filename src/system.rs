//! The contract that WooCommerce and Vtiger both fulfil, so that the engine knows neither.

mod gate;
mod recorder;
mod uses;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::sync::{FieldPath, Module, Patch, Record, RecordId, Side, Value};

pub use crate::sync::{FieldInfo, FieldType};
pub use gate::{
    Gate, Held, HeldReason, Open, Pass, Priority, Quota, Reply, ReplyKind, Share, Topic, begin, has_begun,
    priority, share, topics, work_for, work_for_all, work_on,
};
pub(crate) use recorder::failure_of;
pub use recorder::{Exchange, Off, Recorder};

pub use uses::{Use, Uses};

/// So much two readings of a system's clock may differ.
const TOLERANCE_MS: u64 = 5_000;

/// One installation of one of the two systems.
#[async_trait]
pub trait System: Send + Sync + fmt::Debug {
    /// Which of the two it is.
    fn side(&self) -> Side;

    /// Signs in ahead of the first call, where the system wants that, so that [`System::glance`] can tell whose a
    /// change is from the beginning.
    async fn sign_in(&self) -> Result<(), SystemError> {
        Ok(())
    }

    /// Completes an id that an event gave: Vtiger's delete callbacks carry the bare record number.
    async fn full_id(&self, module: Module, id: &RecordId) -> Result<RecordId, SystemError>;

    /// Reads one record; `None` when it is not there (any more).
    async fn fetch(&self, module: Module, id: &RecordId) -> Result<Option<Record>, SystemError>;

    /// Reads the records with this match key: contacts by e-mail address, products by SKU, taxes by
    /// [`crate::sync::MatchKey`], orders by the other side's id that they keep.
    ///
    /// At most two are returned (of taxes, all): more than one is ambiguous however many they are. `since` tells
    /// when the record that is looked for can have been created at the earliest, where that is known.
    async fn find(
        &self,
        module: Module,
        key: &str,
        since: Option<Timestamp>,
    ) -> Result<Vec<Record>, SystemError>;

    /// Reads records without match key that were created since then under this name: what a create that was
    /// interrupted may have left.
    async fn find_created(
        &self,
        _module: Module,
        _name: &str,
        _since: Timestamp,
    ) -> Result<Vec<Record>, SystemError> {
        Ok(Vec::new())
    }

    /// Creates a record and returns it as stored.
    ///
    /// After [`Fault::Unavailable`] or [`Fault::Paused`] it may or may not have been created: look before creating again.
    async fn create(&self, module: Module, patch: &Patch) -> Result<Record, SystemError>;

    /// Writes the patch's fields, leaves the others as they are, and returns the record as stored.
    async fn update(&self, module: Module, id: &RecordId, patch: &Patch) -> Result<Record, SystemError>;

    /// Deletes a record, into the trash where there is one; one that is already gone is no error.
    async fn delete(&self, module: Module, id: &RecordId) -> Result<(), SystemError>;

    /// Takes a record out of the trash again, writes the patch, and returns it as stored; `None` where that can't
    /// be done.
    async fn restore(
        &self,
        _module: Module,
        _id: &RecordId,
        _patch: &Patch,
    ) -> Result<Option<Record>, SystemError> {
        Ok(None)
    }

    /// Reads several records at once, in no order. Those that are not there (any more) are left out.
    async fn look(&self, module: Module, ids: &[RecordId]) -> Result<Page, SystemError> {
        let mut page = Page::default();
        for id in ids {
            page.records.extend(self.fetch(module, id).await?);
        }
        Ok(page)
    }

    /// The fields that a module's records have, for mappings to be checked against.
    async fn fields(&self, module: Module) -> Result<Vec<FieldInfo>, SystemError>;

    /// Reads one page of all the module's records in a stable order, from the start or after `cursor`.
    async fn page(&self, module: Module, cursor: Option<&str>) -> Result<Page, SystemError>;

    /// Reads one page of the module's records that changed after `since`, and of some that changed before: times have
    /// whole seconds, and clocks are put back. Of what can't be told by time, of all of them.
    async fn changes(
        &self,
        module: Module,
        since: Timestamp,
        cursor: Option<&str>,
    ) -> Result<Page, SystemError>;

    /// What of a module [`System::changes`] tells.
    async fn reach(&self, module: Module) -> Result<Reach, SystemError>;

    /// How a module stands, before it is read page by page; `last` is how it stood before.
    async fn census(&self, module: Module, last: Census) -> Result<Census, SystemError>;

    /// Reads one page of the ids of all the module's records, from the start or after `cursor`: as many as can be with one
    /// call, and little but ids. Vtiger's stock is there, as it moves without moving a time.
    async fn ids(&self, module: Module, cursor: Option<&str>) -> Result<Page, SystemError>;

    /// Reads a record out of an event's body, in the shape of [`System::fetch`]; `None` when the body doesn't hold
    /// all of `needed`, so that the record must be fetched. May ask the API for what a reference points to.
    async fn read(
        &self,
        module: Module,
        body: &serde_json::Value,
        needed: &[FieldPath],
    ) -> Result<Option<Record>, SystemError>;

    /// Whether a field can be written in this record; `None` stands for one that is to be created.
    fn is_writable(&self, _module: Module, _path: &FieldPath, _record: Option<&Record>) -> bool {
        true
    }

    /// What the system would show after storing `value` in that field: shortened, emoji lost and so on.
    fn stored(&self, module: Module, path: &FieldPath, value: &Value) -> Value;

    /// Reads from an event's body, without any I/O, when and by whom the record was last changed.
    fn glance(&self, body: &serde_json::Value) -> Glance;

    /// Whether the modified times that it gives can be compared with each other. Those of Vtiger can't be before the
    /// time zone of its server is known.
    fn tells_time(&self) -> bool {
        true
    }

    /// When a record that was read earlier had changed last, by what is known now: the zone of its times may have been
    /// learned since.
    fn modified(&self, record: &Record) -> Option<Timestamp> {
        record.modified
    }

    /// When a record was created, where that is known for certain.
    fn created(&self, _record: &Record) -> Option<Timestamp> {
        None
    }

    /// How its clock goes, and what was changed last from `since` to `until`, which are of our clock.
    async fn pulse(&self, _since: Timestamp, _until: Timestamp) -> Result<Pulse, SystemError> {
        Ok(Pulse::default())
    }

    /// Tests address, credentials and permissions, for a person to read.
    async fn check(&self) -> Vec<Finding>;

    /// The same, for what is done with its records: what is not needed need not be permitted.
    async fn check_for(&self, _uses: &Uses) -> Vec<Finding> {
        self.check().await
    }
}

/// What can be told of a change before the record is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// When the record was last changed.
    pub modified: Option<Timestamp>,
    /// Whether that was done by the user that this program works as; `None` where the system doesn't tell.
    pub own: Option<bool>,
}

/// One page of records.
#[derive(Debug, Default)]
pub struct Page {
    /// The records, in the system's order.
    pub records: Vec<Record>,
    /// Where to go on; `None` on the last page.
    pub next: Option<String>,
    /// Whether the records hold no more than their ids and modified times, as reading them whole would cost a call
    /// each.
    pub partial: bool,
    /// Records that the system tells were deleted.
    pub deleted: Vec<RecordId>,
}

/// What [`System::changes`] tells of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Nothing in particular: it reads all records, as the system can't filter them by time.
    All,
    /// What was created or changed. That something is gone can be seen at most from a [`Census`].
    Changed,
    /// That, and what was deleted.
    ChangedAndDeleted,
}

/// How a module stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Census {
    /// What is changed later than this may be missing from pages that are read from now on. By the system's own clock:
    /// the time of the newest change, or the present moment where the newest change isn't known.
    pub mark: Option<Timestamp>,
    /// By how many milliseconds the system's clock is ahead of ours, where it tells the time.
    pub ahead_ms: Option<i64>,
    /// How many records there are, where the system tells.
    pub total: Option<u64>,
    /// The number of the newest record, where numbers grow.
    pub newest: Option<u64>,
    /// How many of the records are newer than the newest of the last census.
    pub created: Option<u64>,
}

impl Census {
    /// Whether there are as many records as there must be if none was deleted or came back since `last`; `None` where
    /// nobody can say.
    pub fn is_complete_since(&self, last: Self) -> Option<bool> {
        Some(last.total? + self.created? == self.total?)
    }

    /// By how much the system's clock was set back since `last`. Times are whole seconds, and answers take a while.
    pub fn set_back_since(&self, last: Self) -> Duration {
        let back_ms = last
            .ahead_ms
            .zip(self.ahead_ms)
            .map_or(0, |(last, now)| last - now);
        match u64::try_from(back_ms) {
            Ok(back) if back > TOLERANCE_MS => Duration::from_millis(back),
            _ => Duration::ZERO,
        }
    }
}

/// How a system is at present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// By how many milliseconds its clock is ahead of ours, where it tells the time.
    pub ahead_ms: Option<i64>,
    /// When, by our clock, the newest of the changes was made that were asked for; of changes that others than this
    /// program made, where the system tells whose they are; at the earliest, where the zone of its times isn't known.
    pub changed: Option<Timestamp>,
    /// Whether it runs the jobs that wait in it whenever somebody visits it; false where something else has to, `None`
    /// where it doesn't tell.
    pub runs_jobs: Option<bool>,
}

/// One thing that [`System::check`] looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at, such as "read customers".
    pub subject: String,
    /// How it went.
    pub verdict: Verdict,
}

/// How a check went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// In order, with a detail worth showing.
    Good(String),
    /// It works, but not as it should: the problem, and what to do.
    Warning(String, String),
    /// It doesn't work: the problem, and what to do.
    Bad(String, String),
}

/// Why a call to a system failed, in terms of what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{system}: {operation}: {message}")]
pub struct SystemError {
    /// The system that failed.
    pub system: Side,
    /// What was tried, such as "update contact".
    pub operation: &'static str,
    /// What it means for the caller.
    pub fault: Fault,
    /// What the system or the network said, without personal data where we can help it.
    pub message: String,
}

/// What a failure means for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// For the moment: time-out, connection lost, 429, 5xx, an answer that can't be read. Try again, not before
    /// `retry_after` where the system asked for that. A write may have been done, or half done.
    Unavailable {
        /// How long the system asked us to wait.
        retry_after: Option<Duration>,
    },
    /// It is known to be down, or has asked to be left alone, or its limits are reached: nobody's failure. Try again
    /// after `wait`. As a call may take several requests, a write may have been done, or half done.
    Paused {
        /// When to try again.
        wait: Duration,
    },
    /// The credentials or permissions don't suffice. Trying again helps only after a person has mended them.
    Denied,
    /// The system refuses these values. Trying again helps only after the record was changed.
    Rejected {
        /// The field it names, if it names one.
        field: Option<String>,
    },
    /// The record isn't there (any more).
    Gone,
    /// The system as it is installed can't do this. Trying again helps only after a person has mended that.
    Unsupported {
        /// What to do about it.
        remedy: String,
    },
}
