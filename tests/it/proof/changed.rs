//! R13: whatever is changed, in whatever column of whatever table, is named.

use karnay::journal::signer::{Signer, Unsigned};
use karnay::journal::verify::{Fault, Place, Wanted};
use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use sqlx::{Executor as _, Row as _};

use super::{Bed, Seeds, fill, signed_twice, signer};
use crate::postgres::connect;

/// Each table with the row that is changed, and what has to be said then.
const TABLES: [(&str, &str, &[&str]); 4] = [
    ("events", "position = 7", &["position 7: "]),
    ("batches", "last = 7", &["position 7: "]),
    ("checkpoints", "number = 1", &["checkpoint 1: "]),
    ("signing_keys", "number = 1", &["signing key 1: ", "checkpoint 1: there is no key"]),
];

/// How a cell is changed on PostgreSQL.
fn changed(column: &str, kind: &str) -> String {
    let text = match kind {
        // Two rows of one number there cannot be: it goes beyond the others.
        "bigint" if matches!(column, "position" | "last" | "number") => format!("{column} + 90"),
        "bigint" => format!("{column} + 1"),
        "bytea" => {
            format!("set_byte({column}, length({column}) - 1, get_byte({column}, length({column}) - 1) # 1)")
        }
        "json" => format!("turned({column}::text)::json"),
        "text" => format!("turned({column})"),
        other => panic!("{other} is new"),
    };
    format!("{column} = {text}")
}

/// The middle character becomes its neighbour.
fn turned(text: &str) -> String {
    let mut text: Vec<char> = text.chars().collect();
    let inside = |place: &usize| text[*place].is_ascii_alphanumeric();
    let place = (text.len() / 2..text.len()).chain(0..text.len() / 2).find(inside).unwrap();
    text[place] = if text[place] == '1' { '2' } else { '1' };
    text.into_iter().collect()
}

fn meddling(file: &std::path::Path) -> Connection {
    let connection = Connection::open(file).unwrap();
    let all = "SELECT name FROM sqlite_schema WHERE type = 'trigger'";
    let triggers: Vec<String> = connection
        .prepare(all)
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for trigger in triggers {
        connection.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    connection
}

/// Reads the one cell, and writes what it becomes there.
fn change_cell(connection: &Connection, (table, row, column): (&str, &str, &str)) {
    let cell = format!("SELECT {column} FROM {table} WHERE {row}");
    let changed = match connection.query_row(&cell, [], |found| found.get::<_, Cell>(0)).unwrap() {
        // Two rows of one number there cannot be: it goes beyond the others.
        Cell::Integer(number) if matches!(column, "position" | "last" | "number") => {
            Cell::Integer(number + 90)
        }
        Cell::Integer(number) => Cell::Integer(number + 1),
        Cell::Text(text) => Cell::Text(turned(&text)),
        Cell::Blob(mut bytes) => {
            *bytes.last_mut().unwrap() ^= 1;
            Cell::Blob(bytes)
        }
        other @ (Cell::Null | Cell::Real(_)) => panic!("{other:?} is new"),
    };
    let change = format!("UPDATE {table} SET {column} = ?1 WHERE {row}");
    assert_eq!(connection.execute(&change, [changed]).unwrap(), 1, "{change}");
}

async fn told(bed: &Bed) -> String {
    match bed.verify().await {
        Err(fault @ (Fault::At { .. } | Fault::Signed(_))) => fault.to_string(),
        other => panic!("nothing was named: {other:?}"),
    }
}

fn is_named(said: &str, places: &[&str], change: &str) {
    assert!(places.iter().any(|place| said.contains(place)), "{change}: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_sqlite_is_watched() {
    let bed = Bed::sqlite();
    signed_twice(&bed).await;
    let untouched = bed.verify().await.unwrap();
    assert_eq!((untouched.events, untouched.checkpoints), (10, 2));
    let Place::Folder(folder) = &bed.place else { unreachable!() };
    let file = folder.join("journal.db");
    let whole = std::fs::read(&file).unwrap();
    for (table, row, places) in TABLES {
        let names = format!("SELECT name FROM pragma_table_info('{table}')");
        let connection = Connection::open(&file).unwrap();
        let columns: Vec<String> = connection
            .prepare(&names)
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        drop(connection);
        for column in columns {
            std::fs::write(&file, &whole).unwrap();
            change_cell(&meddling(&file), (table, row, &column));
            is_named(&told(&bed).await, places, &format!("{table}.{column}"));
        }
        std::fs::write(&file, &whole).unwrap();
        meddling(&file).execute(&format!("DELETE FROM {table} WHERE {row}"), []).unwrap();
        is_named(&told(&bed).await, places, &format!("a row of {table} that is gone"));
        std::fs::write(&file, &whole).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_postgres_is_watched() {
    let bed = Bed::postgres().await;
    signed_twice(&bed).await;
    let Place::Url(url) = &bed.place else { unreachable!() };
    let mut connection = connect(url).await;
    let turned = "CREATE FUNCTION turned(told text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT overlay(told placing CASE WHEN substr(told, at, 1) = '1' THEN '2' ELSE '1' END from at for 1)
        FROM (SELECT min(n) AS at FROM generate_series(1, length(told)) AS n
              WHERE substr(told, n, 1) ~ '[a-z0-9]' AND n >= length(told) / 2) AS inside $$";
    connection.execute(turned).await.unwrap();
    for (table, row, places) in TABLES {
        let columns = "SELECT column_name::text, data_type::text FROM information_schema.columns
                       WHERE table_schema = 'public' AND table_name = $1";
        let columns = sqlx::query(columns).bind(table).fetch_all(&mut connection).await.unwrap();
        let changes = columns.iter().map(|found| {
            let (column, kind): (String, String) = (found.get(0), found.get(1));
            let change = changed(&column, &kind);
            format!("UPDATE {table} SET {change} WHERE {row}")
        });
        for change in changes.chain([format!("DELETE FROM {table} WHERE {row}")]) {
            let script = format!(
                "CREATE TEMP TABLE kept AS SELECT * FROM {table};
                 ALTER TABLE {table} DISABLE TRIGGER USER; {change}"
            );
            connection.execute(sqlx::raw_sql(&script)).await.unwrap();
            is_named(&told(&bed).await, places, &change);
            let back = format!(
                "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept; DROP TABLE kept;
                 ALTER TABLE {table} ENABLE TRIGGER USER"
            );
            connection.execute(sqlx::raw_sql(&back)).await.unwrap();
        }
    }
    assert!(bed.verify().await.is_ok(), "everything is back");
}

/// The tail is cut off with its batches: the chain is whole, and shorter than what was signed.
async fn a_tail_that_was_cut_off_shows(bed: Bed) {
    signed_twice(&bed).await;
    let cut = "DELETE FROM events WHERE position > 8";
    let batches = match &bed.place {
        Place::Folder(_) => "DROP TRIGGER batches_are_not_removed; DELETE FROM batches WHERE last > 8",
        Place::Url(_) => {
            "ALTER TABLE batches DISABLE TRIGGER USER; DELETE FROM batches WHERE last > 8;
             ALTER TABLE batches ENABLE TRIGGER USER;
             UPDATE journal_head SET (position, recorded_at, digest) = (SELECT last, recorded_at, digest FROM batches WHERE last = 8)"
        }
    };
    bed.force(&format!("{cut}; {batches}")).await;
    let said = told(&bed).await;
    assert_eq!(said, "position 9: the journal ends before it, and checkpoint 2 was signed at 10");
    // A journal that goes on as if nothing had been cut off is another one.
    let journal = bed.open().await;
    fill(&journal, 5).await;
    let stopped = signer(&journal, bed.clock.clone(), &Seeds::new(&[1])).sign().await;
    assert!(matches!(stopped, Ok(Some(newest)) if newest.number == 3), "it is signed on");
    journal.close().await;
    let said = told(&bed).await;
    assert_eq!(said, "position 6: between here and 10 it is not what checkpoint 2 was signed over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_that_was_cut_off_sqlite_shows() {
    a_tail_that_was_cut_off_shows(Bed::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_that_was_cut_off_postgres_shows() {
    a_tail_that_was_cut_off_shows(Bed::postgres().await).await;
}

/// Events, batches and checkpoints: nothing in the journal tells, and a checkpoint that was kept elsewhere does.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_with_its_checkpoint_shows_against_one_kept_elsewhere() {
    let bed = Bed::sqlite();
    signed_twice(&bed).await;
    let kept = bed.verify().await.unwrap().newest.unwrap();
    let wanted = Wanted { kept: vec![kept.clone()], ..Wanted::default() };
    assert!(bed.verify_only(&wanted).await.is_ok());
    let Place::Folder(folder) = &bed.place else { unreachable!() };
    let cut = "DELETE FROM events WHERE position > 5; DELETE FROM batches WHERE last > 5; DELETE FROM checkpoints WHERE number > 1";
    meddling(&folder.join("journal.db")).execute_batch(cut).unwrap();
    assert_eq!(bed.verify().await.unwrap().last, 5);
    let said = bed.verify_only(&wanted).await.unwrap_err().to_string();
    assert_eq!(said, "position 6: the journal ends before it, and checkpoint 2 was signed at 10");
    let mut forged = kept.clone();
    forged.position = 5;
    let wanted = Wanted { kept: vec![forged], ..Wanted::default() };
    let said = bed.verify_only(&wanted).await.unwrap_err().to_string();
    assert_eq!(said, "the checkpoint 2 that was kept is not the one that was signed");
}

/// A part is looked at from where a batch begins to where one ends, and nothing else of the chain is.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_can_be_looked_at() {
    let bed = Bed::sqlite();
    signed_twice(&bed).await;
    let Place::Folder(folder) = &bed.place else { unreachable!() };
    change_cell(&meddling(&folder.join("journal.db")), ("events", "position = 3", "payload"));
    let part = |from, to| Wanted { from, to, kept: vec![] };
    let sound = bed.verify_only(&part(Some(4), None)).await.unwrap();
    assert_eq!((sound.first, sound.events, sound.last), (4, 7, 10));
    let sound = bed.verify_only(&part(Some(5), Some(6))).await.unwrap();
    assert_eq!((sound.first, sound.events, sound.last), (5, 2, 6));
    let sound = bed.verify_only(&part(None, Some(2))).await.unwrap();
    assert_eq!((sound.first, sound.events, sound.last), (1, 2, 2));
    for wrong in [part(None, None), part(Some(3), None), part(Some(2), Some(3))] {
        let said = bed.verify_only(&wrong).await.unwrap_err().to_string();
        assert_eq!(said, "position 3: the event is not the one that was recorded");
    }
    let beyond = bed.verify_only(&part(Some(11), None)).await.unwrap_err().to_string();
    assert_eq!(beyond, "position 11: the journal ends before it");
}

/// Bytes that are no text any more are named as well.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_store_cannot_read_is_named() {
    let bed = Bed::sqlite();
    signed_twice(&bed).await;
    let Place::Folder(folder) = &bed.place else { unreachable!() };
    let connection = meddling(&folder.join("journal.db"));
    connection.execute("UPDATE events SET payload = CAST(x'7bff7d' AS TEXT) WHERE position = 4", []).unwrap();
    let said = told(&bed).await;
    assert!(said.starts_with("position 4: the event is not readable"), "{said}");
}

/// Whoever has not the key signs nothing, and says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_signs_nothing() {
    let bed = Bed::sqlite();
    signed_twice(&bed).await;
    let journal = bed.open().await;
    fill(&journal, 1).await;
    let stranger: Signer = signer(&journal, bed.clock.clone(), &Seeds::new(&[9]));
    assert!(matches!(stranger.sign().await, Err(Unsigned::Stranger)));
    let nobody = signer(&journal, bed.clock.clone(), &Seeds::new(&[]));
    assert!(matches!(nobody.sign().await, Err(Unsigned::Stranger)));
    journal.close().await;
    assert_eq!(bed.verify().await.unwrap().checkpoints, 2);
}
