//! The operations that orders are written by: the one place to add others that do the same.
//!
//! These are the webservice's own, as Vtiger Cloud, releases before 8.3.0 and repaired installations have them.

use serde_json::{Map, Value as Json};

use crate::vtiger::answer::CallError;
use crate::vtiger::webservice::Webservice;

/// Creates an order with its lines and answers it as stored. Not atomic: a failure may leave the header behind.
pub(super) async fn create(
    webservice: &Webservice,
    element: Map<String, Json>,
) -> Result<Map<String, Json>, CallError> {
    webservice.create("SalesOrder", element).await
}

/// Changes an order and answers it as stored. Where `element` holds lines, they replace all that the order has, and
/// its totals are reckoned anew; else lines and totals stay.
pub(super) async fn revise(
    webservice: &Webservice,
    element: Map<String, Json>,
) -> Result<Map<String, Json>, CallError> {
    webservice.revise(element).await
}
