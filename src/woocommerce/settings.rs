//! Where a shop is and how to get in. Key and secret never show in debug output.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

/// How requests are authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Authentication {
    /// Key and secret as user and password; WooCommerce takes that over https only.
    Basic,
    /// A signature for each request (OAuth 1.0a); the way over plain http.
    OAuth,
    /// Key and secret in the query, for servers that drop the header; over https only.
    Query,
}

/// Where a shop is and how to get in.
#[derive(Clone)]
pub struct WooCommerceSettings {
    /// The site's address, such as `https://shop.example`.
    pub url: Url,
    /// The REST key's first part (`ck_…`).
    pub consumer_key: SecretString,
    /// The REST key's second part (`cs_…`).
    pub consumer_secret: SecretString,
    /// Nothing: basic over https, OAuth over http.
    pub authentication: Option<Authentication>,
    /// How long a request may take.
    pub timeout: Duration,
}

/// Leaves the key and the secret out.
impl fmt::Debug for WooCommerceSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WooCommerceSettings")
            .field("url", &self.url.origin().ascii_serialization())
            .field("authentication", &self.authentication)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
