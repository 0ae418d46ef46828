//! The records of a collection, and which of them was asked for last.
//!
//! Whoever reads a whole collection asks for one page after the other of the same list. It is made once, and again after
//! anything may have changed, so that a page doesn't cost a look at a million records.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::answer::{ApiError, Fields};
use super::query::{Filters, Query};

/// Records by id. It is their map, and forgets the list where that may be changed.
#[derive(Debug, Default)]
pub(super) struct Records {
    by_id: BTreeMap<u64, Fields>,
    listed: RefCell<Option<(Filters, Arc<[u64]>)>>,
}

impl Records {
    /// The ids that a query lists, before it picks a page of them: `list` tells, unless they are known.
    pub(super) fn listed(
        &self,
        query: &Query,
        list: impl FnOnce() -> Result<Vec<u64>, ApiError>,
    ) -> Result<Arc<[u64]>, ApiError> {
        let filters = query.filters();
        if let Some((known, ids)) = &*self.listed.borrow()
            && *known == filters
        {
            return Ok(Arc::clone(ids));
        }
        let ids: Arc<[u64]> = list()?.into();
        self.listed.replace(Some((filters, Arc::clone(&ids))));
        Ok(ids)
    }
}

impl Deref for Records {
    type Target = BTreeMap<u64, Fields>;

    fn deref(&self) -> &Self::Target {
        &self.by_id
    }
}

impl DerefMut for Records {
    fn deref_mut(&mut self) -> &mut Self::Target {
        *self.listed.get_mut() = None;
        &mut self.by_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_made_once_and_again_after_a_change() {
        let mut records = Records::default();
        let page = |page: &str| format!("role=all&page={page}&per_page=1&oauth_nonce={page}");
        let ids = |records: &Records, query: &str, told: &[u64]| {
            let listed = records.listed(&Query::parse(query), || Ok(told.to_vec()));
            listed.map(|ids| ids.to_vec()).unwrap_or_default()
        };
        records.insert(1, Fields::new());

        assert_eq!(ids(&records, &page("1"), &[1]), [1]);
        assert_eq!(ids(&records, &page("2"), &[7]), [1]);
        assert_eq!(ids(&records, "role=customer", &[7]), [7]);
        assert_eq!(ids(&records, &page("1"), &[1]), [1]);
        records.insert(2, Fields::new());
        assert_eq!(ids(&records, &page("1"), &[1, 2]), [1, 2]);
    }
}
