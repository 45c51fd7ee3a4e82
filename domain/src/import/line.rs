//! What is told of a row: what became of it, and each thing that was not taken as it stood.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::phone::Unfit;

/// One row. Stored for ever, sealed; fields are only added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// As a person counts the sheet's rows.
    pub row: u32,
    pub became: Became,
    /// The contact that it made or changed, or that has its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    Created,
    Updated,
    Skipped,
    Rejected,
}

impl Became {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Skipped => "skipped",
            Self::Rejected => "rejected",
        }
    }
}

/// One thing about a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub field: String,
    pub what: What,
    /// What stood there, cut where it is long.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub before: String,
    /// What was made of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub after: String,
}

impl Note {
    pub fn new(field: &str, what: What, before: &str, after: &str) -> Self {
        let cut = |text: &str| text.chars().take(What::SHOWN_MAX).collect();
        Self { field: field.to_owned(), what, before: cut(before), after: cut(after) }
    }
}

/// The codes are stored and shown: a new one may come, an old one keeps its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum What {
    Repaired,
    /// The number is none.
    Unfit(Unfit),
    Missing,
    TooLong,
    NotJson,
    NotADay,
    NotAZone,
    NotMerged,
    Exists,
    EarlierRow,
    Unchanged,
    OptedOut,
}

impl What {
    /// So much of a text is shown.
    pub const SHOWN_MAX: usize = 200;
    const PLAIN: [Self; 11] = [
        Self::Repaired,
        Self::Missing,
        Self::TooLong,
        Self::NotJson,
        Self::NotADay,
        Self::NotAZone,
        Self::NotMerged,
        Self::Exists,
        Self::EarlierRow,
        Self::Unchanged,
        Self::OptedOut,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Repaired => "repaired",
            Self::Unfit(why) => why.as_str(),
            Self::Missing => "missing",
            Self::TooLong => "text_too_long",
            Self::NotJson => "not_json",
            Self::NotADay => "not_a_day",
            Self::NotAZone => "not_a_zone",
            Self::NotMerged => "not_merged",
            Self::Exists => "exists",
            Self::EarlierRow => "earlier_row",
            Self::Unchanged => "unchanged",
            Self::OptedOut => "opted_out",
        }
    }

    pub fn sentence(self) -> &'static str {
        match self {
            Self::Repaired => "It was written otherwise.",
            Self::Unfit(why) => why.sentence(),
            Self::Missing => "The field has to say something.",
            Self::TooLong => "The text is longer than a contact can have it.",
            Self::NotJson => "The cell holds no JSON.",
            Self::NotADay => {
                "The cell holds no day on which somebody alive was born, such as 1990-01-15 or 15.01.1990."
            }
            Self::NotAZone => "The cell holds no time zone such as Asia/Tashkent.",
            Self::NotMerged => {
                "The other columns cannot be merged into customData, which is no object here; they are left out."
            }
            Self::Exists => "A contact has this number already.",
            Self::EarlierRow => "The number stands in an earlier row.",
            Self::Unchanged => "The contact is as the row has it.",
            Self::OptedOut => "The number asked not to be called; the contact is DO_NOT_CALL.",
        }
    }

    /// Whether something was lost of a row that was taken. A strict upload rejects such a row.
    pub fn is_warning(self) -> bool {
        match self {
            Self::NotJson | Self::NotADay | Self::NotAZone | Self::NotMerged => true,
            Self::Repaired
            | Self::Unfit(_)
            | Self::Missing
            | Self::TooLong
            | Self::Exists
            | Self::EarlierRow
            | Self::Unchanged
            | Self::OptedOut => false,
        }
    }
}

/// A code of another time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such code: {0}")]
pub struct UnknownCode(String);

impl TryFrom<String> for What {
    type Error = UnknownCode;

    fn try_from(code: String) -> Result<Self, UnknownCode> {
        let plain = Self::PLAIN.into_iter().find(|what| what.as_str() == code);
        plain.or_else(|| Unfit::parse(&code).map(Self::Unfit)).ok_or(UnknownCode(code))
    }
}

impl From<What> for String {
    fn from(what: What) -> Self {
        what.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_its_own_and_reads_back() {
        let all = What::PLAIN.into_iter().chain(Unfit::ALL.map(What::Unfit));
        for what in all {
            assert_eq!(What::try_from(what.as_str().to_owned()), Ok(what));
        }
        assert!(What::try_from("of tomorrow".to_owned()).is_err());
    }
}
