//! Failed events in words and tables.

use std::fmt::Write as _;

use woo_vtiger_sync::failed::{Discarded, Listing, Logged, Replayed, Shown, Summary};
use woo_vtiger_sync::queue::Cause;
use woo_vtiger_sync::store::FailedFilter;

/// The most characters that are shown of a record's description in the list.
const RECORD: usize = 44;

/// The most characters that are shown of a reason in the list.
const REASON: usize = 72;

/// The most ids that are named.
const IDS: usize = 10;

/// The list. Writing to a string can't fail.
pub(super) fn list(listing: &Listing, filter: &FailedFilter) -> String {
    if listing.failed.is_empty() {
        return format!("There are no failed events{}.\n", of(filter));
    }
    let mut rows =
        vec![["ID", "FAILED (UTC)", "CONNECTION", "RECORD", "ATTEMPTS", "REASON"].map(str::to_owned)];
    rows.extend(listing.failed.iter().map(row));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths = [0, 1, 2, 3, 4].map(|column| width(column).unwrap_or(0));
    let mut text = String::new();
    for [id, at, connection, record, attempts, reason] in &rows {
        let _ = writeln!(
            text,
            "{id:0$}  {at:1$}  {connection:2$}  {record:3$}  {attempts:>4$}  {reason}",
            widths[0], widths[1], widths[2], widths[3], widths[4]
        );
    }
    let shown = listing.failed.len() as u64;
    let _ = if listing.total > shown {
        writeln!(
            text,
            "\n{}: the oldest {shown} are shown; `--limit {}` shows all.",
            capital(&which(listing.total, filter)),
            listing.total
        )
    } else {
        writeln!(text, "\n{}.", capital(&which(listing.total, filter)))
    };
    text.push_str(
        "`failed show ID` tells more of one; `failed replay ID` tries it again, `failed replay --all` all.\n",
    );
    text
}

fn row(event: &Summary) -> [String; 6] {
    let at = event.failed_at.to_string();
    [
        event.id.clone(),
        at.get(..16).unwrap_or(&at).to_owned(),
        event.connection.clone().unwrap_or_else(|| "?".to_owned()),
        cut(&record(event), RECORD),
        event.attempts.to_string(),
        cut(&event.reason, REASON),
    ]
}

/// What an event is about.
fn record(event: &Summary) -> String {
    match (&event.record, event.module) {
        (Some(record), Some(module)) => format!("{} {} in {}", module.one(), record.id, record.side.title()),
        (None, Some(module)) => format!("all {}", module.title().to_lowercase()),
        (_, None) => "(can't be read)".to_owned(),
    }
}

/// All that is known of one event.
pub(super) fn show(shown: &Shown) -> String {
    let event = &shown.summary;
    let mut text = format!("Failed event {}\n\n", event.id);
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<12}{value}");
    };
    let title = shown.title.as_ref().map(|title| format!(" ({title})"));
    line(
        "Record",
        &format!("{}{}", record(event), title.unwrap_or_default()),
    );
    if let Some(connection) = &event.connection {
        line("Connection", connection);
    }
    if let Some(change) = event.change {
        line("Change", kind(change));
    }
    if let (Some(cause), Some(received)) = (event.cause, event.received_at) {
        line("Received", &format!("{received} UTC, {}", told_by(cause)));
    }
    line(
        "Failed",
        &format!("{} UTC, after {}", event.failed_at, attempts(event.attempts)),
    );
    line("Reason", &event.reason);
    if !shown.history.is_empty() {
        let number = shown.history.len();
        let _ = if usize::try_from(event.attempts).is_ok_and(|attempts| attempts > number) {
            writeln!(
                text,
                "\nAttempts: the first and the latest {} of {}, times in UTC",
                number - 1,
                event.attempts
            )
        } else {
            writeln!(text, "\nAttempts, times in UTC")
        };
        for attempt in &shown.history {
            let _ = writeln!(text, "  {}  {}", attempt.at, attempt.error);
        }
    }
    if !shown.journal.is_empty() {
        let _ = writeln!(
            text,
            "\nThe record in the sync log, the newest first, times in UTC"
        );
        for logged in &shown.journal {
            let _ = writeln!(text, "  {}  {}", logged.at, entry(logged));
        }
    }
    text.push_str("\nWhat to do\n");
    let id = &event.id;
    if event.readable {
        let _ = writeln!(
            text,
            "  Mend the cause, then have it tried again:    woo-vtiger-sync failed replay {id}\n  \
             If the change doesn't matter any more:       woo-vtiger-sync failed discard {id}"
        );
    } else {
        let _ = writeln!(
            text,
            "  It can't be read, and so not be tried again; what it told of, the next sweep finds.\n  \
             Forget it:    woo-vtiger-sync failed discard {id}"
        );
    }
    text
}

fn entry(logged: &Logged) -> String {
    let what = format!("{} in {}", logged.action, logged.side.title());
    match &logged.skip {
        Some(skip) => format!("{what}: {}\n{:23}→ {}", skip.reason, "", skip.remedy),
        None if logged.fields.is_empty() => what,
        None => format!("{what}: {}", logged.fields.join(", ")),
    }
}

/// What became of events that were to be replayed.
pub(super) fn replayed(done: &Replayed, filter: &FailedFilter) -> String {
    let mut text = match done.replayed {
        0 => format!("There is nothing to replay{}.\n", of(filter)),
        1 => "1 event is in the queue again; `failed list` tells if it fails anew.\n".to_owned(),
        number => {
            format!("{number} events are in the queue again; `failed list` tells which of them fail anew.\n")
        }
    };
    if !done.unreadable.is_empty() {
        let _ = writeln!(
            text,
            "{} can't be read and stay{} in the list; `failed discard` forgets them: {}",
            which(done.unreadable.len() as u64, &FailedFilter::default()),
            if done.unreadable.len() == 1 { "s" } else { "" },
            named(&done.unreadable)
        );
    }
    unknown(&mut text, &done.unknown);
    text
}

/// What became of events that were to be discarded.
pub(super) fn discarded(done: &Discarded, filter: &FailedFilter) -> String {
    let mut text = match done.discarded {
        0 => format!("There is nothing to discard{}.\n", of(filter)),
        1 => "1 event is discarded.\n".to_owned(),
        number => format!("{number} events are discarded.\n"),
    };
    unknown(&mut text, &done.unknown);
    text
}

fn unknown(text: &mut String, ids: &[String]) {
    if !ids.is_empty() {
        let _ = writeln!(text, "Gone meanwhile: {}", named(ids));
    }
}

fn named(ids: &[String]) -> String {
    let (some, more) = ids.split_at(ids.len().min(IDS));
    let some = some.join(", ");
    if more.is_empty() {
        some
    } else {
        format!("{some} and {} more", more.len())
    }
}

/// So many failed events, of these.
pub(super) fn which(number: u64, filter: &FailedFilter) -> String {
    let events = match number {
        0 => "no failed events".to_owned(),
        1 => "1 failed event".to_owned(),
        number => format!("{number} failed events"),
    };
    format!("{events}{}", of(filter))
}

fn of(filter: &FailedFilter) -> String {
    let module = filter
        .module
        .map(|module| format!(" about {}", module.title().to_lowercase()));
    let connection = filter
        .connection
        .as_ref()
        .map(|connection| format!(" of the connection {connection}"));
    format!("{}{}", module.unwrap_or_default(), connection.unwrap_or_default())
}

fn attempts(number: u32) -> String {
    match number {
        1 => "1 attempt".to_owned(),
        number => format!("{number} attempts"),
    }
}

fn kind(change: &str) -> &str {
    match change {
        "changed" => "it was created or changed",
        "deleted" => "it was deleted",
        "stock_touched" => "an order may have moved the stock of products",
        "stock_moved" => "an order moved the product's stock",
        "sweep" => "some records of the module changed",
        other => other,
    }
}

const fn told_by(cause: Cause) -> &'static str {
    match cause {
        Cause::Webhook => "told by a webhook of WooCommerce",
        Cause::Callback => "told by a callback of Vtiger",
        Cause::Sweep => "found by a sweep",
        Cause::Backfill => "found by the first sync",
        Cause::Retry => "tried anew after another record, or by hand",
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// As much of a text as fits in a line of the list.
fn cut(text: &str, longest: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= longest {
        return line;
    }
    let kept: String = line.chars().take(longest - 1).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests;
