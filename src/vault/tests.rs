//! What is sealed opens with the same key under the same name, and in no other way.

use std::os::unix::fs::PermissionsExt;

use secrecy::ExposeSecret;

use super::*;

fn given(digit: &str) -> Vault {
    Vault::new(KeySource::Given(Key::parse(&digit.repeat(64)).unwrap()))
}

#[test]
fn what_is_sealed_opens_under_its_name_alone() {
    let vault = given("a");

    let sealed = vault.seal("connection shop", "cs_123 é").unwrap();
    let again = vault.seal("connection shop", "cs_123 é").unwrap();

    assert_ne!(sealed, again, "no nonce is used twice");
    assert!(!sealed.contains("cs_123"));
    let opened = vault.open("connection shop", &sealed).unwrap();
    assert_eq!(opened.expose_secret(), "cs_123 é");
    assert!(matches!(
        vault.open("connection outlet", &sealed),
        Err(VaultError::Closed { .. })
    ));
}

#[test]
fn another_key_or_a_changed_byte_opens_nothing() {
    let sealed = given("a").seal("shop", "secret").unwrap();

    let error = given("b").open("shop", &sealed).unwrap_err();

    assert!(error.to_string().contains("set the former key again"), "{error}");
    let bytes = STANDARD.decode(&sealed).unwrap();
    for position in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[position] ^= 1;
        let changed = STANDARD.encode(&changed);
        assert!(given("a").open("shop", &changed).is_err(), "byte {position}");
    }
    for cut in 0..bytes.len() {
        assert!(given("a").open("shop", &STANDARD.encode(&bytes[..cut])).is_err());
    }
    assert!(given("a").open("shop", "not base64!").is_err());
}

#[test]
fn a_key_is_32_bytes_in_hexadecimal_digits_or_base64() {
    let hex = "00ff".repeat(16);
    let key = Key::parse(&hex).unwrap();

    let base64 = STANDARD.encode(key.bytes());
    for text in [
        base64.as_str(),
        base64.trim_end_matches('='),
        &base64.replace('/', "_").replace('+', "-"),
        &format!(" {}\n", hex.to_uppercase()),
    ] {
        assert_eq!(Key::parse(text), Ok(key.clone()), "{text}");
    }
    for text in ["", "secret", &hex[2..], &format!("{hex}00")] {
        assert_eq!(Key::parse(text), Err(KeyError), "{text}");
    }
    assert_eq!(format!("{:?}", KeySource::Given(key)), "Given(Key(***))");
}

#[test]
fn a_key_file_is_made_once_and_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.sqlite.key");
    let vault = || Vault::new(KeySource::File(path.clone()));
    assert!(matches!(
        vault().seal("shop", "secret"),
        Err(VaultError::Missing { .. })
    ));

    let first = vault();
    first.prepare(true).unwrap();
    let sealed = first.seal("shop", "secret").unwrap();

    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let second = vault();
    second.prepare(true).unwrap();
    assert_eq!(second.open("shop", &sealed).unwrap().expose_secret(), "secret");
}

#[test]
fn a_key_file_that_is_gone_or_broken_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.sqlite.key");
    let vault = || Vault::new(KeySource::File(path.clone()));

    let gone = vault().prepare(false).unwrap_err().to_string();
    std::fs::write(&path, "half a key").unwrap();
    let broken = vault().prepare(true).unwrap_err().to_string();

    assert!(gone.contains("put it back from a backup"), "{gone}");
    assert!(broken.contains("holds no key"), "{broken}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "half a key");
    let nowhere = Vault::new(KeySource::Nowhere).seal("shop", "secret").unwrap_err();
    assert!(nowhere.to_string().contains("openssl rand -hex 32"), "{nowhere}");
}
