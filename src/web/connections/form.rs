//! The form of a connection: a new one's, or one's to be changed. Either side can be tried before anything is kept.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{failed, path};
use crate::connections::{ConnectionsError, ConsentState, Input, Problem, Trial};
use crate::sync::Side;
use crate::system::{Finding, Verdict};
use crate::web::answer::{self, PageError};
use crate::web::frame::{Area, Frame};
use crate::web::post::Act;
use crate::web::viewer::Viewer;
use crate::web::{Web, filters, texts};

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .service(
            web::resource("/connections/new")
                .route(web::get().to(blank))
                .route(web::post().to(create)),
        )
        .route("/connections/new/test/{side}", web::post().to(test_new))
        .service(
            web::resource("/connections/{name}/edit")
                .route(web::get().to(edit))
                .route(web::post().to(change)),
        )
        .route(
            "/connections/{name}/edit/test/{side}",
            web::post().to(test_changed),
        );
}

/// A field as the form shows it.
struct Field {
    name: &'static str,
    label: String,
    hint: String,
    value: String,
    kind: &'static str,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "connections/form.html")]
struct FormPage {
    frame: Frame,
    /// The connection's name where it is changed.
    changed: Option<String>,
    action: String,
    name: Field,
    shop: Vec<Field>,
    shop_more: Vec<Field>,
    crm: Vec<Field>,
    crm_more: Vec<Field>,
    consent: String,
    is_granted: bool,
    /// Why the shop can't be asked for keys, where it can't.
    no_consent: Option<String>,
    /// What is wrong with the whole.
    problems: Vec<String>,
    tried: Option<Tried>,
}

#[derive(Template)]
#[template(path = "connections/tried.html")]
struct TriedPart {
    tried: Tried,
}

/// What came of trying one side.
#[derive(Debug)]
pub(super) struct Tried {
    side: Side,
    is_good: bool,
    lines: Vec<Line>,
}

/// One thing that was looked at.
#[derive(Debug)]
struct Line {
    mark: &'static str,
    subject: String,
    detail: String,
    remedy: String,
}

impl Line {
    /// The key of what the mark says.
    const fn mark_key(&self) -> &'static str {
        match self.mark.as_bytes() {
            b"good" => "connections-mark-good",
            b"warning" => "connections-mark-warning",
            _ => "connections-mark-bad",
        }
    }
}

impl Tried {
    fn new(side: Side, findings: Vec<Finding>) -> Self {
        let is_bad = |finding: &Finding| matches!(finding.verdict, Verdict::Bad(..));
        Self {
            side,
            is_good: !findings.iter().any(is_bad),
            lines: findings
                .into_iter()
                .map(|finding| {
                    let (mark, detail, remedy) = match finding.verdict {
                        Verdict::Good(detail) => ("good", detail, String::new()),
                        Verdict::Warning(detail, remedy) => ("warning", detail, remedy),
                        Verdict::Bad(detail, remedy) => ("bad", detail, remedy),
                    };
                    Line {
                        mark,
                        subject: finding.subject,
                        detail,
                        remedy,
                    }
                })
                .collect(),
        }
    }

    /// What stands in the way of trying.
    fn not(side: Side, problems: &[Problem]) -> Self {
        Self {
            side,
            is_good: false,
            lines: problems
                .iter()
                .map(|problem| Line {
                    mark: "bad",
                    subject: label(problem.field),
                    detail: problem.message.clone(),
                    remedy: String::new(),
                })
                .collect(),
        }
    }
}

/// What the shop's consent screen sends the person back with, beside what was entered before.
#[derive(Debug, Deserialize)]
struct Begun {
    #[serde(default)]
    name: String,
    #[serde(default)]
    shop_url: String,
    #[serde(default)]
    user_id: String,
    #[serde(default)]
    success: String,
}

const SHOP: [&str; 3] = ["shop_url", "shop_key", "shop_secret"];
const SHOP_MORE: [&str; 5] = [
    "shop_webhook_secret",
    "shop_authentication",
    "shop_timeout",
    "shop_rate_limit",
    "shop_concurrency_limit",
];
const CRM: [&str; 3] = ["crm_url", "crm_username", "crm_access_key"];
const CRM_MORE: [&str; 9] = [
    "crm_callback_secret",
    "crm_time_zone_offset",
    "crm_assigned_user_id",
    "crm_order_reference_field",
    "crm_stand_in_item",
    "crm_fee_item",
    "crm_timeout",
    "crm_rate_limit",
    "crm_concurrency_limit",
];

/// What of a connection is secret.
const SECRET: [&str; 5] = [
    "shop_key",
    "shop_secret",
    "shop_webhook_secret",
    "crm_access_key",
    "crm_callback_secret",
];

fn label(field: &str) -> String {
    texts::say(&format!("connections-{}", field.replace('_', "-")))
}

fn field(name: &'static str, input: &Input, problems: &[Problem]) -> Field {
    let hint = format!("connections-{}-hint", name.replace('_', "-"));
    let problem = problems.iter().find(|problem| problem.field == name);
    Field {
        name,
        label: label(name),
        hint: texts::say(&hint),
        value: input.get(name).to_owned(),
        kind: match name {
            _ if SECRET.contains(&name) => "password",
            "shop_url" | "crm_url" => "url",
            _ => "text",
        },
        problem: problem.map(|problem| answer::sentence(&problem.message)),
    }
}

impl FormPage {
    async fn new(
        web: &Web,
        viewer: &Viewer,
        changed: Option<&str>,
        input: &Input,
        problems: &[Problem],
    ) -> Result<Self, PageError> {
        let fields = |names: &[&'static str]| names.iter().map(|name| field(name, input, problems)).collect();
        let consent = web.connections.consent(&input.consent).await.map_err(failed)?;
        let is_shown = |field: &str| !field.is_empty() && field != "consent";
        Ok(Self {
            frame: Frame::new(web, viewer, Area::Connections),
            changed: changed.map(str::to_owned),
            action: match changed {
                Some(name) => format!("{}/edit", path(name)),
                None => path("new"),
            },
            name: field("name", input, problems),
            shop: fields(&SHOP),
            shop_more: fields(&SHOP_MORE),
            crm: fields(&CRM),
            crm_more: fields(&CRM_MORE),
            consent: input.consent.clone(),
            is_granted: consent == ConsentState::Granted,
            no_consent: super::consent::why_not(web),
            problems: problems
                .iter()
                .filter(|problem| !is_shown(problem.field))
                .map(|problem| answer::sentence(&problem.message))
                .collect(),
            tried: None,
        })
    }
}

/// A page that says what is wrong.
fn wrong(page: &FormPage) -> Result<HttpResponse, PageError> {
    Ok(HttpResponse::UnprocessableEntity()
        .content_type("text/html; charset=utf-8")
        .body(page.render()?))
}

async fn blank(
    web: web::Data<Web>,
    viewer: Viewer,
    begun: web::Query<Begun>,
) -> Result<HttpResponse, PageError> {
    let Begun {
        name,
        shop_url,
        user_id,
        success,
    } = begun.into_inner();
    let is_first = web.connections.list().await.map_err(failed)?.is_empty();
    let input = Input {
        name: if name.is_empty() && is_first {
            "shop".to_owned()
        } else {
            name
        },
        shop_url,
        consent: if success == "1" { user_id } else { String::new() },
        ..Input::default()
    };
    let mut problems = Vec::new();
    if success == "0" {
        problems.push(Problem {
            field: "",
            message: texts::say("connections-consent-denied"),
        });
    }
    answer::page(&FormPage::new(&web, &viewer, None, &input, &problems).await?)
}

async fn create(web: web::Data<Web>, act: Act<Input>) -> Result<HttpResponse, PageError> {
    match web.connections.create(&act.form).await {
        Ok(view) => {
            let note = texts::say_with("connections-created", &[("name", view.name.as_str().into())]);
            answer::see_other_with(&web, &act.viewer, &path(&view.name), &note).await
        }
        Err(ConnectionsError::Invalid(problems)) => {
            wrong(&FormPage::new(&web, &act.viewer, None, &act.form, &problems).await?)
        }
        Err(error) => Err(failed(error)),
    }
}

async fn edit(
    web: web::Data<Web>,
    viewer: Viewer,
    name: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let input = web.connections.input(&name).await.map_err(failed)?;
    answer::page(&FormPage::new(&web, &viewer, Some(&name), &input, &[]).await?)
}

async fn change(
    web: web::Data<Web>,
    name: web::Path<String>,
    mut act: Act<Input>,
) -> Result<HttpResponse, PageError> {
    name.clone_into(&mut act.form.name);
    match web.connections.change(&act.form).await {
        Ok(_) => {
            let note = texts::say("connections-changed");
            answer::see_other_with(&web, &act.viewer, &path(&name), &note).await
        }
        Err(ConnectionsError::Invalid(problems)) => {
            wrong(&FormPage::new(&web, &act.viewer, Some(&name), &act.form, &problems).await?)
        }
        Err(error) => Err(failed(error)),
    }
}

async fn test_new(
    request: HttpRequest,
    web: web::Data<Web>,
    side: web::Path<String>,
    act: Act<Input>,
) -> Result<HttpResponse, PageError> {
    tested(&request, &web, &act, None, &side).await
}

async fn test_changed(
    request: HttpRequest,
    web: web::Data<Web>,
    at: web::Path<(String, String)>,
    mut act: Act<Input>,
) -> Result<HttpResponse, PageError> {
    let (name, side) = at.into_inner();
    web.connections.input(&name).await.map_err(failed)?;
    act.form.name.clone_from(&name);
    tested(&request, &web, &act, Some(&name), &side).await
}

/// Tries one side with what is entered. With scripts only what came of it is shown; without, the form with it.
async fn tested(
    request: &HttpRequest,
    web: &Web,
    act: &Act<Input>,
    changed: Option<&str>,
    side: &str,
) -> Result<HttpResponse, PageError> {
    let known = Side::BOTH.into_iter().find(|known| known.as_str() == side);
    let side = known.ok_or_else(|| PageError::NotFound(texts::say("frame-no-page")))?;
    let (tried, problems) = match web.connections.test(Trial::Entered(&act.form), side).await {
        Ok(findings) => (Tried::new(side, findings), Vec::new()),
        Err(ConnectionsError::Invalid(problems)) => (Tried::not(side, &problems), problems),
        Err(error) => return Err(failed(error)),
    };
    if request.headers().contains_key("HX-Request") {
        return answer::page(&TriedPart { tried });
    }
    let mut page = FormPage::new(web, &act.viewer, changed, &act.form, &problems).await?;
    page.tried = Some(tried);
    answer::page(&page)
}
