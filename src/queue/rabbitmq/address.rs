//! Where the broker is. What is said of an address never repeats it: it has a password.

use lapin::uri::AMQPUri;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::RabbitMqError;

/// Each side tells the other that it is there twice in this time, and gives it up after twice this time.
const HEARTBEAT_SECONDS: u16 = 10;

/// The address, with what it leaves open.
pub(super) fn parse(url: &SecretString) -> Result<AMQPUri, RabbitMqError> {
    let url = url.expose_secret();
    let parsed = Url::parse(url).map_err(|error| RabbitMqError::Address(error.to_string()))?;
    if !matches!(parsed.scheme(), "amqp" | "amqps") {
        return Err(RabbitMqError::Address(
            "it begins with neither amqp:// nor amqps://".to_owned(),
        ));
    }
    let host = match parsed.host() {
        Some(Host::Ipv6(address)) => address.to_string(),
        Some(host) => host.to_string(),
        None => return Err(RabbitMqError::Address("it names no host".to_owned())),
    };
    // Only now, as this repeats some of the addresses that it can't read.
    let mut uri: AMQPUri = url.parse().map_err(RabbitMqError::Address)?;
    // Else an IPv6 address would become `localhost`.
    uri.authority.host = host;
    // A slash at the end is rarely meant for the virtual host without name.
    if uri.vhost.is_empty() {
        "/".clone_into(&mut uri.vhost);
    }
    uri.query.heartbeat.get_or_insert(HEARTBEAT_SECONDS);
    Ok(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<AMQPUri, RabbitMqError> {
        parse(&SecretString::from(url))
    }

    #[test]
    fn what_an_address_leaves_open_is_filled_in() {
        for url in ["amqp://mq", "amqp://mq/", "amqp://mq/%2f"] {
            let uri = read(url).unwrap();
            assert_eq!(
                (uri.authority.host.as_str(), uri.authority.port),
                ("mq", 5672),
                "{url}"
            );
            assert_eq!(
                (uri.vhost.as_str(), uri.query.heartbeat),
                ("/", Some(10)),
                "{url}"
            );
        }
        let uri = read("amqps://shop:p%40ss@[::1]:5000/sync?heartbeat=30").unwrap();
        assert_eq!((uri.authority.host.as_str(), uri.authority.port), ("::1", 5000));
        assert_eq!(
            (uri.vhost.as_str(), uri.authority.userinfo.password.as_str()),
            ("sync", "p@ss")
        );
        assert_eq!(uri.query.heartbeat, Some(30));
    }

    #[test]
    fn what_is_said_of_an_address_does_not_repeat_it() {
        for url in [
            "amqp:secret",
            "http://u:secret@mq",
            "secret",
            "amqp://u:secret@mq:port",
            "amqp://u:secret@mq?heartbeat=secret",
            "amqp://u:secret@/",
        ] {
            let error = read(url).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
