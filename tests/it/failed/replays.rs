//! What is put into the queue again, and how; one event or thousands.

use woo_vtiger_sync::failed::{FailedError, Replayed, Selection};
use woo_vtiger_sync::queue::{Cause, Change, Seen, Subject};
use woo_vtiger_sync::store::FailedFilter;
use woo_vtiger_sync::sync::{Module, RecordId, Side};

use super::desk::{Desk, record};

fn all() -> Selection {
    Selection::All(FailedFilter::default())
}

#[tokio::test]
async fn a_replayed_event_is_a_new_one_without_the_values_of_old() {
    let desk = Desk::new().await;
    let id = desk.fail("shop", "7").await;

    let done = desk
        .failed
        .replay(&Selection::Ids(vec![id.clone(), id.clone(), "gone".to_owned()]))
        .await
        .unwrap();

    assert_eq!(
        done,
        Replayed {
            replayed: 1,
            unreadable: Vec::new(),
            unknown: vec!["gone".to_owned()],
        }
    );
    assert_eq!((desk.left().await, desk.waiting().await), (0, [1, 0]));
    let delivery = desk.take().await.remove(0);
    let event = delivery.event.unwrap();
    assert_eq!(delivery.attempts, 0);
    assert!(delivery.history.is_empty());
    assert_ne!(event.id, id);
    assert_eq!(event.connection, "shop");
    assert_eq!(event.cause, Cause::Webhook);
    assert_eq!(event.received, desk.now());
    assert_eq!(
        event.subject,
        Subject::Record {
            module: Module::Contacts,
            side: Side::WooCommerce,
            id: RecordId::new("7"),
            change: Change::Changed(Seen::Nothing),
        }
    );
}

#[tokio::test]
async fn several_changes_of_one_record_are_replayed_as_one() {
    let desk = Desk::new().await;
    for customer in ["7", "8", "7", "7"] {
        desk.fail("shop", customer).await;
    }
    desk.fail("outlet", "7").await;
    let deleted = Subject::Record {
        module: Module::Contacts,
        side: Side::WooCommerce,
        id: RecordId::new("7"),
        change: Change::Deleted,
    };
    desk.fail_with("shop", deleted).await;

    let done = desk.failed.replay(&all()).await.unwrap();

    assert_eq!(done.replayed, 6);
    assert_eq!((desk.left().await, desk.waiting().await), (0, [4, 0]));
}

#[tokio::test]
async fn what_cant_be_read_stays_and_can_be_discarded() {
    let desk = Desk::new().await;
    let unreadable = desk.fail_unreadable().await;
    desk.fail("shop", "7").await;

    let done = desk.failed.replay(&all()).await.unwrap();

    assert_eq!((done.replayed, &done.unreadable), (1, &vec![unreadable.clone()]));
    assert_eq!(desk.left().await, 1);
    let shown = desk.failed.show(&unreadable).await.unwrap();
    assert!(!shown.summary.readable);
    assert!(!serde_json::to_string(&shown).unwrap().contains("persons.example"));
    let discarded = desk
        .failed
        .discard(&Selection::Ids(vec![unreadable]))
        .await
        .unwrap();
    assert_eq!((discarded.discarded, desk.left().await), (1, 0));
}

#[tokio::test]
async fn all_are_those_of_the_connection_and_module_that_are_named() {
    let desk = Desk::new().await;
    for connection in ["shop", "outlet"] {
        desk.fail(connection, "7").await;
        desk.fail_with(connection, record(Module::Products, "7")).await;
        desk.fail_with(
            connection,
            Subject::Module {
                module: Module::Products,
            },
        )
        .await;
    }
    let filter = FailedFilter {
        connection: Some("outlet".to_owned()),
        module: Some(Module::Products),
        until: None,
    };

    let replayed = desk.failed.replay(&Selection::All(filter.clone())).await.unwrap();
    let none = desk.failed.discard(&Selection::All(filter)).await.unwrap();

    assert_eq!((replayed.replayed, none.discarded), (2, 0));
    assert_eq!((desk.left().await, desk.waiting().await), (4, [2, 0]));
}

#[tokio::test]
async fn what_fails_again_meanwhile_is_left_for_the_next_time() {
    let desk = Desk::new().await;
    desk.fail("shop", "7").await;
    let later = desk.fail_later(1).await;

    let done = desk.failed.replay(&all()).await.unwrap();

    assert_eq!(done.replayed, 1);
    assert_eq!(desk.failed.show(&later).await.unwrap().summary.id, later);
}

#[tokio::test]
async fn an_id_may_be_cut_short_while_it_is_the_only_one_that_begins_so() {
    let desk = Desk::new().await;
    let first = desk.fail("shop", "7").await;
    let second = desk.fail("shop", "8").await;
    // Ids of the same moments begin alike.
    let (start, common) = (
        &first[..30],
        first
            .bytes()
            .zip(second.bytes())
            .take_while(|(a, b)| a == b)
            .count(),
    );

    assert!(common >= 8, "{first} {second}");
    assert_eq!(desk.failed.id_of(start).await.unwrap(), first);
    assert_eq!(desk.failed.id_of(&second.to_uppercase()).await.unwrap(), second);
    let ambiguous = desk.failed.id_of(&first[..common.max(8)]).await.unwrap_err();
    let wild = desk.failed.id_of("%%%%%%%%").await.unwrap_err();

    assert!(ambiguous.to_string().contains(&first), "{ambiguous}");
    assert!(ambiguous.to_string().contains(&second), "{ambiguous}");
    assert!(matches!(wild, FailedError::Unknown(_)), "{wild}");
}

/// So many that a live change would wait for minutes behind them.
#[tokio::test]
async fn thousands_are_replayed_at_once_and_out_of_the_way_of_live_changes() {
    let number = crate::scene::asked("WVS_TEST_FAILED").unwrap_or(2000);
    let desk = Desk::new().await;
    for customer in 0..number {
        desk.fail("shop", &customer.to_string()).await;
    }

    let begun = tokio::time::Instant::now();
    let done = desk.failed.replay(&all()).await.unwrap();
    let took = begun.elapsed();

    assert!(took.as_secs() < 60, "{number} events took {took:?}");
    assert_eq!(done.replayed, number);
    assert_eq!((desk.left().await, desk.waiting().await), (0, [0, number]));
}
