//! A telephone number: parsed to E.164, printed masked. How one on a list is repaired or refused lives in `listed`.

mod listed;
mod mask;
mod unfit;
mod written;

pub mod spelling;

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region, ValidationError};

pub use listed::Listed;
pub use mask::{masked, masked_output};
pub use unfit::Unfit;

/// Longest text looked at; longer input is no phone.
const LEN_MAX: usize = 64;

/// The country whose numbers may be written without a country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Home(Region);

impl Home {
    pub fn parse(code: &str) -> Option<Self> {
        let region: Region = code.parse().ok()?;
        PHONE_NUMBER_UTIL.get_country_code_for_region(region).map(|_| Self(region))
    }

    /// Why this is no number, as far as its length tells.
    fn blame(self, text: &str) -> Unfit {
        let Ok(number) = PHONE_NUMBER_UTIL.parse(text, Some(self.0)) else { return Unfit::Invalid };
        match number.is_possible_with_reason() {
            Err(ValidationError::TooShort) => Unfit::TooShort,
            Err(ValidationError::TooLong) => Unfit::TooLong,
            Err(ValidationError::InvalidCountryCode | ValidationError::InvalidLength) | Ok(_) => {
                Unfit::Invalid
            }
        }
    }
}

/// A number one can tell apart from others: E.164 where it is one, else the sender's digits,
/// since a call server also reports what it could not dial.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// None where the text holds nothing that identifies a number.
    pub fn reported(text: &str, home: Home) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.len() > LEN_MAX {
            return None;
        }
        if let Some(number) = Self::dialable(text, home) {
            return Some(number);
        }
        let kept: String = text.chars().filter(|c| c.is_alphanumeric() || *c == '+').collect();
        (!kept.is_empty()).then_some(Self(kept))
    }

    /// A number that can exist, in E.164.
    pub fn dialable(text: &str, home: Home) -> Option<Self> {
        let number = PHONE_NUMBER_UTIL.parse(text, Some(home.0)).ok()?;
        number.is_valid().then(|| Self(number.format_as(PhoneNumberFormat::E164).into_owned()))
    }

    /// As it was stored, where it was understood before.
    pub fn stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Enough to recognise one's own number by, too little to ring it: `+99890*****67`.
    pub fn masked(&self) -> String {
        let shown: Vec<char> = self.0.chars().collect();
        let (head, tail) = (6.min(shown.len() / 2), 2.min(shown.len() / 4));
        let hidden = shown.len() - head - tail;
        let front = shown.iter().take(head);
        let back = shown.iter().skip(head + hidden);
        front.copied().chain(std::iter::repeat_n('*', hidden)).chain(back.copied()).collect()
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(text: &str) -> String {
        Phone::reported(text, Home::parse("UZ").unwrap()).unwrap().0
    }

    #[test]
    fn one_number_has_one_spelling() {
        for text in ["+998901234567", "998901234567", "00998901234567", "90 123-45-67", "(90) 123 45 67"] {
            assert_eq!(reported(text), "+998901234567", "{text}");
        }
    }

    #[test]
    fn what_is_no_number_still_has_a_name() {
        assert_eq!(reported(" 12 "), "12");
        assert!(Phone::reported(" - ", Home::parse("UZ").unwrap()).is_none());
    }

    #[test]
    fn a_number_prints_masked() {
        let phone = Phone::reported("+998901234567", Home::parse("UZ").unwrap()).unwrap();
        assert_eq!(format!("{phone:?}"), "+99890*****67");
    }
}
