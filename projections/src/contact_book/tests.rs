//! What the screen makes of contacts.

use super::*;

use std::sync::Arc;

use domain::fact::Circumstances;
use domain::ids::StreamId;

const ID: &str = "0199b9f4-6f00-7000-8000-0000000000c1";
const CAMPAIGN: &str = "0199b9f4-6f00-7000-8000-0000000000d1";

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + secs, 0).unwrap()
}

fn fact(stream: &str, event: Event) -> Fact {
    Fact {
        position: 9,
        stream: StreamId::stored(stream.to_owned()),
        sequence: 1,
        recorded_at: at(0),
        occurred_at: at(0),
        circumstances: Arc::new(Circumstances::default()),
        event,
    }
}

fn details() -> Details {
    Details {
        first_name: "Ўткир".to_owned(),
        last_name: "Valijonov".to_owned(),
        phone: "+998901234567".to_owned(),
        date_of_birth: NaiveDate::from_ymd_opt(1990, 1, 15),
        custom_data: Some(serde_json::json!({ "totalDebt": 5420.50 })),
        ..Details::default()
    }
}

fn created(personal: Personal<Details>) -> contact::Event {
    contact::Event::Created { id: ID.parse().unwrap(), import: None, at: at(0), personal }
}

fn folded(events: Vec<contact::Event>) -> ContactRow {
    let mut row = None;
    for event in events {
        ContactBook::fold(&mut row, &fact(&format!("1/{ID}"), Event::Contact(event))).unwrap();
    }
    row.unwrap()
}

#[test]
fn a_contact_shows_what_is_known_and_prints_none_of_it() {
    let row = folded(vec![created(Personal::Clear(details()))]);
    assert_eq!((row.id.to_string(), row.status, row.is_called), (ID.to_owned(), Status::Active, 0));
    assert_eq!((&*row.sought, &*row.phone_backwards), ("ўткир valijonov", "765432109899+"));
    assert_eq!(row.date_of_birth.as_deref(), Some("1990-01-15"));
    assert_eq!(row.custom_data.as_deref(), Some(r#"{"totalDebt":5420.5}"#));
    assert!(!format!("{row:?}").contains("90123"));
}

#[test]
fn a_contact_that_was_removed_leaves_nothing_of_the_person() {
    let row = folded(vec![created(Personal::Clear(details())), contact::Event::Removed { at: at(5) }]);
    assert!(!row.is_forgotten());
    assert_eq!((row.removed, &*row.phone, &*row.sought, row.custom_data), (1, "", "", None));
    let forgotten = folded(vec![created(Personal::Forgotten)]);
    assert_eq!((forgotten.removed, &*forgotten.phone), (0, ""));
    assert!(forgotten.is_forgotten());
}

#[test]
fn who_is_dialled_was_called() {
    let mut row = Some(folded(vec![created(Personal::Clear(details()))]));
    let (call, stream) = (CAMPAIGN.parse().unwrap(), format!("1/{CAMPAIGN}/{ID}"));
    let dialled = target::Event::Dialled { call, attempt: 1, number: None, was_skipped: false, at: at(3) };
    let dialled = fact(&stream, Event::Target(dialled));
    assert_eq!(ContactBook::touches(&dialled), Some(Touch::Existing(format!("1/{ID}"))));
    ContactBook::fold(&mut row, &dialled).unwrap();
    assert_eq!(row.unwrap().is_called, 1);
    let enlisted = fact(&stream, Event::Target(target::Event::Enlisted { at: at(1) }));
    assert_eq!(ContactBook::touches(&enlisted), None);
}
