//! `/products/ID/variations`: a product's variations, in a shape of their own.
//!
//! There is no collection of all variations.

use serde_json::{Value, json};

use super::collection::{already_trashed, check_fields, find};
use super::view::variation_view;
use super::{add, check_sku, edit, is_trashed, is_variation, remove, trash};
use crate::simulator::woocommerce::answer::{Answer, ApiError, Fields};
use crate::simulator::woocommerce::fields::{ALLOW_ALL, id_of};
use crate::simulator::woocommerce::query::Query;
use crate::simulator::woocommerce::shop::{Resource, Shop};

const STATUSES: &[&str] = &["draft", "pending", "private", "publish"];

/// The collection of one product's variations.
pub(in crate::simulator::woocommerce) struct Variations {
    pub(in crate::simulator::woocommerce) parent: u64,
    /// Whether a GET shows the texts as they are kept (`context=edit`).
    pub(in crate::simulator::woocommerce) edits: bool,
}

impl Variations {
    fn is_here(&self, product: &Fields) -> bool {
        is_variation(product) && id_of(product, "parent_id") == self.parent
    }

    fn find<'a>(&self, shop: &'a Shop, id: u64) -> Result<&'a Fields, ApiError> {
        let variation = shop.products.get(&id).filter(|product| self.is_here(product));
        // Unlike a product's, this is a 404 for a PUT too.
        variation.ok_or_else(|| {
            ApiError::new(
                404,
                "woocommerce_rest_product_variation_invalid_id",
                "Invalid ID.",
            )
        })
    }

    fn answer(&self, shop: &Shop, id: u64) -> Result<Value, ApiError> {
        Ok(variation_view(shop, id, self.find(shop, id)?, true))
    }
}

impl Resource for Variations {
    const PATH: &'static str = "variations";
    const REQUIRED: &'static [&'static str] = &[];

    fn allows(&self, shop: &Shop, id: u64) -> &'static [&'static str] {
        if self.find(shop, id).is_ok() {
            ALLOW_ALL
        } else {
            &[]
        }
    }

    fn check(given: &Fields, _creates: bool) -> Result<(), ApiError> {
        check_fields(given, &[("status", STATUSES)])
    }

    fn list(&self, shop: &Shop, query: &Query) -> Result<Answer, ApiError> {
        let found = find(shop, query, |product| self.is_here(product))?;
        query.page(
            &format!("{}/products/{}/variations", shop.rest(), self.parent),
            found,
            &[],
            |(id, variation)| variation_view(shop, id, variation, self.edits),
        )
    }

    fn get(&self, shop: &Shop, id: u64) -> Result<Value, ApiError> {
        let variation = self.find(shop, id)?;
        Ok(variation_view(shop, id, variation, self.edits))
    }

    fn create(&self, shop: &mut Shop, given: &Fields) -> Result<Value, ApiError> {
        let parent = shop.products.get(&self.parent);
        if parent.is_none_or(is_variation) {
            return Err(ApiError::new(
                404,
                "woocommerce_rest_product_variation_invalid_parent",
                "Cannot set attributes due to invalid parent product.",
            ));
        }
        check_sku(shop, 0, given)?;
        let mut given = given.clone();
        given.insert("type".into(), json!("variation"));
        given.insert("parent_id".into(), json!(self.parent));
        let id = add(shop, &given);
        self.answer(shop, id)
    }

    fn update(&self, shop: &mut Shop, id: u64, given: &Fields) -> Result<Value, ApiError> {
        self.find(shop, id)?;
        check_sku(shop, id, given)?;
        edit(shop, id, given);
        self.answer(shop, id)
    }

    fn delete(&self, shop: &mut Shop, id: u64, force: bool) -> Result<Value, ApiError> {
        let was_trashed = is_trashed(self.find(shop, id)?);
        let mut was = self.answer(shop, id)?;
        if force {
            remove(shop, id);
            // The answer is made when there is nothing left that could be allowed.
            if let Some(link) = was["_links"]["self"][0].as_object_mut() {
                link.remove("targetHints");
            }
        } else if was_trashed {
            return Err(already_trashed());
        } else {
            trash(shop, id);
        }
        Ok(was)
    }
}
