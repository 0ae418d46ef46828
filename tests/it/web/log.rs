//! The sync log's pages: each number leads to its records, and everything can be narrowed down, taken along and followed.

mod answers;

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::{StatusCode, header};
use futures_util::{FutureExt, StreamExt, stream};
use woo_vtiger_sync::store::{Action, Entry, Run, RunKind, Runs, Sweeps};
use woo_vtiger_sync::sync::{Module, RecordId, Side, Skip};

use super::between;
use super::site::{Site, entry, header_of, text};

const EVIL: &str = "<img src=x onerror=alert(1)>\" onload='x";

fn skipped(title: &str) -> Entry {
    let mut skipped = entry(Side::Vtiger, Action::Skipped, title, Vec::new());
    skipped.ids.vtiger = None;
    skipped.skip = Some(Skip::NoEmail);
    skipped
}

fn created(title: &str) -> Entry {
    entry(Side::Vtiger, Action::Created, title, Vec::new())
}

/// The addresses of a page's links that begin like this.
fn links(page: &str, beginning: &str) -> Vec<String> {
    let mark = format!(r#"href="{beginning}"#);
    let found = page.split(&mark).skip(1).map(|rest| {
        let end = rest.split('"').next().unwrap();
        format!("{beginning}{}", end.replace("&#38;", "&"))
    });
    found.collect()
}

#[actix_web::test]
async fn each_number_leads_to_its_records() {
    let site = Site::new(&["shop"]).await;
    site.commit("shop", vec![created("Ada"), created("Bob"), skipped("Cy")])
        .await;
    site.commit(
        "shop",
        vec![entry(Side::WooCommerce, Action::Updated, "Dora", Vec::new())],
    )
    .await;
    site.pass(60_000);
    site.commit("shop", vec![created("Eve")]).await;

    for path in ["/", "/log"] {
        let page = site.page(path).await;
        let numbers = links(&page, "/log/records?");
        let mut shown = Vec::new();
        for number in &numbers {
            if number.contains("connection=shop") {
                let records = site.page(number).await;
                let names = ["Ada", "Bob", "Cy", "Dora", "Eve"];
                shown.push(
                    names
                        .into_iter()
                        .filter(|name| records.contains(name))
                        .collect::<Vec<_>>(),
                );
            }
        }
        shown.sort();
        assert_eq!(
            shown,
            [vec!["Ada", "Bob"], vec!["Cy"], vec!["Dora"], vec!["Eve"]],
            "{path}"
        );
    }
}

#[actix_web::test]
async fn a_record_tells_what_happened_and_leads_to_the_shop_and_the_crm() {
    let site = Site::new(&["shop", "outlet"]).await;
    site.commit("outlet", vec![created("Ada"), skipped("Cy")]).await;

    let page = site.page("/log/records?connection=outlet").await;

    for part in [
        r#"<a href="/records/outlet/contacts/woocommerce/7">Ada</a>"#,
        r#"href="https://woocommerce.outlet.example/wp-admin/user-edit.php?user_id=7""#,
        r#"href="https://vtiger.outlet.example/index.php?module=Contacts&#38;view=Detail&#38;record=33""#,
        r#"<span class="badge created">created</span>"#,
        "it has no e-mail address.",
        "Enter an e-mail address in the record.",
    ] {
        assert!(page.contains(part), "no `{part}` in {page}");
    }
    let none = site.page("/log/records?connection=shop").await;
    assert!(none.contains("There are no records that fit."), "{none}");
}

#[actix_web::test]
async fn records_are_paged_and_narrowed_down() {
    let site = Site::new(&["shop"]).await;
    for number in 0..120 {
        let title = format!("Record {number:03}.");
        let one = if number % 10 == 0 {
            skipped(&title)
        } else {
            created(&title)
        };
        site.commit("shop", vec![one]).await;
        site.pass(1_000);
    }

    let mut pages = Vec::new();
    let mut path = Some("/log/records?status=created".to_owned());
    while let Some(next) = path {
        let page = site.page(&next).await;
        pages.push(page.matches("Record ").count() / 3);
        path = page
            .split(r#"rel="next" href=""#)
            .nth(1)
            .map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"));
    }
    assert_eq!(pages, [50, 50, 8]);

    let count = async |path: &str| site.page(path).await.matches(r#"<span class="badge"#).count();
    assert_eq!(count("/log/records?status=unsynced").await, 12);
    assert_eq!(count("/log/records?status=skipped&side=woocommerce").await, 0);
    assert_eq!(count("/log/records?module=products").await, 0);
    assert_eq!(
        count("/log/records?from=2026-01-31T12:36:00&until=2026-01-31T12:36:10").await,
        10
    );
    assert_eq!(
        count("/log/records?module=&status=&from=&until=2026-01-30").await,
        0
    );
}

#[actix_web::test]
async fn what_cannot_be_understood_is_named_with_a_remedy() {
    let site = Site::new(&["shop"]).await;
    for (query, words) in [
        ("module=people", "module: `people`"),
        ("status=lost", "unsynced"),
        ("from=yesterday", "write a date"),
    ] {
        let response = site.get(&format!("/log/records?{query}")).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
        let page = text(response).await;
        assert!(
            page.contains(&words.replace('`', "&#96;")) || page.contains(words),
            "{words}: {page}"
        );
    }
    for path in [
        "/log?connection=none",
        "/log/records?connection=none",
        "/log.csv?connection=none",
        "/runs?connection=none",
        "/runs/none",
        "/runs/none/events",
        "/sync/none",
        "/sync/none/events",
    ] {
        assert_eq!(site.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[actix_web::test]
async fn the_log_goes_back_page_by_page_for_each_system() {
    let site = Site::new(&["shop"]).await;
    for number in 0..60 {
        site.commit("shop", vec![created(&format!("R{number}"))]).await;
        site.pass(60_000);
    }

    let page = site.page("/log").await;
    let older = links(&page, "/log?vtiger=");
    assert_eq!(older.len(), 1, "{page}");
    let rows = |page: &str| page.matches("data-show=\"clock\"").count();
    assert_eq!(rows(&page), 50);
    assert_eq!(rows(&site.page(&older[0]).await), 10);
}

#[actix_web::test]
async fn the_chart_has_words_and_a_table_for_those_who_do_not_see_it() {
    let site = Site::new(&["shop"]).await;
    site.commit("shop", vec![created("Ada"), skipped("Cy")]).await;

    let page = site.page("/log").await;

    let chart = between(&page, r#"<section class="chart""#, "</section>");
    for part in [
        r#"role="img""#,
        "1 synced and 1 skipped; at most 2 records in a step.",
        "The slowest took 1.5 s.",
        r#"<rect class="synced""#,
        r#"<rect class="slowest""#,
        "The same as a table",
    ] {
        assert!(chart.contains(part), "no `{part}` in {chart}");
    }
    assert!(!page.contains(" style="));
}

#[actix_web::test]
async fn the_file_keeps_unicode_and_defuses_formulas() {
    let site = Site::new(&["shop"]).await;
    let mut guest = created("=HYPERLINK(\"http://evil.example\",\"Click\")");
    guest.ids.woocommerce = Some(RecordId::new("guest:+zoë@shop.example"));
    site.commit(
        "shop",
        vec![guest, created("Zoë 😀, \"Åsa\"\nLee"), created("@SUM(A1)")],
    )
    .await;
    site.commit("shop", vec![skipped("-2+3")]).await;

    let response = site.get("/log.csv").await;

    assert_eq!(
        header_of(&response, &header::CONTENT_TYPE),
        "text/csv; charset=utf-8"
    );
    let disposition = header_of(&response, &header::CONTENT_DISPOSITION);
    assert!(disposition.contains("attachment") && disposition.contains("sync-log.csv"));
    let file = text(response).await;
    let file = file.strip_prefix('\u{feff}').expect("a mark at the beginning");
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    assert_eq!(reader.headers().unwrap().get(5), Some("name"));
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let names: Vec<&str> = rows.iter().map(|row| row.get(5).unwrap()).collect();
    assert_eq!(
        names,
        [
            "'-2+3",
            "'@SUM(A1)",
            "Zoë 😀, \"Åsa\"\nLee",
            "'=HYPERLINK(\"http://evil.example\",\"Click\")"
        ]
    );
    assert_eq!(rows[0].get(0), Some("2026-01-31T12:34:56Z"));
    assert_eq!(rows[0].get(10), Some("it has no e-mail address"));
    for row in &rows {
        for cell in row {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        }
    }
}

#[actix_web::test]
async fn the_file_has_what_the_page_is_narrowed_down_to_however_much_that_is() {
    let site = Site::new(&["shop"]).await;
    for _ in 0..25 {
        site.commit("shop", (0..100).map(|_| created("Ada")).collect())
            .await;
        site.commit("shop", vec![skipped("Cy")]).await;
    }

    let lines = async |path: &str| text(site.get(path).await).await.lines().count();

    assert_eq!(lines("/log.csv").await, 1 + 2_525);
    assert_eq!(lines("/log.csv?status=unsynced").await, 1 + 25);
    assert_eq!(lines("/log.csv?module=taxes").await, 1);
}

#[actix_web::test]
async fn names_are_never_markup_on_any_of_the_pages() {
    let site = Site::new(&["shop", "outlet"]).await;
    site.commit(EVIL, vec![created(EVIL), skipped(EVIL)]).await;
    let run = site.store.runs(None, None, 1).await.unwrap().remove(0);
    let id: String = form_urlencoded::byte_serialize(run.id.as_bytes()).collect();
    let id = id.replace('+', "%20");

    for path in ["/", "/log", "/log/records", "/runs", &format!("/runs/{id}")] {
        let page = site.page(path).await;

        assert!(!page.contains("<img src=x"), "{path}: {page}");
        assert!(!page.contains("\" onload="), "{path}: {page}");
        assert!(page.contains("onerror"), "{path}: {page}");
    }
}

#[actix_web::test]
async fn runs_are_listed_with_what_came_of_them_and_show_their_records() {
    let site = Site::new(&["shop"]).await;
    site.commit("shop", vec![created("Ada"), skipped("Cy")]).await;
    let broken = Run::new("shop", RunKind::Sweep, site.now());
    site.store.begin_run(&broken).await.unwrap();
    site.store
        .end_run(&broken.id, site.now(), Some("the CRM does not answer"))
        .await
        .unwrap();

    let list = site.page("/runs").await;

    assert!(
        list.contains("changes as they happened") && list.contains("broken off"),
        "{list}"
    );
    let addresses = links(&list, "/runs/");
    assert_eq!(addresses.len(), 2, "{list}");
    let pages = [site.page(&addresses[0]).await, site.page(&addresses[1]).await];
    assert!(
        pages
            .iter()
            .any(|page| page.contains(">Ada</a>") && page.contains(">Cy</a>"))
    );
    assert!(pages.iter().any(|page| page.contains("the CRM does not answer")));
}

#[actix_web::test]
async fn a_sync_is_asked_for_and_followed_to_its_end() {
    let site = Site::new(&["shop"]).await;

    let asked = site
        .post("/sync", &[("connection", "shop"), ("module", "contacts")])
        .await;

    assert_eq!(asked.status(), StatusCode::SEE_OTHER);
    let path = header_of(&asked, &header::LOCATION).to_owned();
    let requests = site.store.take_sweep_requests("shop").await.unwrap();
    let modules: Vec<Module> = requests.iter().map(|request| request.at.module).collect();
    assert_eq!(modules, [Module::Contacts]);
    let page = site.page(&path).await;
    assert!(page.contains("It begins within seconds"), "{page}");
    assert!(page.contains(r#"<noscript><meta http-equiv="refresh""#), "{page}");
    let events = between(&page, r#"data-events=""#, "\"").to_owned();

    let run = Run::new("shop", RunKind::SyncNow, site.now());
    site.store.begin_run(&run).await.unwrap();
    let page = site.page(&path).await;
    assert!(page.contains("It is under way"), "{page}");
    site.commit_of_run("shop", vec![created("Ada")], Some(&run.id))
        .await;
    site.store.end_run(&run.id, site.now(), None).await.unwrap();

    let response = site.get(&events).await;
    assert_eq!(header_of(&response, &header::CONTENT_TYPE), "text/event-stream");
    let stream = text(response).await;
    assert!(
        stream.contains("data: ") && stream.contains("Everything that was found is dealt with"),
        "{stream}"
    );
    assert!(stream.ends_with("event: end\ndata:\n\n"), "{stream}");
    let page = site.page(&path).await;
    assert!(
        !page.contains("data-events") && !page.contains("noscript"),
        "{page}"
    );
}

#[actix_web::test]
async fn a_stream_waits_for_what_is_new_and_ends_when_the_service_stops() {
    let site = Site::new(&["shop"]).await;
    let response = site.get("/sync/shop/events?since=0").await;
    let body = response.into_body();
    assert_eq!(body.size(), BodySize::Stream);
    let mut body = Box::pin(body);
    let mut events = stream::poll_fn(move |context| body.as_mut().poll_next(context));

    let first = events.next().await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&first).contains("The sync was asked for"));
    assert!(events.next().now_or_never().is_none(), "there is nothing new");
    site.web.stop.cancel();

    assert!(events.next().await.is_none());
}

#[actix_web::test]
async fn readers_may_look_and_not_ask_for_a_sync() {
    let site = Site::new(&["shop"]).await;
    assert!(site.page("/log").await.contains(r#"action="/sync""#));

    let reader = site.as_reader().await;

    let page = reader.page("/log").await;
    assert!(!page.contains(r#"action="/sync""#), "{page}");
    let asked = reader.post("/sync", &[("connection", "shop")]).await;
    assert_eq!(asked.status(), StatusCode::FORBIDDEN);
    assert!(site.store.take_sweep_requests("shop").await.unwrap().is_empty());
    let unknown = site.post("/sync", &[("connection", "none")]).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    let unknown = site
        .post("/sync", &[("connection", "shop"), ("module", "people")])
        .await;
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
}
