//! Those who wait to write to one collection, in the order in which they came. Pure.

use std::collections::{HashSet, VecDeque};

use serde_json::{Map, Value as Json, json};

use super::Write;

/// So many bytes of JSON are sent together: web servers refuse bodies of more than 1 MB unless told otherwise.
const MOST_BYTES: usize = 800_000;

/// A write that waits, and whom its answer is for.
pub(super) struct Item<T> {
    pub(super) write: Write,
    /// The record that is updated; none where one is created.
    pub(super) id: Option<u64>,
    pub(super) ticket: T,
    bytes: usize,
}

impl<T> Item<T> {
    pub(super) fn new(write: Write, id: Option<u64>, ticket: T) -> Self {
        Self {
            bytes: write.body.to_string().len(),
            write,
            id,
            ticket,
        }
    }
}

/// Those who wait.
pub(super) struct Line<T>(VecDeque<Item<T>>);

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Line<T> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn join(&mut self, item: Item<T>) {
        self.0.push_back(item);
    }

    /// Takes up to `limit` of those who still want it. Who writes to a record that another one writes to waits until
    /// that is done.
    pub(super) fn take(&mut self, limit: usize, is_wanted: impl Fn(&T) -> bool) -> Vec<Item<T>> {
        let (mut taken, mut later) = (Vec::new(), VecDeque::new());
        let (mut records, mut bytes) = (HashSet::new(), 0);
        while taken.len() < limit
            && let Some(item) = self.0.pop_front()
        {
            if !is_wanted(&item.ticket) {
                continue;
            }
            if item.id.is_some_and(|id| !records.insert(id)) {
                later.push_back(item);
                continue;
            }
            if bytes + item.bytes > MOST_BYTES && !taken.is_empty() {
                later.push_back(item);
                break;
            }
            bytes += item.bytes;
            taken.push(item);
        }
        later.append(&mut self.0);
        self.0 = later;
        taken
    }
}

/// The body of a batch.
pub(super) fn body<T>(items: &[Item<T>]) -> Json {
    let (mut created, mut updated) = (Vec::new(), Vec::new());
    for Item { write, id, .. } in items {
        let mut body = write.body.clone();
        match id {
            None => created.push(body),
            Some(id) => {
                body["id"] = json!(id);
                updated.push(body);
            }
        }
    }
    let lists = [("create", created), ("update", updated)];
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
    let lists: Map<_, _> = lists.map(|(name, list)| (name.to_owned(), list.into())).collect();
    lists.into()
}

#[cfg(test)]
mod tests {
    use reqwest::Method;

    use super::*;

    fn item(id: Option<u64>, ticket: u32, text: &str) -> Item<u32> {
        let write = Write {
            operation: "update customer",
            method: Method::PUT,
            path: String::new(),
            body: json!({"first_name": text}),
        };
        Item::new(write, id, ticket)
    }

    fn line(items: impl IntoIterator<Item = Item<u32>>) -> Line<u32> {
        let mut line = Line::default();
        for item in items {
            line.join(item);
        }
        line
    }

    fn take(line: &mut Line<u32>, limit: usize) -> Vec<u32> {
        let taken = line.take(limit, |ticket| *ticket != 99);
        taken.into_iter().map(|item| item.ticket).collect()
    }

    #[test]
    fn they_are_taken_in_the_order_in_which_they_came() {
        let mut line = line((0..5).map(|nth| item(None, nth, "x")));

        assert_eq!(take(&mut line, 2), [0, 1]);
        assert_eq!(take(&mut line, 100), [2, 3, 4]);
        assert_eq!((take(&mut line, 100), line.len()), (Vec::new(), 0));
    }

    #[test]
    fn who_is_gone_is_left_out() {
        let mut line = line([item(Some(1), 99, "x"), item(Some(1), 1, "x"), item(None, 99, "x")]);

        assert_eq!(take(&mut line, 100), [1]);
        assert_eq!(line.len(), 0);
    }

    #[test]
    fn one_record_is_written_to_once_in_a_batch_and_in_order() {
        let items = [(7, 0), (8, 1), (7, 2), (7, 3), (9, 4)];
        let mut line = line(items.map(|(id, ticket)| item(Some(id), ticket, "x")));

        assert_eq!(take(&mut line, 100), [0, 1, 4]);
        assert_eq!(take(&mut line, 100), [2]);
        assert_eq!(take(&mut line, 100), [3]);
    }

    #[test]
    fn a_batch_is_no_longer_than_servers_take() {
        let long = "x".repeat(300_000);
        let longest = "x".repeat(900_000);
        let texts = [&long, &long, &long, &longest, "x"];
        let mut line = line((0..).zip(texts).map(|(nth, text)| item(None, nth, text)));

        assert_eq!(take(&mut line, 100), [0, 1]);
        assert_eq!(take(&mut line, 100), [2]);
        assert_eq!(
            take(&mut line, 100),
            [3],
            "what is too long by itself goes by itself"
        );
        assert_eq!(take(&mut line, 100), [4]);
    }

    #[test]
    fn a_body_tells_what_is_created_and_what_is_updated() {
        let items = [item(Some(7), 0, "a"), item(None, 1, "b"), item(None, 2, "c")];

        let expected = json!({
            "create": [{"first_name": "b"}, {"first_name": "c"}], "update": [{"id": 7, "first_name": "a"}],
        });
        assert_eq!(body(&items), expected);
        assert_eq!(
            body(&items[..1]),
            json!({"update": [{"id": 7, "first_name": "a"}]})
        );
    }
}
