//! Who may use the pages, by hand: `accounts list`, `add`, `password`.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use secrecy::{ExposeSecret, SecretString};

use woo_vtiger_sync::accounts::Accounts;
use woo_vtiger_sync::app::Parts;
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::store::Role;

use super::Settings;
use crate::load;

#[derive(Debug, Args)]
pub(crate) struct AccountsArguments {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: AccountsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountsCommand {
    /// Lists the accounts.
    List,
    /// Adds an account, and prints the password that was made up for it.
    Add {
        /// The name to sign in with.
        #[arg(value_name = "NAME")]
        name: String,
        /// What the account may do.
        #[arg(long, value_enum, default_value_t = RoleArgument::Admin)]
        role: RoleArgument,
    },
    /// Gives an account a new password, which is made up and printed, and ends its sessions.
    Password {
        /// The name to sign in with.
        #[arg(value_name = "NAME")]
        name: String,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RoleArgument {
    /// Everything.
    Admin,
    /// Look at everything, and change nothing.
    Reader,
}

pub(crate) async fn run(arguments: AccountsArguments) -> anyhow::Result<ExitCode> {
    let config = load(&arguments.settings)?;
    let parts = Parts::open(&config, SystemClock::shared()).await?;
    let accounts = Accounts::new(parts.store.clone(), parts.clock.clone());
    let done = carry_out(&accounts, arguments.command).await;
    parts.close().await;
    done?;
    Ok(ExitCode::SUCCESS)
}

async fn carry_out(accounts: &Accounts, command: AccountsCommand) -> anyhow::Result<()> {
    match command {
        AccountsCommand::List => {
            let all = accounts.list().await?;
            if all.is_empty() {
                println!("There is no account yet. The service's log has a link to make the first one.");
            }
            for account in all {
                let signed_in = match account.signed_in {
                    Some(at) => format!("last signed in {at}"),
                    None => "never signed in".to_owned(),
                };
                println!("{}  {}, {signed_in}", account.name, account.role.as_str());
            }
        }
        AccountsCommand::Add { name, role } => {
            let role = match role {
                RoleArgument::Admin => Role::Admin,
                RoleArgument::Reader => Role::Reader,
            };
            let password = made_up();
            accounts.add(&name, &password, role).await?;
            told(&name, &password);
        }
        AccountsCommand::Password { name } => {
            let all = accounts.list().await?;
            let is_it = |one: &str| one.to_lowercase() == name.to_lowercase();
            let Some(account) = all.into_iter().find(|one| is_it(&one.name)) else {
                bail!("there is no account named `{name}`; `accounts list` shows those that there are");
            };
            let password = made_up();
            accounts
                .reset_password(&account.id, &password)
                .await
                .context("the password was not changed")?;
            told(&account.name, &password);
        }
    }
    Ok(())
}

fn made_up() -> SecretString {
    format!("{:026x}", rand::random::<u128>() >> 24).into()
}

fn told(name: &str, password: &SecretString) {
    println!("{name} signs in with the password {}", password.expose_secret());
    println!("It can be changed on the page \"Your account\".");
}
