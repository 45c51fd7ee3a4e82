//! Measures table layouts for the journal before its format is fixed: what each further index costs.
//! It owns its tables and events and uses nothing of the engine, so its figures stay comparable.
//! It measures batched inserts on one connection: no queue, no units, no readers beside it.
//! `cargo bench --bench layout -- --postgres postgres://postgres@127.0.0.1/postgres`
#![expect(clippy::print_stdout, reason = "a benchmark prints its tables")]

mod postgres;
mod reports;
mod sqlite;

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use clap::Parser;
use rusqlite::types::Value;

/// Name, what differs, how, on which stores (s: `SQLite`, p: `PostgreSQL`), events in a batch.
const LAYOUTS: &str = "\
base      |line in the list ends the id            |                               |sp|256
a         |random fingerprint ends the id          |fingerprint                    |sp|256
b         |random ids                              |random                         |sp|256
c         |+ streams                               |streams                        |sp|256
d         |+ commands, random key                  |commands                       |sp|256
e         |+ person_keys, random key               |person                         |sp|256
e2        |+ person_keys, ascending key            |person ascending               |sp|256
f         |+ streams, commands, person_keys        |streams commands person        |sp|256
f2        |f with the ids of a                     |fingerprint streams commands person|sp|256
g         |clustered by stream, WITHOUT ROWID      |clustered                      |s |256
ga        |g with the ids of a                     |clustered fingerprint          |s |256
h-jsonb   |payload jsonb                           |jsonb                          |p |256
h-bytea   |payload bytea                           |bytea                          |p |256
h-text    |payload text                            |text                           |p |256
i         |metadata in four columns                |columns                        |sp|256
j         |no hash column                          |hashless                       |sp|256
k         |primary key is the stream's             |streamprimary                  |p |256
base-2m   |page cache 2 MiB, not 64                |smallcache                     |s |256
f2-2m     |f2, page cache 2 MiB, not 64            |fingerprint streams commands person smallcache|s|256
live      |a and e2: what a report on no list costs|fingerprint person ascending   |s |96
live-1k   |live, pages of 1 KiB, not 4             |fingerprint person ascending page1k|s|96
live-2k   |live, pages of 2 KiB                    |fingerprint person ascending page2k|s|96
live-8k   |live, pages of 8 KiB                    |fingerprint person ascending page8k|s|96
listed    |base in batches of 96                   |                               |s |96
listed-1k |listed, pages of 1 KiB                  |page1k                         |s |96
listed-2k |listed, pages of 2 KiB                  |page2k                         |s |96
base-1    |batches of 1                            |                               |sp|1
base-64   |batches of 64                           |                               |sp|64
base-1024 |batches of 1024                         |                               |sp|1024
base again|the same: noise                         |                               |sp|256";

/// An event's values in their order: name, type in `SQLite`, type in `PostgreSQL`.
const COLUMNS: [(&str, &str, &str); 13] = [
    ("aggregate_id", "TEXT", "text"),
    ("sequence", "INTEGER", "bigint"),
    ("occurred_at", "INTEGER", "bigint"),
    ("payload", "TEXT", "json"),
    ("metadata", "TEXT", "json"),
    ("organization", "TEXT", "text"),
    ("actor", "TEXT", "text"),
    ("correlation", "TEXT", "text"),
    ("causation", "TEXT", "text"),
    ("hash", "BLOB", "bytea"),
    ("command", "BLOB", "bytea"),
    ("person", "BLOB", "bytea"),
    ("wrapped", "BLOB", "bytea"),
];
type Event = [Value; 13];

#[derive(Parser)]
struct Args {
    #[arg(long, default_value_t = 200_000)]
    rows: usize,
    /// Rounds over all layouts: neighbours in time share the machine's weather.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// A small run that shows the program works; its figures mean nothing.
    #[arg(long)]
    quick: bool,
    /// Address of a `PostgreSQL` whose schema `layout` may be dropped.
    #[arg(long)]
    postgres: Option<String>,
    /// Rows of the growth run of base, a and b on `SQLite`; 0 leaves it out.
    #[arg(long, default_value_t = 1_000_000)]
    growth: usize,
    /// Names of the layouts to run, by comma; `base` is always among them.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    #[arg(long, hide = true)]
    bench: bool,
}

struct Layout {
    name: &'static str,
    what: &'static str,
    extras: Vec<&'static str>,
    stores: &'static str,
    batch: usize,
}

impl Layout {
    fn parse(row: &'static str) -> Option<Self> {
        let mut cells = row.split('|').map(str::trim);
        let (name, what, extras) = (cells.next()?, cells.next()?, cells.next()?);
        let (stores, batch) = (cells.next()?, cells.next()?.parse().ok()?);
        Some(Self { name, what, extras: extras.split(' ').collect(), stores, batch })
    }

    fn has(&self, extra: &str) -> bool {
        self.extras.contains(&extra)
    }

    /// Whether the table of events has this column.
    fn kept(&self, column: &str) -> bool {
        match column {
            "metadata" => !self.has("columns"),
            "organization" | "actor" | "correlation" | "causation" => self.has("columns"),
            "hash" => !self.has("hashless"),
            "command" | "person" | "wrapped" => false,
            _ => true,
        }
    }

    /// Whether a statement needs this value: the digest needs hashes that no column keeps.
    fn sent(&self, column: &str) -> bool {
        match column {
            "hash" => true,
            "command" => self.has("commands"),
            "person" | "wrapped" => self.has("person"),
            _ => self.kept(column),
        }
    }

    fn payload_type(&self) -> &'static str {
        ["jsonb", "bytea", "text"].into_iter().find(|kind| self.has(kind)).unwrap_or("json")
    }

    fn names(&self) -> String {
        let kept = COLUMNS.iter().map(|column| column.0).filter(|name| self.kept(name));
        kept.collect::<Vec<_>>().join(", ")
    }
}

/// What one run showed. The seconds of a batch include the checkpoint that followed it.
#[derive(Default)]
struct Run {
    batches: Vec<(usize, f64)>,
    checkpoints: f64,
    disk: u64,
    wal: u64,
}

fn float(count: impl TryInto<u32>) -> f64 {
    count.try_into().map_or(f64::NAN, f64::from)
}

fn rows(batches: &[(usize, f64)]) -> f64 {
    float(batches.iter().map(|batch| batch.0).sum::<usize>())
}

/// In thousands a second.
fn rate(batches: &[(usize, f64)]) -> f64 {
    rows(batches) / 1e3 / batches.iter().map(|batch| batch.1).sum::<f64>()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn spread(values: &[f64], digits: usize) -> String {
    let least = values.iter().copied().fold(f64::MAX, f64::min);
    let most = values.iter().copied().fold(f64::MIN, f64::max);
    format!("{:.digits$} ({least:.digits$}–{most:.digits$})", median(values.to_vec()))
}

type Runs = BTreeMap<&'static str, Vec<Run>>;

/// Ratios are taken inside a round, so that the machine's slow minutes fall out of them.
fn table(store: &str, layouts: &[Layout], runs: &Runs) {
    println!(
        "\n{store}\n\n| layout | what | k events/s | of base | disk B/event | log B/event | checkpoints |\n|---|---|---|---|---|---|---|"
    );
    let rates = |name: &str| -> Vec<f64> {
        let runs = runs.get(name).into_iter().flatten();
        runs.map(|run| rate(&run.batches)).collect()
    };
    for layout in layouts {
        let Some(last) = runs.get(layout.name).and_then(|runs| runs.last()) else {
            continue;
        };
        let own = rates(layout.name);
        let ratios: Vec<_> = own.iter().zip(rates("base")).map(|(own, base)| own / base).collect();
        let (rows, name, what) = (rows(&last.batches), layout.name, layout.what);
        let (disk, log) = (float(last.disk) / rows, float(last.wal) / rows);
        let share = 100.0 * last.checkpoints / last.batches.iter().map(|batch| batch.1).sum::<f64>();
        let (own, ratios) = (spread(&own, 1), spread(&ratios, 2));
        println!("| {name} | {what} | {own} | {ratios} | {disk:.0} | {log:.0} | {share:.0} % |");
    }
}

/// The rate of each tenth of a long run: an index that no longer fits shows as a slope.
fn growth(layouts: &[Layout], rows: usize) -> Result<()> {
    println!("\nSQLite, k events/s in each tenth of {rows} rows\n");
    for layout in layouts.iter().filter(|layout| ["base", "a", "b"].contains(&layout.name)) {
        let batches = sqlite::run(layout, rows)?.batches;
        let tenths = batches.chunks(batches.len().div_ceil(10));
        let tenths: Vec<_> = tenths.map(|tenth| format!("{:.1}", rate(tenth))).collect();
        println!("| {} | {} |", layout.name, tenths.join(" | "));
    }
    Ok(())
}

async fn measure(args: &Args, layouts: &[Layout]) -> Result<(Runs, Runs)> {
    let (mut sqlite, mut postgres) = (Runs::new(), Runs::new());
    for round in 1..=args.rounds {
        for layout in layouts {
            let name = layout.name;
            // A commit for each event is a hundred times slower: a fiftieth of the rows says as much.
            let rows = if layout.batch == 1 { args.rows / 50 } else { args.rows };
            if layout.stores.contains('s') {
                let run = sqlite::run(layout, rows).with_context(|| format!("SQLite, {name}"))?;
                println!("round {round}: SQLite {name} {:.1} k/s", rate(&run.batches));
                sqlite.entry(name).or_default().push(run);
            }
            if let Some(address) = args.postgres.as_ref().filter(|_| layout.stores.contains('p')) {
                let run = postgres::run(layout, rows, address).await;
                let run = run.with_context(|| format!("PostgreSQL, {name}"))?;
                println!("round {round}: PostgreSQL {name} {:.1} k/s", rate(&run.batches));
                postgres.entry(name).or_default().push(run);
            }
        }
    }
    Ok((sqlite, postgres))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut args = Args::parse();
    if args.quick {
        (args.rows, args.rounds, args.growth) = (5_000, 1, 20_000);
    }
    let layouts: Option<Vec<_>> = LAYOUTS.lines().map(Layout::parse).collect();
    let mut layouts = layouts.context("a row of LAYOUTS lacks a cell")?;
    let wanted = |name| args.only.is_empty() || name == "base" || args.only.iter().any(|own| own == name);
    layouts.retain(|layout| wanted(layout.name));
    let (sqlite, postgres) = measure(&args, &layouts).await?;
    table("SQLite", &layouts, &sqlite);
    table("PostgreSQL", &layouts, &postgres);
    if args.growth > 0 { growth(&layouts, args.growth) } else { Ok(()) }
}
