//! What WordPress makes of a product's texts: when they are kept, and when they are shown.
//!
//! Pure functions of their arguments.

use crate::simulator::woocommerce::text::{encoded, without_backslashes};

/// Elements that may stay in a text; all others are dropped, their content is not.
const ALLOWED: [&str; 24] = [
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "span",
    "strong",
    "table",
    "u",
    "ul",
];
const BLOCKS: [&str; 14] = [
    "blockquote",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "li",
    "ol",
    "p",
    "pre",
    "table",
    "ul",
];

/// Text as it is kept: HTML with no other elements than the allowed ones, less the backslashes.
pub(super) fn as_stored(text: &str) -> String {
    let text = without_backslashes(text);
    let mut kept = String::with_capacity(text.len());
    for piece in Pieces(text.trim()) {
        match piece {
            Piece::Text(text) => kept.push_str(&encoded(text)),
            Piece::Tag(tag) if ALLOWED.contains(&element(tag).as_str()) => kept.push_str(tag),
            Piece::Tag(_) => {}
        }
    }
    kept
}

/// A kept text as it is shown: in paragraphs, with typographic quotes.
pub(super) fn as_shown(html: &str) -> String {
    let mut shown = String::new();
    for paragraph in html.replace("\r\n", "\n").split("\n\n") {
        let paragraph = paragraph.trim();
        let first = Pieces(paragraph).next();
        let is_block = matches!(first, Some(Piece::Tag(tag)) if BLOCKS.contains(&element(tag).as_str()));
        if is_block {
            shown.push_str(&typeset(paragraph));
            shown.push('\n');
        } else if !paragraph.is_empty() {
            let lines = typeset(paragraph).replace('\n', "<br />\n");
            shown.extend(["<p>", &lines, "</p>\n"]);
        }
    }
    shown
}

/// Text as an address has it.
pub(super) fn slug(text: &str) -> String {
    let plain: String = Pieces(text)
        .filter_map(|piece| match piece {
            Piece::Text(text) => Some(text),
            Piece::Tag(_) => None,
        })
        .collect();
    let mut words = plain.to_lowercase();
    words.retain(|letter| letter.is_alphanumeric() || letter.is_whitespace() || "-_".contains(letter));
    words
        .split(|letter: char| letter.is_whitespace() || letter == '-')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

/// Turns straight quotes, dashes and dots outside of tags into typographic ones.
fn typeset(html: &str) -> String {
    let mut typed = String::with_capacity(html.len());
    let mut before = ' ';
    for piece in Pieces(html) {
        let text = match piece {
            Piece::Tag(tag) => {
                typed.push_str(tag);
                continue;
            }
            Piece::Text(text) => text,
        };
        let text = text
            .replace("---", "&#8212;")
            .replace("--", "&#8211;")
            .replace("...", "&#8230;");
        for letter in text.chars() {
            let opens = before.is_whitespace() || "([".contains(before);
            match letter {
                '"' => typed.push_str(if opens { "&#8220;" } else { "&#8221;" }),
                '\'' => typed.push_str(if opens { "&#8216;" } else { "&#8217;" }),
                other => typed.push(other),
            }
            before = letter;
        }
    }
    typed
}

enum Piece<'a> {
    Text(&'a str),
    Tag(&'a str),
}

/// The tags of a text, and what is between them. A `<` without its `>` is text.
struct Pieces<'a>(&'a str);

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.0.is_empty() {
            return None;
        }
        let (piece, rest) = match (self.0.find('<'), self.0.starts_with('<')) {
            (Some(_), true) => {
                let end = self.0[1..].find(['<', '>']).map(|at| at + 1);
                match end {
                    Some(end) if self.0[end..].starts_with('>') => {
                        let (tag, rest) = self.0.split_at(end + 1);
                        (Piece::Tag(tag), rest)
                    }
                    end => {
                        let (text, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
                        (Piece::Text(text), rest)
                    }
                }
            }
            (start, _) => {
                let (text, rest) = self.0.split_at(start.unwrap_or(self.0.len()));
                (Piece::Text(text), rest)
            }
        };
        self.0 = rest;
        Some(piece)
    }
}

/// The element that a tag is of.
fn element(tag: &str) -> String {
    let inside = tag.trim_start_matches(['<', '/', ' ']);
    let name: String = inside.chars().take_while(char::is_ascii_alphanumeric).collect();
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_measured() {
        let sent = r#"A & B &amp; C < D > "E" 'F' é 😀 \ x"#;

        assert_eq!(as_stored(sent), r#"A &amp; B &amp; C  "E" 'F' é 😀  x"#);
        assert_eq!(as_stored("1 < 2"), "1 &lt; 2");
        assert_eq!(
            as_stored("<p>A <b>fine</b> desk</p>"),
            "<p>A <b>fine</b> desk</p>"
        );
        assert_eq!(as_shown(&as_stored(r#"say "E""#)), "<p>say &#8220;E&#8221;</p>\n");
        assert_eq!(as_shown("<p>A fine desk.</p>"), "<p>A fine desk.</p>\n");
        assert_eq!(as_shown("1--2 ..."), "<p>1&#8211;2 &#8230;</p>\n");
        assert_eq!(as_shown(""), "");
        assert_eq!(slug("Desk No. 1 &amp; more"), "desk-no-1-amp-more");
    }
}
