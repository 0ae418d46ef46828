//! Which part of a batch's answer is for which of its items. Pure.
//!
//! A batch is answered with HTTP 200 whatever became of its items. Each has its place in the answer, in the order of the
//! request: the record, or `{"id", "error"}`, where the id is that of the request or 0.

use serde_json::Value as Json;

use super::line::Item;
use crate::clock::Timestamp;
use crate::system::SystemError;
use crate::woocommerce::error;

/// What the answer says of each item; nothing where it can't be told.
pub(super) fn of_each<T>(
    items: &[Item<T>],
    answer: &Json,
    now: Timestamp,
) -> Vec<Option<Result<Json, SystemError>>> {
    let list = |name: &str| answer.get(name).and_then(Json::as_array).map(Vec::as_slice);
    let (created, updated) = (
        list("create").unwrap_or_default(),
        list("update").unwrap_or_default(),
    );
    let to_create = items.iter().filter(|item| item.id.is_none()).count();
    // Only by its place can be told which new record is whose.
    let mut created = created.iter().filter(|_| created.len() == to_create);
    let told = |item: &Item<T>| {
        let part = match item.id {
            None => created.next(),
            Some(id) => updated.iter().find(|part| number(part) == Some(id)),
        }?;
        match part.get("error") {
            Some(said) => Some(Err(error::of_item(item.write.operation, said, now))),
            None => number(part).filter(|id| *id > 0).map(|_| Ok(part.clone())),
        }
    };
    items.iter().map(told).collect()
}

fn number(part: &Json) -> Option<u64> {
    part.get("id")?.as_u64()
}

#[cfg(test)]
mod tests {
    use reqwest::Method;
    use serde_json::json;

    use super::*;
    use crate::system::Fault;
    use crate::woocommerce::batch::Write;

    fn items(ids: &[Option<u64>]) -> Vec<Item<()>> {
        let write = || Write {
            operation: "update product",
            method: Method::PUT,
            path: String::new(),
            body: json!({}),
        };
        ids.iter().map(|id| Item::new(write(), *id, ())).collect()
    }

    fn told(ids: &[Option<u64>], answer: &Json) -> Vec<Option<Result<Json, Fault>>> {
        let told = of_each(&items(ids), answer, Timestamp::from_seconds(0));
        let fault = |outcome: Result<Json, SystemError>| outcome.map_err(|error| error.fault);
        told.into_iter().map(|outcome| outcome.map(fault)).collect()
    }

    #[test]
    fn each_item_gets_its_own_answer() {
        let refused = json!({"code": "product_invalid_sku", "message": "", "data": {"status": 400}});
        let gone =
            json!({"code": "woocommerce_rest_product_invalid_id", "message": "", "data": {"status": 400}});
        let broken = json!({"code": "db_error", "message": "", "data": null});
        let answer = json!({
            "create": [{"id": 0, "error": refused}, {"id": 12, "sku": "B"}],
            "update": [{"id": 7, "error": gone}, {"id": 8, "sku": "A"}, {"id": 9, "error": broken}],
        });

        let told = told(&[Some(8), None, Some(7), None, Some(9)], &answer);

        let expected = [
            Ok(json!({"id": 8, "sku": "A"})),
            Err(Fault::Rejected {
                field: Some("sku".to_owned()),
            }),
            Err(Fault::Gone),
            Ok(json!({"id": 12, "sku": "B"})),
            Err(Fault::Unavailable { retry_after: None }),
        ];
        assert_eq!(told, expected.map(Some));
    }

    #[test]
    fn what_an_answer_leaves_open_is_not_guessed() {
        for answer in [
            json!([]),
            json!({}),
            json!({"create": [{"id": 12}], "update": [{"id": 9}, {}]}),
            json!({"create": [{"id": 0}, {"sku": "x"}], "update": null}),
        ] {
            assert_eq!(
                told(&[Some(8), None, None], &answer),
                [None, None, None],
                "{answer}"
            );
        }
    }
}
