//! Rows as people fill them in.

use serde_json::json;

use super::*;

const HEADING: &str = "firstName\tlastName\tphone\tdateOfBirth\tcustomData\tnotes\tDebt\tContract";

fn intake(strict: bool) -> Intake {
    let mut intake =
        Intake::new(Home::parse("UZ").unwrap(), strict, NaiveDate::from_ymd_opt(2026, 1, 1).unwrap());
    assert_eq!(intake.take(1, cell(HEADING)), Ok(None));
    intake
}

fn cell(text: &str) -> Cell<'_> {
    Cell { holds: Holds::Fields, text }
}

fn contact(row: &str) -> Coming {
    match intake(false).take(2, cell(row)).unwrap().unwrap() {
        Judged::Contact(coming) => *coming,
        Judged::Told(line) => panic!("{row}: {line:?}"),
    }
}

/// Field and code of each note of a row.
fn told(strict: bool, row: &str) -> (bool, Vec<String>) {
    let of =
        |notes: &[Note]| notes.iter().map(|note| format!("{} {}", note.field, note.what.as_str())).collect();
    match intake(strict).take(2, cell(row)).unwrap().unwrap() {
        Judged::Contact(coming) => (true, of(&coming.notes)),
        Judged::Told(line) => (false, of(&line.notes)),
    }
}

#[test]
fn a_row_is_a_contact() {
    let coming = contact("Ali\tValijonov\t+998901234567\t1990-01-15 00:00:00\t{\"debt\": 5420.50}\tVIP");
    let details = coming.details;
    assert_eq!(
        (&*details.first_name, &*details.last_name, &*details.phone),
        ("Ali", "Valijonov", "+998901234567")
    );
    assert_eq!(details.date_of_birth, NaiveDate::from_ymd_opt(1990, 1, 15));
    assert_eq!(
        (details.custom_data, details.notes.as_deref()),
        (Some(json!({ "debt": 5420.5 })), Some("VIP"))
    );
    assert_eq!(coming.notes, []);
}

#[test]
fn what_was_written_otherwise_is_told_before_and_after() {
    let coming = contact("Ali\t\t998901234567\t15.01.1990");
    let before_after = |note: &Note| (note.before.clone(), note.after.clone());
    let told: Vec<_> = coming.notes.iter().map(before_after).collect();
    let text = str::to_owned;
    assert_eq!(
        told,
        [(text("998901234567"), text("+998901234567")), (text("15.01.1990"), text("1990-01-15"))]
    );
}

#[test]
fn other_columns_are_the_contacts_own_data() {
    let data = |row: &str| contact(row).details.custom_data.unwrap();
    assert_eq!(
        data("A\t\t+998901234567\t\t{\"Debt\": 1}\t\t5\t007\tx"),
        json!({ "Debt": 1, "Contract": "007", "column 9": "x" })
    );
    assert_eq!(
        data("A\t\t+998901234567\t\t\t\t5420.50\t12345678901234567"),
        json!({ "Debt": 5420.5, "Contract": "12345678901234567" })
    );
    assert_eq!(data("A\t\t+998901234567\t\t[1]\t\t5"), json!([1]));
    assert_eq!(told(false, "A\t\t+998901234567\t\t[1]\t\t5"), (true, vec!["customData not_merged".into()]));
}

#[test]
fn what_cannot_be_read_is_left_out_with_a_warning_or_the_row_with_it() {
    for (row, note) in [
        ("A\t\t+998901234567\t\t{\"debt\": 5", "customData not_json"),
        ("A\t\t+998901234567\t31.02.1990", "dateOfBirth not_a_day"),
        ("A\t\t+998901234567\t2990-01-15", "dateOfBirth not_a_day"),
        ("A\t\t+998901234567\t32888", "dateOfBirth not_a_day"),
    ] {
        assert_eq!(told(false, row), (true, vec![note.to_owned()]), "{row}");
        assert_eq!(told(true, row), (false, vec![note.to_owned()]), "{row}");
    }
    assert!(told(true, "A\t\t998901234567\t15.01.1990").0, "what was repaired is not doubtful");
}

#[test]
fn without_a_name_or_a_number_there_is_no_contact() {
    let long = format!("{}\t\t+998901234567", "x".repeat(201));
    for (row, notes) in [
        ("\tB\t+998901234567", &["firstName missing"][..]),
        ("A\tB", &["phone missing"]),
        ("\tB", &["firstName missing", "phone missing"]),
        ("A\tB\t9.98E+11", &["phone digits_lost"]),
        ("A\tB\t12", &["phone too_short"]),
        (&long, &["firstName text_too_long"]),
    ] {
        let notes: Vec<String> = notes.iter().map(|&note| note.to_owned()).collect();
        assert_eq!(told(false, row), (false, notes), "{row}");
    }
    let formula = Cell { holds: Holds::Formula, text: "=A1\t\t+998901234567" };
    let Judged::Told(line) = intake(false).take(2, formula).unwrap().unwrap() else { panic!("a contact") };
    assert_eq!((line.became, line.notes[0].what), (Became::Rejected, What::Unfit(Unfit::Formula)));
}

#[test]
fn of_a_number_that_stands_twice_the_first_row_counts() {
    let mut intake = intake(true);
    let mut take = |row, text| intake.take(row, cell(text)).unwrap().unwrap();
    assert!(matches!(take(2, "A\t\t90 123-45-67\tnever"), Judged::Told(_)), "no contact has the number yet");
    assert!(matches!(take(3, "A\t\t90 123-45-67"), Judged::Contact(_)));
    let Judged::Told(line) = take(4, "B\t\t+998901234567") else { panic!("a contact") };
    assert_eq!((line.became, &*line.notes[0].after), (Became::Skipped, "3"));
}

#[test]
fn what_was_handed_out_is_taken_back() {
    let details = contact("'=A1\t'plain\t'+998901234567\t\t\t'-5").details;
    assert_eq!((&*details.first_name, &*details.last_name), ("=A1", "'plain"));
    assert_eq!(details.notes.as_deref(), Some("-5"));
}

#[test]
fn an_empty_cell_changes_nothing() {
    let known = contact("Ali\tValijonov\t+998901234567\t1990-01-15\t{\"debt\": 1}\tVIP").details;
    let known = Details { zone: Some("Asia/Tashkent".to_owned()), ..known };
    let after = contact("Olim\t\t+998901234567").over(&known);
    assert_eq!(after, Details { first_name: "Olim".to_owned(), ..known });
}

#[test]
fn names_without_rows_are_no_import() {
    let empty = intake(false);
    assert_eq!(empty.finish(), Err(BadHeading::NoRows));
}
