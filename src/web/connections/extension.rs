//! The extension for open source Vtiger, to be imported there.

use actix_web::http::header::{CONTENT_DISPOSITION, ContentDisposition};
use actix_web::{HttpResponse, web};

use crate::extension;
use crate::web::viewer::Viewer;

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service.route("/vtiger-extension.zip", web::get().to(download));
}

async fn download(_: Viewer) -> Result<HttpResponse, actix_web::Error> {
    let zip = extension::zip()?;
    Ok(HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header((
            CONTENT_DISPOSITION,
            ContentDisposition::attachment(extension::FILE_NAME),
        ))
        .body(zip))
}
