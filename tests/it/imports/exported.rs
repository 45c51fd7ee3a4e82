//! Contacts that are handed out, and come back as they were.

use super::*;

/// What an import can bring back: everything but what is not of the person.
fn shown(contact: &Value) -> Value {
    json!(
        ["firstName", "lastName", "phone", "dateOfBirth", "customData", "notes", "timezone"]
            .map(|name| contact[name].clone())
    )
}

async fn all(desk: &Desk<'_>) -> Vec<Value> {
    let page = desk.get("/contacts?limit=1000").await;
    let mut contacts: Vec<Value> = page["data"].as_array().unwrap().iter().map(shown).collect();
    contacts.sort_by_key(Value::to_string);
    contacts
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_can_be_imported() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    desk.imported("contacts.xlsx", &workbook(), "").await;
    for (n, odd) in
        ["=HYPERLINK(\"x\")", "-5", "'plain", "a, \"b\"; c", "two\nlines", "O‘g‘il", "@x"].iter().enumerate()
    {
        let phone = format!("+9989077{n:05}");
        let contact = json!({ "firstName": odd, "lastName": odd, "phone": phone, "notes": odd, "customData": [odd, n], "timezone": "Asia/Samarkand" });
        desk.created(&contact).await;
    }
    let known = all(&desk).await;
    assert_eq!(known.len(), 9);
    for (format, organization) in [("csv", "2"), ("xlsx", "3")] {
        let file = desk.bytes(&format!("/contacts/export?format={format}")).await;
        let other = Desk::of(&world, organization, "manager");
        let answer = other.imported("contacts", &file, "strict=true").await;
        assert_eq!(counts(&answer), [9, 9, 0, 0, 0, 0, 0], "{format}: {answer}");
        assert_eq!(all(&other).await, known, "{format}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_what_the_list_would_show() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    let rows: Vec<String> = (0..1_234).map(|n| format!("Mijoz {n},V,+99890{n:07},")).collect();
    desk.imported("a.csv", &csv(&rows.iter().map(String::as_str).collect::<Vec<_>>()), "").await;
    let lines = async |query: &str| {
        let file = desk.bytes(&format!("/contacts/export{query}")).await;
        String::from_utf8(file).unwrap().lines().map(str::to_owned).collect::<Vec<String>>()
    };
    let whole = lines("").await;
    assert_eq!(whole[0], "\u{feff}firstName,lastName,phone,dateOfBirth,customData,notes,timezone");
    assert_eq!(
        (whole.len(), &*whole[1], &*whole[1_234]),
        (1_235, "Mijoz 1233,V,+998900001233,,,,", "Mijoz 0,V,+998900000000,,,,")
    );
    assert_eq!(lines("?q=mijoz+77").await.len(), 1 + 11);
    assert_eq!(lines("?status=INACTIVE").await.len(), 1);
    assert_eq!(Desk::of(&world, "2", "admin").bytes("/contacts/export").await.len(), whole[0].len() + 2);
    for (query, parameter) in [("format=pdf", "format"), ("status=ASLEEP", "status"), ("state=x", "state")] {
        let (status, answer) = desk.ask(Method::GET, &format!("/contacts/export?{query}"), None).await;
        assert_eq!((status.as_u16(), &answer["parameter"]), (400, &json!(parameter)), "{answer}");
    }
}

/// A workbook cannot hold what is too long for its cells, and says so where it ends; CSV can. The other rows are there.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_for_a_cell_is_cut_and_said() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    // Every second of its signs takes two of a cell's units.
    let data = json!({ "story": "x\u{1F600}".repeat(12_000) });
    desk.created(&json!({ "firstName": "A", "lastName": "B", "phone": "+998901234567", "customData": data }))
        .await;
    desk.created(&json!({ "firstName": "C", "lastName": "D", "phone": "+998901234568" })).await;
    let book = desk.bytes("/contacts/export?format=xlsx").await;
    let mut book: calamine::Xlsx<_> = calamine::Reader::new(std::io::Cursor::new(book)).unwrap();
    let sheet = calamine::Reader::worksheet_range_at(&mut book, 0).unwrap().unwrap();
    assert_eq!(sheet.height(), 3, "the rows beside it are there");
    let cell = sheet.get_value((2, 4)).unwrap().to_string();
    assert!((32_766..=32_767).contains(&cell.encode_utf16().count()), "{}", cell.encode_utf16().count());
    assert!(cell.ends_with("the CSV has all of it]"));
    let file = desk.bytes("/contacts/export?format=csv").await;
    let other = Desk::of(&world, "2", "manager");
    other.imported("contacts.csv", &file, "strict=true").await;
    assert_eq!(all(&other).await, all(&desk).await);
}
