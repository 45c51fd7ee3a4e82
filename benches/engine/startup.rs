//! P8: how soon the engine is ready with so many events stored, and how much memory it holds when nothing happens.

use std::time::Duration;

use anyhow::Result;

use crate::figures::{Figure, Series, float, number};
use crate::homes::{Home, Store};
use crate::{Bench, load, say, stored};

const MANY: usize = 1_000_000;
const VERY_MANY: usize = 10_000_000;
/// Nothing happens for so long before one looks at the memory.
const IDLE: Duration = Duration::from_secs(5);

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    for store in bench.stores() {
        let events = if bench.deep() { VERY_MANY } else { bench.sized(MANY) };
        let home = stored::home(bench, store, events)?;
        let (ready, memory) = load::on_one_thread(starts(bench, &home))?;
        report(bench, store, events, (ready, memory));
    }
    Ok(())
}

fn report(bench: &mut Bench, store: Store, events: usize, (ready, memory): (Series, Series)) {
    let figure = Figure::on("P8", store);
    let events = number(float(events));
    bench.add([
        figure(&format!("start with {events} events to ready"), "s", ready).at_most(2.0),
        figure(&format!("idle memory with {events} events"), "MiB", memory).at_most(60.0),
    ]);
}

async fn starts(bench: &Bench, home: &Home) -> Result<(Series, Series)> {
    let (mut ready, mut memory) = (Series::default(), Series::default());
    for _ in 0..bench.runs {
        let engine = home.start().await?;
        tokio::time::sleep(IDLE).await;
        ready.push(engine.ready_after.as_secs_f64());
        memory.push(engine.memory()?);
        say(&format!(
            "P8 {}: ready after {:?}, {} MiB",
            home.store,
            engine.ready_after,
            number(engine.memory()?)
        ));
        engine.stop().await?;
    }
    Ok((ready, memory))
}
