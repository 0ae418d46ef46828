//! What is told of the addresses is what there is.

use std::collections::BTreeSet;

use actix_web::App;

use super::*;
use crate::api::listing::served;

/// The methods and paths that are told.
fn told() -> BTreeSet<String> {
    let told: Vec<Told> = serde_json::from_str(ADDRESSES).unwrap();
    told.iter()
        .map(|one| format!("{} {}", one.method, one.path))
        .collect()
}

#[test]
fn every_address_that_is_served_is_described_and_no_other() {
    let served: BTreeSet<String> = served(|| drop(App::new().configure(crate::api::routes)))
        .into_iter()
        .collect();

    assert!(served.len() > 40, "{served:?}");
    let told = told();
    let missing: Vec<_> = served.difference(&told).collect();
    let invented: Vec<_> = told.difference(&served).collect();
    assert!(missing.is_empty(), "not described: {missing:#?}");
    assert!(invented.is_empty(), "described and not there: {invented:#?}");
}

#[test]
fn every_description_says_what_it_does_and_what_it_takes() {
    for (path, methods) in describe()["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let does = operation["summary"].as_str().unwrap();
            assert!(does.ends_with('.') && does.len() > 10, "{method} {path}: {does}");
            let parameters = operation["parameters"].as_array().unwrap();
            for name in path
                .split('{')
                .skip(1)
                .map(|part| part.split('}').next().unwrap())
            {
                assert!(
                    parameters
                        .iter()
                        .any(|one| one["name"] == name && one["in"] == "path"),
                    "{method} {path}: {name}"
                );
            }
        }
    }
}
