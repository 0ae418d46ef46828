//! Signing in: who is not signed in sees nothing, and nobody else can make a browser act.

use actix_web::cookie::Cookie;
use actix_web::http::{Method, StatusCode, header};
use actix_web::test::TestRequest;
use secrecy::{ExposeSecret, SecretString};
use woo_vtiger_sync::accounts::csrf_token;
use woo_vtiger_sync::store::Role;

use super::site::{ADMIN, PASSWORD, Site, header_of, text};

fn location(response: &actix_web::dev::ServiceResponse) -> &str {
    header_of(response, &header::LOCATION)
}

async fn sign_in(site: &Site, form: &[(&str, &str)]) -> actix_web::dev::ServiceResponse {
    site.send(TestRequest::post().uri("/login").set_form(form)).await
}

#[actix_web::test]
async fn who_is_not_signed_in_is_sent_to_sign_in_and_comes_back() {
    let site = Site::new(&["shop"]).await;

    for path in ["/accounts", "/account", "/runs?x=1", "/no-such-page"] {
        let turned = site.send(TestRequest::get().uri(path)).await;
        assert_eq!(turned.status(), StatusCode::SEE_OTHER, "{path}");
        let to = location(&turned);
        assert!(to.starts_with("/login?next="), "{to}");
    }
    let turned = site.send(TestRequest::get().uri("/accounts")).await;
    let page = site.send(TestRequest::get().uri(location(&turned))).await;
    assert!(text(page).await.contains(r#"name="next" value="/accounts""#));
    let form = [("name", "ann"), ("password", PASSWORD), ("next", "/accounts")];
    let signed_in = sign_in(&site, &form).await;
    assert_eq!(signed_in.status(), StatusCode::SEE_OTHER);
    assert_eq!(location(&signed_in), "/accounts");
    let cookie = signed_in.response().cookies().next().unwrap();
    assert_eq!(cookie.http_only(), Some(true));
    assert_eq!(cookie.same_site(), Some(actix_web::cookie::SameSite::Lax));
    let page = site
        .send(TestRequest::get().uri("/accounts").cookie(cookie.into_owned()))
        .await;
    assert_eq!(page.status(), StatusCode::OK);
}

#[actix_web::test]
async fn a_delivery_to_a_wrong_address_is_not_sent_to_sign_in() {
    let site = Site::new(&["shop"]).await;

    for (method, path) in [
        (Method::POST, "/webhooks/woocommerce/"),
        (Method::POST, "/webhook/woocommerce/shop"),
        (Method::GET, "/webhooks/elsewhere/shop"),
    ] {
        let answer = site.send(TestRequest::with_uri(path).method(method)).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[actix_web::test]
async fn a_part_of_a_page_that_asks_is_not_given_the_page_to_sign_in_with() {
    let site = Site::new(&["shop"]).await;

    let turned = site
        .send(
            TestRequest::get()
                .uri("/log")
                .insert_header(("HX-Request", "true")),
        )
        .await;

    assert_eq!(turned.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(turned.headers().get("HX-Redirect").unwrap(), "/login");
}

#[actix_web::test]
async fn nobody_is_sent_to_another_site() {
    let site = Site::new(&["shop"]).await;

    for next in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
    ] {
        let form = [("name", ADMIN), ("password", PASSWORD), ("next", next)];
        let signed_in = sign_in(&site, &form).await;
        assert_eq!(location(&signed_in), "/", "{next}");
    }
}

#[actix_web::test]
async fn a_wrong_password_is_slowed_down_and_tells_nothing_of_who_there_is() {
    let site = Site::new(&["shop"]).await;

    let mut said = Vec::new();
    for name in [ADMIN, "zoe"] {
        for attempt in 0..5 {
            let refused = sign_in(&site, &[("name", name), ("password", "wrong")]).await;
            assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{name} {attempt}");
            assert!(refused.response().cookies().next().is_none());
            said.push(text(refused).await.replace(name, ""));
        }
        let refused = sign_in(&site, &[("name", name), ("password", PASSWORD)]).await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(header_of(&refused, &header::RETRY_AFTER), "1");
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:#?}");

    // Who waits may try again; who is signed in notices nothing.
    assert_eq!(site.get("/").await.status(), StatusCode::OK);
    site.pass(2_000);
    let signed_in = sign_in(&site, &[("name", ADMIN), ("password", PASSWORD)]).await;
    assert_eq!(signed_in.status(), StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn a_session_that_somebody_foisted_on_a_browser_becomes_nobodys() {
    let site = Site::new(&["shop"]).await;
    let foisted = Cookie::new("wvs_session", "a".repeat(64));

    let request = TestRequest::post()
        .uri("/login")
        .cookie(foisted.clone())
        .set_form([("name", ADMIN), ("password", PASSWORD)]);
    let signed_in = site.send(request).await;

    let cookie = signed_in.response().cookies().next().unwrap().into_owned();
    assert_ne!(cookie.value(), foisted.value());
    let with_foisted = site.send(TestRequest::get().uri("/").cookie(foisted)).await;
    assert_eq!(with_foisted.status(), StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn signing_in_again_ends_the_session_that_the_browser_had() {
    let site = Site::new(&["shop"]).await;

    let request = site
        .request(Method::POST, "/login")
        .set_form([("name", ADMIN), ("password", PASSWORD)]);
    site.send(request).await;

    assert_eq!(site.get("/").await.status(), StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn a_form_counts_only_from_a_page_of_the_same_session() {
    let site = Site::new(&["shop"]).await;
    let form = [
        ("name", "Bob"),
        ("password", "a long password"),
        ("role", "admin"),
    ];
    let others = csrf_token("somebody else's");

    for csrf in ["", others.as_str()] {
        let mut forged = form.to_vec();
        forged.push(("csrf", csrf));
        let refused = site
            .send(site.request(Method::POST, "/accounts").set_form(forged))
            .await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(site.accounts().list().await.unwrap().len(), 1);

    let done = site.post("/accounts", &form).await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER);
    assert_eq!(site.accounts().list().await.unwrap().len(), 2);
}

#[actix_web::test]
async fn what_another_site_sends_is_refused_even_with_the_right_token() {
    let site = Site::new(&["shop"]).await;
    let csrf = csrf_token(&site.session);
    let form = [("csrf", csrf.as_str())];

    for (name, value) in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
    ] {
        for path in ["/logout", "/login"] {
            let request = site
                .request(Method::POST, path)
                .insert_header((name, value))
                .set_form(form);
            assert_eq!(
                site.send(request).await.status(),
                StatusCode::FORBIDDEN,
                "{name} {value}"
            );
        }
    }
    let request = site
        .request(Method::POST, "/logout")
        .insert_header(("Sec-Fetch-Site", "same-origin"))
        .set_form(form);
    assert_eq!(site.send(request).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(
        site.get("/").await.status(),
        StatusCode::SEE_OTHER,
        "still signed in"
    );
}

#[actix_web::test]
async fn no_other_site_can_show_a_page_inside_its_own() {
    let site = Site::new(&["shop"]).await;

    for path in ["/", "/account", "/no-such-page"] {
        let response = site.get(path).await;
        assert_eq!(header_of(&response, &header::X_FRAME_OPTIONS), "DENY", "{path}");
        let policy = header_of(&response, &header::CONTENT_SECURITY_POLICY);
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    }
}

#[actix_web::test]
async fn a_reader_sees_everything_and_changes_nothing() {
    let site = Site::new(&["shop"]).await;
    let password = SecretString::from("a long password");
    site.accounts()
        .add("Rita", &password, Role::Reader)
        .await
        .unwrap();
    let session = site.accounts().sign_in("rita", &password, "").await.unwrap();
    let session = session.expose_secret();
    let request = |method, path: &str| {
        TestRequest::with_uri(path)
            .method(method)
            .cookie(Cookie::new("wvs_session", session.to_owned()))
    };

    assert_eq!(
        site.send(request(Method::GET, "/")).await.status(),
        StatusCode::OK
    );
    let page = text(site.send(request(Method::GET, "/accounts")).await).await;
    assert!(!page.contains("Add the account"), "{page}");
    let csrf = csrf_token(session);
    let form = [
        ("name", "Bob"),
        ("password", "a long password"),
        ("role", "admin"),
        ("csrf", csrf.as_str()),
    ];
    let refused = site.send(request(Method::POST, "/accounts").set_form(form)).await;

    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(
        text(refused)
            .await
            .contains("may look at everything, but change nothing")
    );
    assert_eq!(site.accounts().list().await.unwrap().len(), 2);
}

#[actix_web::test]
async fn a_session_ends_when_it_is_not_used_and_at_the_latest_after_a_month() {
    const HOUR: i64 = 3_600_000;
    let site = Site::new(&["shop"]).await;

    for _ in 0..36 {
        site.pass(20 * HOUR);
        assert_eq!(site.get("/").await.status(), StatusCode::OK);
    }
    site.pass(20 * HOUR);
    assert_eq!(
        site.get("/").await.status(),
        StatusCode::SEE_OTHER,
        "after a month"
    );

    let site = Site::new(&["shop"]).await;
    site.pass(25 * HOUR);
    assert_eq!(
        site.get("/").await.status(),
        StatusCode::SEE_OTHER,
        "unused for a day"
    );
}

#[actix_web::test]
async fn over_https_the_cookie_is_for_https_and_this_host_alone() {
    let site = Site::new(&["shop"]).await;
    let request = TestRequest::post()
        .uri("/login")
        .insert_header(("X-Forwarded-Proto", "https"))
        .set_form([("name", ADMIN), ("password", PASSWORD)]);

    let signed_in = site.send(request).await;

    let cookie = signed_in.response().cookies().next().unwrap();
    assert_eq!(cookie.name(), "__Host-wvs_session");
    assert_eq!(cookie.secure(), Some(true));
    assert_eq!((cookie.path(), cookie.domain()), (Some("/"), None));
}
