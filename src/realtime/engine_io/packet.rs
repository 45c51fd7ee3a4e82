//! What is sent: a packet, encoded once, in the two shapes that transports want. It is shared and never copied.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{BufMut as _, Bytes, BytesMut};

/// Between packets of one polling answer or request.
pub(super) const SEPARATOR: char = '\x1e';

/// What a packet costs beside its bytes, so that a queue of empty ones is bounded too.
const OVERHEAD: usize = 64;

const FINAL_TEXT: u8 = 0x81;
const FINAL_BINARY: u8 = 0x82;
const FINAL_CLOSE: u8 = 0x88;
const FINAL_PONG: u8 = 0x8a;

/// A packet for a client: text whose first character is its type, or bytes. Cheap to clone.
#[derive(Clone)]
pub struct Packet {
    /// The websocket frame, head and all; on polling the head is left out.
    frame: Bytes,
    head: usize,
    binary: bool,
}

impl Packet {
    /// A message of the protocol above.
    pub fn message(text: &str) -> Self {
        Self::typed('4', text)
    }

    pub fn binary(bytes: &[u8]) -> Self {
        let (frame, head) = framed(FINAL_BINARY, &[bytes]);
        Self { frame, head, binary: true }
    }

    pub(super) fn open(handshake: &str) -> Self {
        Self::typed('0', handshake)
    }

    pub(super) fn ping() -> Self {
        Self::typed('2', "")
    }

    /// The answer to a probe.
    pub(super) fn probed() -> Self {
        Self::typed('3', "probe")
    }

    fn typed(kind: char, text: &str) -> Self {
        let (frame, head) = framed(FINAL_TEXT, &[kind.encode_utf8(&mut [0; 4]).as_bytes(), text.as_bytes()]);
        Self { frame, head, binary: false }
    }

    /// What it counts in a queue.
    pub fn weight(&self) -> usize {
        self.frame.len() + OVERHEAD
    }

    pub(super) fn frame(self) -> Bytes {
        self.frame
    }

    /// How long it is in a polling answer.
    pub(super) fn polled_len(&self) -> usize {
        let plain = self.payload().len();
        if self.binary { 1 + plain.div_ceil(3) * 4 } else { plain }
    }

    pub(super) fn write_polled(&self, answer: &mut BytesMut) {
        if self.binary {
            answer.put_u8(b'b');
            answer.extend_from_slice(STANDARD.encode(self.payload()).as_bytes());
        } else {
            answer.extend_from_slice(self.payload());
        }
    }

    fn payload(&self) -> &[u8] {
        self.frame.get(self.head..).unwrap_or_default()
    }
}

impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packet({} bytes)", self.frame.len())
    }
}

/// Why a websocket is closed, as its last frame says.
pub(super) fn close_frame(code: u16) -> Bytes {
    framed(FINAL_CLOSE, &[&code.to_be_bytes()]).0
}

pub(super) fn pong_frame(echoed: &[u8]) -> Bytes {
    framed(FINAL_PONG, &[echoed]).0
}

/// A whole unmasked frame, and the length of its head.
fn framed(first: u8, parts: &[&[u8]]) -> (Bytes, usize) {
    let len: usize = parts.iter().map(|part| part.len()).sum();
    let mut frame = BytesMut::with_capacity(len + 10);
    frame.put_u8(first);
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(short), _) if short < 126 => frame.put_u8(short),
        (_, Ok(middling)) => {
            frame.put_u8(126);
            frame.put_u16(middling);
        }
        _ => {
            frame.put_u8(127);
            frame.put_u64(u64::try_from(len).unwrap_or(u64::MAX));
        }
    }
    let head = frame.len();
    for part in parts {
        frame.extend_from_slice(part);
    }
    (frame.freeze(), head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_tells_its_length_in_the_shortest_way() {
        for (len, head) in [(0, 2), (124, 2), (125, 4), (65_534, 4), (65_535, 10)] {
            let packet = Packet::message(&"x".repeat(len));
            assert_eq!((packet.head, packet.frame.len()), (head, head + len + 1), "{len}");
            assert_eq!(packet.polled_len(), len + 1);
        }
    }

    #[test]
    fn binary_is_base64_on_polling_only() {
        let packet = Packet::binary(&[1, 2, 3, 4]);
        let mut answer = BytesMut::new();
        packet.write_polled(&mut answer);
        assert_eq!(&answer[..], b"bAQIDBA==");
        assert_eq!(packet.polled_len(), answer.len());
        assert_eq!(&packet.frame()[..], [0x82, 4, 1, 2, 3, 4]);
    }
}
