//! `karnay events export`: a stretch of the journal as files for analysts, in parts of fixed positions. A part is there whole or not at
//! all, so that an export that was broken off goes on where it was and ends with the very bytes that it would have had unbroken.

mod columns;
mod parquet;
mod plan;
mod sheet;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use domain::fact::Position;
use domain::ids::Organization;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{self, Receiver};

use super::Outcome;
use super::opening;
use super::progress::Progress;
use super::table::{counted, grouped};
use super::when::{Said, said};
use crate::config::Config;
use crate::journal::bounds::Bounds;
use crate::journal::told::Types;
use crate::journal::verify::Reader;
use crate::journal::{self, Stored};
use plan::{Part, Plan};
use sheet::Sheet;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// What the files are
    #[arg(long, value_enum)]
    format: Format,
    /// The folder that the files are put in
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Begin there: a position of the journal, a time (2025-10-06T18:30:00Z; in the engine's zone where it names none) or a day there
    /// (2025-10-06)
    #[arg(long, value_name = "WHEN", default_value = "1", value_parser = said)]
    from: Said,
    /// End there, that included: a position of the journal, a time (2025-10-06T18:30:00Z; in the engine's zone where it names none) or a
    /// day there (2025-10-06). The default is the journal's end
    #[arg(long, value_name = "WHEN", value_parser = said)]
    to: Option<Said>,
    /// Only these types: reported, or call.reported
    #[arg(long, value_name = "T,…", value_parser = Types::parse)]
    types: Option<Types>,
    /// Only this organization's events
    #[arg(long, value_name = "ID", value_parser = |text: &str| Organization::parse(text))]
    org: Option<Organization>,
    /// Positions that each file covers
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    part: u64,
    /// Go on with an export that was broken off, asked for in the same words
    #[arg(long)]
    resume: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Parquet,
    Csv,
    Ndjson,
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }
}

/// Why there is no export, or not all of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("--from: 0 is no position; the first is 1")]
    Nowhere,
    #[error("--to: the journal ends at {0}")]
    Beyond(Position),
    #[error("--from: what is asked for ends at {0}")]
    After(Position),
    #[error("{}: there is something in it; --resume goes on with an export that was broken off", .0.display())]
    InTheWay(PathBuf),
    #[error("{}: there is no export in it to go on with", .0.display())]
    NothingThere(PathBuf),
    #[error("{}: the export in it was asked for in other words: {asked}", folder.display())]
    Other { folder: PathBuf, asked: String },
    #[error("{}: the export in it is of another journal", .0.display())]
    Foreign(PathBuf),
    #[error("{}: another export is at work in it", .0.display())]
    AtWork(PathBuf),
    #[error("{} cannot be written: {why}", file.display())]
    Unwritten { file: PathBuf, why: io::Error },
    #[error("position {0} is missing in the journal; karnay verify says more")]
    Missing(Position),
    #[error(transparent)]
    Journal(#[from] journal::Error),
}

impl Error {
    /// Whether another command line would help.
    pub(super) fn is_the_users(&self) -> bool {
        match self {
            Self::Unwritten { .. } | Self::Missing(_) => false,
            Self::Nowhere
            | Self::Beyond(_)
            | Self::After(_)
            | Self::InTheWay(_)
            | Self::NothingThere(_)
            | Self::Other { .. }
            | Self::Foreign(_)
            | Self::AtWork(_)
            | Self::Journal(_) => true,
        }
    }
}

const A_READ: Bounds = Bounds { events: 1_024, bytes: 4 << 20 };
/// Pages that wait for the writer; one more is being written and one is being read.
const PAGES_WAITING: usize = 2;
/// What a part is called until it is whole.
const PARTIAL: &str = "partial";

pub(super) async fn run(
    options: Options,
    config: &Config,
    out: &mut dyn Write,
) -> Result<Outcome, super::Error> {
    let reader = opening::to_look(config).await?;
    let folder = options.out.clone();
    let (mut plan, _alone) = Plan::of((&reader, config.house.timezone), options).await?;
    let mut progress = Progress::begin("export");
    let made = make(&reader, &folder, &mut plan, &mut progress).await;
    progress.end();
    made?;
    let (events, bytes) = plan.sums();
    let [first, last, mib] = [plan.from, plan.to, bytes >> 20].map(grouped);
    let (events, shown) = (counted(events, "event", "events"), folder.display());
    let parts = counted(u64::try_from(plan.parts.len()).unwrap_or(u64::MAX), "file", "files");
    writeln!(out, "{events} of the positions {first} to {last} in {parts}, {mib} MiB, in {shown}")?;
    writeln!(out, "what comes after them begins with --from {}", plan.to + 1)?;
    Ok(Outcome::Fine)
}

async fn make(reader: &Reader, folder: &Path, plan: &mut Plan, progress: &mut Progress) -> Result<(), Error> {
    let total = (plan.to + 1).saturating_sub(plan.from);
    while let Some((first, last)) = plan.missing() {
        let named = format!("part-{first:012}-{last:012}.{}", plan.asked.format.ending());
        let (whole, partial) = (folder.join(&named), folder.join(format!("{named}.{PARTIAL}")));
        let (pages, taken) = mpsc::channel(PAGES_WAITING);
        let (asked, file) = (plan.asked.clone(), partial.clone());
        let writing = tokio::task::spawn_blocking(move || write(&file, &asked, taken));
        let begin = plan.from;
        let read = pour(reader, (first, last), pages, |at| progress.at(at + 1 - begin, total)).await;
        // Whether a writer that was given too little wrote it well is of no matter.
        let written = writing.await.unwrap_or_else(|why| Err(io::Error::other(why)));
        read?;
        let unwritten = |why| Error::Unwritten { file: partial.clone(), why };
        let (events, bytes) = written.map_err(unwritten)?;
        fs::rename(&partial, &whole).and_then(|()| settle(folder)).map_err(unwritten)?;
        plan.parts.push(Part { file: named, first, last, events, bytes });
        plan.keep(folder)?;
    }
    plan.complete = true;
    plan.keep(folder)
}

/// Reads a stretch and hands it on. A writer that broke takes nothing more, and says why itself.
async fn pour(
    reader: &Reader,
    (first, last): (Position, Position),
    pages: mpsc::Sender<Vec<Stored>>,
    mut at: impl FnMut(Position),
) -> Result<(), Error> {
    let mut next = first;
    while next <= last {
        let left = usize::try_from(last - next + 1).unwrap_or(usize::MAX);
        let bounds = Bounds { events: left.min(A_READ.events), ..A_READ };
        let events = reader.stored_within(next - 1, bounds).await?;
        let whole = events.iter().zip(next..=last).all(|(event, position)| event.position == position);
        let Some(end) = events.last().map(|event| event.position).filter(|_| whole) else {
            return Err(Error::Missing(next));
        };
        if pages.send(events).await.is_err() {
            return Ok(());
        }
        at(end);
        next = end + 1;
    }
    Ok(())
}

/// How many events were written, and how many bytes.
fn write(file: &Path, asked: &plan::Asked, mut pages: Receiver<Vec<Stored>>) -> io::Result<(u64, u64)> {
    let (types, mut events) = (Types::from(asked.types.clone()), 0);
    let mut sheet = Sheet::begin(asked.format, File::create(file)?)?;
    while let Some(page) = pages.blocking_recv() {
        for event in page.iter().filter(|event| types.want(event) && asked.is_theirs(event)) {
            sheet.add(event)?;
            events += 1;
        }
    }
    let file = sheet.end()?;
    file.sync_all()?;
    Ok((events, file.metadata()?.len()))
}

/// Names in a folder are safe once the folder is.
fn settle(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
