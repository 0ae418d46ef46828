//! What templates turn values into text with: `{{ "log-title"|t }}`, `{{ "log-shown"|t1("count", shown) }}`.

#![expect(
    unreachable_pub,
    clippy::inline_always,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    clippy::trivially_copy_pass_by_ref,
    reason = "askama's macro makes it so, and calls them so"
)]

use askama::filters::Safe;
use askama::{Result, Values};
use fluent_bundle::FluentValue;

use super::texts;
use crate::clock::{Timestamp, iso};

/// The words with this key.
#[askama::filter_fn]
pub(super) fn t(key: &str, _: &dyn Values) -> Result<String> {
    Ok(texts::say(key))
}

/// The words with this key, and a value in its place.
#[askama::filter_fn]
pub(super) fn t1<V: Word>(key: &str, _: &dyn Values, name: &str, value: V) -> Result<String> {
    Ok(texts::say_with(key, &[(name, value.word())]))
}

/// The words with this key, and two values in their places.
#[askama::filter_fn]
pub(super) fn t2<V: Word, W: Word>(
    key: &str,
    _: &dyn Values,
    name: &str,
    value: V,
    other: &str,
    second: W,
) -> Result<String> {
    Ok(texts::say_with(
        key,
        &[(name, value.word()), (other, second.word())],
    ))
}

/// What can stand among words. Numbers choose between "event" and "events".
pub(super) trait Word {
    /// As it stands there.
    fn word(&self) -> FluentValue<'static>;
}

macro_rules! number {
    ($($number:ty),*) => {$(
        impl Word for $number {
            fn word(&self) -> FluentValue<'static> {
                FluentValue::from(*self)
            }
        }
    )*};
}

number!(i32, i64, u32, u64, usize);

impl Word for String {
    fn word(&self) -> FluentValue<'static> {
        FluentValue::from(self.clone())
    }
}

impl Word for str {
    fn word(&self) -> FluentValue<'static> {
        FluentValue::from(self.to_owned())
    }
}

impl<T: Word + ?Sized> Word for &T {
    fn word(&self) -> FluentValue<'static> {
        (**self).word()
    }
}

/// A moment, which the browser shows in the reader's zone; in UTC where it has no script.
#[askama::filter_fn]
pub(super) fn time(at: &Timestamp, _: &dyn Values) -> Result<Safe<String>> {
    let iso = iso::text(*at);
    Ok(Safe(format!(r#"<time datetime="{iso}">{at} UTC</time>"#)))
}
