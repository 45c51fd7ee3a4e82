//! What is played again: which thing a name means, and which streams tell it.

use clap::ValueEnum;
use cqrs_es::Aggregate as _;
use domain::call::{self, Call};
use domain::campaign::Campaign;
use domain::fact::Event;
use domain::ids::{Organization, SessionId, StreamId};
use domain::pbx_call::{self, PbxCall};
use domain::session::{self, Session};
use domain::target::Target;
use uuid::Uuid;

use super::Error;
use crate::http::audit;
use crate::journal;
use crate::journal::story::Story;
use crate::journal::verify::Reader;

/// What bears an id that its stream is not called by.
const BEARERS: [&str; 4] = [Session::TYPE, Call::TYPE, Target::TYPE, PbxCall::TYPE];

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Of the call server, by its name or its id
    Session,
    /// By its id
    Campaign,
    /// By the id that the history shows: one that the call server reported, a campaign's, or one at the exchange
    Call,
}

#[derive(Debug)]
pub(super) struct Subject {
    pub(super) kind: Kind,
    /// As people know it.
    pub(super) name: String,
    pub(super) story: Story,
    /// Where its stream tells of other calls too: only what names this one is played.
    pub(super) call: Option<Uuid>,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Campaign => "campaign",
            Self::Call => "call",
        }
    }
}

/// Among whose things, and of which kind where that was said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) organization: &'a Organization,
    pub(super) kind: Option<Kind>,
    pub(super) id: &'a str,
}

impl Asked<'_> {
    /// A session by its name or its id, a campaign by its id, a call by the id that the history shows, whoever placed it.
    pub(super) async fn find(&self, reader: &Reader) -> Result<Subject, Error> {
        let wants = |kind| self.kind.is_none_or(|wanted| wanted == kind);
        let mut found = None;
        if wants(Kind::Session) {
            found = self.session(reader).await?;
        }
        if let Ok(id) = Uuid::parse_str(self.id) {
            if found.is_none() && wants(Kind::Campaign) {
                found = self.campaign(reader, id).await?;
            }
            if found.is_none() {
                found = self.named(reader, id).await?.filter(|found| wants(found.kind));
            }
        }
        let kind = self.kind.map_or("session, campaign or call", Kind::as_str);
        let unknown =
            || Error::Unknown { kind, id: self.id.to_owned(), organization: self.organization.to_string() };
        found.ok_or_else(unknown)
    }

    async fn session(&self, reader: &Reader) -> Result<Option<Subject>, journal::Error> {
        let Ok(name) = SessionId::parse(self.id) else { return Ok(None) };
        let subject = session(StreamId::session(self.organization, &name));
        Ok(is_told(reader, &subject.story).await?.then_some(subject))
    }

    async fn campaign(&self, reader: &Reader, id: Uuid) -> Result<Option<Subject>, journal::Error> {
        let stream = StreamId::campaign(self.organization, id);
        let (streams, beneath) = (vec![(Campaign::TYPE, stream.clone())], Some((Target::TYPE, stream)));
        let story = Story { streams, beneath };
        let told = is_told(reader, &story).await?;
        Ok(told.then(|| Subject { kind: Kind::Campaign, name: id.to_string(), story, call: None }))
    }

    /// What bears this id without being called by it in the journal.
    async fn named(&self, reader: &Reader, id: Uuid) -> Result<Option<Subject>, journal::Error> {
        let first = reader.naming(&BEARERS, id).await?;
        let Some(first) = first.filter(|first| first.stream.starts_with(&format!("{}/", self.organization)))
        else {
            return Ok(None);
        };
        let stream = StreamId::stored(first.stream.clone());
        let page = reader.decode(std::slice::from_ref(&first), None).await?;
        let event = page.facts.first().map(|fact| &fact.event);
        Ok(event.and_then(|event| bearer(event, stream, id)))
    }
}

/// Whose id it is, as the first event tells that names it.
fn bearer(event: &Event, stream: StreamId, id: Uuid) -> Option<Subject> {
    let call = |kind, stream, call| {
        let story = Story { streams: vec![(kind, stream)], beneath: None };
        Subject { kind: Kind::Call, name: id.to_string(), story, call }
    };
    if let Event::Session(session::Event::Opened { id: own, .. } | session::Event::Adopted { id: own, .. }) =
        event
    {
        return (*own == id).then(|| session(stream));
    }
    if let Event::Call(call::Event::Reported(told)) = event {
        return (told.id == id).then(|| call(Call::TYPE, stream, None));
    }
    if let Event::PbxCall(pbx_call::Event::Seen { id: own, .. } | pbx_call::Event::Logged { id: own, .. }) =
        event
    {
        return (*own == id).then(|| call(PbxCall::TYPE, stream, None));
    }
    (audit::call_of(event) == Some(id)).then(|| call(Target::TYPE, stream, Some(id)))
}

fn session(stream: StreamId) -> Subject {
    let name = stream.session_name().to_owned();
    let (streams, beneath) = (vec![(Session::TYPE, stream.clone())], Some((Call::TYPE, stream)));
    Subject { kind: Kind::Session, name, story: Story { streams, beneath }, call: None }
}

async fn is_told(reader: &Reader, story: &Story) -> Result<bool, journal::Error> {
    let own = Story { streams: story.streams.clone(), beneath: None };
    Ok(!reader.positions(&own).await?.is_empty())
}
