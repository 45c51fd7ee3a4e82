//! What pushes look like: the documented objects with the position besides, read from screens that show what the news tell.

mod shapes;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::fact::Position;
use domain::ids::Organization;
use domain::language::Language;
use domain::target::Words;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use projections::call_history::{self, ResultRow};
use projections::contact_book::{self, ContactRow};
use projections::pbx_calls::{self, PbxCallRow, State};
use projections::session_stats::{self, SessionRow};
use projections::{Error, Screens, Status, imports, number_lists, registry};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use super::Moving;
use crate::actors::hub::{Audience, CampaignTurn, News, Push, Render, Space, Subject, What};
use crate::http::contacts::ContactView;
use crate::http::imports::ImportView;
use crate::http::kerio;
use crate::http::language::Texts;
use crate::http::results::ResultView;
use crate::http::sessions::SessionView;
use crate::http::times::Stamp;
use crate::http::uploads::UploadView;
use crate::ports::Clock;
use shapes::{
    CampaignComplete, CampaignStatus, CampaignUpdate, ExchangeCall, Import, IncomingCall, Progress,
    ProjectionProgress, Removed,
};

/// The documented words.
const COMPLETED: &str = "Campaign completed successfully";
/// Texts beside codes are in the language of clients that ask for none.
const TEXTS: Texts = Texts { language: Language::Uzbek };

/// What an upload holds.
pub(super) const NUMBERS: &str = "numbers";
pub(super) const CONTACTS: &str = "contacts";

/// Makes pushes of news.
pub struct Renderer {
    screens: Screens,
    clock: Arc<dyn Clock>,
    moving: Moving,
    /// The generations that were shown when it was looked last; none where it was not.
    shown: Mutex<Option<HashMap<String, i64>>>,
}

impl Renderer {
    pub fn new(screens: Screens, clock: Arc<dyn Clock>, moving: Moving) -> Self {
        Self { screens, clock, moving, shown: Mutex::default() }
    }
}

impl std::fmt::Debug for Renderer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Renderer")
    }
}

/// An object, and the position besides.
#[derive(Serialize)]
struct Told<T> {
    position: Position,
    #[serde(flatten)]
    what: T,
}

/// What the news of a stretch are about.
struct Rows {
    contacts: HashMap<Uuid, ContactRow>,
    results: HashMap<Uuid, ResultRow>,
    /// By their streams.
    sessions: HashMap<String, SessionRow>,
    exchange: HashMap<String, PbxCallRow>,
}

impl Render for Renderer {
    fn render<'a>(&'a self, news: &'a [News]) -> BoxFuture<'a, Result<Vec<Push>, Error>> {
        async move {
            let rows = self.rows(news).await?;
            let mut pushes = Vec::with_capacity(news.len());
            for one in news {
                pushes.extend(self.push(&rows, one).await?);
            }
            Ok(pushes)
        }
        .boxed()
    }

    fn moving(&self, position: Position) -> BoxFuture<'_, Vec<Push>> {
        async move {
            let mut pushes: Vec<Push> = self.moving.now(position);
            match self.building(position).await {
                Ok(building) => pushes.extend(building),
                Err(why) => tracing::debug!(cause = %why, "how screens stand cannot be read now"),
            }
            pushes
        }
        .boxed()
    }
}

impl Renderer {
    async fn rows(&self, news: &[News]) -> Result<Rows, Error> {
        let (mut of, mut results, mut sessions, mut ringing) =
            (HashMap::<&Organization, Vec<Uuid>>::new(), vec![], vec![], vec![]);
        for News { organization, what, .. } in news {
            match what {
                What::Call { contact, .. } | What::Contact { contact, removed: false } => {
                    of.entry(organization).or_default().push(*contact);
                }
                What::Result { id } => results.push(*id),
                What::Session { session } => sessions.push(stream(organization, session)),
                What::Rings { call } => ringing.push(at_exchange(organization, call)),
                What::Contact { removed: true, .. }
                | What::Campaign { .. }
                | What::Exchange { .. }
                | What::List { .. }
                | What::Import { .. }
                | What::Rights(_) => {}
            }
        }
        let mut contacts = HashMap::new();
        for (organization, ids) in of {
            contacts.extend(contact_book::several(&self.screens, organization, &ids).await?);
        }
        let results = call_history::several(&self.screens, &results).await?;
        let sessions = session_stats::several(&self.screens, &sessions).await?;
        let exchange = pbx_calls::several(&self.screens, &ringing).await?;
        Ok(Rows {
            contacts,
            results: results.into_iter().map(|row| (row.id, row)).collect(),
            sessions: sessions.into_iter().map(|row| (row.stream.clone(), row)).collect(),
            exchange: exchange.into_iter().map(|row| (row.stream.clone(), row)).collect(),
        })
    }

    /// None where there is nothing to see of it any more.
    async fn push(&self, rows: &Rows, news: &News) -> Result<Option<Push>, Error> {
        let News { organization, what, .. } = news;
        Ok(match what {
            What::Call { .. }
            | What::Campaign { .. }
            | What::Contact { .. }
            | What::Result { .. }
            | What::Rings { .. }
            | What::Exchange { .. } => happened(rows, news),
            What::Session { session } => rows.sessions.get(&stream(organization, session)).and_then(|row| {
                let view = SessionView::new(row, TEXTS.language, self.clock.now());
                push(news, Space::Calls, "session-update", view)
            }),
            What::List { list } => {
                let found = number_lists::find(&self.screens, organization.as_str(), *list).await?;
                found.and_then(|row| upload_progress(news, NUMBERS, UploadView::of(&row)))
            }
            What::Import { import } => {
                let found = imports::find(&self.screens, organization, *import).await?;
                found.and_then(|row| {
                    let over = Import { upload_id: *import, import: ImportView::of(&row) };
                    upload_progress(news, CONTACTS, over)
                })
            }
            What::Rights(_) => None,
        })
    }

    /// Screens that are being built anew, for those who look after the engine; and once more each that has taken another's place,
    /// even if it was built between two looks.
    async fn building(&self, position: Position) -> Result<Vec<Push>, Error> {
        let known = self.screens.status().await?;
        let live = known.iter().filter(|known| known.state == registry::State::Live);
        let live = live.map(|known| (known.name.clone(), known.generation)).collect();
        let before = self.shown.lock().unwrap_or_else(PoisonError::into_inner).replace(live);
        let is_told = |known: &&Status| match known.state {
            registry::State::Building => true,
            registry::State::Live => before
                .as_ref()
                .and_then(|before| before.get(&known.name))
                .is_some_and(|before| *before != known.generation),
            registry::State::Retired => false,
        };
        let told = known.iter().filter(is_told);
        Ok(told.filter_map(|known| projection_progress(position, known)).collect())
    }
}

fn projection_progress(position: Position, known: &Status) -> Option<Push> {
    let builds = known.state == registry::State::Building;
    let what = ProjectionProgress {
        name: &known.name,
        generation: known.generation,
        fraction: if builds { known.fraction(position) } else { 1.0 },
        events_per_second: known.events_per_sec,
        remaining_seconds: if builds {
            known.remaining(position).map(|left| left.as_secs_f64())
        } else {
            Some(0.0)
        },
    };
    let (space, event, subject) =
        (Space::Calls, "projection-progress", Subject::Standing(known.name.as_str().into()));
    Some(Push { position, audience: Audience::Admins, space, event, data: json(position, what)?, subject })
}

fn stream(organization: &Organization, session: &str) -> String {
    format!("{organization}/{session}")
}

fn at_exchange(organization: &Organization, call: &str) -> String {
    format!("{organization}/pbx/{call}")
}

/// What is told of a single fact.
fn happened(rows: &Rows, news: &News) -> Option<Push> {
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
            push(news, Space::AutoCalling, "campaign-update", what)
        }
        What::Campaign { campaign, turn } => of_campaign(news, *campaign, *turn),
        What::Contact { contact, removed: true } => {
            push(news, Space::AutoCalling, "contact-update", Removed { id: *contact, removed: true })
        }
        What::Contact { contact, removed: false } => {
            let view = ContactView::new(rows.contacts.get(contact)?, TEXTS);
            push(news, Space::AutoCalling, "contact-update", view)
        }
        What::Result { id } => {
            let view = ResultView::shown(rows.results.get(id)?, TEXTS.language);
            push(news, Space::Calls, "call-result", view)
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
            push(news, Space::Calls, "incoming_call", incoming)
        }
        What::Exchange { call, state } => {
            let status = ExchangeCall { call_id: call, state: kerio::state(*state) };
            push(news, Space::Calls, "call_status", status)
        }
        What::Session { .. } | What::List { .. } | What::Import { .. } | What::Rights(_) => None,
    }
}

/// As it is documented: what is under way in small letters, what came of it in capital ones.
fn spelled(status: domain::conversation::status::Status) -> &'static str {
    use domain::conversation::status::Status;
    if status == Status::Calling { "calling" } else { status.as_str() }
}

fn of_campaign(news: &News, campaign_id: Uuid, turn: CampaignTurn) -> Option<Push> {
    let status = match turn {
        CampaignTurn::Completes => {
            let complete = CampaignComplete { campaign_id, message: COMPLETED };
            return push(news, Space::AutoCalling, "campaign-complete", complete);
        }
        CampaignTurn::Runs => "RUNNING",
        CampaignTurn::Pauses => "PAUSED",
        CampaignTurn::Fails => "FAILED",
    };
    push(news, Space::AutoCalling, "campaign-status", CampaignStatus { campaign_id, status })
}

fn upload_progress(news: &News, kind: &'static str, upload: impl Serialize) -> Option<Push> {
    let space = if kind == CONTACTS { Space::AutoCalling } else { Space::Calls };
    push(news, space, "upload-progress", Progress { kind, upload })
}

fn push(news: &News, space: Space, event: &'static str, what: impl Serialize) -> Option<Push> {
    let (position, audience) = (news.position, Audience::Organization(news.organization.clone()));
    Some(Push { position, audience, space, event, data: json(position, what)?, subject: subject(&news.what) })
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

fn json(position: Position, what: impl Serialize) -> Option<Arc<RawValue>> {
    match to_raw_value(&Told { position, what }) {
        Ok(text) => Some(text.into()),
        Err(why) => {
            tracing::error!(position, cause = %why, "a push cannot be written");
            None
        }
    }
}

/// An upload that is under way on this node.
pub(super) fn under_way(
    position: Position,
    organization: &Organization,
    kind: &'static str,
    view: &UploadView,
) -> Option<Push> {
    let news =
        News { position, organization: organization.clone(), what: What::List { list: view.upload_id } };
    upload_progress(&news, kind, view)
}
