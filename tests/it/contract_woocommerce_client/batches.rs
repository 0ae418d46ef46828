//! Writes of bulk work go to the shop together, and each caller gets what it would have got alone.

mod failures;
mod gate;

use futures_util::future::join_all;
use futures_util::poll;
use woo_vtiger_sync::simulator::woocommerce::WooCommerceSimulator;
use woo_vtiger_sync::system::{Priority, SystemError, work_for};

use super::shop::open;
use super::*;
use crate::scene::wait_until;

type Outcome = Result<Record, SystemError>;

/// Creates a customer, or updates the one with this id.
async fn write(shop: &WooCommerce, id: Option<u64>, fields: &[(&str, &str)]) -> Outcome {
    let fields: Vec<_> = fields
        .iter()
        .map(|(path, text)| (*path, Value::text(*text)))
        .collect();
    let patch = patch(&fields);
    match id {
        None => shop.create(CONTACTS, &patch).await,
        Some(id) => {
            let id = RecordId::new(id.to_string());
            shop.update(CONTACTS, &id, &patch).await
        }
    }
}

/// The same in bulk work.
async fn bulk(shop: &WooCommerce, id: Option<u64>, fields: &[(&str, &str)]) -> Outcome {
    work_for(Priority::Sweep, write(shop, id, fields)).await
}

/// Creates so many customers at once.
async fn create(shop: &WooCommerce, count: usize) -> Vec<Outcome> {
    let creations = (0..count).map(|nth| async move {
        let email = format!("c{nth}@shop.example");
        bulk(shop, None, &[("email", &email)]).await
    });
    join_all(creations).await
}

/// The calls that the simulated shop got, and what they were answered with.
fn calls(simulator: &WooCommerceSimulator) -> Vec<String> {
    let calls = simulator.calls().into_iter();
    calls
        .map(|call| format!("{} {} {}", call.method, call.path, call.status))
        .collect()
}

fn fault(outcome: &Outcome) -> Fault {
    outcome.as_ref().expect_err("a failure").fault.clone()
}

#[tokio::test]
async fn each_caller_gets_its_own_part_of_a_recorded_answer() {
    let (server, shop) = answering(recorded("customers_batch_mixed")).await;
    let update = |id| bulk(&shop, Some(id), &[("first_name", "Ada")]);
    let create = |email: [(&'static str, &'static str); 1]| {
        let shop = &shop;
        async move { bulk(shop, None, &email).await }
    };

    let (updated, created, gone, taken, refused) = tokio::join!(
        update(2),
        create([("email", "b1@shop.example")]),
        update(999_999),
        create([("email", "customer02@shop.example")]),
        create([("email", "x@shop.example")]),
    );

    let sent: Json = {
        let request = requests(&server).await;
        assert_eq!(request.len(), 1, "{request:?}");
        let body = request[0].strip_prefix("POST /wp-json/wc/v3/customers/batch ");
        serde_json::from_str(body.unwrap()).unwrap()
    };
    let expected = json!({
        "create": [
            {"email": "b1@shop.example"}, {"email": "customer02@shop.example"}, {"email": "x@shop.example"},
        ],
        "update": [{"id": 2, "first_name": "Ada"}, {"id": 999_999, "first_name": "Ada"}],
    });
    assert_eq!(sent, expected);
    let (updated, created) = (updated.unwrap(), created.unwrap());
    assert_eq!(updated.id.as_str(), "2");
    assert_eq!(get(&updated, "billing.company"), "Lovelace & Co.");
    assert_eq!(created.id.as_str(), "36");
    assert_eq!(get(&created, "email"), "b1@shop.example");
    assert_eq!(fault(&gone), Fault::Gone);
    let email = Fault::Rejected {
        field: Some("email".to_owned()),
    };
    assert_eq!((fault(&taken), fault(&refused)), (email.clone(), email));

    // To the letter what the ordinary endpoint's answer comes to.
    let (_server, shop) = answering(recorded("customer_create_400_duplicate_email")).await;
    let single = write(&shop, None, &[("email", "customer02@shop.example")]).await;
    let (taken, single) = (taken.unwrap_err(), single.unwrap_err());
    let words = |message: &str| message.replace("(HTTP 400)", "");
    assert_eq!(taken.operation, single.operation);
    assert_eq!(words(&taken.message), words(&single.message));
}

#[tokio::test]
async fn products_variations_and_orders_go_together_as_recorded() {
    let (server, shop) = answering(recorded("products_batch_mixed")).await;
    let sku = |sku| patch(&[("sku", Value::text(sku))]);
    let skus = ["BP-1", "SKU-001", "BP-1"].map(sku);
    let create = |patch| work_for(Priority::Backfill, shop.create(Module::Products, patch));
    let stock = patch(&[("stock_quantity", Value::text("41"))]);
    let id = RecordId::new("10");
    let update = work_for(Priority::Backfill, shop.update(Module::Products, &id, &stock));

    let (created, updated) = tokio::join!(join_all(skus.iter().map(create)), update);

    assert_eq!(requests(&server).await.len(), 1);
    assert_eq!(get(created[0].as_ref().unwrap(), "sku"), "BP-1");
    assert_eq!(created[1].as_ref().unwrap().id.as_str(), "144");
    let refused = created[2].as_ref().unwrap_err();
    assert_eq!(
        refused.fault,
        Fault::Rejected {
            field: Some("sku".to_owned())
        }
    );
    assert!(
        refused.message.contains("product 143 has this SKU already"),
        "{}",
        refused.message
    );
    assert_eq!(get(&updated.unwrap(), "stock_quantity"), "41");

    let (server, shop) = answering(recorded("orders_batch_mixed")).await;
    let orders = [patch(&[]), patch(&[("contact", Value::text("999999"))])];
    let create = |patch| work_for(Priority::Sweep, shop.create(Module::SalesOrders, patch));
    let created = join_all(orders.iter().map(create)).await;
    assert_eq!(
        requests(&server).await,
        [r#"POST /wp-json/wc/v3/orders/batch {"create":[{},{"customer_id":999999}]}"#]
    );
    assert_eq!(created[0].as_ref().unwrap().id.as_str(), "145");
    assert_eq!(
        created[1].as_ref().unwrap_err().fault,
        Fault::Rejected {
            field: Some("contact".to_owned())
        }
    );
}

#[tokio::test]
async fn a_variation_goes_with_those_of_its_product() {
    let server = with(&[(
        "POST",
        "/wp-json/wc/v3/products/42/variations/batch",
        recorded("variations_batch_mixed"),
    )])
    .await;
    let shop = basic(&server.uri());
    let (one, other) = (RecordId::new("43"), RecordId::new("999999"));
    for id in [&one, &other] {
        let number: u64 = id.as_str().parse().unwrap();
        let body = json!({
            "id": number, "type": "variation", "parent_id": 42, "status": "publish", "name": "S, Red",
        });
        let parent = json!({"id": 42, "type": "variable", "name": "Shirt", "status": "publish"});
        shop.read(Module::Products, &parent, &[]).await.unwrap();
        shop.read(Module::Products, &body, &[]).await.unwrap();
    }
    let price = patch(&[("regular_price", Value::text("1"))]);
    let update = |id| work_for(Priority::Sweep, shop.update(Module::Products, id, &price));

    let (updated, gone) = tokio::join!(update(&one), update(&other));

    assert_eq!(get(&updated.unwrap(), "sku"), "VAR-01-S-R");
    assert_eq!(gone.unwrap_err().fault, Fault::Gone);
    let expected = concat!(
        "POST /wp-json/wc/v3/products/42/variations/batch ",
        r#"{"update":[{"id":43,"regular_price":"1"},{"id":999999,"regular_price":"1"}]}"#,
    );
    let asked = requests(&server).await;
    let asked: Vec<_> = asked.iter().map(|line| normal(line)).collect();
    assert_eq!(asked, [normal(expected)]);
}

/// A request with its body's keys in order.
fn normal(line: &str) -> String {
    let (line, body) = line.split_once(" {").unwrap();
    let body: Json = serde_json::from_str(&format!("{{{body}")).unwrap();
    format!("{line} {body}")
}

#[tokio::test]
async fn what_happens_now_waits_for_nobody_and_who_is_alone_goes_alone() {
    let (simulator, shop) = open().await;
    let live = ["a", "b", "c"].map(|name| format!("{name}@shop.example"));
    let writes = live.iter().map(|email| async {
        let fields = [("email", email.as_str())];
        write(&shop, None, &fields).await
    });

    let outcomes = join_all(writes).await;
    let alone = bulk(&shop, None, &[("email", "d@shop.example")]).await;

    assert!(outcomes.iter().chain([&alone]).all(Result::is_ok));
    assert_eq!(calls(&simulator), ["POST /customers 201"; 4]);
}

#[tokio::test]
async fn the_more_the_shop_has_shown_to_be_fast_the_more_go_together() {
    let (simulator, shop) = open().await;

    let outcomes = create(&shop, 300).await;

    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(simulator.customers().len(), 300);
    assert_eq!(
        calls(&simulator),
        ["POST /customers/batch 200"; 5],
        "25, 50, 100, 100, 25"
    );
}

#[tokio::test]
async fn what_a_batch_would_not_check_goes_by_itself_and_is_refused_as_ever() {
    let (simulator, shop) = open().await;
    let product = |status| patch(&[("name", Value::text("Desk")), ("status", Value::text(status))]);
    let patches = ["publish", "sold out", "draft"].map(product);
    let create = |patch| work_for(Priority::Sweep, shop.create(Module::Products, patch));

    let outcomes = join_all(patches.iter().map(create)).await;

    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
    let refused = outcomes[1].as_ref().unwrap_err();
    let field = Some("status".to_owned());
    assert_eq!(refused.fault, Fault::Rejected { field });
    let mut calls = calls(&simulator);
    calls.sort();
    assert_eq!(calls, ["POST /products 400", "POST /products/batch 200"]);
}

#[tokio::test]
async fn two_writes_to_one_record_keep_their_order() {
    let (simulator, shop) = open().await;
    let ids: Vec<u64> = (0..3)
        .map(|nth| simulator.register_customer(json!({"email": format!("c{nth}@shop.example")})))
        .collect();
    let phone = |id, phone| {
        let shop = &shop;
        async move { bulk(shop, Some(id), &[("billing.phone", phone)]).await }
    };

    let (first, second, third, ..) = tokio::join!(
        phone(ids[0], "1"),
        phone(ids[0], "2"),
        phone(ids[0], "3"),
        phone(ids[1], "4"),
        phone(ids[2], "5"),
    );

    for (outcome, shown) in [(first, "1"), (second, "2"), (third, "3")] {
        assert_eq!(get(&outcome.unwrap(), "billing.phone"), shown);
    }
    assert_eq!(simulator.customer(ids[0]).unwrap()["billing"]["phone"], "3");
    let single = format!("PUT /customers/{} 200", ids[0]);
    assert_eq!(
        calls(&simulator),
        ["POST /customers/batch 200", &single, &single],
        "one after the other"
    );
    assert_eq!(simulator.overlapping_writes(), [] as [String; 0]);
}

#[tokio::test]
async fn who_is_cancelled_takes_nothing_from_the_others() {
    let (server, shop) = {
        let answer =
            json!({"create": [{"id": 1, "email": "a"}, {"id": 2, "email": "b"}, {"id": 3, "email": "c"}]});
        let slow = ResponseTemplate::new(200)
            .set_body_json(answer)
            .set_delay(Duration::from_millis(100));
        answering(slow).await
    };
    let fields = ["early", "a", "b", "c"].map(|name| format!("{name}@shop.example"));
    let mut writes: Vec<_> = fields
        .iter()
        .map(|email| {
            let shop = &shop;
            Box::pin(async move { bulk(shop, None, &[("email", email)]).await })
        })
        .collect();

    // On this one thread nobody serves the line before all have joined it.
    for write in &mut writes {
        assert!(poll!(write).is_pending());
    }
    drop(writes.remove(0));
    wait_until("the batch is on its way", async || {
        !requests(&server).await.is_empty()
    })
    .await;
    drop(writes.remove(1));
    let outcomes = join_all(writes).await;

    let sent = requests(&server).await;
    assert_eq!(sent.len(), 1);
    assert!(!sent[0].contains("early"), "{}", sent[0]);
    let ids: Vec<_> = outcomes
        .iter()
        .map(|outcome| outcome.as_ref().unwrap().id.as_str())
        .collect();
    assert_eq!(ids, ["1", "3"], "each has its own");
}
