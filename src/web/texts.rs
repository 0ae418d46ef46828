//! The pages' words, by key, from `texts/en/`: one file for each area, in Fluent's syntax.
//!
//! Nothing that a person reads stands in a template. Another language is another folder. What the core tells of a record,
//! such as why it was skipped, is said by the core, as the command line tells the same.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// All areas' words.
const ENGLISH: [&str; 8] = [
    include_str!("texts/en/frame.ftl"),
    include_str!("texts/en/accounts.ftl"),
    include_str!("texts/en/connections.ftl"),
    include_str!("texts/en/attention.ftl"),
    include_str!("texts/en/failed.ftl"),
    include_str!("texts/en/log.ftl"),
    include_str!("texts/en/records.ftl"),
    include_str!("texts/en/settings.ftl"),
];

static BUNDLE: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| {
    let english: LanguageIdentifier = "en".parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![english]);
    // The pages mark the direction of data themselves.
    bundle.set_use_isolating(false);
    for text in ENGLISH {
        // A test reads all files; what can be read of a broken one is of use yet.
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, _)| resource);
        let _ = bundle.add_resource(resource);
    }
    bundle
});

/// The words with this key; the key itself where there are none.
pub(super) fn say(key: &str) -> String {
    say_with(key, &[])
}

/// The words with this key, and these values in their places.
pub(super) fn say_with(key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
    let Some(pattern) = BUNDLE.get_message(key).and_then(|message| message.value()) else {
        return key.to_owned();
    };
    let values: FluentArgs = values.iter().cloned().collect();
    BUNDLE
        .format_pattern(pattern, Some(&values), &mut Vec::new())
        .into_owned()
}

/// Whether there are words with this key.
#[cfg(test)]
fn has(key: &str) -> bool {
    BUNDLE.has_message(key)
}

#[cfg(test)]
mod tests;
