//! Orders in the shop and in the CRM, and what becomes of them.

use rand::RngExt;
use rand::seq::IndexedRandom;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use woo_vtiger_sync::sync::{Module, Side};

use super::{People, id_of, text};
use crate::order_generator::{Catalogue, Generator, Product, Rate};

const PLACES: [(&str, &str); 3] = [("Berlin", "10115"), ("Łódź", "90-001"), ("Montréal", "H2X 1Y4")];

impl People<'_> {
    pub(super) fn about_orders(&mut self) -> Option<String> {
        let side = *Side::BOTH.choose(&mut self.random)?;
        let may_edit = self.may(Module::SalesOrders, side);
        match (self.random.random_range(0..24), side) {
            (0..7, Side::WooCommerce) if may_edit => self.buy(),
            (0..4, Side::Vtiger) if may_edit => self.sell(),
            (7..9, Side::WooCommerce) => {
                let id = id_of(&self.order()?);
                self.shop.edit_order(id, json!({}));
                Some(format!("order {id} is saved as it is"))
            }
            (7..9, Side::Vtiger) => {
                let order = self.sales_order()?;
                let id = text(&order, "id");
                self.crm.edit_record(id, json!({}));
                Some(format!("sales order {id} is saved as it is"))
            }
            (9, Side::WooCommerce) if may_edit && self.licence.deletes => self.trash_order(),
            (9, Side::Vtiger) if may_edit && self.licence.deletes => {
                let order = self.sales_order()?;
                self.drop_or_restore(text(&order, "id"))
            }
            (10.., Side::WooCommerce) if may_edit => self.edit_order(),
            (10.., Side::Vtiger) if may_edit => self.edit_sales_order(),
            _ => None,
        }
    }

    fn order(&mut self) -> Option<Json> {
        let mut orders = self.shop.orders();
        orders.retain(|order| order["status"] != "trash");
        self.one_of(orders)
    }

    fn sales_order(&mut self) -> Option<Json> {
        self.one_of(self.crm.records("SalesOrder"))
    }

    /// Somebody buys some of what the shop has.
    fn buy(&mut self) -> Option<String> {
        let mut products = self.shop.products();
        products.retain(|product| product["status"] == "publish" && product["type"] != "variable");
        let mut customers = self.shop.customers();
        customers.retain(|customer| customer["role"] == "customer");
        let catalogue = Catalogue {
            products: products
                .iter()
                .rev()
                .take(6)
                .map(|product| Product {
                    id: id_of(product),
                    parent: product["parent_id"].as_u64().filter(|parent| *parent != 0),
                    name: text(product, "name").to_owned(),
                    sku: text(product, "sku").to_owned(),
                    price: text(product, "price").parse().unwrap_or_default(),
                })
                .collect(),
            customers: customers.iter().rev().take(5).map(id_of).collect(),
            rates: self
                .shop
                .taxes()
                .iter()
                .map(|rate| Rate {
                    id: id_of(rate),
                    label: text(rate, "name").to_owned(),
                    percent: text(rate, "rate").parse().unwrap_or_default(),
                    compound: rate["compound"] == true,
                })
                .collect(),
        };
        if catalogue.products.is_empty() {
            return None;
        }
        let mut order = Generator::new(self.random.random(), catalogue).order();
        if let Some(customer) = customers
            .iter()
            .find(|customer| customer["id"] == order["customer_id"])
        {
            order["billing"]["email"] = customer["email"].clone();
        }
        let told = format!("of customer {}, {}", order["customer_id"], order["total"]);
        let id = self.shop.place_order(order);
        Some(format!("order {id} is placed: {told}"))
    }

    /// Somebody in sales takes an order by phone.
    fn sell(&mut self) -> Option<String> {
        let mut contacts = self.crm.records("Contacts");
        contacts.retain(|contact| contact["email"] != "");
        let contact = self.one_of(contacts)?;
        let product = self.crm_product()?;
        let account = self.words();
        let account = self.crm.add_record("Accounts", json!({ "accountname": account }));
        let (quantity, price) = (self.random.random_range(1..5), self.price());
        let mut lines =
            vec![json!({ "productid": product["id"], "quantity": quantity.to_string(), "listprice": price })];
        if let Some(other) = self.crm_product().filter(|_| self.random.random_bool(0.4)) {
            let price = self.price();
            lines.push(json!({ "productid": other["id"], "quantity": "1", "listprice": price }));
        }
        let (city, code) = *PLACES.choose(&mut self.random)?;
        let fields = json!({
            "subject": "Order by phone", "contact_id": contact["id"], "account_id": account, "bill_street": "1 Main St",
            "bill_city": city, "bill_code": code, "ship_street": "1 Main St", "ship_city": city, "ship_code": code,
            "LineItems": lines,
        });
        let id = self.crm.add_record("SalesOrder", fields.clone());
        Some(format!("sales order {id} is taken: {fields}"))
    }

    fn trash_order(&mut self) -> Option<String> {
        let id = id_of(&self.order()?);
        if self.chance(0.2) {
            self.shop.delete_order(id);
            return Some(format!("order {id} is deleted for good"));
        }
        self.shop.trash_order(id);
        let comes_back = self.chance(0.5);
        if comes_back {
            self.shop.restore_order(id);
        }
        let back = if comes_back { " and restored" } else { "" };
        Some(format!("order {id} is trashed{back}"))
    }

    fn edit_order(&mut self) -> Option<String> {
        let order = self.order()?;
        let id = id_of(&order);
        let edit = match self.random.random_range(0..8) {
            0 | 1 => {
                let status = ["pending", "processing", "on-hold", "completed", "cancelled"];
                json!({ "status": status.choose(&mut self.random)? })
            }
            2 => json!({ "customer_note": self.words_or_none() }),
            3 => {
                let (city, code) = *PLACES.choose(&mut self.random)?;
                json!({ "billing": { "address_1": self.words(), "city": city, "postcode": code } })
            }
            4 => json!({ "shipping": { "address_1": self.words(), "city": self.words_or_none() } }),
            5 => {
                let amount = Decimal::new(self.random.random_range(1..100), 2);
                let reason = self.words_or_none();
                self.shop.refund_order(id, &amount.to_string(), &reason)?;
                return Some(format!("{amount} of order {id} are paid back"));
            }
            _ => {
                let lines = order["line_items"].as_array()?;
                let line = lines.choose(&mut self.random)?;
                let quantity = self.random.random_range(1..6);
                let price = Decimal::new(self.random.random_range(100..9_000), 2);
                let cost = (price * Decimal::from(quantity)).to_string();
                json!({ "line_items": [{ "id": line["id"], "quantity": quantity, "subtotal": cost, "total": cost }] })
            }
        };
        let done = self.shop.edit_order(id, edit.clone());
        done.then(|| format!("order {id} is edited: {edit}"))
    }

    fn edit_sales_order(&mut self) -> Option<String> {
        let order = self.sales_order()?;
        let id = text(&order, "id");
        let edit = match self.random.random_range(0..7) {
            0 | 1 => {
                let status = ["Created", "Approved", "Delivered", "Cancelled"];
                json!({ "sostatus": status.choose(&mut self.random)? })
            }
            2 => json!({ "description": self.words_or_none() }),
            3 => {
                let (city, code) = *PLACES.choose(&mut self.random)?;
                json!({ "ship_street": self.words(), "ship_city": city, "ship_code": code })
            }
            _ => {
                let mut lines = order["LineItems"].as_array()?.clone();
                // Vtiger itself refuses a line whose product is gone.
                lines.retain(|line| line["productid"].is_string());
                let nth = self.random.random_range(0..lines.len().max(1));
                match self.random.random_range(0..4) {
                    0 => {
                        let product = self.crm_product()?;
                        let price = self.price();
                        lines
                            .push(json!({ "productid": product["id"], "quantity": "1", "listprice": price }));
                    }
                    1 if lines.len() > 1 => drop(lines.remove(nth)),
                    2 => lines.get_mut(nth)?["listprice"] = json!(self.price()),
                    _ => {
                        let quantity = self.random.random_range(1..6).to_string();
                        lines.get_mut(nth)?["quantity"] = json!(quantity);
                    }
                }
                json!({ "LineItems": lines })
            }
        };
        let done = self.crm.edit_record(id, edit.clone());
        done.then(|| format!("sales order {id} is edited: {edit}"))
    }
}
