//! The query of a REST call: reading its parameters, paging, and picking fields.

use serde_json::Value;

use super::answer::{Answer, ApiError, Fields, Invalid};
use super::fields::text_of;
use super::text;

/// Between which dates a record has to be: the bound, the date's key, and whether it is to be later.
pub(super) struct Dates([(Option<String>, &'static str, bool); 4]);

impl Dates {
    /// Whether the record is within, exclusive on both sides.
    pub(super) fn hold(&self, record: &Fields) -> bool {
        self.0.iter().all(|(bound, name, after)| match bound {
            Some(bound) if *after => text_of(record, name) > bound.as_str(),
            Some(bound) => text_of(record, name) < bound.as_str(),
            None => true,
        })
    }
}

/// Parameters that neither choose records nor order them.
const OF_A_PAGE: [&str; 5] = ["page", "per_page", "offset", "_fields", "context"];

/// What chooses the records of a list and orders them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Filters(Vec<(String, String)>);

/// A request's query.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the part of a URL after `?`.
    pub(super) fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The parameters in their order.
    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// What of it is the same for each page of a list.
    pub(super) fn filters(&self) -> Filters {
        let is_of_list = |name: &str| {
            let is_key = name.starts_with("oauth_") || name.starts_with("consumer_");
            !is_key && !OF_A_PAGE.contains(&name)
        };
        let pairs = self.0.iter().filter(|(name, _)| is_of_list(name));
        Filters(pairs.cloned().collect())
    }

    /// A parameter's value, unless it is missing or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let pair = self.0.iter().rev().find(|(key, _)| key == name);
        pair.map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Whether a parameter says yes.
    pub(super) fn is_true(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1"))
    }

    /// A parameter that is a list: `a,b`, or `name[]=a&name[]=b`, or `name[0]=a`.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let values = self.0.iter().filter(|(key, _)| {
            key.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || (rest.starts_with('[') && rest.ends_with(']')))
        });
        values
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// A list of record ids.
    pub(super) fn ids(&self, name: &str) -> Vec<u64> {
        self.list(name)
            .into_iter()
            .filter_map(|id| id.parse().ok())
            .collect()
    }

    /// A parameter that has to be one of these; the first one when it is missing.
    pub(super) fn one_of<'a>(&'a self, name: &str, allowed: &[&'a str]) -> Result<&'a str, ApiError> {
        match self.get(name) {
            None => Ok(allowed.first().copied().unwrap_or_default()),
            Some(value) if allowed.contains(&value) => Ok(value),
            Some(_) => Err(ApiError::invalid(&[(
                name.to_owned(),
                Invalid::not_one_of(name, allowed),
            )])),
        }
    }

    /// The bounds of a record's dates.
    pub(super) fn dates(&self) -> Result<Dates, ApiError> {
        let date = |name: &str| match self.get(name) {
            None => Ok(None),
            Some(given) => text::query_date_as_gmt(given, self.is_true("dates_are_gmt"))
                .map(Some)
                .ok_or_else(|| ApiError::invalid(&[(name.to_owned(), Invalid::date())])),
        };
        Ok(Dates([
            (date("modified_after")?, "date_modified_gmt", true),
            (date("modified_before")?, "date_modified_gmt", false),
            (date("after")?, "date_created_gmt", true),
            (date("before")?, "date_created_gmt", false),
        ]))
    }

    fn number(&self, name: &str, default: usize, maximum: usize, bounds: &str) -> Result<usize, ApiError> {
        let Some(text) = self.get(name) else {
            return Ok(default);
        };
        let invalid = match text.parse::<i64>() {
            Err(_) => Invalid::kind(name, "integer"),
            Ok(number) => match usize::try_from(number) {
                Ok(number) if (1..=maximum).contains(&number) => return Ok(number),
                _ => Invalid::out_of_bounds(name, bounds),
            },
        };
        Err(ApiError::invalid(&[(name.to_owned(), invalid)]))
    }

    /// The page of these records that the query asks for. `defaults` are what the collection's `Link` repeats.
    ///
    /// Only what is shown gets a view.
    pub(super) fn page<T>(
        &self,
        collection: &str,
        records: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
        defaults: &[(&str, &str)],
        view: impl Fn(T) -> Value,
    ) -> Result<Answer, ApiError> {
        let per_page = self.number("per_page", 10, 100, "between 1 (inclusive) and 100 (inclusive)")?;
        let page = self.number("page", 1, usize::MAX, "greater than or equal to 1")?;
        let offset = self.get("offset").and_then(|offset| offset.parse().ok());
        let records = records.into_iter();
        let total = records.len();
        let pages = total.div_ceil(per_page);
        let mut links = Vec::new();
        if page > 1 {
            let previous = self.link(collection, defaults, (page - 1).min(pages));
            links.push(format!("<{previous}>; rel=\"prev\""));
        }
        if page < pages {
            let next = self.link(collection, defaults, page + 1);
            links.push(format!("<{next}>; rel=\"next\""));
        }
        let first = offset.unwrap_or((page - 1).saturating_mul(per_page));
        let shown = records
            .skip(first)
            .take(per_page)
            .map(|record| self.pick(view(record)))
            .collect();
        Ok(Answer {
            paging: Some((total, pages, links.join(", "))),
            ..Answer::ok(Value::Array(shown))
        })
    }

    /// The same query for another page. A collection of posts repeats its defaults, others do not.
    fn link(&self, collection: &str, defaults: &[(&str, &str)], page: usize) -> String {
        let mut pairs: Vec<(String, String)> = self.0.clone();
        for (name, value) in defaults {
            let given = name.split('[').next().unwrap_or(name);
            if self.list(given).is_empty() {
                pairs.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        match pairs.iter_mut().find(|(name, _)| name == "page") {
            Some((_, value)) => *value = page.to_string(),
            None => pairs.push(("page".to_owned(), page.to_string())),
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        format!("{collection}?{query}")
    }

    /// What `_fields` leaves of a record; a dot goes into an object. A list stays as it is.
    pub(super) fn pick(&self, record: Value) -> Value {
        let wanted = self.list("_fields");
        let Value::Object(record) = record else {
            return record;
        };
        if wanted.is_empty() {
            return Value::Object(record);
        }
        let mut picked = Fields::new();
        for path in wanted {
            match path.split_once('.') {
                None => {
                    if let Some(value) = record.get(path) {
                        picked.insert(path.to_owned(), value.clone());
                    }
                }
                Some((key, inner)) => {
                    if let Some(value) = record.get(key).and_then(|object| object.get(inner)) {
                        let object = picked.entry(key).or_insert_with(|| Fields::new().into());
                        if let Value::Object(object) = object {
                            object.insert(inner.to_owned(), value.clone());
                        }
                    }
                }
            }
        }
        Value::Object(picked)
    }
}
