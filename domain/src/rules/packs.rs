//! The packs that come with the engine. Their retry matrix is the engine's own; where a pack's caps say less, those hold.

use std::num::{NonZeroU8, NonZeroU32};

use super::Pack;
use super::caps::{Cap, Counted, Quiet, Within};
use super::holidays::{Holiday, Holidays};
use super::retry::{Again, Callbacks, Kind, Matrix, Promises};
use super::span::Span;
use super::week::{Day, Week, Window};

const TWO: NonZeroU8 = NonZeroU8::MIN.saturating_add(1);
const SIX: NonZeroU8 = NonZeroU8::MIN.saturating_add(5);

const fn times(count: u32) -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(count - 1)
}

/// Days of the Uzbek state that do not move. The two hayits do, and are the organization's to name.
const UZBEK_HOLIDAYS: [(u32, u32); 7] = [(1, 1), (3, 8), (3, 21), (5, 9), (9, 1), (10, 1), (12, 8)];
/// Russia's, which the law lets be called on as on weekends; here they are closed, which is stricter.
const RUSSIAN_HOLIDAYS: [(u32, u32); 14] = [
    (1, 1),
    (1, 2),
    (1, 3),
    (1, 4),
    (1, 5),
    (1, 6),
    (1, 7),
    (1, 8),
    (2, 23),
    (3, 8),
    (5, 1),
    (5, 9),
    (6, 12),
    (11, 4),
];

impl Pack {
    pub const NAMES: [&'static str; 4] = ["always", "uz", "us_reg_f", "ru_230_fz"];

    pub fn named(name: &str) -> Option<Self> {
        match name {
            "always" => Some(Self::always()),
            "uz" => Some(Self::uz()),
            "us_reg_f" => Some(Self::us_reg_f()),
            "ru_230_fz" => Some(Self::ru_230_fz()),
            _ => None,
        }
    }

    /// At any time: for an agent whose calls disturb nobody.
    pub fn always() -> Self {
        Self::of("always", vec![Window::hours(&Day::ALL, 0, 24)])
    }

    /// Unverified: no published hours or counts were found for Uzbekistan.
    pub fn uz() -> Self {
        let open = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat];
        Self {
            verified: false,
            holidays: yearly(&UZBEK_HOLIDAYS),
            caps: vec![
                Cap::of(Counted::Attempts, times(2), Span::days(1)),
                Cap::of(Counted::Conversations, times(1), Span::days(1)),
            ],
            ..Self::of("uz", vec![Window::hours(&open, 9, 20)])
        }
    }

    /// Regulation F of the United States: a call that the person asked for does not break the silence.
    pub fn us_reg_f() -> Self {
        Self {
            caps: vec![Cap::of(Counted::Attempts, times(7), Span::days(7))],
            quiet: Quiet { after_conversation: Some(Within::of(Span::days(7))), spares_callbacks: true },
            ..Self::of("us_reg_f", vec![Window::hours(&Day::ALL, 8, 21)])
        }
    }

    /// Federal law 230 of Russia. A month is taken as 31 days, so that no calendar month holds more.
    pub fn ru_230_fz() -> Self {
        let windows = vec![Window::hours(&Day::WORKDAYS, 8, 22), Window::hours(&[Day::Sat, Day::Sun], 9, 20)];
        Self {
            holidays: yearly(&RUSSIAN_HOLIDAYS),
            caps: vec![
                Cap::of(Counted::Attempts, times(1), Span::days(1)),
                Cap::of(Counted::Attempts, times(2), Span::days(7)),
                Cap::of(Counted::Attempts, times(8), Span::days(31)),
            ],
            ..Self::of("ru_230_fz", windows)
        }
    }

    fn of(name: &str, windows: Vec<Window>) -> Self {
        Self {
            name: name.to_owned(),
            version: 1,
            verified: true,
            windows: Week::of(windows),
            holidays: Holidays::default(),
            caps: vec![],
            quiet: Quiet::default(),
            retry: matrix(),
            callbacks: Callbacks {
                tries: TWO,
                again_after: Span::mins(15),
                undated_after: Span::days(1),
                at_most: 5,
            },
            promises: Promises { grace: Span::days(1), undated: Span::days(7) },
        }
    }
}

fn yearly(days: &[(u32, u32)]) -> Holidays {
    Holidays::of(days.iter().map(|(month, day)| Holiday::yearly(*month, *day)).collect())
}

/// Six calls in all are one and five more.
fn matrix() -> Matrix {
    let no_answer = Again::after(&[Span::hours(2), Span::hours(4)], 5).other_part_of_day();
    Matrix::of([
        (Kind::Busy, Again::after(&[Span::mins(5)], 5).limited(TWO, SIX)),
        (Kind::NoAnswer, no_answer.limited(TWO, SIX)),
        (Kind::NetworkError, Again::after(&[Span::mins(1)], 5).doubling()),
        (Kind::AgentRefused, Again::after(&[Span::mins(1)], 3).doubling()),
        (Kind::Unavailable, Again::after(&[Span::hours(6)], 2)),
        (Kind::Rejected, Again::after(&[], 1).next_day()),
        (Kind::Dropped, Again::after(&[Span::mins(30)], 1)),
    ])
}
