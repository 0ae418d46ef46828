//! What holds for any HTML and any text: property tests.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{edited, folded, from_text, to_text};

/// Pieces of HTML as shops have it, and such as nobody should write.
fn piece() -> impl Strategy<Value = String> {
    let usual = vec![
        "<p>",
        "</p>",
        "<br />",
        "<b>",
        "</b>",
        "<ul>",
        "<li>",
        "</li>",
        "</ul>",
        "<h2 class=\"a\">",
        "</h2>",
        "<img src=\"a.png\" alt=\"1 > 0\">",
        "\n",
        " ",
        "  ",
        "Oak",
        "desk",
        "é",
        "茶",
        "😀",
        "&amp;",
        "&lt;b&gt;",
        "&#8220;",
        "&nbsp;",
        "&eacute;",
        "\"",
        "'",
        "-",
        ".",
    ];
    let odd = vec![
        "<",
        ">",
        "</",
        "&",
        ";",
        "&#",
        "&#x1F600;",
        "&#0;",
        "&;",
        "&é;",
        "<!--",
        "-->",
        "<!-- a -->",
        "<script>",
        "</script>",
        "<STYLE>p{}</style>",
        "<p",
        "<é>",
        "<br",
        "\r\n",
        "\r",
        "\t",
        "\u{a0}",
        "\u{301}",
        "\u{0}",
        "&fjlig;",
    ];
    prop_oneof![4 => select(usual), 1 => select(odd)].prop_map(str::to_owned)
}

fn html() -> impl Strategy<Value = String> {
    prop_oneof![
        9 => vec(piece(), 0..16).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}

/// A text as Vtiger's people write it: words, single spaces, line breaks.
fn clean_text() -> impl Strategy<Value = String> {
    let word = select(vec![
        "Oak", "desk", "é", "茶", "😀", "&", "&amp;", "<b>", "1", "<3", "\"x\"", "--", "new",
    ]);
    let line = vec(word, 1..5).prop_map(|words| words.join(" "));
    vec(line, 0..4).prop_map(|lines| lines.join("\n"))
}

/// What WordPress makes of stored HTML before it shows it: typographic characters, and paragraphs of lines.
fn viewed(raw: &str, paragraphs: bool) -> String {
    let mut shown = raw
        .replace("...", "&#8230;")
        .replace("---", "&#8212;")
        .replace(" -- ", " &#8212; ")
        .replace("--", "&#8211;")
        .replace("``", "&#8220;")
        .replace("''", "&#8221;")
        .replace("(tm)", "&#8482;")
        .replace("3x4", "3&#215;4")
        .replace('\'', "&#8217;");
    for quote in ["&#8220;", "&#8221;"].into_iter().cycle().take(40) {
        shown = shown.replacen('"', quote, 1);
    }
    if paragraphs {
        let lines = shown
            .trim()
            .replace("\n\n", "</p>\n<p>")
            .replace('\n', "<br />\n");
        shown = format!("<p>{lines}</p>\n").replace("</p><br />", "</p>");
    }
    shown
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edited_html_shows_the_text(html in html(), text in clean_text()) {
        prop_assert_eq!(to_text(&edited(&html, &text)), text);
    }

    #[test]
    fn an_edited_html_shows_the_words_of_any_text(html in html(), text in any::<String>()) {
        let changed = edited(&html, &text);

        prop_assert_eq!(folded(&changed), folded(&from_text(&text)));
        prop_assert_eq!(edited(&changed, &text), changed, "a second edit changes it again");
    }

    #[test]
    fn a_text_that_is_shown_already_changes_nothing(html in html()) {
        prop_assert_eq!(edited(&html, &to_text(&html)), html);
    }

    #[test]
    fn a_text_comes_back_from_the_html_made_of_it(text in clean_text()) {
        prop_assert_eq!(to_text(&from_text(&text)), text);
    }

    #[test]
    fn what_stands_around_the_edited_words_stays(
        before in vec("[0-9&;]{0,3}", 0..3),
        old in "[a-z]{1,4}( [a-z]{1,4}){0,2}",
        new in "[a-z]{1,4}( [a-z&<]{1,4}){0,2}[a-z]",
        after in vec("[A-Z]{0,3}", 0..3),
    ) {
        let row = |row: &String| format!("<tr data-x=\"é\"><td><i>{row}</i></td></tr>
<!-- {row} -->");
        let rows = |rows: &[String]| rows.iter().map(row).collect::<Vec<_>>().concat();
        let (head, tail) = (format!("<h2>{}</h2><p>", rows(&before)), format!("</p><img src=\"a.png\">{}", rows(&after)));
        let html = format!("{head}{old}{tail}");
        let shown = to_text(&html);
        let at = shown.find(&old).unwrap();
        let text = format!("{}{new}{}", &shown[..at], &shown[at + old.len()..]);

        let changed = edited(&html, &text);

        prop_assert_eq!(changed, format!("{head}{}{tail}", from_text(&new)));
    }

    #[test]
    fn what_wordpress_shows_counts_as_what_is_stored(
        words in vec(select(vec!["\"Oak\"", "it's", "--", "---", "----", "...", "....", "3x4", "(tm)", "``a''", "é", "\n", "\n\n", "<b>b</b>", "&amp;"]), 0..12),
        paragraphs in any::<bool>(),
    ) {
        let raw = words.join(" ");

        prop_assert_eq!(folded(&viewed(&raw, paragraphs)), folded(&raw));
    }

    #[test]
    fn other_words_count_as_other_words(words in vec("[a-z]{1,3}", 1..5), nth in any::<prop::sample::Index>()) {
        let raw = words.join(" ");
        let mut other = words.clone();
        other[nth.index(words.len())].push('z');

        prop_assert_ne!(folded(&viewed(&other.join(" "), true)), folded(&raw));
    }
}
