//! The operations that orders are written by: the extension's where an installation has it, else the webservice's own,
//! as Vtiger Cloud, releases before 8.3.0 and repaired installations have them.

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};

use crate::vtiger::answer::CallError;
use crate::vtiger::extension::{self, Extension};
use crate::vtiger::webservice::Webservice;

/// What an installation writes orders by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operations {
    /// The extension's `woovtigersync_save_order`: all or nothing, with the total that is asked for. Taxes count as they
    /// are on the lines, and no stock is moved.
    Extension,
    /// `create` and `revise`. Not atomic: a failure may leave a header behind, or half of the lines. Vtiger reckons the
    /// total, only taxes that are linked to products count, and the goods are taken off the stock.
    Standard,
}

impl Operations {
    /// Those of this installation.
    pub(super) async fn of(webservice: &Webservice, extension: &Extension) -> Result<Self, CallError> {
        let report = extension.report(webservice).await?;
        Ok(match report {
            Some(report) if report.saves_orders() => Self::Extension,
            _ => Self::Standard,
        })
    }

    /// Creates an order and answers it as stored. `reference_field` keeps what the order is known by.
    pub(super) async fn create(
        self,
        webservice: &Webservice,
        mut element: Map<String, Json>,
        total: Decimal,
        reference_field: &str,
    ) -> Result<Map<String, Json>, CallError> {
        match self {
            Self::Extension => {
                if let Some(reference) = element.get(reference_field).filter(|value| **value != json!("")) {
                    let reference = json!({ "field": reference_field, "value": reference });
                    element.insert("reference".to_owned(), reference);
                }
                element.insert("total".to_owned(), json!(total.to_string()));
                extension::save_order(webservice, element).await
            }
            Self::Standard => webservice.create("SalesOrder", element).await,
        }
    }

    /// Changes an order and replaces its lines, and answers it as stored.
    pub(super) async fn replace_lines(
        self,
        webservice: &Webservice,
        mut element: Map<String, Json>,
        total: Decimal,
    ) -> Result<Map<String, Json>, CallError> {
        match self {
            Self::Extension => {
                element.insert("total".to_owned(), json!(total.to_string()));
                extension::save_order(webservice, element).await
            }
            Self::Standard => webservice.revise(element).await,
        }
    }
}

/// Moves an order to the recycle bin.
pub(super) async fn delete(
    webservice: &Webservice,
    extension: &Extension,
    id: &str,
) -> Result<(), CallError> {
    match extension.report(webservice).await? {
        Some(report) if report.deletes_orders() => extension::delete_order(webservice, id).await,
        _ => webservice.delete(id).await,
    }
}
