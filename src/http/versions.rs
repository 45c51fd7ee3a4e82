//! Versions of what can be edited: told in `ETag`, and heard again in `If-Match`, so that nobody changes unawares what somebody else
//! has changed since they looked. A version is the number of events of what is edited; that other figures move is no change of it.

use actix_web::http::header::{self, ETag, EntityTag, Header as _};
use actix_web::{HttpRequest, HttpResponseBuilder};
use domain::fact::Recorded;
use domain::ids::StreamId;
use projections::Freshness;
use utoipa::IntoParams;

use super::Engine;
use super::problem::{Code, Problem};
use crate::dispatch::Failure;
use crate::dispatch::seen::{Seen, Version};

pub(super) const IF_MATCH: &str = "If-Match";

/// As the API's document has it.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes the header to the API's document")]
pub(super) struct IfMatch {
    /// An `ETag`: only while it is still that version
    #[param(rename = "If-Match")]
    version: Option<String>,
}

/// What `If-Match` asks for.
pub(super) struct Asked(pub(super) Seen);

impl Asked {
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        if !request.headers().contains_key(header::IF_MATCH) {
            return Ok(Self(Seen::Whatever));
        }
        match header::IfMatch::parse(request) {
            Ok(header::IfMatch::Any) => Ok(Self(Seen::Whatever)),
            Ok(header::IfMatch::Items(tags)) if !tags.is_empty() => {
                Ok(Self(Seen::OneOf(tags.iter().filter_map(number).collect())))
            }
            Ok(header::IfMatch::Items(_)) | Err(_) => {
                Err(Problem::parameter(IF_MATCH, "has to be an ETag as it came, or several, or *"))
            }
        }
    }

    /// Whether that is it, of what is there before its first event too.
    pub(super) fn names(&self, version: u64) -> bool {
        match &self.0 {
            Seen::Whatever => true,
            Seen::OneOf(versions) => versions.contains(&version),
        }
    }

    /// Whoever said what they had seen was refused for that, and not for a race that they lost.
    pub(super) fn told<E: std::error::Error>(&self, why: Failure<E>) -> Problem
    where
        Problem: From<Failure<E>>,
    {
        match (&self.0, why) {
            (Seen::OneOf(_), Failure::Conflict) => changed_meanwhile(),
            (_, why) => why.into(),
        }
    }
}

/// Exactly that version, whatever was asked for.
pub(super) fn only(version: u64) -> Seen {
    Seen::OneOf(vec![version])
}

pub(super) fn changed_meanwhile() -> Problem {
    Problem::new(Code::ChangedMeanwhile, "it is not what If-Match names any more; look at it again")
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
    known(of::<A>(engine, stream).await?, fresh, answer);
    Ok(())
}

/// The same of a version that is known.
pub(super) fn known(version: Version, fresh: Freshness, answer: &mut HttpResponseBuilder) {
    if fresh.parked == 0 && version.position <= fresh.position {
        made(answer, version.number);
    }
}
