//! What a connection brings along for sales orders: the products that stand for lines without one, and the extension.

use std::time::Duration;

use woo_vtiger_sync::{extension, http};

use super::lab::Lab;
use crate::visitor::Visitor;

const SETTINGS: &str = "/settings/shop/sales_orders";
const STAND_INS: &str = "/settings/shop/sales_orders/stand-ins";

async fn lab() -> Lab {
    let lab = Lab::new().await;
    lab.connections().create(&lab.input("shop")).await.unwrap();
    lab
}

#[tokio::test(flavor = "multi_thread")]
async fn stand_ins_are_set_with_the_orders_settings_and_hold_at_once() {
    let lab = lab().await;
    let admin = Visitor::admin(&lab.server).await;
    let page = admin.page(SETTINGS).await;
    assert!(
        page.contains(r#"value="WC-ITEM""#) && page.contains(r#"value="WC-FEE""#),
        "{page}"
    );

    let form = [("stand_in_item", "LINE"), ("fee_item", "")];
    assert_eq!(admin.post(STAND_INS, &form).await.status(), 303);

    let member = lab.server.parts().roster.get("shop").unwrap();
    let crm = &member.connection.vtiger;
    assert_eq!(
        (crm.stand_in_item.as_str(), crm.fee_item.as_str()),
        ("LINE", "WC-FEE")
    );
    assert_eq!(
        crm.username,
        lab.input("shop").crm_username,
        "nothing else changed"
    );
    assert!(admin.page(SETTINGS).await.contains(r#"value="LINE""#));
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stand_ins_that_could_not_be_told_apart_are_refused() {
    let lab = lab().await;
    let admin = Visitor::admin(&lab.server).await;

    let refused = admin
        .post(STAND_INS, &[("stand_in_item", ""), ("fee_item", "WC-ITEM")])
        .await;

    assert_eq!(refused.status(), 422);
    let page = refused.text().await.unwrap();
    assert!(
        page.contains("It is the same as stand_in_item; name another product"),
        "{page}"
    );
    assert!(
        page.contains(r#"name="fee_item" value="WC-ITEM""#),
        "what was entered stays: {page}"
    );
    let member = lab.server.parts().roster.get("shop").unwrap();
    assert_eq!(member.connection.vtiger.fee_item, "WC-FEE");
    let other = admin.post(
        "/settings/shop/products/stand-ins",
        &[("stand_in_item", ""), ("fee_item", "")],
    );
    assert_eq!(other.await.status(), 404);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_the_stand_ins_and_change_none() {
    let lab = lab().await;
    let reader = Visitor::reader(&lab.server).await;

    assert!(reader.page(SETTINGS).await.contains(r#"value="WC-ITEM""#));
    let refused = reader
        .post(STAND_INS, &[("stand_in_item", "LINE"), ("fee_item", "FEE")])
        .await;

    assert_eq!(refused.status(), 403);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_extension_is_downloaded_by_who_is_signed_in() {
    let lab = lab().await;
    let zip = extension::zip().unwrap();
    let admin = Visitor::admin(&lab.server).await;
    assert!(
        admin
            .page("/connections/shop")
            .await
            .contains(r#"href="/vtiger-extension.zip""#)
    );

    let answer = admin.get("/vtiger-extension.zip").await;

    assert_eq!(answer.headers()["Content-Type"], "application/zip");
    assert_eq!(
        answer.headers()["Content-Disposition"],
        r#"attachment; filename="WooVtigerSync.zip""#
    );
    assert_eq!(answer.bytes().await.unwrap(), zip);
    let client = http::client(Duration::from_secs(30)).unwrap();
    let api = client.get(format!("{}/api/v1/vtiger-extension.zip", lab.url));
    assert_eq!(api.try_clone().unwrap().send().await.unwrap().status(), 401);
    let answer = api.header("Authorization", "Bearer token").send().await.unwrap();
    assert_eq!(answer.bytes().await.unwrap(), zip);
    let stranger = client
        .get(format!("{}/vtiger-extension.zip", lab.url))
        .send()
        .await
        .unwrap();
    assert_eq!(
        stranger.headers()["Location"],
        "/login?next=%2Fvtiger-extension.zip"
    );
    lab.stop().await;
}
