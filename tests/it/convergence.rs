//! Whatever people do at both ends, whatever gets lost, late or doubled and whichever call fails: once all is quiet
//! and swept, both sides agree, and the next sweep writes nothing.
//!
//! A failure tells its seed and what was done. `WVS_TEST_SEED=<seed>` plays the cases of that seed's scene up to it
//! again, `WVS_TEST_CASES=<number>` another number of cases; what a call meets on its way differs from run to run.

mod post;
pub(crate) mod verdict;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::task::JoinSet;
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::simulator::vtiger::{VtigerKind, VtigerOptions};
use woo_vtiger_sync::simulator::woocommerce::WooCommerceOptions;
use woo_vtiger_sync::sweep::Scope;
use woo_vtiger_sync::sync::{Module, Side};

use self::post::{Carelessness, Post};
use self::verdict::Judge;
use crate::people::{Licence, People};
use crate::scene::{PROPAGATE, Scene, asked, wait_until};
use crate::stack::Stack;

/// How many cases there are unless others are asked for.
const CASES: u64 = 1000;
/// How many cases one scene sees, one after the other; their records stay.
const CASES_OF_SCENE: u64 = 20;
/// How many scenes there are at a time. They mostly wait. With servers it is one: what is under way is counted by
/// process.
fn scenes_at_a_time() -> usize {
    if Stack::is_of_servers() { 1 } else { 8 }
}
/// Sweeps until nothing is written any more, at most.
const SWEEPS: usize = 5;
/// How often is looked whether all is quiet.
const LOOK: Duration = Duration::from_millis(5);
/// How long nothing may move: longer than an event waits to be tried again.
const PATIENCE: Duration = Duration::from_mins(3);

/// How the modules are set up: what is changed of the settings that they start with, by scene in turn.
const SETTINGS: [&str; 8] = [
    "",
    PROPAGATE,
    "[connections.shop.modules.contacts]
     conflict = \"vtiger\"
     [connections.shop.modules.products]
     conflict = \"vtiger\"
     [connections.shop.modules.sales_orders]
     conflict = \"vtiger\"
     taxing = \"group\"",
    "[connections.shop.modules.contacts]
     conflict = \"woocommerce\"
     [connections.shop.modules.products]
     conflict = \"woocommerce\"
     missing_sku = \"write\"
     [connections.shop.modules.sales_orders]
     conflict = \"woocommerce\"
     taxing = \"individual\"",
    TO_VTIGER,
    TO_WOOCOMMERCE,
    "[connections.shop.modules.products]
     deletes = \"propagate\"
     variable_parents = false
     [connections.shop.modules.sales_orders]
     guests = \"per_order\"",
    "[connections.shop.modules.contacts]
     deletes = \"propagate\"
     [connections.shop.modules.sales_orders]
     guests = \"skip\"
     deletes = \"propagate\"
     conflict = \"vtiger\"",
];

const TO_VTIGER: &str = "[connections.shop.modules.contacts]
     direction = \"to_vtiger\"
     [connections.shop.modules.products]
     direction = \"to_vtiger\"
     [connections.shop.modules.sales_orders]
     direction = \"to_vtiger\"";

const TO_WOOCOMMERCE: &str = "[connections.shop.modules.contacts]
     direction = \"to_woocommerce\"
     [connections.shop.modules.products]
     direction = \"to_woocommerce\"
     [connections.shop.modules.sales_orders]
     direction = \"to_woocommerce\"";

/// Who may edit what, so that both sides can agree: what comes from one side only is edited on that side only.
fn licence(settings: &str) -> Licence {
    let edits: fn(Module, Side) -> bool = match settings {
        TO_VTIGER => |_, side| side == Side::WooCommerce,
        TO_WOOCOMMERCE => |_, side| side == Side::Vtiger,
        _ => |_, _| true,
    };
    Licence { edits, deletes: true }
}

/// A scene with a bad post.
struct Town {
    scene: Scene,
    post: Post,
    judge: Judge,
    settings: &'static str,
}

impl Town {
    async fn found(settings: &'static str, kind: VtigerKind) -> Self {
        let post = Post::open().await;
        let shop = WooCommerceOptions {
            delivery_delay: Duration::ZERO,
            ..Default::default()
        };
        let crm = VtigerOptions {
            kind,
            ..Default::default()
        };
        let scene = Scene::with_post(settings, shop, crm, |_| post.url()).await;
        post.carry_to(&scene.url);
        Self {
            scene,
            post,
            judge: Judge::default(),
            settings,
        }
    }

    /// Waits until nothing is on its way and no event waits; tells what does where that makes no progress.
    async fn rest(&self) -> Result<(), String> {
        let mut looks = tokio::time::interval(LOOK);
        let (mut last, mut since) = ((0, 0), Instant::now());
        loop {
            looks.tick().await;
            let now = self.under_way().await;
            // What is dealt with by the second look may have been announced after the first.
            if now == (0, 0) && self.under_way().await == (0, 0) {
                return Ok(());
            }
            if now != last {
                (last, since) = (now, Instant::now());
            } else if since.elapsed() > PATIENCE {
                return Err(format!("{} events and {} messages wait and wait", now.0, now.1));
            }
        }
    }

    /// How many events wait, and how many webhooks and callbacks.
    async fn under_way(&self) -> (u64, usize) {
        let events = self.scene.events_under_way().await;
        let sent = self.scene.shop.pending_deliveries() + self.scene.crm.pending_callbacks();
        (events, sent + usize::from(self.post.is_busy()))
    }

    /// Lets people act while things go wrong, mends all, and looks what came of it.
    async fn play(&mut self, seed: u64) -> Result<(), String> {
        let mut script = Vec::new();
        let problems = match self.act(seed, &mut script).await {
            Ok(()) => self.settle().await,
            Err(problem) => Err(problem),
        };
        problems.map_err(|problem| {
            let (settings, script) = (self.settings, script.join("\n"));
            format!("seed {seed}, with {settings:?}\n{script}\nended with\n{problem}")
        })
    }

    async fn act(&mut self, seed: u64, script: &mut Vec<String>) -> Result<(), String> {
        let mut random = SmallRng::seed_from_u64(seed);
        self.spoil(&mut random);
        let acts = random.random_range(5..=15);
        let mut people = People::new(&self.scene, seed, &seed.to_string(), licence(self.settings));
        for _ in 0..acts {
            people.act();
            script.append(&mut people.script);
            if random.random_bool(0.15) {
                self.rest().await?;
                script.push("(all is quiet)".to_owned());
            } else if random.random_bool(0.5) {
                // Some of it arrives meanwhile.
                let waiting = self.scene.shop.pending_deliveries() / 2;
                wait_until("half of the webhooks are sent", || async {
                    self.scene.shop.pending_deliveries() <= waiting
                })
                .await;
            }
        }
        self.scene.shop.set_faults(FaultPlan::default());
        self.scene.crm.set_faults(FaultPlan::default());
        self.post.mend();
        self.rest().await
    }

    fn spoil(&self, random: &mut SmallRng) {
        let share = |random: &mut SmallRng, most: f64| {
            if random.random_bool(0.4) {
                0.0
            } else {
                random.random_range(0.0..most)
            }
        };
        let care = Carelessness {
            lost: share(random, 0.5),
            late: share(random, 0.4),
            twice: share(random, 0.3),
        };
        self.post.set_care(care, random.random());
        let mut faults = || FaultPlan {
            request_faults: share(random, 0.12),
            seed: random.random(),
            ..FaultPlan::default()
        };
        self.scene.shop.set_faults(faults());
        self.scene.crm.set_faults(faults());
    }

    /// Sweeps until nothing is written, compares, and sweeps once more.
    async fn settle(&mut self) -> Result<(), String> {
        for _ in 0..SWEEPS {
            self.sweep().await?;
            let problems = self.judge.problems(&self.scene).await;
            if !self.scene.writes().is_empty() {
                continue;
            }
            if !problems.is_empty() {
                return Err(problems.join("\n"));
            }
            self.sweep().await?;
            let written = self.scene.writes();
            return match written.as_slice() {
                [] => Ok(()),
                _ => Err(format!(
                    "a sweep after the last one wrote: {}",
                    written.join(", ")
                )),
            };
        }
        let written = self.scene.writes().join(", ");
        Err(format!("{SWEEPS} sweeps after another write: {written}"))
    }

    async fn sweep(&self) -> Result<(), String> {
        self.scene.forget_calls();
        for module in Module::ALL {
            let sweeper = &self
                .scene
                .server
                .parts()
                .roster
                .get("shop")
                .unwrap()
                .sweeper
                .clone();
            sweeper
                .sweep(&crate::scene::place(module), Scope::Full)
                .await
                .unwrap();
            self.rest().await?;
        }
        Ok(())
    }

    async fn leave(self) {
        self.post.close().await;
        self.scene.stop().await;
    }
}

/// Plays a scene's cases up to this many, and tells the first that fails.
async fn play_scene(nth: u64, cases: u64) -> Result<(), String> {
    let settings = SETTINGS[usize::try_from(nth).unwrap() % SETTINGS.len()];
    // Each of the settings with either.
    let kinds = [VtigerKind::Repaired, VtigerKind::Extended];
    let kind = kinds[usize::try_from(nth).unwrap() / SETTINGS.len() % kinds.len()];
    let mut town = Town::found(settings, kind).await;
    for case in 0..cases {
        town.play(nth * CASES_OF_SCENE + case).await?;
    }
    town.leave().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_agree_in_the_end_whatever_people_do_and_whatever_goes_wrong() {
    if let Some(seed) = asked("WVS_TEST_SEED") {
        let played = play_scene(seed / CASES_OF_SCENE, seed % CASES_OF_SCENE + 1).await;
        return played.unwrap_or_else(|failure| panic!("{failure}"));
    }
    let scenes = asked("WVS_TEST_CASES").unwrap_or(CASES).div_ceil(CASES_OF_SCENE);
    let next = Arc::new(AtomicU64::new(0));
    let mut players = JoinSet::new();
    for _ in 0..scenes_at_a_time() {
        let next = Arc::clone(&next);
        players.spawn(async move {
            let mut failures = Vec::new();
            loop {
                let nth = next.fetch_add(1, Ordering::Relaxed);
                if nth >= scenes {
                    return failures;
                }
                failures.extend(play_scene(nth, CASES_OF_SCENE).await.err());
            }
        });
    }
    let failures: Vec<String> = players.join_all().await.concat();
    assert!(
        failures.is_empty(),
        "{} scene(s) failed:\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}
