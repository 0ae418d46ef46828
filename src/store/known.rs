//! What records are found by: their names, e-mail addresses, SKUs, numbers and ids.
//!
//! It is kept beside the journal, which forgets, and in words of which each stands in an index: however many records
//! there are, a question reads few rows.

use std::fmt::{self, Write as _};

use async_trait::async_trait;
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use super::journal::named;
use super::words::{asked, end_of, words_of};
use super::{Commit, Place, SqlStore, StoreError};
use crate::clock::Timestamp;
use crate::sync::{Module, RecordId, Side, Sides};

const READ: &str = "look for records";
const WRITE: &str = "note what a record is found by";

/// So many words that begin alike are looked at: whoever wants another one gives more of it.
const LOOKED_AT: i64 = 200;

/// So many of the rarest word, where others narrow the search down: what is compared for each is in one index.
const COMPARED: i64 = 3_000;

/// Records by what they are found by.
#[async_trait]
pub trait Known: Send + Sync + fmt::Debug {
    /// The records of which words begin like all of those of the question, the latest that were dealt with first.
    async fn search(&self, question: &Question<'_>, limit: u32) -> Result<Vec<KnownRecord>, StoreError>;

    /// Notes what a record is found by: its name, and its match key. What is blank is left as it is known.
    async fn know(
        &self,
        at: &Place,
        ids: &Sides<Option<RecordId>>,
        title: &str,
        match_key: &str,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Notes what linked records are found by of which nothing is known, as they were linked before that was noted: of
    /// the links after the one with the id `after`. Returns the id of the last one; none where there are no more.
    async fn know_links(&self, after: &str, limit: u32, now: Timestamp)
    -> Result<Option<String>, StoreError>;
}

/// What somebody looks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Question<'a> {
    /// Beginnings of words.
    pub text: &'a str,
    /// Only of this connection.
    pub connection: Option<&'a str>,
    /// Only of this module.
    pub module: Option<Module>,
}

/// A record, or a pair of them, that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRecord {
    /// The module of the connection.
    pub at: Place,
    /// The records' ids, as far as there are any.
    pub ids: Sides<Option<RecordId>>,
    /// Its name.
    pub title: String,
    /// What it matches by.
    pub match_key: String,
    /// When that was noted.
    pub noted: Timestamp,
}

#[async_trait]
impl Known for SqlStore {
    async fn search(&self, question: &Question<'_>, limit: u32) -> Result<Vec<KnownRecord>, StoreError> {
        let mut words = asked(question.text);
        let Some(rarest) = self.rarest(&words).await? else {
            return Ok(Vec::new());
        };
        let first = words.remove(rarest);
        let mut others = String::new();
        for nth in 0..words.len() {
            // Writing to a string can't fail.
            let _ = write!(
                others,
                " and exists (select 1 from known_word other where other.record = found.record \
                 and other.word >= ${} and other.word < ${})",
                6 + 2 * nth,
                7 + 2 * nth
            );
        }
        let words_read = if words.is_empty() { LOOKED_AT } else { COMPARED };
        let statement = format!(
            "select connection, module, woocommerce_id, vtiger_id, title, match_key, updated_at \
             from (select distinct record from (select record from known_word where word >= $1 and word < $2 \
             order by word limit {words_read}) as found where 1 = 1{others} limit {LOOKED_AT}) as those \
             join known_record on known_record.id = those.record \
             where ($3 is null or connection = $3) and ($4 is null or module = $4) \
             order by updated_at desc, known_record.id desc limit $5"
        );
        // Nothing but numbers of placeholders is put in.
        let query = sqlx::query(AssertSqlSafe(statement))
            .bind(first.as_str())
            .bind(end_of(&first))
            .bind(question.connection)
            .bind(question.module.map(Module::as_str))
            .bind(i64::from(limit));
        let query = words
            .iter()
            .fold(query, |query, word| query.bind(word.as_str()).bind(end_of(word)));
        let rows = query
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        rows.iter().map(known).collect()
    }

    async fn know(
        &self,
        at: &Place,
        ids: &Sides<Option<RecordId>>,
        title: &str,
        match_key: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await.map_err(StoreError::new(WRITE))?;
        put(&mut transaction, at, ids, title, match_key, now).await?;
        transaction.commit().await.map_err(StoreError::new(WRITE))
    }

    async fn know_links(
        &self,
        after: &str,
        limit: u32,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let rows = sqlx::query(
            "select id, connection, module, woocommerce_id, vtiger_id, match_key from link where id > $1 \
             and not exists (select 1 from known_record where known_record.connection = link.connection \
             and known_record.module = link.module and known_record.woocommerce_id = link.woocommerce_id) \
             order by id limit $2",
        )
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        let mut transaction = self.database.begin().await.map_err(StoreError::new(WRITE))?;
        let mut last = None;
        for row in &rows {
            let text = |column: &str| row.try_get::<String, _>(column).map_err(StoreError::new(READ));
            let at = place(row)?;
            let key = text("match_key")?;
            let titles = sqlx::query(
                "select title from journal where connection = $1 and module = $2 and woocommerce_id = $3 \
                 order by id desc limit 1",
            )
            .bind(at.connection.as_str())
            .bind(at.module.as_str())
            .bind(text("woocommerce_id")?)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(StoreError::new(READ))?;
            let title: Option<String> = titles
                .map(|row| row.try_get("title"))
                .transpose()
                .map_err(StoreError::new(READ))?;
            let title = title.unwrap_or_default();
            put(&mut transaction, &at, &ids(row)?, &title, &key, now).await?;
            last = Some(text("id")?);
        }
        transaction.commit().await.map_err(StoreError::new(WRITE))?;
        Ok(last)
    }
}

impl SqlStore {
    /// The place of the word that begins the fewest.
    async fn rarest(&self, words: &[String]) -> Result<Option<usize>, StoreError> {
        if words.len() < 2 {
            return Ok((!words.is_empty()).then_some(0));
        }
        let mut counts = Vec::with_capacity(words.len());
        for word in words {
            let row = sqlx::query(
                "select count(*) as number from (select record from known_word where word >= $1 and word < $2 \
                 limit $3) as found",
            )
            .bind(word.as_str())
            .bind(end_of(word))
            .bind(COMPARED)
            .fetch_one(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
            counts.push(row.try_get::<i64, _>("number").map_err(StoreError::new(READ))?);
        }
        Ok((0..counts.len()).min_by_key(|nth| counts[*nth]))
    }
}

/// Notes what was done for as far as records are found by it.
pub(super) async fn note(
    transaction: &mut Transaction<'static, Any>,
    commit: &Commit,
) -> Result<(), StoreError> {
    let key = commit.link.as_ref().map_or("", |link| link.match_key.as_str());
    if commit.entries.is_empty() {
        let Some(link) = &commit.link else {
            return Ok(());
        };
        let ids = Sides::new(|side| Some(link.ids.of(side).clone()));
        return put(transaction, &commit.at, &ids, "", key, commit.now).await;
    }
    for entry in &commit.entries {
        // Of a record that was deleted its match key is told, where its name isn't known any more.
        let title = if entry.title == key { "" } else { &entry.title };
        put(transaction, &commit.at, &entry.ids, title, key, commit.now).await?;
    }
    Ok(())
}

async fn put(
    transaction: &mut Transaction<'static, Any>,
    at: &Place,
    ids: &Sides<Option<RecordId>>,
    title: &str,
    match_key: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = sqlx::query(
        "select id, connection, module, woocommerce_id, vtiger_id, title, match_key, updated_at from known_record \
         where connection = $1 and module = $2 and (woocommerce_id = $3 or vtiger_id = $4)",
    )
    .bind(at.connection.as_str())
    .bind(at.module.as_str())
    .bind(ids.woocommerce.as_ref().map(RecordId::as_str))
    .bind(ids.vtiger.as_ref().map(RecordId::as_str))
    .fetch_all(&mut **transaction)
    .await
    .map_err(StoreError::new(READ))?;
    let before: Vec<KnownRecord> = rows.iter().map(known).collect::<Result<_, _>>()?;
    let or_known = |given: &str, known: fn(&KnownRecord) -> &str| {
        let known = before.iter().map(known).find(|text| !text.is_empty());
        match given.trim() {
            "" => known.unwrap_or_default().to_owned(),
            given => given.to_owned(),
        }
    };
    let title = or_known(title, |known| &known.title);
    let match_key = or_known(match_key, |known| &known.match_key);
    let ids = Sides::new(|side| {
        let known = before.iter().find_map(|known| known.ids.of(side).clone());
        ids.of(side).clone().or(known)
    });
    let is_known =
        |known: &KnownRecord| (&known.ids, &known.title, &known.match_key) == (&ids, &title, &match_key);
    if let [one] = before.as_slice()
        && is_known(one)
    {
        return Ok(());
    }
    for row in &rows {
        let id: String = row.try_get("id").map_err(StoreError::new(READ))?;
        forget(transaction, &id).await?;
    }
    let id = uuid::Uuid::now_v7().to_string();
    let done = sqlx::query(
        "insert into known_record (id, connection, module, woocommerce_id, vtiger_id, title, match_key, updated_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
    )
    .bind(id.as_str())
    .bind(at.connection.as_str())
    .bind(at.module.as_str())
    .bind(ids.woocommerce.as_ref().map(RecordId::as_str))
    .bind(ids.vtiger.as_ref().map(RecordId::as_str))
    .bind(title.as_str())
    .bind(match_key.as_str())
    .bind(now.as_millis())
    .execute(&mut **transaction)
    .await
    .map_err(StoreError::new(WRITE))?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    let mut whole = vec![match_key.as_str()];
    for id in Side::BOTH.into_iter().filter_map(|side| ids.of(side).as_ref()) {
        whole.push(id.as_str());
        // Vtiger's pages show the number alone, and orders tell a guest by the address.
        whole.extend(id.as_str().split_once(['x', ':']).map(|(_, number)| number));
    }
    let words = words_of(&title, whole);
    let values: Vec<String> = (0..words.len())
        .map(|nth| format!("(${}, $1)", nth + 2))
        .collect();
    let statement = format!(
        "insert into known_word (word, record) values {}",
        values.join(", ")
    );
    // Nothing but placeholders is put in.
    let query = sqlx::query(AssertSqlSafe(statement)).bind(id.as_str());
    let query = words.iter().fold(query, |query, word| query.bind(word.as_str()));
    query
        .execute(&mut **transaction)
        .await
        .map_err(StoreError::new(WRITE))?;
    Ok(())
}

async fn forget(transaction: &mut Transaction<'static, Any>, id: &str) -> Result<(), StoreError> {
    for statement in [
        "delete from known_word where record = $1",
        "delete from known_record where id = $1",
    ] {
        sqlx::query(statement)
            .bind(id)
            .execute(&mut **transaction)
            .await
            .map_err(StoreError::new(WRITE))?;
    }
    Ok(())
}

fn known(row: &AnyRow) -> Result<KnownRecord, StoreError> {
    let text = |column: &str| row.try_get::<String, _>(column).map_err(StoreError::new(READ));
    let noted = row.try_get("updated_at").map_err(StoreError::new(READ))?;
    Ok(KnownRecord {
        at: place(row)?,
        ids: ids(row)?,
        title: text("title")?,
        match_key: text("match_key")?,
        noted: Timestamp::from_millis(noted),
    })
}

/// The module of the connection that a row is of.
pub(super) fn place(row: &AnyRow) -> Result<Place, StoreError> {
    let text = |column: &str| row.try_get::<String, _>(column).map_err(StoreError::new(READ));
    Ok(Place {
        connection: text("connection")?,
        module: named("module", &text("module")?, &Module::ALL, Module::as_str)?,
    })
}

/// The records that a row is of, as far as there are any.
pub(super) fn ids(row: &AnyRow) -> Result<Sides<Option<RecordId>>, StoreError> {
    let id = |column: &str| {
        let id = row.try_get::<Option<String>, _>(column);
        id.map(|id| id.map(RecordId::new)).map_err(StoreError::new(READ))
    };
    Ok(Sides {
        woocommerce: id("woocommerce_id")?,
        vtiger: id("vtiger_id")?,
    })
}
