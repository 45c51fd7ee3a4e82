//! What is said of one call of an exchange by itself: that somebody listens to it.

use domain::fact::Position;
use domain::ids::{Fingerprint, StreamId};
use domain::pbx_call::{Command, PbxCall};

use super::{Answer, TRIES_MAX};
use crate::dispatch::together::Drawn;
use crate::dispatch::{Dispatch, Failure, Meta, keeper};
use crate::journal::Refused;

impl Dispatch {
    /// `person` is whose data the command carries. Where its newest event stands.
    pub async fn pbx_call(
        &self,
        stream: StreamId,
        person: Option<Fingerprint>,
        command: Command,
        meta: Meta,
    ) -> Answer<Position> {
        for _ in 0..TRIES_MAX {
            let mut call: Drawn<PbxCall> = self.draw(stream.clone()).await.map_err(keeper::failure)?;
            let mut unit = self.together(meta.clone());
            unit.say(&mut call, person, command.clone())?;
            match unit.store().await {
                Ok(position) => return Ok(position),
                Err(Refused::Conflict) => {}
                Err(why) => return Err(keeper::failure(why)),
            }
        }
        Err(Failure::Conflict)
    }
}
