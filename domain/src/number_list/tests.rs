//! The sentences a list lives by.

use cqrs_es::test::TestFramework;

use super::*;
use crate::phone::{Home, Phone, Unfit};

type Lists = TestFramework<NumberList>;

const ID: Uuid = Uuid::from_u128(7);

fn accept(numbers: u32, digest: &str) -> Command {
    let counts = Counts { rows: numbers, numbers, ..Counts::default() };
    Command::Accept {
        id: ID,
        origin: Origin::Text,
        counts,
        digest: digest.to_owned(),
        at: DateTime::UNIX_EPOCH,
    }
}

fn accepted(numbers: u32, digest: &str) -> Event {
    let Command::Accept { id, origin, counts, digest, at } = accept(numbers, digest) else { panic!() };
    Event::Accepted { id, origin, counts, digest, at }
}

#[test]
fn a_list_is_accepted_once() {
    Lists::with(())
        .given_no_previous_events()
        .when(accept(2, "aa"))
        .then_expect_events(vec![accepted(2, "aa")]);
    Lists::with(()).given(vec![accepted(2, "aa")]).when(accept(2, "aa")).then_expect_events(vec![]);
    Lists::with(())
        .given(vec![accepted(2, "aa")])
        .when(accept(2, "bb"))
        .then_expect_error(Error::AlreadyThere);
}

#[test]
fn a_list_is_placed_once_until_it_is_not() {
    let at = DateTime::UNIX_EPOCH;
    let placed_after = |before: Vec<Event>| {
        let known = std::iter::once(accepted(2, "aa")).chain(before).collect();
        let events = Lists::with(()).given(known).when(Command::Place { at }).inspect_result().unwrap();
        events == vec![Event::Placed { at }]
    };
    let failed = || Event::PlaceFailed { reason: "full".to_owned(), at };
    assert!(placed_after(vec![]));
    assert!(placed_after(vec![Event::PutOff { at }]));
    assert!(placed_after(vec![Event::Placed { at }, failed()]));
    assert!(!placed_after(vec![Event::Placed { at }]));
    assert!(!placed_after(vec![failed(), Event::Placed { at }]));
}

#[test]
fn a_list_without_a_number_is_none() {
    Lists::with(()).given_no_previous_events().when(accept(0, "aa")).then_expect_error(Error::Empty);
}

fn taken(rows: &[&str]) -> (Vec<Line>, Counts) {
    let mut intake = Intake::new(Home::parse("UZ").unwrap());
    let mut lines = vec![];
    for (row, text) in (1..).zip(rows) {
        lines.extend(intake.take(row, Cell::value(text)).unwrap().into_iter().flat_map(|chunk| chunk.lines));
    }
    let (last, counts) = intake.finish();
    lines.extend(last.into_iter().flat_map(|chunk| chunk.lines));
    (lines, counts)
}

#[test]
fn every_row_is_told_of() {
    let rows = ["Telefon", "+998901234567", "", "90 123-45-68", "998901234567", "qwerty", "9.98901E+11"];
    let (lines, counts) = taken(&rows);
    let told: Vec<_> = lines.iter().map(|line| (line.row, line.verdict.clone())).collect();
    let phone = |text: &str| Phone::dialable(text, Home::parse("UZ").unwrap()).unwrap();
    assert_eq!(
        told,
        [
            (1, Verdict::Header),
            (2, Verdict::Accepted(phone("+998901234567"))),
            (4, Verdict::Repaired(phone("+998901234568"))),
            (5, Verdict::Duplicate { of: 2 }),
            (6, Verdict::Refused(Unfit::NoNumber)),
            (7, Verdict::Refused(Unfit::DigitsLost)),
        ]
    );
    assert_eq!(counts, Counts { rows: 6, numbers: 2, repaired: 1, duplicates: 1, invalid: 2, chunks: 1 });
}

#[test]
fn a_line_of_nothing_but_numbers_gives_each() {
    let mut intake = Intake::new(Home::parse("UZ").unwrap());
    let lines = [
        "Telefon\tIsm",
        "+998901234567\t 901234568\t\t+998901234569",
        "+998901234570\tAli",
        "+998901234571\t45",
        "\t+998901234572\t+998901234572",
        "+998901234573\t",
    ];
    for (row, text) in (1..).zip(lines) {
        assert_eq!(intake.take(row, Cell { holds: Holds::Fields, text }).unwrap(), []);
    }
    let (last, counts) = intake.finish();
    let told: Vec<_> = last
        .unwrap()
        .lines
        .into_iter()
        .map(|line| {
            let number = line.verdict.number().map_or("", Phone::as_str);
            (line.row, format!("{} -> {number}", line.value))
        })
        .collect();
    let expected = [
        (1, "Telefon -> "),
        (2, "+998901234567 -> +998901234567"),
        (2, "901234568 -> +998901234568"),
        (2, "+998901234569 -> +998901234569"),
        (3, "+998901234570 -> +998901234570"),
        (4, "+998901234571 -> +998901234571"),
        (5, "+998901234572 -> +998901234572"),
        (5, "+998901234572 -> "),
        (6, "+998901234573 -> +998901234573"),
    ];
    assert_eq!(told, expected.map(|(row, text)| (row, text.to_owned())));
    assert_eq!(counts, Counts { rows: 9, numbers: 7, repaired: 1, duplicates: 1, invalid: 0, chunks: 1 });
}

#[test]
fn a_long_line_of_numbers_fills_chunks_like_rows_do() {
    let line: Vec<String> = (0..2_500).map(|n| format!("+99890{n:07}")).collect();
    let mut intake = Intake::new(Home::parse("UZ").unwrap());
    let full = intake.take(1, Cell { holds: Holds::Fields, text: &line.join("\t") }).unwrap();
    let (last, _) = intake.finish();
    let shape: Vec<_> = full.iter().chain(&last).map(|chunk| (chunk.number, chunk.lines.len())).collect();
    assert_eq!(shape, [(0, 1_000), (1, 1_000), (2, 500)]);
}

#[test]
fn a_formula_without_its_value_is_told_and_is_no_heading() {
    let mut intake = Intake::new(Home::parse("UZ").unwrap());
    let formula = Cell { holds: Holds::Formula, text: "=A2" };
    intake.take(1, formula).unwrap();
    let (last, counts) = intake.finish();
    assert_eq!((counts.rows, counts.invalid), (1, 1));
    assert_eq!(last.unwrap().lines[0].verdict, Verdict::Refused(Unfit::Formula));
}

#[test]
fn words_below_the_first_row_are_no_header() {
    let (lines, _) = taken(&["+998901234567", "Telefon"]);
    assert!(matches!(lines[1].verdict, Verdict::Refused(_)));
}

#[test]
fn chunks_are_full_and_in_order() {
    let rows: Vec<String> = (0..2_500).map(|n| format!("+99890{n:07}")).collect();
    let mut intake = Intake::new(Home::parse("UZ").unwrap());
    let mut chunks = vec![];
    for (row, text) in (1..).zip(&rows) {
        chunks.extend(intake.take(row, Cell::value(text)).unwrap());
    }
    let (last, counts) = intake.finish();
    chunks.extend(last);
    let shape: Vec<_> = chunks.iter().map(|chunk| (chunk.number, chunk.lines.len())).collect();
    assert_eq!(shape, [(0, 1_000), (1, 1_000), (2, 500)]);
    assert_eq!((counts.chunks, counts.numbers), (3, 2_500));
}
