//! What is wrong with settings, as they are written and seen from the fields that both systems have.

use serde_json::{Map, Value as Json};

use crate::config::settings_tree::TreeProblem;
use crate::store::Place;
use crate::sync::{FieldMapping, MappingProblem, ModuleSettings, Severity, Side, Sides, validate};

use super::{Desk, SettingsError};

/// One thing that is wrong, or that a person should know.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The key that it is about, such as `direction` or `mappings[3].vtiger`; empty where it is not one key's.
    pub key: String,
    /// The mapping that it is about.
    pub mapping: Option<String>,
    /// Whether it keeps the settings from being saved.
    pub is_error: bool,
    /// What is wrong.
    pub problem: String,
    /// What to do, where the problem doesn't say so.
    pub remedy: Option<String>,
}

impl From<TreeProblem> for Finding {
    fn from(problem: TreeProblem) -> Self {
        Self {
            key: problem.key,
            mapping: None,
            is_error: true,
            problem: problem.message,
            remedy: None,
        }
    }
}

impl Finding {
    fn new(settings: &ModuleSettings, problem: MappingProblem) -> Self {
        let nth = problem.mapping.as_ref().and_then(|key| {
            let mut mappings = settings.mappings.iter();
            mappings.position(|mapping| mapping.enabled && mapping.key() == *key)
        });
        let side = problem.side.as_str();
        Self {
            key: nth.map_or_else(|| "mappings".to_owned(), |nth| format!("mappings[{nth}].{side}")),
            is_error: problem.severity == Severity::Error,
            problem: format!(
                "{} `{}`: {}",
                problem.side.title(),
                problem.field,
                problem.problem
            ),
            remedy: Some(problem.remedy),
            mapping: problem.mapping,
        }
    }
}

impl Desk {
    /// What the systems say to settings that those in force don't make them say already.
    ///
    /// # Errors
    /// When new mistakes are among it, or the store fails.
    pub(super) async fn new_problems(
        &self,
        at: &Place,
        before: &ModuleSettings,
        after: &ModuleSettings,
    ) -> Result<Vec<Finding>, SettingsError> {
        let fields = self.fields(at).await?;
        let infos = Sides::new(|side| fields.of(side).infos());
        let known = validate(at.module, before, infos);
        let mut notes: Vec<Finding> = validate(at.module, after, infos)
            .into_iter()
            .filter(|problem| !known.contains(problem))
            .map(|problem| Finding::new(after, problem))
            .collect();
        for side in Side::BOTH {
            if let Some(why) = &fields.of(side).away
                && before.mappings != after.mappings
            {
                notes.push(unchecked(side, why));
            }
        }
        if notes.iter().any(|note| note.is_error) {
            return Err(SettingsError::Wrong(notes));
        }
        Ok(notes)
    }

    /// What is wrong with one mapping among the module's: that at `row`, or a new one. With the settings as they would be
    /// with it, where they can be read.
    ///
    /// # Errors
    /// When there is no such connection, or the store fails.
    pub async fn check_mapping(
        &self,
        at: &Place,
        row: Option<usize>,
        mapping: Map<String, Json>,
    ) -> Result<Checked, SettingsError> {
        let tree = self.in_force(at).await?.tree();
        let (tree, row) = with_row(tree, row, mapping);
        let settings = match self.read(at, tree) {
            Ok(settings) => settings,
            Err(SettingsError::Wrong(mut findings)) => {
                for finding in &mut findings {
                    finding.key = inside(&finding.key, row);
                }
                return Ok(Checked {
                    findings,
                    settings: None,
                    row,
                });
            }
            Err(error) => return Err(error),
        };
        let fields = self.fields(at).await?;
        let infos = Sides::new(|side| fields.of(side).infos());
        let key = settings.mappings.get(row).map(FieldMapping::key);
        let mut findings: Vec<Finding> = validate(at.module, &settings, infos)
            .into_iter()
            .filter(|problem| problem.mapping.is_some() && problem.mapping == key)
            .map(|problem| Finding {
                key: problem.side.as_str().to_owned(),
                ..Finding::new(&settings, problem)
            })
            .collect();
        for side in Side::BOTH {
            if let Some(why) = &fields.of(side).away {
                findings.push(unchecked(side, why));
            }
        }
        Ok(Checked {
            findings,
            settings: Some(settings),
            row,
        })
    }
}

/// A mapping that was checked.
#[derive(Debug)]
pub struct Checked {
    /// What was found; keys are those of the mapping.
    pub findings: Vec<Finding>,
    /// The module's settings with it, where they can be read.
    pub settings: Option<ModuleSettings>,
    /// Its row among them.
    pub row: usize,
}

impl Checked {
    /// The mapping, where it can be read.
    pub fn mapping(&self) -> Option<&FieldMapping> {
        self.settings.as_ref()?.mappings.get(self.row)
    }

    /// Whether it can be saved.
    pub fn is_good(&self) -> bool {
        self.settings.is_some() && !self.findings.iter().any(|finding| finding.is_error)
    }
}

/// The tree with a mapping in this row, or behind the others.
pub fn with_row(
    mut tree: Map<String, Json>,
    row: Option<usize>,
    mapping: Map<String, Json>,
) -> (Map<String, Json>, usize) {
    let rows = tree.entry("mappings").or_insert_with(|| Json::Array(Vec::new()));
    let Json::Array(rows) = rows else {
        return (tree, 0);
    };
    let row = row.filter(|row| *row < rows.len()).unwrap_or(rows.len());
    if row == rows.len() {
        rows.push(Json::Null);
    }
    rows[row] = Json::Object(mapping);
    (tree, row)
}

/// A key of the mapping in this row, without the row.
fn inside(key: &str, row: usize) -> String {
    let own = key.strip_prefix(&format!("mappings[{row}]"));
    own.map_or_else(|| key.to_owned(), |key| key.trim_start_matches('.').to_owned())
}

fn unchecked(side: Side, why: &str) -> Finding {
    Finding {
        key: side.as_str().to_owned(),
        mapping: None,
        is_error: false,
        problem: format!(
            "its fields were not looked at, as {} is away ({why})",
            side.title()
        ),
        remedy: Some("see that the field's name is right".to_owned()),
    }
}
