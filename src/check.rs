//! `check`: tests each connection and says what to do about each problem.

use std::fmt::Write as _;

use crate::app::Parts;
use crate::sync::Side;
use crate::system::{Finding, Verdict};

/// What the checks found, for a person to read, and whether all is well enough to work.
#[derive(Debug)]
pub struct Checked {
    /// The report's text.
    pub report: String,
    /// Whether nothing was bad.
    pub good: bool,
}

/// Tests each connection's address, credentials and permissions on both sides. Changes nothing there.
pub async fn check(parts: &Parts) -> Checked {
    let mut checked = Checked {
        report: String::new(),
        good: true,
    };
    let mut connections: Vec<_> = parts.systems.iter().collect();
    connections.sort_by_key(|(name, _)| name.as_str());
    if connections.is_empty() {
        checked.good = false;
        checked.report.push_str(
            "No connection is configured. Name one in the configuration file or by WVS_CONNECTIONS__… variables; \
             deploy/config.example.toml shows how.\n",
        );
    }
    for (name, systems) in connections {
        for side in Side::BOTH {
            // Writing to a string can't fail.
            let _ = writeln!(checked.report, "{name}: {}", side.title());
            for finding in systems.of(side).check().await {
                checked.add(&finding);
            }
        }
    }
    checked
}

impl Checked {
    fn add(&mut self, finding: &Finding) {
        let subject = &finding.subject;
        let _ = match &finding.verdict {
            Verdict::Good(detail) if detail.is_empty() => writeln!(self.report, "  ok    {subject}"),
            Verdict::Good(detail) => writeln!(self.report, "  ok    {subject}: {detail}"),
            Verdict::Warning(problem, remedy) => {
                writeln!(self.report, "  note  {subject}: {problem}\n        → {remedy}")
            }
            Verdict::Bad(problem, remedy) => {
                self.good = false;
                writeln!(self.report, "  FAIL  {subject}: {problem}\n        → {remedy}")
            }
        };
    }
}
