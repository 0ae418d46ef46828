//! How a run comes on, told as it happens by server-sent events.
//!
//! A stream ends when the run does, when its reader leaves, when the service stops, and after an hour in any case.

use std::collections::VecDeque;
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use askama::Template;
use futures_util::{StreamExt, stream};

use super::overview::waiting;
use super::runs::RunRow;
use crate::clock::Timestamp;
use crate::history::State;
use crate::queue::Lane;
use crate::telemetry;
use crate::web::answer::PageError;
use crate::web::{Web, filters};

/// How often is looked for something new.
const LOOK: Duration = Duration::from_secs(1);

/// After so many looks without news something is sent all the same: else it would not be noticed that a reader left.
const QUIET: u32 = 10;

/// So often a stream looks at most.
const MOST: u32 = 3_600;

/// What somebody follows.
#[derive(Clone, Debug)]
pub(super) enum Followed {
    /// The sync of a connection that was asked for then.
    Asked(String, Timestamp),
    /// The run with this id.
    Run(String),
}

/// How it comes on, as part of a page.
#[derive(Template)]
#[template(path = "log/progress.html")]
pub(super) struct ProgressView {
    /// The run, once it is begun.
    pub(super) run: Option<RunRow>,
    /// How many events of syncs wait; `None` while the queue does not answer.
    pub(super) waiting: Option<u64>,
}

impl ProgressView {
    pub(super) async fn of(web: &Web, followed: &Followed) -> Result<Self, PageError> {
        let run = match followed {
            Followed::Asked(connection, since) => web.history.progress(connection, *since).await?.run,
            Followed::Run(id) => Some(web.history.show(id).await?),
        };
        Ok(Self {
            run: run.map(RunRow::new),
            waiting: waiting(web, &[Lane::Bulk]).await,
        })
    }

    /// Whether nothing more will come.
    pub(super) fn is_over(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.state != State::UnderWay)
    }
}

/// What a stream has sent, and is to send.
struct Told {
    web: web::Data<Web>,
    followed: Followed,
    /// What the reader sees.
    shown: String,
    ready: VecDeque<String>,
    looks: u32,
    quiet: u32,
    is_over: bool,
}

/// Tells how it comes on until it is over.
pub(super) fn follow(web: web::Data<Web>, followed: Followed) -> HttpResponse {
    let told = Told {
        web,
        followed,
        shown: String::new(),
        ready: VecDeque::new(),
        looks: 0,
        quiet: 0,
        is_over: false,
    };
    let events = stream::unfold(told, |mut told| async {
        let event = told.next().await?;
        Some((Ok::<_, actix_web::Error>(web::Bytes::from(event)), told))
    });
    HttpResponse::Ok()
        .content_type("text/event-stream")
        // Proxies must hand each event on at once.
        .insert_header(("X-Accel-Buffering", "no"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(events.boxed_local())
}

impl Told {
    /// What is sent next; nothing at the end.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.is_over {
                return None;
            }
            if self.looks > 0 {
                tokio::select! {
                    () = self.web.stop.cancelled() => return None,
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
            self.look().await;
        }
    }

    async fn look(&mut self) {
        self.looks += 1;
        self.quiet += 1;
        let view = match ProgressView::of(&self.web, &self.followed).await {
            Ok(view) => view,
            Err(error) => {
                // The browser asks again after a while.
                tracing::debug!(error = %telemetry::chain(&error), "how a run comes on can't be told");
                self.is_over = true;
                return;
            }
        };
        let html = view.render().unwrap_or_default();
        if html != self.shown {
            self.ready.push_back(message(&html));
            self.shown = html;
            self.quiet = 0;
        } else if self.quiet >= QUIET {
            self.ready.push_back(": \n\n".to_owned());
            self.quiet = 0;
        }
        if view.is_over() || self.looks >= MOST {
            self.ready.push_back("event: end\ndata:\n\n".to_owned());
            self.is_over = true;
        }
    }
}

/// A message of several lines.
fn message(html: &str) -> String {
    let lines: Vec<String> = html.lines().map(|line| format!("data: {line}\n")).collect();
    format!("{}\n", lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_a_message_is_marked() {
        assert_eq!(
            message("<p>\none\r\n</p>"),
            "data: <p>\ndata: one\ndata: </p>\n\n"
        );
    }
}
