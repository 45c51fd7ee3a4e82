//! A recording where nothing was said: a short tone as a WAV file, made when it is asked for, the same each time for the same name.

use bytes::{BufMut as _, Bytes, BytesMut};

/// Samples a second, a byte each.
const RATE: u32 = 8_000;
const SECONDS: u32 = 2;
/// The lowest and the highest tone, in waves a second.
const TONES: std::ops::Range<u32> = 300..800;
/// Around 128, which is silence in 8 bits; not far, so that nobody is startled.
const QUIETEST: u32 = 88;
const SWING: u32 = 80;
const HEAD_LEN: u32 = 44;
const NAME_LEN_MAX: usize = 100;

/// None where the name is not that of a recording.
pub(super) fn wav(name: &str) -> Option<Bytes> {
    let stem = name.strip_suffix(".wav")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if stem.is_empty() || stem.len() > NAME_LEN_MAX || !stem.chars().all(plain) {
        return None;
    }
    let sum = stem.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let tone = TONES.start + sum % (TONES.end - TONES.start);
    let samples = RATE * SECONDS;
    let mut file = BytesMut::new();
    head(&mut file, samples);
    file.extend((0..samples).map(|index| sample(index * tone)));
    Some(file.freeze())
}

/// 8 bits, one channel, no compression.
fn head(file: &mut BytesMut, samples: u32) {
    file.put_slice(b"RIFF");
    file.put_u32_le(HEAD_LEN - 8 + samples);
    file.put_slice(b"WAVEfmt ");
    file.put_u32_le(16);
    file.put_u16_le(1);
    file.put_u16_le(1);
    file.put_u32_le(RATE);
    file.put_u32_le(RATE);
    file.put_u16_le(1);
    file.put_u16_le(8);
    file.put_slice(b"data");
    file.put_u32_le(samples);
}

/// A triangle: up through half of a wave, down through the other.
fn sample(phase: u32) -> u8 {
    let within = phase % RATE;
    let up = within.min(RATE - within);
    u8::try_from(QUIETEST + SWING * up * 2 / RATE).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_a_whole_file() {
        let file = wav("0123456789abcdef.wav").unwrap();
        assert_eq!((&file[..4], &file[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
        let said = |at: usize| usize::try_from(u32::from_le_bytes(file[at..at + 4].try_into().unwrap()));
        assert_eq!((said(4), said(40)), (Ok(file.len() - 8), Ok(file.len() - 44)));
        assert!(file[44..].iter().any(|sample| *sample > 150), "it can be heard");
        assert_eq!(file, wav("0123456789abcdef.wav").unwrap());
        assert_ne!(file, wav("1123456789abcdef.wav").unwrap());
    }

    #[test]
    fn what_is_no_name_of_a_recording_is_not_there() {
        for name in ["", ".wav", "a.mp3", "../a.wav", "a/b.wav", "a b.wav"] {
            assert!(wav(name).is_none(), "{name}");
        }
    }
}
