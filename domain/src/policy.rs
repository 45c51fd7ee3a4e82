//! When this happens, then that: pure reactions to facts.
//! A policy returns intents; who carries them out, and what becomes of them in a crash, is not its business.

pub mod breaker;
pub mod calling;
pub mod caps;
pub mod completion;
pub mod delivering;
pub mod dialling;
pub mod eligible;
pub mod forecast;
pub mod forgetting;
pub mod hold;
pub mod launch;
pub mod pacing;
pub mod placing;
pub mod retry;
pub mod stop;
pub mod tally;
pub mod windows;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fact::{Fact, Position};
use crate::ids::{Fingerprint, Organization, SessionId};

/// What a policy wants done in the world. Stored until it is done: its form is for ever, like an event's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Run the remote command for a session, with its list in place where it has one.
    LaunchSession {
        organization: Organization,
        session: SessionId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list: Option<Uuid>,
    },
    /// Put a list where the remote host looks for it.
    PlaceList { organization: Organization, list: Uuid },
    /// Have the remote host stop dialling.
    StopSession { organization: Organization, session: SessionId },
    /// Every listed number has its result.
    CompleteSession { organization: Organization, session: SessionId },
    /// A result came for a session that was given up.
    ReopenSession { organization: Organization, session: SessionId },
    /// Have the voice agent ring a contact of a campaign, once.
    PlaceCall { organization: Organization, campaign: Uuid, contact: Uuid, call: Uuid },
    /// The agent took a call and is to report; in the end it is asked.
    AwaitCall { organization: Organization, campaign: Uuid, contact: Uuid, call: Uuid },
    /// Have nothing left that says anything of these numbers up to this position.
    Forget { organization: Organization, contact: Uuid, numbers: Vec<Fingerprint>, position: Position },
}

/// A rule with what it has to remember between two facts, which is stored beside how far it has read.
pub trait Policy:
    Default + Serialize + DeserializeOwned + Send + Sync + Unpin + std::fmt::Debug + 'static
{
    const NAME: &'static str;

    fn react(&mut self, fact: &Fact) -> Vec<Intent>;
}
