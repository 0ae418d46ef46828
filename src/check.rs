//! `check`: tests what carries events and each connection, and says what to do about each problem.

mod present;
mod queue;

use std::fmt::Write as _;
use std::sync::Arc;

use crate::app::{Parts, mapping_problems};
use crate::roster::Member;
use crate::store::{Place, StoreError};
use crate::sync::{Module, Severity, Side, Sides};
use crate::system::{Finding, Priority, System, Use, Uses, Verdict, work_for};
use crate::webhooks::{Registration, Step, WebhooksError};

/// What the checks found, for a person to read, and whether all is well enough to work.
#[derive(Debug)]
pub struct Checked {
    /// The report's text.
    pub report: String,
    /// Whether nothing was bad.
    pub good: bool,
}

/// Tests whether events can be carried, and each connection's address, credentials and permissions on both sides. Changes
/// nothing there.
pub async fn check(parts: &Parts) -> Checked {
    let mut checked = Checked {
        report: String::new(),
        good: true,
    };
    checked.report.push_str("service\n");
    checked.add(&queue::look(&*parts.queue).await);
    let (members, idle) = (parts.roster.all(), parts.roster.idle());
    if members.is_empty() && idle.is_empty() {
        checked.good = false;
        checked.report.push_str(
            "No connection is set up. Make one in the browser, or name one in the configuration file or by \
             WVS_CONNECTIONS__… variables; deploy/config.example.toml shows how.\n",
        );
    }
    for (name, error) in idle {
        checked.good = false;
        // Writing to a string can't fail.
        let _ = writeln!(checked.report, "{name}: kept in the database\n  FAIL  {error}");
    }
    for member in members {
        let (name, systems) = (member.name.as_str(), &member.systems);
        let mut reached = true;
        let uses = uses_of(&member).await;
        for side in Side::BOTH {
            let mut is_reached = true;
            // Writing to a string can't fail.
            let _ = writeln!(checked.report, "{name}: {}", side.title());
            let checks = systems.of(side).check_for(uses.of(side));
            for finding in work_for(Priority::Check, checks).await {
                is_reached &= !matches!(finding.verdict, Verdict::Bad(..));
                checked.add(&finding);
            }
            if is_reached {
                for finding in present::look(parts, name, &**systems.of(side)).await {
                    checked.add(&finding);
                }
            }
            reached &= is_reached;
        }
        // Else the same would be told once more for each module.
        if reached {
            checked.mappings(parts, name, systems).await;
            if let Some(registration) = &member.registration {
                checked.webhooks(registration).await;
            }
        }
    }
    checked
}

impl Checked {
    /// Holds the mappings of the modules in force against the fields of both systems.
    async fn mappings(&mut self, parts: &Parts, connection: &str, systems: &Sides<Arc<dyn System>>) {
        let mut findings = Vec::new();
        for at in Parts::places(connection) {
            // There is nothing to be set, and so nothing to be mended, of taxes.
            if at.module != Module::Taxes {
                match mappings_of(parts, &at, systems).await {
                    Ok(of_module) => findings.extend(of_module),
                    Err(error) => findings.push(Finding {
                        subject: at.module.title().to_lowercase(),
                        verdict: Verdict::Bad(
                            error.to_string(),
                            "see whether the database can be read".to_owned(),
                        ),
                    }),
                }
            }
        }
        if !findings.is_empty() {
            let _ = writeln!(self.report, "{connection}: mappings");
        }
        for finding in findings {
            self.add(&finding);
        }
    }

    /// Looks whether the needed webhooks are there, active, and send to the right address.
    async fn webhooks(&mut self, registration: &Registration) {
        let _ = writeln!(self.report, "{}: webhooks", registration.connection);
        let findings = work_for(Priority::Check, webhooks_of(registration)).await;
        let findings = findings.unwrap_or_else(|error| {
            vec![Finding {
                subject: "webhooks".to_owned(),
                verdict: Verdict::Warning(
                    format!("they were not checked: {error}"),
                    "start the check again when that is mended".to_owned(),
                ),
            }]
        });
        for finding in findings {
            self.add(&finding);
        }
    }

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

/// What is done with the records of both systems; everything where the settings can't be read, which is told below.
async fn uses_of(member: &Member) -> Sides<Uses> {
    let mut uses = Sides::new(|_| Vec::new());
    for at in Parts::places(&member.name) {
        let settings = member.engine.settings(&at).await;
        for side in Side::BOTH {
            let of_module = settings
                .as_ref()
                .map_or(Use::ALL, |settings| Use::of(settings, side));
            uses.of_mut(side).push((at.module, of_module));
        }
    }
    Sides {
        woocommerce: uses.woocommerce.into_iter().collect(),
        vtiger: uses.vtiger.into_iter().collect(),
    }
}

async fn mappings_of(
    parts: &Parts,
    at: &Place,
    systems: &Sides<Arc<dyn System>>,
) -> Result<Vec<Finding>, StoreError> {
    let Some(settings) = parts
        .store
        .settings(at)
        .await?
        .filter(|settings| settings.enabled)
    else {
        return Ok(Vec::new());
    };
    let subject = at.module.title().to_lowercase();
    let problems = match mapping_problems(systems, at.module, &settings).await {
        Ok(None) => return Ok(Vec::new()),
        Ok(Some(problems)) => problems,
        Err(error) => {
            return Ok(vec![Finding {
                subject,
                verdict: Verdict::Warning(
                    format!("the mappings were not checked: {error}"),
                    "start the check again when that is mended".to_owned(),
                ),
            }]);
        }
    };
    if problems.is_empty() {
        let detail = format!("{} mappings fit the fields of both", settings.active().count());
        return Ok(vec![Finding {
            subject,
            verdict: Verdict::Good(detail),
        }]);
    }
    let findings = problems.into_iter().map(|problem| {
        let place = format!("{} `{}`", problem.side.title(), problem.field);
        Finding {
            subject: match &problem.mapping {
                Some(mapping) => format!("{subject}: mapping `{mapping}`: {place}"),
                None => format!("{subject}: {place}"),
            },
            verdict: match problem.severity {
                Severity::Error => Verdict::Bad(problem.problem, problem.remedy),
                Severity::Note => Verdict::Warning(problem.problem, problem.remedy),
            },
        }
    });
    Ok(findings.collect())
}

async fn webhooks_of(registration: &Registration) -> Result<Vec<Finding>, WebhooksError> {
    let standing = registration.standing().await?;
    let mut findings = Vec::new();
    for one in &standing.planned {
        let problem = match one.step {
            Step::Keep | Step::Adopt { was_active: true } => continue,
            Step::Create => "it is missing",
            Step::Enable | Step::Adopt { was_active: false } => "it is paused or disabled",
            Step::Move => "it sends to another address",
            Step::Drop => "it is there twice",
        };
        findings.push(Finding {
            subject: one.topic.to_owned(),
            verdict: Verdict::Warning(
                problem.to_owned(),
                "start `webhooks register`; until then changes are found by sweeps".to_owned(),
            ),
        });
    }
    if findings.is_empty() {
        findings.push(Finding {
            subject: "present and active".to_owned(),
            verdict: Verdict::Good(format!("they send to {}", registration.address)),
        });
    }
    Ok(findings)
}
