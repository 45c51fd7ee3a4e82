//! What an exchange says of its calls, many calls in one unit: what a look at them says, what the log tells (`pbx/log.rs`), which
//! recordings are theirs. Whatever is said twice is stored once, for each call and each row has a stream of its own.

mod log;
mod one;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::fact::Circumstances;
use domain::ids::{Fingerprint, Organization, PbxCallId, StreamId};
use domain::pbx::board::News;
use domain::pbx::{self, Pbx, reading};
use domain::pbx_call::{self, Command, Course, Parties, PbxCall};
use domain::phone::{Home, Phone};

use super::together::{Drawn, Together};
use super::{Dispatch, Done, Failure, Meta};
use crate::journal::Refused;

pub use log::{Rows, Stored};

/// Rows stored together: enough that commits do not count, few enough that nobody else waits for them.
pub const TOGETHER: usize = 400;
/// Somebody else wrote first, or the journal is busy: tried again, this often in all.
const TRIES_MAX: usize = 10;
const BUSY_WAIT: Duration = Duration::from_millis(250);

/// Whose exchange it is, who watches it, and when.
#[derive(Debug, Clone)]
pub struct Watching {
    pub organization: Organization,
    pub home: Home,
    pub circumstances: Arc<Circumstances>,
    pub at: DateTime<Utc>,
}

/// A recording of a call that has none yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub call: PbxCallId,
    pub recording: String,
    /// Whose telephone it was recorded at.
    pub extension: Option<String>,
}

type Answer<T> = Result<T, Failure<pbx_call::Error>>;

impl Watching {
    fn meta(&self) -> Meta {
        Meta { circumstances: Arc::clone(&self.circumstances), command: None }
    }

    fn stream(&self, call: &PbxCallId) -> StreamId {
        StreamId::pbx_call(&self.organization, call)
    }
}

impl Dispatch {
    /// What is recorded of the watch over an exchange.
    pub async fn pbx(
        &self,
        stream: StreamId,
        command: pbx::Command,
        meta: Meta,
    ) -> Result<Done<Pbx>, Failure<pbx::Error>> {
        self.pbxs.send(stream, None, command, meta).await
    }

    /// Stores what one look said. What a call has been told already, or will not hear, is left out.
    pub async fn see_pbx_calls(&self, watching: &Watching, news: &[News]) -> Answer<()> {
        for attempt in 0..TRIES_MAX {
            // A call that is seen for the first time is new, unless another node saw it too.
            let (new, known): (Vec<_>, Vec<_>) = news.iter().partition(|one| attempt == 0 && is_first(one));
            let mut drawn = self.pbx_calls(watching, known.iter().map(|one| &one.call)).await?;
            let mut unit = self.together(watching.meta());
            for one in new.into_iter().chain(known) {
                let unseen = || Drawn::unseen(watching.stream(&one.call));
                let call = drawn.entry(one.call.clone()).or_insert_with(unseen);
                let person = self.person_of(watching, one.course, &one.parties);
                for command in &one.commands {
                    say(&mut unit, call, Some(person), command.clone())?;
                }
            }
            if stored(unit).await? {
                return Ok(());
            }
        }
        Err(Failure::Conflict)
    }

    /// How many of them are new.
    pub async fn find_pbx_recordings(&self, watching: &Watching, found: &[Found]) -> Answer<u64> {
        for _ in 0..TRIES_MAX {
            let mut drawn = self.pbx_calls(watching, found.iter().map(|one| &one.call)).await?;
            let (mut unit, mut new) = (self.together(watching.meta()), 0);
            for one in found {
                let Some(call) = drawn.get_mut(&one.call) else { continue };
                let Found { recording, extension, .. } = one.clone();
                let find = Command::FindRecording { recording, extension, at: watching.at };
                new += u64::from(say(&mut unit, call, None, find)?);
            }
            if stored(unit).await? {
                return Ok(new);
            }
        }
        Err(Failure::Conflict)
    }

    async fn pbx_calls(
        &self,
        watching: &Watching,
        calls: impl Iterator<Item = &PbxCallId>,
    ) -> Answer<HashMap<PbxCallId, Drawn<PbxCall>>> {
        let calls: Vec<PbxCallId> = calls.cloned().collect();
        let streams = calls.iter().map(|call| watching.stream(call)).collect();
        let drawn = self.draw_all(streams).await.map_err(super::keeper::failure)?;
        Ok(calls.into_iter().zip(drawn.into_iter().map(|(drawn, _)| drawn)).collect())
    }

    /// Whose data a call is; who withholds their number is nobody in particular.
    fn person_of(&self, watching: &Watching, course: Course, parties: &Parties) -> Fingerprint {
        let number = Phone::reported(reading::outside(course, parties), watching.home);
        self.fingerprint(&watching.organization, &number.unwrap_or_else(|| Phone::stored("")))
    }
}

fn is_first(news: &News) -> bool {
    matches!(news.commands.first(), Some(Command::See(_)))
}

/// True where anything happens. What a call refuses is no harm: whoever watches sees less than the call knows.
fn say(
    unit: &mut Together,
    call: &mut Drawn<PbxCall>,
    person: Option<Fingerprint>,
    command: Command,
) -> Answer<bool> {
    match unit.say(call, person, command) {
        Err(Failure::Refused(why)) => {
            tracing::debug!(cause = %why, "a call at the exchange does not hear what is said of it");
            Ok(false)
        }
        told => told,
    }
}

/// False where it is to be tried again.
async fn stored(unit: Together) -> Answer<bool> {
    match unit.store().await {
        Ok(_) => Ok(true),
        Err(Refused::Conflict) => Ok(false),
        Err(Refused::Busy) => {
            tokio::time::sleep(BUSY_WAIT).await;
            Ok(false)
        }
        Err(why) => Err(super::keeper::failure(why)),
    }
}
