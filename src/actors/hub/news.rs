//! What of a fact is news to those who watch. Nothing is looked up here: what a push shows besides is read when it is rendered.

use domain::conversation::status::Status;
use domain::fact::{Event, Fact, Position};
use domain::ids::{Organization, UserName};
use domain::pbx_call::Direction;
use domain::personal::Personal;
use domain::target::Words;
use domain::{api_key, call, campaign, contact, import, number_list, pbx_call, target, user};
use projections::call_history::CallHistory;
use projections::campaign_board::CampaignBoard;
use projections::contact_book::ContactBook;
use projections::imports::Imports;
use projections::number_lists::NumberLists;
use projections::pbx_calls::{PbxCalls, State};
use projections::projection::Projection as _;
use projections::session_stats::SessionStats;
use projections::targets::Targets;
use uuid::Uuid;

use super::board::Whose;

/// Something that happened, and where it stands in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    pub position: Position,
    pub organization: Organization,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A contact of a campaign is called, or its call is over.
    Call {
        campaign: Uuid,
        contact: Uuid,
        status: Status,
        words: Words,
    },
    Campaign {
        campaign: Uuid,
        turn: Turn,
    },
    Contact {
        contact: Uuid,
        removed: bool,
    },
    /// An attempt to reach a number was reported, or more became known of it.
    Result {
        id: Uuid,
    },
    Session {
        session: String,
    },
    /// A list of numbers is stored, and then placed on the remote host or not.
    List {
        list: Uuid,
    },
    /// An import of contacts is over.
    Import {
        import: Uuid,
    },
    /// A call comes in at the exchange, and rings.
    Rings {
        call: String,
    },
    /// A call at the exchange has come to another state.
    Exchange {
        call: String,
        state: State,
    },
    /// What somebody may see is not what it was.
    Rights(Whose),
}

/// What a campaign does from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Runs,
    Pauses,
    Completes,
    Fails,
}

/// Of what is told how it stands, rather than what happened: at intervals, and whenever its screen shows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Standing {
    Session(String),
    List(Uuid),
    Import(Uuid),
}

impl From<Standing> for What {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Session(session) => Self::Session { session },
            Standing::List(list) => Self::List { list },
            Standing::Import(import) => Self::Import { import },
        }
    }
}

impl What {
    pub(super) fn standing(&self) -> Option<Standing> {
        match self {
            Self::Session { session } => Some(Standing::Session(session.clone())),
            Self::List { list } => Some(Standing::List(*list)),
            Self::Import { import } => Some(Standing::Import(*import)),
            Self::Call { .. }
            | Self::Campaign { .. }
            | Self::Contact { .. }
            | Self::Result { .. }
            | Self::Rings { .. }
            | Self::Exchange { .. }
            | Self::Rights(_) => None,
        }
    }

    /// The screens that show it, whatever of it they show.
    pub(super) fn screens(&self) -> &'static [&'static str] {
        match self {
            Self::Call { .. } => &[Targets::NAME, CampaignBoard::NAME, ContactBook::NAME],
            Self::Campaign { .. } => &[CampaignBoard::NAME],
            Self::Contact { .. } => &[ContactBook::NAME],
            Self::Result { .. } => &[CallHistory::NAME, SessionStats::NAME],
            Self::Session { .. } => &[SessionStats::NAME],
            Self::List { .. } => &[NumberLists::NAME],
            Self::Import { .. } => &[Imports::NAME],
            Self::Rings { .. } | Self::Exchange { .. } => &[PbxCalls::NAME],
            Self::Rights(_) => &[],
        }
    }
}

/// Most facts are news of one thing; a report is news of its session too.
pub fn of(fact: &Fact) -> Vec<News> {
    let Ok(organization) = Organization::parse(fact.stream.organization()) else { return vec![] };
    let (one, two) = match &fact.event {
        Event::Session(_) => (Some(session(fact)), None),
        Event::Call(event) => (Some(What::Result { id: reported(event) }), Some(session(fact))),
        Event::Target(event) => (of_target(fact, event), None),
        Event::Campaign(event) => (of_campaign(fact, event), None),
        Event::Contact(event) => (of_contact(fact, event), None),
        Event::NumberList(event) => (of_list(fact, event), None),
        Event::Import(event) => (of_import(fact, event), None),
        Event::User(event) => (of_user(fact, event), None),
        Event::ApiKey(event) => (of_key(fact, event), None),
        Event::PbxCall(event) => (of_exchange(fact, event), None),
        Event::Quarantine(_)
        | Event::WebhookEndpoint(_)
        | Event::Settings(_)
        | Event::Remote(_)
        | Event::Person(_)
        | Event::Promise(_)
        | Event::Pbx(_)
        | Event::Disclosure(_)
        | Event::Denial(_) => (None, None),
    };
    let news = |what| News { position: fact.position, organization: organization.clone(), what };
    one.into_iter().chain(two).map(news).collect()
}

fn session(fact: &Fact) -> What {
    What::Session { session: fact.stream.session_name().to_owned() }
}

fn reported(event: &call::Event) -> Uuid {
    match event {
        call::Event::Reported(told) | call::Event::Strengthened(told) | call::Event::Overtaken(told) => {
            told.id
        }
        call::Event::Amended(amendment) => amendment.id,
    }
}

/// That somebody waits, and why, is what `explain` is for.
fn of_target(fact: &Fact, event: &target::Event) -> Option<What> {
    let (campaign, contact) = fact.stream.of_target()?;
    let (status, words) = match event {
        target::Event::Dialled { .. } => (Status::Calling, Words::default()),
        target::Event::Ended { outcome, personal, .. }
        | target::Event::Corrected { outcome, personal, .. } => (outcome.shown().status, readable(personal)),
        target::Event::Withdrawn { status, .. } => (*status, Words::default()),
        target::Event::Enlisted { .. }
        | target::Event::Accepted { .. }
        | target::Event::Deferred { .. }
        | target::Event::Dropped { .. } => return None,
    };
    Some(What::Call { campaign, contact, status, words })
}

fn readable(personal: &Personal<Words>) -> Words {
    match personal {
        Personal::Clear(words) => words.clone(),
        Personal::Forgotten | Personal::Sealed(_) => Words::default(),
    }
}

fn of_campaign(fact: &Fact, event: &campaign::Event) -> Option<What> {
    let turn = match event {
        campaign::Event::Started { .. } => Turn::Runs,
        campaign::Event::Paused { .. } => Turn::Pauses,
        campaign::Event::Completed { .. } => Turn::Completes,
        campaign::Event::Failed { .. } => Turn::Fails,
        campaign::Event::Created { .. }
        | campaign::Event::Changed { .. }
        | campaign::Event::Enlisted { .. }
        | campaign::Event::Removed { .. } => return None,
    };
    Some(What::Campaign { campaign: id(fact)?, turn })
}

/// A hundred thousand contacts that come with a workbook are one piece of news: their import is over.
fn of_contact(fact: &Fact, event: &contact::Event) -> Option<What> {
    let removed = match event {
        contact::Event::Created { import: Some(_), .. } => return None,
        contact::Event::Created { import: None, .. }
        | contact::Event::Changed { .. }
        | contact::Event::StatusSet { .. }
        | contact::Event::Forgotten { .. } => false,
        contact::Event::Removed { .. } => true,
    };
    Some(What::Contact { contact: id(fact)?, removed })
}

/// Whether what was told before is to be told to nobody any more.
pub(super) fn forgets(fact: &Fact) -> bool {
    matches!(fact.event, Event::Contact(contact::Event::Forgotten { .. }))
}

fn of_list(fact: &Fact, event: &number_list::Event) -> Option<What> {
    match event {
        number_list::Event::Accepted { .. }
        | number_list::Event::Placed { .. }
        | number_list::Event::PlaceFailed { .. }
        | number_list::Event::PutOff { .. } => Some(What::List { list: id(fact)? }),
        number_list::Event::Redacted { .. } => None,
    }
}

fn of_import(fact: &Fact, event: &import::Event) -> Option<What> {
    match event {
        import::Event::Finished { .. } | import::Event::Failed { .. } => {
            Some(What::Import { import: id(fact)? })
        }
        import::Event::Begun { .. } | import::Event::Undone { .. } | import::Event::Redacted { .. } => None,
    }
}

fn of_user(fact: &Fact, event: &user::Event) -> Option<What> {
    let session = match event {
        user::Event::PasswordSet { .. } | user::Event::RoleSet { .. } | user::Event::Disabled { .. } => None,
        user::Event::SignedOut { session, .. } => *session,
        user::Event::Created { .. } | user::Event::Enabled { .. } | user::Event::SignedIn { .. } => {
            return None;
        }
    };
    let name = UserName::parse(fact.stream.as_str().rsplit('/').next()?).ok()?;
    Some(What::Rights(Whose::User { name, session }))
}

fn of_key(fact: &Fact, event: &api_key::Event) -> Option<What> {
    match event {
        api_key::Event::Revoked { .. } => Some(What::Rights(Whose::Key(id(fact)?))),
        api_key::Event::Made { .. } => None,
    }
}

/// What the log tells of calls that nobody saw is long over; what it says otherwise than was seen is told.
fn of_exchange(fact: &Fact, event: &pbx_call::Event) -> Option<What> {
    let call = fact.stream.as_str().rsplit('/').next()?.to_owned();
    let state = match event {
        pbx_call::Event::Seen { talking: true, .. } | pbx_call::Event::Answered { .. } => State::Talking,
        pbx_call::Event::Seen { talking: false, course, .. } => {
            let comes_in = course.direction == Direction::Incoming && !course.internal;
            return comes_in.then_some(What::Rings { call });
        }
        pbx_call::Event::Ended { .. } => State::Ended,
        pbx_call::Event::Missed { .. } => State::Missed,
        pbx_call::Event::Confirmed { row, was: None, .. } => State::of(row.status),
        pbx_call::Event::Corrected { row, was, .. } => {
            Some(State::of(row.status)).filter(|state| *state != State::of(*was))?
        }
        pbx_call::Event::Confirmed { was: Some(_), .. }
        | pbx_call::Event::Logged { .. }
        | pbx_call::Event::Matched { .. }
        | pbx_call::Event::RecordingFound { .. }
        | pbx_call::Event::Listened { .. } => return None,
    };
    Some(What::Exchange { call, state })
}

/// Of the stream's last part.
fn id(fact: &Fact) -> Option<Uuid> {
    fact.stream.as_str().rsplit('/').next()?.parse().ok()
}
