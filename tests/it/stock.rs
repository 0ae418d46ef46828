//! Stock: an order takes its goods off it on both sides, each at a moment of its own, and that movement is never
//! written back to the shop. At the end both sides agree, where the shop counts.

use serde_json::{Value as Json, json};
use woo_vtiger_sync::sweep::Scope;
use woo_vtiger_sync::sync::{Deletes, Direction, Module};

use crate::sales_orders::{amount, sales_order};
use crate::scene::{Scene, ann, next_second, place};

const ANN: &str = "ann@shop.example";

/// A shop with ten desks and a customer, both in step; the stock travels this way.
struct Store {
    scene: Scene,
    desk: u64,
    customer: u64,
}

impl Store {
    async fn with(direction: Direction) -> Self {
        let scene = Scene::in_utc("").await;
        scene
            .set(Module::Products, |settings| {
                let mut rows = settings.mappings.iter_mut();
                let stock = rows.find(|row| row.vtiger.to_string() == "qtyinstock");
                stock.expect("the stock's mapping").direction = direction;
            })
            .await;
        let desk = json!({ "name": "Desk", "sku": "DESK", "regular_price": "50", "manage_stock": true,
                           "stock_quantity": 10 });
        let desk = scene.shop.add_product(desk);
        let customer = scene.shop.register_customer(ann(ANN));
        scene.quiet().await;
        if !direction.writes_to(woo_vtiger_sync::sync::Side::Vtiger) {
            // Nothing brings the shop's figure to Vtiger: it is counted there.
            let store = Self {
                scene,
                desk,
                customer,
            };
            assert!(
                store
                    .scene
                    .crm
                    .edit_record(&store.product(), json!({ "qtyinstock": "10" }))
            );
            store.settle().await;
            return store;
        }
        let store = Self {
            scene,
            desk,
            customer,
        };
        store.settle().await;
        assert_eq!(store.stock(), (10, 10));
        store
    }

    async fn settle(&self) {
        self.scene.quiet().await;
        while !self.scene.sweep_all().await {}
        next_second().await;
        self.scene.forget_calls();
    }

    fn product(&self) -> String {
        let product = self
            .scene
            .crm
            .records("Products")
            .into_iter()
            .find(|product| product["productcode"] == "DESK");
        product.expect("the desk")["id"].as_str().unwrap().to_owned()
    }

    /// How many desks there are in the shop and in the CRM.
    fn stock(&self) -> (i64, i64) {
        let shop = self.scene.shop.product(self.desk).unwrap()["stock_quantity"]
            .as_i64()
            .unwrap();
        let crm = amount(&self.scene.crm.record(&self.product()).unwrap()["qtyinstock"]);
        (shop, i64::try_from(crm).unwrap())
    }

    fn order(&self, status: &str) -> Json {
        json!({
            "customer_id": self.customer, "status": status,
            "billing": { "first_name": "Ann", "last_name": "Lee", "email": ANN },
            "line_items": [{ "product_id": self.desk, "name": "Desk", "quantity": 2, "subtotal": "100", "total": "100" }],
        })
    }

    /// Places an order for two desks, and waits until all is dealt with.
    async fn buy(&self, status: &str) -> u64 {
        let order = self.scene.shop.place_order(self.order(status));
        self.scene.quiet().await;
        order
    }

    /// Fails if the shop's product was written to since the calls were forgotten, or will be by a sweep.
    async fn assert_shop_untouched(&self) {
        while !self.scene.sweep_all().await {}
        let calls = self.scene.shop.calls().into_iter();
        let written: Vec<_> = calls
            .filter(|call| call.method != "GET" && call.path.starts_with("/products"))
            .collect();
        assert_eq!(written, []);
    }
}

const DIRECTIONS: [Direction; 3] = [Direction::ToVtiger, Direction::Both, Direction::ToWooCommerce];

#[tokio::test(flavor = "multi_thread")]
async fn an_orders_own_movement_is_never_written_back_whichever_way_stock_travels() {
    for direction in DIRECTIONS {
        let store = Store::with(direction).await;

        let order = store.buy("processing").await;

        assert_eq!(store.stock(), (8, 8), "{direction:?}");
        store.assert_shop_untouched().await;
        assert_eq!(store.stock(), (8, 8), "{direction:?}");
        assert_eq!(sales_order(&store.scene, order)["sostatus"], "Approved");
        store.scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_makes_no_difference_whether_the_order_or_the_product_is_heard_of_first() {
    for direction in [Direction::ToVtiger, Direction::Both] {
        for first in [Module::Products, Module::SalesOrders] {
            let store = Store::with(direction).await;
            store.scene.set_deaf(true);
            store.buy("processing").await;
            store.scene.set_deaf(false);
            assert_eq!(store.stock(), (8, 10));

            let second = if first == Module::Products {
                Module::SalesOrders
            } else {
                Module::Products
            };
            for module in [first, second] {
                let sweeper = &store
                    .scene
                    .server
                    .parts()
                    .roster
                    .get("shop")
                    .unwrap()
                    .sweeper
                    .clone();
                sweeper.sweep(&place(module), Scope::Full).await.unwrap();
                store.scene.quiet().await;
            }

            assert_eq!(store.stock(), (8, 8), "{direction:?}, {first} first");
            store.assert_shop_untouched().await;
            assert_eq!(store.stock(), (8, 8), "{direction:?}, {first} first");
            store.scene.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unpaid_order_takes_nothing_off_until_it_is_paid_and_a_cancelled_one_puts_it_back() {
    for direction in [Direction::ToVtiger, Direction::Both] {
        let store = Store::with(direction).await;
        let order = store.buy("pending").await;
        // Vtiger took the goods off at once; the shop's figure counts.
        assert_eq!(store.stock(), (10, 10), "{direction:?}: pending");

        for (status, left) in [("processing", 8), ("completed", 8), ("cancelled", 10)] {
            next_second().await;
            assert!(store.scene.shop.edit_order(order, json!({ "status": status })));
            store.scene.quiet().await;
            assert_eq!(store.stock(), (left, left), "{direction:?}: {status}");
        }
        store.assert_shop_untouched().await;
        assert_eq!(store.stock(), (10, 10), "{direction:?}");
        store.scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_with_other_quantities_takes_off_what_it_has_now() {
    let store = Store::with(Direction::ToVtiger).await;
    let order = store.buy("processing").await;
    next_second().await;
    let line = store.scene.shop.order(order).unwrap()["line_items"][0]["id"].clone();

    let edited = json!({ "line_items": [{ "id": line, "quantity": 5, "subtotal": "250", "total": "250" }] });
    assert!(store.scene.shop.edit_order(order, edited));
    store.scene.quiet().await;

    assert_eq!(
        amount(&sales_order(&store.scene, order)["LineItems"][0]["quantity"]),
        5.into()
    );
    assert_eq!(store.stock(), (5, 5));
    store.assert_shop_untouched().await;
    assert_eq!(store.stock(), (5, 5));
    store.scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_deleted_leaves_the_stock_as_the_shop_counts_it() {
    for deletes in [Deletes::Ignore, Deletes::Propagate] {
        let store = Store::with(Direction::ToVtiger).await;
        let set = |settings: &mut woo_vtiger_sync::sync::ModuleSettings| settings.deletes = deletes;
        store.scene.set(Module::SalesOrders, set).await;
        let order = store.buy("processing").await;
        next_second().await;

        // The trash gives nothing back in the shop; deleting an order does in Vtiger.
        assert!(store.scene.shop.trash_order(order));
        store.scene.quiet().await;

        let stays = deletes == Deletes::Ignore;
        assert_eq!(store.scene.crm.records("SalesOrder").len(), usize::from(stays));
        assert_eq!(store.stock(), (8, 8), "{deletes:?}");
        store.assert_shop_untouched().await;
        assert_eq!(store.stock(), (8, 8), "{deletes:?}");
        store.scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_counts_travels_as_the_setting_says() {
    for direction in DIRECTIONS {
        let store = Store::with(direction).await;
        store.buy("processing").await;
        next_second().await;

        assert!(
            store
                .scene
                .crm
                .edit_record(&store.product(), json!({ "qtyinstock": "20" }))
        );
        store.scene.quiet().await;
        let shop = if direction == Direction::ToVtiger { 8 } else { 20 };
        assert_eq!(store.stock().0, shop, "{direction:?}: counted in the CRM");

        next_second().await;
        assert!(
            store
                .scene
                .shop
                .edit_product(store.desk, json!({ "stock_quantity": 30 }))
        );
        store.scene.quiet().await;
        let crm = if direction == Direction::ToWooCommerce {
            20
        } else {
            30
        };
        assert_eq!(store.stock(), (30, crm), "{direction:?}: counted in the shop");
        store.scene.stop().await;
    }
}
