//! The paths that a Rust source names, such as `std::fmt::Display`, with those in braces written out.

/// Each path of more than one name, or after `use`, with the number of its line.
pub(super) fn paths(source: &str) -> Vec<(usize, String)> {
    let code: Vec<char> = code_only(source).chars().collect();
    let mut reader = Reader {
        code: &code,
        at: 0,
        line: 1,
    };
    let mut found = Vec::new();
    let mut before = String::new();
    while let Some(&character) = code.get(reader.at) {
        if is_name(character) {
            let start = found.len();
            let first = reader.name();
            let alone = !reader.is_at("::");
            let line = reader.line;
            reader.tree(first.clone(), line, &mut found);
            if alone && before != "use" {
                found.truncate(start);
            }
            before = first;
        } else {
            reader.step();
        }
    }
    found
}

struct Reader<'a> {
    code: &'a [char],
    at: usize,
    line: usize,
}

impl Reader<'_> {
    fn step(&mut self) {
        if self.code[self.at] == '\n' {
            self.line += 1;
        }
        self.at += 1;
    }

    fn is_at(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(nth, character)| self.code.get(self.at + nth) == Some(&character))
    }

    fn blanks(&mut self) {
        while self.code.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.step();
        }
    }

    fn name(&mut self) -> String {
        let start = self.at;
        while self.code.get(self.at).is_some_and(|c| is_name(*c)) {
            self.at += 1;
        }
        self.code[start..self.at].iter().collect()
    }

    /// Reads on from `path`, and adds all paths that start with it.
    fn tree(&mut self, path: String, line: usize, found: &mut Vec<(usize, String)>) {
        if !self.is_at("::") {
            found.push((line, path));
            return;
        }
        self.at += 2;
        self.blanks();
        let line = self.line;
        match self.code.get(self.at) {
            Some('{') => {
                self.step();
                loop {
                    self.blanks();
                    match self.code.get(self.at) {
                        Some(c) if is_name(*c) => {
                            let name = self.name();
                            let line = self.line;
                            let inner = match name.as_str() {
                                "self" => path.clone(),
                                name => format!("{path}::{name}"),
                            };
                            self.tree(inner, line, found);
                            self.blanks();
                            if self.is_at("as ") {
                                self.at += 3;
                                self.blanks();
                                self.name();
                            }
                        }
                        Some('}') => return self.step(),
                        Some('*') => {
                            found.push((self.line, path.clone()));
                            self.step();
                        }
                        Some(_) => self.step(),
                        None => return,
                    }
                }
            }
            Some(c) if is_name(*c) => {
                let name = self.name();
                self.tree(format!("{path}::{name}"), line, found);
            }
            // `*`, or the `<` of a generic argument.
            _ => found.push((line, path)),
        }
    }
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The source with blanks for comments and the contents of literals, so that lines stay where they are.
fn code_only(source: &str) -> String {
    let characters: Vec<char> = source.chars().collect();
    let starts = |at: usize, text: &str| {
        text.chars()
            .enumerate()
            .all(|(nth, character)| characters.get(at + nth) == Some(&character))
    };
    let mut code = String::new();
    let mut at = 0;
    while at < characters.len() {
        let hashes = characters[at + 1..].iter().take_while(|c| **c == '#').count();
        let is_raw = characters[at] == 'r' && starts(at + 1 + hashes, "\"");
        let end = if starts(at, "//") {
            find(&characters, at, "\n")
        } else if starts(at, "/*") {
            find(&characters, at + 2, "*/") + 2
        } else if is_raw && !code.ends_with(is_name) {
            let close = format!("\"{}", "#".repeat(hashes));
            find(&characters, at + hashes + 2, &close) + close.len()
        } else if characters[at] == '"' {
            end_of_literal(&characters, at, '"')
        } else if starts(at, "'\\") || (characters[at] == '\'' && characters.get(at + 2) == Some(&'\'')) {
            end_of_literal(&characters, at, '\'')
        } else {
            code.push(characters[at]);
            at += 1;
            continue;
        };
        let end = end.min(characters.len());
        code.extend(
            characters[at..end]
                .iter()
                .map(|c| if *c == '\n' { '\n' } else { ' ' }),
        );
        at = end;
    }
    code
}

/// Where `text` is next, or the end.
fn find(characters: &[char], from: usize, text: &str) -> usize {
    let text: Vec<char> = text.chars().collect();
    (from..characters.len())
        .find(|at| characters[*at..].starts_with(&text))
        .unwrap_or(characters.len())
}

fn end_of_literal(characters: &[char], start: usize, quote: char) -> usize {
    let mut at = start + 1;
    while at < characters.len() && characters[at] != quote {
        at += if characters[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}
