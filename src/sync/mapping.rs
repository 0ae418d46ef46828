//! Which field of WooCommerce corresponds to which field of Vtiger.

use std::collections::BTreeMap;
use std::fmt;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    ConflictRule, Deletes, Direction, FieldKind, FieldPath, OrderSettings, Patch, PathError, ProductSettings,
    Record, Side, Transform, Value,
};
use crate::clock::Timestamp;

/// How one module is kept in step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleSettings {
    /// Whether the module is kept in step at all.
    pub enabled: bool,
    /// Which way records and values travel.
    pub direction: Direction,
    /// Who wins when both sides changed the same field.
    pub conflict: ConflictRule,
    /// Records that changed last before this moment are left alone until they change again.
    pub sync_from: Option<Timestamp>,
    /// What becomes of a record whose counterpart is deleted.
    #[serde(default)]
    pub deletes: Deletes,
    /// The time between two sweeps of the module, where it is not that of all.
    #[serde(default)]
    pub sweep_interval: Option<Duration>,
    /// The user or group, such as `19x5`, that records created in Vtiger are assigned to, where that differs from
    /// the connection's.
    #[serde(default)]
    pub owner: Option<String>,
    /// What only products have.
    #[serde(default)]
    pub products: ProductSettings,
    /// What only sales orders have.
    #[serde(default)]
    pub sales_orders: OrderSettings,
    /// The fields that are kept in step.
    pub mappings: Vec<FieldMapping>,
}

impl ModuleSettings {
    /// The mappings that are switched on.
    pub fn active(&self) -> impl Iterator<Item = &FieldMapping> {
        self.mappings.iter().filter(|mapping| mapping.enabled)
    }

    /// The fields that must be known of a record of `side` to plan for it.
    pub fn needed(&self, side: Side) -> Vec<FieldPath> {
        self.active()
            .flat_map(|mapping| mapping.reads(side).cloned())
            .collect()
    }

    /// Looks for mappings that can't work.
    ///
    /// # Errors
    /// Names the first such mapping, the problem and the remedy.
    pub fn validate(&self) -> Result<(), MappingError> {
        let mut written: BTreeMap<(Side, &FieldPath), &FieldMapping> = BTreeMap::new();
        for mapping in self.active() {
            let fail = |problem: String| {
                Err(MappingError {
                    mapping: mapping.key(),
                    problem,
                })
            };
            let fixed = mapping
                .transforms
                .iter()
                .any(|step| matches!(step, Transform::Fixed(_)));
            if fixed && mapping.direction == Direction::Both {
                return fail("a fixed value needs a direction, `to_vtiger` or `to_woocommerce`".to_owned());
            }
            for side in Side::BOTH
                .into_iter()
                .filter(|side| mapping.direction.writes_to(*side))
            {
                for path in mapping.paths(side) {
                    if let Some(other) = written.insert((side, path), mapping) {
                        return fail(format!(
                            "`{}` writes {} `{path}` too; switch one of the two off or give it the other direction",
                            other.key(),
                            side.title()
                        ));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Why a mapping can't work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("mapping `{mapping}`: {problem}")]
pub struct MappingError {
    mapping: String,
    problem: String,
}

/// One pair of fields that are kept in step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldMapping {
    /// WooCommerce's field, or several that make up one text of as many lines.
    pub woocommerce: Lines,
    /// Vtiger's field.
    pub vtiger: FieldPath,
    /// Which way values travel.
    #[serde(default)]
    pub direction: Direction,
    /// What happens to values on their way.
    #[serde(default)]
    pub transforms: Vec<Transform>,
    /// How values are compared.
    #[serde(default)]
    pub kind: FieldKind,
    /// Whether a record without this value can't be kept in step.
    #[serde(default)]
    pub mandatory: bool,
    /// Whether a value that is none of the picklist's is written all the same: Vtiger keeps any.
    #[serde(default)]
    pub unlisted: bool,
    /// Who wins for this field, where that differs from the module's rule.
    #[serde(default)]
    pub conflict: Option<ConflictRule>,
    /// Whether the mapping is switched on.
    #[serde(default = "yes")]
    pub enabled: bool,
}

const fn yes() -> bool {
    true
}

impl FieldMapping {
    /// A mapping of text in both directions. Both paths are parts of the program.
    pub(super) fn both(woocommerce: &str, vtiger: &str) -> Result<Self, PathError> {
        Ok(Self {
            woocommerce: Lines::parse(woocommerce)?,
            vtiger: FieldPath::parse(vtiger)?,
            direction: Direction::Both,
            transforms: Vec::new(),
            kind: FieldKind::Text,
            mandatory: false,
            unlisted: false,
            conflict: None,
            enabled: true,
        })
    }

    /// What names this mapping among a module's: `billing.phone = phone`.
    pub fn key(&self) -> String {
        format!("{} = {}", self.woocommerce, self.vtiger)
    }

    /// The fields of `side` that it writes.
    pub fn paths(&self, side: Side) -> &[FieldPath] {
        match side {
            Side::WooCommerce => self.woocommerce.written(),
            Side::Vtiger => std::slice::from_ref(&self.vtiger),
        }
    }

    /// The fields of `side` that it reads.
    pub fn reads(&self, side: Side) -> impl Iterator<Item = &FieldPath> {
        let (woocommerce, vtiger) = match side {
            Side::WooCommerce => (Some(self.woocommerce.0.iter().flatten()), None),
            Side::Vtiger => (None, Some(&self.vtiger)),
        };
        woocommerce.into_iter().flatten().chain(vtiger)
    }

    /// The value that `side` shows.
    pub fn read(&self, side: Side, record: &Record) -> Value {
        let vtiger = [vec![self.vtiger.clone()]];
        let alternatives = match side {
            Side::WooCommerce => self.woocommerce.0.as_slice(),
            Side::Vtiger => &vtiger,
        };
        let mut values = alternatives.iter().map(|paths| joined(paths, record));
        let first = values.next().unwrap_or_default();
        if first.is_blank() {
            values.find(|value| !value.is_blank()).unwrap_or(first)
        } else {
            first
        }
    }

    /// The other side's value, as it is to be written to `to`.
    pub fn translate(&self, to: Side, value: Value) -> Value {
        let apply = |value, step: &Transform| step.apply(to, value);
        match to {
            Side::Vtiger => self.transforms.iter().fold(value, apply),
            Side::WooCommerce => self.transforms.iter().rev().fold(value, apply),
        }
    }

    /// What to write to `side` so that it shows `value`. Text of more lines than there are fields has its last
    /// lines joined by a comma, as nothing may be lost.
    pub fn write(&self, side: Side, value: &Value, patch: &mut Patch) {
        match self.paths(side) {
            [one] => {
                patch.0.insert(one.clone(), value.clone());
            }
            lines => {
                let text = value.as_text().replace("\r\n", "\n");
                let mut texts = text.trim_end().split('\n').map(str::trim_end);
                for (nth, path) in lines.iter().enumerate() {
                    let line = if nth + 1 < lines.len() {
                        texts.next().unwrap_or_default().to_owned()
                    } else {
                        texts
                            .by_ref()
                            .filter(|line| !line.is_empty())
                            .collect::<Vec<_>>()
                            .join(", ")
                    };
                    patch.0.insert(path.clone(), Value::Text(line));
                }
            }
        }
    }
}

/// The value of several fields: one as it is, more as a text's lines.
fn joined(paths: &[FieldPath], record: &Record) -> Value {
    match paths {
        [one] => record.get(one),
        lines => {
            let texts: Vec<String> = lines.iter().map(|path| record.get(path).to_string()).collect();
            Value::text(texts.join("\n").trim_end())
        }
    }
}

/// WooCommerce's fields that one mapping reads: written `billing.phone`, or with several that make up the lines of
/// one text, `billing.address_1 + billing.address_2`. After ` | ` come others that are read where those before are
/// blank: `billing.company | contact_name`. The first ones are written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lines(Vec<Vec<FieldPath>>);

impl Lines {
    /// Reads one path, or several with ` + ` or ` | ` between them.
    ///
    /// # Errors
    /// When one of them is no path.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let lines = |text: &str| text.split('+').map(FieldPath::parse).collect();
        text.split('|').map(lines).collect::<Result<_, _>>().map(Self)
    }

    fn written(&self) -> &[FieldPath] {
        self.0.first().map_or(&[], Vec::as_slice)
    }
}

impl TryFrom<String> for Lines {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, PathError> {
        Self::parse(&text)
    }
}

impl From<Lines> for String {
    fn from(lines: Lines) -> Self {
        lines.to_string()
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |paths: &Vec<FieldPath>| {
            let texts: Vec<String> = paths.iter().map(FieldPath::to_string).collect();
            texts.join(" + ")
        };
        f.write_str(&self.0.iter().map(joined).collect::<Vec<_>>().join(" | "))
    }
}
