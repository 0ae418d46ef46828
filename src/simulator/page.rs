//! The simulators' own pages, where a person takes the part of a shopper or a salesperson.
//!
//! Both have the same page over a [`Desk`] of theirs: a list that renews itself, and forms that a person can take
//! their time over. It works without JavaScript, and nothing is loaded from other hosts. It must not change a record
//! but through the desk, which does what the other ways into the simulator do, webhooks and callbacks included.

mod form;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::middleware::DefaultHeaders;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::Value as Json;

pub(super) use self::form::{Field, Kind};
use self::form::{Input, Sent};
use crate::clock::Timestamp;

/// The most people that the list shows.
const PEOPLE: usize = 100;
/// The most rows that each of the other lists shows.
const ROWS: usize = 25;
/// For how long a change stands out.
const FRESH: Duration = Duration::from_secs(5);

// Without a referrer, browsers wouldn't tell the origin of a form either.
const REFERRERS: &str = "same-origin";
const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
                      object-src 'none'; script-src 'none'";

/// What a simulator's page shows, and does.
pub(super) trait Desk: Send + Sync {
    /// How the page is worded, and what its forms ask for.
    fn look(&self) -> &'static Look;
    /// The present moment.
    fn now(&self) -> Timestamp;
    /// All people, in any order.
    fn people(&self) -> Vec<Person>;
    /// What else there is: products and orders, each in any order.
    fn lists(&self) -> Vec<List>;
    /// Makes what one of [`Look::news`] is for; else tells in a sentence why not.
    fn create(&self, key: &str, fields: Json) -> Result<(), String>;
    /// Changes a person or a row of a list; else tells in a sentence why not.
    fn edit(&self, id: &str, fields: Json) -> Result<(), String>;
    /// Deletes a person; tells whether they were there.
    fn delete(&self, id: &str) -> bool;
}

/// How a page is worded, and what its forms ask for.
#[derive(Debug)]
pub(super) struct Look {
    /// The name of the system, as people call it.
    pub(super) system: &'static str,
    /// Its name in the style sheet.
    pub(super) class: &'static str,
    /// What all of this is.
    pub(super) about: &'static str,
    /// What a person is here.
    pub(super) one: &'static str,
    /// What several are, at the beginning of a sentence.
    pub(super) many: &'static str,
    /// What can be changed of one.
    pub(super) fields: &'static [Field],
    /// What can be made.
    pub(super) news: &'static [New],
}

/// Something that can be made.
#[derive(Debug)]
pub(super) struct New {
    /// What the address calls it.
    pub(super) key: &'static str,
    /// What making it is called.
    pub(super) title: &'static str,
    /// What is asked for.
    pub(super) fields: &'static [Field],
}

/// A list of something else than people.
pub(super) struct List {
    pub(super) title: &'static str,
    /// What stands over the rows: over their names, then over each of their cells.
    pub(super) columns: &'static [&'static str],
    pub(super) rows: Vec<Row>,
    /// How many there are, shown or not.
    pub(super) total: usize,
    /// What can be changed of one.
    pub(super) fields: &'static [Field],
}

impl List {
    /// A list that counts its rows.
    pub(super) fn new(
        title: &'static str,
        columns: &'static [&'static str],
        fields: &'static [Field],
        rows: Vec<Row>,
    ) -> Self {
        Self {
            title,
            columns,
            total: rows.len(),
            rows,
            fields,
        }
    }
}

/// A row of a list.
pub(super) struct Row {
    /// Unlike any person's.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) cells: Vec<String>,
    pub(super) changed: Timestamp,
    /// What a form shows, by the fields' names.
    pub(super) fields: Json,
}

/// A person.
pub(super) struct Person {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) company: String,
    pub(super) city: String,
    pub(super) changed: Timestamp,
    /// What a form shows, by the fields' names.
    pub(super) fields: Json,
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage<'a> {
    look: &'a Look,
    problem: Option<&'a str>,
    now: Timestamp,
    total: usize,
    people: Vec<Person>,
    lists: Vec<List>,
}

impl PeoplePage<'_> {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn is_fresh(&self, changed: &Timestamp) -> bool {
        self.now - *changed < FRESH
    }
}

#[derive(Template)]
#[template(path = "form.html")]
struct FormPage<'a> {
    look: &'a Look,
    problem: Option<&'a str>,
    title: String,
    action: String,
    button: &'a str,
    inputs: Vec<Input<'a>>,
    /// Who can be deleted here.
    id: Option<&'a str>,
}

/// Adds a desk's page to a server.
pub(super) fn configure(desk: Arc<dyn Desk>) -> impl FnOnce(&mut web::ServiceConfig) {
    let headers = || {
        DefaultHeaders::new()
            .add((header::CONTENT_SECURITY_POLICY, POLICY))
            .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .add((header::REFERRER_POLICY, REFERRERS))
            .add((header::CACHE_CONTROL, "no-store"))
    };
    move |service| {
        service.app_data(web::Data::from(desk));
        service.service(web::resource("/").wrap(headers()).route(web::get().to(show)));
        service.service(
            web::resource("/{deed:new|edit|delete}/{which}")
                .wrap(headers())
                .route(web::post().to(submit)),
        );
        service.service(
            web::resource("/style.css")
                .wrap(headers())
                .route(web::get().to(style)),
        );
    }
}

/// What the address asks for: the list, unless it is a form.
#[derive(Debug, serde::Deserialize)]
struct Wanted {
    edit: Option<String>,
    new: Option<String>,
}

async fn show(desk: web::Data<dyn Desk>, wanted: web::Query<Wanted>) -> HttpResponse {
    let desk = desk.get_ref();
    match (&wanted.edit, &wanted.new) {
        (Some(id), _) => match subject(desk, id) {
            Some(subject) => edit_form(desk.look(), &subject, None),
            None => gone(desk),
        },
        (None, Some(key)) => match new(desk.look(), key) {
            Some(new) => new_form(desk.look(), new, None),
            None => list(desk, None),
        },
        (None, None) => list(desk, None),
    }
}

async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .body(include_str!("templates/style.css"))
}

/// Carries out a form, and then shows the list; or the form again, with what is wrong.
async fn submit(
    request: HttpRequest,
    desk: web::Data<dyn Desk>,
    path: web::Path<(String, String)>,
    sent: web::Form<BTreeMap<String, String>>,
) -> HttpResponse {
    if !is_from_here(&request) {
        return HttpResponse::Forbidden().body("Only this page's own forms are taken.");
    }
    let desk = desk.get_ref();
    let (deed, which) = path.into_inner();
    let sent = Sent(sent.into_inner());
    if deed == "new" {
        let Some(new) = new(desk.look(), &which) else {
            return HttpResponse::NotFound().finish();
        };
        let made = sent
            .complete(new.fields, true)
            .and_then(|()| desk.create(&which, sent.record(new.fields)));
        return match made {
            Ok(()) => back_to_list(),
            Err(problem) => new_form(desk.look(), new, Some((&problem, &sent))),
        };
    }
    let Some(subject) = subject(desk, &which) else {
        return gone(desk);
    };
    if deed == "delete" {
        return if subject.is_person && desk.delete(&which) {
            back_to_list()
        } else {
            gone(desk)
        };
    }
    let fields = subject.asked;
    let edited = sent
        .complete(fields, false)
        .and_then(|()| desk.edit(&which, sent.record(fields)));
    match edited {
        Ok(()) => back_to_list(),
        Err(problem) => edit_form(desk.look(), &subject, Some((&problem, &sent))),
    }
}

/// Whether a page of this server has sent the form: browsers tell where a form comes from.
fn is_from_here(request: &HttpRequest) -> bool {
    let Some(origin) = request.headers().get(header::ORIGIN) else {
        return true;
    };
    let host = request.connection_info().host().to_owned();
    origin
        .to_str()
        .is_ok_and(|origin| origin.split_once("://").is_some_and(|(_, here)| here == host))
}

fn back_to_list() -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, "/"))
        .finish()
}

/// Who or what a form is about.
struct Subject {
    id: String,
    name: String,
    asked: &'static [Field],
    fields: Json,
    is_person: bool,
}

fn subject(desk: &dyn Desk, id: &str) -> Option<Subject> {
    if let Some(person) = desk.people().into_iter().find(|person| person.id == id) {
        return Some(Subject {
            id: person.id,
            name: person.name,
            asked: desk.look().fields,
            fields: person.fields,
            is_person: true,
        });
    }
    desk.lists().into_iter().find_map(|list| {
        let row = list.rows.into_iter().find(|row| row.id == id)?;
        Some(Subject {
            id: row.id,
            name: row.name,
            asked: list.fields,
            fields: row.fields,
            is_person: false,
        })
    })
}

fn new(look: &'static Look, key: &str) -> Option<&'static New> {
    look.news.iter().find(|new| new.key == key)
}

fn gone(desk: &dyn Desk) -> HttpResponse {
    let problem = format!("This {} is no longer there.", desk.look().one);
    list(desk, Some(&problem))
}

fn list(desk: &dyn Desk, problem: Option<&str>) -> HttpResponse {
    let people = desk.people();
    let mut lists = desk.lists();
    for list in &mut lists {
        list.rows.sort_by_key(|row| Reverse(row.changed));
        list.rows.truncate(ROWS);
    }
    let page = PeoplePage {
        look: desk.look(),
        problem,
        now: desk.now(),
        total: people.len(),
        people: newest(people, PEOPLE),
        lists,
    };
    let status = if problem.is_some() {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::OK
    };
    html(status, &page)
}

fn newest(mut people: Vec<Person>, most: usize) -> Vec<Person> {
    people.sort_by_key(|person| Reverse(person.changed));
    people.truncate(most);
    people
}

fn edit_form(look: &Look, subject: &Subject, refused: Option<(&str, &Sent)>) -> HttpResponse {
    let page = FormPage {
        look,
        problem: refused.map(|(problem, _)| problem),
        title: format!("Edit {}", subject.name),
        action: format!("/edit/{}", subject.id),
        button: "Save",
        inputs: form::inputs(subject.asked, &subject.fields, refused.map(|(_, sent)| sent)),
        id: subject.is_person.then_some(subject.id.as_str()),
    };
    html(status_of(refused.is_some()), &page)
}

fn new_form(look: &Look, new: &New, refused: Option<(&str, &Sent)>) -> HttpResponse {
    let page = FormPage {
        look,
        problem: refused.map(|(problem, _)| problem),
        title: new.title.to_owned(),
        action: format!("/new/{}", new.key),
        button: new.title,
        inputs: form::inputs(new.fields, &Json::Null, refused.map(|(_, sent)| sent)),
        id: None,
    };
    html(status_of(refused.is_some()), &page)
}

fn status_of(refused: bool) -> StatusCode {
    if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    }
}

fn html(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .body(html),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
