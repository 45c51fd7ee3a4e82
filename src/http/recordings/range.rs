//! Which part of a recording is asked for, and whether it is the recording that the listener has already (RFC 9110, 13 and 14).
//! Several parts at once are not told apart: who asks for them gets the whole, as the standard allows.

use std::io;
use std::str::FromStr as _;

use actix_web::HttpRequest;
use actix_web::http::header::{self, ByteRangeSpec, EntityTag, Header as _, IfNoneMatch, IfRange, Range};
use actix_web::web::Bytes;
use aws_lc_rs::digest::{SHA256, digest};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream, Stream};
use uuid::Uuid;

use crate::ports::Playback;

/// As much of a digest as tells two versions of one recording apart.
const TAG_LEN: usize = 16;

/// What a request's headers say of it.
#[derive(Debug)]
pub(super) struct Asked {
    range: Option<ByteRangeSpec>,
    /// The range counts only for this version.
    only_of: Option<IfRange>,
    unless: Option<IfNoneMatch>,
}

/// What is to be sent of a recording whose size is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Of {
        first: u64,
        last: u64,
    },
    /// There is nothing of it where it is asked for.
    Outside,
}

impl Part {
    pub(super) fn first(self) -> u64 {
        match self {
            Self::Of { first, .. } => first,
            Self::Whole | Self::Outside => 0,
        }
    }
}

impl Asked {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let headers = request.headers();
        let range = headers.get(header::RANGE).and_then(|range| one_of(range.to_str().ok()?));
        let given = |name| headers.contains_key(name);
        Self {
            range,
            // One that cannot be read names no version, and so not this one.
            only_of: given(header::IF_RANGE).then(|| {
                IfRange::parse(request)
                    .unwrap_or_else(|_| IfRange::EntityTag(EntityTag::new_weak(String::new())))
            }),
            unless: given(header::IF_NONE_MATCH).then(|| IfNoneMatch::parse(request).ok()).flatten(),
        }
    }

    /// The first byte that is asked for, as far as that can be known before the size is.
    pub(super) fn begins(&self) -> u64 {
        match self.range {
            Some(ByteRangeSpec::FromTo(first, _) | ByteRangeSpec::From(first)) => first,
            Some(ByteRangeSpec::Last(_)) | None => 0,
        }
    }

    /// Whether the listener has this version.
    pub(super) fn has(&self, tag: Option<&EntityTag>) -> bool {
        match &self.unless {
            Some(IfNoneMatch::Any) => true,
            Some(IfNoneMatch::Items(known)) => {
                tag.is_some_and(|tag| known.iter().any(|known| known.weak_eq(tag)))
            }
            None => false,
        }
    }

    pub(super) fn part(&self, size: u64, tag: Option<&EntityTag>) -> Part {
        let same = match &self.only_of {
            Some(IfRange::EntityTag(known)) => tag.is_some_and(|tag| known.strong_eq(tag)),
            // No answer has a date, so that none is known.
            Some(IfRange::Date(_)) => false,
            None => true,
        };
        match self.range.as_ref().filter(|_| same) {
            Some(range) => range
                .to_satisfiable_range(size)
                .map_or(Part::Outside, |(first, last)| Part::Of { first, last }),
            None => Part::Whole,
        }
    }
}

/// None where there are several, or none that makes sense.
fn one_of(text: &str) -> Option<ByteRangeSpec> {
    let range = Range::from_str(text.trim()).ok()?;
    let Range::Bytes(parts) = range else { return None };
    let [part] = &parts[..] else { return None };
    let backwards = matches!(part, ByteRangeSpec::FromTo(first, last) if first > last);
    (!backwards && !text.contains(',')).then(|| part.clone())
}

/// The version of a result's recording, in a form that says nothing of where it lies.
pub(super) fn tag(id: Uuid, found: &Playback) -> Option<EntityTag> {
    let version = found.version.as_ref()?;
    let named = format!("{id} {:?} {version}", found.size);
    let digest = digest(&SHA256, named.as_bytes());
    Some(EntityTag::new_strong(hex::encode(digest.as_ref().get(..TAG_LEN)?)))
}

/// As many bytes as were announced, and not one more from a far end that goes on.
pub(super) fn limited(
    bytes: BoxStream<'static, io::Result<Bytes>>,
    len: u64,
) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold((bytes, len), |(mut bytes, left)| async move {
        if left == 0 {
            return None;
        }
        let piece = bytes.next().await?.map(|mut piece| {
            piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            piece
        });
        if let Err(why) = &piece {
            tracing::warn!(cause = %why, "a recording broke off while it was listened to: {why}");
        }
        let sent = piece.as_ref().map_or(left, |piece| u64::try_from(piece.len()).unwrap_or(left));
        Some((piece, (bytes, left.saturating_sub(sent))))
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn asked(headers: &[(&'static str, &str)]) -> Asked {
        let mut request = TestRequest::default();
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        Asked::of(&request.to_http_request())
    }

    #[test]
    fn one_range_is_understood() {
        let of = |first, last| Part::Of { first, last };
        for (range, part, begins) in [
            ("bytes=0-0", of(0, 0), 0),
            ("bytes=2-5", of(2, 5), 2),
            ("bytes=2-99", of(2, 9), 2),
            ("bytes=7-", of(7, 9), 7),
            ("bytes=-3", of(7, 9), 0),
            ("bytes=-99", of(0, 9), 0),
            ("bytes=10-", Part::Outside, 10),
            ("bytes=10-12", Part::Outside, 10),
            ("bytes=-0", Part::Outside, 0),
            ("bytes=5-2", Part::Whole, 0),
            ("bytes=0-1,4-5", Part::Whole, 0),
            ("bytes=0-1,x", Part::Whole, 0),
            ("bytes=", Part::Whole, 0),
            ("bytes=x-y", Part::Whole, 0),
            ("bytes=--5", Part::Whole, 0),
            ("items=0-1", Part::Whole, 0),
            ("bytes=99999999999999999999999-", Part::Whole, 0),
        ] {
            let asked = asked(&[("range", range)]);
            assert_eq!((asked.part(10, None), asked.begins()), (part, begins), "{range}");
        }
        assert_eq!(asked(&[("range", "bytes=0-")]).part(0, None), Part::Outside);
        assert_eq!(asked(&[]).part(10, None), Part::Whole);
    }

    #[test]
    fn a_range_of_another_version_is_the_whole() {
        let tag = EntityTag::new_strong("a".to_owned());
        for (known, part) in [
            ("\"a\"", Part::Of { first: 2, last: 3 }),
            ("\"b\"", Part::Whole),
            ("W/\"a\"", Part::Whole),
            ("Tue, 15 Nov 1994 12:45:26 GMT", Part::Whole),
            ("nonsense", Part::Whole),
        ] {
            let asked = asked(&[("range", "bytes=2-3"), ("if-range", known)]);
            assert_eq!(asked.part(10, Some(&tag)), part, "{known}");
        }
    }

    #[test]
    fn a_version_that_is_known_is_not_sent_again() {
        let tag = EntityTag::new_strong("a".to_owned());
        for (known, has) in
            [("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("*", true), ("\"b\"", false)]
        {
            let asked = asked(&[("if-none-match", known)]);
            assert_eq!(asked.has(Some(&tag)), has, "{known}");
        }
        assert!(!asked(&[]).has(Some(&tag)) && !asked(&[("if-none-match", "\"a\"")]).has(None));
    }
}
