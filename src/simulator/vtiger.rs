//! A stand-in of Vtiger CRM 8.3.0 and its `webservice.php`: contacts, organizations, products, services, sales orders.
//!
//! It answers as the recorded traffic of a real installation does, quirks included: a test holds it to that. Records
//! live in memory. It never talks to anything but the listener that [`VtigerSimulator::set_callback`] names.

mod access;
mod announce;
mod answer;
mod callback;
mod data;
mod desk;
mod extension;
mod flood;
mod id;
mod operation;
mod query;
mod schema;
mod select;
mod server;
mod value;

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use serde_json::Value as Json;
use tokio_util::task::TaskTracker;

use self::access::Access;
use self::callback::Callbacks;
use self::data::Data;
use self::flood::Flood;
use self::operation::State;
use self::schema::Schema;
use self::server::Shared;
use super::faults::{FaultPlan, Faults};
use super::writes::Writes;
use super::zone::Zone;
use crate::clock::{Clock, SystemClock, Timestamp};

pub use self::flood::FloodControl;

/// Which Vtiger is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VtigerKind {
    /// The unmodified release on PHP 8, on which `sync` and `logout` always fail, and orders can't be created.
    Stock830,
    /// The same with the bugs of PHP 8 mended: as Vtiger Cloud and older releases on PHP 7.
    Repaired,
    /// The unmodified release with the extension of `deploy/vtiger` installed.
    Extended,
}

impl VtigerKind {
    /// Whether Vtiger's own operations fail on PHP 8.
    pub(self) fn is_unmended(self) -> bool {
        matches!(self, Self::Stock830 | Self::Extended)
    }
}

/// How the simulator is to behave.
#[derive(Clone)]
pub struct VtigerOptions {
    /// Which Vtiger it is.
    pub kind: VtigerKind,
    /// The user of the webservice: 19x1, an administrator.
    pub username: String,
    /// That user's access key.
    pub access_key: String,
    /// Where it takes the time from.
    pub clock: Arc<dyn Clock>,
    /// The zone of `createdtime` and `modifiedtime`.
    pub zone: Zone,
    /// After how much time without use a session ends.
    pub session_lifetime: Duration,
    /// How long after a save or deletion the listener is told.
    pub callback_delay: Duration,
    /// Whether callbacks bring the record along, under `data`.
    pub callback_with_data: bool,
    /// How many requests it takes, and tells so, as Vtiger Cloud does; `None`: as many as come.
    pub flood_control: Option<FloodControl>,
    /// What goes wrong on purpose.
    pub faults: FaultPlan,
}

impl Default for VtigerOptions {
    fn default() -> Self {
        Self {
            kind: VtigerKind::Repaired,
            username: "integration".to_owned(),
            access_key: "vtiger-access-key".to_owned(),
            clock: SystemClock::shared(),
            zone: Zone::default(),
            session_lifetime: Duration::from_mins(24),
            callback_delay: Duration::ZERO,
            callback_with_data: true,
            flood_control: None,
            faults: FaultPlan::default(),
        }
    }
}

impl fmt::Debug for VtigerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VtigerOptions")
            .field("kind", &self.kind)
            .field("username", &self.username)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

/// A call that was made to the webservice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When it came.
    pub at: Timestamp,
    /// The operation, such as `query`.
    pub operation: String,
    /// The element type, the id, the query's text, the user's name: what the call was about.
    pub detail: String,
    /// Whether it was carried out, even if a fault on the way back kept the caller from knowing.
    pub success: bool,
}

/// A running stand-in of Vtiger CRM.
pub struct VtigerSimulator {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: ServerHandle,
    tasks: TaskTracker,
}

impl fmt::Debug for VtigerSimulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VtigerSimulator")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl VtigerSimulator {
    /// Starts it on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port can be had.
    #[expect(clippy::unused_async, reason = "it has to be called within a runtime")]
    pub async fn start(options: VtigerOptions) -> io::Result<Self> {
        let tasks = TaskTracker::new();
        let schema = Arc::new(Schema::load()?);
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                kind: options.kind,
                callback_with_data: options.callback_with_data,
                access: Access::new(&options.username, &options.access_key, options.session_lifetime),
                data: Data::new(schema, &options.username, options.zone, options.clock.now()),
                calls: Vec::new(),
                outbox: Vec::new(),
            }),
            callbacks: Callbacks::new(options.callback_delay, tasks.clone()).map_err(io::Error::other)?,
            faults: Faults::new(options.faults),
            writes: Writes::default(),
            flood: Flood::new(options.flood_control),
            clock: options.clock,
        });

        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let server = server::serve(listener, &shared)?;
        let handle = server.handle();
        tasks.spawn(server);
        Ok(Self {
            address,
            shared,
            server: handle,
            tasks,
        })
    }

    /// Where it is, such as `http://127.0.0.1:40123`, with a page for people; the webservice is at `/webservice.php`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The calls made so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.state().calls.clone()
    }

    /// Starts the list of calls anew.
    pub fn forget_calls(&self) {
        self.shared.state().calls.clear();
    }

    /// The records that were written to twice at the same time.
    pub fn overlapping_writes(&self) -> Vec<String> {
        self.shared.writes.overlapping()
    }

    /// How many requests were refused as one too many.
    pub fn refused(&self) -> u32 {
        self.shared.flood.refused()
    }

    /// Lets other things go wrong from now on.
    pub fn set_faults(&self, plan: FaultPlan) {
        self.shared.faults.replace(plan);
    }

    /// How many of the requests whose faults are planned are yet to come.
    pub fn planned_faults(&self) -> usize {
        self.shared.faults.planned()
    }

    /// Ends all sessions.
    pub fn expire_sessions(&self) {
        self.shared.state().access.expire_sessions();
    }

    /// Sends callbacks to this address from now on, signed with this secret.
    pub fn set_callback(&self, url: &str, secret: &str) {
        self.shared.callbacks.listen(url, secret);
    }

    /// How many callbacks haven't been delivered, or given up, yet.
    pub fn pending_callbacks(&self) -> usize {
        self.shared.callbacks.pending()
    }

    /// A module's records as `retrieve` shows them, without deleted ones, by id.
    pub fn records(&self, module: &str) -> Vec<Json> {
        let state = self.shared.state();
        let data = &state.data;
        let Some(module) = data.schema.module(module) else {
            return Vec::new();
        };
        data.all(module)
            .filter(|record| !record.deleted)
            .map(|record| data.retrieved(record).into())
            .collect()
    }

    /// A record as `retrieve` shows it, unless it is deleted.
    pub fn record(&self, id: &str) -> Option<Json> {
        let state = self.shared.state();
        let record = state.data.find(id).ok()?;
        Some(state.data.retrieved(record).into())
    }

    /// Creates a record as a salesperson (19x5) at the CRM's pages does, who owns it if no one else is named.
    ///
    /// Returns its id; an empty text when Vtiger refuses, such as without a mandatory field.
    pub fn add_record(&self, module: &str, fields: Json) -> String {
        self.shared.add_record(module, fields).unwrap_or_default()
    }

    /// Copies a record, of an order without its lines, with other texts in these fields, as an import does that writes to the
    /// database: nothing is checked, and nothing announced. Returns the copy's id; `None` where there is no such record.
    pub fn copy_record(&self, id: &str, changes: &Json) -> Option<String> {
        let changes = changes.as_object().cloned().unwrap_or_default();
        let (id, now) = (id.parse().ok()?, self.shared.clock.now());
        let copied = self.shared.state().data.copy(id, &changes, now)?;
        Some(copied.to_string())
    }

    /// Saves fields of a record as a salesperson does; tells whether Vtiger did.
    pub fn edit_record(&self, id: &str, fields: Json) -> bool {
        self.shared.edit_record(id, fields)
    }

    /// Deletes a record as a salesperson does; tells whether it was there.
    pub fn delete_record(&self, id: &str) -> bool {
        self.shared.delete_record(id)
    }

    /// Takes a record out of the recycle bin as a salesperson does, an order with its lines; tells whether it was there.
    pub fn restore_record(&self, id: &str) -> bool {
        self.shared.restore_record(id)
    }

    /// Gives a module a field of its own, such as `cf_851`, as an administrator does.
    ///
    /// `kind` is its type as `describe` tells it, such as `{"name": "string"}`.
    pub fn add_field(&self, module: &str, name: &str, label: &str, kind: &Json) {
        let mut state = self.shared.state();
        Arc::make_mut(&mut state.data.schema).add_field(module, name, label, kind);
    }

    /// An administrator installs the extension: from now on it is [`VtigerKind::Extended`].
    pub fn install_extension(&self) {
        self.shared.state().kind = VtigerKind::Extended;
    }

    /// Stops serving; callbacks that haven't been delivered are dropped.
    pub async fn stop(self) {
        self.shared.callbacks.stop();
        self.server.stop(false).await;
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// What isn't an object has no fields.
fn object(fields: Json) -> serde_json::Map<String, Json> {
    match fields {
        Json::Object(fields) => fields,
        _ => serde_json::Map::new(),
    }
}
