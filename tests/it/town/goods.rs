//! What is sold while the service is killed: products and orders, made and edited at both ends.

use rand::RngExt;
use rand::rngs::SmallRng;
use serde_json::{Value as Json, json};

use super::{Town, is_guest};
use crate::sales_orders::amount;
use crate::scene::ann;

/// What one piece costs in each order.
const PRICE: u32 = 10;

fn any<'a, T>(random: &mut SmallRng, records: &'a [T]) -> Option<&'a T> {
    (!records.is_empty()).then(|| &records[random.random_range(0..records.len())])
}

fn number_of(record: &Json) -> u64 {
    record["id"].as_u64().unwrap()
}

/// The fields of an order's line with one to eight pieces.
fn pieces(random: &mut SmallRng) -> Json {
    let quantity = random.random_range(1..9_u32);
    let total = format!("{}.00", quantity * PRICE);
    json!({ "quantity": quantity, "subtotal": total, "total": total })
}

/// What became of a record, where it is not in step: which of the values that should be the same are not.
fn difference(what: &str, found: &[Json], values: impl Fn(&Json) -> Vec<[String; 2]>) -> Option<String> {
    let [one] = found else {
        return Some(format!("{what} is {} times in the CRM", found.len()));
    };
    let differing: Vec<String> = values(one)
        .into_iter()
        .filter(|[crm, shop]| crm != shop)
        .map(|[crm, shop]| format!("{crm} and {shop}"))
        .collect();
    (!differing.is_empty()).then(|| format!("{what} differs: {}", differing.join(", ")))
}

/// An amount of money of the two systems, whatever decimals they show.
fn money(crm: &Json, shop: &Json) -> [String; 2] {
    [crm, shop].map(|value| amount(value).normalize().to_string())
}

impl Town {
    /// Somebody offers, buys or edits something, and it is announced. Who finds nothing to edit makes something.
    pub(super) async fn trade(&self, random: &mut SmallRng, number: usize) {
        let products = self.glance("products", || self.shop.products());
        let goods = self.records("Products");
        let (Some(product), Some(good)) = (any(random, &products), any(random, &goods)) else {
            return self.offer(number).await;
        };
        let value = random.random_range(100..10_000);
        match random.random_range(0..28) {
            0..2 => self.offer(number).await,
            2..3 => {
                let fields = json!({
                    "productname": format!("Chair {value}"), "productcode": format!("CRM-{number}"),
                    "unit_price": "7.50", "discontinued": "1",
                });
                let id = self.crm.add_record("Products", fields);
                self.tell_of("Products", &id).await;
            }
            3..7 => {
                let price = format!("{}.{:02}", value / 100, value % 100);
                let id = number_of(product);
                self.shop.edit_product(id, json!({ "regular_price": price }));
                self.tell_of_product(id, "product.updated").await;
            }
            7..11 => {
                let id = good["id"].as_str().unwrap();
                let name = format!("Thing {value}");
                self.crm.edit_record(id, json!({ "productname": name }));
                self.tell_of("Products", id).await;
            }
            11..18 => self.buy(random, number, product).await,
            18..20 => self.sell(random, number, good).await,
            20..24 => {
                let orders = self.glance("orders", || self.shop.orders());
                let Some(order) = any(random, &orders) else {
                    return self.buy(random, number, product).await;
                };
                let mut line = pieces(random);
                line["id"] = order["line_items"][0]["id"].clone();
                let id = number_of(order);
                self.shop.edit_order(id, json!({ "line_items": [line] }));
                self.tell_of_order(id, "order.updated").await;
            }
            _ => {
                let sales = self.records("SalesOrder");
                let Some(sale) = any(random, &sales) else {
                    return self.sell(random, number, good).await;
                };
                let id = sale["id"].as_str().unwrap();
                let note = format!("Note {value}");
                self.crm.edit_record(id, json!({ "description": note }));
                self.tell_of("SalesOrder", id).await;
            }
        }
    }

    async fn offer(&self, number: usize) {
        let sku = format!("SHOP-{number}");
        let fields = json!({ "name": "Lamp", "sku": sku, "regular_price": "12.50" });
        let id = self.shop.add_product(fields);
        self.tell_of_product(id, "product.created").await;
    }

    /// A customer or a guest buys in the shop.
    async fn buy(&self, random: &mut SmallRng, number: usize, product: &Json) {
        let customers = self.customers();
        let customer = any(random, &customers).filter(|_| random.random_bool(0.4));
        let guest = ann(&format!("guest{number}@guest.example"));
        let mut billing = guest["billing"].clone();
        billing["email"] = customer.unwrap_or(&guest)["email"].clone();
        billing["first_name"] = json!("Ann");
        billing["last_name"] = json!("Buyer");
        let mut line = pieces(random);
        line["product_id"] = product["id"].clone();
        let id = self.shop.place_order(json!({
            "customer_id": customer.map_or(0, number_of), "billing": billing, "line_items": [line],
        }));
        self.tell_of_order(id, "order.created").await;
    }

    /// A contact buys by telephone, and the order is entered in the CRM. Before there are contacts, something is offered.
    async fn sell(&self, random: &mut SmallRng, number: usize, product: &Json) {
        let contacts = self.records("Contacts");
        let buyers: Vec<&Json> = contacts.iter().filter(|contact| !is_guest(contact)).collect();
        let accounts = self.records("Accounts");
        let (Some(contact), Some(account)) = (any(random, &buyers), accounts.first()) else {
            return self.offer(number).await;
        };
        let quantity = random.random_range(1..9).to_string();
        let line =
            json!({ "productid": product["id"], "quantity": quantity, "listprice": PRICE.to_string() });
        let id = self.crm.add_record(
            "SalesOrder",
            json!({
                "subject": "By telephone", "sostatus": "Created", "account_id": account["id"],
                "contact_id": contact["id"], "bill_street": "1 Main St", "ship_street": "1 Main St",
                "invoicestatus": "Created", "hdnTaxType": "group", "currency_id": "21x1", "conversion_rate": "1",
                "description": "none", "productid": product["id"], "LineItems": [line],
            }),
        );
        self.tell_of("SalesOrder", &id).await;
    }

    async fn tell_of_product(&self, id: u64, topic: &str) {
        let product = self.shop.product(id).unwrap();
        self.send_webhook(topic, &product).await;
    }

    async fn tell_of_order(&self, id: u64, topic: &str) {
        let order = self.shop.order(id).unwrap();
        self.send_webhook(topic, &order).await;
    }

    /// The products that are not in step.
    pub(super) fn differing_products(&self) -> Vec<String> {
        let mut goods = self.crm.records("Products");
        let mut differences = Vec::new();
        for product in self.shop.products() {
            let sku = &product["sku"];
            let found: Vec<Json> = goods.extract_if(.., |good| good["productcode"] == *sku).collect();
            differences.extend(difference(&format!("the product {sku}"), &found, |good| {
                vec![
                    [&good["productname"], &product["name"]].map(Json::to_string),
                    money(&good["unit_price"], &product["regular_price"]),
                ]
            }));
        }
        let left = goods.iter().map(|good| &good["productcode"]);
        differences.extend(left.map(|sku| format!("the product {sku} is not in the shop")));
        differences
    }

    /// The orders that are not in step.
    pub(super) fn differing_orders(&self) -> Vec<String> {
        let mut sales = self.crm.records("SalesOrder");
        let mut differences = Vec::new();
        for order in self.shop.orders() {
            let id = number_of(&order);
            let mut meta = order["meta_data"].as_array().unwrap().iter();
            let made_from = meta.find(|entry| entry["key"] == "_vtiger_salesorder");
            let mark = format!("shop #{id}");
            let is_it = |sale: &mut Json| {
                let is_source = made_from.is_some_and(|entry| entry["value"] == sale["id"]);
                is_source || sale["vtiger_purchaseorder"] == mark
            };
            let found: Vec<Json> = sales.extract_if(.., is_it).collect();
            let lines =
                |order: &Json, name: &str| format!("{:?} {name}", order[name].as_array().map(Vec::len));
            differences.extend(difference(&format!("the order {id}"), &found, |sale| {
                vec![
                    money(&sale["hdnGrandTotal"], &order["total"]),
                    [&sale["description"], &order["customer_note"]].map(Json::to_string),
                    [lines(sale, "LineItems"), "Some(1) LineItems".to_owned()],
                    ["Some(1) line_items".to_owned(), lines(&order, "line_items")],
                    ["Some(0) fee_lines".to_owned(), lines(&order, "fee_lines")],
                ]
            }));
        }
        let left = sales.iter().map(|sale| &sale["id"]);
        differences.extend(left.map(|id| format!("the order {id} is not in the shop")));
        differences
    }
}
