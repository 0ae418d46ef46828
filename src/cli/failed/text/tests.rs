use woo_vtiger_sync::clock::Timestamp;
use woo_vtiger_sync::failed::{Attempt, Record, Remedy};
use woo_vtiger_sync::sync::{Module, RecordId, Side};

use super::*;

/// 2026-01-31 12:34:56 UTC.
const NOON: Timestamp = Timestamp::from_seconds(1_769_862_896);

fn event(id: &str, customer: &str, reason: &str) -> Summary {
    Summary {
        id: id.to_owned(),
        failed_at: NOON,
        received_at: Some(Timestamp::from_seconds(NOON.as_seconds() - 86_400)),
        readable: true,
        connection: Some("shop".to_owned()),
        module: Some(Module::Contacts),
        record: Some(Record {
            side: Side::WooCommerce,
            id: RecordId::new(customer),
        }),
        change: Some("changed"),
        cause: Some(Cause::Webhook),
        attempts: 201,
        reason: reason.to_owned(),
    }
}

fn unreadable(id: &str) -> Summary {
    Summary {
        received_at: None,
        readable: false,
        connection: None,
        module: None,
        record: None,
        change: None,
        cause: None,
        ..event(id, "", "it can't be read")
    }
}

#[test]
fn the_list_stands_in_columns_and_tells_what_it_leaves_out() {
    let long = format!("the\nserver {}", "answers with an error ".repeat(9));
    let sweep = Summary {
        record: None,
        module: Some(Module::SalesOrders),
        attempts: 1,
        connection: Some("outlet".to_owned()),
        ..event("0198-c", "", "busy")
    };
    let listing = Listing {
        failed: vec![event("0198-a", "7", &long), unreadable("0198-b"), sweep],
        next: Some("0198-c".to_owned()),
        total: 1200,
    };

    let text = list(&listing, &FailedFilter::default());

    insta::assert_snapshot!(text, @r"
    ID      FAILED (UTC)      CONNECTION  RECORD                    ATTEMPTS  REASON
    0198-a  2026-01-31 12:34  shop        contact 7 in WooCommerce       201  the server answers with an error answers with an error answers with an…
    0198-b  2026-01-31 12:34  ?           (can't be read)                201  it can't be read
    0198-c  2026-01-31 12:34  outlet      all sales orders                 1  busy

    1200 failed events: the oldest 3 are shown; `--limit 1200` shows all.
    `failed show ID` tells more of one; `failed replay ID` tries it again, `failed replay --all` all.
    ");
}

#[test]
fn an_empty_list_says_what_it_is_a_list_of() {
    let listing = Listing {
        failed: Vec::new(),
        next: None,
        total: 0,
    };
    let filter = FailedFilter {
        connection: Some("shop".to_owned()),
        module: Some(Module::SalesOrders),
        until: None,
    };

    assert_eq!(
        list(&listing, &filter),
        "There are no failed events about sales orders of the connection shop.\n"
    );
}

#[test]
fn one_is_shown_with_all_that_is_known_and_what_to_do() {
    let attempt = |error: &str| Attempt {
        at: NOON,
        error: error.to_owned(),
    };
    let shown = Shown {
        summary: event("0198-a", "7", "busy"),
        title: Some("Ann Lee".to_owned()),
        history: vec![attempt("connection refused"), attempt("busy")],
        payload: None,
        journal: vec![
            Logged {
                at: NOON,
                side: Side::Vtiger,
                action: "skipped",
                fields: Vec::new(),
                skip: Some(Remedy {
                    reason: "trying failed again and again: busy".to_owned(),
                    remedy: "Mend the cause.".to_owned(),
                }),
            },
            Logged {
                at: NOON,
                side: Side::Vtiger,
                action: "updated",
                fields: vec!["email = email".to_owned(), "billing.phone = phone".to_owned()],
                skip: None,
            },
        ],
    };

    insta::assert_snapshot!(show(&shown), @r"
    Failed event 0198-a

      Record      contact 7 in WooCommerce (Ann Lee)
      Connection  shop
      Change      it was created or changed
      Received    2026-01-30 12:34:56 UTC, told by a webhook of WooCommerce
      Failed      2026-01-31 12:34:56 UTC, after 201 attempts
      Reason      busy

    Attempts: the first and the latest 1 of 201, times in UTC
      2026-01-31 12:34:56  connection refused
      2026-01-31 12:34:56  busy

    The record in the sync log, the newest first, times in UTC
      2026-01-31 12:34:56  skipped in Vtiger CRM: trying failed again and again: busy
                           → Mend the cause.
      2026-01-31 12:34:56  updated in Vtiger CRM: email = email, billing.phone = phone

    What to do
      Mend the cause, then have it tried again:    woo-vtiger-sync failed replay 0198-a
      If the change doesn't matter any more:       woo-vtiger-sync failed discard 0198-a
    ");
}

#[test]
fn one_that_cant_be_read_can_only_be_discarded() {
    let shown = Shown {
        summary: unreadable("0198-b"),
        title: None,
        history: Vec::new(),
        payload: None,
        journal: Vec::new(),
    };

    insta::assert_snapshot!(show(&shown), @r"
    Failed event 0198-b

      Record      (can't be read)
      Failed      2026-01-31 12:34:56 UTC, after 201 attempts
      Reason      it can't be read

    What to do
      It can't be read, and so not be tried again; what it told of, the next sweep finds.
      Forget it:    woo-vtiger-sync failed discard 0198-b
    ");
}

#[test]
fn what_could_not_be_replayed_is_told() {
    let ids = |number: usize| (0..number).map(|nth| format!("id-{nth}")).collect::<Vec<_>>();
    let done = |replayed, unreadable, unknown| Replayed {
        replayed,
        unreadable: ids(unreadable),
        unknown: ids(unknown),
    };
    let all = FailedFilter::default();

    assert_eq!(replayed(&done(0, 0, 0), &all), "There is nothing to replay.\n");
    assert_eq!(
        replayed(&done(1200, 1, 1), &all),
        "1200 events are in the queue again; `failed list` tells which of them fail anew.\n\
         1 failed event can't be read and stays in the list; `failed discard` forgets them: id-0\n\
         Gone meanwhile: id-0\n"
    );
    assert!(replayed(&done(1, 12, 0), &all).ends_with("id-8, id-9 and 2 more\n"));
}
