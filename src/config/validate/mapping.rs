//! Checks a module's mappings, and puts them together from the built-in rows and those of the file.

use super::Check;
use crate::config::layers::join;
use crate::config::raw::RawMapping;
use crate::sync::{
    ConflictRule, Direction, FieldKind, FieldMapping, FieldPath, Lines, PathError, Side, Table, Transform,
    nearest,
};

pub(in crate::config) const DIRECTIONS: [(&str, Direction); 3] = [
    ("both", Direction::Both),
    ("to_vtiger", Direction::ToVtiger),
    ("to_woocommerce", Direction::ToWooCommerce),
];

pub(in crate::config) const CONFLICTS: [(&str, ConflictRule); 3] = [
    ("last_updated", ConflictRule::LastUpdated),
    ("vtiger", ConflictRule::Vtiger),
    ("woocommerce", ConflictRule::WooCommerce),
];

pub(in crate::config) const KINDS: [(&str, FieldKind); 7] = [
    ("text", FieldKind::Text),
    ("email", FieldKind::Email),
    ("number", FieldKind::Number),
    ("boolean", FieldKind::Boolean),
    ("html", FieldKind::Html),
    ("contact", FieldKind::Contact),
    ("basket", FieldKind::Basket),
];

impl Check<'_> {
    /// The rows in force: those of the file, or the built-in ones without those switched off and with the extra ones.
    pub(super) fn mappings(
        &mut self,
        at: &str,
        built_in: Vec<FieldMapping>,
        own: Option<Vec<RawMapping>>,
        extra: Option<Vec<RawMapping>>,
        disabled: Option<Vec<String>>,
    ) -> Vec<FieldMapping> {
        let key = |key| join(at, key);
        if let Some(own) = own {
            let replaced = "`mappings` is given, too, and replaces the built-in list";
            if extra.is_some() {
                self.told(
                    &key("extra_mappings"),
                    format!("{replaced}; put these rows there"),
                );
            }
            if disabled.is_some() {
                self.told(
                    &key("disabled_mappings"),
                    format!("{replaced}; give the rows there `enabled = false`"),
                );
            }
            return self.rows(&key("mappings"), own);
        }
        let mut mappings = built_in;
        self.switch_off(
            &key("disabled_mappings"),
            &mut mappings,
            &disabled.unwrap_or_default(),
        );
        let extra = self.rows(&key("extra_mappings"), extra.unwrap_or_default());
        let is_replaced = |old: &FieldMapping, new: &FieldMapping| {
            let write_the_same = old.vtiger == new.vtiger
                && old.direction.writes_to(Side::Vtiger)
                && new.direction.writes_to(Side::Vtiger);
            write_the_same || old.key() == new.key()
        };
        // The end of the rows that a row may take the place of: two extra ones that clash are to be told.
        let end = mappings.len();
        for new in extra {
            match mappings[..end].iter_mut().find(|old| is_replaced(old, &new)) {
                Some(old) => *old = new,
                None => mappings.push(new),
            }
        }
        mappings
    }

    fn switch_off(&mut self, path: &str, mappings: &mut [FieldMapping], disabled: &[String]) {
        for (nth, written) in disabled.iter().enumerate() {
            let wanted = canonical(written);
            if let Some(mapping) = mappings.iter_mut().find(|mapping| mapping.key() == wanted) {
                mapping.enabled = false;
                continue;
            }
            let keys: Vec<String> = mappings.iter().map(FieldMapping::key).collect();
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let hint = match nearest(&wanted, &keys) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "write it like \"email = email\"; `config export` shows all rows".to_owned(),
            };
            self.told(
                &format!("{path}[{nth}]"),
                format!("there is no built-in mapping `{written}`; {hint}"),
            );
        }
    }

    fn rows(&mut self, at: &str, raw: Vec<RawMapping>) -> Vec<FieldMapping> {
        raw.into_iter()
            .enumerate()
            .filter_map(|(nth, raw)| self.mapping(&format!("{at}[{nth}]"), raw))
            .collect()
    }
}

/// A mapping's key as [`FieldMapping::key`] writes it.
fn canonical(written: &str) -> String {
    let parsed = written.split_once('=').and_then(|(woocommerce, vtiger)| {
        let woocommerce = Lines::parse(woocommerce).ok()?;
        Some(format!("{woocommerce} = {}", FieldPath::parse(vtiger).ok()?))
    });
    parsed.unwrap_or_else(|| written.trim().to_owned())
}

/// Gives all orders one Organization where the customer has no company.
pub(super) fn use_one_organization(mappings: &mut [FieldMapping], name: &str) -> Result<(), String> {
    const FIELD: &str = "account_id.accountname";
    let row = mappings
        .iter_mut()
        .find(|mapping| mapping.enabled && mapping.vtiger.to_string() == FIELD)
        .ok_or_else(|| format!("no mapping fills `{FIELD}`; add one, or take this key away"))?;
    row.woocommerce = Lines::parse("billing.company").map_err(|error| error.to_string())?;
    row.transforms = vec![Transform::Default(name.to_owned())];
    Ok(())
}

/// Gives the row of the order's status this table.
pub(super) fn replace_statuses(mappings: &mut [FieldMapping], table: Table) -> Result<(), String> {
    const FIELD: &str = "sostatus";
    let row = mappings
        .iter_mut()
        .find(|mapping| mapping.enabled && mapping.vtiger.to_string() == FIELD)
        .ok_or_else(|| format!("no mapping fills `{FIELD}`; add one, or take this key away"))?;
    let is_table = |step: &Transform| matches!(step, Transform::Table(_));
    match row.transforms.iter_mut().find(|step| is_table(step)) {
        Some(step) => *step = Transform::Table(table),
        None => row.transforms.push(Transform::Table(table)),
    }
    Ok(())
}

impl Check<'_> {
    fn mapping(&mut self, at: &str, raw: RawMapping) -> Option<FieldMapping> {
        let key = |key| join(at, key);
        let woocommerce = self.path(&key("woocommerce"), raw.woocommerce, Lines::parse);
        let vtiger = self.path(&key("vtiger"), raw.vtiger, FieldPath::parse);
        let direction = raw.direction.unwrap_or_else(|| "both".to_owned());
        let direction = self.choice(&key("direction"), Some(direction), &DIRECTIONS);
        let conflict = self.choice(&key("conflict"), raw.conflict, &CONFLICTS);
        let kind = self.choice(&key("kind"), raw.kind, &KINDS);
        let transforms = raw
            .transforms
            .unwrap_or_default()
            .into_iter()
            .enumerate()
            .filter_map(|(nth, step)| self.transform(&format!("{at}.transforms[{nth}]"), step))
            .collect();
        Some(FieldMapping {
            woocommerce: woocommerce?,
            vtiger: vtiger?,
            direction: direction?,
            transforms,
            kind: kind.unwrap_or_default(),
            mandatory: raw.mandatory.is_some_and(|flag| flag.0),
            unlisted: raw.unlisted.is_some_and(|flag| flag.0),
            conflict,
            enabled: raw.enabled.is_none_or(|flag| flag.0),
        })
    }

    fn path<T>(
        &mut self,
        path: &str,
        text: Option<String>,
        parse: impl FnOnce(&str) -> Result<T, PathError>,
    ) -> Option<T> {
        let text = self.required_text(path, text)?;
        match parse(&text) {
            Ok(parsed) => Some(parsed),
            Err(error) => self.fail(path, error.to_string()),
        }
    }

    fn transform(&mut self, path: &str, step: serde_json::Value) -> Option<Transform> {
        match serde_json::from_value(step) {
            Ok(step) => Some(step),
            Err(error) => self.fail(
                path,
                format!(
                    "{error}; write it like \"trim\", \"strip_html\", \"zero_is_blank\", {{ case = \"upper\" }}, \
                     {{ map = {{ from = \"to\" }} }}, \
                     {{ table = {{ to_vtiger = {{ from = \"to\" }}, to_woocommerce = {{ to = \"from\" }} }} }}, \
                     {{ prefix = \"x\" }}, {{ number = 2 }}, {{ default = \"x\" }} or {{ fixed = \"x\" }}"
                ),
            ),
        }
    }
}
