//! The hours of a week in which people may be called, on the clock on their wall. A window is half-open and may run past midnight.
//! As written it is kept; what is asked is cut into days once.

use std::fmt;

use chrono::{NaiveTime, Timelike, Weekday};
use serde::{Deserialize, Serialize};

/// More windows than this are no plan.
pub const WINDOWS_MAX: usize = 100;
const DAY_MINS: u16 = 24 * 60;

/// A minute of the day, `00:00` to `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Minute(u16);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// On each of these days from one minute until before another; an earlier one is the next day's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub days: Vec<Day>,
    pub from: Minute,
    pub until: Minute,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Window>", into = "Vec<Window>")]
pub struct Week {
    windows: Vec<Window>,
    /// Monday first; each day's pieces in order, apart from each other.
    days: [Vec<Piece>; 7],
}

/// Minutes of one day, half-open.
type Piece = (u16, u16);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadWeek {
    #[error("{0:?} is no time of day; one is written as in 09:00, and a day ends at 24:00")]
    NoTime(String),
    #[error("window {0} begins when it ends")]
    Nothing(usize),
    #[error("window {0} begins at 24:00, when the day is over")]
    BeginsAtTheEnd(usize),
    #[error("window {0} is on no day")]
    NoDay(usize),
    #[error("there are at most {WINDOWS_MAX} windows")]
    TooMany,
}

impl Minute {
    pub const fn at(hour: u16) -> Self {
        Self(hour * 60)
    }

    pub fn parse(text: &str) -> Result<Self, BadWeek> {
        let wrong = || BadWeek::NoTime(text.chars().take(32).collect());
        let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
        let two = |part: &str| part.parse::<u16>().ok().filter(|_| part.len() == 2 && !part.starts_with('+'));
        let (hour, minute) = two(hour).zip(two(minute)).ok_or_else(wrong)?;
        let told = Self(hour * 60 + minute);
        if minute > 59 || told.0 > DAY_MINS { Err(wrong()) } else { Ok(told) }
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl TryFrom<String> for Minute {
    type Error = BadWeek;

    fn try_from(text: String) -> Result<Self, BadWeek> {
        Self::parse(&text)
    }
}

impl From<Minute> for String {
    fn from(minute: Minute) -> Self {
        minute.to_string()
    }
}

impl Day {
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];
    pub const WORKDAYS: [Self; 5] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri];

    fn of(weekday: Weekday) -> Self {
        match weekday {
            Weekday::Mon => Self::Mon,
            Weekday::Tue => Self::Tue,
            Weekday::Wed => Self::Wed,
            Weekday::Thu => Self::Thu,
            Weekday::Fri => Self::Fri,
            Weekday::Sat => Self::Sat,
            Weekday::Sun => Self::Sun,
        }
    }

    fn next(self) -> Self {
        match self {
            Self::Mon => Self::Tue,
            Self::Tue => Self::Wed,
            Self::Wed => Self::Thu,
            Self::Thu => Self::Fri,
            Self::Fri => Self::Sat,
            Self::Sat => Self::Sun,
            Self::Sun => Self::Mon,
        }
    }
}

impl Window {
    /// Whole hours, by days.
    pub(super) fn hours(days: &[Day], from: u16, until: u16) -> Self {
        Self { days: days.to_vec(), from: Minute::at(from), until: Minute::at(until) }
    }

    fn wrong(&self, place: usize) -> Option<BadWeek> {
        if self.from == self.until {
            return Some(BadWeek::Nothing(place));
        }
        if self.from.0 == DAY_MINS {
            return Some(BadWeek::BeginsAtTheEnd(place));
        }
        self.days.is_empty().then_some(BadWeek::NoDay(place))
    }

    /// What it opens of one day: its own hours, and what runs over from the day before.
    fn pieces(&self, on: Day) -> impl Iterator<Item = Piece> {
        let over = self.until <= self.from;
        let end = if over { DAY_MINS } else { self.until.0 };
        let own = self.days.contains(&on).then_some((self.from.0, end));
        let before = over && self.days.iter().any(|day| day.next() == on);
        own.into_iter().chain(before.then_some((0, self.until.0)))
    }
}

impl Week {
    pub(super) fn of(windows: Vec<Window>) -> Self {
        let day = |on| joined(windows.iter().flat_map(|window| window.pieces(on)).collect());
        Self { days: Day::ALL.map(day), windows }
    }

    pub fn is_never_open(&self) -> bool {
        self.days.iter().all(Vec::is_empty)
    }

    pub fn is_open(&self, weekday: Weekday, time: NaiveTime) -> bool {
        let minute = time.hour() * 60 + time.minute();
        self.day(weekday).iter().any(|(from, until)| (u32::from(*from)..u32::from(*until)).contains(&minute))
    }

    /// What is open of a day, in minutes.
    pub fn day(&self, weekday: Weekday) -> &[Piece] {
        let mut days = Day::ALL.into_iter().zip(&self.days);
        let found = days.find(|(day, _)| *day == Day::of(weekday));
        found.map_or(&[], |(_, pieces)| pieces)
    }

    /// Only what is open in both.
    #[must_use]
    pub fn both(&self, other: &Self) -> Self {
        let mut windows: Vec<Window> = vec![];
        for ((on, ours), theirs) in Day::ALL.into_iter().zip(&self.days).zip(&other.days) {
            for (from, until) in common(ours, theirs) {
                let (from, until) = (Minute(from), Minute(until));
                match windows.iter_mut().find(|window| (window.from, window.until) == (from, until)) {
                    Some(window) => window.days.push(on),
                    None => windows.push(Window { days: vec![on], from, until }),
                }
            }
        }
        Self::of(windows)
    }
}

/// In order, and what touches as one.
fn joined(mut pieces: Vec<Piece>) -> Vec<Piece> {
    pieces.retain(|(from, until)| from < until);
    pieces.sort_unstable();
    pieces.dedup_by(|next, last| {
        let touches = next.0 <= last.1;
        if touches {
            last.1 = last.1.max(next.1);
        }
        touches
    });
    pieces
}

fn common(ours: &[Piece], theirs: &[Piece]) -> Vec<Piece> {
    let cut = |(from, until): &Piece| {
        let within = theirs.iter().map(|other| (other.0.max(*from), other.1.min(*until)));
        within.filter(|(from, until)| from < until).collect::<Vec<_>>()
    };
    ours.iter().flat_map(cut).collect()
}

impl TryFrom<Vec<Window>> for Week {
    type Error = BadWeek;

    fn try_from(windows: Vec<Window>) -> Result<Self, BadWeek> {
        if windows.len() > WINDOWS_MAX {
            return Err(BadWeek::TooMany);
        }
        let wrong = windows.iter().enumerate().find_map(|(place, window)| window.wrong(place));
        wrong.map_or_else(|| Ok(Self::of(windows)), Err)
    }
}

impl From<Week> for Vec<Window> {
    fn from(week: Week) -> Self {
        week.windows
    }
}
