//! P1's second line: reports of sessions that have no list, whose calls therefore lie scattered in the store.
//! Nothing is demanded of them but that every report is there.

use crate::figures::{Figure, Series, float, number};
use crate::homes::Store;
use crate::load::Load;
use crate::{Bench, say};

#[derive(Debug, Default)]
pub(crate) struct Unlisted {
    rate: Series,
    ratio: Series,
    p99: Series,
    missing: Series,
}

impl Unlisted {
    /// `other`: what the endpoint that only parses did in the same turn.
    pub(crate) fn note(&mut self, turn: usize, store: Store, (ours, missing): (&Load, usize), other: &Load) {
        let ratio = ours.rate() / other.rate();
        say(&format!(
            "P1 {store}, no list: {} /s (p99 {} ms), ratio {}, {missing} missing",
            number(ours.rate()),
            number(ours.percentile(990)),
            number(ratio),
        ));
        // As with a list: what the first turn lost would be lost all the same.
        self.missing.push(float(missing));
        if turn > 0 {
            self.rate.push(ours.rate());
            self.ratio.push(ratio);
            self.p99.push(ours.percentile(990));
        }
    }

    pub(crate) fn report(self, bench: &mut Bench, store: Store) {
        let figure = Figure::on("P1", store);
        bench.add([
            figure("no list: `POST /calls/result`, 256 connections", "/s", self.rate),
            figure("no list: webhook over parse-only", "ratio", self.ratio),
            figure("no list: webhook p99", "ms", self.p99),
            figure("no list: acknowledged reports without a row", "", self.missing.worst()).at_most(0.0),
        ]);
    }
}
