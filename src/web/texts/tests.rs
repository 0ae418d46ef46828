//! The words are all there, and nowhere else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// All files below a folder whose names end like this.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn web() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web")
}

/// Words in quotes before this mark.
fn quoted_before<'a>(text: &'a str, mark: &str) -> BTreeSet<&'a str> {
    let parts: Vec<&str> = text.split(mark).collect();
    let before = parts.iter().take(parts.len().saturating_sub(1));
    before.filter_map(|part| part.rsplit('"').next()).collect()
}

/// Words in quotes after this mark.
fn quoted_after<'a>(text: &'a str, mark: &str) -> BTreeSet<&'a str> {
    let after = text.split(mark).skip(1);
    after.filter_map(|part| part.split('"').next()).collect()
}

#[test]
fn the_files_are_well_formed_and_all_are_read() {
    let files = files(&web().join("texts"), ".ftl");

    assert_eq!(files.len(), ENGLISH.len(), "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let read = FluentResource::try_new(text);
        assert!(read.is_ok(), "{}: {:?}", file.display(), read.err());
    }
}

#[test]
fn all_words_that_pages_ask_for_are_there() {
    let mut missing = Vec::new();
    for file in files(&web(), ".html") {
        let text = fs::read_to_string(&file).unwrap();
        let mut keys = quoted_before(&text, "\"|t ");
        for mark in ["\"|t}", "\"|t1(", "\"|t2(", "\"|t("] {
            keys.extend(quoted_before(&text, mark));
        }
        missing.extend(keys.into_iter().filter(|key| !has(key)).map(str::to_owned));
    }
    for file in files(&web(), ".rs")
        .into_iter()
        .filter(|file| !file.ends_with("tests.rs"))
    {
        let text = fs::read_to_string(&file).unwrap();
        let mut keys = quoted_after(&text, "say(\"");
        keys.extend(quoted_after(&text, "say_with(\""));
        missing.extend(keys.into_iter().filter(|key| !has(key)).map(str::to_owned));
    }
    missing.retain(|key| {
        !key.is_empty()
            && key
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
    });

    assert!(missing.is_empty(), "no words for {missing:?}");
}

#[test]
fn no_words_stand_in_a_template() {
    let mut found = Vec::new();
    for file in files(&web().join("templates"), ".html") {
        let text = fs::read_to_string(&file).unwrap();
        for words in bare(&text) {
            found.push(format!("{}: {words}", file.display()));
        }
    }

    assert!(found.is_empty(), "{found:#?}");
}

/// What stands between tags and outside of `{{ }}`, `{% %}` and `{# #}`, as far as it has letters; and in attributes that are
/// read out.
fn bare(template: &str) -> Vec<String> {
    let mut text = template.to_owned();
    for (open, close) in [("{#", "#}"), ("{%", "%}"), ("{{", "}}")] {
        while let Some(from) = text.find(open) {
            let to = text[from..].find(close).map_or(text.len(), |at| from + at + 2);
            text.replace_range(from..to, "");
        }
    }
    let read_out = ["title=\"", "aria-label=\"", "placeholder=\"", "alt=\""];
    let mut found: Vec<String> = read_out
        .iter()
        .flat_map(|mark| quoted_after(&text, mark))
        .map(str::to_owned)
        .collect();
    let mut is_inside = false;
    let shown = text.chars().map(|letter| match letter {
        '<' => {
            is_inside = true;
            '\n'
        }
        '>' => {
            is_inside = false;
            '\n'
        }
        _ if is_inside => '\n',
        other => other,
    });
    found.extend(
        shown
            .collect::<String>()
            .lines()
            .map(|line| line.trim().to_owned()),
    );
    let named = |line: &String| {
        // The names of systems and the program are the same in all languages, and so are entities and units.
        let mut rest = line.clone();
        for name in [
            "woo-vtiger-sync",
            "WooCommerce",
            "Vtiger CRM",
            "Vtiger",
            "CSV",
            "JSON",
            "&nbsp;",
            "&middot;",
        ] {
            rest = rest.replace(name, "");
        }
        rest.chars().any(char::is_alphabetic)
    };
    // Attributes that a page adds to a tag of the frame.
    found.retain(|line| named(line) && !line.contains("=\""));
    found
}

#[test]
fn bare_words_are_found() {
    let template = r#"<p title="Two">{{ "a-b"|t }} {% if x > 2 %}<b>One</b>{% endif %} 5</p>"#;

    assert_eq!(bare(template), ["Two", "One"]);
}

#[test]
fn values_stand_in_their_places_and_numbers_choose_the_words() {
    assert_eq!(
        say_with("frame-events-waiting", &[("count", 1.into())]),
        "1 event waiting"
    );
    assert_eq!(
        say_with("frame-events-waiting", &[("count", 2.into())]),
        "2 events waiting"
    );
    assert_eq!(say("no-such-key"), "no-such-key");
}
