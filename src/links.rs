//! Where a record is shown: in the shop's administration, and in the CRM.
//!
//! Addresses are made of a connection's configured address and of numbers alone; nothing that a record holds gets into
//! one.

use url::Url;

use crate::sync::{Module, RecordId, Side};

/// The page of a record in its own system, where that has one.
///
/// A guest of the shop has none; the tax rates of each system are on a page together.
pub fn record_page(base: &Url, side: Side, module: Module, id: &RecordId) -> Option<Url> {
    if !matches!(base.scheme(), "http" | "https") {
        return None;
    }
    let (path, query) = match side {
        Side::WooCommerce => woocommerce(module, id)?,
        Side::Vtiger => vtiger(module, id)?,
    };
    let mut page = base.clone();
    page.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    page.set_query(Some(&query));
    page.set_fragment(None);
    Some(page)
}

fn woocommerce(module: Module, id: &RecordId) -> Option<(&'static str, String)> {
    // An order's address is that of shops that keep orders as posts; others lead on from there to their own.
    let post = |id: &str| Some(("wp-admin/post.php", format!("post={}&action=edit", number(id)?)));
    match (module, id.as_guest_order()) {
        (_, Some(order)) => post(order),
        (Module::Contacts, None) => Some((
            "wp-admin/user-edit.php",
            format!("user_id={}", number(id.as_str())?),
        )),
        (Module::Products | Module::SalesOrders, None) => post(id.as_str()),
        (Module::Taxes, None) => Some(("wp-admin/admin.php", "page=wc-settings&tab=tax".to_owned())),
    }
}

fn vtiger(module: Module, id: &RecordId) -> Option<(&'static str, String)> {
    let name = match module {
        Module::Contacts => "Contacts",
        Module::Products => "Products",
        Module::SalesOrders => "SalesOrder",
        Module::Taxes => {
            return Some((
                "index.php",
                "module=Vtiger&parent=Settings&view=TaxIndex".to_owned(),
            ));
        }
    };
    let record = id.as_str().rsplit('x').next().and_then(number)?;
    Some(("index.php", format!("module={name}&view=Detail&record={record}")))
}

/// An id that is a number, as those that have a page are.
fn number(id: &str) -> Option<&str> {
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(base: &str, side: Side, module: Module, id: &str) -> Option<String> {
        let base = base.parse().unwrap();
        record_page(&base, side, module, &RecordId::new(id)).map(String::from)
    }

    #[test]
    fn records_are_shown_by_the_system_that_they_are_of() {
        let shop = "https://shop.example/store/";
        let crm = "https://crm.example/vtiger";
        for (base, side, module, id, expected) in [
            (
                shop,
                Side::WooCommerce,
                Module::Contacts,
                "7",
                "https://shop.example/store/wp-admin/user-edit.php?user_id=7",
            ),
            (
                shop,
                Side::WooCommerce,
                Module::Products,
                "8",
                "https://shop.example/store/wp-admin/post.php?post=8&action=edit",
            ),
            (
                shop,
                Side::WooCommerce,
                Module::SalesOrders,
                "9",
                "https://shop.example/store/wp-admin/post.php?post=9&action=edit",
            ),
            (
                shop,
                Side::WooCommerce,
                Module::Contacts,
                "guest-order:9",
                "https://shop.example/store/wp-admin/post.php?post=9&action=edit",
            ),
            (
                crm,
                Side::Vtiger,
                Module::Contacts,
                "12x33",
                "https://crm.example/vtiger/index.php?module=Contacts&view=Detail&record=33",
            ),
            (
                crm,
                Side::Vtiger,
                Module::SalesOrders,
                "6x5",
                "https://crm.example/vtiger/index.php?module=SalesOrder&view=Detail&record=5",
            ),
        ] {
            assert_eq!(page(base, side, module, id).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_no_number_has_no_page() {
        let shop = "https://shop.example/";
        for id in [
            "",
            "guest:ann@shop.example",
            "7&action=delete",
            "javascript:alert(1)",
            "٧",
        ] {
            for side in Side::BOTH {
                assert_eq!(page(shop, side, Module::Contacts, id), None, "{id}");
            }
        }
        assert_eq!(
            page("ftp://shop.example/", Side::WooCommerce, Module::Contacts, "7"),
            None
        );
    }
}
