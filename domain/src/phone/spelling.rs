//! How a number may be spelled, for those who look for it. A screen keeps what was written, letter for letter, since nothing else
//! is certain for ever: which country a number without its code belongs to is a setting, and settings change.
//! So it is the question that is translated, with the setting of its day, and no record.

use std::collections::BTreeSet;

use super::{Home, Phone};

/// A country code has so many digits at most.
const CODE_MAX: usize = 3;
/// What people dial before a number: nothing, the way abroad, the way out of town.
const PREFIXES: [&str; 5] = ["", "00", "8", "0", "810"];

/// A number's digits from the last to the first, after them its plus, so that an ending is a beginning, which an index can find.
pub fn backwards(text: &str) -> String {
    let text = text.trim_start();
    let digits = text.chars().filter(char::is_ascii_digit).rev();
    digits.chain(text.starts_with('+').then_some('+')).collect()
}

impl Phone {
    /// Everything a sender may have written who means this number, without spaces and signs.
    pub fn spellings(&self, home: Home) -> BTreeSet<String> {
        let digits = self.0.trim_start_matches('+');
        let tails = (0..=CODE_MAX).filter_map(|code| digits.get(code..));
        let written = tails.flat_map(|tail| PREFIXES.map(|prefix| format!("{prefix}{tail}")));
        let mut same: BTreeSet<String> =
            written.filter(|text| Self::reported(text, home).as_ref() == Some(self)).collect();
        same.insert(self.0.clone());
        same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spellings(text: &str, home: &str) -> Vec<String> {
        let home = Home::parse(home).unwrap();
        Phone::reported(text, home).unwrap().spellings(home).into_iter().collect()
    }

    #[test]
    fn a_number_is_known_in_every_spelling() {
        let all = spellings("+998901234567", "UZ");
        for text in ["+998901234567", "998901234567", "00998901234567", "901234567"] {
            assert!(all.iter().any(|known| known == text), "{text} is not among {all:?}");
        }
    }

    #[test]
    fn abroad_a_number_without_its_code_is_another() {
        let all = spellings("+998901234567", "DE");
        assert!(
            all.contains(&"+998901234567".to_owned()) && !all.contains(&"901234567".to_owned()),
            "{all:?}"
        );
    }

    #[test]
    fn what_is_no_number_is_spelled_as_it_is() {
        assert_eq!(spellings("12", "UZ"), ["12"]);
    }

    #[test]
    fn backwards_there_are_digits_and_a_plus() {
        assert_eq!(backwards(" +998 (90) 123-45-67"), "765432109899+");
        assert_eq!(backwards("90 123-45-67 ext. 8"), "8765432109");
        assert_eq!(backwards("anonymous"), "");
    }
}
