//! Where a field stands in a record: `email`, `billing.phone`, `meta_data[vat_id]`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::Value;

/// The way to a field. A dot steps into an object; `name[key]` picks the entry of a list of
/// `{"key": …, "value": …}` objects, as WooCommerce keeps `meta_data`.
///
/// In a Vtiger record a dot after a reference field steps into the record it points to
/// (`account_id.accountname`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FieldPath {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Step {
    Name(String),
    Entry { list: String, key: String },
}

impl Step {
    fn of<'a>(&self, object: &'a Map<String, Json>) -> Option<&'a Json> {
        match self {
            Self::Name(name) => object.get(name),
            Self::Entry { list, key } => entry(object.get(list)?.as_array()?, key)?.get("value"),
        }
    }
}

/// Why a text is no field path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no field path: {problem}; write it like `email`, `billing.phone` or `meta_data[vat_id]`"
)]
pub struct PathError {
    text: String,
    problem: &'static str,
}

impl FieldPath {
    /// Reads a path.
    ///
    /// # Errors
    /// When a step is empty or a bracket is not closed.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let fail = |problem| PathError {
            text: text.to_owned(),
            problem,
        };
        let mut steps = Vec::new();
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(fail("it is empty"));
        }
        loop {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, tail) = rest.split_at(end);
            if name.is_empty() || name.contains(']') {
                return Err(fail("a step has no name"));
            }
            let tail = if let Some(keyed) = tail.strip_prefix('[') {
                let (key, after) = keyed
                    .split_once(']')
                    .ok_or_else(|| fail("a bracket is not closed"))?;
                if key.is_empty() {
                    return Err(fail("the brackets are empty"));
                }
                steps.push(Step::Entry {
                    list: name.to_owned(),
                    key: key.to_owned(),
                });
                after
            } else {
                steps.push(Step::Name(name.to_owned()));
                tail
            };
            if tail.is_empty() {
                return Ok(Self { steps });
            }
            rest = tail
                .strip_prefix('.')
                .ok_or_else(|| fail("a dot is missing after the brackets"))?;
        }
    }

    /// The first step's name: the field of the record that the path enters by.
    pub fn root(&self) -> &str {
        match self.steps.first() {
            Some(Step::Name(name) | Step::Entry { list: name, .. }) => name,
            None => "",
        }
    }

    /// For a path of two plain steps, both names: a reference field and the field behind it.
    pub fn as_reference(&self) -> Option<(&str, &str)> {
        match self.steps.as_slice() {
            [Step::Name(field), Step::Name(target)] => Some((field, target)),
            _ => None,
        }
    }

    /// Reads the value at this path; [`Value::Null`] when nothing is there.
    pub fn get(&self, object: &Map<String, Json>) -> Value {
        self.find(object).map_or(Value::Null, Value::from_json)
    }

    /// Whether something stands at this path, be it `null`.
    pub fn is_in(&self, object: &Map<String, Json>) -> bool {
        self.find(object).is_some()
    }

    fn find<'a>(&self, object: &'a Map<String, Json>) -> Option<&'a Json> {
        let (first, rest) = self.steps.split_first()?;
        rest.iter()
            .try_fold(first.of(object)?, |at, step| step.of(at.as_object()?))
    }

    /// Puts a JSON value at this path, making the objects and list entries on the way.
    pub fn set(&self, object: &mut Map<String, Json>, value: Json) {
        set(&self.steps, object, value);
    }
}

fn entry<'a>(list: &'a [Json], key: &str) -> Option<&'a Json> {
    list.iter()
        .find(|item| item.get("key").and_then(Json::as_str) == Some(key))
}

fn set(steps: &[Step], object: &mut Map<String, Json>, value: Json) {
    let Some((step, rest)) = steps.split_first() else {
        return;
    };
    let slot = match step {
        Step::Name(name) => object.entry(name.clone()).or_insert(Json::Null),
        Step::Entry { list, key } => {
            let list = object.entry(list.clone()).or_insert(Json::Null);
            entry_value(list, key)
        }
    };
    if rest.is_empty() {
        *slot = value;
        return;
    }
    if !slot.is_object() {
        *slot = Json::Object(Map::new());
    }
    if let Some(inner) = slot.as_object_mut() {
        set(rest, inner, value);
    }
}

/// The `value` of the list's entry `key`, added when it isn't there.
fn entry_value<'a>(list: &'a mut Json, key: &str) -> &'a mut Json {
    let mut entries = match list.take() {
        Json::Array(entries) => entries,
        _ => Vec::new(),
    };
    let at = entries
        .iter()
        .position(|item| item.get("key").and_then(Json::as_str) == Some(key));
    let at = at.unwrap_or_else(|| {
        entries.push(serde_json::json!({ "key": key, "value": null }));
        entries.len() - 1
    });
    *list = Json::Array(entries);
    &mut list[at]["value"]
}

impl FromStr for FieldPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for FieldPath {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, PathError> {
        Self::parse(&text)
    }
}

impl From<FieldPath> for String {
    fn from(path: FieldPath) -> Self {
        path.to_string()
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, step) in self.steps.iter().enumerate() {
            if nth > 0 {
                f.write_str(".")?;
            }
            match step {
                Step::Name(name) => f.write_str(name)?,
                Step::Entry { list, key } => write!(f, "{list}[{key}]")?,
            }
        }
        Ok(())
    }
}
