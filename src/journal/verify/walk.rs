//! Along the chain, batch by batch: one page is read while the one before it is hashed, and what lies beside the one before that is
//! looked at.

use std::time::Instant;

use domain::fact::Position;

use super::gone::{Gone, Lost};
use super::listed::{self, Strayed};
use super::{Fault, Pace, Progress, Reader, Wanted, at};
use crate::journal::chain::{Digest, GENESIS, Hash};
use crate::journal::{Batch, Error, Stored};

/// Three pages of at most about so many events are in memory at a time; a batch is never divided.
const EVENTS_A_PAGE: u64 = 4_096;
const BATCHES_A_PAGE: usize = 512;

/// How far the walk has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walk {
    /// Where it began.
    pub(super) first: Position,
    pub(super) position: Position,
    pub(super) recorded_at: i64,
    pub(super) digest: Hash,
    pub(super) batches: u64,
}

struct Page {
    batches: Vec<Batch>,
    events: Vec<Stored>,
}

impl Page {
    fn last(&self) -> Position {
        self.batches.last().map_or(0, |batch| batch.last)
    }
}

pub(super) async fn walk(
    reader: &Reader,
    wanted: &Wanted,
    pace: Pace,
    report: &mut dyn FnMut(Progress),
) -> Result<(Walk, Lost), Fault> {
    let head = reader.position().await?;
    let to = wanted.to.unwrap_or(Position::MAX);
    let mut walk = begin(reader, wanted.from).await?;
    let mut beside = Beside::new(wanted);
    let mut right: Vec<Stored> = vec![];
    let mut next = page(reader, walk.position, to).await?;
    while let Some(page_of_now) = next {
        let (began, last) = (Instant::now(), page_of_now.last());
        let checking = tokio::task::spawn_blocking(move || walk.check(page_of_now));
        let (looked, checked, reading) =
            tokio::join!(beside.look(reader, &right), checking, page(reader, last, to));
        looked?;
        let broken = |why: tokio::task::JoinError| Error::Unavailable(why.to_string());
        (walk, right) = checked.map_err(broken)??;
        report(Progress { position: walk.position, head: head.max(walk.position) });
        if pace == Pace::Gentle {
            tokio::time::sleep(began.elapsed()).await;
        }
        next = reading?;
    }
    beside.look(reader, &right).await?;
    Ok((walk, beside.end(reader, walk.position).await?))
}

/// What events tell of that lies beside them.
struct Beside {
    strayed: Strayed,
    /// Who was forgotten stands anywhere in a journal: in a part of it nobody can tell.
    gone: Option<Gone>,
}

impl Beside {
    fn new(wanted: &Wanted) -> Self {
        let whole = wanted.from.is_none() && wanted.to.is_none();
        Self { strayed: Strayed::default(), gone: whole.then(Gone::default) }
    }

    async fn look(&mut self, reader: &Reader, events: &[Stored]) -> Result<(), Fault> {
        for event in events.iter().filter(|event| listed::is_listed(event)) {
            self.strayed.look(reader, event).await?;
        }
        if let Some(gone) = &mut self.gone {
            gone.look(reader, events).await?;
        }
        Ok(())
    }

    async fn end(self, reader: &Reader, position: Position) -> Result<Lost, Fault> {
        self.strayed.end(reader, position).await?;
        match self.gone {
            Some(gone) => Ok(gone.end(reader).await?),
            None => Ok(Lost::default()),
        }
    }
}

/// Before the batch that holds `from`; its predecessor's digest is believed.
async fn begin(reader: &Reader, from: Option<Position>) -> Result<Walk, Fault> {
    let start = Walk { first: 1, position: 0, recorded_at: 0, digest: GENESIS, batches: 0 };
    let Some(from) = from.filter(|from| *from > 1) else { return Ok(start) };
    let nothing = || at(from, "the journal ends before it");
    let holding = reader.batches(from - 1, 1).await?.pop().ok_or_else(nothing)?;
    if holding.first <= 1 {
        return Ok(start);
    }
    let before = reader.batches(holding.first.saturating_sub(2), 1).await?.pop();
    match before.filter(|before| before.last + 1 == holding.first) {
        None => Err(at(holding.first, "the batches leave a hole or overlap here")),
        Some(Batch { last, recorded_at, digest, .. }) => {
            Ok(Walk { first: last + 1, position: last, recorded_at, digest, batches: 0 })
        }
    }
}

/// The batches after a position with their events; none at the journal's end.
async fn page(reader: &Reader, after: Position, to: Position) -> Result<Option<Page>, Fault> {
    loop {
        if after >= to {
            return Ok(None);
        }
        let mut batches = match reader.batches(after, BATCHES_A_PAGE).await {
            Ok(batches) => batches,
            Err(why) => return Err(unreadable_batch(reader, after, why).await),
        };
        let far = |batch: &Batch| batch.last.saturating_sub(after) > EVENTS_A_PAGE || batch.first > to;
        let kept = batches.iter().position(far).unwrap_or(batches.len());
        batches.truncate(kept.max(1));
        if let Some(last) = batches.last().map(|batch| batch.last) {
            let events = events_up_to(reader, after, last).await?;
            return Ok(Some(Page { batches, events }));
        }
        // An engine at work may have committed between the two looks: then there is a batch by now.
        let stray = reader.stored(after, 1).await?.into_iter().next();
        let Some(stray) = stray else { return Ok(None) };
        if reader.batches(after, 1).await?.is_empty() {
            return Err(at(stray.position, "an event that belongs to no batch"));
        }
    }
}

async fn events_up_to(reader: &Reader, after: Position, last: Position) -> Result<Vec<Stored>, Fault> {
    let count = usize::try_from(last.saturating_sub(after)).unwrap_or(usize::MAX);
    // A hole lets later events slip in: they are of no concern here.
    match reader.stored(after, count).await {
        Ok(mut events) => {
            events.retain(|event| event.position <= last);
            Ok(events)
        }
        Err(why) => Err(unreadable_event(reader, (after, last), why).await),
    }
}

/// What a store cannot make sense of is looked for one by one, unless it is the whole store that does not answer.
async fn unreadable_event(reader: &Reader, (after, last): (Position, Position), why: Error) -> Fault {
    for position in after..last {
        match reader.stored(position, 1).await {
            Ok(_) => {}
            Err(_) if reader.position().await.is_err() => break,
            Err(why) => return at(position + 1, format!("the event is not readable: {why}")),
        }
    }
    why.into()
}

async fn unreadable_batch(reader: &Reader, mut after: Position, why: Error) -> Fault {
    loop {
        match reader.batches(after, 1).await.map(|mut found| found.pop()) {
            Ok(Some(batch)) if batch.last > after => after = batch.last,
            Ok(_) => return why.into(),
            Err(_) if reader.position().await.is_err() => return why.into(),
            Err(why) => return at(after + 1, format!("the batch that begins here is not readable: {why}")),
        }
    }
}

impl Walk {
    /// The walk after this page, and its events, some of which tell of what lies beside them.
    fn check(mut self, page: Page) -> Result<(Self, Vec<Stored>), Fault> {
        let mut events = page.events.iter();
        for batch in &page.batches {
            self.check_batch(batch, &mut events)?;
        }
        Ok((self, page.events))
    }

    fn check_batch(&mut self, batch: &Batch, events: &mut std::slice::Iter<'_, Stored>) -> Result<(), Fault> {
        if batch.first != self.position + 1 || batch.last < batch.first {
            return Err(at(self.position + 1, "the batches leave a hole or overlap here"));
        }
        if batch.recorded_at < self.recorded_at {
            return Err(at(batch.first, "the batch was recorded before the one that precedes it"));
        }
        let mut digest = Digest::after(&self.digest, batch.recorded_at);
        for position in batch.first..=batch.last {
            let event = events.next().filter(|event| event.position == position);
            let event = event.ok_or_else(|| at(position, "the event is missing"))?;
            check_event(event, batch)?;
            digest.add(position, &event.hash);
        }
        self.digest = digest.finish();
        if self.digest != batch.digest {
            let what = format!("the digest of the batch {}..{} does not fit", batch.first, batch.last);
            return Err(at(batch.first, what));
        }
        (self.position, self.recorded_at) = (batch.last, batch.recorded_at);
        self.batches += 1;
        Ok(())
    }
}

fn check_event(event: &Stored, batch: &Batch) -> Result<(), Fault> {
    if event.rehash() != event.hash {
        return Err(at(event.position, "the event is not the one that was recorded"));
    }
    if event.recorded_at != batch.recorded_at {
        return Err(at(event.position, "the event's time of recording is not its batch's"));
    }
    Ok(())
}
