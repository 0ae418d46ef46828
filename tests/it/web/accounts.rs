//! Accounts, tokens and one's own account.

use actix_web::cookie::Cookie;
use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use secrecy::{ExposeSecret, SecretString};
use woo_vtiger_sync::accounts::AccountsError;
use woo_vtiger_sync::store::Role;

use super::between;
use super::site::{ADMIN, PASSWORD, Site, text};

fn secret(text: &str) -> SecretString {
    text.to_owned().into()
}

#[actix_web::test]
async fn the_first_account_takes_the_code_from_the_log_and_is_made_once() {
    let site = Site::without_account().await;
    let turned = site.send(TestRequest::get().uri("/")).await;
    assert_eq!(turned.headers().get("Location").unwrap(), "/setup");
    let found = async |code: &str, password: &str| {
        let form = [("code", code), ("name", "Ann"), ("password", password)];
        site.send(TestRequest::post().uri("/setup").set_form(form)).await
    };
    let code = site.accounts().setup_code().await.unwrap().unwrap();
    let code = code.expose_secret();

    let wrong = found("guessed", PASSWORD).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(wrong).await.contains("The setup code is wrong"));
    let short = text(found(code, "short").await).await;
    assert!(short.contains("use 10 to 200 characters"), "{short}");
    assert!(
        short.contains(&format!(r#"value="{code}""#)),
        "what was entered is gone"
    );

    let made = found(code, PASSWORD).await;
    let cookie = made.response().cookies().next().unwrap().into_owned();
    let home = site.send(TestRequest::get().uri("/").cookie(cookie)).await;
    assert_eq!(home.status(), StatusCode::OK);
    assert!(site.accounts().setup_code().await.unwrap().is_none());
    let again = found(code, PASSWORD).await;
    assert_eq!(again.headers().get("Location").unwrap(), "/login");
    assert_eq!(site.accounts().list().await.unwrap().len(), 1);
}

#[actix_web::test]
async fn accounts_are_added_changed_and_removed() {
    let site = Site::new(&["shop"]).await;
    let form = [
        ("name", "Bob <b>"),
        ("password", "a long password"),
        ("role", "reader"),
    ];
    site.post("/accounts", &form).await;
    let page = site.page("/accounts").await;
    assert!(
        page.contains("The account Bob &#60;b&#62; can sign in now."),
        "{page}"
    );
    assert!(!page.contains("<b>"), "{page}");
    assert!(
        !site.page("/accounts").await.contains("can sign in now"),
        "told twice"
    );
    let taken = site
        .post(
            "/accounts",
            &[
                ("name", "BOB <B>"),
                ("password", "a long password"),
                ("role", "reader"),
            ],
        )
        .await;
    assert!(text(taken).await.contains("already"));

    let bob = site.accounts().list().await.unwrap().pop().unwrap();
    site.accounts()
        .sign_in("bob <b>", &secret("a long password"), "")
        .await
        .unwrap();
    site.post(&format!("/accounts/{}/role", bob.id), &[("role", "admin")])
        .await;
    site.post(
        &format!("/accounts/{}/password", bob.id),
        &[("password", "another password")],
    )
    .await;
    let bob = site.accounts().list().await.unwrap().pop().unwrap();
    assert_eq!(bob.role, Role::Admin);
    assert!(site.accounts().sessions(&bob.id).await.unwrap().is_empty());
    site.accounts()
        .sign_in("bob <b>", &secret("another password"), "")
        .await
        .unwrap();

    site.post(&format!("/accounts/{}/remove", bob.id), &[]).await;
    let left = site.accounts().list().await.unwrap();
    assert_eq!(left.len(), 1);
    assert!(site.accounts().sessions(&bob.id).await.unwrap().is_empty());
}

#[actix_web::test]
async fn the_last_admin_stays() {
    let site = Site::new(&["shop"]).await;
    site.accounts()
        .add("Rita", &secret("a long password"), Role::Reader)
        .await
        .unwrap();
    let ann = site.accounts().list().await.unwrap().remove(0);

    for (path, form) in [("remove", &[][..]), ("role", &[("role", "reader")][..])] {
        let refused = site.post(&format!("/accounts/{}/{path}", ann.id), form).await;
        assert_eq!(refused.status(), StatusCode::CONFLICT, "{path}");
        assert!(text(refused).await.contains("only admin"), "{path}");
    }
    assert_eq!(site.accounts().list().await.unwrap()[0], ann);
}

#[actix_web::test]
async fn a_new_password_takes_the_present_one_and_ends_other_sessions() {
    let site = Site::new(&["shop"]).await;
    let other = site
        .accounts()
        .sign_in(ADMIN, &secret(PASSWORD), "a phone")
        .await
        .unwrap();
    let change = |present| [("present", present), ("new", "another password")];

    let refused = site.post("/account/password", &change("wrong")).await;
    assert!(text(refused).await.contains("present password is wrong"));
    site.post("/account/password", &change(PASSWORD)).await;

    assert_eq!(site.get("/").await.status(), StatusCode::OK);
    let with_other = TestRequest::get()
        .uri("/")
        .cookie(Cookie::new("wvs_session", other.expose_secret().to_owned()));
    assert_eq!(site.send(with_other).await.status(), StatusCode::SEE_OTHER);
    let old = site.accounts().sign_in(ADMIN, &secret(PASSWORD), "").await;
    assert!(matches!(old, Err(AccountsError::Wrong)), "{old:?}");
}

#[actix_web::test]
async fn ones_own_sessions_are_listed_and_can_be_ended_but_nobody_elses() {
    let site = Site::new(&["shop"]).await;
    site.accounts()
        .add("Bob", &secret("a long password"), Role::Reader)
        .await
        .unwrap();
    site.accounts()
        .sign_in("Bob", &secret("a long password"), "Bob's")
        .await
        .unwrap();
    site.accounts()
        .sign_in(ADMIN, &secret(PASSWORD), "a <i>phone</i>")
        .await
        .unwrap();
    let accounts = site.accounts().list().await.unwrap();
    let sessions = async |nth: usize| site.accounts().sessions(&accounts[nth].id).await.unwrap();
    let page = site.page("/account").await;
    assert!(
        page.contains("a &#60;i&#62;phone") && !page.contains("Bob's"),
        "{page}"
    );

    let phone = sessions(0)
        .await
        .into_iter()
        .find(|one| one.agent.contains("phone"))
        .unwrap();
    site.post(&format!("/account/sessions/{}/end", phone.id), &[])
        .await;
    assert_eq!(sessions(0).await.len(), 1);
    let bobs = sessions(1).await.remove(0);
    let refused = site
        .post(&format!("/account/sessions/{}/end", bobs.id), &[])
        .await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert_eq!(sessions(1).await.len(), 1);
}

#[actix_web::test]
async fn a_token_is_shown_once_and_works_until_it_is_removed() {
    let site = Site::new(&["shop"]).await;

    let made = site
        .post("/accounts/tokens", &[("name", "reports"), ("role", "reader")])
        .await;
    let page = text(made).await;
    let token = between(&page, r#"<code id="token">"#, "</code>").to_owned();

    let found = site.accounts().token(&token).await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.role), ("reports", Role::Reader));
    assert_eq!(found.created_by, ADMIN);
    let page = site.page("/accounts").await;
    assert!(page.contains("reports") && !page.contains(&token), "{page}");
    site.post(&format!("/accounts/tokens/{}/remove", found.id), &[])
        .await;
    assert!(site.accounts().token(&token).await.unwrap().is_none());
}

#[actix_web::test]
async fn a_page_of_accounts_needs_somebody_who_is_signed_in() {
    let site = Site::new(&["shop"]).await;

    let turned = site
        .send(TestRequest::with_uri("/accounts").method(Method::POST))
        .await;

    assert_eq!(turned.status(), StatusCode::SEE_OTHER);
}
