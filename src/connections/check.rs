//! What is wrong with what was entered, field by field.

use std::fmt;

use secrecy::ExposeSecret;
use serde::Serialize;

use super::input::{Field, Input, Kind, NEEDED};
use super::{Connections, ConnectionsError, Written};
use crate::config::{ConfigError, is_connection_name};
use crate::store::{Place, StoreError};
use crate::sync::{Module, Side};
use crate::vault::made_up;

/// What has an address of its own where the connections' pages are.
const RESERVED: [&str; 2] = ["new", "consent"];

/// What is wrong with one field, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The field; blank where it is no single one's.
    pub field: &'static str,
    /// What is wrong, and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            "" => f.write_str(&self.message),
            field => write!(f, "{field}: {}", self.message),
        }
    }
}

impl Problem {
    fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            field,
            message: message.into(),
        }
    }

    /// There is a connection with this name.
    pub(super) fn taken(name: &str) -> Self {
        Self::new(
            "name",
            format!("there is a connection named `{name}` already; choose another name"),
        )
    }

    /// Whether it stands in the way of trying this side alone.
    pub(super) fn concerns(&self, side: Side) -> bool {
        match side {
            Side::WooCommerce => self.field.starts_with("shop_") || self.field == "consent",
            Side::Vtiger => self.field.starts_with("crm_"),
        }
    }
}

impl Connections {
    /// What was entered, with what is secret as it was or made up where it is blank; and what is wrong with it.
    pub(super) async fn checked(
        &self,
        input: &Input,
        changes: bool,
    ) -> Result<(Written, Vec<Problem>), ConnectionsError> {
        let mut problems = Vec::new();
        let mut written = input.written(true);
        let mut moved = Vec::new();
        if changes {
            let old = Written::open(&self.kept(&input.name).await?, &self.vault)?;
            problems.extend(self.consented(input, &mut written).await?);
            written.is_paused = old.is_paused;
            written.keep_secrets_of(&old);
            moved.extend(
                ["woocommerce", "vtiger"]
                    .into_iter()
                    .filter(|table| written.is_moved(&old, table)),
            );
        } else {
            problems.extend(self.name_problem(&input.name).await?);
            problems.extend(self.consented(input, &mut written).await?);
        }
        for name in ["shop_webhook_secret", "crm_callback_secret"] {
            if let Some(field) = Field::named(name)
                && written.get(field).is_none()
            {
                written.put(field, made_up().expose_secret().to_owned());
            }
        }
        for (name, remedy) in NEEDED {
            let field = Field::named(name).filter(|field| written.get(field).is_none());
            let Some(field) = field.filter(|_| problems.iter().all(|problem| problem.field != name)) else {
                continue;
            };
            problems.push(if field.kind == Kind::Secret && moved.contains(&field.table) {
                Problem::new(
                    name,
                    "what is kept is for the former address alone; enter it for this one",
                )
            } else {
                Problem::new(name, format!("it is empty; {remedy}"))
            });
        }
        if let Err(error) = written.connection(&input.name, self.public_url.is_some()) {
            for problem in problems_of(&error) {
                if problems.iter().all(|known| known.field != problem.field) {
                    problems.push(problem);
                }
            }
        }
        Ok((written, problems))
    }

    /// Why a new connection can't have this name.
    async fn name_problem(&self, name: &str) -> Result<Option<Problem>, StoreError> {
        if name.is_empty() {
            let remedy = "it is empty; choose a short name, such as shop";
            return Ok(Some(Problem::new("name", remedy)));
        }
        if RESERVED.contains(&name) {
            let remedy =
                format!("`{name}` stands for something else in addresses of the pages; choose another name");
            return Ok(Some(Problem::new("name", remedy)));
        }
        if !is_connection_name(name) {
            return Ok(Some(Problem::new(
                "name",
                "it must be made of lower-case letters, digits, `-` and single `_`, and be no longer than 40; choose another",
            )));
        }
        let is_taken =
            self.roster.find(name).await?.is_some() || self.store.kept_connection(name).await?.is_some();
        Ok(is_taken.then(|| Problem::taken(name)))
    }

    /// The modules of a connection.
    pub(super) fn places(connection: &str) -> impl Iterator<Item = Place> {
        let connection = connection.to_owned();
        Module::ALL.into_iter().map(move |module| Place {
            connection: connection.clone(),
            module,
        })
    }
}

/// The configuration's problems with a connection, in terms of what is entered.
pub(super) fn problems_of(error: &ConfigError) -> Vec<Problem> {
    let problems = error.problems().iter().map(|problem| {
        // `connections.<name>.<table>.<key>`
        let mut path = problem.path.rsplit('.');
        let (key, table) = (path.next(), path.next());
        let field = table.zip(key).and_then(|(table, key)| Field::at(table, key));
        let message = match &problem.message {
            // It would speak of files and variables.
            missing if missing.starts_with("it is missing") => "it is empty; fill it in",
            message => message.as_str(),
        };
        Problem::new(field.map_or("", |field| field.name), message)
    });
    problems.collect()
}
