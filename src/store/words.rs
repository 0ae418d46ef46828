//! The words that records are found by. Pure.

/// How many words a record is found by at most.
const MOST: usize = 16;

/// How many characters of a word count.
const LONGEST: usize = 64;

/// How many words of a question count.
const ASKED: usize = 5;

/// The words of what is known of a record: of its name, and each of the others whole.
pub(super) fn words_of<'a>(title: &str, whole: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut words = Vec::new();
    let whole = whole.into_iter().map(|text| encoded(text.trim()));
    let titled = title.split_whitespace().flat_map(|word| {
        let parts = word.split(|c: char| !c.is_alphanumeric());
        std::iter::once(trimmed(word)).chain(parts).map(encoded)
    });
    for word in whole.chain(titled) {
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
    }
    words.truncate(MOST);
    words
}

/// The beginnings of words that somebody asks for.
pub(super) fn asked(question: &str) -> Vec<String> {
    let mut words: Vec<String> = question
        .split_whitespace()
        .map(|word| encoded(trimmed(word)))
        .collect();
    words.retain(|word| !word.is_empty());
    words.dedup();
    words.truncate(ASKED);
    words
}

/// What stands after every word that begins like this: none of the digits comes after it.
pub(super) fn end_of(start: &str) -> String {
    format!("{start}g")
}

/// A word without what stands around it, such as an order number's `#`.
fn trimmed(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// A word in any case, as the digits of its bytes.
fn encoded(word: &str) -> String {
    let lower: String = word.to_lowercase().chars().take(LONGEST).collect();
    hex::encode(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_found(question: &str, words: &[String]) -> bool {
        asked(question)
            .iter()
            .all(|start| words.iter().any(|word| word.starts_with(start)))
    }

    #[test]
    fn a_record_is_found_by_the_beginnings_of_its_words_in_any_case() {
        let words = words_of("Zoë O'Neil-Smith", ["zoe@shop.example", "12x33", "33"]);

        for question in [
            "zoë", "ZOË", "o'n", "neil", "smith zo", "Zoe@Shop", "12x33", "33", "12x",
        ] {
            assert!(is_found(question, &words), "{question}");
        }
        for question in ["zoe o'neal", "shop.example", "x33"] {
            assert!(!is_found(question, &words), "{question}");
        }
    }

    #[test]
    fn an_order_is_found_by_its_number_with_and_without_its_sign() {
        let words = words_of("WooCommerce order #1042", []);

        for question in ["1042", "#1042", "order 10"] {
            assert!(is_found(question, &words), "{question}");
        }
    }

    #[test]
    fn nothing_is_asked_by_signs_alone() {
        assert!(asked(" # % ' ").is_empty());
    }

    #[test]
    fn a_word_ends_where_no_other_one_begins_like_it() {
        let word = encoded("zoë");
        assert!(word < end_of(&encoded("zo")) && encoded("zp") > end_of(&encoded("zo")));
    }
}
