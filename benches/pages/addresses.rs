//! What is asked for. To measure another page, add its address.

use std::time::Duration;

use woo_vtiger_sync::clock::{Clock, SystemClock};

use crate::visitor::Visitor;

/// Those that are the same each time but for dates: `{30}` is the day of thirty days ago.
const ALWAYS: [(&str, &str); 27] = [
    ("the overview", "/"),
    ("what is new", "/news"),
    ("the sync log", "/log"),
    ("a day of it", "/log?from={30}&until={30}"),
    ("three months of it", "/log?from={90}&until={1}"),
    ("the smaller connection's", "/log?connection=outlet"),
    ("what failed", "/log?status=failed"),
    ("what never happened", "/log?status=restored"),
    ("records", "/log/records"),
    ("records that failed", "/log/records?status=failed"),
    (
        "records that were skipped, of one module",
        "/log/records?module=taxes&status=unsynced",
    ),
    (
        "records of the smaller connection",
        "/log/records?connection=outlet&side=vtiger",
    ),
    (
        "records of an hour",
        "/log/records?from={40}T12:00&until={40}T13:00&status=updated",
    ),
    ("runs", "/runs"),
    ("runs of a connection", "/runs?connection=outlet"),
    ("records that are searched", "/records?q=person77"),
    ("what needs a person", "/attention"),
    ("of one reason", "/attention/no_email?connection=outlet"),
    ("conflicts", "/attention/conflicts"),
    ("failed events", "/failed"),
    ("failed events of a module", "/failed?module=contacts"),
    ("health", "/health"),
    ("the debug log", "/debug"),
    ("connections", "/connections"),
    ("a connection", "/connections/shop"),
    ("settings", "/settings"),
    ("a module's settings", "/settings/shop/contacts"),
];

/// All addresses, with what they show.
pub(crate) async fn all(visitor: &Visitor) -> Vec<(&'static str, String)> {
    let mut all: Vec<(&str, String)> = (ALWAYS.iter())
        .map(|(name, address)| (*name, dated(address)))
        .collect();
    let log = visitor.page("/log").await;
    let runs = visitor.page("/runs").await;
    for (name, page, beginning) in [
        ("the records behind a number", &log, "/log/records?connection="),
        ("older lines", &log, "/log?vtiger="),
        ("a run", &runs, "/runs/"),
        ("older runs", &runs, "/runs?before="),
    ] {
        all.push((name, link(page, beginning)));
    }
    all.push(("the first sync", "/runs/first".to_owned()));
    let records = visitor.page("/log/records?status=skipped").await;
    all.push((
        "more records",
        link(&records, "/log/records?status=skipped&after="),
    ));
    all.push(("a record", link(&records, "/records/")));
    all
}

/// An address with the days that it names.
fn dated(address: &str) -> String {
    let mut address = address.to_owned();
    for days in [1, 30, 40, 90] {
        let day = SystemClock.now().before(Duration::from_hours(24 * days));
        let day: String = day.to_string().chars().take(10).collect();
        address = address.replace(&format!("{{{days}}}"), &day);
    }
    address
}

/// The first link of a page that begins like this.
fn link(page: &str, beginning: &str) -> String {
    let page = page.replace("&#38;", "&").replace("&amp;", "&");
    let found = page.split_once(&format!(r#"href="{beginning}"#));
    let (_, rest) = found.unwrap_or_else(|| panic!("there is no link to {beginning}"));
    let end = rest.split('"').next().unwrap();
    format!("{beginning}{end}")
}
