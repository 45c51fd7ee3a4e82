//! Why a cell of a list gives no number: a code for programs, a sentence for people.

use serde::{Deserialize, Serialize};

/// The codes are stored and shown: a new reason is a new code, an old one keeps its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfit {
    Empty,
    NoNumber,
    Letters,
    Extension,
    Several,
    DigitsLost,
    Fraction,
    Date,
    TooShort,
    TooLong,
    Invalid,
    Formula,
}

impl Unfit {
    pub const ALL: [Self; 12] = [
        Self::Empty,
        Self::NoNumber,
        Self::Letters,
        Self::Extension,
        Self::Several,
        Self::DigitsLost,
        Self::Fraction,
        Self::Date,
        Self::TooShort,
        Self::TooLong,
        Self::Invalid,
        Self::Formula,
    ];

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == code)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NoNumber => "no_number",
            Self::Letters => "letters",
            Self::Extension => "extension",
            Self::Several => "several",
            Self::DigitsLost => "digits_lost",
            Self::Fraction => "fraction",
            Self::Date => "date",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::Invalid => "invalid",
            Self::Formula => "formula",
        }
    }

    /// What is wrong, and where it helps, what to do.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Empty => "The cell is empty.",
            Self::NoNumber => "The cell holds no number.",
            Self::Letters => "The number has letters in it.",
            Self::Extension => "The number has an extension, which a list cannot dial.",
            Self::Several => "The cell holds several numbers; give each a row of its own.",
            Self::DigitsLost => {
                "The number was rounded and its last digits are lost; format the column as text and enter it again."
            }
            Self::Fraction => "The cell holds a number with a fraction, which is no telephone number.",
            Self::Date => "The cell holds a date.",
            Self::TooShort => "The number has too few digits.",
            Self::TooLong => "The number has too many digits.",
            Self::Invalid => "No such number can exist; look at the country and operator code.",
            Self::Formula => {
                "The cell holds a formula without its value; open the file in a spreadsheet program and save it."
            }
        }
    }

    /// Words instead of a number: what stands above a column. A damaged number is no heading, for it must be reported.
    pub(super) fn is_heading(self) -> bool {
        match self {
            Self::NoNumber | Self::Letters => true,
            Self::Empty
            | Self::Extension
            | Self::Several
            | Self::DigitsLost
            | Self::Fraction
            | Self::Date
            | Self::TooShort
            | Self::TooLong
            | Self::Invalid
            | Self::Formula => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_found_by_its_code() {
        for reason in Unfit::ALL {
            assert_eq!(Unfit::parse(reason.as_str()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
            assert!(reason.sentence().ends_with('.'), "{reason:?}");
        }
        assert_eq!(Unfit::parse("EMPTY"), None);
    }
}
