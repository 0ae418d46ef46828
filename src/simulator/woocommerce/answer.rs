//! What a REST call is answered with, before it becomes HTTP.

use serde_json::{Map, Value, json};

/// A JSON object: the fields of a request, or a record as it is stored.
pub(super) type Fields = Map<String, Value>;

/// A successful answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    /// Of a collection: how many match, how many pages that makes, and the neighbouring pages' `Link`.
    pub(super) paging: Option<(usize, usize, String)>,
    /// Of a creation: where the new record is.
    pub(super) location: Option<String>,
}

impl Answer {
    /// 200 with this body.
    pub(super) fn ok(body: Value) -> Self {
        Self {
            status: 200,
            body,
            paging: None,
            location: None,
        }
    }
}

/// An error as WordPress words it.
#[derive(Clone)]
pub(super) struct ApiError {
    pub(super) status: u16,
    code: &'static str,
    message: String,
    /// Further keys of `data`.
    more: Fields,
}

impl ApiError {
    /// An error without further data.
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            more: Fields::new(),
        }
    }

    /// The same with a further key of `data`.
    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    /// No such route, or not with this method.
    pub(super) fn no_route() -> Self {
        Self::new(
            404,
            "rest_no_route",
            "No route was found matching the URL and request method.",
        )
    }

    /// A body that says it is JSON and is not.
    pub(super) fn bad_json() -> Self {
        let mut error = Self::new(400, "rest_invalid_json", "Invalid JSON body passed.");
        error.more.insert("json_error_code".into(), json!(4));
        error
            .more
            .insert("json_error_message".into(), json!("Syntax error"));
        error
    }

    /// Required fields that are not there.
    pub(super) fn missing(params: &[&str]) -> Self {
        let message = format!("Missing parameter(s): {}", params.join(", "));
        let mut error = Self::new(400, "rest_missing_callback_param", message);
        error.more.insert("params".into(), json!(params));
        error
    }

    /// Refuses fields if something is wrong with any.
    pub(super) fn of_invalid(params: &[(String, Invalid)]) -> Result<(), Self> {
        if params.is_empty() {
            Ok(())
        } else {
            Err(Self::invalid(params))
        }
    }

    /// Fields or query parameters of the wrong kind.
    pub(super) fn invalid(params: &[(String, Invalid)]) -> Self {
        let names: Vec<_> = params.iter().map(|(name, _)| name.as_str()).collect();
        let message = format!("Invalid parameter(s): {}", names.join(", "));
        let mut error = Self::new(400, "rest_invalid_param", message);
        let messages: Fields = params
            .iter()
            .map(|(name, invalid)| (name.clone(), json!(invalid.message)))
            .collect();
        let details: Fields = params
            .iter()
            .map(|(name, invalid)| {
                let detail = json!({"code": invalid.code, "message": invalid.message, "data": invalid.data});
                (name.clone(), detail)
            })
            .collect();
        error.more.insert("params".into(), messages.into());
        error.more.insert("details".into(), details.into());
        error
    }

    /// The error's JSON.
    pub(super) fn body(&self) -> Value {
        let mut data = self.more.clone();
        data.insert("status".into(), json!(self.status));
        json!({"code": self.code, "message": self.message, "data": data})
    }
}

/// What is wrong with one parameter.
#[derive(Debug)]
pub(super) struct Invalid {
    code: &'static str,
    message: String,
    data: Value,
}

impl Invalid {
    fn new(code: &'static str, message: String) -> Self {
        Self {
            code,
            message,
            data: Value::Null,
        }
    }

    /// Of the wrong JSON type.
    pub(super) fn kind(param: &str, expected: &str) -> Self {
        Self {
            code: "rest_invalid_type",
            message: format!("{param} is not of type {expected}."),
            data: json!({"param": param}),
        }
    }

    /// Not an e-mail address.
    pub(super) fn email() -> Self {
        Self::new("rest_invalid_email", "Invalid email address.".into())
    }

    /// Not a date.
    pub(super) fn date() -> Self {
        Self::new("rest_invalid_date", "Invalid date.".into())
    }

    /// Not one of the allowed values.
    pub(super) fn not_one_of(param: &str, allowed: &[&str]) -> Self {
        let list = match allowed {
            [first, second] => format!("{first} and {second}"),
            [others @ .., last] => format!("{}, and {last}", others.join(", ")),
            [] => String::new(),
        };
        Self::new("rest_not_in_enum", format!("{param} is not one of {list}."))
    }

    /// A number out of its bounds.
    pub(super) fn out_of_bounds(param: &str, bounds: &str) -> Self {
        Self::new("rest_out_of_bounds", format!("{param} must be {bounds}"))
    }
}
