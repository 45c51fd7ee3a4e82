//! A recording as it arrives: looked at by its first bytes, as long as was announced, and let go where it comes to a halt.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Response;

use super::{senseless, trouble};
use crate::ports::Playback;
use crate::ports::pbx::PbxTrouble;

/// Enough to tell any kind of sound from a page.
const HEAD_LEN: usize = 12;

/// What is known of a recording before it comes.
#[derive(Debug, Clone, Copy)]
pub(in crate::adapters) struct Expected<'a> {
    /// Its name at the exchange, where recordings do not change.
    pub(in crate::adapters) id: &'a str,
    /// As it was announced before.
    pub(in crate::adapters) len: Option<u64>,
    pub(in crate::adapters) len_max: u64,
    pub(in crate::adapters) piece_wait: Duration,
}

/// Whoever answers with a page where sound was asked for has no recording.
pub(in crate::adapters) async fn open(
    mut answer: Response,
    expected: Expected<'_>,
) -> Result<Playback, PbxTrouble> {
    let len = agreed(answer.content_length(), expected.len)?;
    if len.is_some_and(|len| len > expected.len_max) {
        return Err(too_large(expected.len_max));
    }
    let mut head = BytesMut::new();
    while head.len() < HEAD_LEN {
        let piece = tokio::time::timeout(expected.piece_wait, answer.chunk()).await;
        let piece = piece.map_err(|_| super::away("a recording came to a halt"))?;
        let Some(piece) = piece.map_err(|why| trouble(&why))? else { break };
        head.extend_from_slice(&piece);
    }
    if !is_sound(&head) {
        return Err(senseless("it is no sound"));
    }
    let version = len.map(|len| format!("{} {len}", expected.id));
    Ok(Playback { size: len, version, bytes: checked(head.freeze(), answer, len, expected) })
}

fn agreed(said: Option<u64>, announced: Option<u64>) -> Result<Option<u64>, PbxTrouble> {
    match (said, announced) {
        (Some(said), Some(announced)) if said != announced => {
            Err(senseless(format!("a recording of {announced} bytes was announced, and one of {said} came")))
        }
        (said, announced) => Ok(said.or(announced)),
    }
}

fn too_large(len_max: u64) -> PbxTrouble {
    senseless(format!("the recording is larger than {} MiB", len_max >> 20))
}

/// What is read as text is none, whatever kind of sound an exchange may otherwise have.
fn is_sound(head: &[u8]) -> bool {
    let known: [&[u8]; 6] = [b"RIFF", b"ID3", b"OggS", b"fLaC", b"#!AMR", b".snd"];
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    known.iter().any(|kind| head.starts_with(kind)) || (!head.is_empty() && !head.iter().all(is_text))
}

fn checked(
    head: Bytes,
    answer: Response,
    len: Option<u64>,
    expected: Expected<'_>,
) -> BoxStream<'static, io::Result<Bytes>> {
    let Expected { len_max, piece_wait, .. } = expected;
    let rest = answer.bytes_stream().map_err(|_| io::Error::other("the recording broke off"));
    let whole = stream::iter([Ok(head)]).chain(rest).boxed();
    stream::try_unfold((whole, 0_u64), move |(mut whole, came)| async move {
        let piece = tokio::time::timeout(piece_wait, whole.next()).await?.transpose()?;
        let Some(piece) = piece else {
            return match len {
                Some(len) if came < len => Err(io::ErrorKind::UnexpectedEof.into()),
                Some(_) | None => Ok(None),
            };
        };
        let came = came.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        if came > len.unwrap_or(len_max) {
            return Err(io::Error::other("the recording is longer than it may be"));
        }
        Ok(Some((piece, (whole, came))))
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_no_sound() {
        let page = b"<!DOCTYPE html>";
        for head in [&page[..], b" \r\n<html>", b"{\"error\":1}", b"not there", b""] {
            assert!(!is_sound(head), "{head:?}");
        }
        for head in
            [&b"RIFF\x24\x00\x00\x00WAVE"[..], b"ID3\x04", b"\xff\xfb\x90\x64", b"\x00\x00\x00\x20ftypM4A "]
        {
            assert!(is_sound(head), "{head:?}");
        }
    }

    #[test]
    fn lengths_have_to_agree() {
        assert_eq!(agreed(Some(7), None), Ok(Some(7)));
        assert_eq!(agreed(None, Some(7)), Ok(Some(7)));
        assert!(agreed(Some(7), Some(8)).is_err());
    }
}
