//! A file becomes contacts: looked through to its end first, so that what cannot be read stores nothing, then stored part by part.

use std::pin::pin;
use std::sync::Arc;

use domain::fact::Position;
use domain::ids::StreamId;
use domain::import::{Became, Command, Counts, Judged, Line, Origin, Terms};
use futures_util::{StreamExt as _, stream};
use uuid::Uuid;

use super::pass::Pass;
use super::report;
use crate::dispatch::Meta;
use crate::dispatch::imports::{Importing, Wanted};
use crate::dispatch::lists::Making;
use crate::http::Engine;
use crate::http::problem::{Code, Problem};
use crate::http::uploads::Shown;
use crate::http::uploads::receive::Received;
use crate::ports::SheetKind;

/// Rows that are told of in the answer; the report tells of all.
const TOLD_MAX: usize = 1_000;
/// Parts that are stored at the same time: the journal commits them together.
const AT_ONCE: usize = 3;

/// A file that has arrived, and what was asked for with it.
pub(super) struct Taking {
    pub(super) engine: Engine,
    pub(super) importing: Importing,
    pub(super) terms: Terms,
    pub(super) file: Arc<Received>,
    pub(super) shown: Shown,
}

/// What became of it.
#[derive(Default)]
pub(super) struct Taken {
    /// None where nothing was to be stored.
    pub(super) import: Option<Uuid>,
    pub(super) counts: Counts,
    /// The first rows of which there is anything to say.
    pub(super) told: Vec<Line>,
    pub(super) position: Position,
}

#[derive(Clone, Copy)]
enum How {
    Store,
    /// Only said what would be.
    Try,
}

impl Taking {
    pub(super) async fn take(self, dry_run: bool) -> Result<Taken, Problem> {
        self.shown.reading();
        let (kind, mut taken) = self.check(dry_run).await?;
        if dry_run {
            self.shown.tried();
        } else {
            let import = self.importing.import;
            self.begin(kind).await?;
            taken = match self.store().await {
                Ok(taken) => taken,
                Err(problem) => return Err(self.broken_off(problem).await),
            };
            let Taken { counts, position, .. } = &taken;
            tracing::info!(%import, position, created = counts.created, rows = counts.rows, "contacts were imported");
        }
        Ok(taken)
    }

    /// What was stored by then is there. Where that cannot be said either, the watchdog says it.
    async fn broken_off(&self, problem: Problem) -> Problem {
        let import = self.importing.import;
        self.shown.placing();
        let failed = Command::Fail { reason: problem.to_string(), at: self.engine.clock.now() };
        if let Err(why) = self.say(failed).await {
            tracing::warn!(%import, cause = %why, "an import broke off, and cannot be told so now");
        }
        problem.or("importId", import.to_string())
    }

    fn pass(&self) -> Pass {
        Pass::begin(&self.engine, &self.shown.begun, &self.file, self.terms.strict)
    }

    /// Whether the file can be read to its end and, where that is wanted, what would become of it.
    async fn check(&self, dry_run: bool) -> Result<(SheetKind, Taken), Problem> {
        let (mut pass, mut taken) = (self.pass(), Taken::default());
        let mut refused = Ok(());
        while let (Some(rows), Ok(())) = (pass.rows.recv().await, &refused) {
            if dry_run || self.fails() {
                let lines = self.lines(rows, How::Try).await?;
                refused = self.refused(&lines);
                taken.take(&lines);
            }
        }
        let kind = pass.end().await?;
        refused?;
        taken.position = self.engine.dispatch.position();
        Ok((kind, taken))
    }

    fn fails(&self) -> bool {
        self.terms.on_duplicate == domain::import::OnDuplicate::Fail
    }

    /// One row that cannot be, where that is to hinder all of them.
    fn refused(&self, lines: &[Line]) -> Result<(), Problem> {
        let doubled = lines.iter().find(|line| self.fails() && line.became == Became::Skipped);
        let Some(Line { row, contact, notes, .. }) = doubled else { return Ok(()) };
        let why = notes.first().map_or("", |note| note.what.sentence());
        let detail = format!("row {row} cannot be taken, and nothing was stored: {why}");
        let problem = Problem::new(Code::DuplicateRow, detail).with("row", *row);
        match (contact, notes.first()) {
            (Some(contact), _) => Err(problem.with("contactId", contact.to_string())),
            (None, Some(note)) => Err(problem.with("earlierRow", note.after.clone())),
            (None, None) => Err(problem),
        }
    }

    async fn begin(&self, kind: SheetKind) -> Result<(), Problem> {
        let origin = match kind {
            SheetKind::Workbook => Origin::Workbook,
            SheetKind::Text => Origin::Text,
        };
        let Importing { import: id, at, .. } = self.importing;
        self.say(Command::Begin { id, origin, terms: self.terms, at }).await.map(drop)
    }

    async fn store(&self) -> Result<Taken, Problem> {
        let Importing { organization, import, .. } = &self.importing;
        let mut taken = Taken { import: Some(*import), ..Taken::default() };
        let mut making = self.engine.dispatch.lists().make(organization.clone(), *import)?;
        let mut pass = self.pass();
        {
            let parts = stream::poll_fn(|context| pass.rows.poll_recv(context));
            let mut parts = pin!(parts.map(|rows| self.lines(rows, How::Store)).buffered(AT_ONCE));
            while let Some(lines) = parts.next().await {
                let lines = lines?;
                taken.take(&lines);
                self.tell(&mut making, &lines, taken.counts.chunks).await?;
                taken.counts.chunks += 1;
            }
        }
        pass.end().await?;
        let (counts, at) = (taken.counts, self.engine.clock.now());
        self.shown.placing();
        taken.position = self.say(Command::Finish { counts, digest: making.finish(), at }).await?;
        Ok(taken)
    }

    async fn tell(&self, making: &mut Making, lines: &[Line], number: u32) -> Result<(), Problem> {
        let sealed = making.seal_text(number, &report::written(lines), self.engine.clock.now())?;
        Ok(making.store(sealed).await?)
    }

    /// What becomes of some rows, in their order.
    async fn lines(&self, rows: Vec<Judged>, how: How) -> Result<Vec<Line>, Problem> {
        let (mut lines, mut wanted) = (vec![], vec![]);
        for judged in rows {
            match judged {
                Judged::Told(line) => lines.push(line),
                Judged::Contact(coming) => {
                    wanted.push(Wanted { contact: self.engine.ids.uuid(), coming: *coming });
                }
            }
        }
        let dispatch = &self.engine.dispatch;
        lines.extend(match how {
            How::Store => dispatch.import_contacts(&self.importing, &wanted).await?,
            How::Try => dispatch.try_contacts(&self.importing, &wanted).await?,
        });
        lines.sort_by_key(|line| line.row);
        Ok(lines)
    }

    async fn say(&self, command: Command) -> Result<Position, Problem> {
        let Importing { organization, import, circumstances, .. } = &self.importing;
        let meta = Meta { circumstances: Arc::clone(circumstances), command: None };
        let stream = StreamId::import(organization, *import);
        Ok(self.engine.dispatch.import(stream, command, meta).await?.position)
    }
}

impl Taken {
    fn take(&mut self, lines: &[Line]) {
        for line in lines {
            self.counts.add(line);
        }
        let room = TOLD_MAX.saturating_sub(self.told.len());
        self.told.extend(lines.iter().filter(|line| !line.notes.is_empty()).take(room).cloned());
    }
}
