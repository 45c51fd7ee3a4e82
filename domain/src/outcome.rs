//! How a call ended: the eight statuses a call server reports, their class, their strength and their texts.

use serde::{Deserialize, Serialize};

use crate::language::Language;

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

    /// The documented Uzbek text, or what it means in another language.
    pub fn description(self, language: Language) -> &'static str {
        language.of(match self {
            Self::Answered => ["Telefon ko'tarildi", "Телефон кўтарилди", "Трубку сняли", "Answered"],
            Self::NoAnswer => ["Javob berilmadi", "Жавоб берилмади", "Нет ответа", "No answer"],
            Self::Busy => ["Band", "Банд", "Занято", "Busy"],
            Self::Failed => [
                "O'chirilgan/mavjud emas",
                "Ўчирилган/мавжуд эмас",
                "Выключен или недоступен",
                "Switched off or unavailable",
            ],
            Self::ConnectedToOperator => [
                "Operator bilan bog'landi",
                "Оператор билан боғланди",
                "Соединён с оператором",
                "Connected to an operator",
            ],
            Self::Rejected => ["Rad etildi", "Рад этилди", "Вызов отклонён", "Rejected"],
            Self::InvalidNumber => ["Noto'g'ri raqam", "Нотўғри рақам", "Неверный номер", "Invalid number"],
            Self::NetworkError => ["Tarmoq xatosi", "Тармоқ хатоси", "Ошибка сети", "Network error"],
        })
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn the_uzbek_texts_are_the_documented_ones() {
        let told = CallStatus::ALL.map(|status| status.description(Language::Uzbek));
        let documented = [
            "Telefon ko'tarildi",
            "Javob berilmadi",
            "Band",
            "O'chirilgan/mavjud emas",
            "Operator bilan bog'landi",
            "Rad etildi",
            "Noto'g'ri raqam",
            "Tarmoq xatosi",
        ];
        assert_eq!(told, documented);
    }

    #[test]
    fn no_two_statuses_or_languages_share_a_text() {
        let mut met = HashMap::new();
        for (status, language) in CallStatus::ALL.into_iter().flat_map(|s| Language::ALL.map(|l| (s, l))) {
            let text = status.description(language);
            let cyrillic = text.chars().any(|c| ('а'..='я').contains(&c));
            let expected = matches!(language, Language::UzbekCyrillic | Language::Russian);
            assert_eq!(cyrillic, expected, "{status:?} in {language:?}: {text}");
            assert_eq!(met.insert(text, (status, language)), None, "{status:?} in {language:?}: {text}");
        }
    }
}
