//! Imports, from the outside.

use super::*;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_759_775_460 + minute * 60, 0).unwrap()
}

fn begin() -> Command {
    Command::Begin { id: Uuid::nil(), origin: Origin::Workbook, terms: Terms::default(), at: at(0) }
}

fn finish() -> Command {
    Command::Finish { counts: Counts::default(), digest: "x".to_owned(), at: at(1) }
}

fn undo(removed: u32, changed: u32) -> Command {
    Command::Undo { removed, kept: Kept { changed, ..Kept::default() }, at: at(2) }
}

/// Names of what happens, command by command.
fn after(commands: &[Command]) -> Result<(Import, Vec<String>), Error> {
    let (mut import, mut names) = (Import::default(), vec![]);
    for command in commands {
        for event in import.decide(command.clone())? {
            names.push(event.event_type());
            import.apply(event);
        }
    }
    Ok((import, names))
}

#[test]
fn an_import_is_begun_once_and_finished_once() {
    let (_, names) = after(&[begin(), finish(), finish()]).unwrap();
    assert_eq!(names, ["begun", "finished"]);
    assert_eq!(after(&[begin(), begin()]).unwrap_err(), Error::AlreadyThere);
    for early in [finish(), undo(1, 0), Command::Look] {
        assert_eq!(after(&[early]).unwrap_err(), Error::Unknown);
    }
}

#[test]
fn undoing_again_says_nothing_unless_more_is_gone() {
    let (import, names) = after(&[begin(), finish(), undo(5, 2), undo(0, 2)]).unwrap();
    assert_eq!((names.len(), import.undone().0), (3, 5));
    let (import, names) = after(&[begin(), finish(), undo(5, 2), undo(1, 1)]).unwrap();
    assert_eq!((names.len(), import.undone()), (4, (6, Kept { changed: 1, ..Kept::default() })));
}

#[test]
fn one_that_broke_off_has_failed_once_and_may_come_to_its_end_after_all() {
    let fail = || Command::Fail { reason: "x".to_owned(), at: at(1) };
    let (_, names) = after(&[begin(), fail(), fail(), undo(3, 0), fail()]).unwrap();
    assert_eq!(names, ["begun", "failed", "undone"]);
    assert_eq!(after(&[begin(), fail(), finish()]).unwrap().1, ["begun", "failed", "finished"]);
    assert_eq!(after(&[begin(), finish(), fail()]).unwrap().1, ["begun", "finished"]);
    assert_eq!(after(&[fail()]).unwrap_err(), Error::Unknown);
}

#[test]
fn one_that_broke_off_can_be_undone() {
    assert_eq!(after(&[begin(), undo(3, 0)]).unwrap().1, ["begun", "undone"]);
}

#[test]
fn each_row_is_counted_once() {
    let line =
        |became, what| Line { row: 2, became, contact: None, notes: vec![Note::new("x", what, "", "")] };
    let mut counts = Counts::default();
    for line in [
        line(Became::Created, What::Repaired),
        line(Became::Updated, What::NotJson),
        line(Became::Skipped, What::Exists),
        line(Became::Rejected, What::NotJson),
    ] {
        counts.add(&line);
    }
    let one = Counts { rows: 4, created: 1, updated: 1, skipped: 1, rejected: 1, ..Counts::default() };
    assert_eq!(counts, Counts { repaired: 1, warnings: 1, ..one });
}
