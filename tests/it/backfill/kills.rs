//! A first sync that is killed again and again ends complete.

use std::collections::BTreeMap;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::Years;
use crate::process::Program;
use crate::scene::{asked, wait_until};

/// How many records there are. `WVS_TEST_RECORDS=20000 cargo test --release --test it backfill::kills` takes more.
const RECORDS: u64 = 1_500;

const KILLS: usize = 20;

/// How often each page of a list was read, on either side.
fn pages(years: &Years) -> BTreeMap<String, usize> {
    let mut pages = BTreeMap::new();
    let shop = years.shop.calls().into_iter().filter(|call| {
        // Variations are read with their parents, and ids where something may be gone.
        let is_page = call.path.contains("order=asc") && !call.path.contains("/variations");
        is_page && !call.path.contains("_fields") && call.status == 200
    });
    let crm = years.crm.calls().into_iter().filter(|call| {
        call.operation == "query" && call.detail.contains("order by id") && !call.detail.contains(" in (")
    });
    for page in shop.map(|call| call.path).chain(crm.map(|call| call.detail)) {
        *pages.entry(page).or_default() += 1;
    }
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_that_is_killed_twenty_times_ends_complete_and_repeats_no_finished_page() {
    let size = usize::try_from(asked("WVS_TEST_RECORDS").unwrap_or(RECORDS)).unwrap();
    let years = Years::of(size).await;
    let environment = years.environment();
    let calls = || years.shop.calls().len() + years.crm.calls().len();
    let mut random = SmallRng::seed_from_u64(20_261_126);

    let mut killed = 0;
    for _ in 0..KILLS {
        // After it has done some of what there is to do, and not all of it.
        let moment = calls() + random.random_range(5..size * 2 / KILLS);
        let mut program = Program::start(&["backfill"], &environment);
        let mut has_ended = false;
        while !has_ended && calls() < moment {
            let before = calls();
            wait_until("it goes on", || {
                has_ended = program.has_ended();
                std::future::ready(has_ended || calls() > before)
            })
            .await;
        }
        // Dropped, it is killed by SIGKILL.
        drop(program);
        killed += usize::from(!has_ended);
    }
    assert_eq!(killed, KILLS, "it was at work each time");
    let mut program = Program::start(&["backfill"], &environment);
    while !program.has_ended() {
        let before = calls();
        wait_until("it goes on", || {
            std::future::ready(program.has_ended() || calls() > before)
        })
        .await;
    }
    let ended = program.ended().await;
    assert_eq!(ended.code, Some(0), "{}", ended.log);

    let failed = Program::run(&["failed", "list"], &environment).await;
    assert_eq!(failed.out, "There are no failed events.\n");
    years.assert_complete();
    let pages = pages(&years);
    let repeated: usize = pages.values().map(|read| read - 1).sum();
    assert!(pages.len() > 10, "{pages:?}");
    assert!(repeated <= KILLS, "{pages:?}");

    // Once more, there is nothing to do.
    years.shop.forget_calls();
    years.crm.forget_calls();
    let again = Program::run(&["backfill"], &environment).await;
    assert_eq!(again.code, Some(0), "{}", again.log);
    assert_eq!(again.out, "shop: all was in step already\n");
    assert!(years.shop.calls().iter().all(|call| call.method == "GET"));
    years.leave().await;
}
