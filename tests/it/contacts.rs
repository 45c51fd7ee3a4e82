//! Contacts from outside: created, changed, looked for, removed; one number each; nobody else's are seen.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::World;

/// A workbook of a hundred thousand rows, unoptimised and beside other tests.
const IMPORT_WAIT: std::time::Duration = std::time::Duration::from_mins(5);

/// Somebody of an organization, with a token that the program itself made.
pub(crate) struct Desk<'a> {
    world: &'a World,
    token: String,
}

impl<'a> Desk<'a> {
    pub(crate) fn of(world: &'a World, organization: &str, role: &str) -> Self {
        let out = world.run(&["token", "--org", organization, "--role", role]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        Self { world, token: String::from_utf8(out.stdout).unwrap().trim().to_owned() }
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        let request = self.world.http.request(method, self.world.url(&format!("/auto-calling{path}")));
        let request = request.bearer_auth(&self.token);
        let request = if let Some(body) = body { request.json(body) } else { request };
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    }

    /// Sends a body as it is.
    pub(crate) async fn sent(&self, method: Method, path: &str, body: &str) -> (StatusCode, Value) {
        let request = self.world.http.request(method, self.world.url(&format!("/auto-calling{path}")));
        let request = request.bearer_auth(&self.token).header("content-type", "application/json");
        let answer = request.body(body.to_owned()).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub(crate) async fn created(&self, contact: &Value) -> Value {
        let (status, answer) = self.ask(Method::POST, "/contacts", Some(contact)).await;
        assert_eq!(status, 201, "{answer}");
        answer
    }

    /// Sends contacts as a browser's form does.
    pub(crate) async fn import(&self, name: &str, bytes: &[u8], query: &str) -> (StatusCode, Value) {
        let mut body =
            format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n")
                .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--edge--\r\n");
        let path = format!("/auto-calling/contacts/upload-excel?{query}");
        let request = self.world.http.post(self.world.url(&path)).body(body).bearer_auth(&self.token);
        let request = request.header("content-type", "multipart/form-data; boundary=edge");
        let answer = request.timeout(IMPORT_WAIT).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    }

    /// What the engine wrote to its log.
    pub(crate) fn said(&self) -> String {
        self.world.said()
    }

    /// What a download holds.
    pub(crate) async fn bytes(&self, path: &str) -> Vec<u8> {
        let request = self.world.http.get(self.world.url(&format!("/auto-calling{path}")));
        let answer = request.bearer_auth(&self.token).timeout(IMPORT_WAIT).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.bytes().await.unwrap().to_vec()
    }

    async fn patched(&self, id: &str, changes: &Value) -> (StatusCode, Value) {
        self.ask(Method::PATCH, &format!("/contacts/{id}"), Some(changes)).await
    }

    async fn names(&self, query: &str) -> Vec<String> {
        let page = self.get(&format!("/contacts?{query}")).await;
        let name = |contact: &Value| contact["firstName"].as_str().unwrap().to_owned();
        page["data"].as_array().unwrap().iter().map(name).collect()
    }
}

fn ali() -> Value {
    json!({
        "firstName": "Alisher", "lastName": "Valijonov", "phone": "90 123-45-67", "dateOfBirth": "1990-01-15",
        "customData": { "totalDebt": 5420.50, "remainingDebt": 5170.50 }, "notes": "VIP",
    })
}

pub(crate) fn somebody(name: &str, phone: &str) -> Value {
    json!({ "firstName": name, "lastName": "Karimov", "phone": phone })
}

pub(crate) fn id(contact: &Value) -> String {
    contact["id"].as_str().unwrap().to_owned()
}

async fn a_contact_lives(mut world: World) {
    world.start().await;
    let desk = Desk::of(&world, "1", "operator");
    let made = desk.created(&ali()).await;
    assert_eq!(
        (&made["phone"], &made["status"], &made["isCalled"]),
        (&json!("+998901234567"), &json!("ACTIVE"), &json!(false))
    );
    assert_eq!(made["statusDescription"], "Faol kontakt, qo'ng'iroq qilish mumkin");
    assert_eq!(made["customData"], json!({ "totalDebt": 5420.50, "remainingDebt": 5170.50 }));
    assert_eq!(desk.get(&format!("/contacts/{}", id(&made))).await, made);

    let changes = json!({ "notes": null, "lastConversationOutcome": "Payment received", "status": "COMPLETED", "timezone": "Asia/Tashkent" });
    let (status, after) = desk.patched(&id(&made), &changes).await;
    assert_eq!(
        (status.as_u16(), &after["notes"], &after["status"]),
        (200, &Value::Null, &json!("COMPLETED"))
    );
    assert_eq!(
        (&after["lastConversationOutcome"], &after["firstName"]),
        (&json!("Payment received"), &json!("Alisher"))
    );
    // What an answer shows may be sent back as it is.
    let (status, same) = desk.patched(&id(&made), &after).await;
    assert_eq!((status.as_u16(), &same["updatedAt"]), (200, &after["updatedAt"]), "nothing has changed");

    let (status, removed) = desk.ask(Method::DELETE, &format!("/contacts/{}", id(&made)), None).await;
    assert_eq!((status.as_u16(), &removed["deleted"]), (200, &json!(true)));
    let (status, gone) = desk.ask(Method::GET, &format!("/contacts/{}", id(&made)), None).await;
    assert_eq!((status.as_u16(), &gone["code"]), (404, &json!("contact-unknown")));
    assert_eq!(desk.patched(&id(&made), &changes).await.0, 404);
    desk.created(&ali()).await;

    assert!(world.stop().success());
    let journal = std::fs::read(world.data().join("journal.db")).unwrap_or_default();
    let told = |text: &str| journal.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(
        !told("998901234567") && !told("Valijonov") && !told("5420"),
        "the journal holds nothing in clear"
    );
    assert!(world.verify().status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_lives_on_sqlite() {
    a_contact_lives(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_lives_on_postgres() {
    a_contact_lives(World::postgres().await).await;
}

async fn a_number_is_one_contacts(mut world: World) {
    world.start().await;
    let (desk, other) = (Desk::of(&world, "1", "operator"), Desk::of(&world, "2", "operator"));
    let same =
        ["+998901234567", "998901234567", "90 123-45-67", "8 90 1234567"].map(|phone| somebody("A", phone));
    let asked = futures_util::future::join_all(
        (0..40).map(|n| desk.ask(Method::POST, "/contacts", Some(&same[n % same.len()]))),
    )
    .await;
    let made: Vec<_> = asked.iter().filter(|(status, _)| *status == 201).collect();
    assert_eq!(made.len(), 1, "of forty that come at once one has the number");
    for (status, answer) in asked.iter().filter(|(status, _)| *status != 201) {
        assert_eq!((status.as_u16(), &answer["code"]), (409, &json!("phone-taken")), "{answer}");
        assert_eq!(answer["contactId"], made[0].1["id"]);
    }
    assert_eq!(desk.get("/contacts").await["meta"]["total"], 1);
    other.created(&same[0]).await;

    let second = desk.created(&somebody("B", "+998907654321")).await;
    let (status, _) = desk.patched(&id(&second), &json!({ "phone": "+998901234567" })).await;
    assert_eq!(status, 409);
    let (status, _) = desk.patched(&id(&made[0].1), &json!({ "phone": "+998900000000" })).await;
    assert_eq!(status, 200);
    let (status, moved) = desk.patched(&id(&second), &json!({ "phone": "+998901234567" })).await;
    assert_eq!(
        (status.as_u16(), &moved["phone"]),
        (200, &json!("+998901234567")),
        "what was given up is free"
    );
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_one_contacts_on_sqlite() {
    a_number_is_one_contacts(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_one_contacts_on_postgres() {
    a_number_is_one_contacts(World::postgres().await).await;
}

/// What somebody asked of a number holds for whoever has it later.
#[tokio::test(flavor = "multi_thread")]
async fn do_not_call_stays_with_the_number() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "operator");
    let first = desk.created(&ali()).await;
    assert_eq!(desk.patched(&id(&first), &json!({ "status": "DO_NOT_CALL" })).await.0, 200);
    desk.ask(Method::DELETE, &format!("/contacts/{}", id(&first)), None).await;
    let again = desk.created(&ali()).await;
    assert_eq!(again["status"], "DO_NOT_CALL");
    let (_, freed) = desk.patched(&id(&again), &json!({ "status": "ACTIVE" })).await;
    assert_eq!(freed["status"], "ACTIVE");
    desk.ask(Method::DELETE, &format!("/contacts/{}", id(&again)), None).await;
    assert_eq!(desk.created(&ali()).await["status"], "ACTIVE");
    // A number that is changed together with the mark is marked, not the one before.
    let both = json!({ "phone": "+998907777777", "status": "DO_NOT_CALL" });
    let third = desk.get("/contacts?q=Alisher").await["data"][0].clone();
    assert_eq!(desk.patched(&id(&third), &both).await.1["status"], "DO_NOT_CALL");
    assert_eq!(desk.created(&ali()).await["status"], "ACTIVE", "the old number is free of it");
    assert!(world.stop().success());
}

/// Marked as it is created, a contact marks its number; and nobody is freed by being created again.
#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_created_as_it_is_wanted_in_one_piece() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "operator");
    let created = async |phone: &str, status: &str| {
        let mut contact = somebody("A", phone);
        contact["status"] = json!(status);
        desk.created(&contact).await
    };
    for (phone, status) in [("+998900000001", "INACTIVE"), ("+998900000002", "COMPLETED")] {
        assert_eq!(created(phone, status).await["status"], status);
    }
    let marked = created("+998900000003", "DO_NOT_CALL").await;
    assert_eq!((&marked["status"], &marked["createdAt"]), (&json!("DO_NOT_CALL"), &marked["updatedAt"]));
    for status in ["ACTIVE", "INACTIVE", "COMPLETED"] {
        let known = desk.get("/contacts?q=900000003").await["data"][0].clone();
        assert_eq!(desk.ask(Method::DELETE, &format!("/contacts/{}", id(&known)), None).await.0, 200);
        assert_eq!(created("+998900000003", status).await["status"], "DO_NOT_CALL", "{status}");
    }
    assert!(world.stop().success());
    let journal = rusqlite::Connection::open(world.data().join("journal.db")).unwrap();
    let query = "SELECT count(DISTINCT recorded_at) FROM events WHERE json_extract(payload, '$.created') IS NOT NULL \
                 OR json_extract(payload, '$.status_set') IS NOT NULL";
    let moments: u32 = journal.query_row(query, [], |row| row.get(0)).unwrap();
    assert_eq!(moments, 6, "six contacts were created, each with its status at one moment");
}

async fn contacts_are_found(mut world: World) {
    world.start().await;
    let (desk, other) = (Desk::of(&world, "1", "operator"), Desk::of(&world, "2", "auditor"));
    for n in 0..7 {
        desk.created(&somebody(&format!("Ўткир-{n}"), &format!("+99890000000{n}"))).await;
    }
    let marked = desk.get("/contacts?q=ўТКИР-3").await["data"][0].clone();
    desk.patched(&id(&marked), &json!({ "status": "INACTIVE" })).await;
    assert_eq!(desk.names("status=INACTIVE").await, ["Ўткир-3"]);
    assert_eq!(desk.names("q=0000004").await, ["Ўткир-4"]);
    assert_eq!(desk.names("q=%25").await, [""; 0], "what is sought is no pattern");
    assert_eq!(desk.names("page=2&limit=3").await, ["Ўткир-3", "Ўткир-2", "Ўткир-1"]);
    let page = desk.get("/contacts?limit=3").await;
    let meta = &page["meta"];
    assert_eq!(
        *meta,
        json!({ "page": 1, "limit": 3, "total": 7, "totalPages": 3, "nextCursor": meta["nextCursor"] })
    );
    let mut read = vec![];
    let mut query = "limit=3".to_owned();
    loop {
        read.extend(desk.names(&query).await);
        let next = desk.get(&format!("/contacts?{query}")).await["meta"]["nextCursor"].clone();
        let Some(next) = next.as_str() else { break };
        query = format!("limit=3&cursor={next}");
    }
    assert_eq!(read, (0..7).rev().map(|n| format!("Ўткир-{n}")).collect::<Vec<_>>());

    assert_eq!(other.get("/contacts").await["meta"]["total"], 0, "nobody sees another organization's");
    assert_eq!(other.ask(Method::GET, &format!("/contacts/{}", id(&marked)), None).await.0, 404);
    assert_eq!(other.patched(&id(&marked), &json!({ "notes": "x" })).await.1["code"], "role-too-low");
    let stranger = Desk::of(&world, "2", "operator");
    assert_eq!(stranger.patched(&id(&marked), &json!({ "notes": "x" })).await.0, 404);
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_found_on_sqlite() {
    contacts_are_found(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_found_on_postgres() {
    contacts_are_found(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_names_its_field() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "operator");
    for (field, value) in [
        ("firstName", json!("  ")),
        ("firstName", json!(7)),
        ("lastName", Value::Null),
        ("lastName", json!("x".repeat(201))),
        ("phone", json!("12")),
        ("phone", json!("qwerty")),
        ("phone", json!(["+998901234567"])),
        ("dateOfBirth", json!("15.01.1990")),
        ("dateOfBirth", json!("1990-02-30")),
        ("dateOfBirth", json!("2990-01-01")),
        ("notes", json!("x".repeat(10_001))),
        ("status", json!("active")),
        ("timezone", json!("Tashkent")),
        ("customData", json!("x".repeat(65_537))),
        ("nickname", json!("A")),
    ] {
        let mut contact = ali();
        contact[field] = value;
        let (status, answer) = desk.ask(Method::POST, "/contacts", Some(&contact)).await;
        assert_eq!((status.as_u16(), &answer["code"]), (400, &json!("bad-field")), "{field}: {answer}");
        assert_eq!(answer["field"], field, "{answer}");
    }
    for query in [
        "page=0",
        "page=x",
        "limit=0",
        "limit=1001",
        "cursor=x",
        "cursor=1&page=1",
        "page=1000000",
        "status=x",
    ] {
        let (status, answer) = desk.ask(Method::GET, &format!("/contacts?{query}"), None).await;
        assert_eq!((status.as_u16(), &answer["code"]), (400, &json!("bad-parameter")), "{query}: {answer}");
    }
    for body in ["", "null", "[]", "{"] {
        let request =
            world.http.post(world.url("/auto-calling/contacts")).bearer_auth(&desk.token).body(body);
        assert_eq!(request.send().await.unwrap().status(), 400, "{body}");
    }
    assert_eq!(desk.get("/contacts").await["meta"]["total"], 0, "nothing of it was stored");
    assert!(world.stop().success());
}
