//! Generated orders can be placed in the simulated shop, which keeps what they cost.

use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};

use super::Generator;

#[tokio::test(flavor = "multi_thread")]
async fn a_placed_order_costs_what_was_generated() {
    let shop = WooCommerceSimulator::start(WooCommerceOptions::default())
        .await
        .unwrap();
    let made_up = Generator::with_own_catalogue(7);
    let mut generator = Generator::new(7, made_up.catalogue().put_into(&shop));
    assert_eq!(shop.taxes().len(), made_up.catalogue().rates.len());

    for _ in 0..20 {
        let order = generator.order();
        let id = shop.place_order(order.clone());

        let placed = shop.orders().into_iter().find(|order| order["id"] == id).unwrap();
        for name in [
            "total",
            "currency",
            "shipping_total",
            "shipping_tax",
            "customer_id",
            "billing",
        ] {
            assert_eq!(placed[name], order[name], "{name}");
        }
        for list in ["line_items", "fee_lines", "shipping_lines"] {
            let totals = |order: &serde_json::Value| -> Vec<_> {
                order[list]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|line| line["total"].clone())
                    .collect()
            };
            assert_eq!(totals(&placed), totals(&order), "{list}");
        }
    }
    shop.stop().await;
}
