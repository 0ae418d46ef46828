//! People at both ends, who do by chance what people do: create, edit, save, delete and restore records.
//!
//! What they do is written down, so that a failure can be told.

mod contacts;
mod goods;
mod orders;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::Value as Json;
use woo_vtiger_sync::simulator::vtiger::VtigerSimulator;
use woo_vtiger_sync::simulator::woocommerce::WooCommerceSimulator;
use woo_vtiger_sync::sync::{Module, Side};

use crate::scene::Scene;

/// Who may do what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Licence {
    /// Whether records of this module are edited and created on this side.
    pub(crate) edits: fn(Module, Side) -> bool,
    /// Whether records are deleted and restored.
    pub(crate) deletes: bool,
}

/// The people at both ends of a scene.
pub(crate) struct People<'a> {
    shop: &'a WooCommerceSimulator,
    crm: &'a VtigerSimulator,
    random: SmallRng,
    licence: Licence,
    /// Tells names apart that different people make up.
    mark: String,
    made_up: usize,
    /// What was done so far.
    pub(crate) script: Vec<String>,
}

impl<'a> People<'a> {
    /// People who act by this seed, and whose names bear this mark.
    pub(crate) fn new(scene: &'a Scene, seed: u64, mark: &str, licence: Licence) -> Self {
        Self {
            shop: &scene.shop,
            crm: &scene.crm,
            random: SmallRng::seed_from_u64(seed),
            licence,
            mark: mark.to_owned(),
            made_up: 0,
            script: Vec::new(),
        }
    }

    /// Somebody does something; false when nobody could.
    pub(crate) fn act(&mut self) -> bool {
        // Not everybody can do what they would: then somebody else does something.
        for _ in 0..50 {
            let done = match self.random.random_range(0..100) {
                0..32 => self.about_contacts(),
                32..62 => self.about_goods(),
                62..66 => self.about_taxes(),
                _ => self.about_orders(),
            };
            if let Some(done) = done {
                self.script.push(done);
                return true;
            }
        }
        false
    }

    fn may(&self, module: Module, side: Side) -> bool {
        (self.licence.edits)(module, side)
    }

    fn chance(&mut self, share: f64) -> bool {
        self.random.random_bool(share)
    }

    fn number(&mut self) -> usize {
        self.made_up += 1;
        self.made_up
    }

    /// One of them, mostly one of the latest.
    fn one_of(&mut self, mut records: Vec<Json>) -> Option<Json> {
        let latest = records.len().saturating_sub(5);
        if self.chance(0.7) {
            records.drain(..latest);
        }
        let nth = self.random.random_range(0..records.len().max(1));
        (nth < records.len()).then(|| records.swap_remove(nth))
    }

    /// Some words: plain ones, such that are hard to write, a long text, or none.
    fn words(&mut self) -> String {
        let plain = [
            "Oak", "Elm", "Ash", "Fir", "Yew", "Box", "Bay", "Fig", "Nut", "Sorb",
        ];
        let nth = self.random.random_range(0..10_000);
        let word = *plain.choose(&mut self.random).unwrap();
        match self.random.random_range(0..14) {
            0 => format!("Žluťoučký {word} {nth} & “Söhne”"),
            1 => format!("{word} 🙂 {nth}"),
            2 => format!("<b>{word}</b> {nth} < 5 &amp; more"),
            3 => format!("O'{word} \"{nth}\" \\ end"),
            4 => format!("{word} {nth} ").repeat(40).trim_end().to_owned(),
            _ => format!("{word} {nth}"),
        }
    }

    fn words_or_none(&mut self) -> String {
        if self.chance(0.15) {
            String::new()
        } else {
            self.words()
        }
    }
}

/// The text of a field of JSON; none where there is none.
fn text<'a>(json: &'a Json, field: &str) -> &'a str {
    json[field].as_str().unwrap_or_default()
}

fn id_of(json: &Json) -> u64 {
    json["id"].as_u64().unwrap()
}
