//! A session's status as it is shown: its names, its documented texts, and how a column holds it.

use domain::language::Language;

use crate::row::{Cell, Field, Kind};

/// A session's status as clients know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Pending,
    Running,
    Completed,
    Failed,
}

impl Status {
    pub const ALL: [Self; 4] = [Self::Pending, Self::Running, Self::Completed, Self::Failed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }

    /// The documented Uzbek text, or what it means in another language.
    pub fn description(self, language: Language) -> &'static str {
        language.of(match self {
            Self::Pending => ["Navbatda...", "Навбатда...", "В очереди...", "Queued..."],
            Self::Running => {
                ["Qayta ishlanmoqda...", "Қайта ишланмоқда...", "Обрабатывается...", "Processing..."]
            }
            Self::Completed => [
                "Muvaffaqiyatli tugallandi",
                "Муваффақиятли тугалланди",
                "Успешно завершено",
                "Completed successfully",
            ],
            Self::Failed => {
                ["Xatolik yuz berdi", "Хатолик юз берди", "Произошла ошибка", "An error occurred"]
            }
        })
    }

    pub fn ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

impl Field for Status {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::Text(Some(self.as_str().into()))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        let text = String::read(cell)?;
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}
