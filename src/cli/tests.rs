#![allow(clippy::unwrap_used, reason = "a test may panic")]

use clap::CommandFactory;

use super::*;

fn parse(line: &str) -> Result<Command, String> {
    Cli::try_parse_from(format!("woo-vtiger-sync {line}").split(' '))
        .map(|cli| cli.command)
        .map_err(|error| error.to_string())
}

#[test]
fn the_command_line_is_coherent() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_and_argument_says_what_it_is_for() {
    fn silent(command: &clap::Command, at: &str, found: &mut Vec<String>) {
        for argument in command.get_arguments().filter(|one| one.get_help().is_none()) {
            found.push(format!("{at} {}", argument.get_id()));
        }
        for inner in command.get_subcommands() {
            let at = format!("{at} {}", inner.get_name());
            if inner.get_about().is_none() {
                found.push(at.clone());
            }
            silent(inner, &at, found);
        }
    }
    let mut found = Vec::new();

    silent(&Cli::command(), "", &mut found);

    assert_eq!(found, [""; 0]);
}

#[test]
fn config_without_a_command_shows_the_configuration() {
    let Ok(Command::Config(bare)) = parse("config --config a.toml") else {
        panic!("it is a command");
    };
    let Ok(Command::Config(exported)) = parse("config export --config a.toml out.toml") else {
        panic!("it is a command");
    };

    assert!(bare.command.is_none());
    assert_eq!(bare.settings.config, Some(PathBuf::from("a.toml")));
    assert_eq!(exported.settings.config, Some(PathBuf::from("a.toml")));
    assert!(
        matches!(exported.command, Some(ConfigCommand::Export { file: Some(file) }) if file.ends_with("out.toml"))
    );
}

#[test]
fn a_record_is_named_by_module_side_and_id() {
    let Ok(Command::Plan(plan)) = parse("plan --module sales_orders --id 42") else {
        panic!("it is a command");
    };
    let Ok(Command::Retry(retry)) = parse("retry --module taxes --side vtiger --id 34x4 --connection shop")
    else {
        panic!("it is a command");
    };
    let Ok(Command::Link(link)) = parse("link --module products --woocommerce 7 --vtiger 14x7") else {
        panic!("it is a command");
    };

    assert_eq!(Module::from(plan.place.module), Module::SalesOrders);
    assert_eq!(Side::from(plan.side), Side::WooCommerce);
    assert_eq!(plan.id.as_str(), "42");
    assert_eq!(Module::from(retry.place.module), Module::Taxes);
    assert_eq!(Side::from(retry.side), Side::Vtiger);
    assert_eq!(retry.place.connection.as_deref(), Some("shop"));
    assert_eq!((link.woocommerce.as_str(), link.vtiger.as_str()), ("7", "14x7"));
}

#[test]
fn every_module_and_side_can_be_named() {
    for module in Module::ALL {
        for side in Side::BOTH {
            let parsed = parse(&format!("unlink --module {module} --side {side} --id 1")).unwrap();

            let Command::Unlink(unlink) = parsed else {
                panic!("{parsed:?}")
            };
            assert_eq!(Module::from(unlink.place.module), module);
            assert_eq!(Side::from(unlink.side), side);
        }
    }
}

#[test]
fn what_is_wrong_with_arguments_is_told_with_what_may_be_said() {
    let module = parse("plan --module orders --id 42").unwrap_err();
    let side = parse("retry --module contacts --id 42").unwrap_err();
    let id = parse("plan --module contacts --id=").unwrap_err();

    assert!(
        module.contains("[possible values: taxes, products, contacts, sales_orders]"),
        "{module}"
    );
    assert!(side.contains("--side <SIDE>"), "{side}");
    assert!(id.contains("it is empty"), "{id}");
}

#[test]
fn failed_events_are_named_by_id_or_all_at_once() {
    let command = |line: &str| match parse(line) {
        Ok(Command::Failed(failed)) => failed.command,
        other => panic!("{other:?}"),
    };

    let failed::FailedCommand::List { filter, limit, json } = command("failed list --module taxes --limit 7")
    else {
        panic!("it is a list");
    };
    assert_eq!(filter.module.map(Module::from), Some(Module::Taxes));
    assert_eq!((filter.connection, limit, json), (None, 7, false));
    let failed::FailedCommand::Replay { selection } =
        command("failed replay 01989a3c 01989a3d --config a.toml")
    else {
        panic!("it is a replay");
    };
    assert_eq!((selection.ids.len(), selection.all), (2, false));
    let failed::FailedCommand::Discard { selection, yes } =
        command("failed discard --all --connection shop --yes")
    else {
        panic!("it is a discard");
    };
    assert_eq!(selection.connection.as_deref(), Some("shop"));
    assert!(selection.all && yes && selection.ids.is_empty());
    assert!(matches!(
        command("failed show 01989a3c"),
        failed::FailedCommand::Show { .. }
    ));

    for wrong in [
        "failed",
        "failed list --limit 0",
        "failed show",
        "failed replay",
        "failed replay --all 01989a3c",
        "failed replay --module taxes",
        "failed discard --yes",
        "failed discard 01989a3c --connection shop",
    ] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}
