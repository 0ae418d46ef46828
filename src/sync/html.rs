//! WooCommerce's HTML texts and the plain text that a person reads in them. Pure; takes any text.
//!
//! Vtiger keeps plain text. When that is edited there, only the words that changed are changed in the shop's HTML, so
//! that its headings, lists and pictures stay.

use std::borrow::Cow;
use std::ops::Range;

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

/// The HTML changed so that it shows `text`: only the part that differs is replaced, and the tags around it stay.
pub(super) fn edited(html: &str, text: &str) -> String {
    let text = text.trim().replace("\r\n", "\n");
    let before = read(html);
    let after: Vec<char> = text.chars().collect();
    if before.iter().map(|read| read.character).eq(after.iter().copied()) {
        return html.to_owned();
    }
    let alike = |(read, new): &(&Read, &char)| read.character == **new;
    let prefix = before.iter().zip(&after).take_while(alike).count();
    let rest = before.len().min(after.len()) - prefix;
    let suffix = before
        .iter()
        .rev()
        .zip(after.iter().rev())
        .take(rest)
        .take_while(alike)
        .count();
    let gone = &before[prefix..before.len() - suffix];
    let new: String = after[prefix..after.len() - suffix].iter().collect();
    let at = match (gone.first(), prefix.checked_sub(1)) {
        (Some(first), _) => first.from.start,
        (None, Some(last)) => before[last].from.end,
        (None, None) => before.first().map_or(html.len(), |first| first.from.start),
    };
    let mut changed = String::with_capacity(html.len() + new.len());
    changed.push_str(&html[..at]);
    let new = from_text(&new);
    changed.push_str(&if has_blocks(html) {
        Cow::Owned(new.replace('\n', "<br />"))
    } else {
        Cow::Borrowed(&new)
    });
    let mut rest = at;
    for read in gone.iter().filter(|read| !read.is_of_tag) {
        changed.push_str(html.get(rest..read.from.start).unwrap_or_default());
        rest = read.from.end;
    }
    changed.push_str(&html[rest..]);
    if to_text(&changed) == text {
        changed
    } else {
        from_text(&text)
    }
}

/// What counts when two texts are compared: the words, without tags, white space and typography (WordPress shows
/// `"` as `“` in one answer and not in another).
pub(super) fn folded(html: &str) -> String {
    let text = to_text(html)
        .replace("...", "…")
        .replace("---", "-")
        .replace("--", "-");
    let plain: String = text
        .chars()
        .map(|c| match c {
            '“' | '”' | '„' | '″' => '"',
            '‘' | '’' | '‚' | '′' => '\'',
            '–' | '—' => '-',
            '×' => 'x',
            c => c,
        })
        .collect();
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

fn read(html: &str) -> Vec<Read> {
    let blocks = has_blocks(html);
    let mut text: Vec<Read> = Vec::new();
    let mut at = 0;
    while let Some(first) = html[at..].chars().next() {
        let rest = &html[at..];
        if let Some(name) = rest.strip_prefix('<').and_then(tag_name) {
            let length = rest.find('>').map_or(rest.len(), |end| end + 1);
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
    fn html_that_cant_be_edited_is_written_anew() {
        let html = edited("<p>One</p><p>Two</p>", "OneTwo");

        assert_eq!(to_text(&html), "OneTwo");
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
