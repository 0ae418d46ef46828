//! Records in the browser and by the API: found, looked at, linked, and conflicts settled, with the effect on both systems.

mod api;
mod attention;
mod browser;
mod taking;

use serde_json::json;
use woo_vtiger_sync::queue::Cause;
use woo_vtiger_sync::store::{Action, Commit, Entry, Link};
use woo_vtiger_sync::sync::{ConflictRule, Decision, FieldPlan, Reason, RecordId, Side, Sides, Skip, Value};

use crate::scene::{Scene, contacts, next_second};
use browser::Browser;

const ANN: &str = "ann@shop.example";

/// Where a customer's page is.
fn page_of(customer: u64) -> String {
    format!("/records/shop/contacts/woocommerce/{customer}")
}

/// Edits the phone on both sides while nothing is announced, so that the edits meet; the shop's wins.
async fn conflict(scene: &Scene, customer: u64, contact: &str) {
    scene.set_deaf(true);
    assert!(scene.crm.edit_record(contact, json!({ "phone": "crm's" })));
    next_second().await;
    let phone = json!({ "billing": { "phone": "shop's" } });
    assert!(scene.shop.edit_customer(customer, phone));
    scene.quiet().await;
    scene.set_deaf(false);
    scene.sweep().await;
    assert_eq!(scene.crm.record(contact).unwrap()["phone"], "shop's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_found_by_what_people_know_of_it() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    let browser = Browser::new(&scene).await;

    for question in [
        "lee",
        "ann+le",
        "ann%40shop",
        &contact,
        contact.split_once('x').unwrap().1,
    ] {
        let page = browser.page(&format!("/records?q={question}")).await;
        assert!(page.contains("Ann Lee"), "{question}: {page}");
        assert!(page.contains(&page_of(customer)), "{question}");
    }
    let nothing = browser.page("/records?q=nobody").await;
    assert!(nothing.contains("Nothing is found for “nobody”"), "{nothing}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_s_page_shows_both_sides_the_base_and_its_history() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    scene.set_deaf(true);
    let phone = json!({ "billing": { "phone": "555 2000" } });
    assert!(scene.shop.edit_customer(customer, phone));
    scene.quiet().await;
    let browser = Browser::new(&scene).await;

    let page = browser.page(&page_of(customer)).await;
    let fields = browser.page(&format!("{}/fields", page_of(customer))).await;
    let by_the_contact = browser
        .page(&format!("/records/shop/contacts/vtiger/{contact}"))
        .await;

    for page in [&page, &by_the_contact] {
        assert!(page.contains("<h1 class=\"page wrap\">Ann Lee</h1>"), "{page}");
        assert!(page.contains("created") && page.contains("Agreed last"), "{page}");
    }
    assert!(page.contains("not read"), "without asking the systems");
    assert!(
        fields.contains("555 2000") && fields.contains("555 1000"),
        "{fields}"
    );
    assert!(
        fields.contains(">differs<") && fields.contains(">in step<"),
        "{fields}"
    );
    assert!(
        fields.contains("to be written to Vtiger CRM: 555 2000"),
        "{fields}"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_is_shown_while_a_system_is_away() {
    let scene = Scene::start().await;
    let (customer, _) = scene.pair(ANN).await;
    let browser = Browser::new(&scene).await;
    scene
        .crm
        .set_faults(woo_vtiger_sync::simulator::faults::FaultPlan {
            is_down: true,
            ..Default::default()
        });

    let fields = browser.page(&format!("{}/fields", page_of(customer))).await;

    assert!(fields.contains("A system could not be read"), "{fields}");
    assert!(fields.contains("555 1000"), "{fields}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_no_event_told_of_is_synced_by_one_click() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    scene.set_deaf(true);
    let phone = json!({ "billing": { "phone": "555 2000" } });
    assert!(scene.shop.edit_customer(customer, phone));
    scene.quiet().await;
    let browser = Browser::new(&scene).await;

    let told = browser
        .act(&page_of(customer), &format!("{}/sync", page_of(customer)), &[])
        .await;
    scene.quiet().await;

    assert!(told.contains("The service looks at the record now"), "{told}");
    assert_eq!(scene.crm.record(&contact).unwrap()["phone"], "555 2000");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_is_unlinked_and_a_record_is_linked_with_another_one() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    let path = page_of(customer);
    let browser = Browser::new(&scene).await;

    let told = browser.act(&path, &format!("{path}/unlink"), &[]).await;
    assert!(
        told.contains("are linked no more") && told.contains("not linked"),
        "{told}"
    );
    let other = json!({ "firstname": "Bob", "lastname": "Ray", "email": "" });
    let other = scene.crm.add_record("Contacts", other);
    scene.quiet().await;
    let told = browser
        .act(&path, &format!("{path}/link"), &[("id", &other)])
        .await;
    scene.quiet().await;

    assert!(told.contains(&format!(
        "{customer} in WooCommerce and {other} in Vtiger CRM are linked now"
    )));
    assert_eq!(scene.crm.record(&other).unwrap()["email"], ANN);
    assert_eq!(
        scene.crm.record(&contact).unwrap()["email"],
        ANN,
        "it is left alone"
    );
    let (status, refused) = browser
        .try_to(&path, &format!("{path}/link"), &[("id", "12x999")])
        .await;
    assert_eq!(status, 409);
    assert!(
        refused.contains("There is no contact 12x999 in Vtiger CRM"),
        "{refused}"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_of_its_own_connection_and_module_alone() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    let browser = Browser::new(&scene).await;

    for path in [
        format!("/records/other/contacts/woocommerce/{customer}"),
        format!("/records/shop/products/woocommerce/{customer}"),
        format!("/records/shop/contacts/vtiger/12x{customer}999"),
        format!("/records/shop/contacts/nowhere/{customer}"),
        format!("/records/shop/nothing/woocommerce/{customer}"),
        "/records/shop/contacts/woocommerce/999".to_owned(),
    ] {
        assert_eq!(browser.get(&path).await.0, 404, "{path}");
        assert_eq!(browser.get(&format!("{path}/fields")).await.0, 404, "{path}");
    }
    let elsewhere = format!("/records/other/contacts/vtiger/{contact}");
    for what in ["sync", "unlink", "take", "leave", "link"] {
        let form = [("conflict", "x"), ("id", "1")];
        let (status, _) = browser
            .try_to("/records", &format!("{elsewhere}/{what}"), &form)
            .await;
        assert_eq!(status, 404, "{what}");
    }
    assert_eq!(scene.writes(), Vec::<String>::new());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_with_markup_are_shown_as_text() {
    let scene = Scene::start().await;
    let evil = "<script>alert(1)</script>\"'><b>";
    let linked = tell(&scene, ("7", Some("12x77")), evil, None).await;
    tell(
        &scene,
        ("8", None),
        evil,
        Some(Skip::Rejected {
            side: Side::Vtiger,
            field: None,
            message: evil.to_owned(),
        }),
    )
    .await;
    let browser = Browser::new(&scene).await;

    for path in [
        "/records?q=alert".to_owned(),
        "/records?q=%3Cscript%3Ealert%281%29".to_owned(),
        linked.clone(),
        format!("{linked}/fields"),
        "/attention".to_owned(),
        "/attention/rejected".to_owned(),
        "/attention/conflicts".to_owned(),
    ] {
        let page = browser.page(&path).await;
        assert!(page.contains("&#60;script&#62;alert(1)"), "{path}: {page}");
        assert!(
            !page.contains("<script>alert") && !page.contains("<b>\""),
            "{path}"
        );
    }
    scene.stop().await;
}

/// Has the log tell of a record whose name and values hold this, and returns where its page is.
async fn tell(scene: &Scene, ids: (&str, Option<&str>), text: &str, skip: Option<Skip>) -> String {
    let parts = scene.server.parts();
    let (customer, contact) = (RecordId::new(ids.0), ids.1.map(RecordId::new));
    let values = || Sides::new(|_| Value::text(text));
    let key = "billing.city = mailingcity";
    let link = contact.clone().map(|vtiger| {
        let ids = Sides {
            woocommerce: customer.clone(),
            vtiger,
        };
        let mut link = Link::new(ids, text);
        link.base.insert(key.to_owned(), values());
        link
    });
    let plan = FieldPlan {
        field: key.to_owned(),
        decision: Decision::Conflict {
            winner: Side::WooCommerce,
            because: Reason::Rule(ConflictRule::WooCommerce),
        },
        before: values(),
        written: Some(Value::text(text)),
        lossy: false,
        note: Some(text.to_owned()),
    };
    let entry = Entry {
        side: Side::Vtiger,
        action: if skip.is_some() {
            Action::Skipped
        } else {
            Action::Updated
        },
        ids: Sides {
            woocommerce: Some(customer.clone()),
            vtiger: contact,
        },
        title: text.to_owned(),
        cause: Cause::Webhook,
        fields: vec![plan],
        skip,
    };
    let commit = Commit {
        at: contacts(),
        now: parts.clock.now(),
        link,
        entries: vec![entry],
        created: None,
        fence: None,
        told_at: None,
        run: None,
    };
    parts.store.commit(&commit).await.unwrap();
    format!("/records/shop/contacts/woocommerce/{customer}")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unlinked_record_tells_of_its_own_side() {
    let scene = Scene::start().await;
    let contact = json!({ "firstname": "Bob", "lastname": "Ray", "email": "" });
    let contact = scene.crm.add_record("Contacts", contact);
    scene.quiet().await;
    let browser = Browser::new(&scene).await;

    let page = browser
        .page(&format!("/records/shop/contacts/{}/{contact}", Side::Vtiger))
        .await;

    assert!(page.contains("it has no e-mail address"), "{page}");
    assert!(page.contains("Enter an e-mail address in the record."), "{page}");
    scene.stop().await;
}
