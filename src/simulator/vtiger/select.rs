//! Answers queries, and `sync`, from the records: what matches, in which order, how many.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value as Json, json};

use super::answer::{Answer, Failure};
use super::data::{Data, Record};
use super::id::WebserviceId;
use super::query::{self, Columns, Condition, Operator};
use super::schema::{Field, Kind, LINE_ITEM, Module};
use super::value::folded;

/// No answer has more rows, whatever LIMIT says.
const MOST_ROWS: usize = 100;

/// Answers a query.
pub(super) fn select(data: &Data, text: &str) -> Answer {
    let query = query::parse(text).map_err(|message| Failure::refused("QUERY_SYNTAX_ERROR", message))?;
    let module = data
        .schema
        .module(&query.module)
        .ok_or_else(|| Failure::denied_for(&format!(" for name : {}", query.module)))?;

    let columns: Vec<&Field> = match &query.columns {
        Columns::Fields(names) => {
            let known: Result<Vec<_>, _> = names
                .iter()
                .map(|name| {
                    module
                        .field(name)
                        .ok_or_else(|| attribute_denied(&format!("'.{name}.'")))
                })
                .collect();
            let mut fields = known?;
            fields.extend(module.fields.iter().filter(|field| field.kind == Kind::Id));
            fields
        }
        Columns::All | Columns::Count => module.fields.iter().collect(),
    };
    let alternatives = query
        .alternatives
        .iter()
        .map(|together| {
            together
                .iter()
                .map(|condition| Test::new(module, condition))
                .collect()
        })
        .collect::<Result<Vec<Vec<Test<'_>>>, Failure>>()?;
    let order = query
        .order
        .iter()
        .map(|name| module.field(name).ok_or_else(|| attribute_denied(name)))
        .collect::<Result<Vec<_>, _>>()?;
    let tested = alternatives.iter().flatten().map(|test| test.field);
    let reads_lines = module.has_lines()
        && tested
            .chain(columns.iter().copied())
            .chain(order.iter().copied())
            .any(|field| field.line_column().is_some());

    // Of each alternative, one condition that only few records meet.
    let wanted: Option<Vec<Vec<&str>>> = alternatives
        .iter()
        .map(|together| together.iter().find_map(Test::texts))
        .collect();
    // By id.
    let candidates: Box<dyn Iterator<Item = &Record>> = match wanted.filter(|wanted| !wanted.is_empty()) {
        Some(wanted) => Box::new(data.having(module, &wanted.concat()).into_iter()),
        None => Box::new(data.after(module, last_before(&alternatives))),
    };
    let rows = candidates
        .filter(|record| !record.is_hidden())
        .flat_map(|record| Row::of(data, record, reads_lines))
        .filter(|row| {
            alternatives.is_empty()
                || alternatives
                    .iter()
                    .any(|together| together.iter().all(|test| test.holds(row)))
        });
    if query.columns == Columns::Count {
        // Of entities Vtiger drops the number, as it isn't a field.
        return Ok(match module.prefix {
            LINE_ITEM => json!([{"count": rows.count().to_string()}]),
            _ => json!([]),
        });
    }
    let limit = query.limit.unwrap_or(MOST_ROWS).min(MOST_ROWS);
    let is_by_id = order.iter().all(|field| field.kind == Kind::Id) && !query.descending;
    let shown: Vec<Row<'_>> = if is_by_id {
        rows.skip(query.offset).take(limit).collect()
    } else {
        let mut rows: Vec<Row<'_>> = rows.collect();
        rows.sort_by_cached_key(|row| Ranking {
            keys: order.iter().map(|field| row.comparable(field)).collect(),
            last_descends: query.descending,
        });
        rows.into_iter().skip(query.offset).take(limit).collect()
    };
    Ok(merged(shown)
        .iter()
        .map(|row| row.shown(columns.iter().copied()))
        .collect())
}

/// The number up to which no record meets the conditions: pages go on after an id.
fn last_before(alternatives: &[Vec<Test<'_>>]) -> u64 {
    let [together] = alternatives else { return 0 };
    together.iter().filter_map(Test::above).max().unwrap_or_default()
}

/// LIMIT counts an order's lines; of those that it leaves, the last one stands for the order.
fn merged(rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
    let mut merged: Vec<Row<'_>> = Vec::new();
    for row in rows {
        match merged.iter_mut().find(|other| other.record.id == row.record.id) {
            Some(same) => *same = row,
            None => merged.push(row),
        }
    }
    merged
}

fn attribute_denied(name: &str) -> Failure {
    Failure::refused(
        "ACCESS_DENIED",
        format!("Permission to access {name} attribute denied."),
    )
}

/// A row of the result: a record, of an order also one of its lines if the query reads them.
struct Row<'data> {
    data: &'data Data,
    record: &'data Record,
    line: Option<&'data Record>,
}

impl<'data> Row<'data> {
    fn of(data: &'data Data, record: &'data Record, with_lines: bool) -> Vec<Self> {
        let row = |line| Self { data, record, line };
        let lines = if with_lines {
            data.lines(record.id)
        } else {
            Vec::new()
        };
        if lines.is_empty() {
            return vec![row(None)];
        }
        lines.into_iter().map(|line| row(Some(line))).collect()
    }

    /// A field's text, which of an order may be its line's.
    fn text(&self, field: &Field) -> String {
        match (field.line_column(), self.line) {
            (Some("productid"), Some(line)) => self.data.text(line, field),
            (Some(column), Some(line)) => line.value(column).to_owned(),
            _ => self.data.text(self.record, field),
        }
    }

    fn shown<'fields>(&self, fields: impl Iterator<Item = &'fields Field>) -> Json {
        let row: Map<String, Json> = fields
            .map(|field| {
                let name = field.line_column().unwrap_or(&field.name);
                let text = self.text(field);
                let is_null = text.is_empty() && field.is_nullable();
                (name.to_owned(), if is_null { Json::Null } else { json!(text) })
            })
            .collect();
        row.into()
    }

    fn comparable(&self, field: &Field) -> Comparable {
        if field.kind == Kind::Id {
            return Comparable::Number(self.record.id.number.into());
        }
        let text = self.text(field);
        if text.is_empty() && field.is_nullable() {
            return Comparable::Null;
        }
        literal(field, &text).unwrap_or(Comparable::Text(text))
    }
}

/// A value in the form in which the database compares it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Comparable {
    Null,
    Number(Decimal),
    Text(String),
}

/// Ids compare by the record's number; Vtiger fails on what isn't an id there.
fn literal(field: &Field, text: &str) -> Result<Comparable, Failure> {
    if field.holds_ids() {
        let id: WebserviceId = text.parse().map_err(|_| Failure::internal())?;
        return Ok(Comparable::Number(id.number.into()));
    }
    Ok(match field.kind {
        Kind::Integer | Kind::Currency | Kind::Number(_) | Kind::NumberOrNull(_) => {
            Comparable::Number(text.trim().parse().unwrap_or_default())
        }
        _ => Comparable::Text(folded(text)),
    })
}

/// How rows are ordered; only the last key may descend.
#[derive(PartialEq, Eq)]
struct Ranking {
    keys: Vec<Comparable>,
    last_descends: bool,
}

impl Ord for Ranking {
    fn cmp(&self, other: &Self) -> Ordering {
        let last = self.keys.len().saturating_sub(1);
        self.keys
            .iter()
            .zip(&other.keys)
            .enumerate()
            .map(|(at, (mine, others))| {
                if self.last_descends && at == last {
                    others.cmp(mine)
                } else {
                    mine.cmp(others)
                }
            })
            .find(|ordering| ordering.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Ranking {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A condition on a field that exists.
struct Test<'module> {
    field: &'module Field,
    operator: Operator,
    values: Vec<Comparable>,
}

impl<'module> Test<'module> {
    fn new(module: &'module Module, condition: &Condition) -> Result<Self, Failure> {
        let field = module
            .field(&condition.field)
            .ok_or_else(|| attribute_denied(&condition.field))?;
        let values = condition.values.iter();
        let values = if condition.operator == Operator::Like {
            values
                .map(|value| Ok::<_, Failure>(Comparable::Text(folded(value))))
                .collect()
        } else {
            values
                .map(|value| literal(field, value))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            field,
            operator: condition.operator,
            values: values?,
        })
    }

    /// The texts that the field has to be one of, if records are found by it.
    fn texts(&self) -> Option<Vec<&str>> {
        if !matches!(self.operator, Operator::Equal | Operator::In) || !Data::finds_by(&self.field.name) {
            return None;
        }
        let texts = self.values.iter().map(|value| match value {
            Comparable::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// The number that a record's own must be above.
    fn above(&self) -> Option<u64> {
        let is_bound = self.field.kind == Kind::Id && self.operator == Operator::Greater;
        match self.values.as_slice() {
            [Comparable::Number(number)] if is_bound => number.to_u64(),
            _ => None,
        }
    }

    fn holds(&self, row: &Row<'_>) -> bool {
        let found = row.comparable(self.field);
        if found == Comparable::Null {
            return false;
        }
        self.values.iter().any(|value| match self.operator {
            Operator::Equal | Operator::In => found == *value,
            Operator::NotEqual => found != *value,
            Operator::Less => found < *value,
            Operator::LessOrEqual => found <= *value,
            Operator::Greater => found > *value,
            Operator::GreaterOrEqual => found >= *value,
            Operator::Like => match value {
                Comparable::Text(pattern) => is_like(&folded(&row.text(self.field)), pattern),
                _ => false,
            },
        })
    }
}

/// SQL's LIKE: `%` for any characters, `_` for one.
fn is_like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // After each piece of the pattern: which beginnings of the text it matches.
    let mut matched = vec![false; text.len() + 1];
    matched[0] = true;
    for wanted in pattern.chars() {
        if wanted == '%' {
            let from = matched.iter().position(|is| *is).unwrap_or(matched.len());
            matched[from..].fill(true);
        } else {
            for at in (0..text.len()).rev() {
                matched[at + 1] = matched[at] && (wanted == '_' || wanted == text[at]);
            }
            matched[0] = false;
        }
    }
    matched.last().copied().unwrap_or(false)
}

/// Answers `sync`: what changed after `since`, in pages of 100 that never part a second.
pub(super) fn changes(data: &Data, module: &str, since: i64) -> Answer {
    let module = data
        .schema
        .module(module)
        .filter(|module| module.is_entity())
        .ok_or_else(Failure::denied)?;
    let mut changed: Vec<&Record> = data
        .all(module)
        .filter(|record| record.modified > since)
        .collect();
    changed.sort_by_key(|record| (record.modified, record.id));

    let last = changed
        .iter()
        .take(MOST_ROWS)
        .next_back()
        .map_or(since, |record| record.modified);
    let page = changed.iter().filter(|record| record.modified <= last);
    let (deleted, updated): (Vec<&Record>, Vec<&Record>) = page.partition(|record| record.deleted);
    Ok(json!({
        "updated": updated
            .iter()
            .flat_map(|record| Row::of(data, record, false))
            .map(|row| row.shown(module.fields.iter().filter(|field| !field.of_lines)))
            .collect::<Vec<_>>(),
        "deleted": deleted.iter().map(|record| record.id.to_string()).collect::<Vec<_>>(),
        "more": changed.len() > updated.len() + deleted.len(),
        "lastModifiedTime": last,
    }))
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn like_knows_its_wildcards() {
        assert!(is_like("contact01@example.test", "contact0%"));
        assert!(is_like("abc", "%b%"));
        assert!(is_like("a.c", "a_c"));
        assert!(is_like("", "%"));
        assert!(!is_like("abc", "b%"));
        assert!(!is_like("abc", "ab"));
        assert!(!is_like("ac", "a_c"));
    }
}
