//! How a call ended: the eight statuses a call server reports, their class, their strength and their documented texts.

use serde::{Deserialize, Serialize};

/// A call's result as reported. The names are the wire's and the journal's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CallStatus {
    Answered,
    NoAnswer,
    Busy,
    Failed,
    ConnectedToOperator,
    Rejected,
    InvalidNumber,
    NetworkError,
}

/// What a status counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Connected,
    Failed,
}

impl CallStatus {
    pub const ALL: [Self; 8] = [
        Self::Answered,
        Self::NoAnswer,
        Self::Busy,
        Self::Failed,
        Self::ConnectedToOperator,
        Self::Rejected,
        Self::InvalidNumber,
        Self::NetworkError,
    ];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "ANSWERED",
            Self::NoAnswer => "NO_ANSWER",
            Self::Busy => "BUSY",
            Self::Failed => "FAILED",
            Self::ConnectedToOperator => "CONNECTED_TO_OPERATOR",
            Self::Rejected => "REJECTED",
            Self::InvalidNumber => "INVALID_NUMBER",
            Self::NetworkError => "NETWORK_ERROR",
        }
    }

    /// The documented Uzbek text.
    pub fn description(self) -> &'static str {
        match self {
            Self::Answered => "Telefon ko'tarildi",
            Self::NoAnswer => "Javob berilmadi",
            Self::Busy => "Band",
            Self::Failed => "O'chirilgan/mavjud emas",
            Self::ConnectedToOperator => "Operator bilan bog'landi",
            Self::Rejected => "Rad etildi",
            Self::InvalidNumber => "Noto'g'ri raqam",
            Self::NetworkError => "Tarmoq xatosi",
        }
    }

    pub fn class(self) -> Class {
        match self {
            Self::Answered | Self::ConnectedToOperator => Class::Connected,
            Self::NoAnswer
            | Self::Busy
            | Self::Failed
            | Self::Rejected
            | Self::InvalidNumber
            | Self::NetworkError => Class::Failed,
        }
    }

    /// A total order, so that the strongest of several reports is the same whatever order they came in:
    /// talking before ringing, ringing before silence, a fault of the line last.
    pub fn strength(self) -> u8 {
        match self {
            Self::ConnectedToOperator => 8,
            Self::Answered => 7,
            Self::Rejected => 6,
            Self::Busy => 5,
            Self::NoAnswer => 4,
            Self::Failed => 3,
            Self::InvalidNumber => 2,
            Self::NetworkError => 1,
        }
    }

    #[must_use]
    pub fn stronger(self, other: Self) -> Self {
        if other.strength() > self.strength() { other } else { self }
    }
}
