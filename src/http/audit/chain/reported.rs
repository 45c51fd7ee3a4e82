//! From a result that a call server reported to the row of the list that was uploaded: report, session, start, list, row.
//! A list of numbers that an earlier session did not reach leads on to that session.

use cqrs_es::Aggregate as _;
use domain::call::{self, Call, Details};
use domain::fact::{Event, Fact};
use domain::ids::{SessionId, StreamId};
use domain::number_list::{self, NumberList, Origin};
use domain::phone::Phone;
use domain::session::{self, Session};
use uuid::Uuid;

use super::{Chain, What, texts};
use crate::dispatch::lists::Error;
use crate::http::problem::Problem;

/// Lists of lists that are followed. Nobody tries the same number so often.
const SESSIONS_MAX: usize = 16;

/// Which line of a list the chain is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Line {
    At(u32),
    /// The number stands on none.
    Unlisted,
    /// It is about all of the list.
    Any,
}

impl Chain<'_> {
    pub(super) async fn reported(&mut self, stream: &StreamId, result: Uuid) -> Result<(), Problem> {
        let facts = self.facts(Call::TYPE, stream).await?;
        let own = || facts.iter().filter(|fact| attempt(fact) == Some(result));
        let id = || ("call", result.to_string());
        if let Some(told) = own().rev().find(|fact| has_recording(fact)) {
            self.because(What::Recording, id(), told, texts::RECORDING);
        }
        let Some(first) = own().next() else {
            self.end(texts::NO_REPORT);
            return Ok(());
        };
        self.event(What::Report, id(), first);
        let held = &first.circumstances.causation;
        if !held.is_empty() {
            self.because(What::Quarantine, ("quarantine", held.clone()), first, texts::HELD);
        }
        self.because(What::Call, id(), first, texts::CALLED);
        let line = stream.as_str().rsplit('/').next().and_then(|line| line.parse().ok());
        let Some((_, session)) = stream.whose() else {
            self.end(texts::NO_SESSION);
            return Ok(());
        };
        self.session(session, line.map_or(Line::Unlisted, Line::At)).await
    }

    pub(super) async fn session(&mut self, session: SessionId, line: Line) -> Result<(), Problem> {
        let mut next = Some((session, line));
        for _ in 0..SESSIONS_MAX {
            let Some((session, line)) = next.take() else { return Ok(()) };
            next = self.started(&session, line).await?;
        }
        if next.is_some() {
            self.end(texts::TOO_LONG);
        }
        Ok(())
    }

    pub(super) async fn list(&mut self, list: Uuid, line: Line) -> Result<(), Problem> {
        match self.listed(list, line).await? {
            Some((session, line)) => self.session(session, line).await,
            None => Ok(()),
        }
    }

    /// How a session came to be; the session that its list was made of, where there is one.
    async fn started(
        &mut self,
        session: &SessionId,
        line: Line,
    ) -> Result<Option<(SessionId, Line)>, Problem> {
        let stream = StreamId::session(self.organization, session);
        let facts = self.facts(Session::TYPE, &stream).await?;
        let Some(first) = facts.first() else {
            self.end(texts::NO_SESSION);
            return Ok(None);
        };
        let id = || ("session", session.to_string());
        self.event(What::Session, id(), first);
        let Event::Session(session::Event::Opened { list, .. }) = &first.event else {
            self.end(texts::NOT_STARTED);
            return Ok(None);
        };
        if let Some(launch) = facts.iter().find(|fact| is_launch(fact)) {
            self.effect(launch);
        }
        let request = first.circumstances.correlation.clone();
        self.because(What::Start, ("request", request), first, texts::START);
        let Some(pinned) = list else {
            self.end(texts::NO_LIST);
            return Ok(None);
        };
        self.listed(pinned.id, line).await
    }

    async fn listed(&mut self, list: Uuid, line: Line) -> Result<Option<(SessionId, Line)>, Problem> {
        let facts = self.facts(NumberList::TYPE, &StreamId::number_list(self.organization, list)).await?;
        let accepted = facts.first().and_then(|fact| Some((fact, origin(fact)?)));
        let Some((fact, origin)) = accepted else {
            self.end(texts::LIST_GONE);
            return Ok(None);
        };
        self.event(What::List, ("list", list.to_string()), fact);
        let number = match line {
            Line::Any => None,
            Line::At(line) => self.on_line(list, line).await?,
            Line::Unlisted => {
                self.end(texts::UNLISTED);
                None
            }
        };
        match (origin, line, number) {
            (Origin::Retry { session }, Line::Any, _) => Ok(Some((session.clone(), Line::Any))),
            (Origin::Retry { session }, _, Some(number)) => self.earlier(session, &number).await.map(Some),
            (Origin::Retry { .. } | Origin::Workbook | Origin::Text, _, _) => Ok(None),
        }
    }

    /// The row of the sheet that was dialled as this line, and its number.
    async fn on_line(&mut self, list: Uuid, line: u32) -> Result<Option<Phone>, Problem> {
        match self.engine.dispatch.lists().row_of(self.organization, list, line).await {
            Ok(Some(row)) => {
                self.row(("list", list.to_string()), row.row, Some(line));
                Ok(row.verdict.number().cloned())
            }
            Ok(None) => {
                self.end(texts::NO_ROW);
                Ok(None)
            }
            Err(Error::Forgotten) => {
                self.end(texts::FORGOTTEN);
                Ok(None)
            }
            Err(why @ (Error::Unavailable(_) | Error::Damaged)) => Err(why.into()),
        }
    }

    /// Where a number stood in an earlier session.
    async fn earlier(&self, session: &SessionId, number: &Phone) -> Result<(SessionId, Line), Problem> {
        let facts = self.facts(Session::TYPE, &StreamId::session(self.organization, session)).await?;
        let Some(Event::Session(session::Event::Opened { list: Some(pinned), .. })) =
            facts.first().map(|first| &first.event)
        else {
            return Ok((session.clone(), Line::Unlisted));
        };
        let person = self.engine.dispatch.fingerprint(self.organization, number);
        let line = self.engine.dispatch.lists().line(self.organization, pinned.id, &person).await?;
        Ok((session.clone(), line.map_or(Line::Unlisted, Line::At)))
    }
}

fn is_launch(fact: &Fact) -> bool {
    matches!(fact.event, Event::Session(session::Event::Launched { .. }))
}

fn origin(fact: &Fact) -> Option<&Origin> {
    let Event::NumberList(number_list::Event::Accepted { origin, .. }) = &fact.event else { return None };
    Some(origin)
}

fn attempt(fact: &Fact) -> Option<Uuid> {
    let Event::Call(event) = &fact.event else { return None };
    Some(match event {
        call::Event::Reported(told) | call::Event::Strengthened(told) | call::Event::Overtaken(told) => {
            told.id
        }
        call::Event::Amended(amendment) => amendment.id,
    })
}

fn has_recording(fact: &Fact) -> bool {
    details(fact).is_some_and(|details| details.recording_url.is_some())
}

fn details(fact: &Fact) -> Option<&Details> {
    let Event::Call(event) = &fact.event else { return None };
    match event {
        call::Event::Reported(told) | call::Event::Strengthened(told) | call::Event::Overtaken(told) => {
            told.personal.clear()
        }
        call::Event::Amended(amendment) => amendment.personal.clear(),
    }
}
