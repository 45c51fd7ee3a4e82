//! The list of who was forgotten, as it is kept beside the backups: nothing that a journal does, or fails to do, takes a line from it.

use std::fs;
use std::path::Path;

use reqwest::Method;
use serde_json::json;

use super::forget;
use super::restored::somebody;
use crate::backup::{Store, backed_up, lose_everything, said};
use crate::contacts::Desk;
use crate::world::World;

fn exported(world: &World, to: &Path) -> (Option<i32>, String) {
    said(&world.run(&["forgotten", "export", "--to", to.to_str().unwrap()]))
}

fn has(world: &World, list: &Path, count: &str) {
    let (code, told) = exported(world, list);
    assert_eq!((code, told), (Some(0), format!("{} has {count}\n", list.display())));
}

async fn is_kept(mut world: World, store: Store) {
    world.start().await;
    let people =
        [somebody(&world, "Ali", "+998901110001").await, somebody(&world, "Vali", "+998901110002").await];
    let backup = backed_up(&world, "backup");
    let list = world.folder.path().join("forgotten.ndjson");
    forget(&world, &people[0]).await;
    has(&world, &list, "1 line, 1 of them new");
    forget(&world, &people[1]).await;
    has(&world, &list, "2 lines, 1 of them new");
    has(&world, &list, "2 lines, 0 of them new");
    let kept = fs::read_to_string(&list).unwrap();
    for wrong in [kept.replace("\"dataKey\":\"", "\"dataKey\":\"00"), format!("{kept}{{\"organiz")] {
        fs::write(&list, &wrong).unwrap();
        assert_eq!(exported(&world, &list).0, Some(2));
        assert_eq!(fs::read_to_string(&list).unwrap(), wrong, "what cannot be added to is left alone");
    }
    fs::write(&list, kept.trim_end()).unwrap();
    assert!(world.stop().success());

    lose_everything(&mut world, store).await;
    assert_eq!(exported(&world, &list).0, Some(2), "there is no journal");
    let (code, told) = said(&world.run(&["restore", backup.to_str().unwrap()]));
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = exported(&world, &list);
    assert!(code == Some(0) && told.contains("has 2 lines, 0 of them new"), "{told}");
    assert!(told.contains("nobody has confirmed that yet: an older list may name more"), "{told}");
    assert_eq!(fs::read_to_string(&list).unwrap().trim_end(), kept.trim_end(), "no line is lost");

    let empty = world.folder.path().join("empty.ndjson");
    fs::write(&empty, "\n").unwrap();
    world.start().await;
    let apply = ["forgotten", "apply", empty.to_str().unwrap()];
    let (code, told) = said(&world.run(&apply));
    assert!(code == Some(2) && told.contains("names nobody"), "{told}");
    let (code, told) = said(&world.run(&[&apply[..], &["--nobody"]].concat()));
    assert!(code == Some(0) && told.starts_with("listed: 0, "), "{told}");
    assert!(told.contains("next: karnay restore --confirm"), "a list was applied: {told}");
}

/// Until the list is applied everything says so, and nobody lets the engine ring anybody by mistake.
async fn is_asked_for(mut world: World, store: Store) {
    world.start().await;
    let person = somebody(&world, "Ali", "+998901110001").await;
    let backup = backed_up(&world, "backup");
    let list = world.folder.path().join("forgotten.ndjson");
    forget(&world, &person).await;
    has(&world, &list, "1 line, 1 of them new");
    assert!(world.stop().success());
    lose_everything(&mut world, store).await;
    assert_eq!(said(&world.run(&["restore", backup.to_str().unwrap()])).0, Some(0));

    world.start().await;
    let unapplied = "until karnay forgotten apply <list>";
    assert!(world.said().contains(unapplied), "{}", world.said());
    assert_eq!(world.status().await["restored"]["forgottenApplied"], false);
    let (_, told) = said(&world.run(&["status"]));
    assert!(told.contains("nobody is rung until") && told.contains(unapplied), "{told}");
    let (code, told) = said(&world.run(&["restore", "--confirm"]));
    assert!(code == Some(1) && told.contains("karnay forgotten apply <list>"), "{told}");
    let desk = Desk::of(&world, "1", "admin");
    let (status, told) = desk.ask(Method::POST, "/../restore/confirm", Some(&json!({}))).await;
    assert_eq!((status.as_u16(), &told["code"]), (409, &json!("forgotten-unapplied")), "{told}");
    let stranger = Desk::of(&world, "2", "admin");
    for path in ["/../restore/confirm", "/../restore/forgotten"] {
        let (status, told) = stranger.ask(Method::POST, path, Some(&json!({}))).await;
        assert_eq!((status.as_u16(), &told["code"]), (403, &json!("house-only")), "{told}");
    }
    assert_ne!(world.status().await["restored"], json!(null));

    let (code, told) = said(&world.run(&["forgotten", "apply", list.to_str().unwrap()]));
    assert!(code == Some(0) && told.contains("next: karnay restore --confirm"), "{told}");
    assert_eq!(world.status().await["restored"]["forgottenApplied"], true);
    let (_, told) = said(&world.run(&["status"]));
    assert!(told.contains("a list of those who were forgotten was applied since"), "{told}");
    let (code, told) = said(&world.run(&["restore", "--confirm"]));
    assert!(code == Some(0) && told.starts_with("confirmed"), "{told}");
    assert_eq!(world.status().await["restored"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_rung_before_the_forgotten_are_forgotten_again_on_sqlite() {
    is_asked_for(World::sqlite(), Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_rung_before_the_forgotten_are_forgotten_again_on_postgres() {
    is_asked_for(World::postgres().await, Store::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_the_forgotten_only_grows_on_sqlite() {
    is_kept(World::sqlite(), Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_the_forgotten_only_grows_on_postgres() {
    is_kept(World::postgres().await, Store::Postgres).await;
}
