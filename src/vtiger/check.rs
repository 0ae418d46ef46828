//! Looks whether a Vtiger can be worked with, and says what to do where it can't.
//!
//! Reads only; writes nothing to Vtiger. Goes on as far as it makes sense, so that a person sees all that is to be
//! mended at once.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::answer::CallError;
use super::extension::{Extension, Report};
use super::session::Session;
use super::{Vtiger, element_type, reference};
use crate::sync::Module;
use crate::system::{Finding, Use, Uses, Verdict};

/// How to get the extension.
const INSTALL: &str = "install the extension: write it with `woo-vtiger-sync vtiger-extension`, and import the zip in \
                       Vtiger, Settings, Module Management, Modules";

pub(crate) async fn check(vtiger: &Vtiger, uses: &Uses) -> Vec<Finding> {
    let mut findings = Vec::new();
    let reached = vtiger.webservice().challenge().await.map(drop);
    let is_reached = reached.is_ok();
    findings.push(finding("reach webservice.php", address(reached)));
    if !is_reached {
        return findings;
    }
    let session = match vtiger.webservice().session().await {
        Ok(session) => {
            findings.push(finding("sign in", Verdict::Good(user(&session))));
            session
        }
        Err(error) => {
            findings.push(finding("sign in", bad(&error)));
            return findings;
        }
    };
    match vtiger.webservice().listtypes().await {
        Ok(types) => {
            for (module, needed) in modules(uses) {
                let verdict = if !needed.reads {
                    Verdict::Good("not kept in step".to_owned())
                } else if types.iter().any(|name| name == module) {
                    rights(module, needed, vtiger.webservice().describe(module).await)
                } else {
                    unseen(module, &session)
                };
                findings.push(finding(module, verdict));
            }
        }
        Err(error) => findings.push(finding("list modules", bad(&error))),
    }
    let report = Extension::ask(vtiger.webservice()).await;
    let known = report.as_ref().ok().and_then(Option::as_ref);
    findings.push(finding("create sales orders", orders(&session, known)));
    let verdict = match &report {
        Ok(report) => extension(report.as_ref()),
        Err(error) => bad(error),
    };
    findings.push(finding("extension", verdict));
    // Currencies are made for orders.
    let makes_some = [Module::Taxes, Module::SalesOrders].map(|module| uses.of(module).writes);
    if session.is_admin == Some(false) && makes_some.contains(&true) {
        let problem = "the user is not an administrator, and only those may create taxes and currencies";
        let remedy = "make the user an administrator, or create them in Vtiger before they are needed";
        let verdict = Verdict::Warning(problem.to_owned(), remedy.to_owned());
        findings.push(finding("create taxes", verdict));
    }
    if let Some(owner) = &vtiger.assigned_user_id {
        let verdict = match vtiger.webservice().retrieve(owner).await {
            Ok(_) => Verdict::Good(format!("created records are assigned to {owner}")),
            Err(error) => Verdict::Bad(
                format!("{owner} can't be read ({error})"),
                "set assigned_user_id to the id of a user or group, such as 19x5, or leave it out".to_owned(),
            ),
        };
        findings.push(finding("assigned_user_id", verdict));
    }
    findings.push(finding("sync operation", sync(vtiger).await));
    findings.push(finding("time zone", zone(vtiger)));
    findings
}

fn finding(subject: &str, verdict: Verdict) -> Finding {
    Finding {
        subject: subject.to_owned(),
        verdict,
    }
}

/// The modules that are worked with, and those that their references point to: what is done with each.
fn modules(uses: &Uses) -> BTreeMap<&'static str, Use> {
    let mut all = BTreeMap::<&str, Use>::new();
    let mut add = |name, more| {
        let needed = all.entry(name).or_default();
        *needed = needed.and(more);
    };
    for module in Module::ALL {
        let own = uses.of(module);
        add(element_type(module), own);
        // What is referred to is made where it is missing, and so are the items that stand for an order's other lines.
        let referred = Use {
            deletes: false,
            ..own
        };
        for reference in reference::of(module) {
            add(reference.target, referred);
        }
        if module == Module::SalesOrders {
            add(element_type(Module::Products), referred);
        }
    }
    all
}

fn address(reached: Result<(), CallError>) -> Verdict {
    match reached {
        Ok(()) => Verdict::Good("it answers".to_owned()),
        Err(CallError::Refused { code, message }) => Verdict::Bad(
            format!("{code}: {message}"),
            "check the user name; it is the one to sign in to Vtiger with, and the user must be active".to_owned(),
        ),
        Err(error) => Verdict::Bad(
            error.to_string(),
            "check the CRM's address: ADDRESS/webservice.php must answer there, over the final scheme and host, \
             without a redirect"
                .to_owned(),
        ),
    }
}

fn bad(error: &CallError) -> Verdict {
    let remedy = match error {
        CallError::SignIn { .. } => {
            "copy the access key anew from Vtiger, My Preferences, Access Key; it is not the password"
        }
        _ => "try again; if it persists, look into the error log of Vtiger's web server",
    };
    Verdict::Bad(error.to_string(), remedy.to_owned())
}

fn user(session: &Session) -> String {
    let kind = match session.is_admin {
        Some(true) => ", an administrator",
        Some(false) => ", not an administrator",
        None => "",
    };
    let version = session.version.as_deref().unwrap_or("of unknown version");
    format!("user {}{kind}; Vtiger {version}", session.user_id)
}

/// What the user may do with a module, by its `describe`, of what is needed.
fn rights(module: &str, needed: Use, description: Result<Map<String, Json>, CallError>) -> Verdict {
    let description = match description {
        Ok(description) => description,
        Err(error) => return bad(&error),
    };
    let is_allowed = |flag: &str| description.get(flag) != Some(&Json::Bool(false));
    let rights = [
        ("retrieveable", "view", "viewed", needed.reads),
        ("createable", "create", "created", needed.writes),
        ("updateable", "edit", "edited", needed.writes),
        ("deleteable", "delete", "deleted", needed.deletes),
    ];
    let missing: Vec<&str> = rights
        .iter()
        .filter(|(flag, .., is_needed)| *is_needed && !is_allowed(flag))
        .map(|(_, right, ..)| *right)
        .collect();
    if missing.is_empty() {
        let allowed: Vec<&str> = rights
            .iter()
            .filter(|(flag, ..)| is_allowed(flag))
            .map(|(_, _, done, _)| *done)
            .collect();
        return Verdict::Good(match allowed.as_slice() {
            ["viewed", "created", "edited", "deleted"] => {
                "can be viewed, created, edited and deleted".to_owned()
            }
            allowed => format!("can be {}; no more is needed", allowed.join(" and ")),
        });
    }
    let problem = format!("the user may not {} {module}", missing.join(", "));
    let remedy = format!(
        "allow it in Vtiger, Settings, Profiles, in the profile of the user's role: {} for {module}",
        missing.join(", ")
    );
    if missing == ["delete"] {
        Verdict::Warning(problem, remedy)
    } else {
        Verdict::Bad(problem, remedy)
    }
}

fn unseen(module: &str, session: &Session) -> Verdict {
    let remedy = if session.is_admin == Some(true) {
        format!("switch {module} on in Vtiger, Settings, Modules")
    } else {
        format!(
            "allow {module} in the profile of the user's role; in Vtiger 8.3.0 that profile must also have View all \
             or Edit all, or the user must be an administrator, or no module is seen at all"
        )
    };
    Verdict::Bad(format!("the user doesn't see {module}"), remedy)
}

/// Whether sales orders can be created: by the extension, or as far as the version tells. Trying would leave one behind.
fn orders(session: &Session, report: Option<&Report>) -> Verdict {
    if report.is_some_and(Report::saves_orders) {
        return Verdict::Good("created and changed by the extension".to_owned());
    }
    let version = session.version.as_deref().unwrap_or_default();
    let mut numbers = version
        .split('.')
        .map(|number| number.parse::<u32>().unwrap_or_default());
    let (major, minor) = (
        numbers.next().unwrap_or_default(),
        numbers.next().unwrap_or_default(),
    );
    if (major, minor) < (8, 3) {
        return Verdict::Good("can be created in this version, as far as is known".to_owned());
    }
    Verdict::Warning(
        format!("Vtiger {version} cannot create sales orders through its webservice unless it was repaired"),
        format!("nothing to do on Vtiger Cloud or if orders arrive; else {INSTALL}"),
    )
}

/// Whether the extension is there, of this program's version, and tells of changes.
fn extension(report: Option<&Report>) -> Verdict {
    let ours = env!("CARGO_PKG_VERSION");
    let Some(report) = report else {
        return Verdict::Warning(
            "not installed: without it, changes are told by workflows or found by sweeps".to_owned(),
            format!("nothing to do on Vtiger Cloud, whose workflows have webhooks; else {INSTALL}"),
        );
    };
    let theirs = &report.extension;
    if !report.is_understood() {
        return Verdict::Bad(
            format!("its version {theirs} doesn't go with this program's {ours}"),
            format!("bring both to the same version: {INSTALL}"),
        );
    }
    if theirs != ours {
        return Verdict::Warning(
            format!("its version is {theirs}, this program's {ours}"),
            INSTALL.to_owned(),
        );
    }
    let callbacks = &report.callbacks;
    if !callbacks.url {
        return Verdict::Warning(
            format!("version {theirs}; it has no address to send callbacks to"),
            "set this connection's callback URL and secret in Vtiger, Settings, Integration, WooCommerce Sync".to_owned(),
        );
    }
    if callbacks.failed > 0 {
        return Verdict::Warning(
            format!("version {theirs}; {} callbacks were given up", callbacks.failed),
            "look in Vtiger, Settings, Integration, WooCommerce Sync, why, mend it, and send them again there".to_owned(),
        );
    }
    Verdict::Good(format!(
        "version {theirs}; {} callbacks wait to be sent",
        callbacks.waiting
    ))
}

async fn sync(vtiger: &Vtiger) -> Verdict {
    let now = vtiger.webservice().server_now();
    match vtiger.webservice().sync("Contacts", now).await {
        Ok(_) => Verdict::Good("works, though changes are found by query".to_owned()),
        Err(error) => Verdict::Warning(
            format!("{error}, as always in Vtiger 8.3.0 with PHP 8"),
            "nothing to do: it is not needed, changes are found by query".to_owned(),
        ),
    }
}

fn zone(vtiger: &Vtiger) -> Verdict {
    let offset = vtiger.zone.offset();
    Verdict::Good(format!(
        "times are read as UTC{offset}{}",
        if vtiger.zone.is_configured() {
            ", as configured"
        } else {
            "; corrected with the first write if Vtiger's server has another"
        }
    ))
}
