//! A recording where nothing was said: a short tone as a WAV file, made when it is asked for, the same each time for the same name.

use std::f32::consts::TAU;

use bytes::{BufMut as _, Bytes, BytesMut};

const RATE: u16 = 8_000;
const SECONDS: u16 = 2;
/// Of full scale, so that nobody is startled.
const LOUDNESS: f32 = 40.0;
/// What stands for silence in 8 bits.
const MIDDLE: f32 = 128.0;
const HEAD_LEN: u32 = 44;
const NAME_LEN_MAX: usize = 100;

/// None where the name is not that of a recording.
pub(super) fn wav(name: &str) -> Option<Bytes> {
    let stem = name.strip_suffix(".wav")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if stem.is_empty() || stem.len() > NAME_LEN_MAX || !stem.chars().all(plain) {
        return None;
    }
    let sum = stem.bytes().fold(0_u16, |sum, byte| sum.wrapping_mul(31).wrapping_add(u16::from(byte)));
    let samples = RATE * SECONDS;
    let mut file = BytesMut::new();
    head(&mut file, u32::from(samples));
    let step = TAU * f32::from(300 + sum % 500) / f32::from(RATE);
    file.extend((0..samples).map(|index| sample(f32::from(index) * step)));
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
    file.put_u32_le(u32::from(RATE));
    file.put_u32_le(u32::from(RATE));
    file.put_u16_le(1);
    file.put_u16_le(8);
    file.put_slice(b"data");
    file.put_u32_le(samples);
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "88 to 168 is a byte"
)]
fn sample(angle: f32) -> u8 {
    (MIDDLE + LOUDNESS * angle.sin()) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_a_whole_file() {
        let file = wav("0123456789abcdef.wav").unwrap();
        assert_eq!((&file[..4], &file[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
        assert_eq!(u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize, file.len() - 8);
        assert_eq!(u32::from_le_bytes(file[40..44].try_into().unwrap()) as usize, file.len() - 44);
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
