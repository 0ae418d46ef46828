//! How everything is, on one page: what isn't well with what to do first, and then each part.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use askama::Template;

use super::answer::{self, PageError};
use super::debug_log::bytes;
use super::frame::{Area, Frame};
use super::viewer::Viewer;
use super::{Web, filters, texts, words};
use crate::health::{Grade, Health, HealthView, SystemHealth, SystemState};

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service.route("/health", web::get().to(show));
}

#[derive(Template)]
#[template(path = "health/page.html")]
struct HealthPage {
    frame: Frame,
    view: HealthView,
}

async fn show(
    web: web::Data<Web>,
    health: web::Data<Health>,
    viewer: Viewer,
) -> Result<HttpResponse, PageError> {
    answer::page(&HealthPage {
        frame: Frame::new(&web, &viewer, Area::Health),
        view: health.view().await,
    })
}

/// The key of what a verdict says.
const fn verdict(grade: Grade) -> &'static str {
    match grade {
        Grade::Well => "health-well",
        Grade::Warning => "health-warning",
        Grade::Bad => "health-bad",
    }
}

/// A number, or that it is not known.
fn number(number: Option<u64>) -> String {
    number.map_or_else(|| texts::say("health-not-known"), |number| number.to_string())
}

/// A time that something takes, or a dash where there is none.
fn span(seconds: Option<u64>) -> String {
    seconds.map_or_else(
        || texts::say("health-not-known"),
        |seconds| {
            if seconds == 0 {
                texts::say("health-no-time")
            } else {
                words::about(Duration::from_secs(seconds))
            }
        },
    )
}

/// How much room something takes.
fn room(bytes_taken: Option<u64>) -> String {
    bytes_taken.map_or_else(|| texts::say("health-not-known"), bytes)
}

/// How a system is, in a word.
fn state(system: &SystemHealth) -> String {
    texts::say(match system.state {
        Some(SystemState::Up) => "health-up",
        Some(SystemState::Paused) => "health-paused",
        Some(SystemState::Down) => "health-down",
        None => "health-not-known",
    })
}

/// How a system's state is marked.
fn tone(system: &SystemHealth) -> &'static str {
    match system.state {
        Some(SystemState::Up) => "created",
        Some(_) => "skipped",
        None => "linked",
    }
}

/// What is left of the day's requests, or that there is no such limit.
fn budget(system: &SystemHealth) -> String {
    match (system.day_left, system.day_limit) {
        (Some(left), Some(limit)) => texts::say_with(
            "health-day-left",
            &[("left", left.into()), ("limit", limit.into())],
        ),
        _ => texts::say("health-no-limit"),
    }
}
