//! Vtiger's query language: the text of a query to a [`Query`], or the syntax error that Vtiger answers.
//!
//! Knows nothing of modules and records; whether fields exist and which rows match is up to `select`.

mod token;

use token::{Kind, Token, tokens};

/// A query as written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) columns: Columns,
    pub(super) module: String,
    /// Alternatives (OR) of conditions that must all hold (AND); empty without a WHERE.
    pub(super) alternatives: Vec<Vec<Condition>>,
    pub(super) order: Vec<String>,
    /// Applies to the last field of `order` only, as in SQL.
    pub(super) descending: bool,
    pub(super) offset: usize,
    pub(super) limit: Option<usize>,
}

/// What is selected.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Columns {
    All,
    Count,
    Fields(Vec<String>),
}

/// One comparison of a WHERE.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) field: String,
    pub(super) operator: Operator,
    /// One value; several with [`Operator::In`].
    pub(super) values: Vec<String>,
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    In,
}

/// Reads a query.
///
/// # Errors
/// The message of Vtiger's `QUERY_SYNTAX_ERROR`.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    Parser {
        tokens: tokens(text),
        next: 0,
    }
    .query()
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
}

impl Parser {
    fn query(&mut self) -> Result<Query, String> {
        self.keyword("SELECT")?;
        let columns = self.columns()?;
        self.keyword("FROM")?;
        let module = self.demand(Kind::Word, "COLUMNNAME")?;

        let alternatives = if self.take_keyword("WHERE") {
            self.alternatives()?
        } else {
            Vec::new()
        };

        let mut order = Vec::new();
        let mut descending = false;
        if self.take_keyword("ORDER") {
            self.keyword("BY")?;
            order = self.words()?;
            descending = self.take_keyword("DESC");
            if !descending {
                self.take_keyword("ASC");
            }
        }

        let (offset, limit) = if self.take_keyword("LIMIT") {
            let first = self.number()?;
            if self.take(Kind::Comma) {
                (first, Some(self.number()?))
            } else {
                (0, Some(first))
            }
        } else {
            (0, None)
        };
        self.demand(Kind::Semicolon, "SEMICOLON")?;

        Ok(Query {
            columns,
            module,
            alternatives,
            order,
            descending,
            offset,
            limit,
        })
    }

    fn columns(&mut self) -> Result<Columns, String> {
        if self.take(Kind::Asterisk) {
            return Ok(Columns::All);
        }
        let counts = self.peek().is_some_and(|token| token.is_word("count"))
            && self
                .tokens
                .get(self.next + 1)
                .is_some_and(|token| token.kind == Kind::ParenOpen);
        if counts {
            self.next += 2;
            self.demand(Kind::Asterisk, "ASTERISK")?;
            self.demand(Kind::ParenClose, "PARENCLOSE")?;
            return Ok(Columns::Count);
        }
        Ok(Columns::Fields(self.words()?))
    }

    fn words(&mut self) -> Result<Vec<String>, String> {
        let mut words = vec![self.demand(Kind::Word, "COLUMNNAME")?];
        while self.take(Kind::Comma) {
            words.push(self.demand(Kind::Word, "COLUMNNAME")?);
        }
        Ok(words)
    }

    /// AND binds tighter than OR, as in the SQL that Vtiger makes of it.
    fn alternatives(&mut self) -> Result<Vec<Vec<Condition>>, String> {
        let mut alternatives = Vec::new();
        let mut together = vec![self.condition()?];
        loop {
            if self.take_keyword("AND") {
                together.push(self.condition()?);
            } else if self.take_keyword("OR") {
                alternatives.push(std::mem::replace(&mut together, vec![self.condition()?]));
            } else {
                alternatives.push(together);
                return Ok(alternatives);
            }
        }
    }

    fn condition(&mut self) -> Result<Condition, String> {
        let field = self.demand(Kind::Word, "COLUMNNAME")?;
        let operator = self.operator()?;
        let values = if operator == Operator::In {
            self.demand(Kind::ParenOpen, "PARENOPEN")?;
            let mut values = vec![self.demand(Kind::Value, "VALUE")?];
            while self.take(Kind::Comma) {
                values.push(self.demand(Kind::Value, "VALUE")?);
            }
            self.demand(Kind::ParenClose, "PARENCLOSE")?;
            values
        } else {
            vec![self.demand(Kind::Value, "VALUE")?]
        };
        Ok(Condition {
            field,
            operator,
            values,
        })
    }

    fn operator(&mut self) -> Result<Operator, String> {
        if self.take_keyword("LIKE") {
            return Ok(Operator::Like);
        }
        if self.take_keyword("IN") {
            return Ok(Operator::In);
        }
        match self.demand(Kind::Operator, "EQ")?.as_str() {
            "!=" => Ok(Operator::NotEqual),
            "<" => Ok(Operator::Less),
            "<=" => Ok(Operator::LessOrEqual),
            ">" => Ok(Operator::Greater),
            ">=" => Ok(Operator::GreaterOrEqual),
            _ => Ok(Operator::Equal),
        }
    }

    fn number(&mut self) -> Result<usize, String> {
        let at = self.next;
        let text = self.demand(Kind::Value, "VALUE")?;
        text.parse().map_err(|_| {
            self.next = at;
            self.unexpected("VALUE")
        })
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self, kind: Kind) -> bool {
        let found = self.peek().is_some_and(|token| token.kind == kind);
        self.next += usize::from(found);
        found
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_word(keyword));
        self.next += usize::from(found);
        found
    }

    fn keyword(&mut self, keyword: &str) -> Result<(), String> {
        if self.take_keyword(keyword) {
            return Ok(());
        }
        Err(self.unexpected(match keyword {
            "FROM" => "FRM",
            other => other,
        }))
    }

    fn demand(&mut self, kind: Kind, name: &str) -> Result<String, String> {
        match self.peek() {
            Some(token) if token.kind == kind => {
                let text = token.text.clone();
                self.next += 1;
                Ok(text)
            }
            _ => Err(self.unexpected(name)),
        }
    }

    fn unexpected(&self, expected: &str) -> String {
        let (token, found) = match self.peek() {
            Some(token) => {
                // Only after SELECT does Vtiger's scanner take an unknown word for a column's name.
                let name = match token.kind {
                    Kind::Word if self.next == 0 => "Unknown",
                    kind => kind.name(),
                };
                (token.text.as_str(), format!("{name}({})", token.text))
            }
            None => (
                self.tokens.last().map_or("", |token| token.text.as_str()),
                "End of Input(0)".to_owned(),
            ),
        };
        format!("Syntax Error on line 1: token '{token}' Unexpected {found}, expected one of: {expected}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(field: &str, operator: Operator, values: &[&str]) -> Condition {
        Condition {
            field: field.to_owned(),
            operator,
            values: values.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn every_clause_is_read() {
        let query = parse(
            "select id, email from Contacts where email LIKE '%@x.test' AND id > 12x7 order by modifiedtime, id desc limit 5, 10;",
        )
        .unwrap();

        assert_eq!(
            query,
            Query {
                columns: Columns::Fields(vec!["id".to_owned(), "email".to_owned()]),
                module: "Contacts".to_owned(),
                alternatives: vec![vec![
                    condition("email", Operator::Like, &["%@x.test"]),
                    condition("id", Operator::Greater, &["12x7"]),
                ]],
                order: vec!["modifiedtime".to_owned(), "id".to_owned()],
                descending: true,
                offset: 5,
                limit: Some(10),
            }
        );
    }

    #[test]
    fn and_binds_tighter_than_or() {
        let query = parse("SELECT * FROM Contacts WHERE a=1 OR b!='2' AND c<=3;").unwrap();

        assert_eq!(
            query.alternatives,
            [
                vec![condition("a", Operator::Equal, &["1"])],
                vec![
                    condition("b", Operator::NotEqual, &["2"]),
                    condition("c", Operator::LessOrEqual, &["3"]),
                ],
            ]
        );
    }

    #[test]
    fn a_doubled_quote_stands_for_one() {
        let query = parse("SELECT id FROM Accounts WHERE accountname IN ('O''Brien', ';');").unwrap();

        assert_eq!(
            query.alternatives,
            [[condition("accountname", Operator::In, &["O'Brien", ";"])]]
        );
    }

    #[test]
    fn a_count_is_told_from_a_field_named_count() {
        assert_eq!(parse("SELECT COUNT(*) FROM X;").unwrap().columns, Columns::Count);
        assert_eq!(
            parse("SELECT count FROM X;").unwrap().columns,
            Columns::Fields(vec!["count".to_owned()])
        );
    }

    #[test]
    fn what_vtiger_can_not_read_is_a_syntax_error() {
        for (text, problem) in [
            (
                "SELECT * FROM X ORDER BY a ASC, b ASC;",
                "token ',' Unexpected COMMA(,), expected one of: SEMICOLON",
            ),
            (
                "SELECT * FROM X",
                "token 'X' Unexpected End of Input(0), expected one of: SEMICOLON",
            ),
            (
                "SELECT DISTINCT a FROM X;",
                "token 'a' Unexpected COLUMNNAME(a), expected one of: FRM",
            ),
            (
                "SELECT * FROM X WHERE a = 'b;",
                "token ''b;' Unexpected Unknown('b;), expected one of: VALUE",
            ),
            (
                "SELECT * FROM X LIMIT 1x2;",
                "token '1x2' Unexpected VALUE(1x2), expected one of: VALUE",
            ),
        ] {
            assert_eq!(
                parse(text).unwrap_err(),
                format!("Syntax Error on line 1: {problem}")
            );
        }
    }
}
