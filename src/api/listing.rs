//! What the addresses have in common.

use actix_web::{Resource, web};

use super::answer::{Refusal, only};

/// How many are listed where the caller doesn't say.
const USUAL: u32 = 50;

/// How many are listed at most.
const MOST: u32 = 500;

/// An address that takes these methods, and refuses others.
pub(super) fn resource(path: &str, methods: &'static str) -> Resource {
    #[cfg(test)]
    SERVED.with_borrow_mut(|served| {
        served.extend(methods.split(", ").map(|method| format!("{method} {path}")));
    });
    web::resource(path.to_owned()).default_service(web::to(move || async move { only(methods) }))
}

/// How many are to be listed.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Refusal> {
    let limit = asked.unwrap_or(USUAL);
    if (1..=MOST).contains(&limit) {
        Ok(limit)
    } else {
        Err(Refusal::Malformed(format!("limit must be between 1 and {MOST}")))
    }
}

#[cfg(test)]
thread_local! {
    static SERVED: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// The methods and paths of the addresses that this adds.
#[cfg(test)]
pub(super) fn served(add: impl FnOnce()) -> Vec<String> {
    SERVED.take();
    add();
    SERVED.take()
}
