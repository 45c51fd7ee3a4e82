//! Putting an uploaded list where the remote host looks for it, unless a session runs there: then it is put there at the next start.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::ids::{Organization, StreamId};
use domain::number_list::Command;
use domain::remote::Holder;
use uuid::Uuid;

use super::{Abroad, Errand, LOOK};
use crate::actors::backoff::Backoff;
use crate::dispatch::remote::Refusal;
use crate::dispatch::{Failure, lists};
use crate::ports::Trouble;

/// A list is in place by then, or it will not come. Much shorter than the time after which the host is taken from whoever puts one there.
const PLACE_MAX: Duration = Duration::from_mins(8);

/// Why a list does not lie where it should.
pub(super) enum NotPlaced {
    Trouble(Trouble),
    Impossible(String),
    /// It may still get there: nobody else may count on the host for a while.
    Stuck(String),
}

impl Errand {
    pub(super) async fn place_list(&self, organization: &Organization, list: Uuid) {
        // Named after the effect, so that whoever takes it up after a crash has the host already.
        let attempt = self.name("attempt").0;
        let holder = Holder::List { organization: organization.clone(), list, attempt };
        if self.take_remote(&holder).await.is_err() {
            return self.tell_list(organization, list, |at| Command::PutOff { at }).await;
        }
        let placed = self.try_to_place(organization, list).await;
        if !matches!(placed, Err(NotPlaced::Stuck(_))) {
            self.release_remote(holder).await;
        }
        let reason = match placed {
            Ok(()) => return self.tell_list(organization, list, |at| Command::Place { at }).await,
            Err(NotPlaced::Trouble(trouble)) => trouble.to_string(),
            Err(NotPlaced::Impossible(reason) | NotPlaced::Stuck(reason)) => reason,
        };
        self.tell_list(organization, list, |at| Command::FailToPlace { reason: reason.clone(), at }).await;
    }

    async fn try_to_place(&self, organization: &Organization, list: Uuid) -> Result<(), NotPlaced> {
        let until = Instant::now() + PLACE_MAX;
        loop {
            match self.place(organization, list).await {
                Err(NotPlaced::Trouble(Trouble::Later { after })) if Instant::now() + after < until => {
                    tokio::time::sleep(after).await;
                }
                placed => return placed,
            }
        }
    }

    pub(super) async fn place(&self, organization: &Organization, list: Uuid) -> Result<(), NotPlaced> {
        let numbers = self.numbers(organization, list).await.map_err(NotPlaced::Impossible)?;
        let ends = self.ends(organization).await.map_err(NotPlaced::Impossible)?;
        let remote = Arc::clone(&ends.remote);
        match self.abroad(PLACE_MAX, async move { remote.place(numbers).await }).await {
            Abroad::Answered(answer) => answer.map_err(NotPlaced::Trouble),
            Abroad::Broke => {
                Err(NotPlaced::Impossible("The engine failed while it put the list in place.".to_owned()))
            }
            Abroad::Silent => Err(NotPlaced::Stuck(format!(
                "The list could not be put in place within {} s; nothing was started.",
                PLACE_MAX.as_secs()
            ))),
        }
    }

    /// Waits for the store, however long it is away.
    async fn numbers(&self, organization: &Organization, list: Uuid) -> Result<Bytes, String> {
        let (stream, mut backoff) = (StreamId::number_list(organization, list), Backoff::default());
        let dispatch = &self.carrier.options.dispatch;
        loop {
            let known = dispatch.number_list(stream.clone(), Command::Look, self.meta(LOOK)).await;
            let why = match known.map(|done| done.state) {
                Ok(list) if list.digest().is_none() => return Err("The list is not there.".to_owned()),
                Ok(accepted) => match dispatch.lists().numbers(organization, list, &accepted).await {
                    Ok(numbers) => return Ok(numbers),
                    Err(lists::Error::Unavailable(why)) => why,
                    Err(why @ (lists::Error::Damaged | lists::Error::Forgotten)) => {
                        return Err(format!("The list cannot be dialled: {why}."));
                    }
                },
                Err(why) => why.to_string(),
            };
            self.wait(&mut backoff, "list", &why).await;
        }
    }

    /// Waits for the store, however long it is away. Of far ends that cannot be used there is none to be taken.
    pub(super) async fn take_remote(&self, holder: &Holder) -> Result<(), Held> {
        let (options, mut backoff) = (&self.carrier.options, Backoff::default());
        let Ok(ends) = self.ends(holder.organization()).await else { return Ok(()) };
        let circumstances = self.circumstances();
        loop {
            let (holder, now) = (holder.clone(), self.now());
            let taken = options.dispatch.take_remote(&ends.host, holder, &circumstances, now);
            match taken.await {
                Ok(()) => return Ok(()),
                Err(Refusal::Held { .. } | Refusal::Passing) => return Err(Held),
                Err(Refusal::Failed(why)) => self.wait(&mut backoff, "remote host", &why.to_string()).await,
            }
        }
    }

    pub(super) async fn release_remote(&self, holder: Holder) {
        let Ok(ends) = self.ends(holder.organization()).await else { return };
        let dispatch = &self.carrier.options.dispatch;
        dispatch.release_remote(&ends.host, holder, &self.circumstances(), self.now()).await;
    }

    pub(super) async fn tell_list(
        &self,
        organization: &Organization,
        list: Uuid,
        command: impl Fn(DateTime<Utc>) -> Command,
    ) {
        let (stream, mut backoff) = (StreamId::number_list(organization, list), Backoff::default());
        loop {
            let command = command(self.now()).masked(self.carrier.options.home);
            let why = match self
                .carrier
                .options
                .dispatch
                .number_list(stream.clone(), command, self.meta("told"))
                .await
            {
                Ok(_) => return,
                Err(Failure::Busy | Failure::Conflict) => "the engine is busy".to_owned(),
                Err(Failure::Unavailable(why)) => why,
                Err(why @ (Failure::Refused(_) | Failure::CommandReused | Failure::TooLarge { .. })) => {
                    tracing::warn!(effect = self.taken.id, cause = %why, "a list did not take what became of it");
                    return;
                }
            };
            self.wait(&mut backoff, "list", &why).await;
        }
    }
}

/// A session runs there, or another list is being put there.
pub(super) struct Held;
