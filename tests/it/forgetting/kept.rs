//! The list of who was forgotten, as it is kept beside the backups: nothing that a journal does, or fails to do, takes a line from it.

use std::fs;
use std::path::Path;

use super::forget;
use super::restored::somebody;
use crate::backup::{Store, backed_up, lose_everything, said};
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
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_the_forgotten_only_grows_on_sqlite() {
    is_kept(World::sqlite(), Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_the_forgotten_only_grows_on_postgres() {
    is_kept(World::postgres().await, Store::Postgres).await;
}
