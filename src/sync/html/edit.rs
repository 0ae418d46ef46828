//! Changes the words of HTML, and leaves its tags.

use super::{Read, from_text, has_blocks, read, tag_length, tag_name, to_text};

/// Tags that have no end and may go with the words around them; a picture may not.
const VOID: [&str; 3] = ["br", "hr", "wbr"];

/// By how many characters an edit is moved at most to find its place among the tags.
const FARTHEST: usize = 64;

/// The HTML changed so that it shows `text`: only the part that differs is replaced, and the tags around it stay.
pub(in crate::sync) fn edited(html: &str, text: &str) -> String {
    let whole = text.trim().replace("\r\n", "\n").replace('\r', "\n");
    let blocks = has_blocks(html);
    // Between blocks HTML shows no blank lines and no indents, so the lack of them is no difference.
    let text = if blocks { squeezed(&whole) } else { whole.clone() };
    let before = read(html);
    let shows = |text: &str| before.iter().map(|read| read.character).eq(text.chars());
    if shows(&text) || shows(&whole) {
        return html.to_owned();
    }
    let after: Vec<char> = text.chars().collect();
    let (prefix, suffix) = common(&before, &after);
    let (gone, new) = (before.len() - suffix - prefix, after.len() - suffix - prefix);
    let changed = |ways: Ways| {
        (0..=slack(&before, &after, prefix, gone, new)).find_map(|earlier| {
            let at = prefix - earlier;
            let (kept, rest) = before.split_at(at);
            let (gone, next) = rest.split_at(gone);
            let new = from_text(&after[at..at + new].iter().collect::<String>());
            let new = if blocks { new.replace('\n', "<br />") } else { new };
            let changed = ways(html, [kept, gone, next], &new);
            changed.into_iter().flatten().find(|html| to_text(html) == text)
        })
    };
    changed(&without_tags)
        .or_else(|| changed(&between_tags))
        .unwrap_or_else(|| from_text(&whole))
}

/// Ways to change HTML so that it shows a text in the place of the characters in the middle.
type Ways<'a> = &'a dyn Fn(&str, [&[Read]; 3], &str) -> [Option<String>; 2];

/// Where whole lines go, so do their tags, if those around them still have their ends.
fn without_tags(html: &str, [_, gone, _]: [&[Read]; 3], new: &str) -> [Option<String>; 2] {
    let range = gone.first().zip(gone.last());
    let range = range.filter(|_| gone.iter().any(|read| read.is_of_tag));
    let changed = range.and_then(|(first, last)| cut(html, first.from.start, last.from.end, new));
    [changed, None]
}

/// All tags stay. New words belong to what is before them, at the beginning of a block to what comes.
fn between_tags(html: &str, [kept, gone, next]: [&[Read]; 3], new: &str) -> [Option<String>; 2] {
    if !gone.is_empty() {
        return [replaced(html, gone, new), None];
    }
    let end = kept.last().map(|last| last.from.end);
    let start = next.first().map_or(html.len(), |first| first.from.start);
    let mut places = [end, Some(start)];
    if kept.last().is_some_and(|last| last.is_of_tag) {
        places.reverse();
    }
    places.map(|at| cut(html, at?, at?, new))
}

/// By how many characters what only came or only went may be taken to have done so earlier in the text: of the lines
/// `one`, `two`, `three` the second may be gone, or `wo` and a `t`.
fn slack(before: &[Read], after: &[char], prefix: usize, gone: usize, new: usize) -> usize {
    let is_alike = |at: &usize| match (gone, new) {
        (_, 0) => before[*at].character == before[at + gone].character,
        (0, _) => after[*at] == after[at + new],
        _ => false,
    };
    (0..prefix).rev().take(FARTHEST).take_while(is_alike).count()
}

/// The text without blank lines and white space around lines.
fn squeezed(text: &str) -> String {
    let text = text.replace('\t', " ");
    let lines = text.split('\n').map(|line| line.trim_matches(' '));
    lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// How many characters both have in common at the beginning, and at the end.
fn common(before: &[Read], after: &[char]) -> (usize, usize) {
    let alike = |(read, new): &(&Read, &char)| read.character == **new;
    let prefix = before.iter().zip(after).take_while(alike).count();
    let rest = before.len().min(after.len()) - prefix;
    let backwards = before.iter().rev().zip(after.iter().rev());
    (prefix, backwards.take(rest).take_while(alike).count())
}

/// The HTML with `new` in the place of these characters; all tags stay.
fn replaced(html: &str, gone: &[Read], new: &str) -> Option<String> {
    let mut at = gone.first()?.from.start;
    let mut changed = html[..at].to_owned();
    changed.push_str(new);
    for read in gone.iter().filter(|read| !read.is_of_tag) {
        changed.push_str(html.get(at..read.from.start)?);
        at = read.from.end;
    }
    changed.push_str(&html[at..]);
    Some(changed)
}

/// The HTML with `new` in the place of that part, where the part ends no tag that it doesn't begin again.
fn cut(html: &str, start: usize, end: usize, new: &str) -> Option<String> {
    let (head, tail) = (html.get(..start)?, html.get(end..)?);
    is_balanced(html.get(start..end)?).then(|| format!("{head}{new}{tail}"))
}

fn is_balanced(html: &str) -> bool {
    let (mut closed, mut open) = (Vec::new(), Vec::new());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let tag = &rest[at..];
        let Some(name) = tag_name(&tag[1..]) else {
            rest = &tag[1..];
            continue;
        };
        if tag.starts_with("</") {
            if open.last() == Some(&name) {
                open.pop();
            } else {
                closed.push(name);
            }
        } else if !VOID.contains(&name.as_str()) {
            open.push(name);
        }
        rest = &tag[tag_length(tag)..];
    }
    closed.reverse();
    closed == open
}
