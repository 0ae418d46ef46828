//! What is wrong with a configuration, told so that it can be mended without a look at the code.
//!
//! A problem never quotes a value that may be a secret.

use std::fmt;

use super::layers::Origin;

/// Everything found wrong in a configuration.
#[derive(Debug, Default)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key's full path; empty where the problem is not one key's.
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
    origin: Option<Origin>,
}

impl ConfigError {
    /// The problems, by path.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    pub(super) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// Adds a problem, unless the key or a table it stands in was found wrong before.
    pub(super) fn add(&mut self, path: &str, origin: Option<&Origin>, message: impl Into<String>) {
        if self.problems.iter().any(|known| known.covers(path)) {
            return;
        }
        self.problems.push(Problem {
            path: path.to_owned(),
            message: message.into(),
            origin: origin
                .filter(|origin| !matches!(origin, Origin::Defaults | Origin::Text))
                .cloned(),
        });
        self.problems
            .sort_by(|one, other| (&one.path, &one.message).cmp(&(&other.path, &other.message)));
    }
}

impl Problem {
    fn covers(&self, path: &str) -> bool {
        !self.path.is_empty()
            && path
                .strip_prefix(&self.path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.path.as_str(), &self.origin) {
            ("", None) => {}
            ("", Some(origin)) => write!(f, "{origin}: ")?,
            (path, None) => write!(f, "{path}: ")?,
            (path, Some(origin)) => write!(f, "{path} ({origin}): ")?,
        }
        f.write_str(&self.message)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration can't be used:")?;
        for problem in &self.problems {
            write!(f, "\n  - {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
