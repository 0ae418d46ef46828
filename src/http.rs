//! How this program makes HTTP clients: always with time limits, never following redirects.

use std::time::Duration;

/// Makes `ring` the process's TLS provider. Call it first thing in a process; calling it again does no harm.
///
/// reqwest panics when a client is built before a provider is there.
pub fn install_tls_provider() {
    // An error only says that a provider was installed before.
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// An HTTP client that gives up after `timeout` and after 5 s without a connection.
///
/// # Errors
/// When the TLS backend can't be set up.
pub fn client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .timeout(timeout)
        .connect_timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("woo-vtiger-sync/", env!("CARGO_PKG_VERSION")))
        .build()
}
