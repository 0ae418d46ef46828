//! What a failed call means for the engine: try again, have a person mend it, or skip the record.
//!
//! The one place that judges Vtiger's error codes. `ACCESS_DENIED` also stands for "no such record": who calls
//! must find out which of the two it is.

use super::answer::CallError;
use crate::sync::Side;
use crate::system::{Fault, SystemError};

/// The failed call as an error of the contract.
pub(crate) fn system_error(operation: &'static str, error: &CallError) -> SystemError {
    let (fault, message) = match error {
        CallError::Unavailable {
            problem, retry_after, ..
        } => (
            Fault::Unavailable {
                retry_after: *retry_after,
            },
            problem.clone(),
        ),
        CallError::Paused { problem, wait } => (Fault::Paused { wait: *wait }, problem.clone()),
        CallError::SignIn { .. } => (Fault::Denied, error.to_string()),
        CallError::Refused { code, message } => (judge(code, message), words(code, message)),
    };
    failed(operation, fault, message)
}

/// An error of the contract.
pub(crate) fn failed(operation: &'static str, fault: Fault, message: impl Into<String>) -> SystemError {
    SystemError {
        system: Side::Vtiger,
        operation,
        fault,
        message: message.into(),
    }
}

fn judge(code: &str, message: &str) -> Fault {
    match code {
        "ACCESS_DENIED"
        | "AUTHENTICATION_REQUIRED"
        | "AUTHENTICATION_FAILURE"
        | "INVALID_SESSIONID"
        | "SESSION_EXPIRED"
        | "SESSION_LEFT_IDLE" => Fault::Denied,
        "RECORD_NOT_FOUND" => Fault::Gone,
        // "lastname does not have a value"
        "MANDATORY_FIELDS_MISSING" => Fault::Rejected {
            field: message.split_whitespace().next().map(str::to_owned),
        },
        // "Invalid reference specified for account_id"
        "REFERENCE_INVALID" => Fault::Rejected {
            field: message.split_whitespace().next_back().map(str::to_owned),
        },
        "INTERNAL_SERVER_ERROR" | "DATABASE_QUERY_ERROR" | "TOO_MANY_REQUESTS" => {
            Fault::Unavailable { retry_after: None }
        }
        // What is left is about what was sent: `INVALID_ID_ATTRIBUTE`, `DUPLICATE_RECORDS_FOUND` and so on.
        _ => Fault::Rejected { field: None },
    }
}

fn words(code: &str, message: &str) -> String {
    // Its message quotes the query, which may hold an e-mail address.
    if code == "QUERY_SYNTAX_ERROR" {
        return code.to_owned();
    }
    format!("{code}: {message}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(code: &str, message: &str) -> Fault {
        let error = CallError::Refused {
            code: code.to_owned(),
            message: message.to_owned(),
        };
        system_error("update contact", &error).fault
    }

    #[test]
    fn the_field_is_named_where_vtiger_names_it() {
        assert_eq!(
            fault("MANDATORY_FIELDS_MISSING", "lastname does not have a value"),
            Fault::Rejected {
                field: Some("lastname".to_owned())
            }
        );
        assert_eq!(
            fault("REFERENCE_INVALID", "Invalid reference specified for account_id"),
            Fault::Rejected {
                field: Some("account_id".to_owned())
            }
        );
        assert_eq!(
            fault("INVALID_ID_ATTRIBUTE", "Id specified is incorrect"),
            Fault::Rejected { field: None }
        );
    }

    #[test]
    fn a_query_is_not_quoted() {
        let error = CallError::Refused {
            code: "QUERY_SYNTAX_ERROR".to_owned(),
            message: "token 'anna@example.test' unexpected".to_owned(),
        };

        assert!(!system_error("find contact", &error).to_string().contains("anna"));
    }
}
