//! Where a record's page is, and where the record is in its own system.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::{module_of, side_of};
use crate::links::record_page;
use crate::record::{RecordError, Records};
use crate::store::Place;
use crate::sync::{Module, RecordId, Side};
use crate::web::Web;
use crate::web::answer::PageError;
use crate::web::texts;

/// What stands in a part of a path as it is.
const PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A record as an address names it.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Named {
    connection: String,
    module: String,
    side: String,
    id: String,
}

/// A record that an address names, in a connection that there is.
#[derive(Debug)]
pub(in crate::web) struct Meant {
    pub(in crate::web) at: Place,
    pub(in crate::web) side: Side,
    pub(in crate::web) id: RecordId,
}

impl Named {
    /// The record that is meant.
    pub(in crate::web) fn find(&self, records: &Records) -> Result<Meant, PageError> {
        let nothing = || PageError::NotFound(texts::say("frame-no-page"));
        let module = module_of(&self.module).ok_or_else(nothing)?;
        let side = side_of(&self.side).ok_or_else(nothing)?;
        let at: Result<Place, RecordError> = records.place(&self.connection, module);
        Ok(Meant {
            at: at?,
            side,
            id: RecordId::new(self.id.as_str()),
        })
    }
}

impl Meant {
    /// Where the record's page is.
    pub(in crate::web) fn path(&self) -> String {
        path_of(&self.at.connection, self.at.module, self.side, &self.id)
    }
}

/// Where a record's page is.
pub(in crate::web) fn path_of(connection: &str, module: Module, side: Side, id: &RecordId) -> String {
    let part = |text: &str| utf8_percent_encode(text, PART).to_string();
    format!(
        "/records/{}/{module}/{side}/{}",
        part(connection),
        part(id.as_str())
    )
}

/// Where a record is shown in its own system, where that has a page for it.
pub(in crate::web) fn outside(
    web: &Web,
    connection: &str,
    module: Module,
    side: Side,
    id: &RecordId,
) -> Option<String> {
    let system = web
        .systems
        .all()
        .into_iter()
        .find(|system| system.connection == connection && system.side == side)?;
    if system.simulated {
        return None;
    }
    record_page(&system.url, side, module, id).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_part_of_a_path_whatever_it_holds() {
        let id = RecordId::new("guest:a/../b?c#d@shop.example");

        let path = path_of("shop", Module::Contacts, Side::WooCommerce, &id);

        assert_eq!(
            path,
            "/records/shop/contacts/woocommerce/guest%3Aa%2F..%2Fb%3Fc%23d%40shop.example"
        );
    }
}
