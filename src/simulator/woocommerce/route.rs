//! From method and path to the resource's own function; batches.

use serde_json::{Value, json};

use super::answer::{Answer, ApiError, Fields};
use super::category::Categories;
use super::customer::Customers;
use super::fields::{ALLOW_ALL, id_of};
use super::order::Orders;
use super::product::{Products, Variations};
use super::query::Query;
use super::refund::Refunds;
use super::shop::{Resource, Shop};
use super::tax::Taxes;
use super::webhook::Webhooks;

/// Items that one batch may have.
const MAX_BATCH: usize = 100;

/// The lists of a batch, in the order in which they are worked on.
const LISTS: [&str; 3] = ["create", "update", "delete"];

/// A REST call below `/wp-json/wc/v3`.
pub(super) struct Call<'a> {
    pub(super) method: &'a str,
    /// Such as `/customers/12`.
    pub(super) path: &'a str,
    pub(super) query: &'a Query,
    /// The body's fields, or an error if it is no JSON.
    pub(super) fields: Result<Fields, ApiError>,
}

/// Does what a call asks for. The second value is what the route allows, if there is such a route.
pub(super) fn answer(
    shop: &mut Shop,
    call: &Call<'_>,
) -> (Result<Answer, ApiError>, &'static [&'static str]) {
    let edits = call.query.get("context") == Some("edit");
    let path: Vec<_> = call.path.trim_matches('/').split('/').collect();
    match path.as_slice() {
        [Customers::PATH, rest @ ..] => answer_for(&Customers, shop, call, rest),
        [Orders::PATH, order, Refunds::PATH, rest @ ..] if order.parse::<u64>().is_ok() => {
            let order = order.parse().unwrap_or_default();
            answer_for(&Refunds { order }, shop, call, rest)
        }
        [Orders::PATH, rest @ ..] => answer_for(&Orders, shop, call, rest),
        [Products::PATH, Categories::PATH, rest @ ..] => answer_for(&Categories, shop, call, rest),
        [Products::PATH, parent, Variations::PATH, rest @ ..] if parent.parse::<u64>().is_ok() => {
            let parent = parent.parse().unwrap_or_default();
            answer_for(&Variations { parent, edits }, shop, call, rest)
        }
        [Products::PATH, rest @ ..] => answer_for(&Products { edits }, shop, call, rest),
        [Taxes::PATH, rest @ ..] => answer_for(&Taxes, shop, call, rest),
        [Webhooks::PATH, rest @ ..] => answer_for(&Webhooks, shop, call, rest),
        ["system_status"] if call.method == "GET" => {
            let status = json!({ "environment": { "wp_cron": shop.wp_cron } });
            (Ok(Answer::ok(status)), &["GET"])
        }
        _ => (Err(ApiError::no_route()), &[]),
    }
}

fn answer_for<R: Resource>(
    resource: &R,
    shop: &mut Shop,
    call: &Call<'_>,
    rest: &[&str],
) -> (Result<Answer, ApiError>, &'static [&'static str]) {
    let method = call.method;
    let (allow, id): (&[&str], Option<u64>) = match rest {
        [] => (&["GET", "POST"], None),
        ["batch"] => (&["POST", "PUT", "PATCH"], None),
        [id] if id.parse::<u64>().is_ok() => (ALLOW_ALL, id.parse().ok()),
        _ => return (Err(ApiError::no_route()), &[]),
    };
    if !allow.contains(&method) {
        return (Err(ApiError::no_route()), &[]);
    }
    if rest == ["batch"] {
        let fields = call.fields.clone();
        return (fields.and_then(|fields| batch(resource, shop, &fields)), allow);
    }
    let result = match (method, id) {
        ("GET", None) => resource.list(shop, call.query),
        ("GET", Some(id)) => resource.get(shop, id).map(Answer::ok),
        ("DELETE", Some(id)) => resource.delete(shop, id, is_forced(call)).map(Answer::ok),
        (_, Some(id)) => checked::<R>(call, false)
            .and_then(|fields| resource.update(shop, id, &fields))
            .map(Answer::ok),
        (_, None) => checked::<R>(call, true)
            .and_then(|fields| resource.create(shop, &fields))
            .map(|record| Answer {
                status: 201,
                location: record["_links"]["self"][0]["href"].as_str().map(str::to_owned),
                ..Answer::ok(record)
            }),
    };
    let result = result.map(|answer| Answer {
        body: call.query.pick(answer.body),
        ..answer
    });
    // What is gone for good by now may not be worked on.
    (result, id.map_or(allow, |id| resource.allows(shop, id)))
}

fn is_forced(call: &Call<'_>) -> bool {
    let in_body = call.fields.as_ref().ok().and_then(|fields| fields.get("force"));
    call.query.is_true("force") || in_body == Some(&json!(true))
}

fn checked<R: Resource>(call: &Call<'_>, creates: bool) -> Result<Fields, ApiError> {
    let fields = call.fields.clone()?;
    let missing: Vec<_> = if creates {
        R::REQUIRED
            .iter()
            .copied()
            .filter(|name| !fields.contains_key(*name))
            .collect()
    } else {
        Vec::new()
    };
    if !missing.is_empty() {
        return Err(ApiError::missing(&missing));
    }
    R::check(&fields, creates)?;
    Ok(fields)
}

fn list<'a>(batch: &'a Fields, name: &str) -> &'a [Value] {
    let list = batch.get(name).and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default()
}

/// The records that a batch changes or deletes.
pub(super) fn written(batch: &Fields) -> Vec<u64> {
    let updated = list(batch, "update")
        .iter()
        .filter_map(|item| item["id"].as_u64());
    let deleted = list(batch, "delete").iter().filter_map(Value::as_u64);
    updated.chain(deleted).collect()
}

/// The first half of a batch: what of it was done when it was broken off.
pub(super) fn half(batch: &Fields) -> Fields {
    let mut left = LISTS.map(|name| list(batch, name).len()).iter().sum::<usize>() / 2;
    let mut half = Fields::new();
    for name in LISTS {
        let items = list(batch, name);
        let (done, _) = items.split_at(left.min(items.len()));
        left -= done.len();
        half.insert(name.to_owned(), done.into());
    }
    half
}

/// Does each item by itself, whatever becomes of the others. WordPress' own checks of types don't happen here.
fn batch<R: Resource>(resource: &R, shop: &mut Shop, fields: &Fields) -> Result<Answer, ApiError> {
    let [to_create, to_update, to_delete] = LISTS.map(|name| list(fields, name));
    if to_create.len() + to_update.len() + to_delete.len() > MAX_BATCH {
        return Err(ApiError::new(
            413,
            "woocommerce_rest_request_entity_too_large",
            format!("Unable to accept more than {MAX_BATCH} items for this request."),
        ));
    }
    let mut body = Fields::new();
    let mut put = |name: &str, items: Vec<Value>| {
        if !items.is_empty() {
            body.insert(name.to_owned(), items.into());
        }
    };
    let item = |id: u64, result: Result<Value, ApiError>| {
        result.unwrap_or_else(|error| json!({"id": id, "error": error.body()}))
    };
    let object = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let created = to_create
        .iter()
        .map(object)
        .map(|given| item(0, resource.create(shop, &given)))
        .collect();
    put("create", created);
    let updated = to_update.iter().map(object).map(|given| {
        let id = id_of(&given, "id");
        item(id, resource.update(shop, id, &given))
    });
    put("update", updated.collect());
    // A batch deletes for good.
    let deleted = to_delete.iter().map(|id| {
        let id = id.as_u64().unwrap_or(0);
        item(id, resource.delete(shop, id, true))
    });
    put("delete", deleted.collect());
    Ok(Answer::ok(body.into()))
}
