//! Contacts join a campaign: each is a target of its own, stored many at a time, and the campaign hears how many were new.
//! Asked again after a crash in between, those who are in already stay as they are.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::campaign::{self, Campaign, Plan};
use domain::fact::Circumstances;
use domain::ids::{Organization, StreamId};
use domain::target::{self, Phase, Target};
use uuid::Uuid;

use super::seen::{Seen, Version};
use super::together::Drawn;
use super::{Dispatch, Done, Failure, Meta};
use crate::journal::Refused;

/// Stored together: enough that commits do not count, few enough that nobody else waits for them.
const TOGETHER: usize = 500;
/// Somebody else wrote first: looked at again, this often in all.
const TRIES_MAX: usize = 5;

/// Who is to join, and who asks.
#[derive(Debug, Clone)]
pub struct Joining<'a> {
    pub organization: &'a Organization,
    pub campaign: Uuid,
    pub contacts: &'a [Uuid],
    pub circumstances: &'a Arc<Circumstances>,
    pub at: DateTime<Utc>,
}

impl Dispatch {
    /// How many joined who were not there, and the campaign as it stands then.
    pub async fn enlist(
        &self,
        joining: &Joining<'_>,
    ) -> Result<(u32, Done<Campaign>), Failure<campaign::Error>> {
        let mut joined = 0;
        for together in joining.contacts.chunks(TOGETHER) {
            joined += self.enlist_some(joining, together).await?;
        }
        let stream = StreamId::campaign(joining.organization, joining.campaign);
        let command = campaign::Command::Enlist { count: joined, at: joining.at };
        let done = self.campaign(stream, command, joining.meta()).await?;
        Ok((joined, done))
    }

    /// Changes what is planned. `wanted` is asked with the plan as it stands, again where somebody else was faster.
    pub async fn replan<R>(
        &self,
        (stream, seen): (StreamId, &Seen),
        meta: &Meta,
        at: DateTime<Utc>,
        wanted: impl Fn(&Plan) -> Result<Plan, R>,
    ) -> Result<Result<Version, R>, Failure<campaign::Error>> {
        for _ in 0..TRIES_MAX {
            let mut known: Drawn<Campaign> =
                self.draw(stream.clone()).await.map_err(super::keeper::failure)?;
            known.is_as(seen)?;
            let unknown = || Failure::Refused(campaign::Error::Unknown);
            let plan = match wanted(known.state.plan().ok_or_else(unknown)?) {
                Ok(plan) => Box::new(plan),
                Err(why) => return Ok(Err(why)),
            };
            let mut unit = self.together(meta.clone());
            unit.say(&mut known, None, campaign::Command::Change { plan, at })?;
            match unit.store().await {
                Ok(position) => return Ok(Ok(Version { number: known.version(), position })),
                Err(Refused::Conflict) => {}
                Err(why) => return Err(super::keeper::failure(why)),
            }
        }
        Err(Failure::Conflict)
    }

    async fn enlist_some(
        &self,
        joining: &Joining<'_>,
        contacts: &[Uuid],
    ) -> Result<u32, Failure<campaign::Error>> {
        for attempt in 0..TRIES_MAX {
            let (mut unit, mut joined) = (self.together(joining.meta()), 0);
            for contact in contacts {
                let stream = StreamId::target(joining.organization, joining.campaign, *contact);
                // Most are new: only a conflict is worth a look.
                let mut target = if attempt == 0 {
                    Drawn::<Target>::unseen(stream)
                } else {
                    self.draw(stream).await.map_err(super::keeper::failure)?
                };
                let new = matches!(target.state.phase(), Phase::New | Phase::Dropped);
                let enlist = target::Command::Enlist { at: joining.at };
                unit.say(&mut target, None, enlist).map_err(|why| impossible(&why))?;
                joined += u32::from(new);
            }
            match unit.store().await {
                Ok(_) => return Ok(joined),
                Err(Refused::Conflict) => {}
                Err(why) => return Err(super::keeper::failure(why)),
            }
        }
        Err(Failure::Conflict)
    }
}

impl Joining<'_> {
    fn meta(&self) -> Meta {
        Meta { circumstances: Arc::clone(self.circumstances), command: None }
    }
}

/// Nobody is refused who joins.
fn impossible(why: &Failure<target::Error>) -> Failure<campaign::Error> {
    Failure::Unavailable(why.to_string())
}
