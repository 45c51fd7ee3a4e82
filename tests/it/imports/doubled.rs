//! Numbers that are somebody's already, in the organization or in the file, and a file that comes twice.

use super::*;

fn rows() -> Vec<u8> {
    csv(&[
        "Ali,Aliyev,+998901234567,new",
        "Vali,,+998901234568,",
        "Soli,S,90 123-45-67,twice",
        "Guli,G,+998901234569,",
    ])
}

async fn known(desk: &Desk<'_>) -> Value {
    let ali = json!({
        "firstName": "Alisher", "lastName": "Old", "phone": "+998901234567", "notes": "old",
        "customData": { "debt": 5 }, "dateOfBirth": "1990-01-15",
    });
    desk.created(&somebody("Vali", "+998901234568")).await;
    desk.created(&ali).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_there_is_passed_over() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    let ali = known(&desk).await;
    let answer = desk.imported("a.csv", &rows(), "").await;
    assert_eq!(counts(&answer), [4, 1, 0, 3, 0, 0, 0], "{answer}");
    assert_eq!(
        told(&answer),
        ["2 skipped phone:exists", "3 skipped phone:exists", "4 skipped phone:earlier_row"]
    );
    assert_eq!(answer["rows"][0]["contactId"], ali["id"]);
    assert_eq!(desk.get(&format!("/contacts/{}", id(&ali))).await, ali);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_that_is_there_is_changed_where_the_row_says_something() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    let ali = known(&desk).await;
    let answer = desk.imported("a.csv", &rows(), "onDuplicate=update").await;
    assert_eq!(counts(&answer), [4, 1, 1, 2, 0, 0, 0], "{answer}");
    let after = desk.get(&format!("/contacts/{}", id(&ali))).await;
    assert_eq!((&after["firstName"], &after["lastName"]), (&json!("Ali"), &json!("Aliyev")));
    assert_eq!((&after["notes"], &after["customData"]), (&json!("new"), &json!({ "debt": 5 })));
    assert_eq!((&after["dateOfBirth"], &after["id"]), (&ali["dateOfBirth"], &ali["id"]));
    assert_eq!(desk.found("Vali").await["lastName"], "Karimov", "an empty cell says nothing");
    // The same again changes nobody.
    let again = desk.imported("a.csv", &rows(), "onDuplicate=update").await;
    assert_eq!(counts(&again), [4, 0, 0, 4, 0, 0, 0], "{again}");
    assert!(told(&again).contains(&"2 skipped phone:unchanged".to_owned()), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_doubled_number_is_enough_to_store_nothing() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    let (status, code, answer) = desk.refused(&rows(), "onDuplicate=fail").await;
    assert_eq!((status.as_u16(), &*code, &answer["row"]), (409, "duplicate-row", &json!(4)));
    assert_eq!((&answer["earlierRow"], desk.total().await), (&json!("2"), 0));
    let ali = known(&desk).await;
    let (status, _, answer) = desk.refused(&rows(), "onDuplicate=fail").await;
    assert_eq!((status.as_u16(), &answer["row"], &answer["contactId"]), (409, &json!(2), &ali["id"]));
    assert_eq!((desk.total().await, &desk.get("/imports").await["data"]), (2, &json!([])));
    let new = csv(&["Guli,G,+998901234569,"]);
    assert_eq!(counts(&desk.imported("a.csv", &new, "onDuplicate=fail").await)[1], 1);
}

/// Two of the same file at the same time: each number is one contact's, and every row is told.
async fn two_at_once_make_each_contact_once(mut world: World) {
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    let rows: Vec<String> = (0..1_500).map(|n| format!("Mijoz {n},V,+99890{n:07},")).collect();
    let file = csv(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let (one, other) = tokio::join!(desk.imported("a.csv", &file, ""), desk.imported("b.csv", &file, ""));
    let created = [&one, &other].map(|answer| counts(answer)[1]);
    let skipped = [&one, &other].map(|answer| counts(answer)[3]);
    assert_eq!(created.iter().sum::<u64>(), 1_500, "{created:?}");
    assert_eq!(skipped.iter().sum::<u64>(), 1_500, "{skipped:?}");
    assert_eq!(desk.total().await, 1_500);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_make_each_contact_once_on_sqlite() {
    two_at_once_make_each_contact_once(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_make_each_contact_once_on_postgres() {
    two_at_once_make_each_contact_once(World::postgres().await).await;
}

/// The power goes in the middle; the same file sent again brings the rest.
#[tokio::test(flavor = "multi_thread")]
async fn what_broke_off_is_made_whole_by_sending_it_again() {
    let mut world = World::sqlite();
    world.start().await;
    let rows: Vec<String> = (0..20_000).map(|n| format!("Mijoz {n},V,+99890{n:07},")).collect();
    let file = csv(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let mut body =
        b"--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n".to_vec();
    body.extend_from_slice(&file);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    let request =
        world.http.post(world.url("/auto-calling/contacts/upload-excel")).bearer_auth(world.token());
    let request = request.header("content-type", "multipart/form-data; boundary=edge").body(body);
    let sent = tokio::spawn(request.send());
    let desk = Desk::of(&world, "1", "manager");
    let begun = loop {
        let all = desk.get("/imports").await;
        if let Some(import) = all["data"].get(0)
            && desk.total().await > 0
        {
            break import.clone();
        }
    };
    world.kill();
    assert!(sent.await.unwrap().is_err(), "nobody was answered");
    assert_eq!(begun["status"], "STARTED");

    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    let stored = desk.total().await;
    assert!(stored > 0 && stored < 20_000, "{stored}");
    // The watchdog looks soon after the start, and then every few seconds.
    let waits_since = std::time::Instant::now();
    let shown = loop {
        let shown = desk.get(&format!("/imports/{}", id(&begun))).await;
        if shown["status"] != "STARTED" {
            break shown;
        }
        assert!(waits_since.elapsed() < std::time::Duration::from_secs(30), "{shown}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_eq!(
        (&shown["status"], &shown["total"], &shown["rowsRead"]),
        (&json!("FAILED"), &Value::Null, &Value::Null)
    );
    assert!(shown["failure"].as_str().unwrap().starts_with("the engine stopped"), "{shown}");
    let answer = desk.imported("a.csv", &file, "").await;
    assert_eq!((counts(&answer)[1], counts(&answer)[3]), (20_000 - stored, stored));
    assert_eq!(desk.total().await, 20_000);
    let (status, undone) = desk.ask(Method::DELETE, &format!("/imports/{}", id(&begun)), None).await;
    assert_eq!((status.as_u16(), &undone["removed"]), (200, &json!(stored)), "what it left bears its id");
    assert!(world.stop().success());
    assert!(world.verify().status.success());
}
