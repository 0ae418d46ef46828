//! The settings of modules: which there are, what they become, and what is told of bad ones.

use woo_vtiger_sync::config::ConfigError;
use woo_vtiger_sync::sync::{
    Deletes, Direction, FieldKind, FieldMapping, Guests, MissingSku, Module, ModuleSettings, Table, Taxing,
    Transform,
};

use super::{SHOP, file, load, shop_with};

/// The settings that one module of the shop has with this in the file.
fn module(module: Module, text: &str) -> Result<ModuleSettings, ConfigError> {
    let (_folder, path) = file(text);
    let config = load(Some(&path), &SHOP)?;
    Ok(config.connections["shop"].modules[&module].clone())
}

fn built_in(module: Module) -> ModuleSettings {
    ModuleSettings::default_for(module).unwrap()
}

/// The problems that this file has, a line each, with its path shown as `FILE`.
fn problems(text: &str) -> String {
    let (_folder, path) = file(text);
    let error = load(Some(&path), &SHOP).expect_err("this configuration is bad");
    let lines: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    lines.join("\n").replace(path.to_str().unwrap(), "FILE")
}

fn keys(settings: &ModuleSettings) -> Vec<String> {
    settings.active().map(FieldMapping::key).collect()
}

#[test]
fn without_settings_each_module_has_those_it_starts_with() {
    let config = shop_with(&[]).unwrap();

    for module in Module::ALL {
        assert_eq!(
            config.connections["shop"].modules[&module],
            built_in(module),
            "{module}"
        );
    }
}

#[test]
fn every_setting_of_products_can_be_set() {
    let products = module(
        Module::Products,
        r#"
        [connections.shop.modules.products]
        enabled = false
        direction = "to_vtiger"
        deletes = "propagate"
        owner = "19x5"
        variable_parents = false
        missing_sku = "write"
        sync_from = "2026-01-31T08:30:00Z"
        "#,
    )
    .unwrap();

    assert!(!products.enabled && !products.products.variable_parents);
    assert_eq!(products.direction, Direction::ToVtiger);
    assert_eq!(products.deletes, Deletes::Propagate);
    assert_eq!(products.owner.as_deref(), Some("19x5"));
    assert_eq!(products.products.missing_sku, MissingSku::Write);
    assert_eq!(products.sync_from.unwrap().to_string(), "2026-01-31 08:30:00");
    assert_eq!(products.mappings, built_in(Module::Products).mappings);
}

#[test]
fn guests_of_orders_have_one_of_four_policies() {
    let cases = [
        (r#""by_email""#, Guests::ByEmail),
        (r#""per_order""#, Guests::PerOrder),
        (r#""skip""#, Guests::Skip),
        (r#"{ house = "12x34" }"#, Guests::House("12x34".to_owned())),
    ];
    for (written, meant) in cases {
        let text =
            format!("[connections.shop.modules.sales_orders]\nguests = {written}\ntaxing = \"group\"\n");

        let orders = module(Module::SalesOrders, &text).unwrap();

        assert_eq!(orders.sales_orders.guests, meant);
        assert_eq!(orders.sales_orders.taxing, Taxing::Group);
    }
}

#[test]
fn the_environment_sets_what_has_no_list() {
    let config = shop_with(&[
        (
            "WVS_CONNECTIONS__SHOP__MODULES__SALES_ORDERS__GUESTS__HOUSE",
            "12x34",
        ),
        ("WVS_CONNECTIONS__SHOP__MODULES__PRODUCTS__VARIABLE_PARENTS", "no"),
    ])
    .unwrap();

    let modules = &config.connections["shop"].modules;
    assert_eq!(
        modules[&Module::SalesOrders].sales_orders.guests,
        Guests::House("12x34".to_owned())
    );
    assert!(!modules[&Module::Products].products.variable_parents);
}

#[test]
fn a_fixed_organization_takes_the_place_of_a_missing_company() {
    let orders = module(
        Module::SalesOrders,
        "[connections.shop.modules.sales_orders]\norganization = { fixed = \"Web shop\" }\n",
    )
    .unwrap();

    let row = orders
        .mappings
        .iter()
        .find(|row| row.vtiger.to_string() == "account_id.accountname")
        .unwrap();
    assert_eq!(row.key(), "billing.company = account_id.accountname");
    assert_eq!(row.transforms, [Transform::Default("Web shop".to_owned())]);
    assert!(row.mandatory);
}

#[test]
fn a_table_of_statuses_replaces_the_built_in_one() {
    let orders = module(
        Module::SalesOrders,
        r#"
        [connections.shop.modules.sales_orders.statuses]
        to_vtiger = { completed = "Delivered", on-hold = "Waiting" }
        to_woocommerce = { Delivered = "completed" }
        "#,
    )
    .unwrap();

    let row = orders
        .mappings
        .iter()
        .find(|row| row.vtiger.to_string() == "sostatus")
        .unwrap();
    let table = Table {
        to_vtiger: [("completed", "Delivered"), ("on-hold", "Waiting")]
            .map(|(from, to)| (from.to_owned(), to.to_owned()))
            .into(),
        to_woocommerce: [("Delivered".to_owned(), "completed".to_owned())].into(),
    };
    assert_eq!(row.transforms, [Transform::Table(table)]);
    assert_eq!(
        orders.mappings.len(),
        built_in(Module::SalesOrders).mappings.len()
    );
}

#[test]
fn extra_mappings_come_after_the_built_in_ones_or_take_their_place() {
    let contacts = module(
        Module::Contacts,
        r#"
        [[connections.shop.modules.contacts.extra_mappings]]
        woocommerce = "meta_data[vat_id]"
        vtiger = "cf_853"
        unlisted = true
        [[connections.shop.modules.contacts.extra_mappings]]
        woocommerce = "meta_data[mobile]"
        vtiger = "phone"
        transforms = [{ prefix = "+" }, "zero_is_blank",
            { table = { to_vtiger = { a = "b" }, to_woocommerce = { b = "a" } } }]
        kind = "html"
        "#,
    )
    .unwrap();

    let before = keys(&built_in(Module::Contacts));
    let place = before
        .iter()
        .position(|key| key == "billing.phone = phone")
        .unwrap();
    let mut expected = before;
    expected[place] = "meta_data[mobile] = phone".to_owned();
    expected.push("meta_data[vat_id] = cf_853".to_owned());
    assert_eq!(keys(&contacts), expected);
    let row = &contacts.mappings[place];
    assert_eq!(row.kind, FieldKind::Html);
    let table = Table {
        to_vtiger: [("a".to_owned(), "b".to_owned())].into(),
        to_woocommerce: [("b".to_owned(), "a".to_owned())].into(),
    };
    assert_eq!(
        row.transforms,
        [
            Transform::Prefix("+".to_owned()),
            Transform::ZeroIsBlank,
            Transform::Table(table)
        ]
    );
    assert!(contacts.mappings.last().unwrap().unlisted && !row.unlisted);
}

#[test]
fn an_extra_mapping_that_only_reads_a_vtiger_field_leaves_the_built_in_one() {
    let contacts = module(
        Module::Contacts,
        r#"
        [[connections.shop.modules.contacts.extra_mappings]]
        woocommerce = "meta_data[crm_phone]"
        vtiger = "phone"
        direction = "to_woocommerce"
        "#,
    )
    .unwrap();

    let keys = keys(&contacts);
    assert!(keys.contains(&"billing.phone = phone".to_owned()), "{keys:?}");
    assert!(
        keys.contains(&"meta_data[crm_phone] = phone".to_owned()),
        "{keys:?}"
    );
}

#[test]
fn built_in_mappings_can_be_switched_off_however_their_names_are_spaced() {
    let contacts = module(
        Module::Contacts,
        r#"
        [connections.shop.modules.contacts]
        disabled_mappings = ["billing.phone = phone", "billing.address_1+billing.address_2=mailingstreet"]
        "#,
    )
    .unwrap();

    let off: Vec<String> = contacts
        .mappings
        .iter()
        .filter(|row| !row.enabled)
        .map(FieldMapping::key)
        .collect();
    assert_eq!(
        off,
        [
            "billing.phone = phone",
            "billing.address_1 + billing.address_2 = mailingstreet"
        ]
    );
}

#[test]
fn what_is_wrong_with_mappings_is_told() {
    let told = problems(
        r#"
        [connections.shop.modules.contacts]
        disabled_mappings = ["biling.phone = phone", "x"]
        [[connections.shop.modules.contacts.extra_mappings]]
        woocommerce = "meta_data[a]"
        vtiger = "cf_1"
        kind = "textt"
        transforms = [{ tabel = {} }]
        [connections.shop.modules.products]
        disabled_mappings = []
        mappings = []
        extra_mappings = []
        [[connections.shop.modules.sales_orders.extra_mappings]]
        woocommerce = "meta_data[a]"
        vtiger = "cf_1"
        [[connections.shop.modules.sales_orders.extra_mappings]]
        woocommerce = "meta_data[b]"
        vtiger = "cf_1"
        "#,
    );

    insta::assert_snapshot!(told, @r#"
    connections.shop.modules.contacts.disabled_mappings[0] (file FILE): there is no built-in mapping `biling.phone = phone`; did you mean `billing.phone = phone`?
    connections.shop.modules.contacts.disabled_mappings[1] (file FILE): there is no built-in mapping `x`; write it like "email = email"; `config export` shows all rows
    connections.shop.modules.contacts.extra_mappings[0].kind (file FILE): it is `textt` but must be `text`, `email`, `number`, `boolean`, `html`, `contact` or `basket`; did you mean `text`?
    connections.shop.modules.contacts.extra_mappings[0].transforms[0] (file FILE): unknown variant `tabel`, expected one of `trim`, `case`, `map`, `table`, `prefix`, `zero_is_blank`, `strip_html`, `number`, `default`, `fixed`; write it like "trim", "strip_html", "zero_is_blank", { case = "upper" }, { map = { from = "to" } }, { table = { to_vtiger = { from = "to" }, to_woocommerce = { to = "from" } } }, { prefix = "x" }, { number = 2 }, { default = "x" } or { fixed = "x" }
    connections.shop.modules.products.disabled_mappings (file FILE): `mappings` is given, too, and replaces the built-in list; give the rows there `enabled = false`
    connections.shop.modules.products.extra_mappings (file FILE): `mappings` is given, too, and replaces the built-in list; put these rows there
    connections.shop.modules.sales_orders.mappings (file FILE): mapping `meta_data[b] = cf_1`: `meta_data[a] = cf_1` writes Vtiger CRM `cf_1` too; switch one of the two off or give it the other direction
    "#);
}

#[test]
fn a_key_of_another_module_is_told_with_the_module_that_has_it() {
    let told = problems(
        r#"
        [connections.shop.modules.contacts]
        guests = "skip"
        missing_sku = "write"
        [connections.shop.modules.products]
        taxing = "auto"
        statuses = {}
        organization = "per_contact"
        [connections.shop.modules.sales_orders]
        variable_parents = true
        "#,
    );

    insta::assert_snapshot!(told, @r#"
    connections.shop.modules.contacts.guests (file FILE): contacts have no such setting, only `modules.sales_orders` has it; move it there or take it away
    connections.shop.modules.contacts.missing_sku (file FILE): contacts have no such setting, only `modules.products` has it; move it there or take it away
    connections.shop.modules.products.organization (file FILE): products have no such setting, only `modules.sales_orders` has it; move it there or take it away
    connections.shop.modules.products.statuses (file FILE): products have no such setting, only `modules.sales_orders` has it; move it there or take it away
    connections.shop.modules.products.taxing (file FILE): products have no such setting, only `modules.sales_orders` has it; move it there or take it away
    connections.shop.modules.sales_orders.variable_parents (file FILE): sales orders have no such setting, only `modules.products` has it; move it there or take it away
    "#);
}

#[test]
fn taxes_have_no_settings() {
    let told = problems("[connections.shop.modules.taxes]\nenabled = false\n");

    insta::assert_snapshot!(told, @r#"
    connections.shop.modules.taxes (file FILE): taxes always travel from WooCommerce to Vtiger; there is nothing to set; take the table away
    "#);
}

#[test]
fn bad_values_of_modules_are_told_with_the_remedy() {
    let told = problems(
        r#"
        [connections.shop.modules.contacts]
        owner = "admin"
        deletes = "propagat"
        sync_from = "2026-01-31 08:00"
        [connections.shop.modules.products]
        missing_sku = "make"
        variable_parents = "perhaps"
        [connections.shop.modules.sales_orders]
        taxing = "none"
        guests = "house"
        organization = { fixd = "Web shop" }
        statuses = { to_vtiger = { completed = "Delivered" } }
        "#,
    );

    insta::assert_snapshot!(told, @r#"
    connections.shop.modules.contacts.deletes (file FILE): it is `propagat` but must be `ignore` or `propagate`; did you mean `propagate`?
    connections.shop.modules.contacts.owner (file FILE): `admin` is no id of Vtiger's; write it like "19x5"
    connections.shop.modules.contacts.sync_from (file FILE): `2026-01-31 08:00` is no day; write it like "2026-01-31", or with a time "2026-01-31T08:00:00Z"
    connections.shop.modules.products.missing_sku (file FILE): it is `make` but must be `leave` or `write`
    connections.shop.modules.products.variable_parents (file FILE): `perhaps` is neither yes nor no; write true or false
    connections.shop.modules.sales_orders.guests (file FILE): `house` is no such policy; write "by_email", "per_order", "skip" or { house = "12x34" }
    connections.shop.modules.sales_orders.organization (file FILE): this table is no such choice; write "per_contact" or { fixed = "Web shop" }
    connections.shop.modules.sales_orders.statuses (file FILE): missing field `to_woocommerce`; write both ways like { to_vtiger = { completed = "Delivered" }, to_woocommerce = { Delivered = "completed" } }
    connections.shop.modules.sales_orders.taxing (file FILE): it is `none` but must be `auto`, `group` or `individual`
    "#);
}

#[test]
fn more_bad_values_of_orders_are_told() {
    let told = problems(
        r#"
        [connections.shop.modules.sales_orders]
        guests = { house = "12" }
        organization = { fixed = " " }
        [connections.other.modules.sales_orders]
        guests = { home = "12x34" }
        organization = "one"
        statuses = "none"
        "#,
    );
    let told: Vec<&str> = told.lines().filter(|line| line.contains(".modules.")).collect();

    insta::assert_snapshot!(told.join("\n"), @r#"
    connections.other.modules.sales_orders.guests (file FILE): this table is no such policy; write "by_email", "per_order", "skip" or { house = "12x34" }
    connections.other.modules.sales_orders.organization (file FILE): `one` is no such choice; write "per_contact" or { fixed = "Web shop" }
    connections.other.modules.sales_orders.statuses (file FILE): it must be a table; write both ways like { to_vtiger = { completed = "Delivered" }, to_woocommerce = { Delivered = "completed" } }
    connections.shop.modules.sales_orders.guests.house (file FILE): `12` is no id of Vtiger's; write it like "12x34"
    connections.shop.modules.sales_orders.organization.fixed (file FILE): it is empty; fill it in, or take the key away
    "#);
}

#[test]
fn statuses_are_refused_from_the_environment_as_its_names_have_no_capital_letters() {
    let error = shop_with(&[(
        "WVS_CONNECTIONS__SHOP__MODULES__SALES_ORDERS__STATUSES__TO_WOOCOMMERCE__DELIVERED",
        "completed",
    )])
    .unwrap_err();

    assert!(error.to_string().contains("set it in the file"), "{error}");
}

#[test]
fn organization_and_statuses_need_a_mapping_to_change() {
    let told = problems(
        r#"
        [connections.shop.modules.sales_orders]
        organization = { fixed = "Web shop" }
        statuses = { to_vtiger = {}, to_woocommerce = {} }
        mappings = []
        "#,
    );

    insta::assert_snapshot!(told, @r#"
    connections.shop.modules.sales_orders.organization (file FILE): no mapping fills `account_id.accountname`; add one, or take this key away
    connections.shop.modules.sales_orders.statuses (file FILE): no mapping fills `sostatus`; add one, or take this key away
    "#);
}

/// Every key that the program takes is told of in the defaults, be it in a comment.
#[test]
fn the_defaults_tell_of_every_key() {
    let defaults = include_str!("../../../src/config/defaults.toml");
    let told = problems("[connections.shop.modules]\ncontacts.x = 1\nproducts.x = 1\nsales_orders.x = 1\n");
    let row = problems("[[connections.shop.modules.contacts.mappings]]\nx = 1\n");

    for line in told
        .lines()
        .chain(row.lines())
        .filter(|line| line.contains("only `"))
    {
        let table = line.split(".x ").next().unwrap();
        let (_, names) = line.split_once("only ").unwrap();
        for name in names.split('`').skip(1).step_by(2) {
            let is_told = defaults.lines().any(|line| {
                let line = line.trim_start_matches(['#', ' ']);
                line.starts_with(&format!("{name} ="))
                    || line.contains(&format!(".{name}]]"))
                    || line.starts_with(&format!("{name}."))
            });
            assert!(is_told, "{table}.{name}");
        }
    }
    assert_eq!(told.lines().count(), 3, "{told}");
    assert!(row.contains("`unlisted`"), "{row}");
}
