//! What records are found by, what keeps them from being in step, and conflicts.

use std::sync::Arc;

use woo_vtiger_sync::store::{
    Action, Commit, DisputeFilter, Entry, Link, Place, ProblemFilter, Question, Store,
};
use woo_vtiger_sync::sync::{
    ConflictRule, Decision, FieldPlan, Module, Reason, RecordId, Side, Sides, Skip, Value,
};

use super::records::{commit, entry, link};
use super::{at, contacts, on_both};

/// An entry about the pair of a customer and a contact.
fn told(side: Side, action: Action, title: &str, ids: (&str, &str), fields: Vec<FieldPlan>) -> Entry {
    Entry {
        title: title.to_owned(),
        ids: Sides {
            woocommerce: Some(RecordId::new(ids.0)),
            vtiger: Some(RecordId::new(ids.1)),
        },
        fields,
        ..entry(side, action, ids.0)
    }
}

fn plan(field: &str, decision: Decision) -> FieldPlan {
    FieldPlan {
        field: field.to_owned(),
        decision,
        before: Sides {
            woocommerce: Value::text("the shop's"),
            vtiger: Value::Null,
        },
        written: Some(Value::text("the shop's")),
        lossy: false,
        note: None,
    }
}

const RULED: Decision = Decision::Conflict {
    winner: Side::WooCommerce,
    because: Reason::Rule(ConflictRule::WooCommerce),
};

const MOVED: Decision = Decision::Moved {
    from: Side::WooCommerce,
    because: Reason::Changed,
};

async fn titles(store: &Arc<dyn Store>, text: &str) -> Vec<String> {
    let question = Question {
        text,
        ..Question::default()
    };
    let found = store.search(&question, 10).await.unwrap();
    found.into_iter().map(|known| known.title).collect()
}

#[tokio::test]
async fn records_are_found_by_name_address_and_either_id() {
    on_both(async |store| {
        let linked = |link: Link, title: &str| {
            let ids = (link.ids.woocommerce.to_string(), link.ids.vtiger.to_string());
            let entry = told(Side::Vtiger, Action::Created, title, (&ids.0, &ids.1), Vec::new());
            commit(Some(link), vec![entry])
        };
        let ann = Link {
            match_key: "ann@shop.example".to_owned(),
            ..link("1041", "12x33")
        };
        let zoe = Link {
            match_key: "zoe@crm.example".to_owned(),
            ..link("1042", "12x34")
        };
        store.commit(&linked(ann, "Ann O'Neil")).await.unwrap();
        store.commit(&linked(zoe.clone(), "Zoë Lee")).await.unwrap();

        for (text, expected) in [
            ("ann", "Ann O'Neil"),
            ("NEIL an", "Ann O'Neil"),
            ("ann@shop", "Ann O'Neil"),
            ("12x33", "Ann O'Neil"),
            ("33", "Ann O'Neil"),
            ("1042", "Zoë Lee"),
            ("ZOË", "Zoë Lee"),
        ] {
            assert_eq!(titles(&store, text).await, [expected], "{text}");
        }
        assert_eq!(titles(&store, "104").await.len(), 2);
        for text in ["", "  ", "ann lee", "nobody", "%", "shop.example"] {
            assert!(titles(&store, text).await.is_empty(), "{text}");
        }
        let elsewhere = [(Some("other"), None), (None, Some(Module::Products))];
        for (connection, module) in elsewhere {
            let question = Question {
                text: "ann",
                connection,
                module,
            };
            assert!(store.search(&question, 10).await.unwrap().is_empty());
        }

        // Under a new name it is found by that one alone, and once.
        store.commit(&linked(zoe, "Zoë Ray")).await.unwrap();
        assert_eq!(titles(&store, "zoë").await, ["Zoë Ray"]);
        assert!(titles(&store, "lee").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn two_records_that_are_linked_are_found_as_one() {
    on_both(async |store| {
        let ids = |woocommerce: Option<&str>, vtiger: Option<&str>| Sides {
            woocommerce: woocommerce.map(RecordId::new),
            vtiger: vtiger.map(RecordId::new),
        };
        let place = contacts();
        let (one, other) = (ids(Some("1"), None), ids(None, Some("12x1")));
        store
            .know(&place, &one, "Ann Lee", "ann@shop.example", at(0))
            .await
            .unwrap();
        store.know(&place, &other, "Ann Lee", "", at(0)).await.unwrap();
        assert_eq!(titles(&store, "ann lee").await.len(), 2);

        store
            .commit(&commit(Some(link("1", "12x1")), Vec::new()))
            .await
            .unwrap();

        let question = Question {
            text: "lee",
            ..Question::default()
        };
        let found = store.search(&question, 10).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].ids, ids(Some("1"), Some("12x1")));
        assert_eq!(found[0].match_key, "ann@shop.example");
    })
    .await;
}

#[tokio::test]
async fn links_of_before_are_noted_once() {
    on_both(async |store| {
        for nth in 1..=3 {
            let link = link(&nth.to_string(), &format!("12x{nth}"));
            store.commit(&commit(Some(link), Vec::new())).await.unwrap();
        }

        // What is noted with each commit needs no more.
        assert_eq!(store.know_links("", 10, at(9)).await.unwrap(), None);
        assert_eq!(titles(&store, "12x3").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_record_has_a_problem_until_it_is_in_step() {
    on_both(async |store| {
        let place = contacts();
        let (all, id) = (ProblemFilter::default(), RecordId::new("1"));
        let skipped = |skip: Skip, seconds: i64| {
            let entry = Entry {
                skip: Some(skip),
                ..entry(Side::Vtiger, Action::Skipped, "1")
            };
            Commit {
                now: at(seconds),
                ..commit(None, vec![entry])
            }
        };
        store.commit(&skipped(Skip::NoEmail, 1)).await.unwrap();
        store.commit(&skipped(Skip::NoEmail, 2)).await.unwrap();

        let found = store.problems(&all, "", 10).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].side, &found[0].record_id), (Side::WooCommerce, &id));
        assert_eq!((found[0].since, found[0].seen), (at(1), at(2)));

        store.commit(&skipped(Skip::InvalidEmail, 3)).await.unwrap();
        let found = store
            .problem_of(&place, Side::WooCommerce, &id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((found.skip, found.since), (Skip::InvalidEmail, at(3)));
        assert_eq!(
            store
                .problems_with(&[found.id, "x".to_owned()])
                .await
                .unwrap()
                .len(),
            1
        );
        let counts = store.problem_counts(&all).await.unwrap();
        assert_eq!(
            (counts.len(), counts[0].kind.as_str(), counts[0].number),
            (1, "invalid_email", 1)
        );
        for filter in [
            ProblemFilter {
                connection: Some("other".to_owned()),
                ..all.clone()
            },
            ProblemFilter {
                module: Some(Module::Products),
                ..all.clone()
            },
            ProblemFilter {
                kind: Some("no_email".to_owned()),
                ..all.clone()
            },
        ] {
            assert!(
                store.problems(&filter, "", 10).await.unwrap().is_empty(),
                "{filter:?}"
            );
        }

        let entry = told(Side::Vtiger, Action::Created, "Ann", ("1", "12x1"), Vec::new());
        store
            .commit(&commit(Some(link("1", "12x1")), vec![entry]))
            .await
            .unwrap();
        assert!(store.problems(&all, "", 10).await.unwrap().is_empty());

        store.commit(&skipped(Skip::NoEmail, 5)).await.unwrap();
        store.mend(&place, Side::Vtiger, &id).await.unwrap();
        assert_eq!(
            store.problems(&all, "", 10).await.unwrap().len(),
            1,
            "another side's record"
        );
        store.mend(&place, Side::WooCommerce, &id).await.unwrap();
        assert!(store.problems(&all, "", 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_was_deleted_is_no_problem_of_its_own() {
    on_both(async |store| {
        let gone = Link {
            deleted: Sides {
                woocommerce: true,
                vtiger: false,
            },
            ..link("1", "12x1")
        };
        let skip = Skip::Deleted {
            side: Side::WooCommerce,
        };
        let mandatory = entry(Side::Vtiger, Action::Skipped, "1");
        store.commit(&commit(None, vec![mandatory])).await.unwrap();
        let entry = Entry {
            skip: Some(skip.clone()),
            ..told(
                Side::WooCommerce,
                Action::Skipped,
                "Ann",
                ("1", "12x1"),
                Vec::new(),
            )
        };

        store.commit(&commit(Some(gone), vec![entry])).await.unwrap();

        let found = store.problems(&ProblemFilter::default(), "", 10).await.unwrap();
        let found: Vec<_> = found.into_iter().map(|one| (one.side, one.skip)).collect();
        assert_eq!(found, [(Side::Vtiger, skip)]);
    })
    .await;
}

#[tokio::test]
async fn a_quarantine_ends_and_all_else_of_the_link_stays() {
    on_both(async |store| {
        let quarantined = Link {
            quarantined_until: Some(at(9)),
            ..link("1", "12x1")
        };
        store
            .commit(&commit(Some(quarantined.clone()), Vec::new()))
            .await
            .unwrap();

        store.release_link(&quarantined.id).await.unwrap();

        let (place, id) = (contacts(), RecordId::new("1"));
        let found = store.link_of(&place, Side::WooCommerce, &id).await;
        let expected = Link {
            quarantined_until: None,
            ..quarantined
        };
        assert_eq!(found.unwrap(), Some(expected));
    })
    .await;
}

#[tokio::test]
async fn a_conflict_is_known_until_its_field_moves() {
    on_both(async |store| {
        let all = DisputeFilter::default();
        let (phone, city) = ("billing.phone = phone", "billing.city = mailingcity");
        let fields = vec![plan(phone, RULED), plan(city, RULED), plan("x = y", MOVED)];
        let entry = told(Side::Vtiger, Action::Updated, "Ann Lee", ("1", "12x1"), fields);
        store
            .commit(&commit(Some(link("1", "12x1")), vec![entry.clone()]))
            .await
            .unwrap();
        store.commit(&commit(None, vec![entry])).await.unwrap();

        let found = store.disputes(&all, None, 10).await.unwrap();
        assert_eq!(found.len(), 2, "each field once");
        assert_eq!(
            (found[0].field.as_str(), found[0].winner),
            (city, Side::WooCommerce)
        );
        assert_eq!(
            (&found[0].lost, &found[0].kept),
            (&Value::Null, &Value::text("the shop's"))
        );
        assert_eq!(
            store.dispute(&found[1].id).await.unwrap().as_ref(),
            Some(&found[1])
        );
        assert_eq!(
            store.disputes(&all, Some(&found[0].id), 10).await.unwrap(),
            found[1..]
        );
        for filter in [
            DisputeFilter {
                since: at(60),
                ..all.clone()
            },
            DisputeFilter {
                connection: Some("other".to_owned()),
                ..all.clone()
            },
        ] {
            assert_eq!(store.dispute_count(&filter).await.unwrap(), 0, "{filter:?}");
        }

        let moved = told(
            Side::Vtiger,
            Action::Updated,
            "Ann Lee",
            ("1", "12x1"),
            vec![plan(city, MOVED)],
        );
        store.commit(&commit(None, vec![moved])).await.unwrap();
        let left = store.disputes(&all, None, 10).await.unwrap();
        assert_eq!(
            left.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(),
            [phone]
        );

        let place = contacts();
        let of = async |id: &str| store.disputes_of(&place, &RecordId::new(id)).await.unwrap();
        assert_eq!(of("1").await, left);
        assert_eq!(of("2").await, []);

        store.forget_dispute(&left[0].id).await.unwrap();
        assert_eq!(store.dispute_count(&all).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_value_that_no_rule_took_away_is_in_no_conflict() {
    on_both(async |store| {
        let one_way = Decision::Conflict {
            winner: Side::WooCommerce,
            because: Reason::Direction,
        };
        let entry = told(
            Side::Vtiger,
            Action::Updated,
            "Ann",
            ("1", "12x1"),
            vec![plan("a = b", one_way)],
        );

        store.commit(&commit(None, vec![entry])).await.unwrap();

        assert_eq!(store.dispute_count(&DisputeFilter::default()).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_record_s_history_is_told_page_by_page_and_by_entry() {
    on_both(async |store| {
        for nth in 0..3 {
            let title = format!("entry {nth}");
            let entry = told(Side::Vtiger, Action::Updated, &title, ("1", "12x1"), Vec::new());
            store.commit(&commit(None, vec![entry])).await.unwrap();
        }
        let (place, id) = (contacts(), RecordId::new("12x1"));
        let page = async |before: Option<String>| {
            let found = store.entries_before(&place, Side::Vtiger, &id, before.as_deref(), 2);
            found.await.unwrap()
        };

        let first = page(None).await;
        let second = page(Some(first[1].id.clone())).await;

        let titles = |page: &[woo_vtiger_sync::store::Stored]| -> Vec<String> {
            page.iter().map(|stored| stored.entry.title.clone()).collect()
        };
        assert_eq!(titles(&first), ["entry 2", "entry 1"]);
        assert_eq!(titles(&second), ["entry 0"]);
        assert_eq!(
            store.entry(&second[0].id).await.unwrap().as_ref(),
            Some(&second[0])
        );
        assert_eq!(store.entry("nobody").await.unwrap(), None);
        let elsewhere = Place {
            connection: "other".to_owned(),
            ..place.clone()
        };
        let found = store.entries_before(&elsewhere, Side::Vtiger, &id, None, 2).await;
        assert!(found.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn nothing_is_in_conflict_between_records_that_are_unlinked_or_gone() {
    on_both(async |store| {
        let all = DisputeFilter::default();
        let entry = |customer: &str, contact: &str| {
            let fields = vec![plan("a = b", RULED)];
            told(Side::Vtiger, Action::Updated, "Ann", (customer, contact), fields)
        };
        let (one, other) = (link("1", "12x1"), link("2", "12x2"));
        for link in [&one, &other] {
            let ids = (link.ids.woocommerce.as_str(), link.ids.vtiger.as_str());
            let commit = commit(Some(link.clone()), vec![entry(ids.0, ids.1)]);
            store.commit(&commit).await.unwrap();
        }
        assert_eq!(store.dispute_count(&all).await.unwrap(), 2);

        store.unlink(&one.id).await.unwrap();
        assert_eq!(store.dispute_count(&all).await.unwrap(), 1);
        let gone = Link {
            deleted: Sides {
                woocommerce: false,
                vtiger: true,
            },
            ..other
        };
        store.commit(&commit(Some(gone), Vec::new())).await.unwrap();

        assert_eq!(store.dispute_count(&all).await.unwrap(), 0);
    })
    .await;
}
