//! Tests a shop's address, key and permissions, and says what to do where one doesn't suffice. Changes nothing.

use reqwest::Method;
use serde_json::{Value as Json, json};
use url::Host;

use super::Authentication;
use super::rest::{API, Request, Rest};
use crate::sync::Module;
use crate::system::{Fault, Finding, SystemError, Uses, Verdict};

const MAKE_A_KEY: &str = "in WooCommerce, under Settings > Advanced > REST API, make a key with Read/Write permission \
                          for an administrator or shop manager, and enter its consumer key and secret";

/// What WooCommerce has to refuse, but only after it has looked at the rights to write: a key that may not write is
/// refused earlier, with 401.
struct Probe {
    module: Module,
    collection: &'static str,
    /// What is asked for; a function, as JSON can't be a constant.
    body: fn() -> Json,
    /// What it is, and how to look for it where a shop takes it all the same.
    accepted: (&'static str, &'static str),
}

const PROBES: [Probe; 3] = [
    // A missing e-mail address would be refused before the user's rights are looked at.
    Probe {
        module: Module::Contacts,
        collection: "customers",
        body: || json!({ "email": "not-an-email" }),
        accepted: (
            "the site accepted a customer without a valid e-mail address",
            "delete the customer `not-an-email` and look for the plugin that allows it",
        ),
    },
    // A product that exists already can't be created.
    Probe {
        module: Module::Products,
        collection: "products",
        body: || json!({ "id": 1, "status": "draft" }),
        accepted: (
            "the site accepted a product that can't be created",
            "delete the newest draft of a product, named `Product`, and look for the plugin that allows it",
        ),
    },
    Probe {
        module: Module::SalesOrders,
        collection: "orders",
        body: || json!({ "customer_id": NOBODY, "status": "cancelled" }),
        accepted: (
            "the site accepted an order of a customer that isn't there",
            "delete the newest cancelled order, which is empty, and look for the plugin that allows it",
        ),
    },
];

/// No customer has this id: a shop would have to have had two thousand million.
const NOBODY: u64 = 2_147_483_647;

/// Looks at the site, at reading and at writing; stops at the site when that doesn't answer.
pub(super) async fn check(rest: &Rest, uses: &Uses) -> Vec<Finding> {
    let site = site(rest).await;
    let is_usable = !matches!(site, Verdict::Bad(..));
    let mut findings = vec![finding("reach the site", site)];
    if is_usable {
        for collection in ["customers", "products", "orders", "taxes"] {
            let subject = format!("read {collection}");
            findings.push(finding(&subject, readable(rest, collection).await));
        }
        for probe in &PROBES {
            let subject = format!("write {}", probe.collection);
            let verdict = if uses.of(probe.module).writes {
                writable(rest, probe).await
            } else {
                Verdict::Good("not needed, as nothing travels there".to_owned())
            };
            findings.push(finding(&subject, verdict));
        }
    }
    findings
}

fn finding(subject: &str, verdict: Verdict) -> Finding {
    Finding {
        subject: subject.to_owned(),
        verdict,
    }
}

fn bad(problem: &str, advice: impl Into<String>) -> Verdict {
    Verdict::Bad(problem.to_owned(), advice.into())
}

async fn site(rest: &Rest) -> Verdict {
    let index = match rest.get("read the REST index", "", &[]).await {
        Ok(answer) => answer.body,
        Err(error) => return bad(&error.message, advice_on_site(&error)),
    };
    let namespaces = index.get("namespaces").and_then(Json::as_array);
    if !namespaces.is_some_and(|all| all.iter().any(|name| name == API)) {
        return bad(
            "the site is WordPress, but WooCommerce's REST API is not there",
            "activate WooCommerce 3.5 or later on this site, or correct the address",
        );
    }
    if rest.site().scheme() == "http" && !is_loopback(rest) {
        return Verdict::Warning(
            "customers' data travels over plain http".to_owned(),
            "give the site a certificate and enter its https address".to_owned(),
        );
    }
    let name = index.get("name").and_then(Json::as_str).unwrap_or_default();
    Verdict::Good(html_escape::decode_html_entities(name).into_owned())
}

fn is_loopback(rest: &Rest) -> bool {
    match rest.site().host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn advice_on_site(error: &SystemError) -> &'static str {
    if error.message.contains("redirects to") {
        "enter the address that the site redirects to"
    } else if error.message.contains("HTTP 404") || error.message.contains("no JSON") {
        "check the address; in WordPress, under Settings > Permalinks, choose anything but Plain"
    } else if error.fault == Fault::Denied {
        "let this program through the site's firewall, password protection or security plugin"
    } else {
        "check the address, and that the site is up and reachable from here"
    }
}

async fn readable(rest: &Rest, collection: &str) -> Verdict {
    let path = format!("{API}/{collection}");
    match rest.get("read a list", path, &[("per_page", "1")]).await {
        Ok(answer) => {
            let total = answer.total().unwrap_or_default();
            Verdict::Good(format!("{total} {collection}"))
        }
        Err(error) => bad(&error.message, advice(rest, &error)),
    }
}

async fn writable(rest: &Rest, probe: &Probe) -> Verdict {
    let request = Request {
        operation: "test the permission to write",
        method: Method::POST,
        path: format!("{API}/{}", probe.collection),
        query: &[],
        body: Some((probe.body)()),
    };
    match rest.call(&request).await {
        Err(error) => match &error.fault {
            Fault::Rejected { field } if field.as_deref() == Some("password") => Verdict::Warning(
                "WooCommerce wants a password for each new customer, so none can be created".to_owned(),
                "in WooCommerce, under Settings > Accounts & Privacy, let new customers set their password by a link"
                    .to_owned(),
            ),
            Fault::Rejected { .. } => Verdict::Good("permitted".to_owned()),
            Fault::Denied if !is_untimely(&error) => {
                bad(&error.message, format!("the key may not write: {MAKE_A_KEY}"))
            }
            _ => bad(&error.message, advice(rest, &error)),
        },
        Ok(_) => bad(probe.accepted.0, probe.accepted.1),
    }
}

/// Whether the shop refuses the time that a request is signed with by OAuth.
fn is_untimely(error: &SystemError) -> bool {
    error.message.contains("Invalid timestamp")
}

fn advice(rest: &Rest, error: &SystemError) -> String {
    let is_basic_over_http = rest.site().scheme() == "http" && rest.authentication() != Authentication::OAuth;
    match error.fault {
        Fault::Denied if is_untimely(error) => {
            "the clocks of this machine and the shop's server differ by more than 15 minutes: have both set by NTP \
             (`timedatectl set-ntp true`)"
                .to_owned()
        }
        Fault::Denied if is_basic_over_http => {
            "over http WooCommerce takes only OAuth: enter the site's https address, or set authentication to `oauth`"
                .to_owned()
        }
        Fault::Denied => MAKE_A_KEY.to_owned(),
        _ => "try again; if it stays so, look into the site's error log".to_owned(),
    }
}
