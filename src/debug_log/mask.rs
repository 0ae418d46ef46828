//! Masks of texts: how long they are and how they begin can be seen, and whether two are the same; what they say can't.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What stands for a secret. Not even whether two are the same is told.
pub(super) const SECRET: &str = "(secret)";

/// A longer text is told by its length.
const LONGEST: usize = 40;

/// So many digits make a telephone number.
const PHONE_DIGITS: usize = 7;

/// The shortest account number there is, in Norway.
const IBAN: usize = 15;

/// Masks texts, the same ones the same way.
#[derive(Clone, Debug)]
pub(super) struct Mask {
    key: Vec<u8>,
}

impl Mask {
    /// A mask with a key of its own, without which nobody can try out whose mark it is.
    pub(super) fn new(key: &str) -> Self {
        Self {
            key: key.as_bytes().to_vec(),
        }
    }

    /// Masks a whole text: `Ann Lee` becomes `A** L**~3f9a`, where the last four are the same for the same text only.
    pub(super) fn text(&self, text: &str) -> String {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return text.to_owned();
        }
        format!("{}~{}", shape(trimmed), self.mark(trimmed))
    }

    /// Masks what looks like an e-mail address, an account or a telephone number in a text, wherever it stands.
    pub(super) fn lookalikes(&self, text: &str) -> String {
        let text = self.each(text, &find_email);
        let text = self.each(&text, &find_account);
        self.each(&text, &find_phone)
    }

    /// Few enough bits that the mark of a number fits too many numbers to tell which one it is.
    fn mark(&self, text: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            return String::new();
        };
        mac.update(text.as_bytes());
        hex::encode(&mac.finalize().into_bytes()[..2])
    }

    /// Masks what is found, from the left to the right.
    fn each(&self, text: &str, find: &dyn Fn(&str) -> Option<(usize, usize)>) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((from, to)) = find(rest) {
            masked.push_str(&rest[..from]);
            masked.push_str(&self.text(&rest[from..to]));
            rest = &rest[to..];
        }
        masked.push_str(rest);
        masked
    }
}

/// A text with each character hidden but the first of longer words, spaces and punctuation.
fn shape(text: &str) -> String {
    let length = text.chars().count();
    let mut shape = String::new();
    let mut word = String::new();
    for character in text.chars().take(LONGEST).chain([' ']) {
        if character.is_whitespace() || character.is_ascii_punctuation() {
            let mut first = word.chars().next();
            // Of a short word the first letter would be most, and of a number every digit tells.
            if word.chars().count() < 3 || !first.is_some_and(char::is_alphabetic) {
                first = None;
            }
            shape.extend(first);
            shape.extend(word.chars().skip(usize::from(first.is_some())).map(|_| '*'));
            shape.push(character);
            word.clear();
        } else {
            word.push(character);
        }
    }
    shape.pop();
    if length > LONGEST {
        // Writing to a string can't fail.
        let _ = write!(shape, "…({length} characters)");
    }
    shape
}

/// Whether a text says nothing of anybody: yes or no, a short number, an amount, a date, a record's id.
pub(super) fn is_plain_value(text: &str) -> bool {
    let text = text.trim();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let is_amount = unsigned
        .split_once('.')
        .is_some_and(|(whole, part)| is_number(whole) && is_number(part) && whole.len() < PHONE_DIGITS);
    let is_id = text
        .split_once('x')
        .is_some_and(|(module, record)| is_number(module) && is_number(record) && module.len() < 4);
    text.is_empty()
        || ["true", "false", "yes", "no", "on", "off"].contains(&text)
        || (is_number(unsigned) && unsigned.len() < PHONE_DIGITS)
        || is_amount
        || is_id
        || is_date(text)
}

/// Whether a text is a date such as `2026-01-31`, with or without a time.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let starts_so = bytes.len() >= 10
        && bytes[..10].iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    starts_so
        && bytes.len() <= 32
        && bytes[10..]
            .iter()
            .all(|byte| byte.is_ascii_digit() || b" T:.+-Z".contains(byte))
}

/// Whether a character may be part of an e-mail address.
fn is_of_email(character: char) -> bool {
    !character.is_whitespace() && !character.is_control() && !"<>()[]{}\",;:\\|=&?/@".contains(character)
}

fn find_email(text: &str) -> Option<(usize, usize)> {
    text.match_indices('@').find_map(|(at, _)| {
        let before = text[..at]
            .char_indices()
            .rev()
            .take_while(|(_, one)| is_of_email(*one));
        let from = before.last()?.0;
        let after = text[at + 1..]
            .char_indices()
            .take_while(|(_, one)| is_of_email(*one));
        let (last, one) = after.last()?;
        Some((from, at + 1 + last + one.len_utf8()))
    })
}

/// Where a run begins that stands by itself, and where it ends: of characters of this kind, with none of a word around it.
fn find_run(
    text: &str,
    is_of: impl Fn(char) -> bool,
    is_it: impl Fn(&str) -> bool,
) -> Option<(usize, usize)> {
    let is_word = |one: Option<char>| one.is_some_and(|one| one.is_alphanumeric() || one == '_');
    let mut from = 0;
    while from < text.len() {
        let rest = &text[from..];
        let begins = rest.find(&is_of)?;
        let start = from + begins;
        let length = text[start..]
            .find(|one| !is_of(one))
            .unwrap_or(text.len() - start);
        let end = start + length;
        let run = text[start..end].trim_end_matches([' ', '-', '.', '(', '/']);
        let trimmed = run.trim_start_matches([' ', '-', '.', ')', '/']);
        let start_of_it = start + run.len() - trimmed.len();
        let end_of_it = start + run.len();
        if !trimmed.is_empty()
            && !is_word(text[..start_of_it].chars().next_back())
            && !is_word(text[end_of_it..].chars().next())
            && is_it(trimmed)
        {
            return Some((start_of_it, end_of_it));
        }
        from = end;
    }
    None
}

fn find_phone(text: &str) -> Option<(usize, usize)> {
    let is_of = |one: char| one.is_ascii_digit() || "+ -()./".contains(one);
    find_run(text, is_of, |run| {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        digits >= PHONE_DIGITS && !is_date(&run.replace('/', "-")) && !is_plain_value(run)
    })
}

fn find_account(text: &str) -> Option<(usize, usize)> {
    let is_of = |one: char| one.is_ascii_uppercase() || one.is_ascii_digit() || one == ' ';
    find_run(text, is_of, |run| {
        let compact: Vec<u8> = run.bytes().filter(|byte| *byte != b' ').collect();
        compact.len() >= IBAN
            && compact.len() <= 34
            && compact[..2].iter().all(u8::is_ascii_uppercase)
            && compact[2..4].iter().all(u8::is_ascii_digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask() -> Mask {
        Mask::new("key")
    }

    /// Without the mark at the end.
    fn shown(text: &str) -> String {
        let masked = mask().text(text);
        let (shape, mark) = masked.rsplit_once('~').unwrap();
        assert_eq!(mark.len(), 4, "{masked}");
        shape.to_owned()
    }

    #[test]
    fn length_and_shape_can_be_seen_and_nothing_else() {
        assert_eq!(shown("Ann Lee"), "A** L**");
        assert_eq!(shown("ann@shop.example"), "a**@s***.e******");
        assert_eq!(shown("+1 (555) 1000"), "+* (***) ****");
        assert_eq!(shown("Jo"), "**");
        assert_eq!(shown("Łukasz 李小龍"), "Ł***** 李**");
        let long = "word ".repeat(30);
        assert!(shown(&long).ends_with("…(149 characters)"), "{}", shown(&long));
        assert_eq!(mask().text(""), "");
    }

    #[test]
    fn the_same_text_looks_the_same_and_another_one_different() {
        assert_eq!(mask().text("Ann Lee"), mask().text(" Ann Lee "));
        assert_ne!(mask().text("Ann Lee"), mask().text("Amy Low"));
        assert_ne!(mask().text("Ann Lee"), Mask::new("other").text("Ann Lee"));
    }

    #[test]
    fn what_looks_personal_is_masked_where_it_stands() {
        for (text, expected) in [
            ("write to ann@shop.example, please", "write to a**@s***.e******"),
            ("call +49 30 1234567 now", "call +** ** *******"),
            ("(555) 123-4567", "(***) ***-****"),
            ("pay to DE89 3704 0044 0532 0130 00.", "pay to D*** ****"),
            ("account GB33BUKB20201555555555", "account G***"),
        ] {
            let masked = mask().lookalikes(text);
            assert!(masked.starts_with(expected), "{text}: {masked}");
        }
    }

    #[test]
    fn what_says_nothing_of_anybody_stays() {
        for text in [
            "12.50",
            "order 1234",
            "2026-01-31 12:34:56",
            "12x3456",
            "publish",
            "Blue T-shirt, size XL",
            "6b0423bd2454b",
            "on 2026-01-31",
            "DIN A4",
        ] {
            assert_eq!(mask().lookalikes(text), text);
        }
    }
}
