//! What refusals and broken connections mean, and that nothing personal or secret is in the messages.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use woo_vtiger_sync::sync::Side;
use woo_vtiger_sync::system::SystemError;

use super::*;

async fn update_error(answer: ResponseTemplate) -> SystemError {
    let (_server, shop) = answering(answer).await;
    let patch = patch(&[("first_name", Value::text("x"))]);
    shop.update(CONTACTS, &RecordId::new("35"), &patch)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn refusals_say_which_field_and_give_no_address_away() {
    let rejected = |field: Option<&str>| Fault::Rejected {
        field: field.map(str::to_owned),
    };
    for (answer, fault, said) in [
        (
            "customer_create_400_bad_email",
            rejected(Some("email")),
            "customer_invalid_email",
        ),
        (
            "customer_create_400_no_email",
            rejected(Some("email")),
            "rest_missing_callback_param",
        ),
        (
            "customer_create_400_duplicate_email",
            rejected(Some("email")),
            "registered with …",
        ),
        (
            "customer_update_400_email_in_use",
            rejected(Some("email")),
            "woocommerce_rest_customer_invalid_email",
        ),
        (
            "customer_update_400_bad_billing_email",
            rejected(Some("billing.email")),
            "Invalid email address.",
        ),
        (
            "customer_update_nulls",
            rejected(Some("billing.company")),
            "is not of type string",
        ),
        ("bad_json_400", rejected(None), "rest_invalid_json"),
        (
            "customer_update_400_invalid_id",
            Fault::Gone,
            "woocommerce_rest_invalid_id",
        ),
        ("auth_badkey", Fault::Denied, "woocommerce_rest_cannot_view"),
        ("auth_badsecret", Fault::Denied, "Consumer secret is invalid."),
        (
            "auth_readonly_key_post",
            Fault::Denied,
            "does not have write permissions",
        ),
    ] {
        let error = update_error(recorded(answer)).await;

        assert_eq!(error.fault, fault, "{answer}");
        assert_eq!(
            (error.system, error.operation),
            (Side::WooCommerce, "update customer")
        );
        assert!(
            error.message.contains(said) && !error.message.contains('@'),
            "{}",
            error.message
        );
    }
}

#[tokio::test]
async fn faults_of_the_moment_say_how_long_to_wait() {
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    for (answer, retry_after) in [
        (
            ResponseTemplate::new(429).insert_header("Retry-After", "7"),
            seconds(7),
        ),
        (
            ResponseTemplate::new(503).insert_header("Retry-After", "Mon, 23 Nov 2026 11:37:33 GMT"),
            seconds(60),
        ),
        (
            ResponseTemplate::new(503).insert_header("Retry-After", "soon"),
            None,
        ),
        (ResponseTemplate::new(408), None),
        (
            ResponseTemplate::new(500).set_body_string("<b>Fatal error</b> a@b.example"),
            None,
        ),
        (
            ResponseTemplate::new(200).set_body_string("<html>maintenance</html>"),
            None,
        ),
        (ResponseTemplate::new(200).set_body_string("[]"), None),
        (
            ResponseTemplate::new(301).insert_header("Location", "https://www.shop.example/x?a=b"),
            None,
        ),
    ] {
        let error = update_error(answer).await;

        assert_eq!(error.fault, Fault::Unavailable { retry_after }, "{error}");
        assert!(
            !error.message.contains('@') && !error.message.contains("a=b"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_slow_answer_is_waited_for_once() {
    let server = MockServer::start().await;
    let slow = recorded("customer_get").set_delay(Duration::from_secs(30));
    Mock::given(any()).respond_with(slow).mount(&server).await;
    let shop = client(&server.uri(), None, Duration::from_millis(200));

    let error = shop.fetch(CONTACTS, &RecordId::new("2")).await.unwrap_err();

    assert_eq!(error.fault, Fault::Unavailable { retry_after: None });
    assert!(
        !error.message.contains("oauth") && !error.message.contains("ck_"),
        "{error}"
    );
    assert_eq!(requests(&server).await.len(), 1);
}

#[tokio::test]
async fn a_read_whose_connection_breaks_is_repeated_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let shop = basic(&format!("http://{}", listener.local_addr().unwrap()));
    let body = recording::json("woo/rest/customer_get.json")["body"].to_string();
    let server = thread::spawn(move || {
        drop(listener.accept().unwrap());
        let (mut connection, _) = listener.accept().unwrap();
        let _ = connection.read(&mut [0; 4096]).unwrap();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        connection.write_all((head + &body).as_bytes()).unwrap();
    });

    let record = shop.fetch(CONTACTS, &RecordId::new("2")).await.unwrap();

    assert!(record.is_some());
    server.join().unwrap();
}

#[tokio::test]
async fn a_write_whose_connection_breaks_is_not_repeated() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let shop = basic(&format!("http://{}", listener.local_addr().unwrap()));
    let server = thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let _ = connection.read(&mut [0; 4096]).unwrap();
        drop(connection);
        listener
    });

    let error = shop
        .create(CONTACTS, &patch(&[("email", Value::text("a@b.example"))]))
        .await
        .unwrap_err();

    assert_eq!(error.fault, Fault::Unavailable { retry_after: None });
    let listener = server.join().unwrap();
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "it came again");
}
