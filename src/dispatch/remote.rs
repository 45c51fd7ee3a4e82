//! Taking a remote host for oneself: whoever has it is looked at, and it is taken over from one who is done with it.
//! When that is so, the domain says.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::fact::Circumstances;
use domain::ids::{Organization, SessionId, StreamId};
use domain::remote::{self, Command, Holder, Need, Standing};
use domain::session;

use super::{Dispatch, Failure, Meta};

/// So many who are done with it are taken over from in a row; more is others taking it at the same time.
const TAKEN_OVER_MAX: usize = 4;

/// Why a remote host was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("a session runs on the remote host")]
    Held { organization: Organization, session: SessionId },
    /// Worth another try in a moment.
    #[error("a list is being put on the remote host")]
    Passing,
    #[error(transparent)]
    Failed(#[from] Failure<remote::Error>),
}

impl Dispatch {
    pub async fn take_remote(
        &self,
        host: &str,
        holder: Holder,
        circumstances: &Arc<Circumstances>,
        at: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let stream = StreamId::remote(host);
        let mut over = None;
        for _ in 0..TAKEN_OVER_MAX {
            let take = Command::Take { holder: holder.clone(), over: over.take(), at };
            let meta = Meta { circumstances: Arc::clone(circumstances), command: None };
            match self.remote(stream.clone(), take, meta).await {
                Ok(_) => return Ok(()),
                Err(Failure::Refused(remote::Error::Held { by, since })) => {
                    let session = self.standing_of(&by, circumstances).await?;
                    match remote::need(&by, session, since, at) {
                        Need::Session { organization, session } => {
                            let (organization, session) = (organization.clone(), session.clone());
                            return Err(Refusal::Held { organization, session });
                        }
                        Need::Passing => return Err(Refusal::Passing),
                        Need::None => {}
                    }
                    over = Some(by);
                }
                Err(why) => return Err(why.into()),
            }
        }
        Err(Failure::Conflict.into())
    }

    pub async fn release_remote(
        &self,
        host: &str,
        holder: Holder,
        circumstances: &Arc<Circumstances>,
        at: DateTime<Utc>,
    ) {
        let meta = Meta { circumstances: Arc::clone(circumstances), command: None };
        let release = Command::Release { holder, at };
        if let Err(why) = self.remote(StreamId::remote(host), release, meta).await {
            // It is taken over from whoever does not give it back.
            tracing::warn!(cause = %why, "a remote host was not given back for the moment");
        }
    }

    async fn standing_of(
        &self,
        holder: &Holder,
        circumstances: &Arc<Circumstances>,
    ) -> Result<Option<Standing>, Failure<remote::Error>> {
        let Holder::Session { organization, session } = holder else { return Ok(None) };
        let stream = StreamId::session(organization, session);
        let meta = Meta { circumstances: Arc::clone(circumstances), command: None };
        match self.session(stream, session::Command::Look, meta).await {
            Ok(done) => Ok(Some(Standing { phase: done.state.phase(), launched: done.state.launched() })),
            Err(Failure::Refused(_)) => Ok(None),
            Err(Failure::Unavailable(why)) => Err(Failure::Unavailable(why)),
            Err(Failure::Busy | Failure::Conflict | Failure::CommandReused | Failure::TooLarge { .. }) => {
                Err(Failure::Busy)
            }
        }
    }
}
