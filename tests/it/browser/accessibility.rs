//! Whether everybody can use a page: axe-core's rules, in light and dark, on a desk and on a telephone.
//!
//! Where `WVS_SCREENSHOTS` names a folder, a picture of each is kept there.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::driver::Browser;
use super::hands::key;

const AXE: &str = include_str!("axe.min.js");

/// Width and height of a desk's window and of a telephone, in CSS pixels.
const DESK: (u32, u32) = (1280, 900);
const TELEPHONE: (u32, u32) = (375, 812);

/// Colours that are still on their way would be measured wrongly, so that animations are finished first.
const RUN: &str = r"
    const done = arguments[arguments.length - 1];
    document.getAnimations().forEach(animation => { try { animation.finish(); } catch { /* it has no end */ } });
    axe.run(document, { resultTypes: ['violations'] }).then(
        found => done(found.violations
            .filter(violation => ['serious', 'critical'].includes(violation.impact))
            .map(violation => violation.id + ' (' + violation.impact + '): ' + violation.help + '\n'
                + violation.nodes.map(node => '    ' + node.html + '\n    ' + node.failureSummary).join('\n'))),
        error => done(['axe did not run: ' + error]),
    );
";

const WIDER_BY: &str = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";

impl Browser {
    /// What is seriously wrong with the page as it is shown, a text each.
    pub(crate) async fn axe(&self) -> Vec<String> {
        if self.run("return typeof axe === 'undefined'").await == true {
            self.run(&format!("{AXE}; window.axe = axe || window.axe")).await;
        }
        let found = self.run_until_done(RUN).await;
        serde_json::from_value(found).unwrap()
    }

    /// Shows pages as to a person who prefers dark ones, or light ones.
    pub(crate) async fn dark(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.order("Emulation.setEmulatedMedia", &json!({ "features": [feature] }))
            .await;
    }

    /// Gives the page this many CSS pixels; a window could not be made as narrow as a telephone.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.order("Emulation.setDeviceMetricsOverride", &screen).await;
        // They would take room on the screen, and none in a picture of the whole page.
        self.order("Emulation.setScrollbarsHidden", &json!({ "hidden": true }))
            .await;
    }

    /// Keeps a picture of the whole page where `WVS_SCREENSHOTS` names a folder.
    pub(crate) async fn screenshot(&self, name: &str) {
        let Some(folder) = std::env::var_os("WVS_SCREENSHOTS").map(PathBuf::from) else {
            return;
        };
        let layout = self.order("Page.getLayoutMetrics", &json!({})).await;
        let size = &layout["cssContentSize"];
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let whole = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let picture = self.order("Page.captureScreenshot", &whole).await;
        let picture = STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }

    /// Looks at the page in light and dark, on a desk and on a telephone: nothing is seriously wrong with it, and
    /// it is as wide as the screen. Leaves it light and on the desk.
    pub(crate) async fn inspect(&self, name: &str) {
        let mut wrong = Vec::new();
        for (screen, (width, height)) in [("telephone", TELEPHONE), ("desk", DESK)] {
            self.resize(width, height).await;
            for (scheme, dark) in [("dark", true), ("light", false)] {
                self.dark(dark).await;
                let shown = format!("{name}-{scheme}-{screen}");
                self.screenshot(&shown).await;
                wrong.extend(self.axe().await.iter().map(|found| format!("{shown}: {found}")));
                let wider = self.run(WIDER_BY).await;
                if wider.as_i64() > Some(0) {
                    wrong.push(format!("{shown}: the page is {wider} px wider than the screen"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// A page whose text can be read in light only, with a field that does not say what it is for.
const BAD: &str = r#"<!doctype html><html lang="en"><head><title>Bad</title><style>
    p { color: #333; background: #fff } @media (prefers-color-scheme: dark) { p { background: #222 } }
    div { width: 600px }
</style></head><body><main><h1>Bad</h1><p>Some text</p><div>wide</div><input name="mute"></main></body></html>"#;

/// A page with a form that tells what was entered.
const GOOD: &str = r#"<!doctype html><html lang="en"><head><title>Good</title>
<meta name="viewport" content="width=device-width"></head><body><main><h1>Good</h1>
<form onsubmit="document.querySelector('output').textContent = this.name.value + ', ' + this.rule.value; return false">
<label>Name <input name="name" value="old"></label>
<label>Rule <select name="rule"><option>first</option><option>second</option></select></label>
<button>Save</button></form><output></output></main></body></html>"#;

async fn with_page(page: &str, steps: impl AsyncFnOnce(&Browser)) {
    let page = format!("data:text/html;base64,{}", STANDARD.encode(page));
    Browser::with(async |browser| {
        browser.go_to(&page).await;
        steps(browser).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_page_is_found_in_light_and_dark_and_on_a_telephone() {
    with_page(BAD, async |browser| {
        browser.dark(false).await;
        let light = browser.axe().await.join("\n");
        browser.dark(true).await;
        let dark = browser.axe().await.join("\n");
        browser.resize(375, 812).await;
        let wider: Json = browser.run(WIDER_BY).await;

        assert!(light.contains("label (critical)"), "{light}");
        assert!(!light.contains("color-contrast"), "{light}");
        assert!(dark.contains("color-contrast (serious)"), "{dark}");
        assert!(wider.as_i64() > Some(200), "{wider}");
    })
    .await;
}

#[tokio::test]
async fn a_form_is_filled_in_by_mouse_and_by_keyboard() {
    with_page(GOOD, async |browser| {
        browser.inspect("good").await;

        browser.type_into("[name=name]", "Ann").await;
        browser.type_into("[name=rule]", "second").await;
        browser.click("button").await;
        browser.wait_for_text("Ann, second").await;

        browser.run("document.querySelector('[name=name]').focus()").await;
        browser.press_keys(&format!("e{}{}", key::TAB, key::TAB)).await;
        assert_eq!(browser.focus().await, "button");
        browser.press_keys(key::SPACE).await;
        browser.wait_for_text("Anne, second").await;
        browser.run("document.querySelector('[name=name]').focus()").await;
        browser.press_keys(&format!("tte{}", key::ENTER)).await;
        browser.wait_for_text("Annette, second").await;
        assert_eq!(browser.text_of("output").await, "Annette, second");
    })
    .await;
}
