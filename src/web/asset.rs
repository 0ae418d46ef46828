//! The files that the page loads; they are part of the program.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

/// What the addresses of the files end with, so that a new version's are loaded anew.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How all pages look, and then those of each area.
const STYLE: &str = concat!(
    include_str!("assets/style.css"),
    include_str!("assets/forms.css"),
    include_str!("assets/connections.css"),
    include_str!("assets/records.css"),
    include_str!("assets/attention.css"),
    include_str!("assets/settings.css"),
    include_str!("assets/log.css"),
);

/// Answers with one of the files.
pub(super) async fn file(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    let (kind, content) = match name.as_str() {
        "style.css" => ("text/css; charset=utf-8", STYLE),
        "app.js" => ("text/javascript; charset=utf-8", include_str!("assets/app.js")),
        "htmx.min.js" => (
            "text/javascript; charset=utf-8",
            include_str!("assets/htmx.min.js"),
        ),
        "icon.svg" => ("image/svg+xml", include_str!("assets/icon.svg")),
        _ => return HttpResponse::NotFound().body("there is no such file"),
    };
    let current = request.query_string().strip_prefix("v=") == Some(VERSION);
    let cache = if current {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    HttpResponse::Ok()
        .content_type(kind)
        .insert_header((header::CACHE_CONTROL, cache))
        .body(content)
}

/// Answers with the icon.
pub(super) async fn icon() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("image/svg+xml")
        .body(include_str!("assets/icon.svg"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::STYLE;

    #[test]
    fn each_areas_styles_are_served() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/assets");
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "css") {
                let styles = fs::read_to_string(&path).unwrap();
                assert!(STYLE.contains(&styles), "{}", path.display());
            }
        }
    }
}
