//! P5, readers that stop reading: what each costs the server while it is told more and more, and how long until nothing is left of it.
//! Each has a room of its own, so that none shares with another what waits for it.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::time::sleep;

use crate::figures::{Figure, Series, float, number};
use crate::socket::Socket;
use crate::{Bench, fan_out, folder, load, say};

const READERS: usize = 20;
/// What each is told at once, some 300 KiB, until it is let go of.
const BURST: u64 = 1_000;
/// Together more than the kernel holds for a connection and the server for its reader.
const ROUNDS: usize = 40;
/// How many times as long as those of the room: both many small ones and few large ones may wait.
const LENGTHS: [(u64, &str); 2] = [(1, "290 bytes"), (50, "13 KB")];
const LOOK_EVERY: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    for (times, events) in LENGTHS {
        let (mut costs, mut gone) = (Series::default(), Series::default());
        for _ in 0..bench.runs {
            let (cost, after) = load::on_one_thread(stop(times))?;
            let (cost_said, after_said) = (number(cost), number(after));
            say(&format!("P5: a stuck reader costs {cost_said} MiB and is gone after {after_said} s"));
            costs.push(cost);
            gone.push(after);
        }
        let figure = |what: &str, unit, series| {
            Figure::new("P5", format!("reader that stops, events of {events}: {what}"), unit, series)
        };
        bench.add([
            figure("memory that it costs, of 20 each with its own room, the worst run", "MiB", costs.worst())
                .at_most(1.0),
            figure(
                "gone, connection and all, after it is first told more than it takes, the worst run",
                "s",
                gone.worst(),
            )
            .at_most(10.0),
        ]);
    }
    Ok(())
}

/// MiB a reader at the worst moment, and seconds until the last one is gone.
async fn stop(times: u64) -> Result<(f64, f64)> {
    let home = folder("stuck")?;
    let server = fan_out::start(home.path()).await?;
    let mut control = Socket::enter(server.address, r#"{"room":"control"}"#).await?;
    // Whatever the server needs to tell anybody at all, it has by then.
    tell(&mut control, "control", BURST / times, times).await?;
    server.forget_peak();
    let (before, alone) = (server.memory()?, server.descriptors()?);
    let mut readers = vec![];
    for index in 0..READERS {
        readers.push(Socket::enter(server.address, &format!(r#"{{"room":"{index}"}}"#)).await?);
    }
    ensure!(server.descriptors()? == alone + READERS, "not everybody has a connection");
    let began = Instant::now();
    for _ in 0..ROUNDS {
        for index in 0..READERS {
            tell(&mut control, &index.to_string(), BURST / times, times).await?;
        }
    }
    while server.descriptors()? > alone {
        ensure!(began.elapsed() < PATIENCE, "{} descriptors are left", server.descriptors()?);
        sleep(LOOK_EVERY).await;
    }
    let gone = began.elapsed();
    drop(readers);
    Ok(((server.peak_memory()? - before) / float(READERS), gone.as_secs_f64()))
}

/// Waits until it is done: whoever asks is told one event itself, afterwards.
async fn tell(control: &mut Socket, room: &str, count: u64, times: u64) -> Result<()> {
    control.say(&format!(r#"42["tell","{room}",10000,{count},{times}]"#)).await?;
    control.say(r#"42["tell","control",99999,1,1]"#).await?;
    let mut done = false;
    while !done {
        control.read(|text| done |= text.starts_with(br#"42["news",{"number":99999"#)).await?;
    }
    Ok(())
}
