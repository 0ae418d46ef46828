//! The command line.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is what talks to the person at the terminal"
)]

mod cli;

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use tokio::signal::unix::{Signal, SignalKind, signal};

use woo_vtiger_sync::app::{self, Parts, Server, Stage};
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::config::{self, Config, LogFormat};
use woo_vtiger_sync::demo::{self, Options};
use woo_vtiger_sync::sweep::Scope;
use woo_vtiger_sync::{check, http, telemetry};

use cli::{Cli, Command, DemoArguments, Settings};

fn main() -> ExitCode {
    http::install_tls_provider();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the async runtime can't be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli.command)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve { settings, roles } => serve(&load_with(&settings, roles.as_deref(), &[])?).await,
        Command::Demo(arguments) => run_demo(arguments).await,
        Command::Check(settings) => run_check(&load(&settings)?).await,
        Command::Sweep {
            settings,
            allow_deletions,
            full,
            changes,
        } => {
            let scope = match (full, changes) {
                (true, _) => Scope::Full,
                (false, true) => Scope::Changes,
                (false, false) => Scope::ChangesAndGone,
            };
            run_sweep(&load(&settings)?, scope, allow_deletions).await
        }
        Command::Backfill {
            settings,
            dry_run,
            end,
        } => {
            let config = load_with_bars(&settings)?;
            if dry_run {
                cli::backfill::rehearse(&config).await
            } else if end {
                cli::backfill::end(&config).await
            } else {
                cli::backfill::run(&config).await
            }
        }
        Command::Config(arguments) => cli::settings::run(arguments).await,
        Command::Plan(arguments) => cli::record::plan(arguments).await,
        Command::Link(arguments) => cli::record::link(arguments).await,
        Command::Unlink(arguments) => cli::record::unlink(arguments).await,
        Command::Retry(arguments) => cli::record::retry(arguments).await,
        Command::Runs(arguments) => cli::runs::run(arguments).await,
        Command::Failed(arguments) => cli::failed::run(arguments).await,
        Command::Webhooks(arguments) => cli::webhooks::run(arguments).await,
        Command::Accounts(arguments) => cli::accounts::run(arguments).await,
        Command::VtigerExtension { file } => cli::extension::write(&file),
        Command::Migrate(settings) => {
            Parts::open(&load(&settings)?, SystemClock::shared())
                .await?
                .close()
                .await;
            println!("The database is up to date.");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The variable that `--roles` takes the place of.
const ROLES: &str = "WVS_ROLES";

/// The variable that says what is logged.
const FILTER: &str = "WVS_LOG__FILTER";

/// Reads the configuration, tells what is odd about it, and begins to log.
fn load(settings: &Settings) -> anyhow::Result<Config> {
    load_with(settings, None, &[])
}

/// The same for a command that shows bars on a terminal: what is but for information would tear them.
fn load_with_bars(settings: &Settings) -> anyhow::Result<Config> {
    let given = config::environment().any(|(name, _)| name == FILTER);
    let quiet = [(FILTER.to_owned(), "warn".to_owned())];
    let is_torn = std::io::stderr().is_terminal() && !given;
    load_with(settings, None, if is_torn { &quiet } else { &[] })
}

/// The same, with these roles where they are given, and these variables besides.
fn load_with(settings: &Settings, roles: Option<&str>, more: &[(String, String)]) -> anyhow::Result<Config> {
    let environment = config::environment().filter(|(name, _)| roles.is_none() || name != ROLES);
    let roles = roles.map(|roles| (ROLES.to_owned(), roles.to_owned()));
    let config = Config::load(
        settings.config.as_deref(),
        environment.chain(roles).chain(more.iter().cloned()),
    )?;
    telemetry::init(&config.log);
    for warning in config.warnings() {
        match config.log.format {
            LogFormat::Text => eprintln!("note: {warning}"),
            // Who reads standard error can read nothing else.
            LogFormat::Json => tracing::warn!("{warning}"),
        }
    }
    Ok(config)
}

async fn serve(config: &Config) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::new()?;
    let server = Server::start(config, SystemClock::shared(), Stage::Real).await?;
    signals.next().await;
    tracing::info!("stopping; a second signal stops at once");
    tokio::select! {
        () = server.stop() => Ok(ExitCode::SUCCESS),
        () = signals.next() => Ok(ExitCode::FAILURE),
    }
}

async fn run_check(config: &Config) -> anyhow::Result<ExitCode> {
    let parts = Parts::open(config, SystemClock::shared()).await?;
    let checked = check::check(&parts).await;
    parts.close().await;
    print!("{}", checked.report);
    Ok(if checked.good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn run_sweep(config: &Config, scope: Scope, allow_deletions: bool) -> anyhow::Result<ExitCode> {
    let parts = Parts::work(config, SystemClock::shared()).await?;
    let summary = app::sweep_once(&parts, scope, allow_deletions).await;
    parts.close().await;
    print!(
        "{}",
        summary.context("the sweep was broken off; start it again when the cause is mended")?
    );
    Ok(ExitCode::SUCCESS)
}

async fn run_demo(arguments: DemoArguments) -> anyhow::Result<ExitCode> {
    let options = Options {
        config: arguments.settings.config,
        by_hand: arguments.by_hand,
        duration: arguments.duration,
        exit_when_converged: arguments.exit_when_converged,
        faults: arguments.faults,
        lost_webhooks: arguments.lost_webhooks,
        customers: arguments.customers,
        data: arguments.data,
    };
    let mut signals = Signals::new()?;
    let stop = tokio_util::sync::CancellationToken::new();
    let demo = demo::run(options, config::environment(), stop.clone(), |line| {
        println!("{line}");
    });
    tokio::pin!(demo);
    let converged = tokio::select! {
        converged = &mut demo => converged?,
        () = signals.next() => {
            stop.cancel();
            demo.await?
        }
    };
    Ok(if converged {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// SIGINT and SIGTERM.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("signals can't be listened for");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
