//! The entries behind a filter, in time that does not grow with what the filter leaves out.
//!
//! Each combination of connection, module, side and action has its entries in order in one index. A page is the newest of
//! the newest of each combination that the filter allows.

use sqlx::{AssertSqlSafe, Row};

use super::{Cursor, LogFilter, READ};
use crate::store::{Action, SqlStore, StoreError, Stored, journal};
use crate::sync::{Module, Side};

/// So many combinations are looked through with one statement; SQLite takes no more than five hundred.
const AT_ONCE: usize = 100;

/// The statement that looks through nothing but time.
const ALL: &str = "select id, at from journal where at >= $1 and at < $2 and (at, id) < ($3, $4) \
                   order by at desc, id desc limit $5";

/// What entries of one kind have in common.
#[derive(Clone, Copy)]
struct Kind<'a> {
    connection: &'a str,
    module: Module,
    side: Side,
    action: Action,
}

impl SqlStore {
    pub(super) async fn entries_that(
        &self,
        filter: &LogFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Vec<Stored>, StoreError> {
        let is_by_time = filter.connection.is_none()
            && filter.module.is_none()
            && filter.side.is_none()
            && filter.actions.is_empty();
        if is_by_time {
            return self.newest(ALL, &[], filter, after, limit).await;
        }
        let connections = match &filter.connection {
            Some(connection) => vec![connection.clone()],
            None => self.connections_of_journal().await?,
        };
        let kinds = kinds(&connections, filter);
        let mut found: Vec<Stored> = Vec::new();
        for some in kinds.chunks(AT_ONCE) {
            let arms: Vec<String> = (0..some.len()).map(arm).collect();
            // Nothing but placeholders is put in.
            let statement = format!(
                "select id, at from ({}) as found order by at desc, id desc limit $5",
                arms.join(" union all ")
            );
            let values: Vec<&str> = some.iter().flat_map(Kind::values).collect();
            found.extend(self.newest(&statement, &values, filter, after, limit).await?);
        }
        if kinds.len() > AT_ONCE {
            found.sort_by(|one, other| (other.when, &other.id).cmp(&(one.when, &one.id)));
            found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        Ok(found)
    }

    /// The entries of which a statement finds the ids.
    async fn newest(
        &self,
        ids: &str,
        values: &[&str],
        filter: &LogFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Vec<Stored>, StoreError> {
        let (at, id) = after.map_or((i64::MAX, ""), |after| (after.at.as_millis(), after.id.as_str()));
        // Nothing but a statement with placeholders is put in.
        let statement = format!(
            "select journal.id, connection, journal.at, module, side, action, woocommerce_id, vtiger_id, title, cause, \
             fields, skip from journal join ({ids}) as newest on newest.id = journal.id \
             order by journal.at desc, journal.id desc"
        );
        let query = sqlx::query(AssertSqlSafe(statement))
            .bind(filter.first_ms())
            .bind(filter.end_ms())
            .bind(at)
            .bind(id)
            .bind(i64::from(limit));
        let rows = values
            .iter()
            .fold(query, |query, value| query.bind(*value))
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        rows.iter().map(journal::stored).collect()
    }

    /// The connections that the journal tells of, in steps along its index.
    async fn connections_of_journal(&self) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query(
            "with recursive known(connection) as (select min(connection) from journal union all \
             select (select min(connection) from journal where connection > known.connection) \
             from known where known.connection is not null) \
             select connection from known where connection is not null",
        )
        .fetch_all(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        let names = rows.iter().map(|row| row.try_get("connection"));
        names.collect::<Result<_, _>>().map_err(StoreError::new(READ))
    }
}

impl Kind<'_> {
    fn values(&self) -> [&str; 4] {
        [
            self.connection,
            self.module.as_str(),
            self.side.as_str(),
            self.action.as_str(),
        ]
    }
}

fn kinds<'a>(connections: &'a [String], filter: &LogFilter) -> Vec<Kind<'a>> {
    let mut kinds = Vec::new();
    for connection in connections {
        for module in Module::ALL {
            for side in Side::BOTH {
                for action in filter.actions() {
                    let is_left_out = filter.module.is_some_and(|one| one != module)
                        || filter.side.is_some_and(|one| one != side);
                    if !is_left_out {
                        kinds.push(Kind {
                            connection,
                            module,
                            side,
                            action: *action,
                        });
                    }
                }
            }
        }
    }
    kinds
}

/// The part of the statement that looks through one kind's entries.
fn arm(number: usize) -> String {
    let first = 6 + 4 * number;
    let (module, side, action) = (first + 1, first + 2, first + 3);
    format!(
        "select * from (select id, at from journal where connection = ${first} and module = ${module} \
         and side = ${side} and action = ${action} and at >= $1 and at < $2 and (at, id) < ($3, $4) \
         order by at desc, id desc limit $5) as kind_{number}"
    )
}
