//! OAuth 1.0a without a token, HMAC-SHA256: how WooCommerce proves a key over plain http (RFC 5849).
//!
//! Pure: time and nonce come from the caller. The parameters go into the query; nothing here writes a secret anywhere
//! but into the key of the signature.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;
use url::Url;

/// All but the characters that RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A query's parameters, not yet encoded.
pub(super) type Parameters = Vec<(String, String)>;

/// Whose request it is, and when it was made.
#[derive(Clone, Copy)]
pub(super) struct Signer<'a> {
    pub(super) consumer_key: &'a str,
    pub(super) consumer_secret: &'a str,
    /// Must not repeat within WooCommerce's window of 15 minutes.
    pub(super) nonce: &'a str,
    /// Seconds since 1970; WooCommerce refuses what is off by more than 15 minutes.
    pub(super) timestamp: i64,
}

impl Signer<'_> {
    /// Adds the OAuth parameters and the signature of the whole to a request's parameters.
    pub(super) fn sign(&self, method: &str, url: &Url, parameters: &mut Parameters) {
        let oauth = [
            ("oauth_consumer_key", self.consumer_key.to_owned()),
            ("oauth_nonce", self.nonce.to_owned()),
            ("oauth_signature_method", "HMAC-SHA256".to_owned()),
            ("oauth_timestamp", self.timestamp.to_string()),
            ("oauth_version", "1.0".to_owned()),
        ];
        parameters.extend(oauth.map(|(name, value)| (name.to_owned(), value)));
        let text = base_string(method, url, parameters);
        let key = format!("{}&", encode(self.consumer_secret));
        parameters.push(("oauth_signature".to_owned(), signature(&key, &text)));
    }
}

/// A query as it is sent: each name and value percent-encoded.
pub(super) fn query(parameters: &Parameters) -> String {
    let pairs: Vec<_> = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

/// The text that is signed (RFC 5849, 3.4.1).
fn base_string(method: &str, url: &Url, parameters: &Parameters) -> String {
    let mut bare = url.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    let mut pairs: Vec<_> = parameters
        .iter()
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    pairs.sort();
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!(
        "{}&{}&{}",
        method.to_uppercase(),
        encode(bare.as_str()),
        encode(&pairs.join("&"))
    )
}

fn signature(key: &str, text: &str) -> String {
    // HMAC takes keys of any length; the other arm can't be reached.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(pairs: &[(&str, &str)]) -> Parameters {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    /// The example of RFC 5849, 3.4.1.1.
    fn rfc_example() -> (Url, Parameters) {
        let url = Url::parse("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a").unwrap();
        let parameters = parameters(&[
            ("b5", "=%3D"),
            ("a3", "a"),
            ("c@", ""),
            ("a2", "r b"),
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"),
            ("c2", ""),
            ("a3", "2 q"),
        ]);
        (url, parameters)
    }

    #[test]
    fn the_signed_text_is_that_of_the_rfc() {
        let (url, parameters) = rfc_example();

        let text = base_string("post", &url, &parameters);

        assert_eq!(
            text,
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540\
             %3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3D\
             HMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
        );
    }

    /// `printf %s TEXT | openssl dgst -sha256 -hmac 'cs_secret&' -binary | base64` says the same.
    #[test]
    fn a_request_is_signed_over_all_its_parameters() {
        let url = Url::parse("http://shop.example/wp-json/wc/v3/orders").unwrap();
        let mut sent = parameters(&[("search", "a+b@c.example"), ("per_page", "1")]);
        let signer = Signer {
            consumer_key: "ck_key",
            consumer_secret: "cs_secret",
            nonce: "n1",
            timestamp: 1_795_433_783,
        };

        signer.sign("GET", &url, &mut sent);

        let (name, value) = sent.last().unwrap();
        assert_eq!(name, "oauth_signature");
        assert_eq!(value, "ZlRNk2+6e0y9PKKHIFGBl4P3Vo1dZv+GXjqdmfb1rn0=");
        assert!(query(&sent).starts_with("search=a%2Bb%40c.example&per_page=1&oauth_consumer_key=ck_key&"));
    }
}
