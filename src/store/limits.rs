//! What the processes share of how each system may be called: the line of requests, pauses, outages, budgets.

use std::fmt;

use async_trait::async_trait;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{SqlStore, StoreError};
use crate::clock::Timestamp;

/// How a system may be called at present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Until when nothing is sent, as the system asked for that.
    pub paused_until: Timestamp,
    /// Whether the system is down.
    pub down: Option<Down>,
    /// What it told last of its own limits.
    pub budget: Budget,
}

/// A system that is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Down {
    /// When one request may try it again.
    pub until: Timestamp,
    /// How often in a row it was found so.
    pub times: u32,
}

/// What a system tells of its own limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Requests a minute.
    pub minute_limit: Option<u32>,
    /// Requests a day.
    pub day_limit: Option<u32>,
    /// How many of those are left.
    pub day_left: Option<u32>,
    /// When it told that.
    pub told_at: Timestamp,
}

/// A request's place in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It may be sent at this time, in microseconds.
    At(i64),
    /// The line is too long: the next free place is at this time.
    Later(i64),
}

/// The limits that the processes keep together. A name stands for one side of one connection.
#[async_trait]
pub trait Limits: Send + Sync + fmt::Debug {
    /// How a system may be called at present.
    async fn standing(&self, name: &str) -> Result<Standing, StoreError>;

    /// Takes the next place in the line, unless it is further ahead than that. All times are in microseconds, and
    /// `interval` is the distance between two places.
    async fn queue_up(&self, name: &str, now: i64, interval: i64, ahead: i64) -> Result<Turn, StoreError>;

    /// Notes that nothing is to be sent until then, if not even longer.
    async fn pause(&self, name: &str, until: Timestamp) -> Result<(), StoreError>;

    /// Notes that a system is down, or no longer.
    async fn put_down(&self, name: &str, down: Option<Down>) -> Result<(), StoreError>;

    /// Takes it upon oneself to try a system that is down, which nobody else does before `until`; false when somebody
    /// else does, or it isn't down (any more).
    async fn claim_trial(&self, name: &str, now: Timestamp, until: Timestamp) -> Result<bool, StoreError>;

    /// Notes what a system told of its own limits.
    async fn put_budget(&self, name: &str, budget: &Budget) -> Result<(), StoreError>;
}

#[async_trait]
impl Limits for SqlStore {
    async fn standing(&self, name: &str) -> Result<Standing, StoreError> {
        const READ: &str = "read how a system may be called";
        let row = sqlx::query(
            "select paused_until, down_until, downs, minute_limit, day_limit, day_left, told_at from gate \
             where name = $1",
        )
        .bind(name)
        .fetch_optional(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        row.as_ref()
            .map_or(Ok(Standing::default()), standing)
            .map_err(StoreError::new(READ))
    }

    async fn queue_up(&self, name: &str, now: i64, interval: i64, ahead: i64) -> Result<Turn, StoreError> {
        const TAKE: &str = "take a place in the line of requests";
        let row = sqlx::query(
            "insert into gate (name, next_at, paused_until, down_until, downs, told_at) \
             values ($1, $2 + $3, 0, 0, 0, 0) on conflict (name) do update \
             set next_at = (case when gate.next_at > $2 then gate.next_at else $2 end) + $3 \
             where gate.next_at <= $2 + $4 returning next_at",
        )
        .bind(name)
        .bind(now)
        .bind(interval)
        .bind(ahead)
        .fetch_optional(self.database.write())
        .await
        .map_err(StoreError::new(TAKE))?;
        if let Some(row) = row {
            let next: i64 = row.try_get("next_at").map_err(StoreError::new(TAKE))?;
            return Ok(Turn::At(next - interval));
        }
        let row = sqlx::query("select next_at from gate where name = $1")
            .bind(name)
            .fetch_one(self.database.read())
            .await
            .map_err(StoreError::new(TAKE))?;
        row.try_get("next_at")
            .map(Turn::Later)
            .map_err(StoreError::new(TAKE))
    }

    async fn pause(&self, name: &str, until: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "insert into gate (name, next_at, paused_until, down_until, downs, told_at) values ($1, 0, $2, 0, 0, 0) \
             on conflict (name) do update set paused_until = $2 where gate.paused_until < $2",
        )
        .bind(name)
        .bind(until.as_millis())
        .execute(self.database.write())
        .await
        .map_err(StoreError::new("note that a system asked for a pause"))?;
        Ok(())
    }

    async fn put_down(&self, name: &str, down: Option<Down>) -> Result<(), StoreError> {
        sqlx::query(
            "insert into gate (name, next_at, paused_until, down_until, downs, told_at) values ($1, 0, 0, $2, $3, 0) \
             on conflict (name) do update set down_until = $2, downs = $3",
        )
        .bind(name)
        .bind(down.map_or(0, |down| down.until.as_millis()))
        .bind(down.map_or(0, |down| i64::from(down.times)))
        .execute(self.database.write())
        .await
        .map_err(StoreError::new("note whether a system is down"))?;
        Ok(())
    }

    async fn claim_trial(&self, name: &str, now: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        let done =
            sqlx::query("update gate set down_until = $3 where name = $1 and downs > 0 and down_until <= $2")
                .bind(name)
                .bind(now.as_millis())
                .bind(until.as_millis())
                .execute(self.database.write())
                .await
                .map_err(StoreError::new("claim to try a system that is down"))?;
        Ok(done.rows_affected() > 0)
    }

    async fn put_budget(&self, name: &str, budget: &Budget) -> Result<(), StoreError> {
        sqlx::query(
            "insert into gate (name, next_at, paused_until, down_until, downs, minute_limit, day_limit, day_left, \
             told_at) values ($1, 0, 0, 0, 0, $2, $3, $4, $5) on conflict (name) do update \
             set minute_limit = $2, day_limit = $3, day_left = $4, told_at = $5 where gate.told_at <= $5",
        )
        .bind(name)
        .bind(budget.minute_limit.map(i64::from))
        .bind(budget.day_limit.map(i64::from))
        .bind(budget.day_left.map(i64::from))
        .bind(budget.told_at.as_millis())
        .execute(self.database.write())
        .await
        .map_err(StoreError::new("note a system's own limits"))?;
        Ok(())
    }
}

fn standing(row: &AnyRow) -> Result<Standing, sqlx::Error> {
    let moment = |column| row.try_get(column).map(Timestamp::from_millis);
    let number = |column| {
        let number: Option<i64> = row.try_get(column)?;
        Ok::<_, sqlx::Error>(number.and_then(|number| u32::try_from(number).ok()))
    };
    let times = number("downs")?.unwrap_or(0);
    let until = moment("down_until")?;
    Ok(Standing {
        paused_until: moment("paused_until")?,
        down: (times > 0).then_some(Down { until, times }),
        budget: Budget {
            minute_limit: number("minute_limit")?,
            day_limit: number("day_limit")?,
            day_left: number("day_left")?,
            told_at: moment("told_at")?,
        },
    })
}
