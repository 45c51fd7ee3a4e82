//! Call reports as the webhook delivers them, with their hashes ready. It knows no store.

use anyhow::Result;
use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::types::Value;

use crate::{Event, Layout};

/// Lines of a session that are dialled at once: reports arrive shuffled inside this window.
const WINDOW: usize = 2_000;
const SESSION_LINES: u64 = 100_000;
const START: i64 = 1_738_862_891_234;

/// The same events in the same order on every run: `SplitMix64` from a fixed seed.
pub(crate) struct Reports<'a> {
    layout: &'a Layout,
    state: u64,
    next: u64,
    dialled: Vec<u64>,
}

impl<'a> Reports<'a> {
    pub(crate) fn new(layout: &'a Layout) -> Self {
        Self { layout, state: 7, next: 0, dialled: Vec::new() }
    }

    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let words = (0..count.div_ceil(8)).flat_map(|_| self.random().to_le_bytes());
        words.take(count).collect()
    }

    fn base64(&mut self, count: usize) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let letters = self.bytes(count).into_iter();
        letters.filter_map(|byte| alphabet.get(usize::from(byte & 63)).copied().map(char::from)).collect()
    }

    fn uuid(&mut self) -> String {
        let (high, low) = (self.random(), self.random());
        let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xfff);
        format!("{a:08x}-{b:04x}-4{c:03x}-a{:03x}-{:012x}", low >> 52, low & 0xffff_ffff_ffff)
    }

    /// A line answered by chance out of those being dialled; the list's next takes its place.
    fn line(&mut self) -> Result<u64> {
        while self.dialled.len() < WINDOW {
            self.dialled.push(self.next);
            self.next += 1;
        }
        let at = usize::try_from(self.random())? % WINDOW;
        Ok(self.dialled.swap_remove(at))
    }

    fn id(&mut self, line: u64) -> Result<String> {
        let nth = line / SESSION_LINES;
        let opened = START + i64::try_from(nth)?;
        let session = format!("1/session-{opened}-{:06x}", nth * 0x9_7531);
        Ok(if self.layout.has("random") {
            self.uuid()
        } else if self.layout.has("fingerprint") {
            format!("{session}/{:016x}", self.random())
        } else {
            format!("{session}/{:07}", line % SESSION_LINES)
        })
    }

    pub(crate) fn batch(&mut self, count: usize) -> Result<Vec<Event>> {
        (0..count).map(|_| self.event()).collect()
    }

    fn event(&mut self) -> Result<Event> {
        let line = self.line()?;
        let at = START + i64::try_from(line)?;
        let id = self.id(line)?;
        let (correlation, causation) = (self.uuid(), self.uuid());
        let (ciphertext, actor) = (self.base64(160), format!("agent:{}", line % 50));
        let (answered, ended, lasted) = (at + 4_000, at + 61_000, 57_000 + line % 999);
        let payload = format!(
            r#"{{"CallReported":{{"line":{line},"attempt":1,"status":"answered","reason":"normal_clearing","started_at":{at},"answered_at":{answered},"ended_at":{ended},"duration_ms":{lasted},"digits":"1","recording":"recordings/{line:07}.ogg","person":"{ciphertext}","key":"{line:032x}"}}}}"#
        );
        let metadata = format!(
            r#"{{"organization":"1","actor":"{actor}","correlation":"{correlation}","causation":"{causation}"}}"#
        );
        let hashed = digest(&SHA256, format!("{id}1{payload}{metadata}{at}").as_bytes());
        // In the order of COLUMNS.
        Ok([
            Value::Text(id),
            Value::Integer(1),
            Value::Integer(at),
            Value::Text(payload),
            Value::Text(metadata),
            Value::Text("1".to_owned()),
            Value::Text(actor),
            Value::Text(correlation),
            Value::Text(causation),
            Value::Blob(hashed.as_ref().to_vec()),
            Value::Blob(self.bytes(16)),
            Value::Blob(self.bytes(16)),
            Value::Blob(self.bytes(60)),
        ])
    }
}
