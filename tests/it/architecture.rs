//! What never imports what: reads the sources, and fails on a path that leads to where it must not.

mod paths;

use std::fs;
use std::path::{Path, PathBuf};

use paths::paths;

/// A file with more lines has more than one thing to do.
const LONGEST_FILE: usize = 450;

/// What the files of some parts must not name.
struct Rule {
    /// The parts of the crate that it is about.
    parts: &'static [&'static str],
    /// Whether it is about all parts but these.
    others: bool,
    /// The paths that must not be named, nor what is inside them.
    forbidden: &'static [&'static str],
    /// What of those may be named all the same.
    except: &'static [&'static str],
    why: &'static str,
}

const RULES: [Rule; 10] = [
    Rule {
        parts: &["sync"],
        others: false,
        forbidden: &[
            "crate",
            "tokio",
            "tokio_util",
            "reqwest",
            "sqlx",
            "actix_web",
            "lapin",
            "tracing",
            "metrics",
            "std::fs",
            "std::net",
            "std::env",
            "std::thread",
            "std::time::SystemTime",
            "std::time::Instant",
        ],
        except: &["crate::sync", "crate::clock::Timestamp"],
        why: "`sync` is pure: it knows no other part, no I/O and no clock",
    },
    Rule {
        parts: &["woocommerce"],
        others: false,
        forbidden: &[
            "crate::vtiger",
            "crate::store",
            "crate::queue",
            "crate::engine",
            "crate::web",
            "crate::ingress",
            "crate::sweep",
            "crate::app",
            "crate::config",
        ],
        except: &[],
        why: "a system knows its API and the contract, nothing else",
    },
    Rule {
        parts: &["vtiger"],
        others: false,
        forbidden: &[
            "crate::woocommerce",
            "crate::store",
            "crate::queue",
            "crate::engine",
            "crate::web",
            "crate::ingress",
            "crate::sweep",
            "crate::app",
            "crate::config",
        ],
        except: &[],
        why: "a system knows its API and the contract, nothing else",
    },
    Rule {
        parts: &[
            "engine",
            "sweep",
            "failed",
            "history",
            "record",
            "settings",
            "connections",
            "roster",
            "vault",
            "debug_log",
            "health",
        ],
        others: false,
        forbidden: &[
            "sqlx",
            "lapin",
            "reqwest",
            "actix_web",
            "crate::woocommerce",
            "crate::vtiger",
        ],
        except: &[],
        why: "services and `engine` use the contracts of store, queue and systems",
    },
    Rule {
        parts: &["webhooks"],
        others: false,
        forbidden: &[
            "sqlx",
            "lapin",
            "reqwest",
            "actix_web",
            "crate::config",
            "crate::woocommerce",
            "crate::vtiger",
        ],
        except: &["crate::woocommerce::webhook", "crate::woocommerce::webhooks"],
        why: "`webhooks` knows of the shop what its webhooks are, and not how it is asked",
    },
    Rule {
        parts: &["web", "ingress", "api"],
        others: false,
        forbidden: &["reqwest", "crate::http", "crate::woocommerce", "crate::vtiger"],
        except: &[
            "crate::woocommerce::webhook",
            "crate::woocommerce::guest",
            "crate::vtiger::callback",
            "crate::vtiger::module_named",
        ],
        why: "`web`, `ingress` and `api` never call the two systems",
    },
    Rule {
        parts: &["store", "queue"],
        others: true,
        forbidden: &["sqlx"],
        except: &[],
        why: "only `store` and `queue` know SQL",
    },
    Rule {
        parts: &["demo", "simulator"],
        others: true,
        forbidden: &["crate::simulator"],
        except: &[],
        why: "only `demo` and tests use the simulators",
    },
    Rule {
        parts: &["config"],
        others: true,
        forbidden: &["std::env"],
        except: &[],
        why: "only `config` reads the environment",
    },
    Rule {
        parts: &["app", "demo", "check", "main", "cli"],
        others: true,
        forbidden: &["crate::app"],
        except: &[],
        why: "the composition root is used from outside only",
    },
];

impl Rule {
    fn concerns(&self, part: &str) -> bool {
        self.parts.contains(&part) != self.others
    }

    fn forbids(&self, path: &str) -> bool {
        is_in_any(path, self.forbidden) && !is_in_any(path, self.except)
    }
}

fn is_in_any(path: &str, roots: &[&str]) -> bool {
    roots.iter().any(|root| {
        path.strip_prefix(root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    })
}

/// What is wrong with a file, a line each. `file` is its path below `src`.
fn violations(file: &Path, source: &str) -> Vec<String> {
    let part = file.iter().next().unwrap().to_str().unwrap();
    let part = part.strip_suffix(".rs").unwrap_or(part);
    let mut found = Vec::new();
    for (line, path) in paths(source) {
        // The library's parts are the same seen from the program.
        let path = path.replacen("woo_vtiger_sync", "crate", 1);
        for rule in RULES
            .iter()
            .filter(|rule| rule.concerns(part) && rule.forbids(&path))
        {
            found.push(format!("src/{}:{line}: `{path}`: {}", file.display(), rule.why));
        }
        // Else the rules could be gone round.
        if path.starts_with("super::super") {
            found.push(format!(
                "src/{}:{line}: `{path}`: write it from `crate` on",
                file.display()
            ));
        }
    }
    let lines = source.lines().count();
    if lines > LONGEST_FILE {
        found.push(format!(
            "src/{}:{lines}: part it: no file has more than {LONGEST_FILE} lines",
            file.display()
        ));
    }
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn no_part_names_what_it_must_not_know() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = sources(&root);
    assert!(files.len() > 50, "the sources were not found");

    let found: Vec<String> = files
        .iter()
        .flat_map(|path| {
            violations(
                path.strip_prefix(&root).unwrap(),
                &fs::read_to_string(path).unwrap(),
            )
        })
        .collect();

    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn forbidden_paths_are_found() {
    let cases = [
        ("sync/plan.rs", "use tokio::sync::Notify;"),
        ("sync/plan.rs", "use crate::clock::Clock;"),
        ("sync.rs", "use crate::{clock::Timestamp, store::Store};"),
        ("sync/rule.rs", "fn f() { tracing::info!(\"x\"); }"),
        ("sync/rule.rs", "use std::{fmt, fs};"),
        ("woocommerce/rest.rs", "use crate::vtiger::Vtiger;"),
        (
            "woocommerce.rs",
            "use crate::{\n    clock,\n    config::Config,\n};",
        ),
        ("vtiger/session.rs", "let it = crate::store::open();"),
        ("engine/apply.rs", "use reqwest;"),
        ("engine.rs", "pub(crate) use crate::woocommerce as shop;"),
        ("sweep.rs", "fn f(client: &reqwest::Client) {}"),
        ("web/page.rs", "use crate::woocommerce::{guest, rest};"),
        ("ingress.rs", "use crate::vtiger::*;"),
        ("app/serve.rs", "use crate::simulator::vtiger::VtigerSimulator;"),
        ("app.rs", "let home = std::env::var(\"HOME\");"),
        ("store.rs", "use crate::app::Parts;"),
        ("failed/replay.rs", "use crate::vtiger::Vtiger;"),
        ("webhooks/keeper.rs", "use crate::woocommerce::WooCommerce;"),
        ("api.rs", "use crate::app::Parts;"),
        ("api/failed.rs", "use crate::woocommerce::WooCommerce;"),
        ("api/answer.rs", "fn f(error: sqlx::Error) {}"),
        ("web.rs", "fn f(row: sqlx::any::AnyRow) {}"),
        (
            "main.rs",
            "use woo_vtiger_sync::{app, simulator::faults::FaultPlan};",
        ),
        ("engine/apply.rs", "use super::super::woocommerce;"),
    ];
    for (file, source) in cases {
        let source = format!("//! First.\n{source}\n");
        let found = violations(Path::new(file), &source);

        assert_eq!(found.len(), 1, "{file}: {source}: {found:?}");
        let line = if source.contains("clock,\n") { 4 } else { 2 };
        assert!(
            found[0].starts_with(&format!("src/{file}:{line}: `")),
            "{found:?}"
        );
    }
}

#[test]
fn what_is_allowed_is_not_found() {
    let cases = [
        ("sync/plan.rs", "use crate::clock::Timestamp;\nuse super::Side;"),
        ("sync/plan.rs", "// use tokio::sync::Notify;"),
        (
            "sync/plan.rs",
            "/* crate::store::Store */ const A: &str = \"crate::store::Store\";",
        ),
        (
            "sync/plan.rs",
            "const A: &str = r#\"\" crate::store::Store\"#; const B: char = '\"';",
        ),
        (
            "engine.rs",
            "let side = Side::WooCommerce; sides.woocommerce.modified",
        ),
        (
            "ingress/vtiger.rs",
            "use crate::vtiger::callback::{self, Credentials};",
        ),
        (
            "ingress/vtiger.rs",
            "use crate::vtiger::{callback, module_named};",
        ),
        ("webhooks.rs", "use crate::woocommerce::webhooks::Webhooks;"),
        ("demo/stage.rs", "use crate::{app::Server, simulator::faults};"),
        ("config.rs", "std::env::vars_os()"),
    ];
    for (file, source) in cases {
        assert_eq!(
            violations(Path::new(file), source),
            [] as [&str; 0],
            "{file}: {source}"
        );
    }
}

#[test]
fn a_file_that_is_too_long_is_found() {
    let found = violations(Path::new("store.rs"), &"\n".repeat(LONGEST_FILE + 1));

    assert_eq!(
        found,
        ["src/store.rs:451: part it: no file has more than 450 lines"]
    );
}
