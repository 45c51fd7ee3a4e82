//! R15: ten times the connections that P1 has, first such that wait as they are told when they are turned away, then such that ask
//! again at once.
//! Turned away must mean 503 with `Retry-After`; those let in must be served as ever; a second later it must be as if nothing had been.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::Bench;
use crate::child::Server;
use crate::figures::{Figure, Series, float, number};
use crate::homes::Store;
use crate::load::{self, Plan, Until};
use crate::reports::plan;
use crate::webhook::Reports;
use crate::{say, screens};

const CONNECTIONS: usize = 2_560;
/// How long they are left alone before one looks whether all is well again.
const REST: Duration = Duration::from_secs(1);
const AFTERWARDS: u64 = 100;

/// What became of one crowd.
#[derive(Debug)]
pub(crate) struct Crowd {
    admitted: f64,
    turned_away: f64,
    without_retry_after: f64,
    p99: f64,
    afterwards: f64,
}

/// The patient crowd and the impatient one.
pub(crate) type Crowds = [Vec<Crowd>; 2];

pub(crate) async fn measure(
    bench: &Bench,
    engine: &Server,
    (reports, patient): (&Reports, bool),
) -> Result<Crowd> {
    let crowd = plan(engine, reports, CONNECTIONS, bench.duration(10));
    let load = load::run(Plan { patient, ..crowd }).await?;
    let (admitted, busy) = (load.acknowledged.len(), load.count(503));
    let others = load.statuses.iter().filter(|(status, _)| !matches!(**status, 200..300 | 503)).count();
    ensure!(others == 0 && load.broken == 0, "{:?}, {} broken", load.statuses, load.broken);
    tokio::time::sleep(REST).await;
    // The very same numbers again would be repetitions, so these begin where those ended.
    let asked = load.acknowledged.iter().max().map_or(0, |last| last + 1);
    let later = plan(engine, reports, 1, Duration::ZERO);
    let write = later.write;
    let shifted = std::rc::Rc::new(move |number: u64, out: &mut String| write(asked + number, out));
    let calm = load::run(Plan { until: Until::Count(AFTERWARDS), write: shifted, ..later }).await?;
    calm.demand_clean()?;
    screens::settle(engine.address, reports, &load::joined(&load, &calm, asked)).await?;
    let all = float(admitted) + crate::figures::exact(busy);
    let crowd = Crowd {
        admitted: load.rate(),
        turned_away: crate::figures::exact(busy) / all * 100.0,
        without_retry_after: crate::figures::exact(busy - load.retry_after),
        p99: load.percentile(990),
        afterwards: calm.percentile(990),
    };
    say(&format!(
        "R15, {}: {} admitted a second, p99 {} ms; {} % turned away; a second later p99 {} ms",
        if patient { "patient" } else { "impatient" },
        number(crowd.admitted),
        number(crowd.p99),
        number(crowd.turned_away),
        number(crowd.afterwards)
    ));
    Ok(crowd)
}

/// `usual`: P1's p99.
pub(crate) fn report(bench: &mut Bench, store: Store, [patient, impatient]: &Crowds, usual: f64) {
    report_on(bench, store, ("2,560 connections that wait as told", patient), usual);
    report_on(bench, store, ("2,560 connections that ask again at once", impatient), usual);
}

fn report_on(bench: &mut Bench, store: Store, (who, crowds): (&str, &[Crowd]), usual: f64) {
    let series = |of: fn(&Crowd) -> f64| crowds.iter().map(of).collect::<Series>();
    let (p99, afterwards) = (series(|crowd| crowd.p99), series(|crowd| crowd.afterwards));
    let (over, then) = (p99.map(|p99| p99 / usual), afterwards.map(|p99| p99 / usual));
    let figure = |what: &str, unit, series| Figure::on("R15", store)(&format!("{who}: {what}"), unit, series);
    bench.add([
        figure("admitted", "/s", series(|crowd| crowd.admitted)),
        figure("turned away with 503", "%", series(|crowd| crowd.turned_away)),
        figure("503 without `Retry-After`", "", series(|crowd| crowd.without_retry_after).worst())
            .at_most(0.0),
        figure("p99 of the admitted", "ms", p99),
        figure("p99 of the admitted over P1's", "ratio", over).at_most(2.0),
        figure("p99 of 100 requests a second later", "ms", afterwards),
        figure("p99 of 100 requests a second later over P1's", "ratio", then).at_most(1.0),
    ]);
}
