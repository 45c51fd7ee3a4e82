//! Do-not-call lists from outside: numbers put on them and taken off, the contacts that have them, and the list of everyone.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::contacts::{Desk, id, somebody};
use crate::world::World;

mod dialling;

const LIST: &str = "/do-not-call";

async fn added(desk: &Desk<'_>, query: &str, body: &Value) -> Value {
    let (status, answer) = desk.ask(Method::POST, &format!("{LIST}{query}"), Some(body)).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn removed(desk: &Desk<'_>, number: &str) -> (StatusCode, Value) {
    desk.ask(Method::DELETE, &format!("{LIST}/{number}"), None).await
}

async fn phones(desk: &Desk<'_>, query: &str) -> Vec<String> {
    let page = desk.get(&format!("{LIST}?{query}")).await;
    let phone = |number: &Value| number["phone"].as_str().unwrap().to_owned();
    page["data"].as_array().unwrap().iter().map(phone).collect()
}

async fn status(desk: &Desk<'_>, contact: &Value) -> Value {
    desk.get(&format!("/contacts/{}", id(contact))).await["status"].clone()
}

/// Nothing of it is left where others may read it.
fn told(world: &World, file: &str, text: &str) -> bool {
    let bytes = std::fs::read(world.folder.path().join(file)).unwrap_or_default();
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

async fn a_number_is_forbidden_and_allowed_again(mut world: World) {
    world.set("LOG", "debug");
    world.start().await;
    let (desk, admin) = (Desk::of(&world, "1", "operator"), Desk::of(&world, "1", "admin"));
    let contact = desk.created(&somebody("A", "+998901234567")).await;
    let said = json!({ "phone": "90 123-45-67", "note": "asked by letter" });
    let done = added(&desk, "", &said).await;
    let number = done["ids"][0].as_str().unwrap().to_owned();
    assert_eq!(done, json!({ "added": 1, "alreadyThere": 0, "ids": [number] }));
    assert_eq!(status(&desk, &contact).await, "DO_NOT_CALL");
    let shown = desk.get(&format!("{LIST}?q=34567")).await["data"][0].clone();
    let expected = json!({
        "id": number, "phone": "+998901234567", "note": "asked by letter", "source": "hand",
        "addedBy": shown["addedBy"], "addedAt": shown["addedAt"], "contactId": contact["id"],
    });
    assert_eq!(shown, expected);
    assert!(shown["addedBy"].as_str().is_some_and(|by| !by.is_empty()), "{shown}");
    let check = format!("{LIST}/check?phone=%2B998901234567");
    let listed = json!({
        "phone": "+998901234567", "listed": true, "lists": ["organization"], "id": number, "numberId": number,
        "source": "hand",
    });
    assert_eq!(desk.get(&check).await, listed);
    let again = added(&desk, "", &json!({ "phone": "+998901234567", "note": "by telephone" })).await;
    assert_eq!(again, json!({ "added": 0, "alreadyThere": 1, "ids": [number] }));
    assert_eq!(desk.get(LIST).await["data"], json!([shown]), "what is said twice changes nothing");
    let looks = world.events().into_iter().filter(|event| event["type"] == "looked");
    let looks: Vec<Value> = looks.map(|event| event["payload"]["looked"].clone()).collect();
    let looked = |id: &str| looks.iter().filter(|look| look["id"] == id && look["how"] == "listed").count();
    assert_eq!(looked("do-not-call"), 1, "{looks:?}");

    let (status_code, refused) = removed(&desk, &number).await;
    assert_eq!((status_code.as_u16(), &refused["code"]), (403, &json!("role-too-low")));
    assert!(refused["detail"].as_str().unwrap().contains("has asked not to be called"), "{refused}");
    assert_eq!(removed(&admin, &number).await.0, 204);
    assert_eq!(status(&desk, &contact).await, "ACTIVE");
    assert_eq!(desk.get(LIST).await["meta"]["total"], 0);
    assert_eq!(desk.get(&check).await["listed"], false);
    for gone in [&*number, "s-1", &"0".repeat(32)] {
        let (status, answer) = removed(&admin, gone).await;
        assert_eq!((status.as_u16(), &answer["code"]), (404, &json!("number-not-listed")), "{gone}");
    }
    assert!(world.stop().success());
    for secret in ["998901234567", "asked by letter"] {
        assert!(!told(&world, "data/journal.db", secret) && !told(&world, "log", secret), "{secret}");
    }
    assert!(world.verify().status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_forbidden_and_allowed_again_on_sqlite() {
    a_number_is_forbidden_and_allowed_again(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_forbidden_and_allowed_again_on_postgres() {
    a_number_is_forbidden_and_allowed_again(World::postgres().await).await;
}

/// Whichever list a number is on, its contact is shown so; whoever is on everyone's list is freed there and nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn a_contact_of_a_number_on_everyones_list_is_marked() {
    let mut world = World::sqlite();
    world.start().await;
    let (admin, desk) = (Desk::of(&world, "1", "admin"), Desk::of(&world, "2", "manager"));
    let listed = ["+998901234567", "+998901234568"];
    let ids = added(&admin, "?scope=global", &json!({ "phones": listed })).await["ids"].clone();
    let marked = desk.created(&somebody("A", listed[0])).await;
    assert_eq!(marked["status"], "DO_NOT_CALL");

    let marked_path = format!("/contacts/{}", id(&marked));
    let patch = async |changes: Value| desk.ask(Method::PATCH, &marked_path, Some(&changes)).await;
    let (status_code, refused) = patch(json!({ "status": "ACTIVE" })).await;
    assert_eq!((status_code.as_u16(), &refused["code"]), (409, &json!("number-listed")), "{refused}");
    let mut same = marked.clone();
    same["notes"] = json!("VIP");
    assert_eq!(patch(same).await.1["notes"], "VIP");
    assert_eq!(patch(json!({ "phone": "+998907777777", "status": "ACTIVE" })).await.1["status"], "ACTIVE");
    assert_eq!(patch(json!({ "phone": listed[0] })).await.1["status"], "DO_NOT_CALL");
    assert_eq!(desk.get(LIST).await["meta"]["total"], 0, "it is no wish of this organization's");

    let file = format!("firstName,phone\nB,{}\nC,+998901234569\n", listed[1]);
    let (_, imported) = desk.import("a.csv", file.as_bytes(), "").await;
    assert_eq!(imported["rows"][0]["notes"][0]["what"], "opted_out", "{imported}");
    assert_eq!(desk.get("/contacts?status=DO_NOT_CALL").await["meta"]["total"], 2);

    let global = format!("{}?scope=global", ids[0].as_str().unwrap());
    assert_eq!(removed(&admin, &global).await.0, 204);
    assert_eq!(patch(json!({ "status": "ACTIVE" })).await.1["status"], "ACTIVE");
    assert!(world.stop().success());
}

async fn many_are_forbidden_at_once(mut world: World) {
    world.start().await;
    let desk = Desk::of(&world, "1", "operator");
    let contact = desk.created(&somebody("A", "+998900000777")).await;
    let mut all: Vec<String> = (0..10_000).map(|n| format!("+99890000{n:04}")).collect();
    all[9_998] = "+99890".to_owned();
    let (status_code, answer) = desk.ask(Method::POST, LIST, Some(&json!({ "phones": all }))).await;
    assert_eq!((status_code.as_u16(), &answer["field"]), (400, &json!("phones[9998]")), "{answer}");
    assert_eq!(desk.get(LIST).await["meta"]["total"], 0, "nothing of it was stored");
    assert_eq!(status(&desk, &contact).await, "ACTIVE");

    // The same number twice, and one that is there already.
    all[9_998] = "90 000 00-01".to_owned();
    added(&desk, "", &json!({ "phone": "+998900000002" })).await;
    let done = added(&desk, "", &json!({ "phones": all })).await;
    assert_eq!((&done["added"], &done["alreadyThere"]), (&json!(9_998), &json!(2)));
    assert_eq!(done["ids"].as_array().map(Vec::len), Some(9_999));
    assert_eq!(status(&desk, &contact).await, "DO_NOT_CALL");
    assert_eq!(desk.get(LIST).await["meta"]["total"], 9_999);
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_forbidden_at_once_on_sqlite() {
    many_are_forbidden_at_once(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_forbidden_at_once_on_postgres() {
    many_are_forbidden_at_once(World::postgres().await).await;
}

async fn what_is_forbidden_to_everyone(mut world: World) {
    world.start().await;
    let (ours, theirs) = (Desk::of(&world, "1", "admin"), Desk::of(&world, "2", "admin"));
    let own = added(&ours, "", &json!({ "phone": "+998901234567" })).await;
    assert_eq!(theirs.get(LIST).await["meta"]["total"], 0, "nobody sees another organization's list");
    let check = format!("{LIST}/check?phone=901234567");
    assert_eq!(theirs.get(&check).await["listed"], false);
    let number = own["ids"][0].as_str().unwrap();
    assert_eq!(removed(&theirs, number).await.0, 404);

    let global = added(&ours, "?scope=global", &json!({ "phone": "+998901234567", "note": "by law" })).await;
    assert_ne!(global["ids"], own["ids"], "a number has another name in every list");
    assert_eq!(ours.get(&check).await["lists"], json!(["organization", "global"]));
    let known = theirs.get(&check).await;
    let told = json!({
        "phone": "+998901234567", "listed": true, "lists": ["global"], "id": null,
        "numberId": known["numberId"], "source": null,
    });
    assert!(known == told && ![&own["ids"][0], &global["ids"][0]].contains(&&known["numberId"]), "{known}");
    let shown = ours.get(&format!("{LIST}?scope=global")).await;
    assert_eq!((&shown["meta"]["total"], &shown["data"][0]["note"]), (&json!(1), &json!("by law")));

    let manager = Desk::of(&world, "1", "manager");
    let number = global["ids"][0].as_str().unwrap();
    let one = json!({ "phone": "+998907654321" });
    for stranger in [&theirs, &manager] {
        for (method, path, body) in [
            (Method::GET, format!("{LIST}?scope=global"), None),
            (Method::POST, format!("{LIST}?scope=global"), Some(&one)),
            (Method::DELETE, format!("{LIST}/{number}?scope=global"), None),
        ] {
            let (status, answer) = stranger.ask(method.clone(), &path, body).await;
            assert_eq!((status.as_u16(), &answer["code"]), (403, &json!("global-list-closed")), "{method}");
        }
    }
    assert_eq!(removed(&ours, number).await.0, 404, "each list is by itself");
    assert_eq!(removed(&ours, &format!("{number}?scope=global")).await.0, 204);
    assert_eq!(ours.get(&check).await["lists"], json!(["organization"]));
    assert_eq!(theirs.get(&check).await["listed"], false);
    // The name that is everyone's is no organization's.
    assert!(!world.run(&["token", "--org", "*", "--role", "admin"]).status.success());
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forbidden_to_everyone_on_sqlite() {
    what_is_forbidden_to_everyone(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forbidden_to_everyone_on_postgres() {
    what_is_forbidden_to_everyone(World::postgres().await).await;
}

/// A contact's mark and its number's are one; but a contact frees nobody who has asked for it otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn a_contact_and_its_number_agree() {
    let mut world = World::sqlite();
    world.start().await;
    let (desk, admin) = (Desk::of(&world, "1", "operator"), Desk::of(&world, "1", "admin"));
    let patched = async |contact: &Value, changes: Value| {
        desk.ask(Method::PATCH, &format!("/contacts/{}", id(contact)), Some(&changes)).await
    };
    let mut marked = somebody("A", "+998901234567");
    marked["status"] = json!("DO_NOT_CALL");
    let marked = desk.created(&marked).await;
    let other = desk.created(&somebody("B", "+998907654321")).await;
    assert_eq!(patched(&other, json!({ "status": "DO_NOT_CALL" })).await.0, 200);
    assert_eq!(phones(&desk, "").await, ["+998907654321", "+998901234567"]);
    let shown = desk.get(&format!("{LIST}?q=1234567")).await["data"][0].clone();
    assert_eq!((&shown["source"], &shown["contactId"]), (&json!("contact"), &marked["id"]));
    assert_eq!(patched(&marked, json!({ "status": "INACTIVE" })).await.1["status"], "INACTIVE");
    assert_eq!(phones(&desk, "").await, ["+998907654321"]);

    let hand = added(&desk, "", &json!({ "phone": "+998901234567" })).await;
    assert_eq!(status(&desk, &marked).await, "DO_NOT_CALL", "whatever it was before");
    for freed in ["ACTIVE", "INACTIVE", "COMPLETED"] {
        let (status, answer) = patched(&marked, json!({ "status": freed, "notes": "x" })).await;
        assert_eq!((status.as_u16(), &answer["code"]), (409, &json!("number-listed")), "{answer}");
        assert_eq!(answer["id"], hand["ids"][0]);
    }
    let known = desk.get(&format!("/contacts/{}", id(&marked))).await;
    assert_eq!((&known["status"], &known["notes"]), (&json!("DO_NOT_CALL"), &Value::Null));

    // A number that is listed marks whoever gets it.
    let third = desk.created(&somebody("C", "+998900000003")).await;
    added(&desk, "", &json!({ "phone": "+998900000009" })).await;
    let moved = patched(&third, json!({ "phone": "+998900000009", "status": "ACTIVE" })).await.1;
    assert_eq!((&moved["status"], &moved["phone"]), (&json!("DO_NOT_CALL"), &json!("+998900000009")));
    // Whoever is marked marks the number that it gets, and the one before stays as it was.
    assert_eq!(patched(&third, json!({ "phone": "+998900000008" })).await.1["status"], "DO_NOT_CALL");
    assert_eq!(phones(&desk, "q=8").await, ["+998900000008"]);
    assert_eq!(phones(&desk, "q=9").await, ["+998900000009"]);
    assert_eq!(removed(&admin, hand["ids"][0].as_str().unwrap()).await.0, 204);
    assert_eq!(status(&desk, &marked).await, "ACTIVE");
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_added_last_comes_first() {
    let mut world = World::sqlite();
    world.start().await;
    let admin = Desk::of(&world, "1", "admin");
    let mut names = vec![];
    for n in 1..=5 {
        let done = added(&admin, "", &json!({ "phone": format!("+99890000000{n}") })).await;
        names.push(done["ids"][0].as_str().unwrap().to_owned());
    }
    let last = |numbers: &[u8]| numbers.iter().map(|n| format!("+99890000000{n}")).collect::<Vec<_>>();
    assert_eq!(phones(&admin, "").await, last(&[5, 4, 3, 2, 1]));
    removed(&admin, &names[1]).await;
    added(&admin, "", &json!({ "phone": "+998900000002" })).await;
    assert_eq!(phones(&admin, "page=1&limit=2").await, last(&[2, 5]));
    assert_eq!(phones(&admin, "page=2&limit=2").await, last(&[4, 3]));
    let meta = admin.get(&format!("{LIST}?limit=2")).await["meta"].clone();
    assert_eq!((&meta["total"], &meta["totalPages"]), (&json!(5), &json!(3)));
    let next = format!("limit=9&cursor={}", meta["nextCursor"].as_str().unwrap());
    assert_eq!(phones(&admin, &next).await, last(&[4, 3, 1]));
    for (q, found) in [("3", vec![3]), ("0%200-03", vec![3]), ("8%2090%200000003", vec![3]), ("13", vec![])] {
        assert_eq!(phones(&admin, &format!("q={q}")).await, last(&found), "{q}");
    }
    assert_eq!(phones(&admin, "q=%2B998900000004").await, last(&[4]));
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "operator");
    let many = vec!["+998901234567"; 10_001];
    for (field, body) in [
        ("phone", json!({})),
        ("phone", json!({ "phone": null, "phones": null })),
        ("phone", json!({ "phone": "12" })),
        ("phone", json!({ "phone": 998_901_234_567_u64 })),
        ("phone", json!({ "phone": "9".repeat(65) })),
        ("phones", json!({ "phone": "+998901234567", "phones": ["+998901234567"] })),
        ("phones", json!({ "phones": [] })),
        ("phones", json!({ "phones": "+998901234567" })),
        ("phones", json!({ "phones": many })),
        ("phones[1]", json!({ "phones": ["+998901234567", null] })),
        ("phones[1]", json!({ "phones": ["+998901234567", "qwerty", "12"] })),
        ("note", json!({ "phone": "+998901234567", "note": "x".repeat(1_001) })),
        ("note", json!({ "phone": "+998901234567", "note": 7 })),
        ("number", json!({ "phone": "+998901234567", "number": 7 })),
    ] {
        let (status, answer) = desk.ask(Method::POST, LIST, Some(&body)).await;
        assert_eq!((status.as_u16(), &answer["code"]), (400, &json!("bad-field")), "{field}: {answer}");
        assert_eq!(answer["field"], field, "{answer}");
        assert!(!answer.to_string().contains("998901234567"), "{answer}");
    }
    for (parameter, path) in [
        ("scope", "?scope=all"),
        ("scope", "?scope=global&scope=global"),
        ("q", "?q=x"),
        ("q", "?q="),
        ("q", "?q=%2B"),
        ("limit", "?limit=1001"),
        ("cursor", "?cursor=1&page=1"),
        ("source", "?source=hand"),
        ("phone", "/check"),
        ("phone", "/check?phone="),
        ("phone", "/check?phone=12"),
        ("phone", "/check?phone=901234567&phone=901234567"),
        ("q", "/check?phone=901234567&q=1"),
    ] {
        let (status, answer) = desk.ask(Method::GET, &format!("{LIST}{path}"), None).await;
        assert_eq!((status.as_u16(), &answer["code"]), (400, &json!("bad-parameter")), "{path}: {answer}");
        assert_eq!(answer["parameter"], parameter, "{path}: {answer}");
    }
    let misspelt = desk.ask(Method::POST, &format!("{LIST}?scop=global"), Some(&json!({}))).await;
    assert_eq!(misspelt.1["parameter"], "scop");
    let auditor = Desk::of(&world, "1", "auditor");
    let (status, answer) = auditor.ask(Method::POST, LIST, Some(&json!({ "phone": "+998901234567" }))).await;
    assert_eq!((status.as_u16(), &answer["code"]), (403, &json!("role-too-low")));
    assert_eq!(auditor.get(LIST).await["meta"]["total"], 0, "nothing was stored, and auditors may look");
    assert!(world.stop().success());
}
