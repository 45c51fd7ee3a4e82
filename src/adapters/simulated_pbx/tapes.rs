//! Recordings: which there are, and what is on them, a tone that is made when it is asked for.

use bytes::{BufMut as _, Bytes, BytesMut};
use serde_json::{Value, json};

use super::log::Shelf;
use super::query::Table;

/// Samples a second.
const RATE: u32 = 8_000;
/// Longer ones are cut, for nobody listens to the end of a tone.
const SECONDS_MAX: i64 = 600;
const HEAD_LEN: u32 = 44;
/// The lowest tone in waves a second, and how many there are.
const LOWEST: u32 = 300;
const TONES: u32 = 500;

/// A recording of a call. The real list does not say of which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tape {
    pub id: String,
    pub call: String,
    pub extension: String,
    pub caller: String,
    pub secs: i64,
    pub started: i64,
}

impl Tape {
    /// As it is kept, with a byte a sample, or as a browser plays it, with two.
    pub(super) fn audio(&self, transcode: bool) -> Bytes {
        let secs = u32::try_from(self.secs.clamp(1, SECONDS_MAX)).unwrap_or(1);
        let tone = LOWEST + self.id.parse::<u32>().unwrap_or(0) % TONES;
        wav(RATE * secs, tone, if transcode { 2 } else { 1 })
    }

    pub(super) fn name(&self) -> String {
        format!("{}-{}.wav", self.started, self.extension)
    }
}

fn wav(samples: u32, tone: u32, width: u16) -> Bytes {
    let data = samples * u32::from(width);
    let mut file = BytesMut::with_capacity(usize::try_from(HEAD_LEN + data).unwrap_or(0));
    file.put_slice(b"RIFF");
    file.put_u32_le(HEAD_LEN - 8 + data);
    file.put_slice(b"WAVEfmt ");
    file.put_u32_le(16);
    file.put_u16_le(1);
    file.put_u16_le(1);
    file.put_u32_le(RATE);
    file.put_u32_le(RATE * u32::from(width));
    file.put_u16_le(width);
    file.put_u16_le(width * 8);
    file.put_slice(b"data");
    file.put_u32_le(data);
    for index in 0..samples {
        let sample = sample(index.wrapping_mul(tone));
        if width == 1 { file.put_u8(sample) } else { file.put_i16_le((i16::from(sample) - 128) * 256) }
    }
    file.freeze()
}

/// A triangle around silence, not far, so that nobody is startled.
fn sample(phase: u32) -> u8 {
    let within = phase % RATE;
    u8::try_from(88 + 80 * within.min(RATE - within) * 2 / RATE).unwrap_or(u8::MAX)
}

impl Table for Shelf<Tape> {
    fn len(&self) -> usize {
        Self::len(self)
    }

    fn cell(&self, row: usize, column: &str) -> Option<Value> {
        let tape = self.get(row)?;
        Some(match column.to_ascii_uppercase().as_str() {
            "ID" => tape.id.clone().into(),
            "NAME" => tape.name().into(),
            "EXTENSION" => tape.extension.clone().into(),
            "CALLER_ID" => tape.caller.clone().into(),
            "DURATION" => tape.secs.into(),
            "STARTED" => tape.started.into(),
            "SEARCH" => format!("{} {}", tape.extension, tape.caller).into(),
            _ => return None,
        })
    }

    fn json(&self, row: usize) -> Value {
        let Some(tape) = self.get(row) else { return Value::Null };
        json!({
            "ID": tape.id,
            "NAME": tape.name(),
            "EXTENSION": tape.extension,
            "CALLER_ID": tape.caller,
            "DURATION": tape.secs,
            "STARTED": tape.started,
        })
    }

    fn knows(&self, column: &str) -> bool {
        const COLUMNS: [&str; 7] = ["ID", "NAME", "EXTENSION", "CALLER_ID", "DURATION", "STARTED", "SEARCH"];
        COLUMNS.iter().any(|known| known.eq_ignore_ascii_case(column))
    }

    fn ascends_by(&self) -> Option<&'static str> {
        Some("STARTED")
    }
}
