//! What pushes look like: the documented objects with the position besides. Where something happens again they say so, and when it was.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::fact::Position;
use domain::ids::Organization;
use domain::target::Words;
use projections::call_history::ResultRow;
use projections::contact_book::ContactRow;
use projections::pbx_calls::{PbxCallRow, State};
use projections::session_stats::SessionRow;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use super::TEXTS;
use super::shapes::{CampaignComplete, CampaignStatus, CampaignUpdate, ExchangeCall, IncomingCall, Removed};
use crate::actors::hub::{Audience, CampaignTurn, News, Push, Space, Subject, What};
use crate::http::contacts::ContactView;
use crate::http::kerio;
use crate::http::results::ResultView;
use crate::http::sessions::SessionView;
use crate::http::times::Stamp;

/// The documented words.
const COMPLETED: &str = "Campaign completed successfully";

/// When what is told of happens.
#[derive(Debug, Clone, Copy)]
pub(in crate::http) enum When {
    Now(DateTime<Utc>),
    /// It was so then, and is told once more.
    Again(DateTime<Utc>),
}

impl When {
    fn time(self) -> DateTime<Utc> {
        match self {
            Self::Now(at) | Self::Again(at) => at,
        }
    }

    pub(in crate::http) fn again(self) -> Option<Again> {
        match self {
            Self::Now(_) => None,
            Self::Again(at) => Some(Again { replay: true, at: Stamp(at) }),
        }
    }
}

/// An object, and the position besides.
#[derive(Serialize)]
struct Told<T> {
    position: Position,
    #[serde(flatten)]
    again: Option<Again>,
    #[serde(flatten)]
    what: T,
}

/// What tells a push of a replay from one of now.
#[derive(Clone, Copy, Serialize)]
pub(in crate::http) struct Again {
    replay: bool,
    /// What time it was.
    at: Stamp,
}

/// What the news of a stretch are about.
#[derive(Default)]
pub(in crate::http) struct Rows {
    pub(in crate::http) contacts: HashMap<Uuid, ContactRow>,
    pub(in crate::http) results: HashMap<Uuid, ResultRow>,
    /// By their streams.
    pub(in crate::http) sessions: HashMap<String, SessionRow>,
    pub(in crate::http) exchange: HashMap<String, PbxCallRow>,
}

pub(in crate::http) fn stream(organization: &Organization, session: &str) -> String {
    format!("{organization}/{session}")
}

pub(in crate::http) fn at_exchange(organization: &Organization, call: &str) -> String {
    format!("{organization}/pbx/{call}")
}

/// What is told of a single fact, or of how a session stands.
pub(in crate::http) fn drawn(rows: &Rows, news: &News, when: When) -> Option<Push> {
    let again = when.again();
    match &news.what {
        What::Call { campaign, contact, status, words } => {
            let Words { outcome, summary, .. } = words;
            let what = CampaignUpdate {
                campaign_id: *campaign,
                contact_id: *contact,
                status: spelled(*status),
                contact: rows.contacts.get(contact).map(|row| ContactView::new(row, TEXTS)),
                outcome: outcome.as_deref(),
                summary: summary.as_deref(),
            };
            push((news, again), Space::AutoCalling, "campaign-update", what)
        }
        What::Campaign { campaign, turn } => of_campaign((news, again), *campaign, *turn),
        What::Contact { contact, removed: true } => {
            push((news, again), Space::AutoCalling, "contact-update", Removed { id: *contact, removed: true })
        }
        What::Contact { contact, removed: false } => {
            let view = ContactView::new(rows.contacts.get(contact)?, TEXTS);
            push((news, again), Space::AutoCalling, "contact-update", view)
        }
        What::Result { id } => {
            let view = ResultView::shown(rows.results.get(id)?, TEXTS.language);
            push((news, again), Space::Calls, "call-result", view)
        }
        What::Rings { call } => {
            let row = rows.exchange.get(&at_exchange(&news.organization, call))?;
            let incoming = IncomingCall {
                call_id: call,
                from_number: &row.from_number,
                to_number: &row.to_number,
                direction: kerio::direction(row.direction),
                start_time: Stamp(row.started_at),
                state: kerio::state(State::Ringing),
            };
            push((news, again), Space::Calls, "incoming_call", incoming)
        }
        What::Exchange { call, state } => {
            let status = ExchangeCall { call_id: call, state: kerio::state(*state) };
            push((news, again), Space::Calls, "call_status", status)
        }
        What::Session { session } => {
            let row = rows.sessions.get(&stream(&news.organization, session))?;
            let view = SessionView::new(row, TEXTS.language, when.time());
            push((news, again), Space::Calls, "session-update", view)
        }
        What::List { .. } | What::Import { .. } | What::Rights(_) => None,
    }
}

/// As it is documented: what is under way in small letters, what came of it in capital ones.
fn spelled(status: domain::conversation::status::Status) -> &'static str {
    use domain::conversation::status::Status;
    if status == Status::Calling { "calling" } else { status.as_str() }
}

fn of_campaign((news, again): (&News, Option<Again>), campaign_id: Uuid, turn: CampaignTurn) -> Option<Push> {
    let status = match turn {
        CampaignTurn::Completes => {
            let complete = CampaignComplete { campaign_id, message: COMPLETED };
            return push((news, again), Space::AutoCalling, "campaign-complete", complete);
        }
        CampaignTurn::Runs => "RUNNING",
        CampaignTurn::Pauses => "PAUSED",
        CampaignTurn::Fails => "FAILED",
    };
    push((news, again), Space::AutoCalling, "campaign-status", CampaignStatus { campaign_id, status })
}

pub(super) fn push(
    (news, again): (&News, Option<Again>),
    space: Space,
    event: &'static str,
    what: impl Serialize,
) -> Option<Push> {
    let (position, audience) = (news.position, Audience::Organization(news.organization.clone()));
    let data = json(position, again, what)?;
    Some(Push { position, audience, space, event, data, subject: subject(&news.what) })
}

/// A call of a campaign shows whom it rings.
fn subject(what: &What) -> Subject {
    match what {
        What::Contact { contact, removed: true } => Subject::Removed(*contact),
        What::Contact { contact, removed: false } | What::Call { contact, .. } => Subject::Contact(*contact),
        What::Session { session } => Subject::Standing(session.as_str().into()),
        What::List { list: upload } | What::Import { import: upload } => {
            Subject::Standing(upload.to_string().into())
        }
        What::Campaign { .. }
        | What::Result { .. }
        | What::Rings { .. }
        | What::Exchange { .. }
        | What::Rights(_) => Subject::Past,
    }
}

pub(in crate::http) fn json(
    position: Position,
    again: Option<Again>,
    what: impl Serialize,
) -> Option<Arc<RawValue>> {
    match to_raw_value(&Told { position, again, what }) {
        Ok(text) => Some(text.into()),
        Err(why) => {
            tracing::error!(position, cause = %why, "a push cannot be written");
            None
        }
    }
}
