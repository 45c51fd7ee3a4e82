//! An import undone: whoever nobody has touched goes, the others stay and are counted.

use super::*;

async fn an_import_is_undone_save_what_was_touched(mut world: World) {
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    desk.created(&somebody("Before", "+998901234500")).await;
    let rows: Vec<String> = (1..=900).map(|n| format!("Mijoz {n},V,+9989012{n:05},")).collect();
    let file = csv(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let import = format!("/imports/{}", import_of(&desk.imported("a.csv", &file, "").await));

    let changed = desk.found("Mijoz+900").await;
    let change = json!({ "notes": "called by hand" });
    let path = format!("/contacts/{}", id(&changed));
    assert_eq!(desk.ask(Method::PATCH, &path, Some(&change)).await.0, 200);
    let member = desk.found("Mijoz+899").await;
    let plan = json!({ "name": "C", "campaignType": "SURVEY", "contactIds": [member["id"]] });
    assert_eq!(desk.ask(Method::POST, "/campaigns", Some(&plan)).await.0, 201);
    let gone = desk.found("Mijoz+898").await;
    assert_eq!(desk.ask(Method::DELETE, &format!("/contacts/{}", id(&gone)), None).await.0, 200);

    let (status, undone) = desk.ask(Method::DELETE, &import, None).await;
    let kept = json!({ "changed": 1, "inCampaign": 1, "called": 0, "updated": 0 });
    assert_eq!((status.as_u16(), &undone["removed"], &undone["kept"]), (200, &json!(897), &kept), "{undone}");
    let events = world.events().len();
    assert_eq!(desk.ask(Method::DELETE, &import, None).await.1, undone, "said twice");
    assert_eq!(world.events().len(), events, "and nothing happened");

    let shown = desk.get(&import).await;
    assert_eq!((&shown["status"], &shown["undone"]["removed"]), (&json!("UNDONE"), &json!(897)));
    let left = desk.get("/contacts").await;
    let names: Vec<&str> =
        left["data"].as_array().unwrap().iter().map(|row| row["firstName"].as_str().unwrap()).collect();
    assert_eq!(names, ["Mijoz 900", "Mijoz 899", "Before"]);
    // Their numbers are free again.
    let again = desk.imported("a.csv", &file, "").await;
    assert_eq!((counts(&again)[1], counts(&again)[3]), (898, 2));
    assert!(world.stop().success());
    assert!(world.verify().status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_undone_save_what_was_touched_on_sqlite() {
    an_import_is_undone_save_what_was_touched(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_undone_save_what_was_touched_on_postgres() {
    an_import_is_undone_save_what_was_touched(World::postgres().await).await;
}

/// A contact that an import changed was there before, and stays.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_import_changed_is_not_its_own() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    desk.created(&somebody("Ali", "+998901234567")).await;
    let rows = csv(&["Olim,V,+998901234567,"]);
    let import = import_of(&desk.imported("a.csv", &rows, "onDuplicate=update").await);
    let (status, undone) = desk.ask(Method::DELETE, &format!("/imports/{import}"), None).await;
    assert_eq!((status.as_u16(), &undone["removed"], &undone["undone"]), (200, &json!(0), &json!(true)));
    assert_eq!(undone["kept"]["updated"], 1, "it is said that it stays: {undone}");
    let shown = desk.get(&format!("/imports/{import}")).await;
    assert_eq!(shown["undone"]["kept"], undone["kept"]);
    assert_eq!(desk.found("Olim").await["phone"], "+998901234567");
}

/// What is still being stored is not taken back meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_under_way_is_not_undone() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    let rows: Vec<String> = (1..=5_000).map(|n| format!("Mijoz {n},V,+9989012{n:05},")).collect();
    let file = csv(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let hasty = async {
        loop {
            let begun = desk.get("/imports").await;
            if let Some(import) = begun["data"][0]["id"].as_str() {
                return desk.ask(Method::DELETE, &format!("/imports/{import}"), None).await;
            }
        }
    };
    let (stored, (status, refused)) = tokio::join!(desk.imported("a.csv", &file, ""), hasty);
    assert_eq!((status.as_u16(), &refused["code"]), (409, &json!("import-under-way")), "{refused}");
    assert_eq!(stored["created"], 5_000, "{stored}");
}
