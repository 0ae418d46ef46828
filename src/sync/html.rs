//! WooCommerce's HTML texts and the plain text that a person reads in them. Pure; takes any text.
//!
//! Vtiger keeps plain text. When that is edited there, only the words that changed are changed in the shop's HTML, so
//! that its headings, lists and pictures stay.

mod edit;

use std::ops::Range;

pub(super) use edit::edited;

/// Tags that begin a new line of text.
const BLOCKS: [&str; 22] = [
    "address",
    "article",
    "blockquote",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "section",
    "tr",
    "ul",
];

/// Tags whose content nobody reads.
const UNREAD: [&str; 2] = ["script", "style"];

/// One character of the text, and where in the HTML it comes from.
struct Read {
    character: char,
    from: Range<usize>,
    /// Whether a tag stands for it.
    is_of_tag: bool,
}

/// The text that a person reads in this HTML.
pub(super) fn to_text(html: &str) -> String {
    read(html).iter().map(|read| read.character).collect()
}

/// HTML that shows this text; line breaks stay, as WordPress makes paragraphs of them.
pub(super) fn from_text(text: &str) -> String {
    html_escape::encode_text(text).into_owned()
}

/// What counts when two texts are compared: the words, without tags, white space and typography (WordPress shows
/// `"` as `“` in one answer and not in another).
pub(super) fn folded(html: &str) -> String {
    let text = to_text(html)
        .replace("...", "…")
        .replace("``", "\"")
        .replace("''", "\"")
        .replace("(tm)", "™");
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        let c = match c {
            '“' | '”' | '„' | '″' => '"',
            '‘' | '’' | '‚' | '′' => '\'',
            '–' | '—' => '-',
            '×' => 'x',
            c => c,
        };
        // Two or three hyphens are shown as one dash.
        if c != '-' || !plain.ends_with('-') {
            plain.push(c);
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn has_blocks(html: &str) -> bool {
    let mut rest = html;
    while let Some((_, tag)) = rest.split_once('<') {
        if tag_name(tag).is_some_and(|name| BLOCKS.contains(&name.as_str())) {
            return true;
        }
        rest = tag;
    }
    false
}

/// The name of the tag whose text after `<` this is; a lone `<` is text.
fn tag_name(tag: &str) -> Option<String> {
    let name = tag.strip_prefix('/').unwrap_or(tag);
    let end = name
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(name.len());
    let is_tag = name.starts_with(|c: char| c.is_ascii_alphabetic()) && tag.contains('>');
    is_tag.then(|| name[..end].to_ascii_lowercase())
}

/// How long the tag is that this text begins with; a `>` in an attribute's quotes doesn't end it.
fn tag_length(text: &str) -> usize {
    let (mut quote, mut before) = (None, b'<');
    let end = text.bytes().position(|byte| {
        let is_end = byte == b'>' && quote.is_none();
        if quote == Some(byte) {
            quote = None;
        } else if quote.is_none() && before == b'=' && matches!(byte, b'"' | b'\'') {
            quote = Some(byte);
        }
        before = byte;
        is_end
    });
    // Where a quote is not closed, it is none.
    end.or_else(|| text.find('>')).map_or(text.len(), |end| end + 1)
}

fn read(html: &str) -> Vec<Read> {
    let blocks = has_blocks(html);
    let mut text: Vec<Read> = Vec::new();
    let mut at = 0;
    while let Some(first) = html[at..].chars().next() {
        let rest = &html[at..];
        if let Some(name) = rest.strip_prefix('<').and_then(tag_name) {
            let length = tag_length(rest);
            if UNREAD.contains(&name.as_str()) && !rest.starts_with("</") {
                let end = rest.to_ascii_lowercase().find(&format!("</{name}"));
                at += end.filter(|end| *end >= length).unwrap_or(length);
                continue;
            }
            if BLOCKS.contains(&name.as_str()) {
                push(&mut text, '\n', at..at + length, true);
            }
            at += length;
            continue;
        }
        let comment = rest.strip_prefix("<!--").and_then(|comment| comment.find("-->"));
        if let Some(end) = comment {
            at += end + "<!---->".len();
            continue;
        }
        let (shown, length) = entity(rest).unwrap_or((first, first.len_utf8()));
        let is_space = length == shown.len_utf8() && matches!(shown, '\n' | '\r' | '\t' | ' ');
        if !is_space {
            push(&mut text, shown, at..at + length, false);
        } else if blocks {
            push(&mut text, ' ', at..at + length, false);
        } else if shown != '\r' {
            push(&mut text, shown, at..at + length, false);
        }
        at += length;
    }
    while text.last().is_some_and(|read| read.character.is_whitespace()) {
        text.pop();
    }
    text
}

/// Adds a character, unless it is white space that follows white space made by tags or stands at the beginning.
fn push(text: &mut Vec<Read>, character: char, from: Range<usize>, is_of_tag: bool) {
    let last = text.last();
    if character.is_whitespace() && last.is_none() {
        return;
    }
    let after_break = last.is_some_and(|last| last.is_of_tag);
    if (character == ' ' || is_of_tag) && after_break {
        return;
    }
    if is_of_tag {
        while text.last().is_some_and(|last| last.character == ' ') {
            text.pop();
        }
    }
    text.push(Read {
        character,
        from,
        is_of_tag,
    });
}

/// The character that an entity at the beginning of this text stands for, and the entity's length.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.strip_prefix('&')?.find(';').filter(|end| *end <= 10)? + 2;
    let decoded = html_escape::decode_html_entities(&text[..end]);
    let mut characters = decoded.chars();
    let character = characters.next()?;
    (characters.next().is_none() && decoded.len() < end).then_some((character, end))
}

#[cfg(test)]
mod laws;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_a_person_reads() {
        for (html, text) in [
            ("<p>Fish &amp; chips, 1 < 2</p>\n", "Fish & chips, 1 < 2"),
            ("<p>One<br />\nTwo</p>\n<p>Three</p>\n", "One\nTwo\nThree"),
            ("<ul>\n<li>A</li>\n<li><b>B</b>  c</li>\n</ul>", "A\nB  c"),
            ("One\nTwo\n\nThree &lt;3", "One\nTwo\n\nThree <3"),
            ("a<script>var x = 1 < 2;</script>b<!-- no -->c", "abc"),
            ("", ""),
            ("<img src=\"a.png\">", ""),
            ("<img alt=\"1 > 0\">a<b title='\">'>b</b><i title=\">c", "abc"),
        ] {
            assert_eq!(to_text(html), text, "{html}");
        }
    }

    #[test]
    fn an_edit_leaves_the_tags_around_it() {
        for (html, text, edited_html) in [
            (
                "<p>Fish &amp; <b>chips</b></p>\n",
                "Fish & fries",
                "<p>Fish &amp; <b>fries</b></p>\n",
            ),
            (
                "<h2>Desk</h2><p>Oak.</p>",
                "Desk\nOak. New & big!",
                "<h2>Desk</h2><p>Oak. New &amp; big!</p>",
            ),
            ("<p>A <i>b</i> c</p>", "A d c", "<p>A <i>d</i> c</p>"),
            ("plain", "plain\nand more", "plain\nand more"),
            ("", "new <b>", "new &lt;b&gt;"),
        ] {
            assert_eq!(edited(html, text), edited_html, "{html}");
            assert_eq!(to_text(&edited(html, text)), text);
        }
    }

    #[test]
    fn blank_lines_in_the_text_cost_no_tags() {
        let html = edited(
            "<p>One <b>two</b></p>\n<p>Three</p>",
            "One two\n\n\tThree four\r\n\r\nFive",
        );

        assert_eq!(html, "<p>One <b>two</b></p>\n<p>Three four<br />Five</p>");
    }

    #[test]
    fn a_paragraph_comes_and_goes_without_the_others_tags() {
        for (html, text, edited_html) in [
            (
                "<p>One</p>\n<p>Two</p>",
                "One\nNew two",
                "<p>One</p>\n<p>New two</p>",
            ),
            (
                "<p>One</p>\n<p>Two</p>",
                "One\nA\nTwo",
                "<p>One</p>\n<p>A<br />Two</p>",
            ),
            (
                "<ul><li>One</li><li>Two</li><li><b>Three</b></li></ul>",
                "One\nThree",
                "<ul><li>One</li><li><b>Three</b></li></ul>",
            ),
            (
                "<h2>A</h2><p>Two<br />Ten</p>",
                "A\nTwo Ten",
                "<h2>A</h2><p>Two Ten</p>",
            ),
        ] {
            assert_eq!(edited(html, text), edited_html, "{html}");
        }
    }

    #[test]
    fn html_that_cant_be_edited_is_written_anew() {
        let html = edited("<h2>One</h2><p>Two</p>", "OneTwo");

        assert_eq!(html, "OneTwo");
    }

    #[test]
    fn typography_and_tags_are_not_compared() {
        let (raw, shown) = (
            "He said \"it's\" -- so...",
            "<p>He said &#8220;it&#8217;s&#8221; &#8211; so&#8230;</p>\n",
        );

        assert_eq!(folded(raw), folded(shown));
        assert_ne!(folded("a b"), folded("ab"));
    }
}
