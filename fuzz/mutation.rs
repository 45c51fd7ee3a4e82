//! How an input is changed: by bytes, by pieces, and by what is known to be hard on parsers.

/// Numbers at the edges of what machines and calendars hold.
const NUMBERS: [&str; 18] = [
    "0",
    "-1",
    "255",
    "65536",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "1e309",
    "-0.0",
    "0.1",
    // The last second and millisecond that a calendar of ours knows, and the first ones.
    "8210266876799",
    "8210266876799999",
    "-8334601228800",
    "-8334601228800000",
    "00000000000000000000000000000000000000001",
];

const WORDS: [&[u8]; 24] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    b":",
    b",",
    b";",
    b"-",
    b"+",
    b".",
    b"null",
    b"true",
    b"\\u0000",
    b"\\ud800",
    b"\0",
    b"\r\n",
    b"\xff",
    b"\xef\xbb\xbf",
    "\u{202e}".as_bytes(),
    "\u{661}\u{662}".as_bytes(),
    "\u{1f4de}".as_bytes(),
];

/// Numbers that look like chance and are the same in every run (xorshift).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From 0 on, below that.
    pub(crate) fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let below = u64::try_from(below.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.0 % below).unwrap_or_default()
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.roll(of.len()))
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.roll(256)).unwrap_or_default()
    }

    /// A stretch of something so long: often short, sometimes all of it.
    fn stretch(&mut self, len: usize) -> std::ops::Range<usize> {
        let from = self.roll(len + 1);
        let most = if self.roll(4) == 0 { len } else { 16 };
        from..(from + self.roll(most + 1)).min(len)
    }

    /// One change. `other` is another input that a piece may come from.
    pub(crate) fn change(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        let at = self.roll(input.len() + 1);
        let stretch = self.stretch(input.len());
        match self.roll(10) {
            0 => {
                let bit = 1_u8 << self.roll(8);
                input.get_mut(at).into_iter().for_each(|byte| *byte ^= bit);
            }
            1 => {
                let new = self.byte();
                input.get_mut(at).into_iter().for_each(|byte| *byte = new);
            }
            2 => drop(input.drain(stretch)),
            3 => {
                let again: Vec<u8> = input.get(stretch).unwrap_or_default().to_vec();
                input.splice(at..at, again);
            }
            4 => {
                let new = self.byte();
                input.insert(at, new);
            }
            5 | 6 => {
                let word = self.pick(&WORDS).copied().unwrap_or_default();
                input.splice(at..at, word.iter().copied());
            }
            7 | 8 => self.renumber(input, at),
            _ => {
                let piece = other.get(self.stretch(other.len())).unwrap_or_default();
                input.splice(stretch, piece.iter().copied());
            }
        }
    }

    /// Another number in the place of the next one after `at`.
    fn renumber(&mut self, input: &mut Vec<u8>, at: usize) {
        let rest = input.get(at..).unwrap_or_default();
        let Some(from) = rest.iter().position(u8::is_ascii_digit) else { return };
        let len = rest.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
        let number = if self.roll(4) == 0 {
            (0..=self.roll(20)).map(|_| char::from(b'0' + self.byte() % 10)).collect()
        } else {
            self.pick(&NUMBERS).copied().unwrap_or_default().to_owned()
        };
        input.splice(at + from..at + from + len, number.bytes());
    }
}
