//! A mapping as the editor's form: from the tree of keys to the fields, and back.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

use super::{Choice, Fields};
use crate::settings::Fields as Known;

/// So many steps can be added at a time.
const SPARE: usize = 3;

const DIRECTIONS: [(&str, &str); 3] = [
    ("both", "settings-both"),
    ("to_vtiger", "settings-to-vtiger"),
    ("to_woocommerce", "settings-to-woocommerce"),
];
const CONFLICTS: [(&str, &str); 4] = [
    ("", "settings-conflict-as-module"),
    ("last_updated", "settings-last-updated"),
    ("vtiger", "settings-vtiger-wins"),
    ("woocommerce", "settings-woocommerce-wins"),
];
const KINDS: [(&str, &str); 6] = [
    ("", "settings-kind-by-field"),
    ("text", "settings-kind-text"),
    ("email", "settings-kind-email"),
    ("number", "settings-kind-number"),
    ("boolean", "settings-kind-boolean"),
    ("html", "settings-kind-html"),
];
/// What the built-in rows alone are.
const BUILT_IN_KINDS: [(&str, &str); 2] = [
    ("contact", "settings-kind-contact"),
    ("basket", "settings-kind-basket"),
];
const STEPS: [(&str, &str); 12] = [
    ("", "settings-step-none"),
    ("trim", "settings-step-trim"),
    ("upper", "settings-step-upper"),
    ("lower", "settings-step-lower"),
    ("strip_html", "settings-step-strip-html"),
    ("number", "settings-step-number"),
    ("zero_is_blank", "settings-step-zero-is-blank"),
    ("prefix", "settings-step-prefix"),
    ("default", "settings-step-default"),
    ("fixed", "settings-step-fixed"),
    ("map", "settings-step-map"),
    ("table", "settings-step-table"),
];

/// What the editor shows of a mapping.
pub(super) struct Draft {
    pub(super) woocommerce: String,
    pub(super) vtiger: String,
    pub(super) directions: Vec<Choice>,
    pub(super) conflicts: Vec<Choice>,
    pub(super) kinds: Vec<Choice>,
    pub(super) steps: Vec<Step>,
    pub(super) mandatory: bool,
    pub(super) unlisted: bool,
    pub(super) enabled: bool,
}

/// A step on a value's way, as a row of the form.
pub(super) struct Step {
    pub(super) nth: usize,
    pub(super) choices: Vec<Choice>,
    pub(super) text: String,
    /// A table's pairs, one a line: towards Vtiger, and back.
    pub(super) there: String,
    pub(super) back: String,
}

impl Step {
    /// Its number for people.
    pub(super) const fn number(&self) -> usize {
        self.nth + 1
    }
}

impl Draft {
    /// A mapping that is yet to be filled in.
    pub(super) fn blank() -> Self {
        Self::new(&Map::from_iter([("direction".to_owned(), json!("both"))]), true)
    }

    /// The form of a mapping.
    pub(super) fn new(mapping: &Map<String, Json>, is_new: bool) -> Self {
        let text = |key: &str| {
            mapping
                .get(key)
                .and_then(Json::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let flag = |key: &str, unsaid| mapping.get(key).and_then(Json::as_bool).unwrap_or(unsaid);
        let mut steps: Vec<Step> = mapping
            .get("transforms")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(nth, step)| Step::new(nth, step))
            .collect();
        let end = steps.len();
        steps.extend((end..end + SPARE).map(|nth| Step::new(nth, &Json::Null)));
        let kind = match text("kind").as_str() {
            "" if !is_new => "text".to_owned(),
            kind => kind.to_owned(),
        };
        let mut kinds = Choice::of(&KINDS, &kind);
        kinds.extend(
            Choice::of(&BUILT_IN_KINDS, &kind)
                .into_iter()
                .filter(|kind| kind.is_chosen),
        );
        Self {
            woocommerce: text("woocommerce"),
            vtiger: text("vtiger"),
            directions: Choice::of(&DIRECTIONS, &text("direction")),
            conflicts: Choice::of(&CONFLICTS, &text("conflict")),
            kinds,
            steps,
            mandatory: flag("mandatory", false),
            unlisted: flag("unlisted", false),
            enabled: flag("enabled", true),
        }
    }
}

impl Step {
    fn new(nth: usize, step: &Json) -> Self {
        let (kind, value) = match step {
            Json::String(name) => (name.as_str(), &Json::Null),
            Json::Object(step) => step
                .iter()
                .next()
                .map_or(("", &Json::Null), |(name, value)| (name, value)),
            _ => ("", &Json::Null),
        };
        let lines = |value: Option<&Json>| {
            let mut lines = String::new();
            for (from, to) in value.and_then(Json::as_object).into_iter().flatten() {
                // Writing to a string can't fail.
                let _ = writeln!(lines, "{from} = {}", to.as_str().unwrap_or_default());
            }
            lines
        };
        let (kind, text, there, back) = match (kind, value) {
            ("case", case) => (
                case.as_str().unwrap_or_default(),
                String::new(),
                String::new(),
                String::new(),
            ),
            ("map", map) => ("map", String::new(), lines(Some(map)), String::new()),
            ("table", table) => (
                "table",
                String::new(),
                lines(table.get("to_vtiger")),
                lines(table.get("to_woocommerce")),
            ),
            (kind, Json::String(text)) => (kind, text.clone(), String::new(), String::new()),
            (kind, Json::Null) => (kind, String::new(), String::new(), String::new()),
            (kind, other) => (kind, other.to_string(), String::new(), String::new()),
        };
        Self {
            nth,
            choices: Choice::of(&STEPS, kind),
            text,
            there,
            back,
        }
    }
}

/// The mapping that the form says. Without a kind, the fields tell it.
pub(super) fn mapping_of(fields: &Fields, known: &Known) -> Map<String, Json> {
    let mut mapping = Map::new();
    for key in ["woocommerce", "vtiger", "direction"] {
        mapping.insert(key.to_owned(), json!(fields.get(key)));
    }
    if !fields.get("conflict").is_empty() {
        mapping.insert("conflict".to_owned(), json!(fields.get("conflict")));
    }
    let mut steps = Vec::new();
    for nth in 0..fields.inside("step.").count() {
        steps.extend(step_of(fields, nth));
    }
    let kind = match fields.get("kind") {
        "" => kind_of(fields, &steps, known),
        kind => kind,
    };
    mapping.insert("kind".to_owned(), json!(kind));
    mapping.insert("transforms".to_owned(), Json::Array(steps));
    for key in ["mandatory", "unlisted", "enabled"] {
        mapping.insert(key.to_owned(), json!(fields.has(key)));
    }
    mapping
}

fn step_of(fields: &Fields, nth: usize) -> Option<Json> {
    // White space may be meant, as at the end of a prefix.
    let raw = |part: &str| {
        let name = format!("{part}.{nth}");
        let found = fields.0.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let pairs = |part: &str| -> Json {
        raw(part)
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| {
                let (from, to) = line.split_once('=').unwrap_or((line, ""));
                (from.trim().to_owned(), json!(to.trim()))
            })
            .collect::<Map<_, _>>()
            .into()
    };
    match fields.get(&format!("step.{nth}")) {
        "" => None,
        step @ ("trim" | "strip_html" | "zero_is_blank") => Some(json!(step)),
        case @ ("upper" | "lower") => Some(json!({ "case": case })),
        "number" => {
            let text = raw("text").trim();
            let decimals = text
                .parse::<u32>()
                .map_or_else(|_| json!(text), |decimals| json!(decimals));
            Some(json!({ "number": decimals }))
        }
        "map" => Some(json!({ "map": pairs("there") })),
        "table" => Some(json!({ "table": { "to_vtiger": pairs("there"), "to_woocommerce": pairs("back") } })),
        step => Some(Json::Object(Map::from_iter([(
            step.to_owned(),
            json!(raw("text")),
        )]))),
    }
}

/// How values are compared, by what the two fields hold.
fn kind_of(fields: &Fields, steps: &[Json], known: &Known) -> &'static str {
    // What is looked up or written as it stands is text, whatever the fields hold.
    let is_text = |step: &Json| {
        ["map", "table", "fixed", "prefix"]
            .iter()
            .any(|name| step.get(name).is_some())
    };
    if steps.iter().any(is_text) {
        return "text";
    }
    let shop = known
        .woocommerce
        .find(fields.get("woocommerce"))
        .map(|field| field.holds);
    let crm = known.vtiger.find(fields.get("vtiger")).map(|field| field.holds);
    let either = |what| shop == Some(what) || crm == Some(what);
    if either("boolean") {
        "boolean"
    } else if either("number") && !either("picklist") && !either("date") {
        "number"
    } else {
        "text"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_says_each_step_and_shows_it_again() {
        let sent = Fields::of(&[
            ("woocommerce", "meta_data[size]"),
            ("vtiger", "cf_1"),
            ("direction", "to_vtiger"),
            ("step.0", "trim"),
            ("text.0", ""),
            ("step.1", "upper"),
            ("step.2", "prefix"),
            ("text.2", "Size "),
            ("step.3", "number"),
            ("text.3", "2"),
            ("step.4", ""),
            ("step.5", "table"),
            ("there.5", "s = Small\r\n\r\nm=Medium"),
            ("back.5", "Small = s"),
            ("enabled", "on"),
        ]);

        let mapping = mapping_of(&sent, &Known::default());

        let steps = json!([
            "trim", { "case": "upper" }, { "prefix": "Size " }, { "number": 2 },
            { "table": { "to_vtiger": { "s": "Small", "m": "Medium" }, "to_woocommerce": { "Small": "s" } } },
        ]);
        assert_eq!(mapping["transforms"], steps);
        assert_eq!(mapping["kind"], "text");
        let draft = Draft::new(&mapping, false);
        assert_eq!(draft.steps.len(), 5 + SPARE);
        assert_eq!(draft.steps[2].text, "Size ");
        assert_eq!(draft.steps[3].text, "2");
        assert_eq!(draft.steps[4].there, "m = Medium\ns = Small\n");
    }
}
