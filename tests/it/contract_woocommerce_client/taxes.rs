//! Tax rates: read only.

use woo_vtiger_sync::sync::MatchKey;

use super::*;

const TAXES: Module = Module::Taxes;

#[tokio::test]
async fn a_rate_is_read_by_its_id() {
    let (server, shop) = answering(recorded("tax_get")).await;

    let record = shop.fetch(TAXES, &RecordId::new("1")).await.unwrap().unwrap();

    assert_eq!(requests(&server).await, ["GET /wp-json/wc/v3/taxes/1"]);
    assert_eq!(
        (record.modified, get(&record, "name").as_str()),
        (None, "CA Sales Tax")
    );
    assert_eq!(get(&record, "rate"), "8.5000");
    assert!(!record.fields.contains_key("_links"));
    assert_eq!(shop.fetch(TAXES, &RecordId::new("34x4")).await, Ok(None));
}

#[tokio::test]
async fn all_rates_are_listed_and_found_by_name_and_percentage() {
    let (server, shop) = answering(recorded("taxes_list")).await;

    let page = shop.page(TAXES, None).await.unwrap();
    let key = MatchKey::tax(" MWST ermäßigt", "7.000");
    let found = shop.find(TAXES, key.as_str(), None).await.unwrap();
    let other = MatchKey::tax("MwSt ermäßigt", "7.5");
    let none = shop.find(TAXES, other.as_str(), None).await.unwrap();

    assert_eq!((page.records.len(), page.next), (4, None));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id.as_str(), "4");
    assert!(none.is_empty());
    let list = "GET /wp-json/wc/v3/taxes?orderby=id&order=asc&per_page=100&page=1";
    assert_eq!(requests(&server).await[0], list);
}

#[tokio::test]
async fn rates_are_never_written() {
    let (server, shop) = answering(ResponseTemplate::new(500)).await;
    let (id, patch) = (RecordId::new("1"), patch(&[("name", Value::text("x"))]));

    let errors = [
        shop.create(TAXES, &patch).await.unwrap_err(),
        shop.update(TAXES, &id, &patch).await.unwrap_err(),
        shop.delete(TAXES, &id).await.unwrap_err(),
    ];

    for error in errors {
        assert!(matches!(error.fault, Fault::Unsupported { .. }), "{error}");
    }
    assert_eq!(shop.restore(TAXES, &id, &patch).await, Ok(None));
    assert!(!shop.is_writable(TAXES, &FieldPath::parse("name").unwrap(), None));
    assert!(requests(&server).await.is_empty());
}

#[tokio::test]
async fn every_module_tells_its_fields() {
    let (_server, shop) = answering(ResponseTemplate::new(500)).await;
    for module in Module::ALL {
        let fields = shop.fields(module).await.unwrap();

        let mut paths: Vec<_> = fields.iter().map(|field| field.path.as_str()).collect();
        let count = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), count, "{module} tells a field twice");
        assert_eq!(paths.contains(&"meta_data[]"), module != TAXES);
        assert!(fields.iter().all(|field| !field.label.is_empty()));
    }
}
