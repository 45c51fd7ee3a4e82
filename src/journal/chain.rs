//! Tamper evidence: a hash for each event over its stored bytes, and a digest for each batch that chains to the one before.
//! The format is for ever, and both stores compute the same: SQLite's writer here, PostgreSQL inside its statement.
//!
//! event hash   = sha256 over kind, stream, sequence, event type, event version, payload, metadata, occurred at;
//!                texts as 4 bytes of length and the bytes, numbers as 8 bytes, all big-endian
//! batch digest = sha256 over the previous digest, recorded at, and then position and hash of each event, in order

use aws_lc_rs::digest::{SHA256, digest};

use super::Stored;

/// A SHA-256.
pub type Hash = [u8; 32];

/// What the first batch chains to.
pub const GENESIS: Hash = [0; 32];

/// The parts of an event that its hash covers.
#[derive(Debug, Clone, Copy)]
pub struct Covered<'a> {
    pub kind: &'a str,
    pub stream: &'a str,
    pub sequence: u64,
    pub event_type: &'a str,
    pub event_version: &'a str,
    pub payload: &'a str,
    pub metadata: &'a str,
    pub occurred_at: i64,
}

/// Of all its bytes at once: to give them to the hash one by one takes longer than to hash them.
pub fn hash(event: &Covered<'_>) -> Hash {
    let Covered { kind, stream, sequence, event_type, event_version, payload, metadata, occurred_at } =
        *event;
    let texts = [kind, stream, event_type, event_version, payload, metadata];
    let mut bytes = Vec::with_capacity(texts.iter().map(|text| 4 + text.len()).sum::<usize>() + 16);
    for text in [kind, stream] {
        add(&mut bytes, text);
    }
    bytes.extend(sequence.to_be_bytes());
    for text in [event_type, event_version, payload, metadata] {
        add(&mut bytes, text);
    }
    bytes.extend(occurred_at.to_be_bytes());
    of(&bytes)
}

impl Stored {
    /// What its hash should be.
    pub fn rehash(&self) -> Hash {
        hash(&Covered {
            kind: &self.kind,
            stream: &self.stream,
            sequence: self.sequence,
            event_type: &self.event_type,
            event_version: &self.event_version,
            payload: &self.payload,
            metadata: &self.metadata,
            occurred_at: self.occurred_at,
        })
    }
}

fn add(bytes: &mut Vec<u8>, text: &str) {
    let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
    bytes.extend(len.to_be_bytes());
    bytes.extend(text.as_bytes());
}

/// A batch's digest in the making: the bytes that it is of.
#[derive(Debug)]
pub struct Digest(Vec<u8>);

impl Digest {
    pub fn after(previous: &Hash, recorded_at: i64) -> Self {
        let mut bytes = previous.to_vec();
        bytes.extend(recorded_at.to_be_bytes());
        Self(bytes)
    }

    pub fn add(&mut self, position: u64, hash: &Hash) {
        self.0.extend(position.to_be_bytes());
        self.0.extend(hash);
    }

    pub fn finish(self) -> Hash {
        of(&self.0)
    }
}

/// The hash of any bytes.
pub fn of(bytes: &[u8]) -> Hash {
    let mut hash = GENESIS;
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
