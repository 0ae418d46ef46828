//! What is possible: an HTTP server that does nothing but publish each body and wait until the broker has stored it.
//!
//! It has the server, the client, the threads and the guarantees of the real ingress, and none of its checks.

use std::net::TcpListener;
use std::sync::Mutex;

use actix_web::{App, HttpResponse, HttpServer, web};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use serde_json::json;

/// What makes the benchmark's program be this server.
pub(crate) const ROLE: &str = "floor";
/// As many as the real ingress has.
const CHANNELS: usize = 32;

struct Floor {
    queue: String,
    connection: Connection,
    idle: Mutex<Vec<Channel>>,
    slots: tokio::sync::Semaphore,
}

/// Publishes what is posted to `listen` to this queue, until it is killed.
pub(crate) async fn run(broker: &str, queue: &str, listen: &str) {
    let connection = Connection::connect(broker, ConnectionProperties::default())
        .await
        .unwrap();
    let floor = web::Data::new(Floor {
        queue: queue.to_owned(),
        connection,
        idle: Mutex::default(),
        slots: tokio::sync::Semaphore::new(CHANNELS),
    });
    let socket = TcpListener::bind(listen).unwrap();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(floor.clone())
            .route("/readyz", web::get().to(HttpResponse::Ok))
            .default_service(web::to(receive))
    });
    server.workers(2).listen(socket).unwrap().run().await.unwrap();
}

async fn receive(floor: web::Data<Floor>, body: web::Bytes) -> HttpResponse {
    let _slot = floor.slots.acquire().await;
    let idle = floor.idle.lock().unwrap().pop();
    let channel = match idle {
        Some(channel) => channel,
        None => floor.open().await,
    };
    let options = BasicPublishOptions {
        mandatory: true,
        immediate: false,
    };
    let properties = BasicProperties::default().with_delivery_mode(2);
    let sent = channel.basic_publish("".into(), floor.queue.as_str().into(), options, &body, properties);
    let confirmation = sent.await.unwrap().await.unwrap();
    assert!(
        matches!(confirmation, Confirmation::Ack(None)),
        "{confirmation:?}"
    );
    floor.idle.lock().unwrap().push(channel);
    HttpResponse::Ok().json(json!({ "status": "accepted", "events": 1 }))
}

impl Floor {
    async fn open(&self) -> Channel {
        let channel = self.connection.create_channel().await.unwrap();
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await
            .unwrap();
        channel
    }
}
