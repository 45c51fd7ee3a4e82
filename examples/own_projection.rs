//! A projection of one's own in the engine's language: how many numbers of each session count as what. It reads the journal beside a
//! running engine and keeps its figures in a file of its own, its place with them in one transaction: killed anywhere, it goes on
//! where it was and counts nothing twice.  `cargo run --example own_projection -- data figures.db [--follow]`

use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::call::{self, Listing};
use karnay::journal::Stored;
use karnay::journal::verify::{Place, Reader};
use rusqlite::{Connection, Transaction, params};

const TABLES: &str = "CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY, position INTEGER NOT NULL);
    INSERT OR IGNORE INTO place VALUES (1, 0);
    CREATE TABLE IF NOT EXISTS counted (session TEXT, status TEXT, numbers INTEGER, PRIMARY KEY (session, status));";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (data, file) =
        arguments.first().zip(arguments.get(1)).context("say where the data and the figures are")?;
    let follow = arguments.iter().any(|word| word == "--follow");
    let reader = Reader::open(&Place::Folder(data.into())).await?;
    let mut own = Connection::open(file)?;
    own.execute_batch(TABLES)?;
    loop {
        let after = own.query_row("SELECT position FROM place", [], |row| row.get(0))?;
        let events = reader.stored(after, 256).await?;
        let Some(last) = events.last() else {
            if !follow {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
            continue;
        };
        let step = own.transaction()?;
        for event in events.iter().filter(|event| event.kind == "call") {
            fold(&step, event)?;
        }
        step.execute("UPDATE place SET position = ?1", [last.position])?;
        step.commit()?;
    }
}

/// What a report changed about its number travels in the event, so that counting never needs to look.
fn fold(step: &Transaction<'_>, event: &Stored) -> Result<()> {
    let said: call::Event = serde_json::from_str(&event.payload)?;
    let (call::Event::Reported(told) | call::Event::Strengthened(told)) = said else { return Ok(()) };
    let session = event.stream.split('/').nth(1).context("a call belongs to a session")?;
    let moves = told.before.map(|before| (before, -1)).into_iter().chain([(told.after, 1)]);
    for (status, by) in moves.filter(|_| told.listing != Listing::Unlisted) {
        let sql = "INSERT INTO counted VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET numbers = numbers + ?3";
        step.execute(sql, params![session, status.as_str(), by])?;
    }
    Ok(())
}
