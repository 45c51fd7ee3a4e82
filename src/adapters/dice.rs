//! The dice of what is simulated: the same seed and the same text throw the same numbers, in every version.
//! What a throw means is said where it is thrown.

use std::ops::RangeInclusive;

/// `SplitMix64`, written out because its numbers have to stay the same whatever is updated.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// FNV-1a over the text, so that neighbouring numbers have nothing in common.
    pub(super) fn new(seed: u64, text: &str) -> Self {
        let begun = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(text.bytes().fold(begun, hash))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    pub(super) fn within(&mut self, range: RangeInclusive<u32>) -> u32 {
        let span = u64::from(range.end().saturating_sub(*range.start())) + 1;
        range.start() + u32::try_from(self.below(span)).unwrap_or(0)
    }

    /// One of several, each as often as its share says. None where there is nothing to draw.
    pub(super) fn drawn<'a, T>(&mut self, shares: &'a [(u64, T)]) -> Option<&'a T> {
        let mut drawn = self.below(shares.iter().map(|(share, _)| share).sum());
        for (share, one) in shares {
            if drawn < *share {
                return Some(one);
            }
            drawn -= share;
        }
        None
    }
}
