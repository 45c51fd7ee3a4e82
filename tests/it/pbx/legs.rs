//! Rows of one name: a box may give the legs of a call the call's own id. Each leg is a row, and is stored once, however and with whatever
//! others it is read.

use chrono::DateTime;
use domain::fact::Circumstances;
use domain::pbx::paging::Numbered;
use domain::pbx::said::LogRow;
use karnay::dispatch::pbx::{Rows, Watching};

use super::*;

/// Legs that differ in their end, in whom they rang, and in nothing at all.
fn legs() -> [Numbered; 4] {
    let row = |to: &str, talk_secs| LogRow {
        id: Some("771".to_owned()),
        started_at: DateTime::from_timestamp(1_795_000_000, 0).unwrap(),
        from: "998901110001".to_owned(),
        to: to.to_owned(),
        code: if talk_secs > 0 { "4" } else { "3" }.to_owned(),
        secs: 7 + talk_secs,
        talk_secs,
        direction: None,
        recording: None,
    };
    [("158", 0, 0), ("159", 0, 0), ("159", 0, 1), ("158", 30, 0)]
        .map(|(to, talk_secs, ordinal)| Numbered { row: row(to, talk_secs), ordinal })
}

async fn stored(dispatch: &Dispatch, rows: &[Numbered], known: bool) -> u64 {
    let watching = Watching {
        organization: organization(),
        home: home(),
        circumstances: Arc::new(Circumstances { organization: "1".to_owned(), ..Circumstances::default() }),
        at: SystemClock.now(),
    };
    let reading = Reading::default();
    let rows = Rows { rows, reading: &reading, calls: &[], candidates: &[], known };
    dispatch.log_pbx_calls(&watching, &rows, &|| SystemIds.uuid()).await.unwrap().new
}

#[actix::test]
async fn legs_of_one_name_are_stored_once_in_whatever_order_they_are_read() {
    let [a, b, c, d] = legs();
    let readings: [&[&[&Numbered]]; 4] = [
        &[&[&a, &b, &c, &d], &[&a, &b, &c, &d]],
        &[&[&a], &[&d, &c, &b, &a], &[&b, &a]],
        &[&[&d, &c], &[&a, &b], &[&a, &d]],
        &[&[&b], &[&c], &[&a], &[&d], &[&d], &[&a], &[&b], &[&c]],
    ];
    for reading in readings {
        for known in [false, true] {
            let ground = Ground::sqlite();
            let journal = ground.journal().await;
            let dispatch = Dispatch::start(&journal, &[actix::Arbiter::current()]);
            let mut new = 0;
            for rows in reading {
                let rows: Vec<Numbered> = rows.iter().map(|row| (*row).clone()).collect();
                new += stored(&dispatch, &rows, known).await;
            }
            assert_eq!((new, journal.position()), (4, 4), "{reading:?}");
            journal.close().await;
        }
    }
}
