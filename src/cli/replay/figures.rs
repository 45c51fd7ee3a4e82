//! What the screens showed then: their own folds over what was played so far, in the names that the API has.

use domain::call;
use domain::fact::Event;
use domain::outcome::CallStatus;
use domain::pbx_call::{self, Status};
use domain::target;
use projections::campaign_board::CampaignBoard;
use projections::follow;
use projections::pbx_calls::shown;
use projections::session_stats::{SessionRow, SessionStats};
use projections::then::Then;

use super::reel::Scene;
use super::subject::{Kind, Subject};

/// A name and what it stands at.
pub(super) type Figure = (&'static str, String);

#[derive(Debug)]
enum Screen {
    Session(Then<SessionStats>),
    Campaign(Then<CampaignBoard>),
    /// What is known of a call that rings or is over. Its own screens read personal data, which is sealed here.
    Call(Vec<Figure>),
}

#[derive(Debug)]
pub(super) struct Figures {
    screen: Screen,
    key: String,
}

impl Figures {
    pub(super) fn new(subject: &Subject) -> Self {
        let screen = match subject.kind {
            Kind::Session => Screen::Session(Then::default()),
            Kind::Campaign => Screen::Campaign(Then::default()),
            Kind::Call => Screen::Call(vec![]),
        };
        let key = subject.story.streams.first().map(|(_, stream)| stream.to_string()).unwrap_or_default();
        Self { screen, key }
    }

    pub(super) fn take(&mut self, scene: &Scene) {
        let bad = scene.unreadable.as_ref().map(|bad| follow::Unreadable {
            position: bad.position,
            kind: &bad.kind,
            stream: &bad.stream,
            why: &bad.why,
        });
        let bad = bad.as_slice();
        match &mut self.screen {
            Screen::Session(then) => then.take(&scene.facts, bad),
            Screen::Campaign(then) => then.take(&scene.facts, bad),
            Screen::Call(figures) => {
                scene.facts.iter().filter_map(|fact| told(&fact.event)).for_each(|told| *figures = told);
            }
        }
    }

    /// None before the first event of its own.
    pub(super) fn now(&self) -> Vec<Figure> {
        let figures = match &self.screen {
            Screen::Session(then) => then.row(&self.key).map(session),
            Screen::Campaign(then) => then.row(&self.key).map(|row| {
                let status = ("status", row.status.as_str().to_owned());
                let counts = [
                    ("total", row.total),
                    ("called", row.called),
                    ("calling", row.calling),
                    ("skipped", row.skipped),
                    ("successful", row.successful),
                    ("failed", row.failed),
                    ("callbacks", row.callbacks),
                    ("attempts", row.attempts),
                    ("conversations", row.conversations),
                    ("promises", row.promises),
                    ("talkSecs", row.talk_secs),
                ];
                std::iter::once(status).chain(counts.map(|(name, count)| (name, count.to_string()))).collect()
            }),
            Screen::Call(figures) => Some(figures.clone()),
        };
        figures.unwrap_or_default()
    }
}

fn session(row: &SessionRow) -> Vec<Figure> {
    let mut figures = vec![("status", row.status.as_str().to_owned())];
    figures.extend(row.total.map(|total| ("total", total.to_string())));
    let counts = [("processed", row.processed), ("connected", row.connected), ("failed", row.failed)];
    figures.extend(counts.map(|(name, count)| (name, count.to_string())));
    let by_status = CallStatus::ALL.map(|status| (status.as_str(), row.counted(status)));
    figures.extend(
        by_status.into_iter().filter(|(_, count)| *count != 0).map(|(name, count)| (name, count.to_string())),
    );
    figures
}

/// What the number counts as from then on, or how the call stands; none where an event does not say.
fn told(event: &Event) -> Option<Vec<Figure>> {
    if let Event::Call(call::Event::Reported(told) | call::Event::Strengthened(told)) = event {
        return Some(one_call(told.after.as_str(), told.talk_secs));
    }
    if let Event::PbxCall(event) = event {
        return at_exchange(event);
    }
    let Event::Target(event) = event else { return None };
    match event {
        target::Event::Dialled { .. } | target::Event::Accepted { .. } => Some(one_call("CALLING", None)),
        target::Event::Ended { outcome, .. } | target::Event::Corrected { outcome, .. } => {
            Some(one_call(outcome.shown().status.as_str(), outcome.talk_secs))
        }
        target::Event::Withdrawn { .. } => Some(one_call("WITHDRAWN", None)),
        target::Event::Enlisted { .. } | target::Event::Deferred { .. } | target::Event::Dropped { .. } => {
            None
        }
    }
}

fn at_exchange(event: &pbx_call::Event) -> Option<Vec<Figure>> {
    match event {
        pbx_call::Event::Seen { talking: false, .. } => Some(one_call("RINGING", None)),
        pbx_call::Event::Seen { .. } | pbx_call::Event::Answered { .. } => Some(one_call("TALKING", None)),
        // For how long, the log tells.
        pbx_call::Event::Ended { .. } => Some(one_call(shown(Status::Answered).as_str(), None)),
        pbx_call::Event::Missed { how, .. } => Some(one_call(shown((*how).into()).as_str(), None)),
        pbx_call::Event::Logged { row, .. }
        | pbx_call::Event::Confirmed { row, .. }
        | pbx_call::Event::Corrected { row, .. } => {
            Some(one_call(shown(row.status).as_str(), Some(row.talk_secs)))
        }
        pbx_call::Event::Matched { .. }
        | pbx_call::Event::RecordingFound { .. }
        | pbx_call::Event::Listened { .. } => None,
    }
}

fn one_call(status: &str, talk_secs: Option<u32>) -> Vec<Figure> {
    let mut figures = vec![("status", status.to_owned())];
    figures.extend(talk_secs.map(|secs| ("talkSecs", secs.to_string())));
    figures
}
