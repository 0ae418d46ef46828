//! The page as a browser gets it, over a real database.

mod accounts;
mod log;
mod signing;
mod site;

use actix_web::http::{Method, StatusCode, header};
use woo_vtiger_sync::store::Action;
use woo_vtiger_sync::sync::{ConflictRule, Decision, Reason, RecordId, Side, Skip};

use site::{Site, changed, entry, field, header_of, text};

/// The text between two marks.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = page
        .split_once(from)
        .unwrap_or_else(|| panic!("no `{from}` in {page}"));
    rest.split_once(to)
        .unwrap_or_else(|| panic!("no `{to}` after `{from}`"))
        .0
}

/// What a person reads of a table's cell.
fn words(cell: &str) -> String {
    let cell = cell.split("</td>").next().unwrap_or_default();
    let parts = cell
        .split('<')
        .map(|part| part.rsplit('>').next().unwrap_or_default());
    parts.collect::<String>().trim().to_owned()
}

#[actix_web::test]
async fn an_empty_journal_is_explained() {
    let site = Site::new(&["shop"]).await;

    let page = site.page("/").await;

    assert!(page.contains("Nothing was synced yet."), "{page}");
    assert!(page.contains("No events waiting"));
    assert!(page.contains("no changes yet"));
    assert!(page.contains("Nothing was written to Vtiger CRM yet."));
    assert!(page.contains(r#"href="https://woocommerce.shop.example/""#));
}

#[actix_web::test]
async fn each_side_has_its_counts_by_minute() {
    let site = Site::new(&["shop"]).await;
    let to_vtiger = |action| entry(Side::Vtiger, action, "Ada Lovelace", Vec::new());
    let updated = entry(Side::WooCommerce, Action::Updated, "Ada Lovelace", Vec::new());
    let created = (0..3).map(|_| to_vtiger(Action::Created)).collect();
    site.commit("shop", created).await;
    site.commit("shop", vec![to_vtiger(Action::Skipped), updated])
        .await;

    let page = site.page("/").await;

    let row = |side: &str| {
        let table = between(&page, &format!(r#"aria-label="Sync log of {side}""#), "</table>");
        let body = between(table, "<tbody>", "</tbody>");
        let cells = body.split("<td").skip(1);
        cells.map(words).collect::<Vec<_>>()
    };
    assert_eq!(
        row("Vtiger CRM"),
        ["2026-01-31", "12:34", "Contacts", "3", "0", "1"]
    );
    assert_eq!(
        row("WooCommerce"),
        ["2026-01-31", "12:34", "Contacts", "0", "1", "0"]
    );
    assert!(page.contains("Times in UTC"));
}

#[actix_web::test]
async fn the_connection_is_a_column_only_where_there_are_several() {
    for (connections, columns) in [(&["shop"][..], 0), (&["shop", "outlet"][..], 2)] {
        let site = Site::new(connections).await;
        site.commit(
            "shop",
            vec![entry(Side::Vtiger, Action::Created, "Ada", Vec::new())],
        )
        .await;

        let page = site.page("/").await;

        assert_eq!(
            page.matches(r#"<th scope="col">Connection</th>"#).count(),
            columns
        );
    }
}

#[actix_web::test]
async fn a_change_tells_who_what_and_why() {
    let site = Site::new(&["shop"]).await;
    let mut emoji = changed("last_name = lastname", ("Lovelace 😀", "Byron"));
    emoji.lossy = true;
    let fields = vec![emoji, changed("billing.phone = phone", ("+44 20 7946 0001", ""))];
    site.commit(
        "shop",
        vec![entry(Side::Vtiger, Action::Updated, "Ada Lovelace", fields)],
    )
    .await;
    site.pass(3_000);
    site.wait_for_a_record().await;

    let page = site.page("/").await;

    let card = between(&page, "<article", "</article>");
    for part in [
        "Ada Lovelace</h3>",
        r#"<span class="badge updated">updated</span>"#,
        "<b>12:34:56</b> 2026-01-31",
        "WooCommerce <b>7</b>",
        "Vtiger CRM <b>12x33</b>",
        "told by a webhook",
        "changed in WooCommerce",
        "Byron</del>",
        "Lovelace 😀</ins>",
        "(Vtiger can&#39;t hold all of it)",
        "Billing phone",
        "<i>blank</i>",
    ] {
        assert!(card.contains(part), "no `{part}` in {card}");
    }
    let from = card.find(r#"<span class="side woocommerce">"#).unwrap();
    let to = card.find(r#"<span class="side vtiger">"#).unwrap();
    assert!(
        from < to,
        "the arrow points to the side that was written to: {card}"
    );
    assert!(page.contains("last change 3 s ago"));
    assert!(page.contains("1 event waiting"));
}

#[actix_web::test]
async fn the_loser_of_a_conflict_is_shown() {
    let site = Site::new(&["shop"]).await;
    let decision = Decision::Conflict {
        winner: Side::Vtiger,
        because: Reason::Rule(ConflictRule::LastUpdated),
    };
    let city = field(
        "billing.city = mailingcity",
        decision,
        ("Bath", "London"),
        "London",
    );
    site.commit(
        "shop",
        vec![entry(Side::WooCommerce, Action::Updated, "Ada", vec![city])],
    )
    .await;

    let page = site.page("/").await;

    let row = between(&page, r#"<li class="conflict">"#, "</li>");
    assert!(row.contains("London</ins>"), "{row}");
    assert!(
        row.contains("changed on both sides; Vtiger CRM won (last updated wins)"),
        "{row}"
    );
    let lost = between(row, r#"class="lost""#, "</q>");
    assert!(
        lost.contains("from WooCommerce") && lost.ends_with("Bath"),
        "{lost}"
    );
}

#[actix_web::test]
async fn a_skip_comes_with_its_reason_and_its_remedy() {
    let site = Site::new(&["shop"]).await;
    let mut skipped = entry(Side::Vtiger, Action::Skipped, "", Vec::new());
    skipped.ids.vtiger = None;
    skipped.skip = Some(Skip::NoEmail);
    site.commit("shop", vec![skipped]).await;

    let page = site.page("/").await;

    let card = between(&page, "<article", "</article>");
    assert!(card.contains("it has no e-mail address."), "{card}");
    assert!(card.contains("Enter an e-mail address in the record."), "{card}");
    assert!(card.contains("Record without a name"), "{card}");
    assert!(!card.contains("Vtiger CRM <b>"), "{card}");
}

#[actix_web::test]
async fn what_people_enter_is_never_markup() {
    let evil = "<script>alert(1)</script>\" onload='x";
    let site = Site::new(&["shop"]).await;
    let long = evil.repeat(5);
    let fields = vec![changed(evil, (&long, evil))];
    let mut skipped = entry(Side::Vtiger, Action::Skipped, evil, Vec::new());
    skipped.ids.woocommerce = Some(RecordId::new(evil));
    skipped.skip = Some(Skip::Failed {
        message: evil.to_owned(),
    });
    let updated = entry(Side::Vtiger, Action::Updated, evil, fields);
    site.commit(evil, vec![updated, skipped]).await;

    for path in ["/", "/news", "/log/records"] {
        let page = site.page(path).await;

        assert!(!page.contains("<script>"), "{page}");
        assert!(!page.contains("\" onload="), "{page}");
        assert!(page.contains("alert(1)"), "{page}");
    }
}

#[actix_web::test]
async fn long_values_are_shortened_and_stay_readable() {
    let site = Site::new(&["shop"]).await;
    let long = "x".repeat(300);
    let fields = vec![changed("first_name = firstname", (&long, "Ada"))];
    site.commit("shop", vec![entry(Side::Vtiger, Action::Updated, "Ada", fields)])
        .await;

    let page = site.page("/").await;

    assert!(page.contains(&format!(r#"<ins title="{long}">{}…</ins>"#, "x".repeat(80))));
}

#[actix_web::test]
async fn the_page_is_told_only_what_is_new() {
    let site = Site::new(&["shop"]).await;
    let ada = || vec![entry(Side::Vtiger, Action::Created, "Ada", Vec::new())];
    site.commit("shop", ada()).await;
    let seen = format!("/news?{}", site.seen().await);

    let same = site.get(&seen).await;
    assert_eq!(same.status(), StatusCode::NO_CONTENT);
    assert!(text(same).await.is_empty());

    // Later, the state is told anew; the log is not, as it says the same.
    site.pass(60_000);
    let later = site.page(&seen).await;
    assert!(
        later.contains("1 min ago") && !later.contains("<article"),
        "{later}"
    );

    site.wait_for_a_record().await;
    let waiting = site.page(&seen).await;
    assert!(
        waiting.contains("1 event waiting") && !waiting.contains("<article"),
        "{waiting}"
    );

    site.commit("shop", ada()).await;
    let new = site.page(&seen).await;
    assert_eq!(new.matches("<article").count(), 2, "{new}");
    assert!(new.contains("created in Vtiger CRM: Ada"), "{new}");
}

#[actix_web::test]
async fn the_page_works_without_scripts_and_forbids_foreign_ones() {
    let site = Site::new(&["shop"]).await;

    let response = site.get("/").await;

    let policy = header_of(&response, &header::CONTENT_SECURITY_POLICY);
    assert!(policy.starts_with("default-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(header_of(&response, &header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(header_of(&response, &header::REFERRER_POLICY), "no-referrer");
    assert_eq!(header_of(&response, &header::CACHE_CONTROL), "no-store");
    let page = text(response).await;
    assert!(page.contains(r#"<noscript><meta http-equiv="refresh""#));
    assert!(!page.contains("<style") && !page.contains(" style="), "{page}");
    assert_eq!(page.matches("<script").count(), 2);
    assert!(!page.contains("<script>"), "{page}");
}

#[actix_web::test]
async fn assets_are_kept_by_browsers_for_as_long_as_the_version_is_the_same() {
    let site = Site::new(&["shop"]).await;
    let page = site.page("/").await;

    for (file, kind) in [
        ("style.css", "text/css; charset=utf-8"),
        ("htmx.min.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ] {
        let named = between(&page, &format!("/assets/{file}"), "\"");
        let response = site.get(&format!("/assets/{file}{named}")).await;

        assert_eq!(response.status(), StatusCode::OK, "{file}");
        assert_eq!(header_of(&response, &header::CONTENT_TYPE), kind);
        assert_eq!(
            header_of(&response, &header::CACHE_CONTROL),
            "public, max-age=31536000, immutable"
        );
        assert!(header_of(&response, &header::CONTENT_SECURITY_POLICY).contains("'self'"));
        let other = site.get(&format!("/assets/{file}?v=0")).await;
        assert_eq!(header_of(&other, &header::CACHE_CONTROL), "no-cache");
    }
    assert_eq!(
        site.get("/assets/README.md").await.status(),
        StatusCode::NOT_FOUND
    );
}

#[actix_web::test]
async fn a_database_that_fails_is_reported_in_plain_words() {
    let site = Site::new(&["shop"]).await;
    site.database.close().await;

    for is_fragment in [false, true] {
        let mut request = site.request(Method::GET, if is_fragment { "/news" } else { "/" });
        if is_fragment {
            request = request.insert_header(("HX-Request", "true"));
        }
        let response = site.send(request).await;

        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(header_of(&response, &header::RETRY_AFTER), "10");
        let page = text(response).await;
        assert!(page.contains("database does not answer"), "{page}");
        assert_eq!(page.contains("<html"), !is_fragment, "{page}");
    }
}
