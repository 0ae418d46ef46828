//! The progress of a first sync: bars on a terminal, else a line now and then.

use std::collections::BTreeMap;
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressStyle};

use woo_vtiger_sync::app::Progress;
use woo_vtiger_sync::sweep::Step;

/// How often a line tells how far it came.
const EVERY: Duration = Duration::from_secs(10);

/// Shows how far it came.
pub(super) enum Display {
    Bars(Bars),
    Lines(Lines),
}

impl Display {
    pub(super) fn new() -> Self {
        if stderr().is_terminal() {
            Self::Bars(Bars::default())
        } else {
            Self::Lines(Lines::default())
        }
    }

    pub(super) fn show(&mut self, progress: &Progress) {
        match self {
            Self::Bars(bars) => bars.show(progress),
            Self::Lines(lines) => lines.show(progress),
        }
    }

    /// Leaves the bars as they are.
    pub(super) fn leave(self) {
        if let Self::Bars(bars) = self {
            for bar in bars.by_step.into_values() {
                bar.abandon();
            }
        }
    }
}

/// A bar for each side of a module.
#[derive(Default)]
pub(super) struct Bars {
    all: MultiProgress,
    by_step: BTreeMap<String, ProgressBar>,
}

impl Bars {
    fn show(&mut self, progress: &Progress) {
        for step in progress.steps.iter().filter(|step| step.is_begun) {
            let name = name(progress, step);
            let bar = self.by_step.entry(name.clone()).or_insert_with(|| {
                let bar = self.all.add(ProgressBar::no_length());
                bar.set_prefix(name);
                bar
            });
            if bar.is_finished() {
                continue;
            }
            bar.set_style(style(step.total.is_some()));
            if let Some(total) = step.total {
                bar.set_length(total.max(step.read));
            }
            bar.set_position(step.read);
            bar.set_message(format!("{} not in step", step.found));
            if step.is_read {
                bar.finish();
            } else {
                bar.tick();
            }
        }
    }
}

fn style(has_length: bool) -> ProgressStyle {
    let template = if has_length {
        "{prefix:40} {bar:25} {pos}/{len} read, {msg}, {per_sec:.0}, {eta} left"
    } else {
        "{prefix:40} {spinner} {pos} read, {msg}, {per_sec:.0}"
    };
    // Ours are right, and a plain bar does as well.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Lines, for logs.
#[derive(Default)]
pub(super) struct Lines {
    told: Option<Instant>,
    begun: BTreeMap<String, Begun>,
}

struct Begun {
    at: Instant,
    read: u64,
    is_told: bool,
}

impl Lines {
    fn show(&mut self, progress: &Progress) {
        let is_due = self.told.is_none_or(|told| told.elapsed() >= EVERY);
        for step in progress.steps.iter().filter(|step| step.is_begun) {
            let name = name(progress, step);
            let begun = self.begun.entry(name.clone()).or_insert_with(|| Begun {
                at: Instant::now(),
                read: step.read,
                is_told: false,
            });
            if begun.is_told || !is_due && !step.is_read {
                continue;
            }
            begun.is_told = step.is_read;
            let total = step.total.map(|total| format!(" of {total}")).unwrap_or_default();
            let seconds = begun.at.elapsed().as_secs().max(1);
            let rate = (step.read - begun.read.min(step.read)) / seconds;
            let left = match step.total {
                Some(total) if rate > 0 && !step.is_read => {
                    let left = Duration::from_secs(total.saturating_sub(step.read) / rate);
                    format!(", about {} left", HumanDuration(left))
                }
                _ => String::new(),
            };
            eprintln!(
                "{name}: {}{total} read, {} of them not in step, {} wait, {rate} a second{left}",
                step.read, step.found, progress.waiting
            );
        }
        if is_due {
            self.told = Some(Instant::now());
        }
    }
}

fn name(progress: &Progress, Step { at, side, .. }: &Step) -> String {
    format!("{}: {} in {}", progress.connection, at.module, side.title())
}
