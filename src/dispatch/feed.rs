//! The journal for readers outside: the events of one organization in the order of their positions, a page at a time, and how far
//! such readers have come. What belongs to a person stays sealed unless it is wanted in clear.

use chrono::{DateTime, Utc};
use domain::cursor::{self, Cursor, Move};
use domain::fact::{Circumstances, Position};
use domain::ids::{CursorName, Organization};
use tokio::sync::watch;

use super::reports::Error;
use super::{Dispatch, Failure};
use crate::journal::bounds::Bounds;
use crate::journal::cursors::Step;
use crate::journal::masked::masked;
use crate::journal::told::Told;
use crate::journal::{self, Stored};

pub use crate::journal::told::{BadTypes, Types};

/// Events that are looked at for one page. Whoever has few among many gets on all the same, and nobody waits for long.
const LOOKED_AT_MAX: usize = 8_192;
/// A page ends with the read that makes it this long.
const PAGE_BYTES: usize = 1 << 20;
const A_READ: Bounds = Bounds { events: 256, bytes: PAGE_BYTES / 4 };
/// As in dispatch: others may have moved the cursor, once and again.
const TRIES: usize = 3;

/// What a reader wants of the journal.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub organization: Organization,
    pub types: Types,
    /// Only what somebody caused.
    pub actor: Option<String>,
    /// With what belongs to persons opened.
    pub clear: bool,
}

/// One event as JSON, in one line.
#[derive(Debug)]
pub struct Line {
    pub position: Position,
    pub text: String,
}

/// A stretch of the journal.
#[derive(Debug)]
pub struct Page {
    pub lines: Vec<Line>,
    /// Where to go on: everything before it was looked at, whoever's it was.
    pub next: Position,
    /// Where the journal ended meanwhile.
    pub head: Position,
    /// Whether anything in it that belongs to a person is in clear.
    pub personal: bool,
}

impl Page {
    /// How many positions were not looked at yet.
    pub fn behind(&self) -> u64 {
        self.head.saturating_add(1).saturating_sub(self.next)
    }
}

impl Dispatch {
    /// The events from a position on, at most `limit` of them.
    pub async fn feed(&self, wanted: &Wanted, from: Position, limit: usize) -> Result<Page, Error> {
        let mut page = Page { lines: vec![], next: from.max(1), head: self.head(), personal: false };
        let (mut looked_at, mut bytes) = (0, 0);
        while page.behind() > 0 && looked_at < LOOKED_AT_MAX && page.lines.len() < limit && bytes < PAGE_BYTES
        {
            let stored = self.journal.stored_within(page.next - 1, A_READ).await?;
            let Some(last) = stored.last().map(|last| last.position) else { break };
            looked_at += stored.len();
            let mut ours: Vec<Stored> = stored.into_iter().filter(|event| wanted.are(event)).collect();
            let fit = limit - page.lines.len();
            // Behind the last one that fits there may be more: the next page begins there.
            page.next = ours.get(fit).map_or(last + 1, |next| next.position);
            ours.truncate(fit);
            bytes += ours.iter().map(|event| event.payload.len()).sum::<usize>();
            self.write_down(wanted.clear, ours, &mut page).await?;
        }
        page.head = page.head.max(page.next - 1);
        Ok(page)
    }

    async fn write_down(&self, clear: bool, ours: Vec<Stored>, page: &mut Page) -> Result<(), Error> {
        if clear {
            for (event, entry) in ours.iter().zip(self.entries(ours.clone()).await?) {
                page.personal |= entry.personal;
                page.lines.push(line(event, &entry.data.to_string()));
            }
        } else {
            page.lines.extend(ours.iter().map(|event| line(event, &masked(&event.kind, &event.payload))));
        }
        Ok(())
    }

    /// The newest position, as it moves.
    pub fn head_moving(&self) -> watch::Receiver<Position> {
        self.journal.head()
    }

    /// Whether the journal goes on there, or has come that far at all: other nodes may have written what this one has not heard of.
    pub async fn reaches(&self, from: Position) -> Result<bool, Error> {
        let last = |head: Position| head.saturating_add(1);
        Ok(from <= last(self.head()) || from <= last(self.journal.newest().await?))
    }

    /// How far an organization's readers have come, by name.
    pub async fn cursors(&self, organization: &Organization) -> Result<Vec<Cursor>, Error> {
        Ok(self.journal.cursors(organization).await?)
    }

    pub async fn cursor(
        &self,
        organization: &Organization,
        name: &CursorName,
    ) -> Result<Option<Cursor>, Error> {
        let known = self.cursors(organization).await?;
        Ok(known.into_iter().find(|cursor| cursor.name == *name))
    }

    /// Moves a cursor where it may go, and makes one where there is none.
    pub async fn move_cursor(
        &self,
        (organization, name): (&Organization, &CursorName),
        wanted: Move,
        at: DateTime<Utc>,
    ) -> Result<Cursor, Failure<cursor::Error>> {
        for _ in 0..TRIES {
            let known = self.journal.cursors(organization).await.map_err(|why| unavailable(&why))?;
            let head = if wanted.to > self.head() {
                self.journal.newest().await.map_err(|why| unavailable(&why))?
            } else {
                self.head()
            };
            cursor::decide(&known, name, wanted, head).map_err(Failure::Refused)?;
            let from = known.iter().find(|cursor| cursor.name == *name).map(|cursor| cursor.position);
            let (organization, own) = (organization.clone(), name.clone());
            let step = Step { organization, name: own, from, to: wanted.to, at };
            if self.journal.move_cursor(step).await.map_err(|why| unavailable(&why))? {
                return Ok(Cursor { name: name.clone(), position: wanted.to, moved_at: at });
            }
        }
        Err(Failure::Conflict)
    }

    pub async fn drop_cursor(
        &self,
        organization: &Organization,
        name: &CursorName,
    ) -> Result<(), Failure<cursor::Error>> {
        let gone = self.journal.drop_cursor(organization, name).await.map_err(|why| unavailable(&why))?;
        if gone { Ok(()) } else { Err(Failure::Refused(cursor::Error::Unknown)) }
    }
}

impl Wanted {
    fn are(&self, event: &Stored) -> bool {
        let whose = event.stream.split_once('/').map(|(organization, _)| organization);
        whose == Some(self.organization.as_str())
            && self.types.want(event)
            && self.actor.as_ref().is_none_or(|actor| circumstances(event).actor == *actor)
    }
}

fn circumstances(event: &Stored) -> Circumstances {
    serde_json::from_str(&event.metadata).unwrap_or_default()
}

fn line(event: &Stored, payload: &str) -> Line {
    let circumstances = circumstances(event);
    let told = Told::new(event, payload, &circumstances);
    // An event that cannot be written as JSON was never stored as JSON.
    let text = serde_json::to_string(&told).unwrap_or_default();
    Line { position: event.position, text }
}

fn unavailable(why: &journal::Error) -> Failure<cursor::Error> {
    Failure::Unavailable(why.to_string())
}
