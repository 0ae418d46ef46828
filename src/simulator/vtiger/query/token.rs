//! Cuts a query's text into tokens. Never fails: what it doesn't know becomes [`Kind::Unknown`].

/// A piece of a query.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// As written; of a quoted value what it stands for.
    pub(super) text: String,
}

impl Token {
    /// Whether this is that keyword; case doesn't matter.
    pub(super) fn is_word(&self, keyword: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(keyword)
    }
}

/// What a piece of a query is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword, a field, a module.
    Word,
    /// Quoted text, or what begins with a digit.
    Value,
    Operator,
    Asterisk,
    Comma,
    ParenOpen,
    ParenClose,
    Semicolon,
    Unknown,
}

impl Kind {
    /// Its name in Vtiger's syntax errors.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Word => "COLUMNNAME",
            Self::Value => "VALUE",
            Self::Operator => "EQ",
            Self::Asterisk => "ASTERISK",
            Self::Comma => "COMMA",
            Self::ParenOpen => "PARENOPEN",
            Self::ParenClose => "PARENCLOSE",
            Self::Semicolon => "SEMICOLON",
            Self::Unknown => "Unknown",
        }
    }
}

/// The tokens of a query.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' => quoted(rest),
            '=' | '!' | '<' | '>' => operator(rest),
            first if first.is_ascii_digit() || first == '-' => word(rest, Kind::Value),
            first if first.is_alphabetic() || first == '_' => word(rest, Kind::Word),
            first => {
                let kind = match first {
                    '*' => Kind::Asterisk,
                    ',' => Kind::Comma,
                    '(' => Kind::ParenOpen,
                    ')' => Kind::ParenClose,
                    ';' => Kind::Semicolon,
                    _ => Kind::Unknown,
                };
                (whole(kind, &rest[..first.len_utf8()]), first.len_utf8())
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    tokens
}

fn whole(kind: Kind, text: &str) -> Token {
    Token {
        kind,
        text: text.to_owned(),
    }
}

/// A quote within is doubled; a backslash means nothing.
fn quoted(rest: &str) -> (Token, usize) {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character != '\'' {
            text.push(character);
        } else if characters.next_if(|(_, next)| *next == '\'').is_some() {
            text.push('\'');
        } else {
            return (
                Token {
                    kind: Kind::Value,
                    text,
                },
                at + 1,
            );
        }
    }
    (whole(Kind::Unknown, rest), rest.len())
}

fn operator(rest: &str) -> (Token, usize) {
    let length = if ["!=", "<=", ">="].iter().any(|sign| rest.starts_with(sign)) {
        2
    } else {
        1
    };
    let sign = &rest[..length];
    let kind = if sign == "!" {
        Kind::Unknown
    } else {
        Kind::Operator
    };
    (whole(kind, sign), length)
}

fn word(rest: &str, kind: Kind) -> (Token, usize) {
    let length = rest
        .char_indices()
        .skip(1)
        .find(|(_, character)| !(character.is_alphanumeric() || matches!(character, '_' | '.')))
        .map_or(rest.len(), |(at, _)| at);
    (whole(kind, &rest[..length]), length)
}
