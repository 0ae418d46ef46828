//! Links, intents, and the one transaction that writes what was done.

use async_trait::async_trait;
use serde_json::{from_str, to_string};
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use super::database::placeholders;
use super::{
    Commit, Link, Links, Place, SqlStore, StoreError, disputes, journal, known, leases, log, problems, runs,
};
use crate::clock::Timestamp;
use crate::sync::{Base, RecordId, Side, Sides, Trails};

const READ: &str = "read a link";

/// The statement that reads a module's links, with a further condition.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "select id, woocommerce_id, vtiger_id, match_key, base, woocommerce_modified, vtiger_modified, \
             unsettled_since, deleted_on, trails, quarantined_until from link where connection = $1 and module = $2",
            $condition
        )
    };
}

#[async_trait]
impl Links for SqlStore {
    async fn link_of(&self, at: &Place, side: Side, id: &RecordId) -> Result<Option<Link>, StoreError> {
        let links = self.links_of(at, side, std::slice::from_ref(id)).await?;
        Ok(links.into_iter().next())
    }

    async fn links_of(&self, at: &Place, side: Side, ids: &[RecordId]) -> Result<Vec<Link>, StoreError> {
        let ids: Vec<&str> = ids.iter().map(RecordId::as_str).collect();
        let column = match side {
            Side::WooCommerce => "woocommerce_id",
            Side::Vtiger => "vtiger_id",
        };
        self.links_with(at, column, &ids).await
    }

    async fn links_by_key(&self, at: &Place, key: &str) -> Result<Vec<Link>, StoreError> {
        self.links_by_keys(at, &[key]).await
    }

    async fn links_by_keys(&self, at: &Place, keys: &[&str]) -> Result<Vec<Link>, StoreError> {
        self.links_with(at, "match_key", keys).await
    }

    async fn begin_create(
        &self,
        at: &Place,
        side: Side,
        source: &RecordId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into intent (connection, module, side, source_id, created_at) values ($1, $2, $3, $4, $5) \
             on conflict (connection, module, side, source_id) do nothing",
        )
        .bind(at.connection.as_str())
        .bind(at.module.as_str())
        .bind(side.as_str())
        .bind(source.as_str())
        .bind(now.as_millis())
        .execute(self.database.write())
        .await
        .map_err(StoreError::new("note a create"))?;
        Ok(())
    }

    async fn creating_since(
        &self,
        at: &Place,
        side: Side,
        source: &RecordId,
    ) -> Result<Option<Timestamp>, StoreError> {
        const LOOK: &str = "look for a create";
        let row = sqlx::query(
            "select created_at from intent where connection = $1 and module = $2 and side = $3 and source_id = $4",
        )
        .bind(at.connection.as_str())
        .bind(at.module.as_str())
        .bind(side.as_str())
        .bind(source.as_str())
        .fetch_optional(self.database.read())
        .await
        .map_err(StoreError::new(LOOK))?;
        row.map(|row| row.try_get("created_at").map(Timestamp::from_millis))
            .transpose()
            .map_err(StoreError::new(LOOK))
    }

    async fn links_after(&self, at: &Place, after: &str, limit: u32) -> Result<Vec<Link>, StoreError> {
        let rows = sqlx::query(select!(" and id > $3 order by id limit $4"))
            .bind(at.connection.as_str())
            .bind(at.module.as_str())
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        rows.iter().map(link).collect()
    }

    async fn newest_links(&self, at: &Place, limit: u32) -> Result<Vec<Link>, StoreError> {
        let rows = sqlx::query(select!(" order by id desc limit $3"))
            .bind(at.connection.as_str())
            .bind(at.module.as_str())
            .bind(i64::from(limit))
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        rows.iter().map(link).collect()
    }

    async fn present_ids(
        &self,
        at: &Place,
        side: Side,
        after: &str,
        limit: u32,
    ) -> Result<Vec<RecordId>, StoreError> {
        // In the order of an index: by the links' own ids, SQLite would sort all of them for each of the answers.
        let statement = match side {
            Side::WooCommerce => {
                "select woocommerce_id as id from link where connection = $1 and module = $2 and woocommerce_id > $3 \
                 and (deleted_on is null or deleted_on = $4) order by woocommerce_id limit $5"
            }
            Side::Vtiger => {
                "select vtiger_id as id from link where connection = $1 and module = $2 and vtiger_id > $3 \
                 and (deleted_on is null or deleted_on = $4) order by vtiger_id limit $5"
            }
        };
        let rows = sqlx::query(statement)
            .bind(at.connection.as_str())
            .bind(at.module.as_str())
            .bind(after)
            .bind(side.opposite().as_str())
            .bind(i64::from(limit))
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        rows.iter()
            .map(|row| row.try_get::<String, _>("id").map(RecordId::new))
            .collect::<Result<_, sqlx::Error>>()
            .map_err(StoreError::new(READ))
    }

    async fn count_present(&self, at: &Place, side: Side) -> Result<u64, StoreError> {
        let row = sqlx::query(
            "select count(*) as present from link where connection = $1 and module = $2 \
             and (deleted_on is null or deleted_on = $3)",
        )
        .bind(at.connection.as_str())
        .bind(at.module.as_str())
        .bind(side.opposite().as_str())
        .fetch_one(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        let present: i64 = row.try_get("present").map_err(StoreError::new(READ))?;
        Ok(present.unsigned_abs())
    }

    async fn unlink(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("delete from link where id = $1")
            .bind(id)
            .execute(self.database.write())
            .await
            .map_err(StoreError::new("forget a link"))?;
        Ok(())
    }

    async fn creates_open(&self, at: &Place, side: Side) -> Result<Vec<(RecordId, Timestamp)>, StoreError> {
        const LOOK: &str = "look for creates";
        let rows = sqlx::query(
            "select source_id, created_at from intent where connection = $1 and module = $2 and side = $3 \
             order by created_at desc limit 100",
        )
        .bind(at.connection.as_str())
        .bind(at.module.as_str())
        .bind(side.as_str())
        .fetch_all(self.database.read())
        .await
        .map_err(StoreError::new(LOOK))?;
        rows.iter()
            .map(|row| {
                let source: String = row.try_get("source_id")?;
                Ok((
                    RecordId::new(source),
                    Timestamp::from_millis(row.try_get("created_at")?),
                ))
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(StoreError::new(LOOK))
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        const COMMIT: &str = "write what was done";
        let mut transaction = self.database.begin().await.map_err(StoreError::new(COMMIT))?;
        if let Some(fence) = &commit.fence
            && !leases::hold(&mut transaction, fence)
                .await
                .map_err(StoreError::new(COMMIT))?
        {
            return Err(StoreError::lost(COMMIT));
        }
        if let Some(link) = &commit.link {
            put_link(&mut transaction, commit, link).await?;
        }
        if let Some((side, source)) = &commit.created {
            sqlx::query(
                "delete from intent where connection = $1 and module = $2 and side = $3 and source_id = $4",
            )
            .bind(commit.at.connection.as_str())
            .bind(commit.at.module.as_str())
            .bind(side.as_str())
            .bind(source.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::new(COMMIT))?;
        }
        let mut counted = None;
        if !commit.entries.is_empty() {
            let run = match &commit.run {
                Some(run) => run.clone(),
                None => runs::live(&mut transaction, &commit.at.connection, commit.now).await?,
            };
            for entry in &commit.entries {
                journal::put(&mut transaction, &commit.at, commit.now, entry, &run).await?;
            }
            counted = Some(run);
        }
        known::note(&mut transaction, commit).await?;
        problems::note(&mut transaction, commit).await?;
        disputes::note(&mut transaction, commit).await?;
        if let Some(run) = counted {
            log::put(&mut transaction, commit, &run, self.database.shards()).await?;
        }
        transaction.commit().await.map_err(StoreError::new(COMMIT))
    }
}

impl SqlStore {
    /// The links that have any of these values in a column.
    async fn links_with(
        &self,
        at: &Place,
        column: &'static str,
        values: &[&str],
    ) -> Result<Vec<Link>, StoreError> {
        let mut links = Vec::with_capacity(values.len());
        // SQLite takes many, but not any number of parameters.
        for some in values.chunks(500) {
            let list = placeholders(3, some.len());
            // Nothing but the column's name and placeholders is put in.
            let statement = format!("{} and {column} in ({list})", select!(""));
            let query = sqlx::query(AssertSqlSafe(statement))
                .bind(at.connection.as_str())
                .bind(at.module.as_str());
            let query = some.iter().fold(query, |query, value| query.bind(*value));
            let rows = query
                .fetch_all(self.database.read())
                .await
                .map_err(StoreError::new(READ))?;
            for row in &rows {
                links.push(link(row)?);
            }
        }
        Ok(links)
    }
}

/// What stands in `deleted_on` where both records were deleted.
const BOTH: &str = "both";

/// Which of the two was deleted, as the table keeps it.
const fn deleted_on(link: &Link) -> Option<&'static str> {
    match (link.deleted.woocommerce, link.deleted.vtiger) {
        (true, true) => Some(BOTH),
        (true, false) => Some(Side::WooCommerce.as_str()),
        (false, true) => Some(Side::Vtiger.as_str()),
        (false, false) => None,
    }
}

fn link(row: &AnyRow) -> Result<Link, StoreError> {
    let read = || -> Result<(Link, String, String), sqlx::Error> {
        let deleted_on: Option<String> = row.try_get("deleted_on")?;
        let deleted_on = deleted_on.as_deref();
        let link = Link {
            id: row.try_get("id")?,
            ids: Sides {
                woocommerce: RecordId::new(row.try_get::<String, _>("woocommerce_id")?),
                vtiger: RecordId::new(row.try_get::<String, _>("vtiger_id")?),
            },
            match_key: row.try_get("match_key")?,
            base: Base::default(),
            modified: Sides {
                woocommerce: row
                    .try_get::<Option<i64>, _>("woocommerce_modified")?
                    .map(Timestamp::from_millis),
                vtiger: row
                    .try_get::<Option<i64>, _>("vtiger_modified")?
                    .map(Timestamp::from_millis),
            },
            unsettled_since: row
                .try_get::<Option<i64>, _>("unsettled_since")?
                .map(Timestamp::from_millis),
            deleted: Sides::new(|side| deleted_on == Some(side.as_str()) || deleted_on == Some(BOTH)),
            trails: Trails::default(),
            quarantined_until: row
                .try_get::<Option<i64>, _>("quarantined_until")?
                .map(Timestamp::from_millis),
        };
        Ok((link, row.try_get("base")?, row.try_get("trails")?))
    };
    let (mut link, base, trails) = read().map_err(StoreError::new(READ))?;
    link.base = from_str(&base).map_err(StoreError::unreadable(READ))?;
    link.trails = from_str(&trails).map_err(StoreError::unreadable(READ))?;
    Ok(link)
}

async fn put_link(
    transaction: &mut Transaction<'static, Any>,
    commit: &Commit,
    link: &Link,
) -> Result<(), StoreError> {
    const WRITE: &str = "write a link";
    sqlx::query(
        "insert into link (id, connection, module, woocommerce_id, vtiger_id, match_key, base, \
         woocommerce_modified, vtiger_modified, deleted_on, created_at, updated_at, trails, quarantined_until, \
         unsettled_since) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13, $14) \
         on conflict (id) do update set woocommerce_id = $4, vtiger_id = $5, match_key = $6, base = $7, \
         woocommerce_modified = $8, vtiger_modified = $9, deleted_on = $10, updated_at = $11, trails = $12, \
         quarantined_until = $13, unsettled_since = $14",
    )
    .bind(link.id.as_str())
    .bind(commit.at.connection.as_str())
    .bind(commit.at.module.as_str())
    .bind(link.ids.woocommerce.as_str())
    .bind(link.ids.vtiger.as_str())
    .bind(link.match_key.as_str())
    .bind(to_string(&link.base).map_err(StoreError::unreadable(WRITE))?)
    .bind(link.modified.woocommerce.map(Timestamp::as_millis))
    .bind(link.modified.vtiger.map(Timestamp::as_millis))
    .bind(deleted_on(link))
    .bind(commit.now.as_millis())
    .bind(to_string(&link.trails).map_err(StoreError::unreadable(WRITE))?)
    .bind(link.quarantined_until.map(Timestamp::as_millis))
    .bind(link.unsettled_since.map(Timestamp::as_millis))
    .execute(&mut **transaction)
    .await
    .map_err(StoreError::new(WRITE))?;
    Ok(())
}
