//! The languages in which a status can be told. The documented texts are Uzbek in Latin letters; the others translate them.
//! It owns no text: each stands with the status that it describes.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// The documented one, for everybody who asks for no other.
    #[default]
    Uzbek,
    UzbekCyrillic,
    Russian,
    English,
}

impl Language {
    pub const ALL: [Self; 4] = [Self::Uzbek, Self::UzbekCyrillic, Self::Russian, Self::English];

    /// Its tag, in whatever case, as BCP 47 has it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.as_str().eq_ignore_ascii_case(text))
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uzbek => "uz",
            Self::UzbekCyrillic => "uz-Cyrl",
            Self::Russian => "ru",
            Self::English => "en",
        }
    }

    /// One of a text's four wordings, which stand in the order of `ALL`.
    pub fn of(self, [uzbek, cyrillic, russian, english]: [&'static str; 4]) -> &'static str {
        match self {
            Self::Uzbek => uzbek,
            Self::UzbekCyrillic => cyrillic,
            Self::Russian => russian,
            Self::English => english,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_called_by_its_tag_alone() {
        for (text, language) in [
            ("uz", Language::Uzbek),
            ("uz-Cyrl", Language::UzbekCyrillic),
            ("UZ-CYRL", Language::UzbekCyrillic),
            ("ru", Language::Russian),
            ("en", Language::English),
        ] {
            assert_eq!(Language::parse(text), Some(language), "{text}");
        }
        for wrong in ["", "xx", "uz-Latn", "uz_Cyrl", " ru", "ru,en", "russian"] {
            assert_eq!(Language::parse(wrong), None, "{wrong}");
        }
    }
}
