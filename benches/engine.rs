//! `make bench`: how fast the engine is on this machine, against what the machine can do, written to docs/performance.md.
//! The engine is measured from outside, as the same program that anybody starts; nothing in it knows of benchmarks.
#![expect(clippy::print_stdout, reason = "a benchmark shows how far it is")]

#[path = "engine/append.rs"]
mod append;
#[path = "engine/bare_sheet.rs"]
mod bare_sheet;
#[path = "engine/campaign.rs"]
mod campaign;
#[path = "engine/child.rs"]
mod child;
#[path = "engine/crowd.rs"]
mod crowd;
#[path = "engine/day.rs"]
mod day;
#[path = "engine/fan_out.rs"]
mod fan_out;
#[path = "engine/figures.rs"]
mod figures;
#[path = "engine/forge.rs"]
mod forge;
#[path = "engine/history.rs"]
mod history;
#[path = "engine/homes.rs"]
mod homes;
#[path = "engine/lists.rs"]
mod lists;
#[path = "engine/live.rs"]
mod live;
#[path = "engine/load.rs"]
mod load;
#[path = "engine/machine.rs"]
mod machine;
#[path = "engine/meters.rs"]
mod meters;
#[path = "engine/offline.rs"]
mod offline;
#[path = "engine/overload.rs"]
mod overload;
#[path = "engine/parse_only.rs"]
mod parse_only;
#[path = "engine/past.rs"]
mod past;
#[path = "engine/plain.rs"]
mod plain;
#[path = "engine/raw_postgres.rs"]
mod raw_postgres;
#[path = "engine/raw_rows.rs"]
mod raw_rows;
#[path = "engine/raw_sqlite.rs"]
mod raw_sqlite;
#[path = "engine/reads.rs"]
mod reads;
#[path = "engine/rebuild.rs"]
mod rebuild;
#[path = "engine/report.rs"]
mod report;
#[path = "engine/reports.rs"]
mod reports;
#[path = "engine/screens.rs"]
mod screens;
#[path = "engine/socket.rs"]
mod socket;
#[path = "engine/startup.rs"]
mod startup;
#[path = "engine/stored.rs"]
mod stored;
#[path = "engine/stuck.rs"]
mod stuck;
#[path = "engine/told.rs"]
mod told;
#[path = "engine/unlisted.rs"]
mod unlisted;
#[path = "engine/uploads.rs"]
mod uploads;
#[path = "engine/webhook.rs"]
mod webhook;
#[path = "engine/wire.rs"]
mod wire;

// The server that the tests use too, in their own manner.
#[expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "it is written for tests, where a failure may panic"
)]
#[path = "../tests/it/ports.rs"]
mod ports;
#[expect(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "it is written for tests, where a failure may panic"
)]
#[path = "../tests/it/postgres.rs"]
mod postgres;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use mimalloc::MiMalloc;
use tempfile::TempDir;

use figures::Figure;
use homes::{Home, Store};
use postgres::{Server, Sync};

/// The engine's own, so that the endpoint it is compared with has no worse one.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// What is measured and how long.
#[derive(Debug, Parser)]
struct Args {
    /// Runs of everything, after one that only warms up.
    #[arg(long, visible_alias = "turns", default_value_t = 5)]
    runs: usize,
    /// One short run of each: shows that the benchmark works, its figures mean little.
    #[arg(long)]
    quick: bool,
    /// Also with ten million stored events.
    #[arg(long)]
    deep: bool,
    /// Only these, by comma: P1, P2, P3, P4, P5, P6, P7, P8, P9, A1, A2, R15.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Only on these, by comma: sqlite, postgresql.
    #[arg(long, value_delimiter = ',')]
    stores: Vec<String>,
    /// A setting that the engine is to have besides, as NAME=VALUE; may be given more than once.
    #[arg(long = "set")]
    settings: Vec<String>,
    /// Where the table is written; by default docs/performance.md, with --quick or --only nowhere.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Used by the benchmark itself: serve the endpoint that only parses.
    #[arg(long, hide = true)]
    parse_only: Option<u16>,
    /// Used by the benchmark itself: serve the protocol layer alone.
    #[arg(long, hide = true)]
    told: Option<u16>,
    /// Used by the benchmark itself: read every cell of this workbook and say what it took.
    #[arg(long, hide = true)]
    read_only: Option<PathBuf>,
    /// Said by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// One run of the benchmark: how much, where, and what came out.
pub(crate) struct Bench {
    args: Args,
    pub(crate) runs: usize,
    figures: Vec<Figure>,
    postgres: OnceCell<Server>,
    /// Databases that are kept full to be copied.
    made: RefCell<HashSet<String>>,
    copies: Cell<u32>,
}

impl Bench {
    /// A count, smaller where it is only shown that things work.
    pub(crate) fn sized(&self, count: usize) -> usize {
        if self.args.quick { count / 10 } else { count }
    }

    /// How long a load lasts.
    pub(crate) fn duration(&self, secs: u64) -> Duration {
        Duration::from_secs(if self.args.quick { 2 } else { secs })
    }

    /// The server, as durable as PostgreSQL is by default; started when it is first needed.
    pub(crate) fn postgres(&self) -> &Server {
        self.postgres.get_or_init(|| Server::own(Sync::On))
    }

    /// A fresh database, and nothing left to write of what others did.
    pub(crate) async fn database(&self) -> String {
        let url = self.postgres().database().await;
        self.postgres().run("postgres", "CHECKPOINT").await;
        url
    }

    /// A database with all that is in another one.
    pub(crate) async fn copy_of(&self, name: &str) -> String {
        let copies = self.copies.replace(self.copies.get() + 1);
        let copy = format!("copy_{copies}");
        self.postgres().run("postgres", &format!("CREATE DATABASE {copy} TEMPLATE {name}")).await;
        self.postgres().run("postgres", "CHECKPOINT").await;
        self.postgres().url(&copy)
    }

    pub(crate) fn deep(&self) -> bool {
        self.args.deep
    }

    /// A place for an engine with nothing in it.
    pub(crate) async fn home(&self, store: Store) -> Result<Home> {
        let database = if store == Store::Postgres { Some(self.database().await) } else { None };
        Ok(Home::new(folder("home")?, database).with(&self.args.settings))
    }

    pub(crate) fn stores(&self) -> Vec<Store> {
        [Store::Sqlite, Store::Postgres].into_iter().filter(|store| self.uses(*store)).collect()
    }

    pub(crate) fn uses(&self, store: Store) -> bool {
        let name = store.to_string();
        self.args.stores.is_empty() || self.args.stores.iter().any(|only| only.eq_ignore_ascii_case(&name))
    }

    /// Figures without a single run are none.
    pub(crate) fn add(&mut self, figures: impl IntoIterator<Item = Figure>) {
        for figure in figures.into_iter().filter(|figure| !figure.series.is_empty()) {
            let Figure { number, what, series, unit, .. } = &figure;
            say(&format!("{number} {what}: {series} {unit} {}", figure.verdict()));
            self.figures.push(figure);
        }
    }

    fn out(&self) -> Option<PathBuf> {
        let partial = self.args.quick || !self.args.only.is_empty() || !self.args.stores.is_empty();
        let partial = partial || !self.args.settings.is_empty();
        let usual = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
        self.args.out.clone().or_else(|| (!partial).then_some(usual))
    }

    pub(crate) fn wants(&self, part: &str) -> bool {
        self.args.only.is_empty() || self.args.only.iter().any(|only| only.eq_ignore_ascii_case(part))
    }
}

type Part = fn(&mut Bench) -> Result<()>;

fn main() -> Result<()> {
    let args = Args::parse();
    if let Some(port) = args.parse_only {
        return parse_only::serve(port);
    }
    if let Some(port) = args.told {
        return told::serve(port);
    }
    if let Some(book) = &args.read_only {
        return bare_sheet::read(book);
    }
    let runs = if args.quick { 1 } else { args.runs };
    let mut bench = Bench {
        args,
        runs,
        figures: vec![],
        postgres: OnceCell::new(),
        made: RefCell::default(),
        copies: Cell::new(0),
    };
    let load = machine::load();
    let began = Instant::now();
    let parts: [(&str, Part); 11] = [
        ("P1", reports::measure),
        ("P2", append::measure),
        ("P3", rebuild::measure),
        ("P4", reads::measure),
        ("P5", live::measure),
        ("P6", uploads::measure),
        ("P7", campaign::measure),
        ("P8", startup::measure),
        ("P9", history::measure),
        ("A1", past::measure),
        ("A2", offline::measure),
    ];
    for (name, measure) in parts {
        if bench.wants(name) {
            measure(&mut bench)?;
        }
    }
    say(&format!("done in {} s", began.elapsed().as_secs()));
    match bench.out() {
        Some(out) => report::write(&bench.figures, &load, &out),
        None => Ok(()),
    }
}

/// A folder that is gone when it is dropped, on the disk that the build is on.
pub(crate) fn folder(name: &str) -> Result<TempDir> {
    let prefix = format!("bench-{name}-");
    tempfile::Builder::new().prefix(&prefix).tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("no folder")
}

/// Where something lies that takes long to make, for the next part and the next run.
pub(crate) fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench-data").join(name)
}

/// Progress, on a line of its own.
pub(crate) fn say(what: &str) {
    println!("{what}");
}
