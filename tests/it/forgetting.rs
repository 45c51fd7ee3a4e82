//! A person who was forgotten is found nowhere any more: not in a file of the data folder, not in a dump of the database, not in an
//! answer. The journal verifies, every count stays, and a screen that is built anew is the one that was rewritten.

mod afterwards;
mod kept;
mod lived;
mod lost;
mod places;
pub(crate) mod planted;
mod recordings;
mod restored;

use reqwest::Method;
use serde_json::{Value, json};

use crate::contacts::Desk;
use crate::rebuild::{SCREENS, rebuild, rows};
use crate::world::World;
use planted::{Planted, hits};

/// Each of them is told of the person before.
const SHOW_PERSONS: [&str; 7] =
    ["call_history", "campaign_calls", "contact_book", "do_not_call", "pbx_calls", "quarantine", "targets"];

/// What every screen shows.
pub(crate) async fn all_rows(world: &World) -> Vec<(&'static str, Vec<Vec<String>>)> {
    let mut all = vec![];
    for screen in SCREENS {
        all.push((screen, rows(world, screen).await.1));
    }
    all
}

pub(crate) async fn forget(world: &World, contact: &str) -> Value {
    let desk = Desk::of(world, "1", "admin");
    let path = format!("/contacts/{contact}/personal-data?reason=asked%20by%20letter");
    for _ in 0..20 {
        let (status, answer) = desk.ask(Method::DELETE, &path, None).await;
        match status.as_u16() {
            200 => return answer,
            202 => {}
            other => panic!("{other}: {answer}\n{}", world.said()),
        }
    }
    panic!("it is never done: {}", world.said());
}

/// They count and say of nobody.
const SAY_OF_NOBODY: [&str; 4] = ["session_stats", "campaign_board", "campaign_hours", "promises"];

pub(crate) async fn rebuilt_is_live(world: &World, live: &[(&str, Vec<Vec<String>>)]) {
    for screen in SCREENS {
        rebuild(world, screen);
    }
    for ((screen, followed), (_, fresh)) in live.iter().zip(&all_rows(world).await) {
        assert_eq!(fresh, followed, "{screen}");
    }
}

pub(crate) async fn is_found_nowhere(mut world: World, planted: Planted) -> World {
    let before = all_rows(&world).await;
    let found = hits(&world);
    assert!(found.len() > 1, "what is searched for can be found: {found:?}");

    let told = forget(&world, &planted.contact).await;
    assert_eq!((&told["done"], &told["forgotten"]), (&json!(true), &json!(true)), "{told}");
    assert!(!told["left"].to_string().contains("moved.json"), "{told}");
    let none: Vec<String> = vec![];
    assert_eq!(hits(&world), none);

    let out = world.verify();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let live = all_rows(&world).await;
    let of = |all: &[(&str, Vec<Vec<String>>)], screen| {
        all.iter().find(|(name, _)| *name == screen).unwrap().1.clone()
    };
    for screen in SHOW_PERSONS {
        assert_ne!(of(&before, screen), of(&live, screen), "{screen} showed them");
    }
    for screen in SAY_OF_NOBODY {
        assert_eq!(of(&before, screen), of(&live, screen), "{screen} counts what it counted");
    }
    for ((screen, before), (_, after)) in before.iter().zip(&live) {
        assert_eq!(before.len(), after.len(), "{screen} shows as many as before");
    }
    rebuilt_is_live(&world, &live).await;
    assert_eq!(hits(&world), none, "nothing comes back with a rebuild");
    planted.is_told_nowhere(&world).await;

    // Said again it is as it was, also after a start.
    assert_eq!(forget(&world, &planted.contact).await, told);
    assert!(world.stop().success());
    assert_eq!(hits(&world), none);
    world.start().await;
    assert_eq!(forget(&world, &planted.contact).await, told);
    planted.is_told_nowhere(&world).await;
    assert_eq!(hits(&world), none);
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_forgotten_is_found_nowhere_on_sqlite() {
    let mut world = World::sqlite();
    let planted = Planted::everywhere(&mut world).await;
    is_found_nowhere(world, planted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_forgotten_is_found_nowhere_on_postgres() {
    let mut world = World::postgres().await;
    let planted = Planted::everywhere(&mut world).await;
    is_found_nowhere(world, planted).await;
}
