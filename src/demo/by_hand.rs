//! The demonstration of setting a connection up: the two systems are there, the service knows neither of them yet, and a
//! person connects them in the browser.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::time::Duration;

use anyhow::Context;
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

use super::people::People;
use super::{Options, free_address, simulators};
use crate::accounts::Accounts;
use crate::app::{self, Server};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::simulator::vtiger::{VtigerOptions, VtigerSimulator};
use crate::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};
use crate::telemetry;

/// Runs until its time is over or `stop`.
pub(super) async fn run(
    options: Options,
    environment: impl Iterator<Item = (String, String)>,
    stop: CancellationToken,
    say: impl Fn(&str),
) -> anyhow::Result<()> {
    let (woocommerce, vtiger) = simulators(options.customers).await?;
    let folder = tempfile::tempdir().context("no folder for the database can be made")?;
    let path = options.data.as_deref().unwrap_or(folder.path());
    let listen = known(free_address())?;
    let mut variables = BTreeMap::from([
        ("WVS_HTTP__LISTEN".to_owned(), listen.clone()),
        ("WVS_HTTP__PUBLIC_URL".to_owned(), format!("http://{listen}")),
        ("WVS_LOG__FILTER".to_owned(), "error,actix_http=off".to_owned()),
        ("WVS_SWEEP__INTERVAL".to_owned(), "10s".to_owned()),
    ]);
    variables.extend(environment);
    variables.extend([
        (
            "WVS_DATABASE__URL".to_owned(),
            format!("sqlite:{}", path.join("by-hand.sqlite").display()),
        ),
        ("WVS_QUEUE__URL".to_owned(), "embedded:".to_owned()),
    ]);
    let mut config = Config::load(options.config.as_deref(), variables.into_iter())?;
    // Nothing real is touched, whatever else the person has configured.
    config.connections.clear();
    telemetry::init(&config.log);
    let server = Server::start(&config, SystemClock::shared(), app::Stage::Real).await?;
    say(&introduction(&server, &woocommerce, &vtiger).await?);

    let mut people = People::new(rand::random());
    let end = tokio::time::sleep(options.duration.unwrap_or(Duration::MAX));
    tokio::pin!(end);
    let mut is_told = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = &mut end => break,
            () = tokio::time::sleep(people.pause()) => {}
        }
        is_told = is_told || tells(&server, &vtiger);
        if is_told {
            people.act(&woocommerce, &vtiger);
        }
    }
    server.stop().await;
    woocommerce.stop().await;
    vtiger.stop().await;
    Ok(())
}

/// A port of its own where any would do: the service must know its address before it listens.
fn known(listen: String) -> anyhow::Result<String> {
    if !listen.ends_with(":0") {
        return Ok(listen);
    }
    let socket = TcpListener::bind(&listen).context("no port is free")?;
    Ok(socket.local_addr().context("no port is free")?.to_string())
}

async fn introduction(
    server: &Server,
    shop: &WooCommerceSimulator,
    crm: &VtigerSimulator,
) -> anyhow::Result<String> {
    let parts = server.parts();
    let accounts = Accounts::new(parts.store.clone(), parts.clock.clone());
    let code = accounts.setup_code().await?;
    let (keys, user) = (WooCommerceOptions::default(), VtigerOptions::default());
    let mut text = String::new();
    // Writing to a string can't fail.
    let _ = match code {
        Some(code) => writeln!(
            text,
            "Open http://{}/setup?code={} to begin.\n",
            server.address(),
            code.expose_secret()
        ),
        None => writeln!(text, "Open http://{} and sign in.\n", server.address()),
    };
    let _ = writeln!(text, "  shop             {}", shop.url());
    let _ = writeln!(text, "  consumer key     {}", keys.consumer_key);
    let _ = writeln!(text, "  consumer secret  {}", keys.consumer_secret);
    let _ = writeln!(text, "  CRM              {}", crm.url());
    let _ = writeln!(text, "  user             {}", user.username);
    let _ = writeln!(text, "  access key       {}", user.access_key);
    text.push_str(
        "\nBoth are simulated. Once they are connected, people edit at both ends. Press Ctrl-C to end.",
    );
    Ok(text)
}

/// Has the CRM tell of changes as soon as it is connected, as a person would who enters address and secret there.
fn tells(server: &Server, crm: &VtigerSimulator) -> bool {
    for member in server.parts().roster.all() {
        let vtiger = &member.connection.vtiger;
        if let Some(secret) = vtiger.callback_secrets.first()
            && vtiger.url.as_str().trim_end_matches('/') == crm.url()
        {
            let address = format!("http://{}/webhooks/vtiger/{}", server.address(), member.name);
            crm.set_callback(&address, secret.expose_secret());
            return true;
        }
    }
    false
}
