//! Reading what was recorded of a thing, a page at a time: its own streams by position, and after them those beneath it, by place.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::fact::{Event, Position};
use domain::{disclosure, person, promise};
use uuid::Uuid;

use super::object::Object;
use crate::dispatch::audit::{Entry, Page, Place};
use crate::http::Engine;
use crate::http::problem::Problem;

/// What the cursor of a place begins with; that of a position is a number.
const BENEATH: char = '~';

/// Where a page begins. As clients hold it, it names no organization and no object: those are the request's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cursor {
    After(Position),
    /// At the first of what is beneath, or after a place there.
    Beneath(Option<Place>),
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(position) => write!(f, "{position}"),
            Self::Beneath(None) => write!(f, "{BENEATH}"),
            Self::Beneath(Some(Place { name, sequence })) => {
                write!(f, "{BENEATH}{}", URL_SAFE_NO_PAD.encode(format!("{name}.{sequence}")))
            }
        }
    }
}

pub(super) fn cursor(text: Option<&str>) -> Result<Option<Cursor>, Problem> {
    let wrong = || Problem::parameter("cursor", "has to be one that X-Next-Cursor gave");
    text.map(|text| read(text).ok_or_else(wrong)).transpose()
}

fn read(text: &str) -> Option<Cursor> {
    match text.strip_prefix(BENEATH) {
        None => text.parse().ok().map(Cursor::After),
        Some("") => Some(Cursor::Beneath(None)),
        Some(place) => {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(place).ok()?).ok()?;
            let (name, sequence) = text.split_once('.')?;
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '~' || c == '-');
            let sequence = sequence.parse::<u32>().ok().filter(|_| plain)?;
            Some(Cursor::Beneath(Some(Place { name: name.to_owned(), sequence: sequence.into() })))
        }
    }
}

/// A page of what was recorded. What nothing was recorded of is not known.
pub(super) async fn page(
    engine: &Engine,
    object: &Object,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Cursor>, Problem> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let read = match cursor {
        None => own(engine, object, 0, limit).await?,
        Some(Cursor::After(position)) => own(engine, object, *position, limit).await?,
        Some(Cursor::Beneath(place)) => beneath(engine, object, place.as_ref(), limit).await?,
    };
    if read.entries.is_empty()
        && !object.may_be_unseen()
        && engine.dispatch.recorded(&object.streams, 0, 1).await?.entries.is_empty()
    {
        return Err(object.unknown());
    }
    Ok(read)
}

async fn own(
    engine: &Engine,
    object: &Object,
    mut after: Position,
    limit: usize,
) -> Result<Page<Cursor>, Problem> {
    let mut entries: Vec<Entry> = vec![];
    loop {
        let left = limit - entries.len();
        let read = engine.dispatch.recorded(&object.streams, after, left).await?;
        entries.extend(
            read.entries.into_iter().filter(|entry| object.call.is_none_or(|call| names(entry, call))),
        );
        match read.next {
            Some(next) if entries.len() == limit => {
                return Ok(Page { entries, next: Some(Cursor::After(next)) });
            }
            Some(next) => after = next,
            None if object.beneath.is_none() => return Ok(Page { entries, next: None }),
            None if entries.len() == limit => return Ok(Page { entries, next: Some(Cursor::Beneath(None)) }),
            None => break,
        }
    }
    let rest = beneath(engine, object, None, limit - entries.len()).await?;
    entries.extend(rest.entries);
    Ok(Page { entries, next: rest.next })
}

async fn beneath(
    engine: &Engine,
    object: &Object,
    after: Option<&Place>,
    limit: usize,
) -> Result<Page<Cursor>, Problem> {
    let Some(parent) = &object.beneath else { return Ok(Page { entries: vec![], next: None }) };
    let read = engine.dispatch.recorded_beneath(parent, after, limit).await?;
    Ok(Page { entries: read.entries, next: read.next.map(|place| Cursor::Beneath(Some(place))) })
}

/// Whether an event is about this call. Its contact and its number have others as well.
fn names(entry: &Entry, call: Uuid) -> bool {
    entry.events.iter().any(|event| call_of(event) == Some(call))
}

/// The call that an event is about, where that stands in it and not in its stream.
pub(crate) fn call_of(event: &Event) -> Option<Uuid> {
    match event {
        Event::Target(event) => event.call(),
        Event::Person(event) => of_number(event),
        Event::Promise(event) => Some(of_promise(event)),
        // It is nobody else's: the stream is named by the call.
        Event::Disclosure(disclosure::Event::Looked(looked)) => looked.id.parse().ok(),
        Event::Session(_)
        | Event::Call(_)
        | Event::Quarantine(_)
        | Event::NumberList(_)
        | Event::Remote(_)
        | Event::Contact(_)
        | Event::Import(_)
        | Event::Campaign(_)
        | Event::User(_)
        | Event::ApiKey(_)
        | Event::WebhookEndpoint(_)
        | Event::Settings(_)
        | Event::Pbx(_)
        | Event::PbxCall(_)
        | Event::Denial(_) => None,
    }
}

fn of_number(event: &person::Event) -> Option<Uuid> {
    match event {
        person::Event::Rung { call, .. }
        | person::Event::LetGo { call, .. }
        | person::Event::Recounted { call, .. } => Some(*call),
        person::Event::Claimed { .. }
        | person::Event::Released { .. }
        | person::Event::OptedOut { .. }
        | person::Event::OptedIn { .. }
        | person::Event::KeptQuiet { .. }
        | person::Event::Retired { .. } => None,
    }
}

fn of_promise(event: &promise::Event) -> Uuid {
    match event {
        promise::Event::Made { call, .. }
        | promise::Event::Paid { call, .. }
        | promise::Event::Kept { call, .. }
        | promise::Event::Broken { call, .. }
        | promise::Event::Rescheduled { call, .. }
        | promise::Event::Superseded { call, .. }
        | promise::Event::Withdrawn { call, .. } => *call,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let place = |name: &str| Cursor::Beneath(Some(Place { name: name.to_owned(), sequence: 3 }));
        let target = place("0199b9f4-6f00-7000-8000-0000000000c1");
        for known in [Cursor::After(42), Cursor::Beneath(None), place("0000017"), place("~00ff"), target] {
            assert_eq!(cursor(Some(&known.to_string())).unwrap(), Some(known));
        }
        let made = |text: &str| format!("~{}", URL_SAFE_NO_PAD.encode(text));
        for wrong in ["", "x", "-1", "~?", &made("7"), &made("7.-1"), &made("../2/s-1/7.1"), &made("\0.1")] {
            assert!(cursor(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
