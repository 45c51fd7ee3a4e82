//! P5, readers that stop reading: what each costs the server while it is told more and more, and how long until nothing is left of it.
//! Each has a room of its own, so that none shares with another what waits for it.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::time::sleep;

use crate::child::Server;
use crate::fan_out::{self, ask};
use crate::figures::{Figure, Series, float, number};
use crate::socket::Socket;
use crate::{Bench, load, say};

const READERS: usize = 20;
/// Told to each at once, some 300 KiB: again and again until all are let go of.
const BURST: u64 = 1_000;
const LOOK_EVERY: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_mins(1);
/// More than the kernel holds for a connection and the server for its reader.
const ROUNDS: usize = 40;

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    let (mut costs, mut gone) = (Series::default(), Series::default());
    for _ in 0..bench.runs {
        let (cost, after) = load::on_one_thread(one())?;
        say(&format!("P5: a stuck reader costs {} MiB and is gone after {} s", number(cost), number(after)));
        costs.push(cost);
        gone.push(after);
    }
    let figure = |what: &str, unit, series| {
        Figure::new("P5", format!("{READERS} readers that stop: {what}"), unit, series)
    };
    bench.add([
        figure("memory that each costs, at most", "MiB", costs.worst()).at_most(1.0),
        figure("gone, connection and all, after they are first told more than they take", "s", gone.worst())
            .at_most(10.0),
    ]);
    Ok(())
}

/// MiB a reader, and seconds until all are gone.
async fn one() -> Result<(f64, f64)> {
    let server = fan_out::start().await?;
    let mut control = Socket::enter(server.address, r#"{"room":"control"}"#).await?;
    // Whatever the server needs to tell anybody, it has by then.
    told(&mut control, "control", BURST).await?;
    let (before, alone) = (server.memory()?, server.descriptors()?);
    let mut readers = vec![];
    for index in 0..READERS {
        readers.push(Socket::enter(server.address, &format!(r#"{{"room":"{index}"}}"#)).await?);
    }
    ensure!(server.descriptors()? == alone + READERS, "not everybody has a connection");
    let began = Instant::now();
    let (mut most, mut looked) = (before, Instant::now());
    let mut look = |server: &Server| -> Result<()> {
        if looked.elapsed() >= LOOK_EVERY {
            most = most.max(server.memory()?);
            looked = Instant::now();
        }
        Ok(())
    };
    for _ in 0..ROUNDS {
        for index in 0..READERS {
            told(&mut control, &index.to_string(), BURST).await?;
            look(&server)?;
        }
    }
    while server.descriptors()? > alone {
        ensure!(began.elapsed() < PATIENCE, "{} descriptors are left", server.descriptors()?);
        look(&server)?;
        sleep(LOOK_EVERY).await;
    }
    let gone = began.elapsed();
    drop(readers);
    Ok(((most - before) / float(READERS), gone.as_secs_f64()))
}

/// Waits until it is done: whoever asks is told one event itself, afterwards.
async fn told(control: &mut Socket, room: &str, count: u64) -> Result<()> {
    ask(control, room, 10_000, count).await?;
    ask(control, "control", 99_999, 1).await?;
    let mut done = false;
    while !done {
        control.read(|text| done |= text.starts_with(br#"42["news",{"number":99999"#)).await?;
    }
    Ok(())
}
