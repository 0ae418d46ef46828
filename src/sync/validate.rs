//! Checks a module's mappings against the fields that both systems' records have. Pure.
//!
//! A problem names module, mapping, field, what is wrong and what to do. A system whose fields are not known (an empty
//! list) is not checked.

mod kind;
#[cfg(test)]
mod tests;
mod value;

use std::fmt;

use self::kind::misfit;
use super::{
    Direction, FieldInfo, FieldKind, FieldMapping, FieldPath, FieldType, Module, ModuleSettings, Side, Sides,
    nearest,
};

/// Fields of Vtiger that need a value and get one without a mapping.
const FILLED: [&str; 1] = ["assigned_user_id"];

/// The same for orders; most come from the basket.
const FILLED_IN_ORDERS: [&str; 8] = [
    "invoicestatus",
    "productid",
    "quantity",
    "listprice",
    "hdnTaxType",
    "conversion_rate",
    "currency_id",
    "LineItems",
];

/// Hardly any description is longer.
const LONGEST_TEXT: usize = 10_000;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Records can't be kept in step so.
    Error,
    /// It works, but perhaps not as meant.
    Note,
}

/// One thing that is wrong with a module's mappings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingProblem {
    /// How bad it is.
    pub severity: Severity,
    /// The module.
    pub module: Module,
    /// The mapping's key; none where a mapping is missing.
    pub mapping: Option<String>,
    /// The field's system.
    pub side: Side,
    /// The field's path.
    pub field: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for MappingProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.module)?;
        if let Some(mapping) = &self.mapping {
            write!(f, "mapping `{mapping}`: ")?;
        }
        write!(
            f,
            "{} `{}`: {}; {}",
            self.side.title(),
            self.field,
            self.problem,
            self.remedy
        )
    }
}

/// Looks for mappings that can't work with these fields, and for fields that lack one.
pub fn validate(
    module: Module,
    settings: &ModuleSettings,
    fields: Sides<&[FieldInfo]>,
) -> Vec<MappingProblem> {
    let mut check = Check {
        module,
        settings,
        fields,
        built_in: ModuleSettings::default_for(module)
            .map_or_else(|_| Vec::new(), |built_in| built_in.mappings),
        problems: Vec::new(),
    };
    for mapping in settings.active() {
        for side in Side::BOTH {
            check.fields_of(mapping, side);
        }
        for to in Side::BOTH {
            if check.writes(mapping, to) {
                check.lengths(mapping, to);
                check.values(mapping, to);
            }
        }
    }
    check.needed_fields();
    check.problems
}

/// The check under way.
struct Check<'a> {
    module: Module,
    settings: &'a ModuleSettings,
    fields: Sides<&'a [FieldInfo]>,
    /// The module's mappings as they are without settings.
    built_in: Vec<FieldMapping>,
    problems: Vec<MappingProblem>,
}

impl<'a> Check<'a> {
    fn tell(
        &mut self,
        severity: Severity,
        mapping: &FieldMapping,
        (side, field): (Side, &str),
        problem: String,
        remedy: impl Into<String>,
    ) {
        self.problems.push(MappingProblem {
            severity,
            module: self.module,
            mapping: Some(mapping.key()),
            side,
            field: field.to_owned(),
            problem,
            remedy: remedy.into(),
        });
    }

    /// Whether the mapping writes to this side, with the module's direction minded.
    fn writes(&self, mapping: &FieldMapping, to: Side) -> bool {
        mapping.direction.writes_to(to) && self.settings.direction.writes_to(to)
    }

    fn known(&self, side: Side) -> &'a [FieldInfo] {
        match side {
            Side::WooCommerce => self.fields.woocommerce,
            Side::Vtiger => self.fields.vtiger,
        }
    }

    fn find(&self, side: Side, path: &FieldPath) -> Option<&'a FieldInfo> {
        let path = path.to_string();
        let any_key = path.split_once('[').map(|(list, _)| format!("{list}[]"));
        self.known(side)
            .iter()
            .find(|field| field.path == path)
            .or_else(|| {
                self.known(side)
                    .iter()
                    .find(|field| any_key.as_ref() == Some(&field.path))
            })
    }

    /// Whether the field lies inside one whose parts are not told.
    fn is_hidden(&self, side: Side, path: &FieldPath) -> bool {
        let known = self.known(side);
        let inside = format!("{}.", path.root());
        let parts = known.iter().any(|field| field.path.starts_with(&inside));
        let whole = known.iter().find(|field| field.path == path.root());
        whole.is_some_and(|field| field.kind == FieldType::Structure)
            && !parts
            && path.to_string() != path.root()
    }

    /// Whether the mapping's fields of one side exist, hold what it takes them for, and can be written.
    fn fields_of(&mut self, mapping: &FieldMapping, side: Side) {
        if self.known(side).is_empty() {
            return;
        }
        let written = if self.writes(mapping, side) {
            mapping.paths(side)
        } else {
            &[]
        };
        for path in mapping.reads(side) {
            let name = path.to_string();
            let Some(field) = self.find(side, path) else {
                if !self.is_hidden(side, path) {
                    self.unknown(mapping, side, &name);
                }
                continue;
            };
            if written.contains(path) && !field.writable {
                let other = match Direction::towards(side.opposite()) {
                    Direction::ToVtiger => "to_vtiger",
                    _ => "to_woocommerce",
                };
                self.tell(
                    Severity::Error,
                    mapping,
                    (side, &name),
                    "it can only be read".to_owned(),
                    format!("give the mapping the direction `{other}`, or take another field"),
                );
            }
            if let Some((severity, problem, remedy)) = misfit(mapping, field) {
                self.tell(severity, mapping, (side, &name), problem, remedy);
            }
        }
    }

    /// Tells of a field that is not there.
    fn unknown(&mut self, mapping: &FieldMapping, side: Side, name: &str) {
        let known = self.known(side);
        let labelled = known.iter().find(|field| field.label.eq_ignore_ascii_case(name));
        let paths: Vec<&str> = known.iter().map(|field| field.path.as_str()).collect();
        let meant = labelled
            .map(|field| field.path.as_str())
            .or_else(|| nearest(name, &paths));
        let (severity, remedy) = match (meant, side) {
            // Open source Vtiger has no weight, for one.
            _ if !mapping.mandatory && self.built_in.contains(mapping) => (
                Severity::Note,
                format!(
                    "nothing else suffers from that: switch the mapping off, or give {} the field and map it",
                    side.title()
                ),
            ),
            (Some(meant), _) => (Severity::Error, format!("did you mean `{meant}`?")),
            (None, Side::Vtiger) => (
                Severity::Error,
                "take one that Vtiger CRM has, or switch the mapping off".to_owned(),
            ),
            // Plugins add fields to WooCommerce's, and nothing tells which.
            (None, Side::WooCommerce) => (
                Severity::Note,
                "see whether a plugin adds it, or switch the mapping off".to_owned(),
            ),
        };
        let problem = "there is no such field".to_owned();
        self.tell(severity, mapping, (side, name), problem, remedy);
    }

    /// Whether text is cut when it is written.
    fn lengths(&mut self, mapping: &FieldMapping, to: Side) {
        if matches!(mapping.kind, FieldKind::Contact | FieldKind::Basket) {
            return;
        }
        let [target] = mapping.paths(to) else {
            return;
        };
        let Some(limit) = self.find(to, target).and_then(|field| field.length) else {
            return;
        };
        let from = to.opposite();
        let length = if mapping.kind == FieldKind::Html {
            if limit >= LONGEST_TEXT {
                return;
            }
            None
        } else {
            // Several fields become lines of one text, with a break between them.
            let lengths: Option<Vec<usize>> = mapping
                .paths(from)
                .iter()
                .map(|path| self.find(from, path).and_then(|field| field.length))
                .collect();
            let Some(lengths) = lengths else { return };
            Some(lengths.iter().sum::<usize>() + lengths.len().saturating_sub(1))
        };
        if length.is_some_and(|length| length <= limit) {
            return;
        }
        let longer = length.map_or_else(|| "any length".to_owned(), |length| format!("up to {length}"));
        self.tell(
            Severity::Note,
            mapping,
            (to, &target.to_string()),
            format!(
                "it keeps {limit} characters, {} has {longer}: longer text is cut",
                from.title()
            ),
            "take a longer field where that matters",
        );
    }

    /// Whether each field that Vtiger demands gets a value.
    fn needed_fields(&mut self) {
        let to = Side::Vtiger;
        if !self.settings.direction.writes_to(to) {
            return;
        }
        let is_filled = |field: &FieldInfo| {
            let by_mapping = self.settings.active().any(|mapping| {
                let is_it = mapping.vtiger.to_string() == field.path || mapping.vtiger.root() == field.path;
                is_it && mapping.direction.writes_to(to)
            });
            let by_client = FILLED.contains(&field.path.as_str())
                || (self.module == Module::SalesOrders && FILLED_IN_ORDERS.contains(&field.path.as_str()));
            by_mapping || by_client
        };
        // A record that is pointed to is told of by the field that points.
        let is_part = |field: &FieldInfo| field.path.contains('.');
        let lacking: Vec<MappingProblem> = self
            .known(to)
            .iter()
            .filter(|field| field.mandatory && field.writable && !is_part(field) && !is_filled(field))
            .map(|field| MappingProblem {
                severity: Severity::Error,
                module: self.module,
                mapping: None,
                side: to,
                field: field.path.clone(),
                problem: format!(
                    "it is mandatory (\"{}\"), and no mapping fills it: no {} can be created",
                    field.label,
                    self.module.one()
                ),
                remedy: "add a mapping, such as one with a fixed value, or make the field optional in Vtiger"
                    .to_owned(),
            })
            .collect();
        self.problems.extend(lacking);
    }
}
