//! Tax rates: `/taxes`. They have no dates, and no webhook tells of them.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::answer::{Answer, ApiError, Fields};
use super::fields::{self, ALLOW_ALL, as_integer, text_of};
use super::query::Query;
use super::shop::{Resource, Shop};

const CLASSES: &[&str] = &["standard", "books", "reduced-rate", "zero-rate"];

/// Adds a tax rate without any check.
pub(super) fn add(shop: &mut Shop, given: &Fields) -> u64 {
    let id = shop.next_tax;
    shop.next_tax += 1;
    let template = json!({
        "id": id, "country": "", "state": "", "postcode": "", "city": "", "rate": "0.0000", "name": "",
        "priority": 1, "compound": false, "shipping": true, "order": 0, "class": "standard",
        "postcodes": [], "cities": [],
    });
    if let Value::Object(mut tax) = template {
        merge(&mut tax, given);
        shop.taxes.insert(id, tax);
    }
    id
}

/// Changes a tax rate without any check.
pub(super) fn edit(shop: &mut Shop, id: u64, given: &Fields) -> bool {
    let Some(tax) = shop.taxes.get_mut(&id) else {
        return false;
    };
    merge(tax, given);
    true
}

/// A tax rate as GET shows it.
pub(super) fn view(shop: &Shop, id: u64, tax: &Fields) -> Value {
    let mut shown = tax.clone();
    shown.insert(
        "_links".into(),
        fields::links(&shop.rest(), "taxes", id, ALLOW_ALL),
    );
    shown.into()
}

/// The collection of tax rates.
pub(super) struct Taxes;

impl Resource for Taxes {
    const PATH: &'static str = "taxes";
    const REQUIRED: &'static [&'static str] = &[];

    fn check(given: &Fields, _creates: bool) -> Result<(), ApiError> {
        let mut wrong = fields::wrong_types(
            given,
            &[
                ("country", "string"),
                ("state", "string"),
                ("postcode", "string"),
                ("city", "string"),
                ("rate", "string"),
                ("name", "string"),
                ("priority", "integer"),
                ("compound", "boolean"),
                ("shipping", "boolean"),
                ("order", "integer"),
                ("class", "string"),
                ("postcodes", "array"),
                ("cities", "array"),
            ],
        );
        wrong.extend(fields::not_one_of(given, "class", CLASSES));
        ApiError::of_invalid(&wrong)
    }

    fn list(&self, shop: &Shop, query: &Query) -> Result<Answer, ApiError> {
        let orderby = query.one_of("orderby", &["order", "id", "priority"])?;
        let descends = query.one_of("order", &["asc", "desc"])? == "desc";
        let class = match query.get("class") {
            None => None,
            Some(_) => Some(query.one_of("class", CLASSES)?),
        };
        let mut found: Vec<_> = shop
            .taxes
            .iter()
            .filter(|(_, tax)| class.is_none_or(|class| text_of(tax, "class") == class))
            .collect();
        if orderby != "id" {
            found.sort_by_key(|(_, tax)| tax[orderby].as_i64());
        }
        if descends {
            found.reverse();
        }
        query.page(&format!("{}/taxes", shop.rest()), found, &[], |(&id, tax)| {
            view(shop, id, tax)
        })
    }

    fn get(&self, shop: &Shop, id: u64) -> Result<Value, ApiError> {
        let tax = shop.taxes.get(&id).ok_or_else(|| invalid_id(404))?;
        Ok(view(shop, id, tax))
    }

    fn create(&self, shop: &mut Shop, given: &Fields) -> Result<Value, ApiError> {
        let id = add(shop, given);
        self.get(shop, id)
    }

    fn update(&self, shop: &mut Shop, id: u64, given: &Fields) -> Result<Value, ApiError> {
        edit(shop, id, given);
        self.get(shop, id)
    }

    fn delete(&self, shop: &mut Shop, id: u64, force: bool) -> Result<Value, ApiError> {
        if !force {
            return Err(ApiError::new(
                501,
                "woocommerce_rest_trash_not_supported",
                "Taxes do not support trashing.",
            ));
        }
        let was = shop.taxes.remove(&id).ok_or_else(|| invalid_id(400))?;
        Ok(view(shop, id, &was))
    }
}

fn merge(tax: &mut Fields, given: &Fields) {
    for name in ["country", "state"] {
        if let Some(Value::String(code)) = given.get(name) {
            tax.insert(name.into(), json!(code.to_uppercase()));
        }
    }
    for name in ["name", "class"] {
        if let Some(Value::String(text)) = given.get(name) {
            tax.insert(name.into(), json!(text));
        }
    }
    for name in ["priority", "order"] {
        if let Some(number) = given.get(name).and_then(as_integer) {
            tax.insert(name.into(), json!(number));
        }
    }
    for name in ["compound", "shipping"] {
        if let Some(Value::Bool(flag)) = given.get(name) {
            tax.insert(name.into(), json!(flag));
        }
    }
    if let Some(rate) = given.get("rate") {
        let sent = rate.as_str().map_or_else(|| rate.to_string(), str::to_owned);
        let rate: Decimal = sent.trim().parse().unwrap_or_default();
        tax.insert("rate".into(), json!(format!("{rate:.4}")));
    }
    merge_places(tax, given, "postcode", "postcodes");
    merge_places(tax, given, "city", "cities");
}

/// The old key shows the last of the list that took its place; it can be written as a list with `;`.
fn merge_places(tax: &mut Fields, given: &Fields, one: &str, many: &str) {
    let places: Vec<String> = match (given.get(many), given.get(one)) {
        (Some(Value::Array(places)), _) => {
            let places = places.iter().filter_map(Value::as_str);
            places.map(str::to_uppercase).collect()
        }
        (_, Some(Value::String(places))) => {
            let places = places.split(';').map(str::trim).filter(|place| !place.is_empty());
            places.map(str::to_uppercase).collect()
        }
        _ => return,
    };
    tax.insert(one.to_owned(), json!(places.last().cloned().unwrap_or_default()));
    tax.insert(many.to_owned(), json!(places));
}

fn invalid_id(status: u16) -> ApiError {
    ApiError::new(status, "woocommerce_rest_invalid_id", "Invalid resource ID.")
}
