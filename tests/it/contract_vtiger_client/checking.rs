//! What a person is told of a Vtiger that can, or can't, be worked with.

use woo_vtiger_sync::system::{Use, Uses};

use super::*;

/// What was found, by subject.
async fn check(vtiger: &Vtiger) -> Vec<(String, Verdict)> {
    let findings = vtiger.check().await;
    findings
        .into_iter()
        .map(|finding| (finding.subject, finding.verdict))
        .collect()
}

fn problem(findings: &[(String, Verdict)], subject: &str) -> String {
    let (_, verdict) = findings.iter().find(|(name, _)| name == subject).unwrap();
    match verdict {
        Verdict::Good(detail) => format!("good: {detail}"),
        Verdict::Warning(problem, remedy) => format!("warning: {problem}: {remedy}"),
        Verdict::Bad(problem, remedy) => format!("bad: {problem}: {remedy}"),
    }
}

#[tokio::test]
async fn an_ordinary_vtiger_on_php_8_is_in_order_but_for_sync() {
    let crm = Crm::open().await;
    for name in ["listtypes", "describe_Contacts", "sync_STOCK_http500"] {
        crm.plays(name, json!({})).await;
    }

    let findings = check(&crm.client()).await;

    assert!(problem(&findings, "sign in").starts_with("good: user 19x1, an administrator; Vtiger 8.3.0"));
    assert!(problem(&findings, "sync operation").starts_with("warning: it failed (HTTP 500)"));
    assert!(problem(&findings, "create sales orders").starts_with("warning: Vtiger 8.3.0 cannot create"));
    let known = ["sync operation", "create sales orders", "extension"];
    let others = findings
        .iter()
        .filter(|(name, _)| !known.contains(&name.as_str()));
    for (subject, verdict) in others {
        assert!(matches!(verdict, Verdict::Good(_)), "{subject}: {verdict:?}");
    }
    let subjects: Vec<_> = findings.iter().map(|(subject, _)| subject.as_str()).collect();
    assert!(
        subjects.contains(&"Contacts") && subjects.contains(&"Accounts"),
        "{subjects:?}"
    );
}

#[tokio::test]
async fn a_user_who_sees_no_module_is_told_what_to_do() {
    let crm = Crm::closed().await;
    crm.plays("getchallenge", json!({})).await;
    let mut login = recording::json("vtiger/login_ok.json")["body"]["result"].clone();
    login["is_admin"] = json!("off");
    crm.answers("login_ok", json!({}), login).await;
    crm.plays("listtypes_non_admin_STOCK_bug", json!({})).await;
    crm.plays("sync_STOCK_http500", json!({})).await;

    let findings = check(&crm.client()).await;

    let contacts = problem(&findings, "Contacts");
    assert!(
        contacts.starts_with("bad: the user doesn't see Contacts"),
        "{contacts}"
    );
    assert!(contacts.contains("View all"), "{contacts}");
}

#[tokio::test]
async fn a_missing_right_is_named() {
    let crm = Crm::open().await;
    for name in ["listtypes", "sync_STOCK_http500"] {
        crm.plays(name, json!({})).await;
    }
    let mut description = recording::json("vtiger/describe_Contacts.json")["body"]["result"].clone();
    description["updateable"] = json!(false);
    crm.answers("describe_Contacts", json!({}), description).await;

    let findings = check(&crm.client()).await;

    assert!(problem(&findings, "Contacts").starts_with("bad: the user may not edit Contacts"));
}

#[tokio::test]
async fn wrong_address_user_and_key_are_told_apart() {
    let crm = Crm::closed().await;
    let findings = check(&crm.client()).await;
    assert!(problem(&findings, "reach webservice.php").contains("check the CRM's address"));

    let crm = Crm::closed().await;
    crm.plays("getchallenge_unknown_user", json!({})).await;
    let findings = check(&crm.client()).await;
    assert!(problem(&findings, "reach webservice.php").contains("check the user name"));

    let crm = Crm::closed().await;
    crm.plays("getchallenge", json!({})).await;
    crm.plays("login_wrong_key", json!({})).await;
    let findings = check(&crm.client()).await;
    assert!(problem(&findings, "sign in").contains("access key"));
}

#[tokio::test]
async fn a_right_is_missed_only_where_it_is_needed() {
    let crm = Crm::open().await;
    for name in ["listtypes", "sync_STOCK_http500"] {
        crm.plays(name, json!({})).await;
    }
    let mut description = recording::json("vtiger/describe_Contacts.json")["body"]["result"].clone();
    for right in ["createable", "updateable", "deleteable"] {
        description[right] = json!(false);
    }
    crm.answers("describe_Contacts", json!({}), description).await;
    let read = Use {
        reads: true,
        ..Use::default()
    };
    let write = Use { writes: true, ..read };

    for (contacts, orders, expected) in [
        (read, read, "good: can be viewed; no more is needed"),
        (write, read, "bad: the user may not create, edit Contacts"),
        (read, write, "good: can be viewed; no more is needed"),
        (
            Use::ALL,
            read,
            "bad: the user may not create, edit, delete Contacts",
        ),
        (Use::default(), Use::default(), "good: not kept in step"),
    ] {
        let uses: Uses = [(Module::Contacts, contacts), (Module::SalesOrders, orders)]
            .into_iter()
            .collect();
        let findings = crm.client().check_for(&uses).await;

        let findings: Vec<_> = findings
            .into_iter()
            .map(|finding| (finding.subject, finding.verdict))
            .collect();
        let told = problem(&findings, "Contacts");
        assert!(told.starts_with(expected), "{told}");
    }
}
