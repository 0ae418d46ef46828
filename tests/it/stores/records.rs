//! Links, intents, journal, and what records wait for.

use woo_vtiger_sync::queue::Cause;
use woo_vtiger_sync::store::{Action, Awaited, Commit, Entry, Link, LogFilter};
use woo_vtiger_sync::sync::{Module, RecordId, Side, Sides, Skip};

use super::{at, contacts, on_both};

pub(super) fn link(customer: &str, contact: &str) -> Link {
    let ids = Sides {
        woocommerce: RecordId::new(customer),
        vtiger: RecordId::new(contact),
    };
    Link {
        modified: Sides {
            woocommerce: Some(at(1)),
            vtiger: None,
        },
        ..Link::new(ids, "ann@shop.example")
    }
}

pub(super) fn commit(link: Option<Link>, entries: Vec<Entry>) -> Commit {
    Commit {
        at: contacts(),
        now: at(2),
        link,
        entries,
        created: None,
        fence: None,
        run: None,
        told_at: None,
    }
}

pub(super) fn entry(side: Side, action: Action, customer: &str) -> Entry {
    Entry {
        side,
        action,
        ids: Sides {
            woocommerce: Some(RecordId::new(customer)),
            vtiger: None,
        },
        title: "Ann Lee".to_owned(),
        cause: Cause::Sweep,
        fields: Vec::new(),
        skip: (action == Action::Skipped).then(|| Skip::Mandatory {
            field: "lastname".to_owned(),
        }),
    }
}

#[tokio::test]
async fn links_are_found_by_either_id_and_by_what_they_match_by() {
    on_both(async |store| {
        let at = contacts();
        let (one, other) = (link("1", "12x1"), link("2", "12x2"));
        store
            .commit(&commit(Some(one.clone()), Vec::new()))
            .await
            .unwrap();
        store
            .commit(&commit(Some(other.clone()), Vec::new()))
            .await
            .unwrap();
        let changed = Link {
            match_key: "bob@shop.example".to_owned(),
            deleted: Sides {
                woocommerce: true,
                vtiger: true,
            },
            quarantined_until: Some(super::at(9)),
            unsettled_since: Some(super::at(8)),
            ..other
        };
        store
            .commit(&commit(Some(changed.clone()), Vec::new()))
            .await
            .unwrap();

        let found = store.link_of(&at, Side::Vtiger, &RecordId::new("12x2")).await;
        assert_eq!(found.unwrap(), Some(changed.clone()));
        let ids = [RecordId::new("1"), RecordId::new("2"), RecordId::new("3")];
        assert_eq!(
            store.links_of(&at, Side::WooCommerce, &ids).await.unwrap().len(),
            2
        );
        let found = store.links_by_key(&at, "ann@shop.example").await.unwrap();
        assert_eq!(found, std::slice::from_ref(&one));
        let first = store.links_after(&at, "", 1).await.unwrap();
        assert_eq!(first, std::slice::from_ref(&one));
        assert_eq!(store.links_after(&at, &one.id, 5).await.unwrap(), [changed]);

        store.unlink(&one.id).await.unwrap();
        assert!(
            store
                .links_by_key(&at, "ann@shop.example")
                .await
                .unwrap()
                .is_empty()
        );
    })
    .await;
}

#[tokio::test]
async fn records_that_are_there_are_told_page_by_page() {
    on_both(async |store| {
        let at = contacts();
        let deleted = |woocommerce, vtiger| Sides { woocommerce, vtiger };
        // The links' own ids are in another order than the records'.
        for (customer, contact, deleted) in [
            ("4", "12x1", deleted(false, true)),
            ("3", "12x2", deleted(false, false)),
            ("2", "12x4", deleted(true, false)),
            ("1", "12x3", deleted(true, true)),
            ("5", "12x5", deleted(false, false)),
        ] {
            let link = Link {
                deleted,
                ..link(customer, contact)
            };
            store.commit(&commit(Some(link), Vec::new())).await.unwrap();
        }

        for (side, ids) in [
            (Side::WooCommerce, ["3", "4", "5"]),
            (Side::Vtiger, ["12x2", "12x4", "12x5"]),
        ] {
            let mut told = Vec::new();
            let mut after = String::new();
            loop {
                let page = store.present_ids(&at, side, &after, 2).await.unwrap();
                let Some(last) = page.last() else { break };
                last.as_str().clone_into(&mut after);
                told.extend(page);
            }
            assert_eq!(told, ids.map(RecordId::new));
            assert_eq!(store.count_present(&at, side).await.unwrap(), 3);
        }
    })
    .await;
}

#[tokio::test]
async fn a_record_is_linked_once() {
    on_both(async |store| {
        store
            .commit(&commit(Some(link("1", "12x1")), Vec::new()))
            .await
            .unwrap();

        let entries = vec![entry(Side::Vtiger, Action::Created, "1")];
        let again = commit(Some(link("1", "12x2")), entries);

        store.commit(&again).await.unwrap_err();
        assert!(store.entries(10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_create_is_open_from_its_intent_to_its_commit() {
    on_both(async |store| {
        let (place, source) = (contacts(), RecordId::new("1"));
        store
            .begin_create(&place, Side::Vtiger, &source, at(0))
            .await
            .unwrap();
        store
            .begin_create(&place, Side::Vtiger, &source, at(5))
            .await
            .unwrap();
        let since = store.creating_since(&place, Side::Vtiger, &source).await.unwrap();
        assert_eq!(since, Some(at(0)));
        let open = store.creates_open(&place, Side::Vtiger).await.unwrap();
        assert_eq!(open, [(source.clone(), at(0))]);

        let done = Commit {
            created: Some((Side::Vtiger, source.clone())),
            ..commit(Some(link("1", "12x1")), Vec::new())
        };
        store.commit(&done).await.unwrap();

        let since = store.creating_since(&place, Side::Vtiger, &source).await.unwrap();
        assert_eq!(since, None);
    })
    .await;
}

#[tokio::test]
async fn the_journal_tells_the_newest_first_and_counts_by_minute() {
    on_both(async |store| {
        let entries = vec![
            entry(Side::Vtiger, Action::Created, "1"),
            entry(Side::Vtiger, Action::Skipped, "2"),
            entry(Side::WooCommerce, Action::Updated, "1"),
        ];
        store.commit(&commit(None, entries.clone())).await.unwrap();

        let newest = store.entries(2).await.unwrap();
        assert_eq!(newest.len(), 2);
        assert_eq!(newest[0].entry, entries[2]);
        assert_eq!(newest[1].entry, entries[1]);
        let of_one = store
            .entries_of(&contacts(), Side::WooCommerce, &RecordId::new("1"), 10)
            .await
            .unwrap();
        assert_eq!(of_one.len(), 2);
        let none = store
            .entries_of(&contacts(), Side::Vtiger, &RecordId::new("12x1"), 10)
            .await
            .unwrap();
        assert!(none.is_empty());
        let of_vtiger = LogFilter {
            side: Some(Side::Vtiger),
            ..LogFilter::default()
        };
        let log = store.log_lines(&of_vtiger, None, 10).await.unwrap();
        assert_eq!(log.len(), 1);
        assert_eq!((log[0].created, log[0].updated, log[0].skipped), (1, 0, 1));
        let counts = store.counts_since(at(0)).await.unwrap();
        assert_eq!(counts.len(), 2);
        assert!(store.counts_since(at(3)).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_waits_for_a_record_is_taken_once() {
    on_both(async |store| {
        let awaited = |id: &str| Awaited {
            module: Module::Products,
            side: Side::Vtiger,
            id: RecordId::new(id),
        };
        let (place, waiting) = (contacts(), RecordId::new("1"));
        store
            .wait_for(&place, Side::WooCommerce, &waiting, &[awaited("14x1")], at(0))
            .await
            .unwrap();
        let both = [awaited("14x2"), awaited("14x3")];
        store
            .wait_for(&place, Side::WooCommerce, &waiting, &both, at(1))
            .await
            .unwrap();

        assert!(
            store
                .take_waiting("shop", &awaited("14x1"))
                .await
                .unwrap()
                .is_empty()
        );
        let taken = store.take_waiting("shop", &awaited("14x2")).await.unwrap();
        assert_eq!(taken, [(Module::Contacts, Side::WooCommerce, waiting)]);
        assert!(
            store
                .take_waiting("shop", &awaited("14x2"))
                .await
                .unwrap()
                .is_empty()
        );
    })
    .await;
}
