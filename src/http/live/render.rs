//! What is pushed of what happens now, read from screens that show what the news tell. What pushes look like is `render/drawing.rs`'s,
//! which draws what happens again as well.

mod drawing;
mod shapes;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::fact::Position;
use domain::ids::Organization;
use domain::language::Language;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use projections::{Error, Screens, Status, imports, number_lists, registry};
use projections::{call_history, contact_book, pbx_calls, session_stats};
use serde::Serialize;
use uuid::Uuid;

use super::Moving;
use crate::actors::hub::{Audience, News, Push, Render, Space, Subject, What};
use crate::http::imports::ImportView;
use crate::http::language::Texts;
use crate::http::uploads::UploadView;
use crate::ports::Clock;
use drawing::{json, push, stream};
use shapes::{Import, Progress, ProjectionProgress};

pub(in crate::http) use drawing::{Rows, When, at_exchange, drawn};

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
            | What::Session { .. }
            | What::Rings { .. }
            | What::Exchange { .. } => drawn(rows, news, When::Now(self.clock.now())),
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
    let data = json(position, None, what)?;
    Some(Push { position, audience: Audience::Admins, space, event, data, subject })
}

fn upload_progress(news: &News, kind: &'static str, upload: impl Serialize) -> Option<Push> {
    let space = if kind == CONTACTS { Space::AutoCalling } else { Space::Calls };
    push((news, None), space, "upload-progress", Progress { kind, upload })
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
