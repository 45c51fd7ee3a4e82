//! What the screen makes of imports.

use std::sync::Arc;

use domain::fact::Circumstances;
use domain::ids::StreamId;

use super::*;

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + secs, 0).unwrap()
}

fn fact(event: import::Event) -> Fact {
    let actor = "aziz".to_owned();
    Fact {
        position: 9,
        stream: StreamId::stored(format!("1/{}", Uuid::from_u128(7))),
        sequence: 1,
        recorded_at: at(0),
        occurred_at: at(0),
        circumstances: Arc::new(Circumstances { actor, ..Circumstances::default() }),
        event: Event::Import(event),
    }
}

fn fold(row: &mut Option<ImportRow>, event: import::Event) {
    Imports::fold(row, &fact(event)).unwrap();
}

#[test]
fn an_import_is_shown_from_its_beginning_to_its_undoing() {
    let mut row = None;
    let terms = Terms { strict: true, ..Terms::default() };
    let begun = import::Event::Begun { id: Uuid::from_u128(7), origin: Origin::Text, terms, at: at(0) };
    fold(&mut row, begun.clone());
    let shown = row.clone().unwrap();
    assert_eq!(
        (&*shown.actor, &*shown.origin, &*shown.on_duplicate, shown.strict),
        ("aziz", "text", "skip", 1)
    );
    assert_eq!((shown.created, shown.finished_at), (None, None), "nobody knows yet");
    assert!(Imports::fold(&mut row, &fact(begun)).is_err());

    let counts = Counts { rows: 5, created: 4, rejected: 1, ..Counts::default() };
    fold(&mut row, import::Event::Finished { counts, digest: "aa".into(), at: at(1) });
    for removed in [3, 1] {
        let kept = Kept { changed: removed, ..Kept::default() };
        fold(&mut row, import::Event::Undone { removed, kept, at: at(2) });
    }
    let shown = row.unwrap();
    assert_eq!((shown.created, shown.rejected, shown.finished_at), (Some(4), Some(1), Some(at(1))));
    assert_eq!((shown.removed, shown.kept_changed, shown.undone_at), (4, 1, Some(at(2))));
}

#[test]
fn an_import_that_broke_off_shows_why_until_it_came_to_its_end() {
    let begun = import::Event::Begun {
        id: Uuid::from_u128(7),
        origin: Origin::Text,
        terms: Terms::default(),
        at: at(0),
    };
    let mut row = None;
    fold(&mut row, begun);
    fold(&mut row, import::Event::Failed { reason: "stopped".to_owned(), at: at(1) });
    let shown = row.clone().unwrap();
    assert_eq!(
        (shown.failed_at, shown.failure.as_deref(), shown.created),
        (Some(at(1)), Some("stopped"), None)
    );
    fold(&mut row, import::Event::Finished { counts: Counts::default(), digest: "aa".into(), at: at(2) });
    let shown = row.unwrap();
    assert_eq!((shown.failed_at, shown.failure, shown.finished_at), (None, None, Some(at(2))));
}

#[test]
fn an_import_without_a_beginning_makes_no_sense() {
    let finished = import::Event::Finished { counts: Counts::default(), digest: String::new(), at: at(0) };
    assert!(Imports::fold(&mut None, &fact(finished)).is_err());
}
