//! When this happens, then that: pure reactions to facts.
//! A policy returns intents; who carries them out, and what becomes of them in a crash, is not its business.

pub mod launch;

use serde::{Deserialize, Serialize};

use crate::ids::{Organization, SessionId};

/// What a policy wants done in the world. Stored until it is done: its form is for ever, like an event's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Run the remote command for a session.
    LaunchSession { organization: Organization, session: SessionId },
}
