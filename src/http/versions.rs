//! Versions of what can be edited: told in `ETag`, and heard again in `If-Match`, so that nobody changes unawares what somebody else
//! has changed since they looked. A version is the number of events of what is edited; that other figures move is no change of it.

use actix_web::http::header::{self, ETag, EntityTag, Header as _, IfMatch};
use actix_web::{HttpRequest, HttpResponseBuilder};
use domain::fact::Recorded;
use domain::ids::StreamId;
use projections::Freshness;

use super::Engine;
use super::problem::{Code, Problem};
use crate::dispatch::Failure;
use crate::dispatch::seen::{Seen, Version};

/// What `If-Match` asks for.
pub(super) struct Asked(pub(super) Seen);

impl Asked {
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        if !request.headers().contains_key(header::IF_MATCH) {
            return Ok(Self(Seen::Whatever));
        }
        match IfMatch::parse(request) {
            Ok(IfMatch::Any) => Ok(Self(Seen::Whatever)),
            Ok(IfMatch::Items(tags)) if !tags.is_empty() => {
                Ok(Self(Seen::OneOf(tags.iter().filter_map(number).collect())))
            }
            Ok(IfMatch::Items(_)) | Err(_) => {
                Err(Problem::parameter("If-Match", "has to be an ETag as it came, or several, or *"))
            }
        }
    }

    /// Whoever said what they had seen was refused for that, and not for a race that they lost.
    pub(super) fn told<E: std::error::Error>(&self, why: Failure<E>) -> Problem
    where
        Problem: From<Failure<E>>,
    {
        match (&self.0, why) {
            (Seen::OneOf(_), Failure::Conflict) => Problem::new(
                Code::ChangedMeanwhile,
                "it is not what If-Match names any more; look at it again",
            ),
            (_, why) => why.into(),
        }
    }
}

/// A weak one is no version of ours.
fn number(tag: &EntityTag) -> Option<u64> {
    if tag.weak { None } else { tag.tag().parse().ok() }
}

/// Tells the version that a command has made.
pub(super) fn made(answer: &mut HttpResponseBuilder, version: u64) {
    answer.insert_header(ETag(EntityTag::new_strong(version.to_string())));
}

pub(super) async fn of<A: Recorded>(engine: &Engine, stream: &StreamId) -> Result<Version, Problem> {
    let unread = |why| Problem::new(Code::JournalUnavailable, "the journal cannot be read now").because(why);
    engine.dispatch.version::<A>(stream).await.map_err(unread)
}

/// Tells the version of what a screen has shown, unless the screen has not seen all of it.
pub(super) async fn shown<A: Recorded>(
    engine: &Engine,
    stream: &StreamId,
    fresh: Freshness,
    answer: &mut HttpResponseBuilder,
) -> Result<(), Problem> {
    let version = of::<A>(engine, stream).await?;
    if fresh.parked == 0 && version.position <= fresh.position {
        made(answer, version.number);
    }
    Ok(())
}
