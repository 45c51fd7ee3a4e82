//! `make bench`: how fast the engine is on this machine, against what the machine can do, written to docs/performance.md.
//! The engine is measured from outside, as the same program that anybody starts; nothing in it knows of benchmarks.
#![expect(clippy::print_stdout, reason = "a benchmark shows how far it is")]

#[path = "engine/append.rs"]
mod append;
#[path = "engine/child.rs"]
mod child;
#[path = "engine/cluster.rs"]
mod cluster;
#[path = "engine/figures.rs"]
mod figures;
#[path = "engine/forge.rs"]
mod forge;
#[path = "engine/load.rs"]
mod load;
#[path = "engine/machine.rs"]
mod machine;
#[path = "engine/parse_only.rs"]
mod parse_only;
#[path = "engine/plain.rs"]
mod plain;
#[path = "engine/raw_postgres.rs"]
mod raw_postgres;
#[path = "engine/raw_sqlite.rs"]
mod raw_sqlite;
#[path = "engine/report.rs"]
mod report;
#[path = "engine/webhook.rs"]
mod webhook;
#[path = "engine/wire.rs"]
mod wire;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use tempfile::TempDir;

use cluster::{Cluster, Database};
use figures::Figure;

/// What is measured and how long.
#[derive(Debug, Parser)]
struct Args {
    /// Runs of everything, after one that only warms up.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// One short run of each: shows that the benchmark works, its figures mean little.
    #[arg(long)]
    quick: bool,
    /// Also with ten million stored events.
    #[arg(long)]
    deep: bool,
    /// Only these, by comma: P1, P2, P3, P4, P8, R15.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Only on these, by comma: sqlite, postgres.
    #[arg(long, value_delimiter = ',')]
    stores: Vec<String>,
    /// Where the table is written; by default docs/performance.md, with --quick or --only nowhere.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Used by the benchmark itself: serve the endpoint that only parses.
    #[arg(long, hide = true)]
    parse_only: Option<u16>,
    /// Said by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// One run of the benchmark: how much, where, and what came out.
#[derive(Debug)]
pub(crate) struct Bench {
    args: Args,
    pub(crate) runs: usize,
    figures: Vec<Figure>,
    cluster: Option<Cluster>,
}

impl Bench {
    /// A count, smaller where it is only shown that things work.
    pub(crate) fn sized(&self, count: usize) -> usize {
        if self.args.quick { count / 10 } else { count }
    }

    /// A folder that is gone when it is dropped, on the disk that the build is on.
    pub(crate) fn folder(&self, name: &str) -> Result<TempDir> {
        let prefix = format!("bench-{name}-");
        tempfile::Builder::new().prefix(&prefix).tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("no folder")
    }

    /// A fresh database on a server of our own, which is started for the first one.
    pub(crate) async fn database(&mut self, name: &str) -> Result<Database> {
        let mut cluster = match self.cluster.take() {
            Some(cluster) => cluster,
            None => Cluster::start().await?,
        };
        let database = cluster.database(name).await;
        self.cluster = Some(cluster);
        database
    }

    pub(crate) fn uses(&self, store: &str) -> bool {
        self.args.stores.is_empty() || self.args.stores.iter().any(|only| only == store)
    }

    pub(crate) fn add(&mut self, figure: Figure) {
        say(&format!("{} {}: {} {}", figure.number, figure.what, figure.series, figure.unit));
        self.figures.push(figure);
    }

    fn out(&self) -> Option<PathBuf> {
        let partial = self.args.quick || !self.args.only.is_empty() || !self.args.stores.is_empty();
        let usual = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
        self.args.out.clone().or((!partial).then_some(usual))
    }

    fn wants(&self, part: &str) -> bool {
        self.args.only.is_empty() || self.args.only.iter().any(|only| only.eq_ignore_ascii_case(part))
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    if let Some(port) = args.parse_only {
        return parse_only::serve(port);
    }
    let runs = if args.quick { 1 } else { args.runs };
    let mut bench = Bench { args, runs, figures: vec![], cluster: None };
    let load = machine::load();
    let began = Instant::now();
    if bench.wants("P2") {
        append::measure(&mut bench)?;
    }
    say(&format!("done in {} s", began.elapsed().as_secs()));
    match bench.out() {
        Some(out) => report::write(&bench.figures, &load, &out),
        None => Ok(()),
    }
}

/// Progress, with the time, on a line of its own.
pub(crate) fn say(what: &str) {
    println!("{what}");
}
