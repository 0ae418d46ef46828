//! The sync log: counts by minute, the entries behind them, and series for a chart.

use std::time::Duration;

use woo_vtiger_sync::clock::Timestamp;
use woo_vtiger_sync::store::{Action, Commit, Cursor, LogFilter, LogLine, LogPlace, Place, Store};
use woo_vtiger_sync::sync::{Module, Side};

use super::on_both;
use super::records::entry;

/// The start of an hour.
const HOUR: i64 = 1_700_002_800;

fn minute(number: i64) -> Timestamp {
    Timestamp::from_seconds(HOUR + 60 * number)
}

/// Writes that something was done with a record of this id.
async fn done(
    store: &dyn Store,
    (connection, module): (&str, Module),
    (side, action): (Side, Action),
    at: Timestamp,
    id: &str,
) {
    let commit = Commit {
        at: Place {
            connection: connection.to_owned(),
            module,
        },
        now: at,
        link: None,
        entries: vec![entry(side, action, id)],
        created: None,
        fence: None,
        run: None,
        told_at: Some(at.before(Duration::from_millis(1500))),
    };
    store.commit(&commit).await.unwrap();
}

/// Three hours of two connections, an entry a minute; every tenth is skipped.
async fn fill(store: &dyn Store) {
    for number in 0..180 {
        let connection = if number % 3 == 0 { "outlet" } else { "shop" };
        let module = Module::ALL[usize::try_from(number).unwrap() % 4];
        let what = match number {
            number if number % 10 == 0 => (Side::Vtiger, Action::Skipped),
            number if number % 2 == 0 => (Side::Vtiger, Action::Updated),
            _ => (Side::WooCommerce, Action::Created),
        };
        let at = Timestamp::from_millis(minute(number).as_millis() + 5_000);
        done(store, (connection, module), what, at, &number.to_string()).await;
    }
}

async fn all_lines(store: &dyn Store, filter: &LogFilter, limit: u32) -> Vec<LogLine> {
    let mut lines: Vec<LogLine> = Vec::new();
    loop {
        let after = lines.last().map(LogPlace::from);
        let page = store.log_lines(filter, after.as_ref(), limit).await.unwrap();
        if page.is_empty() {
            return lines;
        }
        lines.extend(page);
    }
}

/// The numbers of the entries that a filter leaves, read in pages.
async fn all_entries(store: &dyn Store, filter: &LogFilter, limit: u32) -> Vec<i64> {
    let mut numbers = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = store.log_entries(filter, after.as_ref(), limit).await.unwrap();
        let Some(last) = page.last() else {
            return numbers;
        };
        after = Some(Cursor {
            at: last.when,
            id: last.id.clone(),
        });
        let ids = page.iter().map(|stored| stored.entry.ids.woocommerce.clone());
        numbers.extend(ids.map(|id| id.unwrap().as_str().parse::<i64>().unwrap()));
    }
}

#[tokio::test]
async fn lines_are_read_page_by_page_the_newest_first() {
    on_both(async |store| {
        fill(&*store).await;
        let all = LogFilter::default();

        let lines = all_lines(&*store, &all, 7).await;

        let minutes: Vec<Timestamp> = lines.iter().map(|line| line.minute).collect();
        let expected: Vec<Timestamp> = (0..180).rev().map(minute).collect();
        assert_eq!(minutes, expected);
        let sum = |of: fn(&LogLine) -> i64| lines.iter().map(of).sum::<i64>();
        assert_eq!(sum(|line| line.created), 90);
        assert_eq!(sum(|line| line.updated), 72);
        assert_eq!(sum(|line| line.skipped), 18);
        assert_eq!(sum(|line| line.others), 0);
    })
    .await;
}

#[tokio::test]
async fn one_minute_and_module_and_side_make_one_line() {
    on_both(async |store| {
        let shop = ("shop", Module::Contacts);
        for (action, times) in [(Action::Created, 3), (Action::Failed, 2), (Action::Deleted, 1)] {
            for _ in 0..times {
                done(&*store, shop, (Side::Vtiger, action), minute(0), "1").await;
            }
        }
        done(
            &*store,
            ("outlet", Module::Contacts),
            (Side::Vtiger, Action::Created),
            minute(0),
            "1",
        )
        .await;

        let lines = all_lines(&*store, &LogFilter::default(), 1).await;

        assert_eq!(lines.len(), 2);
        let line = &lines[0];
        assert_eq!((line.connection.as_str(), line.minute), ("shop", minute(0)));
        assert_eq!((line.created, line.skipped, line.others), (3, 2, 1));
        assert_eq!((lines[1].connection.as_str(), lines[1].created), ("outlet", 1));
    })
    .await;
}

#[tokio::test]
async fn a_filter_leaves_the_same_lines_and_entries() {
    on_both(async |store| {
        fill(&*store).await;
        let filters = [
            LogFilter {
                connection: Some("outlet".to_owned()),
                ..LogFilter::default()
            },
            LogFilter {
                module: Some(Module::Products),
                side: Some(Side::Vtiger),
                ..LogFilter::default()
            },
            LogFilter {
                actions: vec![Action::Skipped, Action::Failed],
                ..LogFilter::default()
            },
            LogFilter {
                from: Some(minute(30)),
                until: Some(minute(90)),
                ..LogFilter::default()
            },
            LogFilter {
                connection: Some("shop".to_owned()),
                module: Some(Module::Taxes),
                side: Some(Side::Vtiger),
                actions: vec![Action::Updated],
                from: Some(minute(4)),
                until: Some(minute(5)),
            },
        ];
        let mut left = Vec::new();
        for filter in filters {
            let minutes: Vec<Timestamp> = all_lines(&*store, &filter, 4)
                .await
                .iter()
                .map(|line| line.minute)
                .collect();
            let numbers = all_entries(&*store, &filter, 4).await;

            assert_eq!(
                minutes,
                numbers.iter().copied().map(minute).collect::<Vec<_>>(),
                "{filter:?}"
            );
            assert!(numbers.is_sorted_by(|one, other| one > other), "{filter:?}");
            left.push(numbers.len());
        }
        assert_eq!(left, [60, 0, 18, 60, 1]);
    })
    .await;
}

#[tokio::test]
async fn what_is_rare_is_found_over_many_hours() {
    on_both(async |store| {
        let shop = ("shop", Module::Contacts);
        let rare: Vec<i64> = (0..40).map(|number| number * 7 * 60 + number).collect();
        for number in &rare {
            done(
                &*store,
                shop,
                (Side::Vtiger, Action::Failed),
                minute(*number),
                "1",
            )
            .await;
            for other in [number + 1, number + 60] {
                done(&*store, shop, (Side::Vtiger, Action::Created), minute(other), "2").await;
            }
        }
        let filter = LogFilter {
            actions: vec![Action::Failed],
            ..LogFilter::default()
        };
        let expected: Vec<Timestamp> = rare.iter().rev().copied().map(minute).collect();

        for limit in [1, 7, 25, 100] {
            let lines = all_lines(&*store, &filter, limit).await;
            let minutes: Vec<Timestamp> = lines.iter().map(|line| line.minute).collect();
            assert_eq!(minutes, expected, "{limit} at a time");
        }
    })
    .await;
}

#[tokio::test]
async fn a_series_tells_how_much_was_done_and_how_late() {
    on_both(async |store| {
        fill(&*store).await;
        let of_shop = LogFilter {
            connection: Some("shop".to_owned()),
            from: Some(minute(60)),
            ..LogFilter::default()
        };

        let hours = store.log_series(&of_shop, Duration::from_hours(1)).await.unwrap();
        let fives = store.log_series(&of_shop, Duration::from_mins(5)).await.unwrap();

        let created: Vec<(Timestamp, u64)> = hours
            .iter()
            .filter(|bucket| bucket.action == Action::Created)
            .map(|bucket| (bucket.start, bucket.number))
            .collect();
        assert_eq!(created, [(minute(60), 20), (minute(120), 20)]);
        assert!(hours.iter().all(|bucket| bucket.timed == bucket.number));
        let slowest = Duration::from_millis(1500);
        assert!(hours.iter().all(|bucket| bucket.slowest == slowest));
        assert_eq!(hours[0].late, slowest * u32::try_from(hours[0].number).unwrap());
        assert_eq!(
            fives.iter().map(|bucket| bucket.number).sum::<u64>(),
            hours.iter().map(|bucket| bucket.number).sum::<u64>()
        );
        assert!(fives.iter().all(|bucket| bucket.start.as_millis() % 300_000 == 0));
    })
    .await;
}

#[tokio::test]
async fn counts_are_forgotten_with_their_entries() {
    on_both(async |store| {
        fill(&*store).await;
        let all = LogFilter::default();

        let runs = store.runs(None, None, 100).await.unwrap();
        let oldest = runs.last().unwrap().id.as_str();
        assert!(!store.tallies(&[oldest]).await.unwrap().is_empty());

        let kept = minute(120);
        while store.forget_entries(kept, 50).await.unwrap() > 0 {}

        assert_eq!(all_lines(&*store, &all, 100).await.len(), 60);
        assert_eq!(all_entries(&*store, &all, 100).await.len(), 60);
        let hours = store.log_series(&all, Duration::from_hours(1)).await.unwrap();
        assert!(hours.iter().all(|bucket| bucket.start == kept));
        assert_eq!(store.run(oldest).await.unwrap(), None);
        assert_eq!(store.tallies(&[oldest]).await.unwrap(), []);
    })
    .await;
}
