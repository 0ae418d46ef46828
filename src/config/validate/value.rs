//! Checks of single values: required ones, secrets and their files, web addresses.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::Check;
use crate::config::layers::variable;
use crate::config::raw::RawEncryption;
use crate::vault::Key;

impl Check<'_> {
    /// The value, which must be there.
    pub(super) fn required<T>(&mut self, path: &str, value: Option<T>) -> Option<T> {
        value.or_else(|| {
            let message = format!("it is missing; set it in the file or as {}", variable(path));
            self.problems.add(path, None, message);
            None
        })
    }

    /// A secret, given itself or as the path of the file that it is in.
    pub(super) fn secret(
        &mut self,
        path: &str,
        value: Option<SecretString>,
        file: Option<String>,
    ) -> Option<SecretString> {
        let file_key = format!("{path}_file");
        match (value, file) {
            (None, None) => None,
            (Some(_), Some(_)) => {
                self.fail(&file_key, format!("`{path}` is given, too; keep one of the two"))
            }
            (Some(value), None) => self.not_empty(path, value),
            (None, Some(file)) => match std::fs::read_to_string(&file) {
                Ok(text) => {
                    let text = text.strip_suffix('\n').unwrap_or(&text);
                    let text = text.strip_suffix('\r').unwrap_or(text);
                    self.not_empty(&file_key, text.into())
                }
                Err(error) => self.fail(&file_key, format!("the file `{file}` can't be read: {error}")),
            },
        }
    }

    fn not_empty(&mut self, path: &str, secret: SecretString) -> Option<SecretString> {
        if secret.expose_secret().trim().is_empty() {
            return self.fail(path, "it is empty; put the secret there, or take the key away");
        }
        Some(secret)
    }

    /// A secret that must be there.
    pub(super) fn required_secret(
        &mut self,
        path: &str,
        value: Option<SecretString>,
        file: Option<String>,
    ) -> Option<SecretString> {
        if value.is_none() && file.is_none() {
            let message = format!(
                "it is missing; set it in the file or as {name}, or set {name}_FILE to the path of a file that \
                 holds it",
                name = variable(path),
            );
            self.problems.add(path, None, message);
            return None;
        }
        self.secret(path, value, file)
    }

    /// The key that secrets in the database are sealed with, where it is set; `None` after a problem.
    #[expect(
        clippy::option_option,
        reason = "as everywhere here, the outer one tells of a problem"
    )]
    pub(super) fn encryption_key(&mut self, raw: RawEncryption) -> Option<Option<Key>> {
        const PATH: &str = "encryption.key";
        let is_given = raw.key.is_some() || raw.key_file.is_some();
        let path = if raw.key.is_some() {
            PATH
        } else {
            "encryption.key_file"
        };
        let key = self.secret(PATH, raw.key.map(|key| key.0), raw.key_file);
        match key.map(|key| Key::parse(key.expose_secret())) {
            Some(Ok(key)) => Some(Some(key)),
            Some(Err(error)) => self.fail(path, error.to_string()),
            None if is_given => None,
            None => Some(None),
        }
    }

    /// The address at which shops reach us. Where it is not encrypted, customers' data is not either.
    pub(super) fn public_url(&mut self, text: Option<String>) -> Option<Url> {
        const PATH: &str = "http.public_url";
        let url = self.web_address(PATH, Some(text?))?;
        let is_local = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if url.scheme() == "http" && !is_local {
            self.warnings.push(format!(
                "{PATH}: customers' data travels over plain http; give the address a certificate and write it with https://"
            ));
        }
        Some(url)
    }

    /// The address of a website, without credentials or parameters.
    pub(super) fn web_address(&mut self, path: &str, text: Option<String>) -> Option<Url> {
        let text = self.required(path, text)?;
        // The text is not quoted, as it may hold a password.
        let url = match Url::parse(text.trim()) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => url,
            Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase) => {
                return self.fail(path, "it must start with https:// (or http://)");
            }
            Err(error) => return self.fail(path, format!("it is no web address: {error}")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return self.fail(
                path,
                "it must not hold a user or password; they have keys of their own",
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return self.fail(path, "it must end before any `?` or `#`");
        }
        Some(url)
    }

    /// A text that must be there.
    pub(super) fn required_text(&mut self, path: &str, text: Option<String>) -> Option<String> {
        let text = self.required(path, text);
        self.text(path, text)
    }

    /// A text that must not be blank.
    pub(super) fn text(&mut self, path: &str, text: Option<String>) -> Option<String> {
        let text = text?;
        if text.trim().is_empty() {
            return self.fail(path, "it is empty; fill it in, or take the key away");
        }
        Some(text)
    }
}
