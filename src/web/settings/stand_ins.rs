//! The products that stand for an order's lines without one. They belong to the connection, which knows them in reading
//! and in writing, and are set with the orders' settings.

use actix_web::{HttpResponse, web};

use super::module::{Refused, rendered};
use super::{Addressed, path_of, settable};
use crate::connections::{ConnectionsError, Problem, StandIns, View};
use crate::sync::Module;
use crate::web::answer::{self, PageError};
use crate::web::connections::failed;
use crate::web::post::Act;
use crate::web::{Web, texts};

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service.route("/settings/{connection}/{module}/stand-ins", web::post().to(save));
}

/// The two, as fields of the connection.
const ENTERED: [&str; 2] = ["crm_stand_in_item", "crm_fee_item"];

/// What the form shows.
pub(super) struct StandInsForm {
    /// Whether they can be changed here.
    pub(super) is_kept: bool,
    pub(super) fields: [Field; 2],
}

/// One of the two.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) value: String,
    pub(super) problem: Option<String>,
}

impl StandInsForm {
    /// The form of those in force.
    pub(super) async fn of(web: &Web, connection: &str) -> Result<Self, PageError> {
        let View {
            is_kept, stand_ins, ..
        } = web.connections.show(connection).await.map_err(failed)?;
        Ok(Self::new(is_kept, stand_ins, &[]))
    }

    fn new(is_kept: bool, stand_ins: StandIns, problems: &[Problem]) -> Self {
        let [item, fee] = ENTERED.map(|entered| {
            let problem = problems.iter().find(|problem| problem.field == entered);
            problem.map(|problem| answer::sentence(&problem.message))
        });
        Self {
            is_kept,
            fields: [
                Field {
                    name: "stand_in_item",
                    label: texts::say("settings-stand-in-item"),
                    value: stand_ins.stand_in_item,
                    problem: item,
                },
                Field {
                    name: "fee_item",
                    label: texts::say("settings-fee-item"),
                    value: stand_ins.fee_item,
                    problem: fee,
                },
            ],
        }
    }
}

async fn save(web: web::Data<Web>, at: Addressed, act: Act<StandIns>) -> Result<HttpResponse, PageError> {
    let at = settable(&web, &at)?;
    if at.module != Module::SalesOrders {
        return Err(PageError::NotFound(texts::say("frame-no-page")));
    }
    let Act { viewer, form } = act;
    match web
        .connections
        .change_stand_ins(&at.connection, form.clone())
        .await
    {
        Ok(_) => {
            let note = texts::say("settings-stand-ins-saved");
            answer::see_other_with(&web, &viewer, &path_of(&at), &note).await
        }
        Err(ConnectionsError::Invalid(problems)) => {
            let is_other = |problem: &&Problem| !ENTERED.contains(&problem.field);
            let others = problems.iter().filter(is_other).map(ToString::to_string);
            let form = StandInsForm::new(true, form, &problems);
            let refused = Refused::stand_ins(form, others.collect());
            let html = rendered(&web, &viewer, &at, refused).await?;
            Ok(HttpResponse::UnprocessableEntity()
                .content_type("text/html; charset=utf-8")
                .body(html))
        }
        Err(error) => Err(failed(error)),
    }
}
