//! Which alphabet a text file is written in, told from how it begins; and whether it is text at all.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251};

use super::Error;

/// How other files begin that people choose by mistake.
const FOREIGN: [&[u8]; 13] = [
    b"%PDF",
    b"\x89PNG",
    b"\xFF\xD8\xFF",
    b"GIF8",
    b"RIFF",
    b"\x1F\x8B",
    b"7z\xBC\xAF",
    b"Rar!",
    b"\x7FELF",
    b"MZ",
    b"{\\rtf",
    b"<",
    b"ID3",
];

/// Without a mark at its beginning a file is UTF-16 only where this share of one half of its bytes is zero, in tenths, and none of the other.
const ZEROS_MIN: usize = 4;

/// `head` is the file's beginning, as much as one look takes.
pub(super) fn of(head: &[u8]) -> Result<&'static Encoding, Error> {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return Ok(encoding);
    }
    let begun = head.trim_ascii_start();
    if FOREIGN.iter().any(|magic| begun.starts_with(magic)) {
        return Err(Error::NotATable);
    }
    if let Some(wide) = wide(head) {
        return Ok(wide);
    }
    if head.iter().copied().any(is_control) {
        return Err(Error::NotATable);
    }
    Ok(if is_utf8(head) { UTF_8 } else { WINDOWS_1251 })
}

/// What text never holds; the two exceptions are a page's and an old file's end.
fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1A)
}

fn wide(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = || head.chunks_exact(2).filter_map(|pair| <&[u8; 2]>::try_from(pair).ok());
    let is_wide = |high: usize| {
        let low = 1 - high;
        let zeros = pairs().filter(|pair| pair.get(high) == Some(&0));
        let text = pairs().all(|pair| pair.get(low) != Some(&0));
        let printed = zeros.clone().all(|pair| !pair.get(low).is_some_and(|byte| is_control(*byte)));
        text && printed && zeros.count() * 10 >= pairs().count() * ZEROS_MIN
    };
    match head.len() {
        0 | 1 => None,
        _ if is_wide(1) => Some(UTF_16LE),
        _ if is_wide(0) => Some(UTF_16BE),
        _ => None,
    }
}

/// The last character may be cut.
fn is_utf8(head: &[u8]) -> bool {
    match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(why) => why.error_len().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_alphabet_is_told() {
        let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        let swapped = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
        assert_eq!(of(b"901234567\n").unwrap(), UTF_8);
        assert_eq!(of("Телефон\n90".as_bytes()).unwrap(), UTF_8);
        assert_eq!(of("Телефо".as_bytes().split_last().unwrap().1).unwrap(), UTF_8);
        assert_eq!(of(b"\xD2\xE5\xEB\n90").unwrap(), WINDOWS_1251);
        assert_eq!(of(&wide("\u{feff}901234567")).unwrap(), UTF_16LE);
        assert_eq!(of(&swapped("\u{feff}901234567")).unwrap(), UTF_16BE);
        assert_eq!(of(&wide("Телефон\n901234567\n")).unwrap(), UTF_16LE);
        assert_eq!(of(&swapped("Телефон\n901234567\n")).unwrap(), UTF_16BE);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for head in [&b"%PDF-1.7"[..], b"\n <html>", b"\x00\x01\x02\x03", b"90\x00", b"MZ\x90"] {
            assert!(matches!(of(head), Err(Error::NotATable)), "{head:?}");
        }
    }
}
