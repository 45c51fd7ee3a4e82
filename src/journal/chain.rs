//! Tamper evidence: a hash for each event over its stored bytes, and a digest for each batch that chains to the one before.
//! The format is for ever, and both stores compute the same: SQLite's writer here, PostgreSQL inside its statement.
//!
//! event hash   = sha256 over kind, stream, sequence, event type, event version, payload, metadata, occurred at;
//!                texts as 4 bytes of length and the bytes, numbers as 8 bytes, all big-endian
//! batch digest = sha256 over the previous digest, recorded at, and then position and hash of each event, in order

use aws_lc_rs::digest::{Context, SHA256};

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

pub fn hash(event: &Covered<'_>) -> Hash {
    let mut context = Context::new(&SHA256);
    text(&mut context, event.kind);
    text(&mut context, event.stream);
    context.update(&event.sequence.to_be_bytes());
    text(&mut context, event.event_type);
    text(&mut context, event.event_version);
    text(&mut context, event.payload);
    text(&mut context, event.metadata);
    context.update(&event.occurred_at.to_be_bytes());
    finish(context)
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

fn text(context: &mut Context, text: &str) {
    let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
    context.update(&len.to_be_bytes());
    context.update(text.as_bytes());
}

fn finish(context: Context) -> Hash {
    let mut hash = GENESIS;
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// A batch's digest in the making.
pub struct Digest(Context);

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digest")
    }
}

impl Digest {
    pub fn after(previous: &Hash, recorded_at: i64) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(previous);
        context.update(&recorded_at.to_be_bytes());
        Self(context)
    }

    pub fn add(&mut self, position: u64, hash: &Hash) {
        self.0.update(&position.to_be_bytes());
        self.0.update(hash);
    }

    pub fn finish(self) -> Hash {
        finish(self.0)
    }
}

/// The hash of any bytes, for command bodies.
pub fn of(bytes: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(bytes);
    finish(context)
}
