//! How people and programs write a number into a cell: spaces, brackets, other scripts' digits, exponents. Reads the digits, and knows no country.

use super::Unfit;

/// Longer text is prose.
const LEN_MAX: usize = 256;
/// E.164 has no more digits, and no country's list numbers have fewer.
const DIGITS_MAX: usize = 15;
const DIGITS_MIN: usize = 7;
/// Room for a number and its prefixes, and not for two numbers.
const DIGITS_ROOM: usize = 20;

/// The digits of a cell in ASCII, and whether a plus stood before them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// With the plus in front, whether it was written or not.
    text: String,
    pub(super) plus: bool,
}

impl Written {
    pub(super) fn read(text: &str) -> Result<Self, Unfit> {
        if text.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
            return Err(Unfit::Empty);
        }
        let text = bare(text);
        if text.is_empty() {
            return Err(Unfit::NoNumber);
        }
        if text.len() > LEN_MAX {
            return Err(prose(text));
        }
        if let Some(digits) = text.strip_prefix('+').filter(|digits| is_plain(digits)) {
            return Self::of(digits, true);
        }
        if is_plain(text) {
            return Self::of(text, false);
        }
        Self::unusual(text)
    }

    fn unusual(text: &str) -> Result<Self, Unfit> {
        let text: String = text.chars().filter(|c| !is_invisible(*c)).map(ascii).collect();
        if !text.contains(|c: char| c.is_ascii_digit()) {
            return Err(Unfit::NoNumber);
        }
        if is_date(&text) {
            return Err(Unfit::Date);
        }
        if is_several(&text) {
            return Err(Unfit::Several);
        }
        if let Some(whole) = decimal(&text) {
            return Self::of(&whole?, false);
        }
        if let Some(at) = text.find(|c: char| !is_separator(c) && !c.is_ascii_digit() && c != '+') {
            return Err(foreign(&text, at));
        }
        let plus = text.trim_start_matches(['(', ' ']).starts_with('+');
        if text.matches('+').count() > usize::from(plus) {
            return Err(Unfit::Invalid);
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        Self::of(&digits, plus)
    }

    fn of(digits: &str, plus: bool) -> Result<Self, Unfit> {
        if digits.len() > DIGITS_ROOM {
            return Err(Unfit::TooLong);
        }
        Ok(Self { text: format!("+{digits}"), plus })
    }

    pub(super) fn digits(&self) -> &str {
        self.text.get(1..).unwrap_or_default()
    }

    /// The digits with a plus before them.
    pub(super) fn international(&self) -> &str {
        &self.text
    }

    /// Where no reading gives a number: what the count of digits says.
    pub(super) fn blame(&self) -> Option<Unfit> {
        match self.digits().len() {
            ..DIGITS_MIN => Some(Unfit::TooShort),
            DIGITS_MIN..=DIGITS_MAX => None,
            _ => Some(Unfit::TooLong),
        }
    }
}

/// Without what surrounds a value in exports: blanks, quotes, Excel's apostrophe, the scheme of a link,
/// and at its end what stood between it and the next one.
fn bare(text: &str) -> &str {
    let around = |c: char| c.is_whitespace() || is_invisible(c) || matches!(c, '"' | '\'' | '`' | '=' | '’');
    let ends = |c: char| around(c) || matches!(c, ',' | ';');
    let text = text.trim_start_matches(around).trim_end_matches(ends);
    text.strip_prefix("tel:").map_or(text, |rest| rest.trim_matches(around))
}

/// Text that is too long to be looked at closely.
fn prose(text: &str) -> Unfit {
    if is_plain(text) {
        return Unfit::TooLong;
    }
    if text.chars().any(is_digit) { Unfit::Letters } else { Unfit::NoNumber }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Marks of direction and width, which arrive with numbers copied from pages.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn is_digit(c: char) -> bool {
    ascii(c).is_ascii_digit()
}

/// One character for each that people mean the same by.
fn ascii(c: char) -> char {
    for zero in ['\u{660}', '\u{6f0}', '\u{966}', '\u{ff10}'] {
        let value = u32::from(c).wrapping_sub(u32::from(zero));
        if let Some(digit) = char::from_digit(value, 10) {
            return digit;
        }
    }
    match c {
        '\u{ff0b}' => '+',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}' => '-',
        '\u{ff08}' => '(',
        '\u{ff09}' => ')',
        '\n' | '\r' => '\n',
        _ if c.is_whitespace() => ' ',
        _ => c,
    }
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '\n' | '_' | '~' | '[' | ']')
}

/// A number that a program wrote: `998901234567.0`, `9.98901234567E+11`, with the comma of some languages. None where it is none.
fn decimal(text: &str) -> Option<Result<String, Unfit>> {
    let (mantissa, exponent) = match text.split_once(['e', 'E', 'е', 'Е']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix('+').unwrap_or(exponent))),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain(whole) || !digits(fraction) {
        return None;
    }
    match exponent {
        Some(exponent) if is_plain(exponent) => Some(scientific(whole, fraction, exponent.parse().ok()?)),
        Some(_) => None,
        None if mantissa.contains(',') && whole.len() < DIGITS_MIN => Some(Err(Unfit::Fraction)),
        // A short first part is a number in groups: `90.1234567`.
        None if whole.len() < DIGITS_MIN || fraction.is_empty() => None,
        None if fraction.bytes().all(|byte| byte == b'0') => Some(Ok(whole.to_owned())),
        None => Some(Err(Unfit::Fraction)),
    }
}

/// Certain only where every digit stands there: what was rounded away could have been anything, nought as well.
fn scientific(whole: &str, fraction: &str, exponent: usize) -> Result<String, Unfit> {
    let Some((kept, rest)) = fraction.split_at_checked(exponent) else { return Err(Unfit::DigitsLost) };
    if rest.bytes().any(|byte| byte != b'0') {
        return Err(Unfit::Fraction);
    }
    Ok(format!("{whole}{kept}"))
}

/// Whether more than one stretch is long enough to be a number. Spaces also stand inside of one, and part two only where
/// there are too many digits for one.
fn is_several(text: &str) -> bool {
    let long = |part: &&str| digits_of(part) >= DIGITS_MIN;
    let apart = |by: &[char]| text.split(by).filter(long).count() > 1;
    let soft = digits_of(text) > DIGITS_ROOM - 2;
    apart(&[',', ';', '|', '\n', '/', '&']) || apart(&['+']) || (soft && apart(&[' ']))
}

fn digits_of(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// What a character that belongs to no number makes of it. After a whole number it begins an extension.
fn foreign(text: &str, at: usize) -> Unfit {
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    let enough = digits_of(before) >= DIGITS_MIN;
    let after = after.to_lowercase();
    let extension =
        ["ext", "x", "доб", "вн", "#", ";ext", ", доб", "ichki"].iter().any(|word| after.starts_with(word));
    let number = after.contains(|c: char| c.is_ascii_digit());
    if enough && extension && number {
        return Unfit::Extension;
    }
    if text.contains(|c: char| c.is_alphabetic() || !c.is_ascii()) {
        return Unfit::Letters;
    }
    match digits_of(text) {
        ..DIGITS_MIN => Unfit::TooShort,
        DIGITS_MIN..=DIGITS_MAX => Unfit::Invalid,
        _ => Unfit::TooLong,
    }
}

/// `2025-01-31`, `31.01.2025`, `31/01/2025`, with or without a time.
fn is_date(text: &str) -> bool {
    let day = text.split([' ', 'T']).next().unwrap_or_default();
    let shape: String = day.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let year_first = ["0000-00-00", "0000.00.00", "0000/00/00"].contains(&shape.as_str());
    let year_last = ["00.00.0000", "00/00/0000", "00-00-0000"].contains(&shape.as_str());
    let alone = text.len() == day.len() || text.contains(':');
    alone && (year_first || year_last)
}
