//! `/api/v1/records`: records found, looked at with their history, and settled by hand; `/api/v1/attention`: what needs a
//! person.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::Refusal;
use super::listing::{limit, resource};
use crate::record::{
    AttentionFilter, Chosen, DisputeView, History, Live, Lost, ProblemView, RecordView, Records,
};
use crate::store::{Place, ProblemFilter};
use crate::sync::{Module, RecordId, Side, Sides, Skip};

/// Adds the addresses.
pub(super) fn configure(service: &mut web::ServiceConfig) {
    let at = |end: &str| format!("/records/{{connection}}/{{module}}/{{side}}/{{id}}{end}");
    service
        .service(resource("/records", "GET").route(web::get().to(search)))
        .service(resource(&at(""), "GET").route(web::get().to(show)))
        .service(resource(&at("/sync"), "POST").route(web::post().to(sync)))
        .service(resource(&at("/link"), "POST").route(web::post().to(link)))
        .service(resource(&at("/unlink"), "POST").route(web::post().to(unlink)))
        .service(resource(&at("/take"), "POST").route(web::post().to(take)))
        .service(resource("/attention", "GET").route(web::get().to(attention)))
        .service(resource("/attention/retry", "POST").route(web::post().to(retry)));
}

/// A record as an address names it.
#[derive(Debug, Deserialize)]
struct Named {
    connection: String,
    module: String,
    side: String,
    id: String,
}

impl Named {
    fn find(&self, records: &Records) -> Result<(Place, Side, RecordId), Refusal> {
        let module = Module::ALL
            .into_iter()
            .find(|module| module.as_str() == self.module);
        let side = Side::BOTH.into_iter().find(|side| side.as_str() == self.side);
        let (Some(module), Some(side)) = (module, side) else {
            return Err(Refusal::NotFound(
                "a record's address is /api/v1/records/{connection}/{module}/{side}/{id}, with a module such as \
                 contacts and the side woocommerce or vtiger"
                    .to_owned(),
            ));
        };
        let at = records.place(&self.connection, module)?;
        Ok((at, side, RecordId::new(self.id.as_str())))
    }
}

/// What is looked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    q: String,
    connection: Option<String>,
    module: Option<Module>,
    limit: Option<u32>,
}

/// How much of a record is to be told.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    /// The history before this entry.
    before: Option<String>,
    limit: Option<u32>,
    /// Whether to read both systems.
    #[serde(default)]
    live: bool,
}

/// A record with its history.
#[derive(Debug, Serialize)]
struct Told {
    #[serde(flatten)]
    record: RecordView,
    history: History,
    live: Option<Live>,
}

/// The record to link with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Other {
    id: RecordId,
}

/// What is to be listed of what needs a person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    connection: Option<String>,
    module: Option<Module>,
    kind: Option<String>,
    #[serde(default)]
    after: String,
    limit: Option<u32>,
}

/// What needs a person.
#[derive(Debug, Serialize)]
struct Needed {
    #[serde(flatten)]
    attention: crate::record::Attention,
    problems: Vec<ProblemView>,
    next: Option<String>,
    latest_conflicts: Vec<DisputeView>,
}

/// Which records are to be looked at anew.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retry {
    ids: Option<Vec<String>>,
    #[serde(default)]
    all: bool,
    connection: Option<String>,
    module: Option<Module>,
    kind: Option<String>,
}

async fn search(records: web::Data<Records>, asked: web::Query<Question>) -> Result<HttpResponse, Refusal> {
    let limit = limit(asked.limit)?;
    let connection = asked.connection.as_ref().map(|name| name.to_lowercase());
    let found = records.search(&asked.q, connection.as_deref(), asked.module, limit);
    Ok(HttpResponse::Ok().json(found.await?))
}

async fn show(
    records: web::Data<Records>,
    named: web::Path<Named>,
    part: web::Query<Part>,
) -> Result<HttpResponse, Refusal> {
    let (at, side, id) = named.find(&records)?;
    let limit = limit(part.limit)?;
    let record = records.show(&at, side, &id).await?;
    let history = records
        .history(&at, side, &id, part.before.as_deref(), limit)
        .await?;
    let live = if part.live {
        Some(records.live(&at, side, &id).await?)
    } else {
        None
    };
    Ok(HttpResponse::Ok().json(Told {
        record,
        history,
        live,
    }))
}

async fn sync(records: web::Data<Records>, named: web::Path<Named>) -> Result<HttpResponse, Refusal> {
    let (at, side, id) = named.find(&records)?;
    let id = records.sync_now(&at, side, &id).await?;
    Ok(HttpResponse::Accepted().json(json!({ "asked": true, "id": id })))
}

async fn link(
    records: web::Data<Records>,
    named: web::Path<Named>,
    other: web::Json<Other>,
) -> Result<HttpResponse, Refusal> {
    let (at, side, id) = named.find(&records)?;
    let mut ids = Sides::new(|_| other.id.clone());
    *ids.of_mut(side) = id;
    Ok(HttpResponse::Ok().json(records.link(&at, ids).await?))
}

async fn unlink(records: web::Data<Records>, named: web::Path<Named>) -> Result<HttpResponse, Refusal> {
    let (at, side, id) = named.find(&records)?;
    Ok(HttpResponse::Ok().json(records.unlink(&at, side, &id).await?))
}

async fn take(
    records: web::Data<Records>,
    named: web::Path<Named>,
    lost: web::Json<Lost>,
) -> Result<HttpResponse, Refusal> {
    let (at, side, id) = named.find(&records)?;
    records.take(&at, side, &id, &lost).await?;
    Ok(HttpResponse::Accepted().json(json!({ "asked": true })))
}

async fn attention(records: web::Data<Records>, listed: web::Query<Listed>) -> Result<HttpResponse, Refusal> {
    let limit = limit(listed.limit)?;
    let listed = listed.into_inner();
    let filter = AttentionFilter {
        connection: listed.connection.map(|name| name.to_lowercase()),
        module: listed.module,
    };
    let problems = ProblemFilter {
        connection: filter.connection.clone(),
        module: filter.module,
        kind: kind(listed.kind)?,
    };
    let (problems, next) = records.problems(&problems, &listed.after, limit).await?;
    Ok(HttpResponse::Ok().json(Needed {
        attention: records.attention(&filter).await?,
        latest_conflicts: records.conflicts(&filter, None, limit).await?.0,
        problems,
        next,
    }))
}

async fn retry(records: web::Data<Records>, asked: web::Json<Retry>) -> Result<HttpResponse, Refusal> {
    let chosen = match asked.into_inner() {
        Retry {
            ids: Some(ids),
            all: false,
            connection: None,
            module: None,
            kind: None,
        } => Chosen::Ids(ids),
        Retry {
            ids: None,
            all: true,
            connection,
            module,
            kind: of_kind,
        } => Chosen::All(ProblemFilter {
            connection: connection.map(|name| name.to_lowercase()),
            module,
            kind: kind(of_kind)?,
        }),
        _ => {
            return Err(Refusal::Malformed(
                "send either {\"ids\": [...]}, or {\"all\": true} with \"connection\", \"module\" and \"kind\" as you \
                 like"
                    .to_owned(),
            ));
        }
    };
    Ok(HttpResponse::Accepted().json(records.retry(&chosen).await?))
}

/// The name of a kind of reason, if it is one.
fn kind(name: Option<String>) -> Result<Option<String>, Refusal> {
    match name {
        Some(name) if !Skip::KINDS.contains(&name.as_str()) => Err(Refusal::Malformed(format!(
            "there is no kind `{name}`; there are {}",
            Skip::KINDS.join(", ")
        ))),
        name => Ok(name),
    }
}
