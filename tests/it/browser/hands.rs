//! What a person does at a page: points and clicks, types, presses keys, and waits for what comes.
//!
//! Each of these waits until what it is about is there.

use serde_json::{Value as Json, json};

use super::driver::Browser;
use crate::scene::wait_until;

/// Keys that have no character of their own, as `WebDriver` names them.
pub(crate) mod key {
    pub(in crate::browser) const TAB: &str = "\u{E004}";
    pub(in crate::browser) const ENTER: &str = "\u{E007}";
    pub(in crate::browser) const SPACE: &str = " ";
}

/// What `WebDriver` calls a reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

const IS_THERE: &str = "return document.querySelector(arguments[0]) !== null";
const IS_READ: &str = "return document.body !== null && document.body.innerText.includes(arguments[0])";
const TEXT: &str = "return document.querySelector(arguments[0]).innerText";

impl Browser {
    /// Waits until there is such an element.
    pub(crate) async fn wait_for(&self, css: &str) {
        wait_until(&format!("the page has {css}"), || async {
            self.run_with(IS_THERE, &[css]).await == true
        })
        .await;
    }

    /// Waits until a person can read this in the page.
    pub(crate) async fn wait_for_text(&self, text: &str) {
        wait_until(&format!("the page says {text}"), || async {
            self.run_with(IS_READ, &[text]).await == true
        })
        .await;
    }

    /// What a person reads in the element.
    pub(crate) async fn text_of(&self, css: &str) -> String {
        self.wait_for(css).await;
        let text = self.run_with(TEXT, &[css]).await;
        text.as_str().unwrap().to_owned()
    }

    /// Clicks the element. A page that it leads to is loaded afterwards.
    pub(crate) async fn click(&self, css: &str) {
        self.act(css, "click", &json!({})).await;
    }

    /// Types the text into the field in place of what is there. In a list, chooses the entry that begins so.
    pub(crate) async fn type_into(&self, css: &str, text: &str) {
        self.wait_for(css).await;
        let is_list = self
            .run_with(
                "return document.querySelector(arguments[0]).matches('select')",
                &[css],
            )
            .await;
        if is_list != true {
            self.act(css, "clear", &json!({})).await;
        }
        self.act(css, "value", &json!({ "text": text })).await;
    }

    /// Presses these keys one after the other, where the keyboard's focus is: characters, and those of [`key`].
    pub(crate) async fn press_keys(&self, keys: &str) {
        let strokes: Vec<Json> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|stroke| json!({ "type": stroke, "value": key })))
            .collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.post("/actions", &json!({ "actions": [keyboard] })).await;
    }

    /// What has the keyboard's focus, as its tag with its id and name.
    pub(crate) async fn focus(&self) -> String {
        let script = "const it = document.activeElement;
            return it.tagName.toLowerCase() + (it.id && '#' + it.id) + (it.name ? '[' + it.name + ']' : '')";
        self.run(script).await.as_str().unwrap().to_owned()
    }

    /// A page may replace an element between its being found and acted on: then it is found again.
    async fn act(&self, css: &str, action: &str, body: &Json) {
        wait_until(&format!("{action} works on {css}"), || async {
            let query = json!({ "using": "css selector", "value": css });
            let found = self.try_post("/element", &query).await;
            let Some(element) = found[ELEMENT].as_str() else {
                return false;
            };
            let done = self.try_post(&format!("/element/{element}/{action}"), body).await;
            match done["error"].as_str() {
                None => true,
                Some(
                    "stale element reference" | "element not interactable" | "element click intercepted",
                ) => false,
                Some(_) => panic!("{action} on {css}: {done}"),
            }
        })
        .await;
    }
}
