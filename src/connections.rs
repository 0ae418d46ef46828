//! The connections, for people to look at, make, try, change and remove.
//!
//! The pages and the API share this. Those of the configuration can be looked at and tried, and changed there alone. Those
//! made here are kept in the database, what is secret of them sealed, and take effect at once. A new one is paused, and
//! none of its modules is switched on: nothing moves before a person has chosen what, and said that it may begin.

mod check;
mod consent;
mod input;
mod preview;
mod setup;
mod view;
mod written;

use std::sync::Arc;

use url::Url;

use crate::clock::Clock;
use crate::roster::{Member, Origin, Roster, RosterError};
use crate::store::{Belongings, KeptConnection, Place, Store, StoreError};
use crate::sync::{Module, Side};
use crate::system::{Finding, Priority, Uses, work_for};
use crate::vault::{Vault, VaultError};

pub use check::Problem;
pub use consent::{Asked, ConsentState, Keys, NoConsent, Refusal};
pub use input::Input;
pub use preview::{ModuleForecast, Preview, PreviewState, Skipped};
pub use setup::{ModuleChoice, Registered, RegisteredStep};
pub use view::{ModuleView, StandIns, View};
pub use written::{UnreadableError, Written};

use preview::Previews;

/// The connections.
#[derive(Clone, Debug)]
pub struct Connections {
    store: Arc<dyn Store>,
    roster: Arc<Roster>,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    /// The address at which the shops reach this service, where that is known.
    public_url: Option<Url>,
    previews: Arc<Previews>,
}

/// Why nothing was shown or done.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionsError {
    /// There is no connection with this name.
    #[error("there is no connection named `{0}`")]
    Unknown(String),
    /// It is in the configuration.
    #[error(
        "the connection `{0}` is set up in the configuration, and can be changed there alone: edit the file or the variables, \
         and start the service again"
    )]
    Configured(String),
    /// What was entered can't be.
    #[error("{}", told(.0))]
    Invalid(Vec<Problem>),
    /// Somebody else changed it meanwhile.
    #[error("somebody else has just changed the connection `{0}`; look at it again before you change it")]
    Changed(String),
    /// It is kept, and can't be brought to work.
    #[error("the connection `{name}` can't be brought to work: {reason}")]
    Idle {
        /// The connection's name.
        name: String,
        /// Why.
        reason: String,
    },
    /// Webhooks can't be registered without it.
    #[error(
        "http.public_url is not set; set it to the address at which WooCommerce reaches this service, such as \
         \"https://sync.example\", and start the service again"
    )]
    NoPublicUrl,
    /// Secrets can't be kept.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What is kept can't be read.
    #[error(transparent)]
    Unreadable(#[from] UnreadableError),
    /// It can't be brought to work.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The webhooks can't be dealt with.
    #[error(transparent)]
    Webhooks(#[from] crate::webhooks::WebhooksError),
    /// The first sync can't be asked for.
    #[error(transparent)]
    History(#[from] crate::history::HistoryError),
    /// The settings that a module starts with are wrong.
    #[error(transparent)]
    Engine(#[from] crate::engine::EngineError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Which connection is tried.
#[derive(Clone, Copy, Debug)]
pub enum Trial<'a> {
    /// One that there is.
    Kept(&'a str),
    /// What somebody has entered and not saved, of a new connection or of one that there is.
    Entered(&'a Input),
}

impl Connections {
    /// The connections of this roster, of which those that are made here are kept in this store.
    pub fn new(
        store: Arc<dyn Store>,
        roster: Arc<Roster>,
        vault: Arc<Vault>,
        clock: Arc<dyn Clock>,
        public_url: Option<Url>,
    ) -> Self {
        Self {
            store,
            roster,
            vault,
            clock,
            public_url,
            previews: Arc::default(),
        }
    }

    /// All connections, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self) -> Result<Vec<View>, ConnectionsError> {
        let mut views = Vec::new();
        for member in self.roster.all() {
            views.push(self.view(&member).await?);
        }
        for (name, reason) in self.roster.idle() {
            if let Some(kept) = self.store.kept_connection(&name).await?
                && self.roster.get(&name).is_none()
            {
                views.push(View::idle(&kept, reason));
            }
        }
        views.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(views)
    }

    /// One connection.
    ///
    /// # Errors
    /// When there is none of that name, or the store fails.
    pub async fn show(&self, name: &str) -> Result<View, ConnectionsError> {
        if let Some(member) = self.roster.find(name).await? {
            return self.view(&member).await;
        }
        let reason = self.roster.idle().remove(name);
        match self.store.kept_connection(name).await?.zip(reason) {
            Some((kept, reason)) => Ok(View::idle(&kept, reason)),
            None => Err(ConnectionsError::Unknown(name.to_owned())),
        }
    }

    /// What was entered of a connection that is kept in the database, secrets left out, for it to be changed.
    ///
    /// # Errors
    /// When there is none of that name there, or the store fails.
    pub async fn input(&self, name: &str) -> Result<Input, ConnectionsError> {
        let kept = self.kept(name).await?;
        Ok(Input::of(name, &Written::plain(&kept)?))
    }

    /// What is wrong with what was entered, field by field. `changes`: it is of the connection of its name, where what is
    /// secret may be left blank.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn check_input(&self, input: &Input, changes: bool) -> Result<Vec<Problem>, ConnectionsError> {
        let (_, problems) = self.checked(input, changes).await?;
        Ok(problems)
    }

    /// Makes a connection and keeps it, paused. What secrets of webhooks and callbacks are not entered are made up.
    ///
    /// # Errors
    /// When something entered is wrong, secrets can't be sealed, or the store fails.
    pub async fn create(&self, input: &Input) -> Result<View, ConnectionsError> {
        let (written, problems) = self.checked(input, false).await?;
        if !problems.is_empty() {
            return Err(ConnectionsError::Invalid(problems));
        }
        self.vault.prepare(self.store.any_sealed().await?.is_none())?;
        let (settings, sealed) = written.close(&input.name, &self.vault)?;
        let now = self.clock.now();
        let kept = KeptConnection {
            name: input.name.clone(),
            revision: revision(),
            settings,
            sealed,
            created: now,
            updated: now,
        };
        if !self.store.keep_connection(&kept).await? {
            return Err(ConnectionsError::Invalid(vec![Problem::taken(&input.name)]));
        }
        self.use_up_consent(input).await?;
        self.take_effect(&input.name).await
    }

    /// Changes a connection that is kept in the database: what is secret and left blank stays as it was, and everything
    /// else becomes what is entered.
    ///
    /// # Errors
    /// When there is none of that name there, something entered is wrong, somebody else changed it meanwhile, or the store
    /// fails.
    pub async fn change(&self, input: &Input) -> Result<View, ConnectionsError> {
        let kept = self.kept(&input.name).await?;
        let (written, problems) = self.checked(input, true).await?;
        if !problems.is_empty() {
            return Err(ConnectionsError::Invalid(problems));
        }
        self.keep(&kept, &written).await?;
        self.use_up_consent(input).await?;
        self.take_effect(&input.name).await
    }

    /// Changes which products stand for an order's lines without one; what is blank becomes as by default. Orders that are
    /// there already keep theirs until they change.
    ///
    /// # Errors
    /// Those of [`change`](Self::change).
    pub async fn change_stand_ins(&self, name: &str, stand_ins: StandIns) -> Result<View, ConnectionsError> {
        let input = Input {
            crm_stand_in_item: stand_ins.stand_in_item,
            crm_fee_item: stand_ins.fee_item,
            ..self.input(name).await?
        };
        self.change(&input).await
    }

    /// Removes a connection that is kept in the database. Its events are refused from now on, and those that wait are set
    /// aside like those of any connection that is not known.
    ///
    /// # Errors
    /// When there is none of that name there, or the store fails.
    pub async fn remove(&self, name: &str, belongings: Belongings) -> Result<(), ConnectionsError> {
        self.kept(name).await?;
        self.store.forget_connection(name, belongings).await?;
        self.previews.forget(name);
        self.roster.refresh().await?;
        Ok(())
    }

    /// Pauses a connection, or lets it go on. Events of a paused one wait, and nothing is looked for.
    ///
    /// # Errors
    /// When there is none of that name in the database, its secrets can't be opened, somebody else changed it meanwhile, or
    /// the store fails.
    pub async fn pause(&self, name: &str, is_paused: bool) -> Result<View, ConnectionsError> {
        self.rewrite(name, |written| written.is_paused = is_paused).await
    }

    /// Tries one side of a connection: its address, credentials and permissions. Changes nothing there.
    ///
    /// # Errors
    /// When there is no such connection, something entered is wrong, or the store fails.
    pub async fn test(&self, trial: Trial<'_>, side: Side) -> Result<Vec<Finding>, ConnectionsError> {
        let systems = match trial {
            Trial::Kept(name) => self.member(name).await?.systems.clone(),
            Trial::Entered(input) => {
                let changes = self.store.kept_connection(&input.name).await?.is_some();
                let (written, problems) = self.checked(input, changes).await?;
                // The other side need not be filled in yet.
                let of_side: Vec<Problem> = problems
                    .into_iter()
                    .filter(|problem| problem.concerns(side))
                    .collect();
                if !of_side.is_empty() {
                    return Err(ConnectionsError::Invalid(of_side));
                }
                let connection = written
                    .to_be_tried(side, self.public_url.is_some())
                    .map_err(|error| ConnectionsError::Invalid(check::problems_of(&error)))?;
                self.roster.systems(&input.name, &connection)?
            }
        };
        let uses = Uses::all();
        let checks = systems.of(side).check_for(&uses);
        Ok(work_for(Priority::Check, checks).await)
    }

    async fn view(&self, member: &Member) -> Result<View, ConnectionsError> {
        let kept = match member.origin {
            Origin::Database { .. } => self.store.kept_connection(&member.name).await?,
            Origin::Configuration => None,
        };
        let mut modules = Vec::new();
        for module in Module::ALL {
            let at = Place {
                connection: member.name.clone(),
                module,
            };
            let settings = self.store.settings(&at).await?;
            modules.extend(settings.map(|settings| ModuleView::new(module, &settings)));
        }
        Ok(View::new(
            member,
            kept.as_ref(),
            modules,
            self.public_url.as_ref(),
        ))
    }

    /// A connection at work.
    async fn member(&self, name: &str) -> Result<Arc<Member>, ConnectionsError> {
        if let Some(member) = self.roster.find(name).await? {
            return Ok(member);
        }
        Err(match self.roster.idle().remove(name) {
            Some(reason) => ConnectionsError::Idle {
                name: name.to_owned(),
                reason,
            },
            None => ConnectionsError::Unknown(name.to_owned()),
        })
    }

    /// What is kept of a connection in the database.
    async fn kept(&self, name: &str) -> Result<KeptConnection, ConnectionsError> {
        if let Some(member) = self.roster.get(name)
            && member.origin == Origin::Configuration
        {
            return Err(ConnectionsError::Configured(name.to_owned()));
        }
        let kept = self.store.kept_connection(name).await?;
        kept.ok_or_else(|| ConnectionsError::Unknown(name.to_owned()))
    }

    /// Changes what is written down of a connection.
    async fn rewrite(&self, name: &str, change: impl FnOnce(&mut Written)) -> Result<View, ConnectionsError> {
        let kept = self.kept(name).await?;
        let mut written = Written::open(&kept, &self.vault)?;
        change(&mut written);
        self.keep(&kept, &written).await?;
        self.take_effect(name).await
    }

    async fn keep(&self, before: &KeptConnection, written: &Written) -> Result<(), ConnectionsError> {
        let (settings, sealed) = written.close(&before.name, &self.vault)?;
        let kept = KeptConnection {
            revision: revision(),
            settings,
            sealed,
            updated: self.clock.now(),
            ..before.clone()
        };
        if self.store.change_connection(&kept, &before.revision).await? {
            Ok(())
        } else {
            Err(ConnectionsError::Changed(before.name.clone()))
        }
    }

    /// Brings what is kept of a connection to work in this process, and shows it.
    async fn take_effect(&self, name: &str) -> Result<View, ConnectionsError> {
        self.roster.refresh().await?;
        self.show(name).await
    }
}

/// What is another one after each change.
fn revision() -> String {
    uuid::Uuid::now_v7().to_string()
}

fn told(problems: &[Problem]) -> String {
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    problems.join("; ")
}
