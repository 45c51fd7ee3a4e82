//! Contacts by workbook: what becomes of each row, what is stored, what is told, and what an undoing leaves.

mod deep;
mod doubled;
mod exported;
mod undone;

use reqwest::{Method, StatusCode};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::{Value, json};

use crate::contacts::{Desk, id, somebody};
use crate::world::World;

const NAMES: [&str; 8] = [
    "First Name",
    "LASTNAME",
    " phone ",
    "date of birth",
    "customData (JSON string)",
    "Notes",
    "Contract",
    "Debt",
];

/// A workbook as people make them: a number kept as a number, a date kept as a date, things in the wrong places.
fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let date = Format::new().set_num_format("dd.mm.yyyy");
    for (column, name) in (0..).zip(NAMES) {
        sheet.write(0, column, name).unwrap();
    }
    let born = ExcelDateTime::from_ymd(1990, 1, 15).unwrap();
    sheet.write(1, 0, "Alisher").unwrap().write(1, 1, "Valijonov").unwrap();
    sheet.write(1, 2, 998_901_234_567_u64).unwrap();
    sheet.write_with_format(1, 3, &born, &date).unwrap();
    sheet.write(1, 4, r#"{"totalDebt": 5420.50, "remainingDebt": 5170.50}"#).unwrap();
    sheet.write(1, 5, "VIP").unwrap().write(1, 6, "A-7").unwrap().write(1, 7, 12.5).unwrap();
    // A blank row, then one with JSON that is none.
    sheet
        .write(3, 0, "Olim")
        .unwrap()
        .write(3, 2, "90 123-45-68")
        .unwrap()
        .write(3, 3, "16.02.1991")
        .unwrap();
    sheet.write(3, 4, r#"{"totalDebt": 54"#).unwrap();
    sheet.write(4, 0, "Nodira").unwrap().write(4, 2, "+998 90 123 45 67").unwrap();
    sheet.write(5, 1, "Nameless").unwrap().write(5, 2, "+998901234569").unwrap();
    sheet.write(6, 0, "Rounded").unwrap().write(6, 2, "9.98E+11").unwrap();
    book.save_to_buffer().unwrap()
}

fn csv(rows: &[&str]) -> Vec<u8> {
    format!("firstName,lastName,phone,notes\n{}\n", rows.join("\n")).into_bytes()
}

fn counts(answer: &Value) -> [u64; 7] {
    ["total", "created", "updated", "skipped", "rejected", "repaired", "warnings"]
        .map(|name| answer[name].as_u64().unwrap_or_else(|| panic!("{name}: {answer}")))
}

/// Row, outcome, and field and code of each note.
fn told(answer: &Value) -> Vec<String> {
    let row = |row: &Value| {
        let note =
            |note: &Value| format!(" {}:{}", note["field"].as_str().unwrap(), note["what"].as_str().unwrap());
        let notes: String = row["notes"].as_array().unwrap().iter().map(note).collect();
        format!("{} {}{notes}", row["row"], row["outcome"].as_str().unwrap())
    };
    answer["rows"].as_array().unwrap().iter().map(row).collect()
}

impl Desk<'_> {
    async fn imported(&self, name: &str, bytes: &[u8], query: &str) -> Value {
        let (status, answer) = self.import(name, bytes, query).await;
        assert_eq!(status, 200, "{answer} {}", self.said());
        answer
    }

    async fn refused(&self, bytes: &[u8], query: &str) -> (StatusCode, String, Value) {
        let (status, answer) = self.import("contacts.csv", bytes, query).await;
        (status, answer["code"].as_str().unwrap_or_default().to_owned(), answer)
    }

    async fn total(&self) -> u64 {
        self.get("/contacts?limit=1").await["meta"]["total"].as_u64().unwrap()
    }

    async fn found(&self, q: &str) -> Value {
        let page = self.get(&format!("/contacts?q={q}")).await;
        assert_eq!(page["meta"]["total"], 1, "{page}");
        page["data"][0].clone()
    }
}

fn import_of(answer: &Value) -> String {
    answer["importId"].as_str().unwrap().to_owned()
}

async fn a_workbook_becomes_contacts(mut world: World) {
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    let answer = desk.imported("contacts.xlsx", &workbook(), "").await;
    assert_eq!(counts(&answer), [5, 2, 0, 1, 2, 3, 1], "{answer}");
    assert_eq!(
        told(&answer),
        [
            "2 created phone:repaired",
            "4 created phone:repaired dateOfBirth:repaired customData:not_json",
            "5 skipped phone:earlier_row",
            "6 rejected firstName:missing",
            "7 rejected phone:digits_lost",
        ]
    );
    let note = &answer["rows"][0]["notes"][0];
    assert_eq!((&note["before"], &note["after"]), (&json!("998901234567"), &json!("+998901234567")));

    let ali = desk.found("Alisher").await;
    assert_eq!((&ali["lastName"], &ali["phone"]), (&json!("Valijonov"), &json!("+998901234567")));
    assert_eq!((&ali["dateOfBirth"], &ali["notes"]), (&json!("1990-01-15"), &json!("VIP")));
    let data = json!({ "totalDebt": 5420.50, "remainingDebt": 5170.50, "Contract": "A-7", "Debt": 12.5 });
    assert_eq!((&ali["customData"], &ali["status"]), (&data, &json!("ACTIVE")));
    let olim = desk.found("Olim").await;
    assert_eq!((&olim["dateOfBirth"], &olim["customData"]), (&json!("1991-02-16"), &Value::Null));

    let import = import_of(&answer);
    let shown = desk.get(&format!("/imports/{import}")).await;
    assert_eq!((&shown["status"], &shown["origin"]), (&json!("FINISHED"), &json!("workbook")));
    assert_eq!(counts(&shown), counts(&answer));
    let all = desk.get("/imports?page=1&limit=10").await;
    assert_eq!((&all["data"], &all["meta"]["total"]), (&json!([shown]), &json!(1)));
    let first =
        format!("row,outcome,contactId,field,what,before,after,reason\n2,created,{},phone,", id(&ali));
    let report = String::from_utf8(desk.bytes(&format!("/imports/{import}/report")).await).unwrap();
    assert!(report.starts_with(&first) && report.lines().count() == 8, "{report}");

    assert!(world.stop().success());
    assert!(world.verify().status.success());
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    assert_eq!(String::from_utf8(desk.bytes(&format!("/imports/{import}/report")).await).unwrap(), report);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_becomes_contacts_on_sqlite() {
    a_workbook_becomes_contacts(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_becomes_contacts_on_postgres() {
    a_workbook_becomes_contacts(World::postgres().await).await;
}

/// Neither a contact nor what was told of it, and nothing of the file.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_person_lies_in_clear_in_the_journal() {
    let mut world = World::sqlite();
    world.start().await;
    let manager = Desk::of(&world, "1", "manager");
    manager.imported("contacts.xlsx", &workbook(), "").await;
    assert!(world.stop().success());
    let journal = std::fs::read(world.data().join("journal.db")).unwrap();
    for text in ["901234567", "Valijonov", "90 123-45-68", "5420", "9.98E+11"] {
        let found = journal.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(!found, "{text} lies there in clear");
    }
    let left = std::fs::read_dir(world.data().join("uploads"));
    assert!(left.map_or(true, |mut left| left.next().is_none()), "no file is left behind");
}

/// What other programs write: openpyxl, and xlwt for the old kind.
#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_workbook_gives_the_same_contacts() {
    let mut world = World::sqlite();
    world.start().await;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/workbooks");
    for (name, organization) in [("contacts-openpyxl.xlsx", "1"), ("contacts-xlwt.xls", "2")] {
        let desk = Desk::of(&world, organization, "manager");
        let bytes = std::fs::read(folder.join(name)).unwrap();
        // The ending does not matter.
        let answer = desk.imported("contacts.bin", &bytes, "").await;
        assert_eq!(counts(&answer), [3, 2, 0, 0, 1, 2, 1], "{name}: {answer}");
        assert_eq!(
            told(&answer),
            [
                "2 created phone:repaired",
                "3 created phone:repaired dateOfBirth:not_a_day",
                "5 rejected firstName:missing phone:missing"
            ],
            "{name}"
        );
        let ali = desk.found("Alisher").await;
        assert_eq!((&ali["dateOfBirth"], &ali["phone"]), (&json!("1990-01-15"), &json!("+998901234567")));
        assert_eq!(ali["customData"], json!({ "totalDebt": 5420.5, "City": "Toshkent" }), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_all_and_stores_nothing() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    desk.created(&somebody("Known", "+998901234568")).await;
    let before = world.events().len();
    let answer = desk.imported("contacts.xlsx", &workbook(), "dryRun=true&onDuplicate=update").await;
    assert_eq!(counts(&answer), [5, 1, 1, 1, 2, 3, 1], "{answer}");
    assert_eq!(
        (&answer["importId"], &answer["dryRun"], &answer["report"]),
        (&Value::Null, &json!(true), &Value::Null)
    );
    assert_eq!(answer["rows"][0]["contactId"], Value::Null, "there is no contact yet");
    assert_eq!((world.events().len(), desk.total().await), (before, 1));
    assert_eq!(desk.get("/imports").await["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_upload_rejects_what_is_doubtful() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    let answer = desk.imported("contacts.xlsx", &workbook(), "strict=true").await;
    assert_eq!(counts(&answer), [5, 1, 0, 1, 3, 1, 0], "{answer}");
    assert!(
        told(&answer)
            .contains(&"4 rejected phone:repaired dateOfBirth:repaired customData:not_json".to_owned())
    );
    assert_eq!(desk.total().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_list_of_contacts_stores_nothing() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    let mut cut = workbook();
    cut.truncate(cut.len() / 2);
    for (bytes, query, (status, code), said) in [
        (b"Ali,+998901234567\n".as_slice(), "", (400, "bad-sheet"), "firstName is not among them"),
        (b"firstName;Telefon\nAli;+998901234567\n", "", (400, "bad-sheet"), "phone is not among them"),
        (b"firstName,phone\n", "", (400, "bad-sheet"), "no rows below"),
        (b"firstName,phone,Phone\nA,+998901234567,x\n", "", (400, "bad-sheet"), "phone twice"),
        (b"", "", (400, "bad-sheet"), "worksheet is empty"),
        (&cut, "", (400, "bad-sheet"), "damaged"),
        // A quotation that never ends, after rows that could be taken.
        (b"firstName,phone\nA,+998901234567\n\"B,+998901234568\n", "", (400, "bad-sheet"), "never closed"),
        (b"firstName,phone\nA,+998901234567\n", "dryrun=true", (400, "bad-parameter"), "dryrun is not known"),
        (b"firstName,phone\nA,+998901234567\n", "dryRun=1", (400, "bad-parameter"), "true, false"),
        (
            b"firstName,phone\nA,+998901234567\n",
            "onDuplicate=replace",
            (400, "bad-parameter"),
            "skip, update, fail",
        ),
    ] {
        let (answered, told, answer) = desk.refused(bytes, query).await;
        assert_eq!((answered.as_u16(), &*told), (status, code), "{answer}");
        assert!(answer["detail"].as_str().unwrap().contains(said), "{answer}");
    }
    assert_eq!((desk.total().await, &desk.get("/imports").await["data"]), (0, &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_managers_take_in_and_nobody_sees_the_import_of_others() {
    let mut world = World::sqlite();
    world.start().await;
    let (manager, operator) = (Desk::of(&world, "1", "manager"), Desk::of(&world, "1", "operator"));
    let rows = csv(&["Ali,V,+998901234567,"]);
    let (status, code, _) = operator.refused(&rows, "").await;
    assert_eq!((status.as_u16(), &*code), (403, "role-too-low"));
    let import = format!("/imports/{}", import_of(&manager.imported("a.csv", &rows, "").await));
    assert_eq!(operator.get(&import).await["created"], 1, "who may look may look");
    assert_eq!(operator.ask(Method::DELETE, &import, None).await.0, 403);

    let other = Desk::of(&world, "2", "admin");
    for (method, path) in [
        (Method::GET, import.clone()),
        (Method::GET, format!("{import}/report")),
        (Method::DELETE, import.clone()),
    ] {
        let (status, answer) = other.ask(method, &path, None).await;
        assert_eq!((status.as_u16(), &answer["code"]), (404, &json!("import-unknown")), "{path}");
    }
    assert_eq!(other.get("/imports").await["meta"]["total"], 0);
    assert_eq!(other.ask(Method::GET, "/imports/none", None).await.0, 404);
    let same = other.imported("a.csv", &rows, "").await;
    assert_eq!(counts(&same)[1], 1, "a number is one's own within an organization");
    assert_eq!(manager.total().await, 1);
}

/// That a number may not be called stays with the number, whoever brings it back.
#[tokio::test(flavor = "multi_thread")]
async fn who_opted_out_comes_back_as_do_not_call() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    let contact = desk
        .created(
            &json!({ "firstName": "A", "lastName": "B", "phone": "+998901234567", "status": "DO_NOT_CALL" }),
        )
        .await;
    assert_eq!(desk.ask(Method::DELETE, &format!("/contacts/{}", id(&contact)), None).await.0, 200);
    let rows = csv(&["Guli,V,+998901234567,", "Vali,V,+998901234568,"]);
    let answer = desk.imported("a.csv", &rows, "").await;
    assert_eq!((counts(&answer)[1], told(&answer)), (2, vec!["2 created phone:opted_out".to_owned()]));
    assert_eq!(desk.found("Guli").await["status"], "DO_NOT_CALL");
    assert_eq!(desk.found("Vali").await["status"], "ACTIVE");
}
